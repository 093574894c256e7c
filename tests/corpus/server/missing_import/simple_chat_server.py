import socketserver
import threading
from datetime import datetime

import colorama_chat

PORT = 65433
members = []
guard = threading.RLock()


def log(text):
    print(colorama_chat.green(datetime.now().strftime("%H:%M:%S")), text)


class ChatHandler(socketserver.StreamRequestHandler):
    nick = None

    def put(self, text):
        try:
            self.request.sendall(text.encode("utf-8") + b"\n")
        except OSError:
            log("could not reach %s" % self.nick)

    def others(self, text):
        with guard:
            for m in members:
                if m is not self:
                    m.put(text)

    def lines(self):
        while True:
            try:
                raw = self.rfile.readline()
            except OSError:
                return
            if raw[-1:] != b"\n":
                return
            yield raw.decode("utf-8", "replace").rstrip("\r\n")

    def handle(self):
        for line in self.lines():
            if self.nick is None:
                self.enter(line.strip())
                continue
            word = line.strip()
            if word.upper() == "EXIT":
                with guard:
                    self.put("DONE")
                return
            if word == "/name":
                pass
            elif line.startswith("/name "):
                old, self.nick = self.nick, line[6:].strip()
                self.others("SERVER: %s is now %s" % (old, self.nick))
            else:
                self.others("%s: %s" % (self.nick, line))

    def enter(self, nick):
        self.nick = nick or "user%d" % self.client_address[1]
        with guard:
            members.append(self)
            self.others("SERVER: %s has joined the chat." % self.nick)
        log(self.nick + " joined")

    def finish(self):
        if self.nick is not None:
            with guard:
                members.remove(self)
                self.others("SERVER: %s has left the chat." % self.nick)
            log(self.nick + " left")
        try:
            super().finish()
        except OSError:
            pass


class ChatServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    with ChatServer(("0.0.0.0", PORT), ChatHandler) as srv:
        srv.serve_forever()
