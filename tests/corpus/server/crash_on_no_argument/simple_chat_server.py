import socket
import threading
from contextlib import closing

ADDRESS = ("0.0.0.0", 65433)

online = {}                      # nickname by connection
online_lock = threading.RLock()


def emit(line, origin=None):
    wire = line.encode("utf-8") + b"\n"
    with online_lock:
        for conn in online:
            if conn is not origin:
                try:
                    conn.sendall(wire)
                except OSError:
                    continue


def incoming(conn):
    with conn.makefile("rb") as f:
        while True:
            try:
                raw = f.readline()
            except OSError:
                return
            if not raw.endswith(b"\n"):
                return
            yield raw.rstrip(b"\r\n").decode("utf-8", errors="replace")


def rename(conn, line):
    wanted = line.split(None, 1)[1].strip()
    with online_lock:
        emit(f"SERVER: {online[conn]} is now {wanted}", origin=conn)
        online[conn] = wanted


def session(conn, peer):
    with closing(conn):
        feed = incoming(conn)
        for first in feed:
            break
        else:
            return
        with online_lock:
            online[conn] = first.strip() or f"{peer[0]}:{peer[1]}"
            emit(f"SERVER: {online[conn]} has joined the chat.", origin=conn)
        try:
            for line in feed:
                if line.strip().upper() == "EXIT":
                    with online_lock:
                        try:
                            conn.sendall(b"DONE\n")
                        except OSError:
                            pass
                    break
                if line.split(" ")[0] == "/name":
                    rename(conn, line)
                else:
                    emit(f"{online[conn]}: {line}", origin=conn)
        finally:
            with online_lock:
                name = online.pop(conn)
                emit(f"SERVER: {name} has left the chat.")
            feed.close()


def main():
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(ADDRESS)
        listener.listen()
        print("Chat on port", ADDRESS[1])
        while True:
            threading.Thread(target=session, args=listener.accept(), daemon=True).start()


if __name__ == "__main__":
    main()
