import asyncio

LIMIT = 16 * 1024 * 1024
writers = {}   # StreamWriter -> nickname


def emit(writer, message):
    if not writer.is_closing():
        writer.write(f"{message}\n".encode("utf-8"))


def emit_all(message, source=None):
    for writer in list(writers):
        if writer is not source:
            emit(writer, message)


async def get_line(reader):
    raw = await reader.readline()
    if raw[-1:] != b"\n":
        raise EOFError
    return raw[:-1].decode("utf-8", "replace").rstrip("\r")


async def client_connected(reader, writer):
    try:
        nickname = (await get_line(reader)).strip()
        if not nickname:
            nickname = "anonymous@%s" % writer.get_extra_info("peername")[1]
        writers[writer] = nickname
        emit_all(f"SERVER: {nickname} has joined the chat.", writer)
        while True:
            line = await get_line(reader)
            if line.strip().upper() == "EXIT":
                emit(writer, "DONE")
                break
            first, *others = line.split(" ", 1)
            if first == "/name":
                wish = "".join(others).strip()
                if wish:
                    emit_all(f"SERVER: {writers[writer]} is now {wish}", writer)
                    writers[writer] = wish
                continue
            emit_all(f"{writers[writer]}: {line}", writer)
    except (EOFError, OSError, ValueError):
        pass
    finally:
        nickname = writers.pop(writer, None)
        if nickname is not None:
            emit_all(f"SERVER: {nickname} has left the chat.")
        writer.close()


async def main():
    server = await asyncio.start_server(client_connected, "0.0.0.0", 65433, limit=LIMIT)
    print("asyncio chat server running")
    async with server:
        await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("bye")
