import asyncio
import struct
import sys


async def show(reader):
    while True:
        try:
            size, = struct.unpack("!H", await reader.readexactly(2))
            payload = await reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            print("The server is gone.")
            return
        print(payload.decode(errors="replace"), flush=True)


def frame(text):
    data = text.encode()
    return struct.pack("!H", len(data)) + data


async def type_in(writer):
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        writer.write(frame(line.rstrip("\n")))
        await writer.drain()
        if line.strip().lower() == "exit":
            return


async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", 65433)
    print("Nickname? ", end="", flush=True)
    jobs = [asyncio.ensure_future(type_in(writer)), asyncio.ensure_future(show(reader))]
    await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
    sys.stdout.flush()
    import os
    os._exit(0)


asyncio.run(main())
