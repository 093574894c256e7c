"""How much a worker keeps its programs from: the levels, what each leaves open, and whether this machine has it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import GraderError
from grader.loop import Loop
from grader.network import Network
from grader.program import Programs
from grader.sandbox import Sandbox

if TYPE_CHECKING:
    from grader.room import Setup

LEVELS = ("full", "network", "none")
"""The best one first."""

LEFT_OPEN: Mapping[str, str] = {
    "full": "",
    "network": "the programs ran with your rights: nothing kept them from your files, your other programs and your memory",
    "none": "checks ran one after another on the real port, and the programs with your rights: nothing kept them from "
    "your files, your other programs, your memory and other machines",
}
"""What a level does not protect from, as a sentence."""

_PROBE = "import socket\nlistener = socket.create_server(('', {port}))\nlistener.accept()[0].sendall(b'here')\n"


class Isolation:
    """The network and the sandbox of one worker. The process must have one thread, and keeps what it enters for good."""

    def __init__(self, level: str, setup: Setup, needed: tuple[Path, ...], number: int) -> None:
        """Enter a level; GraderError that says why this machine does not have it. `number` tells workers apart."""
        self._setup = setup
        self.network = Network(private=level != "none")
        folders = (setup.folder, Path(setup.python).parent, *(file.parent for file in setup.files.values()), *needed)
        self.sandbox = Sandbox(setup.limits, setup.python, folders, number) if level == "full" else None
        if self.sandbox and number == 0:
            self._try(self.sandbox)
        elif not self.sandbox:
            with self.network.for_one_check(setup.port):
                self.network.require_free(setup.port)

    @contextlib.contextmanager
    def for_one_check(self, folder: Path) -> Iterator[Path]:
        """A network and a folder for one check: the folder given, or the sandbox's own."""
        with self.network.for_one_check(self._setup.port):
            if self.sandbox is None:
                yield folder
                return
            with self.sandbox.home() as home:
                yield home

    def _try(self, sandbox: Sandbox) -> None:
        """Start a server in the sandbox and talk to it: what only looks permitted fails here."""
        port, loop = self._setup.port, Loop()
        with self.network.for_one_check(port), sandbox.home() as home, contextlib.closing(loop):
            folder = home / "submission"
            folder.mkdir()
            program = folder / "probe.py"
            program.write_text(_PROBE.format(port=port))
            programs = Programs(self._setup.python, home, loop, sandbox)
            started = programs.start(program)
            try:
                while not (answer := _answer(port)):
                    loop.pump(0.002)
                    if started.ended():
                        programs.drain()
                        said = (started.printed.strip().splitlines() or ["it ends, and does not say why"])[-1]
                        raise GraderError(f"no program can be run in the sandbox: {said}")
            finally:
                programs.stop()
            if answer != b"here":
                raise GraderError("a program in the sandbox cannot be reached here")


def _answer(port: int) -> bytes:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)) as connection:
        return connection.recv(16) or b"nothing"
    return b""
