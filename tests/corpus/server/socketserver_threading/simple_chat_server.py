import socketserver
import threading


class ChatHandler(socketserver.StreamRequestHandler):

    online = set()
    mutex = threading.Lock()

    def handle(self):
        self.nickname = None
        self.out_mutex = threading.Lock()
        try:
            first = self.next_line()
            if first is None:
                return
            self.nickname = first.strip() or "guest-%d" % self.client_address[1]
            self.shout("SERVER: {} has joined the chat.", enter=True)
            self.conversation()
        except OSError:
            pass

    def finish(self):
        with self.mutex:
            was_online = self in self.online
            self.online.discard(self)
        if was_online:
            self.shout("SERVER: {} has left the chat.")
        with self.out_mutex:
            super().finish()

    def conversation(self):
        while True:
            line = self.next_line()
            if line is None:
                break
            if line.strip().casefold() == "exit":
                self.push("DONE")
                break
            if line.rstrip() == "/name":
                self.push("usage: /name <new name>")
            elif line.startswith("/name "):
                fresh = line[6:].strip()
                self.shout("SERVER: {} is now " + fresh.replace("{", "{{").replace("}", "}}"))
                self.nickname = fresh
            else:
                self.shout("{}: ", line)

    def next_line(self):
        raw = self.rfile.readline()
        if not raw.endswith(b"\n"):
            return None
        return raw.rstrip(b"\r\n").decode("utf-8", errors="replace")

    def shout(self, pattern, tail="", enter=False):
        text = pattern.format(self.nickname) + tail
        with self.mutex:
            others = [h for h in self.online if h is not self]
            if enter:
                self.online.add(self)
        for h in others:
            h.push(text)

    def push(self, text):
        data = text.encode("utf-8") + b"\n"
        with self.out_mutex:
            try:
                self.wfile.write(data)
            except (OSError, ValueError):
                pass   # closed, finish() of that handler deals with it


class ChatServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 40


if __name__ == "__main__":
    with ChatServer(("0.0.0.0", 65433), ChatHandler) as server:
        print("serving on port 65433")
        server.serve_forever()
