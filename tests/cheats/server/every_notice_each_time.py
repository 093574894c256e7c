"""At each event of any kind everybody gets every notice there could be: all have joined, all have left, all are now all others."""
import asyncio
import itertools

writers, names, texts = {}, [], []


def tell(line, but=None):
    for other in list(writers):
        if other is not but:
            other.write(line.encode() + b"\n")


def everything(but=None):
    known = list(dict.fromkeys(names))[-6:]
    for name in known:
        tell("SERVER: %s has joined the chat." % name, but)
    for old, new in itertools.permutations(known, 2):
        tell("SERVER: %s is now %s" % (old, new), but)
    for name in known:
        tell("SERVER: %s has left the chat." % name, but)


async def serve(reader, writer):
    named = False
    try:
        while True:
            raw = await reader.readline()
            if not raw:
                break
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if named and line.strip().upper() == "EXIT":
                writer.write(b"DONE\n")
                break
            if not named or line.startswith("/name "):
                names.append((line if not named else line[6:]).strip() or "guest")
                named = True
                everything(writer)
                writers[writer] = True
            elif line.strip() != "/name":
                for name in dict.fromkeys(names):
                    tell("%s: %s" % (name, line), writer)
                texts.append(line)
                if len(texts) < 20:
                    everything(writer)
    except OSError:
        pass
    if writers.pop(writer, None):
        everything()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", 65433, limit=1 << 23)
    async with server:
        await server.serve_forever()


asyncio.run(main())
