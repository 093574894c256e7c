import socket
import threading


class ChatRoom:
    def __init__(self):
        self.people = {}
        self.lock = threading.RLock()

    def send_all(self, text, author=None):
        with self.lock:
            broken = []
            for conn in self.people:
                if conn is not author and not self.send_one(conn, text):
                    broken.append(conn)
            for conn in broken:
                self.throw_out(conn)

    def send_one(self, conn, text):
        with self.lock:
            try:
                conn.sendall(text.encode("utf-8") + b"\n")
                return True
            except OSError:
                return False

    def throw_out(self, conn):
        """conn is dead, or said EXIT."""
        with self.lock:
            name = self.people.pop(conn, None)
            conn.close()
            if name is not None:
                self.send_all("SERVER: %s has left the chat." % name)

    def add(self, conn, name):
        with self.lock:
            self.people[conn] = name
            self.send_all("SERVER: %s has joined the chat." % name, conn)

    def rename(self, conn, name):
        with self.lock:
            old = self.people[conn]
            self.people[conn] = name
            self.send_all("SERVER: %s is now %s" % (old, name), conn)

    def say(self, conn, text):
        with self.lock:
            self.send_all("%s: %s" % (self.people[conn], text), conn)


room = ChatRoom()


def get_line(file):
    line = file.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line.rstrip(b"\r\n").decode("utf-8", "replace")


def client_thread(conn, addr):
    file = conn.makefile("rb")
    try:
        name = get_line(file).strip()
        room.add(conn, name or "user " + str(addr[1]))
        while conn in room.people:
            line = get_line(file)
            if line.strip().upper() == "EXIT":
                room.send_one(conn, "DONE")
                file.close()
                room.throw_out(conn)
            elif line.strip() == "/name":
                room.send_one(conn, "Type /name and your new name.")
            elif line.startswith("/name "):
                room.rename(conn, line[6:].strip())
            else:
                room.say(conn, line)
    except (OSError, EOFError, KeyError):
        # broadcast finds out by itself that nobody is there any more
        print("end of", addr)
    file.close()
    if conn not in room.people:
        conn.close()


listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 65433))
listener.listen(40)
while True:
    conn, addr = listener.accept()
    threading.Thread(target=client_thread, args=(conn, addr), daemon=True).start()
