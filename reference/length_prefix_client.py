#!/usr/bin/env python3
"""The chat client in frames: before each message stands its length, as four bytes, big-endian.

It is the client of `threaded_chat_client.py` beside it, in everything but what a message looks like on the wire.

    python3 length_prefix_client.py [--host HOST] [--port PORT]
"""

import struct
from typing import Iterator, Optional

try:
    from reference import threaded_chat_client as chat
except ImportError:  # started from its own folder
    import threaded_chat_client as chat  # type: ignore[import-not-found, no-redef]

HEADER = struct.Struct("!I")  # network byte order, unsigned, four bytes


class Client(chat.Client):
    """One connection whose messages are frames."""

    def send(self, text: str) -> None:
        """Send one message; OSError when the connection is gone. The length counts bytes, so the text is encoded first."""
        payload = text.encode("utf-8", "replace")
        self.connection.sendall(HEADER.pack(len(payload)) + payload)

    def messages(self) -> Iterator[bytes]:
        """Yield each payload that is complete, until the server closes."""
        while True:
            header = self.receive_exactly(HEADER.size)
            if header is None:
                return
            payload = self.receive_exactly(HEADER.unpack(header)[0])
            if payload is None:
                return
            yield payload

    def receive_exactly(self, count: int) -> Optional[bytes]:
        """Read exactly `count` bytes, in as many recv() calls as needed; None if the server closes before that."""
        data = bytearray()
        while len(data) < count:
            chunk = self.connection.recv(min(count - len(data), 65536))
            if not chunk:
                return None
            data += chunk
        return bytes(data)


if __name__ == "__main__":
    chat.main(Client)
