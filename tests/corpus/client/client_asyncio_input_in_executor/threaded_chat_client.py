import asyncio
import os

HOST, PORT = "127.0.0.1", 65433


class Chat(asyncio.Protocol):
    """What comes from the server: callbacks of the event loop."""

    def __init__(self):
        self.buffer = b""
        self.gone = asyncio.get_event_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            print(line.decode("utf-8", "replace").rstrip("\r"))

    def connection_lost(self, error):
        if not self.gone.done():
            self.gone.set_result(error)

    def send(self, text):
        self.transport.write(f"{text}\n".encode())


async def keyboard(chat):
    loop = asyncio.get_event_loop()
    while True:
        text = await loop.run_in_executor(None, input, "> ")
        chat.send(text)
        if text.strip().upper() == "EXIT":
            return


async def main():
    loop = asyncio.get_event_loop()
    nickname = await loop.run_in_executor(None, input, "Nick: ")
    _, chat = await loop.create_connection(Chat, HOST, PORT)
    chat.send(nickname)
    typing = asyncio.ensure_future(keyboard(chat))
    await asyncio.wait([typing, chat.gone], return_when=asyncio.FIRST_COMPLETED)
    if not typing.done():
        print("\nThe server is gone.")
        os._exit(0)  # the pool still waits in input()
    if typing.exception() is None:
        await asyncio.wait([chat.gone], timeout=3)
    chat.transport.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (KeyboardInterrupt, OSError) as reason:
        print("The end:", repr(reason))
