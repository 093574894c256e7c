#!/usr/bin/env python3
import os
import socket
import sqlite3
import threading
import time

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "history.db")


class History:
    def __init__(self):
        self.db = sqlite3.connect(FILE, check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("CREATE TABLE IF NOT EXISTS said (at TEXT, name TEXT, words TEXT)")

    def add(self, name, words):
        self.db.execute("INSERT INTO said VALUES (?, ?, ?)", (time.strftime("%H:%M"), name, words))

    def last(self, count):
        rows = self.db.execute("SELECT * FROM said ORDER BY rowid DESC LIMIT ?", (count,)).fetchall()
        return ["[%s] %s: %s" % row for row in reversed(rows)]


class Server:
    def __init__(self):
        self.history = History()
        self.lock = threading.RLock()    # one at a time: whoever has it may write to everybody
        self.names = {}

    def send(self, conn, text):
        try:
            conn.sendall(text.encode("utf-8") + b"\n")
        except OSError:
            pass

    def send_others(self, conn, text):
        for other in self.names:
            if other is not conn:
                self.send(other, text)

    def line(self, conn, line, addr):
        """Handle one line; returns whether the client stays."""
        with self.lock:
            name = self.names.get(conn)
            if name is None:
                name = line.strip() or "%s:%s" % addr
                self.send_others(conn, "SERVER: %s has joined the chat." % name)
                for old in self.history.last(5):
                    self.send(conn, old)
                self.names[conn] = name
            elif line.strip().upper() == "EXIT":
                self.send(conn, "DONE")
                return False
            elif line == "/history":
                for old in self.history.last(50):
                    self.send(conn, old)
            elif line == "/name" or line.startswith("/name "):
                if line[5:].strip():
                    self.names[conn] = line[5:].strip()
                    self.send_others(conn, "SERVER: %s is now %s" % (name, self.names[conn]))
            else:
                self.history.add(name, line)
                self.send_others(conn, "%s: %s" % (name, line))
            return True

    def client(self, conn, addr):
        buffer = []
        try:
            while True:
                data = conn.recv(8192)
                if not data:
                    break
                head, *rest = data.split(b"\n")
                buffer.append(head)
                for start in rest:
                    line = b"".join(buffer).decode("utf-8", "replace").rstrip("\r")
                    buffer = [start]
                    if not self.line(conn, line, addr):
                        return
        except OSError:
            pass
        finally:
            with self.lock:
                name = self.names.pop(conn, None)
                if name is not None:
                    self.send_others(conn, "SERVER: %s has left the chat." % name)
            conn.close()

    def run(self):
        with socket.create_server(("0.0.0.0", 65433)) as listener:
            while True:
                threading.Thread(target=self.client, args=listener.accept(), daemon=True).start()


Server().run()
