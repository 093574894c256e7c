"""A worker's entry into a level of isolation: whether this machine supports it, and what it leaves unprotected."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.isolation import spare_user
from grader.isolation.bubblewrap import Sandbox
from grader.isolation.confinement import Confinement, files_for
from grader.isolation.network import Network
from grader.model import limits
from grader.model.errors import GraderError, in_words
from grader.programs.launch import ConfinedLauncher, SandboxLauncher
from grader.programs.program import Program, Programs
from grader.system import landlock, procfs
from grader.system.processes import LINUX
from grader.wire.loop import Loop

if TYPE_CHECKING:
    from grader.model.setup import RunSpec


_PROBE_WITHIN = 60.0  # seconds
_PROBE = """import os, socket, threading
threading.Thread(target=print).start()
if not os.fork(): os._exit(0)
listener = socket.create_server(('', {port}))
listener.accept()[0].sendall(b'here')
"""
_PROBE_ALONE = "import socket, threading, time\nopen('probe', 'w').close()\nprint('here')\ntime.sleep(60)\n"


class Isolation:
    """The network of a worker, and the sandbox or the confinement of its programs.

    The process must have a single thread, and cannot leave the isolation again.
    """

    def __init__(self, level: str, setup: RunSpec, scratch: Path, needed: tuple[Path, ...], number: int) -> None:
        """Enter a level. Raises GraderError, with the reason, when the machine does not support it.

        `scratch` is the run's folder for files, `needed` are other folders that will be read. Only the worker with `number`
        0 tries the sandbox out.
        """
        self._setup = setup
        self.network = Network(private=level != "none")
        folders = (
            setup.folder,
            Path(setup.python).parent,
            *(file.parent for file in setup.files.values()),
            scratch,
            *needed,
        )
        self.sandbox = Sandbox(setup.limits, setup.python, folders) if level == "full" else None
        self.confinement: Confinement | None = None
        self.leaves_open = ""  # a sentence about what is not protected; empty for a sandbox
        if self.sandbox and number == 0:
            self._try(self.sandbox)
        elif not self.sandbox:
            with self.network.for_one_check(setup.port):
                self.network.require_free(setup.port)
            self.confinement, reason = self._best_confinement(scratch) if LINUX else (None, "")
            self.leaves_open = left_open(level, self.confinement, reason)

    @property
    def enforced(self) -> frozenset[str]:
        """The names of the limits in force."""
        return limits.ALL if self.sandbox else self.confinement.enforced if self.confinement else frozenset()

    @contextlib.contextmanager
    def for_one_check(self, folder: Path) -> Iterator[Path]:
        """Enter the network for a check; yield its folder for files: `folder`, or the sandbox's own."""
        with self.network.for_one_check(self._setup.port):
            if self.sandbox:
                with self.sandbox.home() as home:
                    yield home
            elif self.confinement:
                with self.confinement.home(folder):
                    yield folder
            else:
                yield folder

    def _try(self, sandbox: Sandbox) -> None:
        """Run a server in the sandbox, talk to it, and start another program beside it, as a check does.

        Some machines permit a sandbox in which nothing works, or nothing but the first program.
        Raises GraderError when that fails.
        """
        port, loop = self._setup.port, Loop()
        with self.network.for_one_check(port), sandbox.home() as home, contextlib.closing(loop):
            folder = home / "submission"
            folder.mkdir()
            program = folder / "probe.py"
            program.write_text(_PROBE.format(port=port))
            programs = Programs(self._setup.python, home, loop, SandboxLauncher(sandbox))
            started = programs.start(program)
            try:
                ends = time.monotonic() + _PROBE_WITHIN
                while not (answer := _answer(port)):
                    if time.monotonic() > ends:
                        raise GraderError(
                            f"a program in the sandbox does not answer within {_PROBE_WITHIN:.0f} seconds"
                        )
                    _require_alive(started, programs, "no program can be run in the sandbox")
                program.write_text(_PROBE_ALONE)
                second = programs.start(program)
                while "here" not in second.printed:
                    _require_alive(second, programs, "no second program can be run in the sandbox")
            finally:
                programs.stop()
            if answer != b"here":
                raise GraderError("a program in the sandbox cannot be reached here")

    def _best_confinement(self, scratch: Path) -> tuple[Confinement, str]:
        """The tightest confinement that works on this machine, and the reasons why tighter ones do not, as a text."""
        setup, reasons, user = self._setup, [], 0
        if os.getuid() == 0:
            try:
                user = spare_user.take()
                scratch.chmod(0o711)  # lets the programs' user reach a known path in it, but not list it
            except (GraderError, OSError) as error:
                reasons.append(in_words(error))
        files = files_for(setup.python) if landlock.version() else None
        *tighter, last = (
            Confinement(setup.limits, user=own_user, files=allowed)
            for own_user in dict.fromkeys((user, 0))
            for allowed in ((files, None) if files else (None,))
        )
        for confinement in tighter:
            try:
                self._try_confined(confinement, scratch)
            except (GraderError, OSError) as error:
                reasons.append(in_words(error))
            else:
                return confinement, "; ".join(dict.fromkeys(reasons))
        return last, "; ".join(dict.fromkeys(reasons))

    def _try_confined(self, confinement: Confinement, scratch: Path) -> None:
        """Start a program in a confinement, inspect it as checks do, and stop it. Raises GraderError when that fails."""
        loop = Loop()
        with tempfile.TemporaryDirectory(dir=scratch) as home, contextlib.closing(loop):
            with confinement.home(Path(home)):
                program = Path(home, "probe.py")
                program.write_text(_PROBE_ALONE)
                programs = Programs(self._setup.python, Path(home), loop, ConfinedLauncher(confinement))
                started = programs.start(program)
                try:
                    while "here" not in started.printed:
                        _require_alive(started, programs, "no program can be run so", home)
                    if procfs.tells_enough() and procfs.threads(started.pid)[0].syscall == "unreadable":
                        raise GraderError("a program that is run so cannot be looked at")
                finally:
                    programs.stop()


