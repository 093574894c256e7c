"""The grader's own server: which ports it opens, whom it takes in."""

from __future__ import annotations

import socket
import time

import pytest

from grader.model.errors import GraderError
from grader.submission.sources import numbers_like_ports
from grader.wire.host import MockServer
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript

NUMBERS: dict[str, tuple[str | bytes, list[int]]] = {
    "a constant": ("PORT = 65432\n", [65432]),
    "an argument": ("s.connect(('127.0.0.1', 5000))", [5000]),
    "with an underscore": ("PORT = 65_432", [65432]),
    "in a text": ("ADDRESS = '127.0.0.1:5001'", [5001]),
    "too large or too small": ("a = 80; b = 70000; c = 655360", []),
    "part of something else": ("x = 0x5000; y = 1.5000; z5000 = 1; v = 3.14159", []),
    "twice": ("a = 5000\nb = 5000", [5000]),
    "binary": (b"\0\xff 5000 \0", [5000]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_like_ports(tmp_path, name):
    """Every number in a source that a client could call is found, once."""
    source, ports = NUMBERS[name]
    path = tmp_path / "client.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    assert numbers_like_ports([path]) == ports


def test_numbers_of_several_files(tmp_path):
    """Files that cannot be read are passed over."""
    (tmp_path / "settings.py").write_text("PORT = 5005")
    assert numbers_like_ports([tmp_path / "nothing.py", tmp_path / "settings.py"]) == [5005]


def free_ports(count: int) -> list[int]:
    """Ports that nobody has now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def until(condition, loop: Loop) -> None:
    """Look until it is so; the limit only ends a test that has failed."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
        loop.pump(0.01)


def test_guests():
    """Whoever calls one of the ports is a guest, whose lines are read and who can be answered."""
    loop, arrivals = Loop(), []
    port, other = free_ports(2)
    host = MockServer(port, [other], loop, Transcript(), lambda: arrivals.append(1))
    callers = [socket.create_connection(("127.0.0.1", one)) for one in (other, port)]
    until(lambda: len(host.guests) == 2, loop)
    by_port = {guest.port: guest for guest in host.guests}
    callers[0].sendall(b"mira\nhel")
    guest = by_port[other]
    until(lambda: guest.unfinished == "hel", loop)
    assert [line.text for line in guest.lines] == ["mira"]
    assert guest.address == "127.0.0.1"
    guest.send(b"otto: hi\n")
    assert callers[0].recv(100) == b"otto: hi\n"
    callers[0].close()
    until(lambda: guest.ended == "closed", loop)
    assert len(arrivals) == 2
    host.close()
    for peer in host.guests:
        peer.close()
    callers[1].close()
    loop.close()


def test_both_families():
    """A client that calls `localhost` may mean IPv6 or IPv4: both are answered."""
    loop = Loop()
    [port] = free_ports(1)
    host = MockServer(port, [], loop, Transcript(), lambda: None)
    callers = [socket.create_connection((address, port)) for address in ("127.0.0.1", "::1")]
    until(lambda: len(host.guests) == 2, loop)
    host.close()
    for caller in callers:
        caller.close()
    for guest in host.guests:
        guest.close()
    loop.close()


def test_taken_port():
    """The right port must be free; one that is only a number in a source may be taken."""
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    with pytest.raises(GraderError, match=f"cannot listen on port {port}"):
        MockServer(port, [], Loop(), Transcript(), lambda: None)
    [free] = free_ports(1)
    MockServer(free, [port], Loop(), Transcript(), lambda: None).close()
    taken.close()
