#!/usr/bin/env python3
"""Line chat, client side."""
import socket
import threading


class ChatClient:
    def __init__(self, host="127.0.0.1", port=65433):
        self.s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.s.connect((host, port))

    def send_text(self, text):
        self.s.send(text.encode())

    def receiver(self):
        store = bytearray()
        try:
            while True:
                piece = self.s.recv(512)
                if not piece:
                    break
                store.extend(piece)
                while True:
                    end = store.find(b"\n")
                    if end < 0:
                        break
                    print(store[:end].decode(errors="replace"))
                    del store[:end + 1]
        except OSError:
            pass
        print("(no more messages, the server hung up)")

    def chat(self):
        nick = input("What is your nickname? ")
        self.send_text(nick)
        t = threading.Thread(target=self.receiver)
        t.daemon = True
        t.start()
        while True:
            text = input()
            self.send_text(text + "\n")
            if text.strip().lower() == "exit":
                return


try:
    ChatClient().chat()
except (EOFError, KeyboardInterrupt):
    print("bye")
except OSError as problem:
    print("network problem:", problem)
