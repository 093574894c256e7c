"""What the attackers share: a right chat server, so that nothing but the attack is wrong, and a way to tell how it went."""

import os
import socket
import sys
import threading


def attempt(name, action, *arguments):
    """Try something; it got there if the action returns something true and raises nothing."""
    print("TRIES " + name, flush=True)
    try:
        outcome = action(*arguments)
    except BaseException as problem:
        outcome = None
        print(f"STOPPED {name}: {type(problem).__name__}: {problem}"[:200], flush=True)
    else:
        print(f"REACHED {name}: {outcome!r}"[:200] if outcome else f"STOPPED {name}: {outcome!r}", flush=True)
    return outcome


def in_child(action):
    """Do it in a process of its own and wait for that."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def serve(port=65433):
    """The chat room, until killed."""
    clients, lock = {}, threading.Lock()

    def tell(line, *but):
        with lock:
            for other in clients:
                if other not in but:
                    other.sendall((line + "\n").encode())

    def talk(connection):
        try:
            lines = connection.makefile(encoding="utf-8", errors="replace", newline="\n")
            name = lines.readline().strip()
            tell(f"SERVER: {name} has joined the chat.", connection)
            with lock:
                clients[connection] = name
            for line in lines:
                if line.strip().lower() == "exit":
                    connection.sendall(b"DONE\n")
                    break
                tell(f"{name}: {line.rstrip()}", connection)
        except OSError:
            pass
        with lock:
            name = clients.pop(connection, None)
        connection.shutdown(socket.SHUT_RDWR) if name else connection.close()
        if name:
            tell(f"SERVER: {name} has left the chat.")

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(64)
    while True:
        threading.Thread(target=talk, args=listener.accept()[:1], daemon=True).start()


if __name__ == "__main__":
    sys.exit("this is a part of the attackers")
