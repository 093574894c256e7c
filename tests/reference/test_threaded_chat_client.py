"""The reference client at a terminal: what a person sees of it, how it leaves, what it does when the server goes."""

from __future__ import annotations

import ast
import shutil
import socket
import sys
import time
from pathlib import Path

import pytest
from support.corpus import PROJECT

from grader.programs.program import Programs
from grader.programs.terminal import KINDS
from grader.quiescence import threads
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript

CLIENT = PROJECT / "reference" / "threaded_chat_client.py"

pytestmark = pytest.mark.own_process


class Chat:
    """The client at a terminal, connected to a server that the test plays."""

    def __init__(self, folder: Path, kind: str = "pty") -> None:
        reporter = socket.create_server(("127.0.0.1", 0))
        port = reporter.getsockname()[1]
        program = folder / CLIENT.name
        shutil.copy(CLIENT, program)
        program.write_text(program.read_text().replace("PORT = 65433", f"PORT = {port}"))
        self.loop = Loop()
        self.programs = Programs(sys.executable, folder, self.loop)
        self.terminal = KINDS[kind]("ada", self.loop, Transcript())
        self.client = self.programs.start(program, "client", self.terminal)
        self.server, _ = reporter.accept()
        self.server.settimeout(0.01)
        reporter.close()
        self._got = b""
        self.until(lambda: self.terminal.shows("Your nickname:"))

    def until(self, condition) -> None:
        """Look until it is so; the limit only ends a test that has failed."""
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, f"it never became so; on the screen: {self.terminal.lines()}"
            self.loop.pump(0.005)

    def enter(self, nickname: str = "ada") -> None:
        """Give the nickname, and wait for the prompt."""
        self.terminal.types(f"{nickname}\n")
        self.until(lambda: self.terminal.screen.question.startswith(">"))
        self.gets(f"{nickname}\n".encode())
        self.until(self.waits)

    def waits(self) -> bool:
        """Whether the program waits: a signal just before input() begins to wait is noticed at the next key only."""
        return threads.read(self.programs.pids()).activity is threads.Activity.IDLE

    def gets(self, data: bytes) -> None:
        """The server gets exactly this next."""

        def there() -> bool:
            try:
                self._got += self.server.recv(4096)
            except TimeoutError:
                return False
            return len(self._got) >= len(data)

        self.until(lambda: len(self._got) >= len(data) or there())
        assert self._got[: len(data)] == data
        self._got = self._got[len(data) :]

    def ends(self) -> int:
        """The exit status, once it has ended."""
        self.until(self.client.ended)
        self.programs.stop()
        self.server.close()
        self.loop.close()
        assert self.client.returncode is not None
        return self.client.returncode


def test_half_typed_line_is_drawn_again(tmp_path):
    """A message that comes while one types stands above, and what was typed stands below it as before, and can be finished."""
    chat = Chat(tmp_path)
    chat.enter()
    chat.terminal.types("how ar")
    chat.until(lambda: chat.terminal.screen.question == "> how ar")
    chat.server.sendall("otto: grüß dich\n".encode())
    chat.until(lambda: chat.terminal.lines()[-2:] == ["otto: grüß dich", "> how ar"])
    chat.terminal.types("e you?\n")
    chat.gets(b"how are you?\n")
    chat.terminal.types("EXIT\n")
    chat.gets(b"EXIT\n")
    chat.server.close()
    assert chat.ends() == 0


@pytest.mark.parametrize("key", ["\x04", "\x03"], ids=["Ctrl-D", "Ctrl-C"])
def test_leaving_by_a_key(tmp_path, key):
    """Ctrl-D and Ctrl-C say good-bye to the server and end the program, with no traceback."""
    chat = Chat(tmp_path)
    chat.enter()
    chat.terminal.types(key)
    chat.gets(b"EXIT\n")
    chat.server.sendall(b"otto: bye\nDONE\n")
    chat.until(lambda: chat.terminal.shows("otto: bye"))
    chat.server.close()
    assert chat.ends() == 0
    assert "Traceback" not in chat.client.printed
    assert "DONE" not in chat.client.printed


@pytest.mark.parametrize("key", ["\x04", "\x03"], ids=["Ctrl-D", "Ctrl-C"])
def test_leaving_before_the_nickname(tmp_path, key):
    """Who gives no nickname leaves without a word and without a traceback."""
    chat = Chat(tmp_path)
    chat.until(chat.waits)
    chat.terminal.types(key)
    assert chat.ends() == 0
    assert "Traceback" not in chat.client.printed


@pytest.mark.parametrize("kind", KINDS)
def test_server_goes(tmp_path, kind):
    """When the server goes, the program says so and ends, although it waits for the keyboard."""
    chat = Chat(tmp_path, kind)
    chat.enter()
    chat.server.close()
    assert chat.ends() == 0
    assert chat.terminal.shows("The server has closed the connection.")
    assert "Traceback" not in chat.client.printed


def test_messages_command_no_terminal(tmp_path):
    """What others write cannot clear one's screen or colour it."""
    chat = Chat(tmp_path)
    chat.enter()
    chat.server.sendall(b"otto: \x1b[2Jboo\x07\nEXIT\n")
    chat.until(lambda: chat.terminal.shows("boo") and chat.terminal.shows("EXIT"))
    assert "\x1b[2J" not in chat.terminal._capture.text
    assert chat.terminal.shows("Your nickname:")
    chat.server.close()
    chat.ends()


def test_pieces_and_split_characters(tmp_path):
    """Lines that come in pieces, together, or cut within a character are shown as they were sent."""
    chat = Chat(tmp_path)
    chat.enter()
    for piece in (b"ot", b"to: caf\xc3", b"\xa9\nmira: a\r\nmira: b\n", b"\xff\n"):
        chat.server.sendall(piece)
        chat.loop.pump(0.02)
    chat.until(lambda: all(map(chat.terminal.shows, ("otto: café", "mira: a", "mira: b", "\ufffd"))))
    chat.server.close()
    chat.ends()


def test_refused(tmp_path):
    """Where no server answers, one sentence says so, and the status is not 0."""
    with socket.create_server(("127.0.0.1", 0)) as reporter:
        port = reporter.getsockname()[1]
    shutil.copy(CLIENT, tmp_path)
    program = tmp_path / CLIENT.name
    program.write_text(program.read_text().replace("PORT = 65433", f"PORT = {port}"))
    loop = Loop()
    programs = Programs(sys.executable, tmp_path, loop)
    client = programs.start(program, "client", KINDS["pty"]("ada", loop, Transcript()))
    deadline = time.monotonic() + 60
    while not client.ended() and time.monotonic() < deadline:
        loop.pump(0.005)
    programs.stop()
    loop.close()
    assert client.returncode == 1
    assert client.printed.strip() == f"No chat server answers at 127.0.0.1, port {port}: Connection refused"


def test_python_3_8():
    """Students may run it with Python 3.8."""
    ast.parse(CLIENT.read_text(), feature_version=(3, 8))
