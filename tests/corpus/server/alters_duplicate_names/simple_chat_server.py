"""asyncio chat where no two people can have the same nickname."""
import asyncio
from dataclasses import dataclass


@dataclass(eq=False)
class Person:
    nickname: str
    out: asyncio.StreamWriter

    def tell(self, text):
        if not self.out.transport.is_closing():
            self.out.write(text.encode("utf-8") + b"\n")


people = []


def free_version(nickname, ignoring=None):
    taken = {p.nickname for p in people if p is not ignoring}
    candidate, n = nickname, 1
    while candidate in taken:
        n += 1
        candidate = nickname + str(n)
    return candidate


def tell_others(person, text):
    for p in people:
        if p is not person:
            p.tell(text)


async def lines(reader):
    unfinished = bytearray()
    while True:
        try:
            data = await reader.read(2 ** 16)
        except OSError:
            return
        if not data:
            return
        unfinished += data
        if b"\n" in data:
            *whole, unfinished = unfinished.split(b"\n")
            for w in whole:
                yield w.decode("utf-8", errors="replace").rstrip("\r")


def handle_name_command(person, wanted):
    if not wanted:
        person.tell("Which name? Write /name and then the name.")
        return
    given = free_version(wanted, ignoring=person)
    if given != wanted:
        person.tell("That name is in use, you get %s" % given)
    old, person.nickname = person.nickname, given
    tell_others(person, "SERVER: %s is now %s" % (old, given))


async def on_connect(reader, writer):
    person = None
    async for line in lines(reader):
        if person is None:
            wanted = line.strip() or "unknown%d" % writer.get_extra_info("peername")[1]
            person = Person(free_version(wanted), writer)
            if person.nickname != wanted:
                person.tell("That name is in use, you are %s" % person.nickname)
            people.append(person)
            tell_others(person, "SERVER: %s has joined the chat." % person.nickname)
        elif line.strip().lower() == "exit":
            person.tell("DONE")
            break
        elif (line + " ").startswith("/name "):
            handle_name_command(person, line[5:].strip())
        else:
            tell_others(person, "%s: %s" % (person.nickname, line))
    if person is not None:
        people.remove(person)
        tell_others(person, "SERVER: %s has left the chat." % person.nickname)
    writer.close()


async def serve():
    srv = await asyncio.start_server(on_connect, host="0.0.0.0", port=65433)
    await srv.serve_forever()


asyncio.run(serve())
