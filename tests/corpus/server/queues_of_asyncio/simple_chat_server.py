import asyncio
from collections import namedtuple

Event = namedtuple("Event", "kind client text")


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.name = None
        self.outgoing = asyncio.Queue()

    async def write(self):
        while True:
            text = await self.outgoing.get()
            if text is None:
                break
            self.writer.write(text.encode() + b"\n")
            try:
                await self.writer.drain()
            except ConnectionError:
                break
        self.writer.close()

    async def read(self, events):
        pending = bytearray()
        try:
            while True:
                data = await self.reader.read(16384)
                if not data:
                    break
                pending += data
                if b"\n" in data:
                    *lines, rest = pending.split(b"\n")
                    pending = bytearray(rest)
                    for line in lines:
                        await events.put(Event("line", self, line.decode(errors="replace").rstrip("\r")))
        except ConnectionError:
            pass
        await events.put(Event("end", self, ""))


class Chat:
    def __init__(self):
        self.events = asyncio.Queue()
        self.present = []

    def publish(self, text, but=None):
        for client in self.present:
            if client is not but:
                client.outgoing.put_nowait(text)

    async def handle_events(self):
        while True:
            kind, client, text = await self.events.get()
            getattr(self, "on_" + kind)(client, text)

    def on_end(self, client, _):
        if client in self.present:
            self.present.remove(client)
            self.publish("SERVER: " + client.name + " has left the chat.")
        client.outgoing.put_nowait(None)

    def on_line(self, client, text):
        if client.name is None:
            client.name = text.strip() or "Nobody %s" % client.writer.get_extra_info("peername")[1]
            self.publish("SERVER: " + client.name + " has joined the chat.")
            self.present.append(client)
        elif client not in self.present:
            pass                               # it has said EXIT before
        elif text.strip().lower() == "exit":
            client.outgoing.put_nowait("DONE")
            self.on_end(client, "")
        elif text.split(" ", 1)[0] == "/name":
            new = text[5:].strip()
            if new:
                self.publish("SERVER: " + client.name + " is now " + new, client)
                client.name = new
        else:
            self.publish(client.name + ": " + text, client)

    async def connected(self, reader, writer):
        client = Client(reader, writer)
        await asyncio.gather(client.read(self.events), client.write())


async def main():
    chat = Chat()
    worker = asyncio.ensure_future(chat.handle_events())
    server = await asyncio.start_server(chat.connected, host="0.0.0.0", port=65433, backlog=200)
    print("chat server is up")
    await worker
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
