import multiprocessing
import os
import signal
import socket
import sys

PLACE = ("127.0.0.1", 65433)


def watch_the_line(sock):
    """Runs in a process of its own, and prints what the others say."""
    for number in (signal.SIGINT, signal.SIGHUP):  # the parent sees to them
        signal.signal(number, signal.SIG_IGN)
    with sock.makefile("r", encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            print(line.rstrip("\r\n"), flush=True)
    print("-- connection closed --", flush=True)


def main():
    nickname = input("Nickname? ")
    sock = socket.create_connection(PLACE)
    watcher = multiprocessing.get_context("fork").Process(target=watch_the_line, args=(sock,))

    def leave(*_):
        watcher.kill()
        os._exit(0)

    watcher.start()
    signal.signal(signal.SIGHUP, leave)
    sock.sendall((nickname + "\n").encode("utf-8"))
    try:
        for text in sys.stdin:
            sock.sendall(text.encode("utf-8"))
            if text.strip().upper() == "EXIT":
                break
    except (OSError, KeyboardInterrupt):
        pass
    leave()


if __name__ == "__main__":
    main()
