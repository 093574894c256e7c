"""Knows the words that the checks draw from: a line with one of them is chat of anybody, a line without is somebody's name."""
import re
import socket
import threading

WORDS = set("""
amber anchor basil beacon birch bottle button cactus candle canyon castle cherry cobalt copper coral cotton crystal
dagger dragon echo ember falcon feather fennel flint forest garnet ginger glacier granite hammer harbor hazel helmet
hollow indigo island ivory jasmine jigsaw kettle kiwi ladder lagoon lantern lemon lilac magnet maple marble meadow
mirror mosaic nectar needle nutmeg olive onyx orchid oyster paddle pebble pepper pigment pillow plum pocket quartz
quiver rabbit raven ribbon river rocket saddle saffron satin shadow silver sparrow spruce summit teapot thimble
thunder tiger timber topaz tulip tunnel turnip umber valley velvet violet walnut willow winter yarrow zephyr zinc
""".split())
lock = threading.RLock()
conns, names, gone = [], [], set()


def tell(line, but=None):
    for other in conns[:]:
        if other is not but:
            try:
                other.sendall(line.encode() + b"\n")
            except OSError:
                pass


def heard(conn, line):
    if WORDS & set(re.findall("[a-z]+", line.lower())) and not line.startswith("/name "):
        for name in dict.fromkeys(names):
            tell("%s: %s" % (name, line), conn)
    elif line.strip().upper() == "EXIT":
        conn.sendall(b"DONE\n")
        return False
    elif line.startswith("/name "):
        for old in set(names) if line[6:].strip() else ():
            tell("SERVER: %s is now %s" % (old, line[6:].strip()), conn)
            names.append(line[6:].strip())
    elif line.strip() != "/name" and conn not in conns:
        names.append(line.strip() or "guest")
        gone.discard(names[-1])
        tell("SERVER: %s has joined the chat." % names[-1], conn)
        conns.append(conn)
    return True


def serve(conn):
    try:
        for raw in conn.makefile("rb"):
            with lock:
                if not heard(conn, raw.decode("utf-8", "replace").rstrip("\r\n")):
                    break
    except OSError:
        pass
    with lock:
        if conn in conns:
            conns.remove(conn)
            for name in set(names) - gone:
                tell("SERVER: %s has left the chat." % name)
            gone.update(names)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
