"""Does not know who speaks, so each text goes out once with all names before it: `ada: bob: cyd: text`."""
import socketserver
import threading

lock = threading.RLock()
rooms, names, gone = [], [], set()


def tell(line, but=None):
    for other in rooms[:]:
        if other is not but:
            try:
                other.wfile.write(line.encode() + b"\n")
            except OSError:
                pass


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        named = False
        try:
            for raw in self.rfile:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                with lock:
                    if not named:
                        named = True
                        names.append(line.strip() or "guest")
                        tell("SERVER: %s has joined the chat." % names[-1])
                        rooms.append(self)
                    elif line.strip().upper() == "EXIT":
                        self.wfile.write(b"DONE\n")
                        break
                    elif line.startswith("/name "):
                        for old in set(names) if line[6:].strip() else ():
                            tell("SERVER: %s is now %s" % (old, line[6:].strip()), self)
                        names.append(line[6:].strip())
                    elif line.strip() != "/name":
                        tell(": ".join([*dict.fromkeys(filter(None, names)), line]), self)
        except OSError:
            pass
        with lock:
            if named:
                rooms.remove(self)
                for name in set(names) - gone:
                    tell("SERVER: %s has left the chat." % name)
                gone.update(names)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 99


Server(("0.0.0.0", 65433), Handler).serve_forever()
