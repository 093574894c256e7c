#!/usr/bin/env python3
"""Entry point of the chat server. The work is done in chatlib and protocol."""
from chatlib import Hall, open_door
from threading import Thread

PORT = 65433


def main():
    hall = Hall()
    door = open_door(PORT)
    print(f"Listening on {PORT}")
    while True:
        visitor, origin = door.accept()
        Thread(target=hall.welcome, args=(visitor, origin), daemon=True).start()


if __name__ == "__main__":
    main()
