"""The reference server bounds its memory, drops who does not read, tidies up and ends cleanly."""

from __future__ import annotations

import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support.corpus import PROJECT

ROOT = PROJECT
LAST_RESORT = 30.0  # seconds; a passing test never waits for it
MIB = 1024 * 1024

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks at the server through /proc")


class Server:
    """The reference server as a process, with what it has printed."""

    def __init__(self, *command, cwd=ROOT):
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._stderr: list[str] = []
        self._drain = threading.Thread(target=self._stderr.extend, args=[self.process.stderr])
        self._drain.start()
        self.first_line = self.process.stdout.readline()
        port = re.search(r":(\d+)\b", self.first_line)
        self.port = int(port.group(1)) if port else None

    @property
    def stderr(self):
        """All of standard error; waits until the server has ended."""
        self._drain.join(LAST_RESORT)
        return "".join(self._stderr)

    def status(self, field):
        """Return a number out of /proc/<pid>/status, such as Threads, or VmHWM in kB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)
        assert found is not None
        return int(found[1])

    def stop(self):
        """Kill the process, whatever state it is in."""
        self.process.kill()
        self.process.wait()
        self._drain.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


class Member:
    """A client who is in the chat; `receive_buffer` keeps the system from reading for one who does not."""

    def __init__(self, server, name, receive_buffer=None):
        self.name = name
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(LAST_RESORT)
        self.socket.connect(("127.0.0.1", server.port))
        self.lines = self.socket.makefile("rb")
        self.says(name)

    def says(self, text):
        """Send one line."""
        self.socket.sendall(text.encode() + b"\n")

    def hears(self):
        """Return the next line; nothing at the end of the connection."""
        return self.lines.readline().decode().rstrip("\n")

    def is_served(self):
        """Make a round trip: the server has now done all that the earlier lines of this member asked for."""
        self.says(f"/name {self.name}")
        assert self.hears() == f"SERVER: {self.name} is now {self.name}"

    def closes(self):
        """Leave as a program does that ends."""
        self.lines.close()
        self.socket.close()

    def resets(self):
        """Leave with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.closes()


@pytest.fixture
def launch():
    """Start servers, with Ctrl-C in force even if the suite itself runs in the background, and kill what is left."""
    servers = []
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(*command, cwd=ROOT):
        servers.append(Server(*command, cwd=cwd))
        return servers[-1]

    yield start
    signal.signal(signal.SIGINT, before)
    for server in servers:
        server.stop()


@pytest.fixture
def server(launch):
    """Start a server on a free port."""
    return launch("-m", "reference.simple_chat_server", "--port", "0")


@pytest.fixture
def join(server):
    """Let members in one by one, so that the first hears the others come; close those who are left at the end."""
    members = []

    def enter(name, **options):
        members.append(member := Member(server, name, **options))
        if member is members[0]:
            member.is_served()
        else:
            assert members[0].hears() == f"SERVER: {name} has joined the chat."
        return member

    yield enter
    for member in members:
        member.closes()


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        (["-m", "reference.simple_chat_server", "--port", "0"], ROOT),
        (["simple_chat_server.py", "--port", "0", "--host", "127.0.0.1"], ROOT / "reference"),
    ],
    ids=["module", "file"],
)
def test_starts_as_module_and_as_file(launch, command, folder):
    """The first line that the server prints names the port it really listens on."""
    server = launch(*command, cwd=folder)

    socket.create_connection(("127.0.0.1", server.port), LAST_RESORT).close()


def test_ctrl_c_with_clients_connected(server, join):
    """Ctrl-C ends the server with status 0 or 130 and no traceback, whatever its clients are doing."""
    ada = join("ada")
    join("bob").says("EXIT")
    assert ada.hears() == "SERVER: bob has left the chat."
    join("cyd", receive_buffer=4096)
    for _ in range(8):
        ada.says("x" * MIB)
    ada.is_served()
    with socket.create_connection(("127.0.0.1", server.port), LAST_RESORT):  # somebody who has not told her name yet
        server.process.send_signal(signal.SIGINT)

        assert server.process.wait(LAST_RESORT) in (0, 130)

    assert "Traceback" not in server.stderr


