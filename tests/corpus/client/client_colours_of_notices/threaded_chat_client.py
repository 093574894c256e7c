#!/usr/bin/env python3
"""Chat client with colours."""
import socket
import threading
import zlib

RESET = "\033[0m"
NOTICES = (("has joined", "\033[32m"), ("has left", "\033[31m"), ("is now", "\033[33m"))


def coloured(line):
    if line.startswith("SERVER: "):
        for words, colour in NOTICES:
            if words in line:
                return colour + line + RESET
        return "\033[2m" + line + RESET
    name, colon, text = line.partition(": ")
    if not colon:
        return line
    return "\033[1;%dm%s%s: %s" % (31 + zlib.crc32(name.encode()) % 6, name, RESET, text)


def listen(conn):
    left_over = b""
    while True:
        try:
            data = conn.recv(4096)
        except OSError:
            return
        if not data:
            print("\033[31mThe server has hung up.\033[0m", flush=True)
            return
        *lines, left_over = (left_over + data).split(b"\n")
        for line in lines:
            print(coloured(line.decode("utf-8", "replace").rstrip("\r")), flush=True)


def main():
    nickname = input("\033[1mNickname:\033[0m ").strip()
    conn = socket.socket()
    conn.connect(("127.0.0.1", 65433))
    conn.sendall((nickname + "\n").encode("utf-8"))
    threading.Thread(target=listen, args=(conn,), daemon=True).start()
    try:
        while True:
            line = input("> ")
            conn.sendall((line + "\n").encode("utf-8"))
            if line.strip().upper() == "EXIT":
                break
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        conn.close()


if __name__ == "__main__":
    main()
