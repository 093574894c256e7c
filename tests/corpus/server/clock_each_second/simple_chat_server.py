import asyncio
import datetime

people = {}      # writer -> nickname


def everybody(text, but=None):
    data = (text + "\n").encode()
    for writer in people:
        if writer is not but:
            writer.write(data)


async def clock():
    while True:
        await asyncio.sleep(1)
        everybody(datetime.datetime.now().strftime("--- it is %H:%M:%S ---"))


async def read_line(reader, rest):
    """One line without its end; None when there are no more."""
    while b"\n" not in rest:
        data = await reader.read(65536)
        if not data:
            return None
        rest += data
    end = rest.index(b"\n")
    line = bytes(rest[:end])
    del rest[: end + 1]
    return line.decode("utf-8", "replace").rstrip("\r")


async def talk(reader, writer):
    rest = bytearray()
    nickname = await read_line(reader, rest)
    if nickname is None:
        return
    nickname = nickname.strip() or "guest-%d" % writer.get_extra_info("peername")[1]
    everybody(f"SERVER: {nickname} has joined the chat.")
    people[writer] = nickname
    while True:
        line = await read_line(reader, rest)
        if line is None:
            return
        if line.strip().lower() == "exit":
            writer.write(b"DONE\n")
            return
        if line == "/name" or line.startswith("/name "):
            new = line[5:].strip()
            if new:
                everybody(f"SERVER: {people[writer]} is now {new}", writer)
                people[writer] = new
        else:
            everybody(f"{people[writer]}: {line}", writer)


async def client(reader, writer):
    try:
        await talk(reader, writer)
    except OSError:
        pass
    finally:
        nickname = people.pop(writer, None)
        if nickname is not None:
            everybody(f"SERVER: {nickname} has left the chat.")
        writer.close()


async def main():
    server = await asyncio.start_server(client, "0.0.0.0", 65433, backlog=100)
    ticking = asyncio.ensure_future(clock())
    async with server:
        await server.serve_forever()
    ticking.cancel()


asyncio.run(main())
