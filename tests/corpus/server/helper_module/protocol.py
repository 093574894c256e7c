"""How lines look on the wire."""

EOL = b"\n"

CHAT, RENAME, QUIT, NOTHING = range(4)


def pack(text):
    return text.encode("utf-8") + EOL


class LineSplitter:
    """Feed bytes, get whole lines."""

    def __init__(self):
        self._tail = []

    def feed(self, block):
        lines = []
        begin = 0
        while True:
            stop = block.find(EOL, begin)
            if stop < 0:
                break
            self._tail.append(block[begin:stop])
            lines.append(self._clean(b"".join(self._tail)))
            self._tail = []
            begin = stop + 1
        if begin < len(block):
            self._tail.append(block[begin:])
        return lines

    @staticmethod
    def _clean(raw):
        return raw.decode("utf-8", errors="replace").rstrip("\r")


def classify(line):
    """Return (kind, argument)."""
    if line.strip().upper() == "EXIT":
        return QUIT, None
    if line == "/name" or line.startswith("/name "):
        wanted = line[5:].strip()
        return (RENAME, wanted) if wanted else (NOTHING, None)
    return CHAT, line


def joined(name):
    return f"SERVER: {name} has joined the chat."


def left(name):
    return f"SERVER: {name} has left the chat."


def renamed(old, new):
    return f"SERVER: {old} is now {new}"
