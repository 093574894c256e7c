import asyncio

PORT = 65433


class ChatProtocol(asyncio.Protocol):
    everybody = []

    def connection_made(self, transport):
        self.transport = transport
        self.pieces = []
        self.nick = None
        self.done = False

    # --- reading -------------------------------------------------------

    def data_received(self, data):
        while not self.done:
            before, newline, data = data.partition(b"\n")
            self.pieces.append(before)
            if not newline:
                return
            whole = b"".join(self.pieces)
            self.pieces = []
            if whole.endswith(b"\r"):
                whole = whole[:-1]
            self.line_received(whole.decode("utf-8", "replace"))

    def line_received(self, line):
        if self.nick is None:
            self.nick = line.strip() or repr(self.transport.get_extra_info("peername"))
            self.tell_others(f"SERVER: {self.nick} has joined the chat.")
            self.everybody.append(self)
        elif line.strip().upper() == "EXIT":
            self.done = True
            self.write("DONE")
            self.transport.close()
            self.gone()
        elif line == "/name":
            self.write("Use it like this: /name newname")
        elif line.startswith("/name "):
            new = line[6:].strip()
            self.tell_others(f"SERVER: {self.nick} is now {new}")
            self.nick = new
        else:
            self.tell_others(f"{self.nick}: {line}")

    # --- writing -------------------------------------------------------

    def write(self, text):
        self.transport.write(text.encode("utf-8") + b"\n")

    def tell_others(self, text):
        for person in self.everybody:
            if person is not self:
                person.write(text)

    # --- the end -------------------------------------------------------

    def gone(self):
        if self in self.everybody:
            self.everybody.remove(self)
            self.tell_others(f"SERVER: {self.nick} has left the chat.")

    def connection_lost(self, exc):
        self.gone()


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(ChatProtocol, "0.0.0.0", PORT, reuse_address=True)
    print("listening on", PORT)
    await server.serve_forever()


asyncio.run(main())
