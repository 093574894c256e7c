"""Group chat over TCP, one thread for every visitor."""
import socket
import threading

members = []               # entries look like {"sock": ..., "nick": ...}
gate = threading.RLock()   # RLock because drop() is also called from tell_all()


def tell_all(message, but=None):
    packet = (message + "\n").encode("utf-8")
    with gate:
        for m in list(members):
            if m is but:
                continue
            try:
                m["sock"].sendall(packet)
            except OSError:
                drop(m)


def drop(m):
    with gate:
        if m in members:
            members.remove(m)
        try:
            # wakes up the thread that is reading from this socket
            m["sock"].shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def lines_from(sock):
    pending = b""
    while True:
        try:
            chunk = sock.recv(65536)
        except OSError:
            return
        if chunk == b"":
            return
        *complete, pending = (pending + chunk).split(b"\n")
        for one in complete:
            yield one.decode("utf-8", "replace").rstrip("\r")


def rename(m, wanted):
    with gate:
        before = m["nick"]
        m["nick"] = wanted
        tell_all("SERVER: %s is now %s" % (before, wanted), but=m)


def talk(sock, where):
    m = None
    try:
        for text in lines_from(sock):
            if m is None:
                m = {"sock": sock, "nick": text.strip() or "%s:%d" % where}
                with gate:
                    members.append(m)
                    tell_all("SERVER: %s has joined the chat." % m["nick"], but=m)
                print("+", m["nick"])
                continue
            words = text.split()
            if text.strip().upper() == "EXIT":
                with gate:
                    try:
                        sock.sendall(b"DONE\n")
                    except OSError:
                        pass
                break
            if words and words[0] == "/name" and text.startswith("/name"):
                if len(words) > 1:
                    rename(m, " ".join(words[1:]))
                continue
            tell_all(m["nick"] + ": " + text, but=m)
    finally:
        if m is not None:
            drop(m)
            print("-", m["nick"])
        with gate:
            sock.close()
        if m is not None:
            tell_all("SERVER: %s has left the chat." % m["nick"])


def run():
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("0.0.0.0", 65433))
    door.listen(50)
    print("waiting for people on 65433")
    while True:
        sock, where = door.accept()
        threading.Thread(target=talk, args=(sock, where), daemon=True).start()


if __name__ == "__main__":
    run()
