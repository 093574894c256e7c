"""Chat with asyncio protocols (callbacks, no streams)."""
import asyncio


class ChatRoom:
    def __init__(self):
        self.here = []

    def announce(self, what, leaving_out=None):
        blob = what.encode("utf-8") + b"\n"
        for p in self.here:
            if p is not leaving_out:
                p.transport.write(blob)


class ChatProtocol(asyncio.Protocol):
    def __init__(self, room):
        self.room = room
        self.name = None
        self.buf = bytearray()
        self.scan_from = 0
        self.done = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buf.extend(data)
        start = 0
        while not self.done:
            end = self.buf.find(b"\n", max(start, self.scan_from))
            if end == -1:
                break
            raw = bytes(self.buf[start:end])
            start = end + 1
            self.line_received(raw.decode("utf-8", errors="replace").rstrip("\r"))
        del self.buf[:start]
        self.scan_from = len(self.buf)

    def line_received(self, line):
        if self.name is None:
            self.name = line.strip()
            if not self.name:
                self.name = str(self.transport.get_extra_info("peername"))
            self.room.here.append(self)
            self.room.announce("SERVER: " + self.name + " has joined the chat.", self)
        elif line.strip().upper() == "EXIT":
            self.done = True
            self.transport.write(b"DONE\n")
            self.transport.close()
        elif line.split(" ")[0] == "/name":
            self.change_name(line[5:].strip())
        else:
            self.room.announce(self.name + ": " + line, self)

    def change_name(self, new):
        if not new:
            self.transport.write(b"SERVER: give a name after /name\n")
            return
        self.room.announce("SERVER: " + self.name + " is now " + new)
        self.name = new

    def connection_lost(self, exc):
        self.done = True
        if self in self.room.here:
            self.room.here.remove(self)
            self.room.announce("SERVER: " + self.name + " has left the chat.")


async def main():
    room = ChatRoom()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: ChatProtocol(room), "0.0.0.0", 65433)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
