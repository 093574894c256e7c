"""Chat client without threads, as a comparison to the threaded one."""
import asyncio
import sys

HOST = "127.0.0.1"
PORT = 65433


async def keyboard_reader():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def from_server(reader):
    while True:
        raw = await reader.readline()
        if not raw:
            print("[connection closed]", flush=True)
            return
        print(raw.decode("utf-8", "replace").rstrip("\r\n"), flush=True)


async def from_keyboard(keys, writer):
    while True:
        raw = await keys.readline()
        if not raw:
            return
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        writer.write(line.encode() + b"\n")
        await writer.drain()
        if line.strip().casefold() == "exit":
            return


async def main():
    try:
        reader, writer = await asyncio.open_connection(HOST, PORT, limit=2 ** 24)
    except OSError as error:
        print(f"no server at {HOST}:{PORT} ({error})")
        return
    keys = await keyboard_reader()
    print("Your nickname, please:", end=" ", flush=True)
    jobs = [
        asyncio.ensure_future(from_server(reader)),
        asyncio.ensure_future(from_keyboard(keys, writer)),
    ]
    done, waiting = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
    for job in waiting:
        job.cancel()
    for job in done:
        if job.exception():
            print("stopped:", job.exception())
    writer.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print()
