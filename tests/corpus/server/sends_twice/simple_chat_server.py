import asyncio

# nickname of each writer
nicks = {}


def tell(writer, text):
    writer.write(text.encode("utf-8") + b"\n")


def tell_others(me, text):
    for writer in list(nicks):
        if writer is me:
            continue
        tell(writer, text)


def obey(me, line):
    """True if the line was a command."""
    words = line.split(None, 1)
    if not words or words[0] != "/name":
        tell_others(me, nicks[me] + ": " + line)
        return False
    if len(words) == 2:
        tell_others(me, "SERVER: " + nicks[me] + " is now " + words[1].strip())
        nicks[me] = words[1].strip()
    return True


async def read_line(reader):
    try:
        raw = await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, OSError):
        return None
    return raw[:-1].decode("utf-8", "replace").rstrip("\r")


async def conversation(reader, writer):
    while True:
        line = await read_line(reader)
        if line is None:
            return
        if line.strip().upper() == "EXIT":
            tell(writer, "DONE")
            return
        if not obey(writer, line):
            tell_others(writer, nicks[writer] + ": " + line)


async def client(reader, writer):
    first = await read_line(reader)
    if first is not None:
        nicks[writer] = first.strip() or str(writer.get_extra_info("peername"))
        tell_others(writer, "SERVER: " + nicks[writer] + " has joined the chat.")
        try:
            await conversation(reader, writer)
        finally:
            name = nicks.pop(writer)
            tell_others(writer, "SERVER: " + name + " has left the chat.")
    try:
        writer.close()
        await writer.wait_closed()
    except OSError:
        pass


async def main():
    server = await asyncio.start_server(client, "0.0.0.0", 65433, limit=2 ** 24)
    print("Chat server on port 65433")
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
