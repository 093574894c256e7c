import socket
import threading


class Channel:
    def __init__(self):
        self.people = []
        self.lock = threading.Lock()

    def __enter__(self):
        self.lock.acquire()
        return self

    def __exit__(self, *problem):
        self.lock.release()

    def post(self, text, author=None):
        for person in self.people:
            if person is not author:
                person.send(text)


channel = Channel()


class Person:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.nick = None
        self.stream = sock.makefile("rb")

    def send(self, text):
        try:
            self.sock.sendall(text.encode("utf-8"))
            self.sock.sendall(b"\n")
        except OSError:
            pass

    def next_line(self):
        raw = self.stream.readline()
        if not raw.endswith(b"\n"):
            raise ConnectionError("end of stream")
        return raw.decode("utf-8").rstrip("\r\n")

    def enter(self):
        self.nick = self.next_line().strip() or "%s:%d" % self.addr
        with channel:
            channel.people.append(self)
            channel.post("SERVER: " + self.nick + " has joined the chat.", self)

    def leave(self):
        with channel:
            if self in channel.people:
                channel.people.remove(self)
                channel.post("SERVER: " + self.nick + " has left the chat.")
        for thing in (self.stream, self.sock):
            try:
                thing.close()
            except OSError:
                pass

    def stay(self):
        while True:
            line = self.next_line()
            if line.strip().upper() == "EXIT":
                with channel:
                    self.send("DONE")
                return
            if line == "/name" or line.startswith("/name "):
                new = line[5:].strip()
                if new:
                    with channel:
                        channel.post("SERVER: " + self.nick + " is now " + new, self)
                        self.nick = new
                continue
            with channel:
                channel.post(self.nick + ": " + line, self)


def attend(person):
    try:
        person.enter()
        person.stay()
    except OSError:
        print("connection to", person.addr, "is over")
    finally:
        person.leave()


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", 65433))
        listener.listen(100)
        while True:
            person = Person(*listener.accept())
            threading.Thread(target=attend, args=(person,), daemon=True).start()


if __name__ == "__main__":
    main()
