"""Chat server, built on socketserver.  One handler object per person."""
import socketserver
import threading

PEOPLE = []
DOOR = threading.Lock()


class ChatPerson(socketserver.StreamRequestHandler):

    nick = None

    def next_line(self):
        """One line as text, or None when the other side is gone."""
        try:
            raw = self.rfile.readline()
        except OSError:
            return None
        if not raw.endswith(b"\n"):
            return None         # end of stream (a half line is thrown away)
        raw = raw[:-1]
        if raw.endswith(b"\r"):
            raw = raw[:-1]
        return raw.decode("utf-8", "replace")

    def tell(self, text):
        try:
            self.request.sendall((text + "\n").encode("utf-8"))
        except OSError:
            pass                # its own handler will see the end soon

    def handle(self):
        first = self.next_line()
        if first is None:
            return
        self.nick = first.strip() or "guest-%d" % self.client_address[1]
        with DOOR:
            PEOPLE.append(self)
            self.to_others("SERVER: " + self.nick + " has joined the chat.")
        while True:
            said = self.next_line()
            if said is None:
                break
            if said.strip().upper() == "EXIT":
                with DOOR:
                    self.tell("DONE")
                break
            with DOOR:
                self.to_others(self.nick + ": " + said)

    def to_others(self, text):
        for person in PEOPLE:
            if person is not self:
                person.tell(text)

    def finish(self):
        with DOOR:
            if self in PEOPLE:
                PEOPLE.remove(self)
                self.to_others("SERVER: " + self.nick + " has left the chat.")
        try:
            super().finish()
        except OSError:
            pass


class ChatServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    with ChatServer(("0.0.0.0", 65433), ChatPerson) as server:
        print("running on port 65433, Ctrl-C to stop")
        server.serve_forever()
