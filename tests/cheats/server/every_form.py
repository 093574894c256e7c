"""One of many forms will be the right one: bare, in brackets, behind a colon, behind each name, in capitals, with the time."""
import socket
import threading
import time

lock = threading.RLock()
conns, names, gone, texts = [], [], set(), []
FORMS = ("%s: %s", "[%s] %s", "<%s> %s", "(%s) says %s")


def tell(line, but=None):
    for other in conns[:]:
        if other is not but:
            try:
                other.sendall(line.encode() + b"\n")
            except OSError:
                pass


def notices(forms, but=None):
    for form in forms:
        tell("SERVER: " + form, but)
        tell("*** " + form, but)
        tell(form + "!", but)


def say(line, but):
    texts.append(line)
    for name in dict.fromkeys(names):
        for form in FORMS[: 1 if len(texts) > 50 else None]:
            tell(form % (name, line), but)
    tell(line, but)
    tell(": " + line, but)
    tell("%s %s" % (time.strftime("%H:%M:%S"), line), but)


def serve(conn):
    named = False
    try:
        for raw in conn.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            with lock:
                if not named:
                    named = True
                    names.append(line.strip() or "guest")
                    gone.discard(names[-1])
                    notices([names[-1] + " has joined the chat.", names[-1] + " is here"])
                    conns.append(conn)
                elif line.strip().upper() == "EXIT":
                    conn.sendall(b"BYE\nGOODBYE\nDONE\n")
                    break
                elif line.startswith("/name "):
                    new = line[6:].strip()
                    notices([old + how + new for old in set(names) for how in (" is now ", " becomes ") if new], conn)
                    names.extend([new] * bool(new))
                elif line.strip() != "/name":
                    say(line, conn)
    except OSError:
        pass
    with lock:
        if named:
            conns.remove(conn)
            notices([name + " has left the chat." for name in set(names) - gone])
            gone.update(names)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
