import os
import select
import signal
import socket
import sys

HOST = "127.0.0.1"
PORT = 65433


def listener(sock, parent):
    """The child: prints until the server closes or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream = b""
    while os.getppid() == parent:
        readable, _, _ = select.select([sock], [], [], 0.5)
        if not readable:
            continue
        try:
            data = sock.recv(1024)
        except OSError:
            data = b""
        if not data:
            print("Connection to the server closed.", flush=True)
            os.kill(parent, signal.SIGTERM)
            return
        stream += data
        while b"\n" in stream:
            line, stream = stream.split(b"\n", 1)
            print(line.decode("utf-8", "replace").rstrip("\r"), flush=True)


def writer(sock):
    """The parent: sends what is typed."""
    for line in sys.stdin:
        sock.sendall(line.rstrip("\n").encode() + b"\n")
        if line.strip().upper() == "EXIT":
            return


def main():
    name = ""
    while not name.strip():
        print("Name? ", end="", flush=True)
        name = sys.stdin.readline()
        if not name:
            return
    sock = socket.create_connection((HOST, PORT))
    sock.sendall(name.strip().encode() + b"\n")
    me = os.getpid()
    child = os.fork()
    if child == 0:
        listener(sock, me)
        os._exit(0)
    try:
        writer(sock)
    except (KeyboardInterrupt, OSError):
        pass
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        sock.close()


if __name__ == "__main__":
    main()
