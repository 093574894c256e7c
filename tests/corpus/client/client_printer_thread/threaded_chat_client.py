import queue
import sys
import threading

import chatproto

to_print = queue.Queue()


def printer():
    while True:
        item = to_print.get()
        if item is None:
            return
        print(item, flush=True)


def receiver(wire):
    try:
        for text in wire:
            to_print.put(text)
    finally:
        to_print.put("<<< disconnected >>>")
        to_print.put(None)


def main():
    wire = chatproto.Wire("127.0.0.1", chatproto.PORT)
    out = threading.Thread(target=printer, daemon=True)
    out.start()
    to_print.put("Nickname:")
    nickname = sys.stdin.readline().strip()
    wire.send(nickname)
    threading.Thread(target=receiver, args=(wire,), daemon=True).start()
    for line in sys.stdin:
        line = line.rstrip("\n")
        try:
            wire.send(line)
        except OSError:
            break
        if chatproto.is_farewell(line):
            break
    wire.close()
    out.join(2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
