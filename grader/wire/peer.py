"""A peer: our end of a TCP connection, which reads all the time and remembers every line.

It has connected to the student's server, or was accepted from the student's client. Lines are looked up by their words,
never by their position.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from typing import NamedTuple

from grader.model.message import Message
from grader.model.verdict import Failure
from grader.text.news import News
from grader.wire.framing import Buffer, FrameBuffer
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript

_CHUNK = 1 << 18
_FLOOD_BYTES, _FLOOD_LINES = 40 << 20, 20_000  # far more than a check causes a program to send to a peer


class Line(NamedTuple):
    r"""A received line: its bytes without `\n`, its text without a `\r` at the end, its index in the transcript."""

    raw: bytes
    text: str
    event: int


class Peer:
    """A connection with the program under test, which sentences call `other`."""

    def __init__(
        self, label: str, loop: Loop, transcript: Transcript, buffer: Buffer, other: str = "the server"
    ) -> None:
        """`buffer` splits the stream into messages."""
        self.label, self.other = label, other
        self.lines: list[Line] = []
        self.ended = ""  # "", "closed", "reset", "flooded": how the other side ended it
        self.ended_at: int | None = None  # the index of that event in the transcript
        self.left = False  # whether we ended it
        self.left_at: int | None = None  # the index of that event
        self.left_by_reset = False
        self.sent: list[tuple[int, bytes]] = []  # with the indices of the events
        self.reading = True
        self._by_words: dict[str, list[int]] = {}
        self._news = News()
        self._buffer = buffer
        self._outgoing = bytearray()
        self._loop, self._transcript = loop, transcript
        self._received = 0
        self.connected = False
        self.refusal: OSError | None = None
        self.port = 0  # of our end
        self._socket: socket.socket

    @classmethod
    def calling(cls, label: str, address: tuple[str, int], loop: Loop, transcript: Transcript, buffer: Buffer) -> Peer:
        """Begin to connect; later either `connected` or `refusal` is set."""
        peer = cls(label, loop, transcript, buffer)
        peer._call(address)
        return peer

    @classmethod
    def called(cls, label: str, connection: socket.socket, loop: Loop, transcript: Transcript, buffer: Buffer) -> Peer:
        """The peer of an accepted connection."""
        peer = cls(label, loop, transcript, buffer, "the client")
        peer._socket = connection
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer._is_connected()
        return peer

    def _call(self, address: tuple[str, int]) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Connecting must not block the loop: a server may be unable to accept before its output is read.
        code = self._socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            self._refused(code)
            return
        self._loop.want(self, read=False, write=True)

    def _refused(self, code: int) -> None:
        self.refusal = OSError(code, os.strerror(code))
        self.left = True
        self._loop.remove(self)
        self._socket.close()

    def _finish_connecting(self) -> None:
        """Set `connected` or `refusal`, now that connect(2) has succeeded or failed."""
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._refused(code)
            return
        self._is_connected()

    def _is_connected(self) -> None:
        self.connected = True
        self.port = self._socket.getsockname()[1]
        self._loop.want(self, read=True, write=False)
        self.note("connected" if self.other == "the server" else "the client connected")

    @property
    def address(self) -> str:
        """The address of our end; of an accepted connection, the address that the client used."""
        return str(self._socket.getsockname()[0]).removeprefix("::ffff:")

    @property
    def caller(self) -> int:
        """The port of the other end."""
        return int(self._socket.getpeername()[1])

    def give_up(self) -> None:
        """Stop trying to connect."""
        self._refused(errno.ETIMEDOUT)

    def __repr__(self) -> str:
        return f"<Peer {self.label}>"

    def note(self, what: str) -> int:
        """Add a remark to the transcript; return its index."""
        return self._transcript.add(self.label, "note", what.encode())

    # -- sending ---------------------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send bytes, at once as far as the kernel accepts them, the rest from the loop."""
        event = self._transcript.add(self.label, "out", data)
        if self.ended or self.left:
            return
        self.sent.append((event, data))
        self._outgoing += data
        self.on_writable()

    @property
    def unsent(self) -> int:
        """The number of bytes that the kernel has not accepted yet, because the other side does not read."""
        return len(self._outgoing)

    def on_writable(self) -> None:
        """Send pending bytes, or finish connecting."""
        if not self.connected:
            self._finish_connecting()
            return
        try:
            while self._outgoing:
                del self._outgoing[: self._socket.send(memoryview(self._outgoing)[:_CHUNK].tobytes())]
        except BlockingIOError:
            pass
        except OSError:
            self._outgoing.clear()  # the connection has ended; reading finds out how
        self._loop.want(self, read=self.reading, write=bool(self._outgoing))

    # -- receiving -------------------------------------------------------------------------------------------------

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def on_readable(self) -> None:
        """Read bytes, and record the messages that they complete, or the connection's end."""
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._ends("reset")
            return
        if not data:
            self._ends("closed")
            return
        self._loop.received += len(data)
        self._received += len(data)
        if self._received > _FLOOD_BYTES or len(self.lines) > _FLOOD_LINES:
            self._flooded()
            return
        if sys.platform == "linux":  # not sticky; in a private network the route does it for both sides
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        lines = self._buffer.feed(data)
        self._loop.signs += not lines and self._buffer.grows
        for raw in lines:
            text = (raw[:-1] if raw.endswith(b"\r") else raw).decode("utf-8", "replace")
            event = self._transcript.add(self.label, "in", raw)
            self._loop.signs += self._news.is_news(text[:200]) and self._loop.concerns(text[:200] + text[-200:])
            self._by_words.setdefault(words_key(text), []).append(len(self.lines))
            self.lines.append(Line(raw, text, event))

    def _flooded(self) -> None:
        """Stop reading from a program that sends without an end, which would fill the memory."""
        self._ends("flooded")
        self._loop.flood = Failure(
            Message("{sender} floods {nick}", sender=Message.of(self.other), nick=self.label),
            Message("{nick} gets a few lines", nick=self.label),
            Message(
                "{nick} got {lines} lines, {bytes} bytes, and no end of it",
                nick=self.label,
                lines=f"{len(self.lines):,}",
                bytes=f"{self._received:,}",
            ),
            f"{self.other} sends the same over and over: look for a loop that never ends",
            event=self.lines[-1].event if self.lines else None,
        )

    def _ends(self, how: str) -> None:
        self.ended = how
        self._loop.received += 1
        self._loop.signs += 1
        self._loop.remove(self)
        if self._buffer.tail:
            self.record_unfinished()
        self.ended_at = self.note(f"connection {how} by {self.other}")

    def record_unfinished(self) -> int:
        """Add the unfinished message to the transcript; return its index."""
        return self._transcript.add(self.label, "in", self._buffer.tail + b" (no end)")

    @property
    def stream(self) -> bytes:
        """The beginning of a stream of frames, for diagnosing them; empty for lines."""
        return bytes(self._buffer.stream) if isinstance(self._buffer, FrameBuffer) else b""

    @property
    def tail(self) -> bytes:
        """The bytes after the last complete message."""
        return self._buffer.tail

    @property
    def unfinished(self) -> str:
        """The text after the last complete message."""
        return self._buffer.tail.decode("utf-8", "replace")

    def candidates(self, text: str) -> list[Line]:
        """The lines that end in the same two words as `text`."""
        return [self.lines[index] for index in self._by_words.get(words_key(text), ())]

    # -- leaving ---------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Stop reading, so that data from the server piles up in the kernel."""
        self.reading = False
        self._loop.want(self, read=False, write=bool(self._outgoing))

    def resume(self) -> None:
        """Read on after a pause."""
        self.reading = True
        if not self.left and not self.ended:
            self._loop.want(self, read=True, write=bool(self._outgoing))

    def set_receive_buffer(self, size: int) -> None:
        """Set the kernel's receive buffer in bytes (SO_RCVBUF, socket(7)); a small one soon stalls the sender."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def close(self) -> None:
        """Close with a FIN. Everything received is read first, because closing with unread bytes sends a reset (RFC 2525)."""
        if self.left:
            return
        self._read_to_the_end()
        self.left = True
        self.left_at = self.note("closes")
        self._loop.remove(self)
        self._socket.close()

    def reset(self) -> None:
        """End with a reset (RST), as a killed client with unread bytes does: SO_LINGER with 0 seconds, socket(7)."""
        if self.left:
            return
        self.left = True
        self.left_at, self.left_by_reset = self.note("resets the connection"), True
        self._loop.remove(self)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _read_to_the_end(self) -> None:
        while not self.ended:
            before = self._received
            self.on_readable()
            if self._received == before:
                return


def words_key(text: str) -> str:
    """The last two words of a line, which are different for each text of a check."""
    return " ".join(text.rsplit(None, 2)[-2:])
