#!/usr/bin/env python3
"""Friendly chat server: greets people and explains the commands."""
import socket
import threading
from contextlib import suppress

HELP = """Commands:
  /name <new nickname>   change your nickname
  EXIT                   leave the chat
Everything else is sent to the others."""


class Guest:
    def __init__(self, connection):
        self.connection = connection
        self.nickname = ""
        self.mutex = threading.Lock()

    def show(self, text):
        payload = b"".join(row.encode("utf-8") + b"\n" for row in text.split("\n"))
        with self.mutex, suppress(OSError):
            self.connection.sendall(payload)

    def disconnect(self):
        with self.mutex, suppress(OSError):
            self.connection.close()


class Lounge:
    def __init__(self):
        self.guests = set()
        self.mutex = threading.Lock()

    def relay(self, text, author=None):
        with self.mutex:
            audience = self.guests - {author}
        for guest in audience:
            guest.show(text)

    def seat(self, guest):
        with self.mutex:
            present = sorted(g.nickname for g in self.guests)
            self.guests.add(guest)
        guest.show("Welcome to the lounge, " + guest.nickname + "!")
        if present:
            guest.show("Already here: " + ", ".join(present))
        else:
            guest.show("You are the first one here.")
        guest.show(HELP)
        self.relay("SERVER: " + guest.nickname + " has joined the chat.", guest)

    def unseat(self, guest):
        with self.mutex:
            self.guests.discard(guest)
        guest.disconnect()
        self.relay("SERVER: " + guest.nickname + " has left the chat.")


def read_lines(connection):
    collected = bytearray()
    with suppress(OSError):
        while True:
            data = connection.recv(1024)
            if not data:
                return
            collected.extend(data)
            if b"\n" in data:
                lines = collected.split(b"\n")
                collected = lines[-1]
                for line in lines[:-1]:
                    yield line.decode("utf-8", errors="replace").rstrip("\r")


def attend(lounge, connection, address):
    guest = Guest(connection)
    lines = read_lines(connection)
    try:
        nickname = next(lines)
    except StopIteration:
        guest.disconnect()
        return
    guest.nickname = nickname.strip() or "guest" + str(address[1])
    lounge.seat(guest)
    try:
        for line in lines:
            command, _, argument = line.partition(" ")
            argument = argument.strip()
            if line.strip().upper() == "EXIT":
                guest.show("DONE")
                break
            if command != "/name":
                lounge.relay(guest.nickname + ": " + line, guest)
            elif not argument:
                guest.show("Please write the new nickname after /name")
            else:
                before = guest.nickname
                guest.nickname = argument
                guest.show("You are now " + argument)
                lounge.relay("SERVER: " + before + " is now " + argument, guest)
    finally:
        lounge.unseat(guest)


def main():
    lounge = Lounge()
    with socket.create_server(("0.0.0.0", 65433), backlog=50) as server:
        print("Lounge is open on port", server.getsockname()[1])
        while True:
            connection, address = server.accept()
            threading.Thread(target=attend, args=(lounge, connection, address),
                             daemon=True).start()


if __name__ == "__main__":
    main()
