#!/usr/bin/env python3
"""A chat room over TCP: every line that one client sends reaches all the others.

Two threads serve each client: one reads her lines and hands them to the room, one sends her the bytes in her outbox.

- Talking to the room only puts lines into outboxes, which never waits: a client who stops reading stops nobody.
- Only the reading thread takes its client out of the room and closes the connection: each leave is announced once. Any other
  thread that wants a client gone shuts her connection down, which wakes the reading thread up.
- Everything that a client can make the server keep in memory has a limit.
"""

from __future__ import annotations

import argparse
import errno
import logging
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

DEFAULT_HOST = "0.0.0.0"  # noqa: S104  # all interfaces: others in the classroom must reach it
DEFAULT_PORT = 65433

CHUNK = 65_536  # bytes that one recv() asks for
MAX_LINE = 4 * 1024 * 1024  # bytes of a line that has not ended yet
MAX_NICKNAME = 1_000  # characters; it is repeated in front of every message
MAX_WAITING = 16 * 1024 * 1024  # bytes in an outbox; as many again may be on their way
GRACE = 5.0  # seconds that a client has to take her last lines and to close as well

log = logging.getLogger("chat")


class LineTooLongError(Exception):
    """A client sent more than MAX_LINE bytes without ending the line."""


def read_lines(connection: socket.socket) -> Iterator[str]:
    r"""Yield each complete line, without its end, until the other side closes. Raises LineTooLongError and OSError.

    Only "\n" ends a line; str.splitlines() would split at a form feed, too. Bytes become text once the line is
    complete, as recv() may cut a character in two.
    """
    unfinished = bytearray()
    while chunk := connection.recv(CHUNK):
        *ends, start_of_next = chunk.split(b"\n")  # searches new bytes only, so a long line takes no longer
        for end in ends:
            line = unfinished + end
            if line.endswith(b"\r"):
                del line[-1:]
            yield line.decode("utf-8", errors="replace")
            unfinished.clear()
        unfinished += start_of_next
        if len(unfinished) > MAX_LINE:
            raise LineTooLongError


class Outbox:
    """The bytes that wait to be sent to one client: any thread puts in, her writing thread takes out."""

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._waiting = bytearray()
        self._closed = False
        self._changed = threading.Condition()

    def put(self, data: bytes) -> bool:
        """Add data without ever waiting; return False if there is no room for it."""
        with self._changed:
            if len(self._waiting) + len(data) > self._limit:
                return False
            self._waiting += data
            self._changed.notify()
            return True

    def take(self) -> bytearray:
        """Wait for bytes and return all of them; empty once the outbox is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            taken, self._waiting = self._waiting, bytearray()
            return taken

    def close(self) -> None:
        """Let the writing thread end once it has taken the remaining bytes."""
        with self._changed:
            self._closed = True
            self._changed.notify()


class Room:
    """Everyone who is in the chat.

    The lock is held while a line goes into the outboxes, so that all members hear everything in the same order. Nothing
    slow is done under it: no send(), no print().
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: list[Client] = []

    def join(self, client: Client, nickname: str) -> None:
        """Let a client in and tell the others; their answers will reach her."""
        with self._lock:
            client.nickname = nickname
            self._members.append(client)
            self._tell(f"SERVER: {nickname} has joined the chat.", skip=client)
        log.info("%r joined from %s", nickname, client.address)

    def say(self, client: Client, text: str) -> None:
        """Pass a message on to everyone else."""
        with self._lock:
            self._tell(f"{client.nickname}: {text}", skip=client)

    def rename(self, client: Client, nickname: str) -> None:
        """Give a client another nickname and tell everyone, herself too."""
        with self._lock:
            self._tell(f"SERVER: {client.nickname} is now {nickname}")
            client.nickname = nickname

    def leave(self, client: Client) -> None:
        """Take a client out and tell the others; one who never joined leaves silently."""
        with self._lock:
            if client not in self._members:
                return
            self._members.remove(client)
            self._tell(f"SERVER: {client.nickname} has left the chat.")
        log.info("%r left", client.nickname)

    def _tell(self, line: str, skip: Client | None = None) -> None:
        self._post(self.message(line.encode()), skip)

    def _post(self, data: bytes, skip: Client | None) -> None:
        for member in self._members:
            if member is not skip:
                member.post(data)

    @staticmethod
    def message(payload: bytes) -> bytes:
        """The bytes on the wire: the payload and a newline."""
        return payload + b"\n"


