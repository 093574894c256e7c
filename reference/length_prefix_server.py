#!/usr/bin/env python3
"""The chat server in frames: before each message stands its length, as four bytes, big-endian; the payload may hold anything.

It is the server of `simple_chat_server.py` beside it, in everything but what a message looks like on the wire.

    python3 length_prefix_server.py [--host HOST] [--port PORT]
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

try:
    from reference import simple_chat_server as chat
except ImportError:  # started from its own folder
    import simple_chat_server as chat  # type: ignore[import-not-found, no-redef]

HEADER = struct.Struct("!I")  # network byte order, unsigned, four bytes
MAX_PAYLOAD = 64 * 1024 * 1024  # bytes of one message


class FrameTooLongError(Exception):
    """A header claimed more than MAX_PAYLOAD bytes."""


def receive_exactly(connection: socket.socket, count: int) -> bytes | None:
    """Read exactly `count` bytes, in as many recv() calls as needed; None if the other side closes before that.

    Memory grows with the bytes that arrive: a header that claims much and sends little costs little.
    """
    data = bytearray()
    while len(data) < count:
        chunk = connection.recv(min(count - len(data), chat.CHUNK))
        if not chunk:
            return None
        data += chunk
    return bytes(data)


def read_frames(connection: socket.socket) -> Iterator[bytes]:
    """Yield each payload that is complete, until the other side closes. Raises FrameTooLongError and OSError."""
    while (header := receive_exactly(connection, HEADER.size)) is not None:
        (length,) = HEADER.unpack(header)
        if length > MAX_PAYLOAD:
            raise FrameTooLongError
        payload = receive_exactly(connection, length)
        if payload is None:
            return  # an incomplete message is dropped
        yield payload


class Room(chat.Room):
    """Everyone who is in the chat; messages are bytes."""

    @staticmethod
    def message(payload: bytes) -> bytes:
        """The bytes on the wire: the payload's length, then the payload."""
        return HEADER.pack(len(payload)) + payload

    def pass_on(self, client: Client, payload: bytes) -> None:
        """Send a message to everyone else, its bytes unchanged behind the name."""
        with self._lock:
            self._post(self.message(client.nickname.encode() + b": " + payload), skip=client)


class Client(chat.Client):
    """One connection whose messages are frames."""

    max_waiting = 2 * MAX_PAYLOAD
    _room: Room

    def _converse(self) -> bytes:
        """Handle each frame; return the last message for the client."""
        try:
            for payload in read_frames(self._connection):
                words = payload[: chat.MAX_NICKNAME * 4].decode("utf-8", "replace").strip()
                command, *argument = words.split(maxsplit=1) or [""]
                if payload.strip().lower() == b"exit":
                    return self._room.message(b"DONE")
                if not self.nickname:
                    self._room.join(self, words[: chat.MAX_NICKNAME] or self.address)
                elif command == "/name" and argument:
                    self._room.rename(self, argument[0][: chat.MAX_NICKNAME])
                else:
                    self._room.pass_on(self, payload)
        except FrameTooLongError:
            return self._room.message(b"SERVER: A message may have %d bytes at most. Goodbye." % MAX_PAYLOAD)
        return b""


if __name__ == "__main__":
    chat.main(Client, Room)