def test_busy_port(server):
    """A port in use gives one sentence that names it, and exit status 1."""
    command = [sys.executable, "-m", "reference.simple_chat_server", "--port", str(server.port)]

    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LAST_RESORT)

    assert second.returncode == 1
    assert second.stdout == ""
    assert re.fullmatch(rf"Port {server.port} is in use: [^\n]*\.\n", second.stderr)


def test_stalled_reader_stops_nobody(join):
    """Megabytes reach the others whole and in order while one member reads nothing."""
    ada, bob = join("ada"), join("bob")
    join("cyd", receive_buffer=4096)
    assert bob.hears() == "SERVER: cyd has joined the chat."

    for number in range(8):
        ada.says(str(number) * MIB)

    for number in range(8):
        assert bob.hears() == "ada: " + str(number) * MIB


def test_ten_thousand_lines_may_wait(join):
    """A member who reads late, after 10,000 lines, still gets each of them in order."""
    ada, bob = join("ada"), join("bob", receive_buffer=4096)
    for number in range(10_000):
        ada.says(f"{number} {'x' * 500}")
    ada.is_served()

    for number in range(10_000):
        assert bob.hears() == f"ada: {number} {'x' * 500}"


@needs_proc
def test_too_much_waiting_drops_the_client(server, join):
    """Who leaves more than the bound unread is dropped, which is told once, and memory stays bounded."""
    ada, _bob = join("ada"), join("bob", receive_buffer=4096)

    for _ in range(256):
        ada.says("x" * MIB)
        if select.select([ada.socket], [], [], 0)[0]:  # there is something to hear
            break

    assert ada.hears() == "SERVER: bob has left the chat."
    ada.is_served()
    assert server.status("VmHWM") < 128 * 1024


def test_endless_line_drops_its_sender(join):
    """A line beyond the limit gets its sender a word and an end, and never reaches the others."""
    ada, bob = join("ada"), join("bob")

    bob.socket.sendall(b"x" * 5 * MIB)

    assert re.fullmatch(r"SERVER: .*\d+ bytes.*", bob.hears())
    assert bob.hears() == ""
    assert ada.hears() == "SERVER: bob has left the chat."


def test_exit_is_answered_before_the_end(join):
    """EXIT gets DONE and an orderly end, even from a client who had sent more behind it."""
    ada, bob = join("ada"), join("bob")

    bob.socket.sendall(b"last words\n exIT \n" + b"too late\n" * MIB)  # more than buffers hold: a reset would show

    assert bob.hears() == "DONE"
    assert bob.hears() == ""
    assert ada.hears() == "bob: last words"
    assert ada.hears() == "SERVER: bob has left the chat."
    ada.is_served()


@needs_proc
def test_nothing_stays_of_those_who_left(server, join):
    """After 20 clients have gone, in every way there is, threads and descriptors are back where they were."""
    ada = join("ada")
    descriptors = Path(f"/proc/{server.process.pid}/fd")
    before = len(list(descriptors.iterdir())), server.status("Threads")
    ways = [Member.closes, Member.resets, lambda member: member.says("EXIT"), Member.closes]

    for number in range(20):
        guest = join(f"guest{number}", receive_buffer=4096)
        if number % 4 == 3:  # its writing thread is in the middle of send() when the guest goes
            for _ in range(6):
                ada.says("x" * MIB)
            ada.is_served()
        ways[number % 4](guest)
        assert ada.hears() == f"SERVER: guest{number} has left the chat."
        guest.closes()

    deadline = time.monotonic() + LAST_RESORT
    after = None
    while after != before and time.monotonic() < deadline:
        ada.is_served()  # gives the server its turn
        after = len(list(descriptors.iterdir())), server.status("Threads")
    assert after == before
