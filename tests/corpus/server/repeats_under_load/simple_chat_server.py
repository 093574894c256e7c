import socket
import threading

KEEP = 250      # lines kept for each speaker
CUT = 100       # lines thrown away when there are too many


class User:
    def __init__(self, conn, addr):
        self.conn = conn
        self.addr = addr
        self.nick = None
        self.spoken = []     # what this user has said, newest last
        self.places = {}     # how much of the others' lines this user has got

    def write(self, lines):
        data = "".join(line + "\n" for line in lines)
        try:
            self.conn.sendall(data.encode("utf-8"))
        except OSError:
            pass

    def catch_up(self, speaker):
        place = self.places.get(speaker, 0)
        news = speaker.spoken[place:]
        self.places[speaker] = len(speaker.spoken)
        if news:
            self.write(news)


class Hall:
    def __init__(self):
        self.users = []
        self.lock = threading.Lock()

    def notice(self, text, leave_out=None):
        for u in self.users:
            if u is not leave_out:
                u.write(["SERVER: " + text])

    def join(self, user):
        with self.lock:
            for u in self.users:
                user.places[u] = len(u.spoken)
            self.users.append(user)
            self.notice(user.nick + " has joined the chat.", user)

    def part(self, user):
        with self.lock:
            self.users.remove(user)
            for u in self.users:
                u.places.pop(user, None)
            self.notice(user.nick + " has left the chat.")

    def rename(self, user, nick):
        with self.lock:
            old, user.nick = user.nick, nick
            self.notice(old + " is now " + nick, user)

    def speak(self, user, text):
        with self.lock:
            user.spoken.append(user.nick + ": " + text)
            if len(user.spoken) > KEEP:
                self.trim(user)
            for u in self.users:
                if u is not user:
                    u.catch_up(user)

    def trim(self, user):
        del user.spoken[:CUT]
        for u in self.users:
            if user in u.places:
                u.places[user] -= KEEP - CUT


def read_user(user, hall):
    rest = b""
    while True:
        try:
            data = user.conn.recv(32768)
        except OSError:
            return
        if not data:
            return
        rest += data
        while True:
            raw, end, after = rest.partition(b"\n")
            if not end:
                break
            rest = after
            text = raw.decode("utf-8", "replace").rstrip("\r")
            if user.nick is None:
                user.nick = text.strip() or "%s:%d" % user.addr
                hall.join(user)
            elif text.strip().upper() == "EXIT":
                with hall.lock:
                    user.write(["DONE"])
                return
            elif text.strip() == "/name":
                pass
            elif text.startswith("/name "):
                hall.rename(user, text[6:].strip())
            else:
                hall.speak(user, text)


def start(user, hall):
    read_user(user, hall)
    if user.nick is not None:
        hall.part(user)
    user.conn.close()


def main():
    hall = Hall()
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("0.0.0.0", 65433))
    door.listen()
    while True:
        conn, addr = door.accept()
        threading.Thread(target=start, args=(User(conn, addr), hall), daemon=True).start()


main()