def left_open(level: str, confinement: Confinement | None, reason: str = "") -> str:
    """A sentence about what a level below full isolation leaves unprotected, with the reason why it is not less."""
    user = bool(confinement and confinement.user)
    locked = bool(confinement and confinement.files is not None)
    things = []
    if not locked:
        things.append("files that every user may read" if user else "your files")
    elif not user:
        things.append(
            f"your files in /tmp, the {'' if landlock.keeps_lengths() else 'lengths, '}dates and permissions of your files"
        )
    if not user:
        quiet = locked and landlock.keeps_signals()
        things.append("what your other programs listen on" if quiet else "your other programs")
    things += ["your memory", "your disk", *(["the network"] if level == "none" else [])]
    rights = "as a user of their own" if user else "with your rights"
    if locked:
        rights += ", who could open no files but theirs and the system's" if user else ", but not on your files"
    ran = f"the programs ran {rights}" + (f" ({reason})" if reason else "")
    alone = "checks ran one after another on the real port; " if level == "none" else ""
    return f"{alone}{ran}: nothing kept them from {', '.join(things[:-1])} and {things[-1]}"


def _require_alive(started: Program, programs: Programs, otherwise: str, home: str = "") -> None:
    """Serve the loop for 2 ms. Raises GraderError, with the last line of output, when the program has ended.

    `home` is left out of that line, so that all workers report the same.
    """
    programs.loop.pump(0.002)
    if started.ended():
        programs.drain()
        said = (started.printed.strip().splitlines() or ["it ends, and does not say why"])[-1]
        raise GraderError(f"{otherwise}: {said.replace(home, '...') if home else said}")


def _answer(port: int) -> bytes:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)) as connection:
        return connection.recv(16) or b"nothing"
    return b""
