import collections
import select
import socket

poller = select.poll()
door = socket.create_server(("0.0.0.0", 65433), backlog=64)
poller.register(door, select.POLLIN)

Seat = collections.namedtuple("Seat", "conn unread unsent state")
seats = {}              # file number -> Seat


def put(seat, text):
    seat.unsent.extend(text.encode() + b"\n")
    poller.modify(seat.conn, select.POLLIN | select.POLLOUT)


def put_all(text, but=None):
    for seat in list(seats.values()):
        if seat is not but and seat.state.get("name"):
            put(seat, text)


def heads():
    count = sum(1 for seat in seats.values() if seat.state.get("name"))
    put_all("(%d in the room)" % count)


def go(seat):
    name = seat.state.pop("name", None)
    if name:
        put_all("SERVER: %s has left the chat." % name)
        heads()


def close(seat):
    del seats[seat.conn.fileno()]
    poller.unregister(seat.conn)
    seat.conn.close()
    go(seat)


def line_of(seat, line):
    name = seat.state.get("name")
    if seat.state.get("leaving"):
        return
    if not name:
        name = line.strip() or "#%d" % seat.conn.fileno()
        present = [s.state["name"] for s in seats.values() if s.state.get("name")]
        put_all("SERVER: %s has joined the chat." % name)
        put(seat, "With you here: " + (" and ".join(present) or "nobody yet"))
        seat.state["name"] = name
        heads()
    elif line.strip().upper() == "EXIT":
        seat.state["leaving"] = True
        put(seat, "DONE")
        go(seat)
    elif line.startswith("/name ") or line == "/name":
        new = line[6:].strip()
        if new:
            put_all("SERVER: %s is now %s" % (name, new), seat)
            seat.state["name"] = new
    else:
        put_all(name + ": " + line, seat)


def readable(seat):
    try:
        data = seat.conn.recv(65536)
    except OSError:
        data = b""
    if not data:
        close(seat)
        return
    seat.unread.extend(data)
    if b"\n" in data:
        *lines, rest = seat.unread.split(b"\n")
        seat.unread[:] = rest
        for line in lines:
            line_of(seat, line.decode("utf-8", "replace").rstrip("\r"))


def writable(seat):
    try:
        del seat.unsent[: seat.conn.send(seat.unsent)]
    except OSError:
        seat.unsent.clear()
    if not seat.unsent:
        poller.modify(seat.conn, select.POLLIN)
        if seat.state.get("leaving"):
            close(seat)


while True:
    for number, what in poller.poll():
        if number == door.fileno():
            conn, _ = door.accept()
            conn.setblocking(False)
            seats[conn.fileno()] = Seat(conn, bytearray(), bytearray(), {})
            poller.register(conn, select.POLLIN)
            continue
        if what & select.POLLOUT and number in seats:
            writable(seats[number])
        if what & ~select.POLLOUT and number in seats:
            readable(seats[number])