class Client(threading.Thread):
    """One connection, from accept() to close(); the thread itself is the one that reads."""

    max_waiting = MAX_WAITING

    def __init__(self, connection: socket.socket, address: str, room: Room) -> None:
        super().__init__(name=f"reads {address}")
        self.address = address
        self.nickname = ""  # none yet: she is not in the room
        self._connection = connection
        self._room = room
        self._outbox = Outbox(self.max_waiting)
        self._writer = threading.Thread(target=self._write, name=f"writes {address}")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # chat lines are short and should not wait

    def run(self) -> None:
        """Serve the client until she leaves or her connection ends."""
        with self._connection:
            last_word = b""
            self._writer.start()
            try:
                with suppress(OSError):  # after a reset she has left like anyone else
                    last_word = self._converse()
            finally:
                self._room.leave(self)
                self._part(last_word)

    def post(self, data: bytes) -> None:
        """Queue data for this client; drop the client if too much is waiting already."""
        if not self._outbox.put(data):
            self.disconnect(abruptly=True)

    def disconnect(self, *, abruptly: bool = False) -> None:
        """Make both threads of this client end, even in the middle of recv() or send(), without waiting for it."""
        with suppress(OSError):  # she may be gone already
            if abruptly:  # close() must discard unread data at once; the system would keep it for long
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._connection.shutdown(socket.SHUT_RDWR)

    def _converse(self) -> bytes:
        """Handle each line; return the last message for the client."""
        try:
            for line in read_lines(self._connection):
                words = line.strip()
                command, *argument = words.split(maxsplit=1) or [""]
                if words.lower() == "exit":
                    return b"DONE\n"
                if not self.nickname:
                    self._room.join(self, words[:MAX_NICKNAME] or self.address)
                elif command != "/name":
                    self._room.say(self, line)
                elif argument:
                    self._room.rename(self, argument[0][:MAX_NICKNAME])
                else:
                    self.post(b"SERVER: To change your nickname, write: /name <new nickname>\n")
        except LineTooLongError:
            return b"SERVER: A line may have %d bytes at most. Goodbye.\n" % MAX_LINE
        return b""

    def _write(self) -> None:
        """Send the outbox's contents until it is closed; the work of the writing thread."""
        try:
            while data := self._outbox.take():
                self._connection.sendall(data)
            self._connection.shutdown(socket.SHUT_WR)
        except OSError:
            self.disconnect()

    def _part(self, last_word: bytes) -> None:
        """Send the waiting bytes and the last message, then read on until the client closes as well.

        close() with unread bytes resets the connection, and a reset can destroy a DONE that is still on its way.
        """
        deadline = time.monotonic() + GRACE
        self.post(last_word)
        self._outbox.close()
        self._writer.join(GRACE)
        if self._writer.is_alive():
            self.disconnect(abruptly=True)
            self._writer.join()
        with suppress(OSError):  # a timeout is one, too
            while (seconds_left := deadline - time.monotonic()) > 0:
                self._connection.settimeout(seconds_left)
                if not self._connection.recv(CHUNK):
                    break


def serve(listener: socket.socket, client_type: type[Client], room: Room) -> None:
    """Accept clients until Ctrl-C, then disconnect all of them."""
    try:
        host, port = listener.getsockname()[:2]
        print(f"Chat server listening on {host}:{port} (Ctrl-C stops it)", flush=True)
        while True:
            try:
                connection, address = listener.accept()
                client_type(connection, f"{address[0]}:{address[1]}", room).start()
            except (OSError, RuntimeError) as problem:  # out of descriptors or threads, until a client leaves
                log.warning("A client could not be let in: %s", problem)
                time.sleep(0.1)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would only disturb the shutdown
    finally:
        for thread in threading.enumerate():
            if isinstance(thread, Client):
                thread.disconnect()


def main(client_type: type[Client] = Client, room_type: type[Room] = Room) -> None:
    """Read the command line, open the port and serve."""
    parser = argparse.ArgumentParser(description="A chat server: every line reaches everyone else.")
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s, all)")
    parser.add_argument("--port", default=DEFAULT_PORT, type=int, help="default: %(default)s; 0 takes any free one")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:  # on POSIX systems this sets SO_REUSEADDR: a server just stopped can start again at once
        listener = socket.create_server((options.host, options.port), backlog=128)
    except (OSError, OverflowError) as problem:
        if getattr(problem, "errno", None) == errno.EADDRINUSE:
            sys.exit(f"Port {options.port} is in use: stop the server that has it, or choose another with --port.")
        sys.exit(f"Cannot listen on {options.host}:{options.port}: {problem}")
    with listener:
        serve(listener, client_type, room_type())


if __name__ == "__main__":
    main()
