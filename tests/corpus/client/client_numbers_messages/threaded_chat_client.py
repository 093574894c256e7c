"""Chat client on asyncio.open_connection; a thread reads the keyboard."""
import asyncio
import itertools
import os
import sys
import threading


async def show(reader):
    rest = b""
    numbers = itertools.count(1)
    while True:
        data = await reader.read(4096)
        if not data:
            return
        rest += data
        while b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            number = next(numbers)
            print("[%d] %s" % (number, line.decode("utf-8", "replace").rstrip("\r")), flush=True)
            if number % 10 == 0:
                print(flush=True)


def keyboard(loop, lines):
    for line in sys.stdin:
        loop.call_soon_threadsafe(lines.put_nowait, line.rstrip("\n"))
        if line.strip().upper() == "EXIT":
            return
    loop.call_soon_threadsafe(lines.put_nowait, "EXIT")


async def type_lines(writer):
    lines = asyncio.Queue()
    threading.Thread(target=keyboard, args=(asyncio.get_event_loop(), lines), daemon=True).start()
    print("Your nickname, please:", flush=True)
    while True:
        line = await lines.get()
        writer.write(line.encode() + b"\n")
        await writer.drain()
        if line.strip().upper() == "EXIT":
            return


async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", 65433)
    tasks = [asyncio.ensure_future(show(reader)), asyncio.ensure_future(type_lines(writer))]
    _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if not tasks[1].done():
        print("The server went away.", flush=True)
        os._exit(0)  # the thread still waits for the keyboard
    for task in pending:
        task.cancel()
    writer.close()


try:
    asyncio.run(main())
except (ConnectionError, KeyboardInterrupt):
    pass
