import asyncio
import struct

writers = {}


def put(writer, payload):
    writer.write(struct.pack("!I", len(payload)))
    writer.write(payload)


def tell(payload, sender):
    for writer in list(writers):
        if writer is not sender:
            put(writer, payload)


async def frame_from(reader):
    header = await reader.readexactly(4)
    return await reader.readexactly(struct.unpack("!I", header)[0])


async def talk(reader, writer):
    nick = None
    try:
        nick = (await frame_from(reader)).decode("utf-8", "replace").strip() or "nobody"
        writers[writer] = nick
        tell(f"SERVER: {nick} has joined the chat.".encode(), writer)
        while True:
            payload = (await frame_from(reader)).strip()
            if payload.strip().lower() == b"exit":
                put(writer, b"DONE")
                break
            tell(payload, writer)  # the payload alone: clients put the name in themselves if they like
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        if writers.pop(writer, None):
            tell(f"SERVER: {nick} has left the chat.".encode(), writer)
        writer.close()


async def main():
    server = await asyncio.start_server(talk, "0.0.0.0", 65433)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
