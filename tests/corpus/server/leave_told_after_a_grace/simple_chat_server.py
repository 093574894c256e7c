#!/usr/bin/env python3
"""Chat server. A leave is told a little later, so that last words are read first."""
import socketserver
import threading

GRACE = 0.3

everyone = set()
guard = threading.RLock()


def shout(text, but=None):
    with guard:
        for handler in everyone - {but}:
            handler.put(text)


class ChatHandler(socketserver.StreamRequestHandler):
    nickname = None

    def put(self, text):
        try:
            self.wfile.write(text.encode("utf-8") + b"\n")
        except OSError:
            pass

    def handle(self):
        try:
            while True:
                raw = self.rfile.readline()
                if not raw.endswith(b"\n"):
                    return
                if not self.handle_line(raw.decode("utf-8", "replace").rstrip("\r\n")):
                    return
        except OSError:
            return

    def handle_line(self, line):
        with guard:
            if self.nickname is None:
                self.nickname = line.strip() or "%s:%d" % self.client_address
                everyone.add(self)
                shout("SERVER: %s has joined the chat." % self.nickname, self)
            elif line.strip().lower() == "exit":
                self.put("DONE")
                return False
            elif line.partition(" ")[0] == "/name":
                new = line.partition(" ")[2].strip()
                if new:
                    shout("SERVER: %s is now %s" % (self.nickname, new), self)
                    self.nickname = new
            else:
                shout("%s: %s" % (self.nickname, line), self)
        return True

    def finish(self):
        with guard:
            known = self in everyone
            everyone.discard(self)
        try:
            super().finish()
        except OSError:
            pass
        if known:
            threading.Timer(GRACE, shout, ["SERVER: %s has left the chat." % self.nickname]).start()


class ChatServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 40


if __name__ == "__main__":
    with ChatServer(("0.0.0.0", 65433), ChatHandler) as chat_server:
        chat_server.serve_forever()
