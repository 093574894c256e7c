#!/usr/bin/env python3
import datetime
import queue
import socket
import threading

incoming = queue.Queue()


def receive(conn):
    stream = conn.makefile("rb")
    try:
        for raw in stream:
            incoming.put(raw.decode("utf-8", "replace").strip("\r\n"))
    except OSError:
        pass
    incoming.put(None)


def printer():
    while True:
        line = incoming.get()
        if line is None:
            print("[--:--] no connection any more", flush=True)
            return
        now = datetime.datetime.now()
        print(f"[{now:%H:%M}] {line}", flush=True)


def chat(conn):
    conn.sendall(input("Nickname: ").encode("utf-8") + b"\n")
    for target, arguments in ((receive, [conn]), (printer, [])):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    while True:
        try:
            line = input()
        except (EOFError, KeyboardInterrupt):
            line = "EXIT"
        conn.sendall(line.encode("utf-8") + b"\n")
        if line.upper().strip() == "EXIT":
            return


with socket.create_connection(("127.0.0.1", 65433)) as connection:
    chat(connection)
