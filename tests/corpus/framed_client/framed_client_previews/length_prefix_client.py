import socket, struct, sys, threading

HOST, PORT = "127.0.0.1", 65433


class Link:
    def __init__(self):
        self.s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.s.connect((HOST, PORT))

    def say(self, text):
        body = bytes(text, "utf-8")
        self.s.sendall(struct.pack("!I", len(body)))
        self.s.sendall(body)

    def need(self, n):
        got = bytearray(n)
        view, have = memoryview(got), 0
        while have < n:
            k = self.s.recv_into(view[have:])
            if k == 0:
                raise ConnectionError("closed by the server")
            have += k
        return bytes(got)

    def hear(self):
        n = struct.unpack("!I", self.need(4))[0]
        return self.need(n)


def shown(body):
    """What is fit for the screen: long ones are cut, and bytes that are no text are escaped."""
    text = repr(body.decode("utf-8", "backslashreplace"))[1:-1] if b"\0" in body else body.decode("utf-8", "replace")
    return text if len(text) <= 300 else text[:300] + "... (%d bytes)" % len(body)


def listen(link):
    try:
        while True:
            print("\r> " + shown(link.hear()))
    except OSError as error:
        print("\r[%s]" % error)


link = Link()
link.say(input("Nickname: ").strip())
threading.Thread(target=listen, args=(link,), daemon=True).start()
for line in sys.stdin:
    line = line.rstrip("\r\n")
    if line.strip().lower() == "exit":
        link.say("EXIT")
        break
    link.say(line)
