"""What a peer takes for a sign of life, and what of it is still on its way."""

from __future__ import annotations

import socket

from grader.wire.framing import LineBuffer
from grader.wire.loop import Loop
from grader.wire.peer import Peer
from grader.wire.transcript import Transcript


def signs_of(lines: list[bytes]) -> int:
    """How many signs a peer sees in these lines, sent one by one."""
    with socket.create_server(("127.0.0.1", 0)) as reporter:
        loop = Loop()
        peer = Peer.calling("ada", reporter.getsockname(), loop, Transcript(), LineBuffer())
        while not peer.connected:
            loop.pump(1)
        connection, _ = reporter.accept()
        with connection:
            for line in lines:
                before = loop.received
                connection.sendall(line)
                while loop.received == before:
                    loop.pump(1)
        peer.close()
        loop.close()
    return loop.signs


def test_new_lines_are_signs():
    """Each line that says something new is a sign that the server still works."""
    assert signs_of([f"mira: word{chr(97 + number)}\n".encode() for number in range(20)]) >= 20


def test_a_clock_is_no_sign():
    """A line that comes over and over, its numbers apart, soon tells nothing any more."""
    assert signs_of([f"* 12:00:{number:02}\n".encode() for number in range(50)]) < 10


def test_what_waits_to_be_written_is_on_its_way():
    """The rest of a message too long for the kernel's buffers counts until all of it is written, though queues run empty."""
    with socket.create_server(("127.0.0.1", 0)) as reporter:
        loop = Loop()
        peer = Peer.calling("ada", reporter.getsockname(), loop, Transcript(), LineBuffer())
        while not peer.connected:
            loop.pump(1)
        connection, _ = reporter.accept()
        with connection:
            size = 16 << 20
            peer.send(bytes(size))
            assert loop.has_to_write
            while size:
                loop.pump()
                size -= len(connection.recv(size))
            loop.pump()
            assert not loop.has_to_write
        peer.close()
        loop.close()


def test_a_pause_of_reading():
    """What comes while a peer does not read is read once it reads on."""
    with socket.create_server(("127.0.0.1", 0)) as reporter:
        loop = Loop()
        peer = Peer.calling("ada", reporter.getsockname(), loop, Transcript(), LineBuffer())
        while not peer.connected:
            loop.pump(1)
        peer.pause()
        connection, _ = reporter.accept()
        with connection:
            connection.sendall(b"mira: copper\n")
            assert not loop.pump()
            peer.resume()
            while not peer.lines:
                loop.pump(1)
        peer.close()
        loop.close()
    assert [line.text for line in peer.lines] == ["mira: copper"]
