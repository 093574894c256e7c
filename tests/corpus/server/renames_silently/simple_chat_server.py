#!/usr/bin/env python3
"""asyncio version of the chat server (streams)."""
import asyncio

HOST = "0.0.0.0"
PORT = 65433
LIMIT = 8 * 1024 * 1024

connected = {}


def post(text, *, but=None):
    payload = text.encode() + b"\n"
    for writer in list(connected):
        if writer is not but:
            writer.write(payload)


async def get_line(reader):
    line = await reader.readuntil(b"\n")
    return line.decode(errors="replace").rstrip("\n").rstrip("\r")


async def chat(reader, writer):
    try:
        name = (await get_line(reader)).strip()
        if not name:
            name = str(writer.get_extra_info("peername"))
        connected[writer] = name
        post(f"SERVER: {name} has joined the chat.", but=writer)
        while True:
            text = await get_line(reader)
            if text.strip().casefold() == "exit":
                writer.write(b"DONE\n")
                break
            command, _, argument = text.partition(" ")
            if command == "/name":
                if argument.strip():
                    connected[writer] = argument.strip()
                continue
            post(f"{connected[writer]}: {text}", but=writer)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        if writer in connected:
            name = connected.pop(writer)
            post(f"SERVER: {name} has left the chat.")
        writer.close()


async def main():
    server = await asyncio.start_server(
        chat, HOST, PORT, limit=LIMIT, reuse_address=True
    )
    async with server:
        await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("bye")
