"""What surrounds a student's program at full isolation: bubblewrap, a filter of system calls, and limits (Linux).

A worker enters once, after its private network. Each check then gets a file system in memory of a certain size, which holds the
check's copy of the submission; each program gets namespaces of its own in which it sees that copy, the system's /usr, the
interpreter, and none of the other processes. The network is the check's, so that server and client meet.

As root a sandbox is none: what looks like an unprivileged program is still the owner of /proc/sys. So root first becomes a user
that nobody is. The worker keeps its capabilities, to read what is graded; they do not pass to programs.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from grader.isolation import seccomp, spare_user
from grader.isolation.interpreter import SYSTEM, asked, own_parts
from grader.isolation.network import LAN_ADDRESS
from grader.model.errors import GraderError, Inconclusive, refused
from grader.model.limits import ADDRESSES, MEGABYTE, Limits
from grader.system import procfs, syscalls

_PLACES = ("/mnt", "/media", "/srv", "/opt")  # one of them is covered, in the worker's view alone
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 - the check's own
    "TMPDIR": "/tmp",  # noqa: S108 - the check's own
    "MALLOC_ARENA_MAX": "1",  # else each thread takes 64 MB of addresses
}
_HOST = "student"
_KINDS = ("shm", "tmp")  # of places for files, beside the parts of a home
_STACK = 2 << 20, 8 << 20  # bytes, soft and hard, which count as addresses for each thread
_STARTS_WITHIN = 20.0  # seconds
_TELLS_WITHIN = 1.0  # the same for a start that was given up: who was killed must be gone soon

# The init shim starts the program. Its own standard input is where it tells how the program ended, its standard error what the
# program reads from: so the program has three descriptors and no fourth. Then it stays, for what the program may have left
# behind goes on as long as somebody is there.
_INIT_SHIM = (
    "exec 3<&2 2>/dev/null; echo 1000 >/proc/self/oom_score_adj; "
    '"$@" <{source} 3<&- 2>&1; echo $? >&0; kill -STOP $$'
)  # fmt: skip


class Sandbox:
    """The surroundings of one worker's programs. The process must be in a user namespace of its own, with one thread."""

    def __init__(self, limits: Limits, python: str, needed: Iterable[Path]) -> None:
        """Enter; GraderError that says what this machine lacks.

        `needed` are folders that the worker will go on reading.
        """
        self.limits = limits
        self._bubblewrap, self._prlimit, self._setsid = map(_tool, ("bwrap", "prlimit", "setsid"))
        self._filter = seccomp.filter_for()
        if not self._filter:
            raise GraderError("system calls cannot be filtered on this kind of processor")
        self._executable, *prefixes = asked(python)  # which a user that nobody is may not reach
        try:
            if os.getuid() == 0:
                syscalls.become(spare_user.take())
            syscalls.unshare(syscalls.NEW_MOUNTS)
            syscalls.hide_new_mounts()
            self._place = _place(needed)
            syscalls.mount_memory(str(self._place), "size=1m,mode=0755")
            self._home = self._place / "home"
            self._home.mkdir()
            self._shown = [*_system(), *self._etc()]
            self._interpreter = self._show_interpreter(self._executable, prefixes)
        except OSError as error:
            raise refused("a sandbox", error) from error

    @staticmethod
    def was_forbidden(printed: str) -> bool:
        """Whether bubblewrap, by what it printed, was not allowed to do something."""
        return re.search(r"bwrap: .*(not permitted|[Pp]ermission)", printed) is not None

    @contextlib.contextmanager
    def home(self) -> Iterator[Path]:
        """A folder for all files of one check, of limited size."""
        limits = self.limits
        syscalls.mount_memory(str(self._home), f"size={limits.disk}m,nr_inodes={limits.files},mode=0755")
        try:
            yield self._home
        finally:
            syscalls.unmount(str(self._home))

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], ends: tuple[int, int], *, terminal: bool
    ) -> SandboxedProcess:
        """Run a command in a folder of the check's home. Of what lies in the home it sees the part in which that folder is.

        `ends` are its standard input and its output; with `terminal`, they become its controlling terminal.
        """
        limits = self.limits
        limited = [
            self._prlimit,
            _limit("nproc", resource.RLIMIT_NPROC, limits.processes),
            _limit("as", resource.RLIMIT_AS, ADDRESSES * limits.memory * MEGABYTE),
            _limit("stack", resource.RLIMIT_STACK, *_STACK),
            _limit("fsize", resource.RLIMIT_FSIZE, limits.file_size * MEGABYTE),
            _limit("nofile", resource.RLIMIT_NOFILE, limits.open_files),
            _limit("core", resource.RLIMIT_CORE, 0),
            _limit("cpu", resource.RLIMIT_CPU, limits.cpu, limits.cpu + 5),  # SIGXCPU tells the reason, then SIGKILL
        ]
        stdin, stdout = ends
        init_shim = _INIT_SHIM.format(source="/dev/null" if stdin == subprocess.DEVNULL else "&3")
        inside = [
            "/bin/sh",
            "-c",
            init_shim,
            "sh",
            self._setsid,
            *["-c"] * terminal,
            *limited,
            self._executable,
            *command[1:],
        ]
        with contextlib.ExitStack() as passed:
            descriptors = [_readable(data, passed) for data in (self._options(folder), self._filter)]
            info, info_end = _pipe(passed)
            status, status_end = _socket(passed)
            options = [
                "--args",
                str(descriptors[0]),
                "--seccomp",
                str(descriptors[1]),
                "--json-status-fd",
                str(info_end),
            ]
            monitor = subprocess.Popen(
                [self._bubblewrap, *options, "--", *inside],
                cwd="/", env={**environment, **_ENVIRONMENT}, stdin=status_end, stdout=stdout,
                stderr=stdout if stdin == subprocess.DEVNULL else stdin,
                pass_fds=[*descriptors, info_end], start_new_session=True,
            )  # fmt: skip
        return SandboxedProcess(monitor, info, status)

    def _options(self, folder: Path) -> bytes:
        """The options that nobody inside should read in a command line."""
        self._share_out()
        own = self._home / folder.relative_to(self._home).parts[0]
        shm, tmp = (str(self._home / kind / own.name) for kind in _KINDS)
        options = [
            *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
            *("--hostname", _HOST, "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
            *self._shown,
            *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
            *("--dev", "/dev", "--bind", shm, "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108 - its own
            *("--bind", tmp, "/tmp"),  # noqa: S108 - its own
            *self._interpreter,
            *("--bind", str(own), str(own), "--remount-ro", "/", "--chdir", str(folder)),
        ]
        return b"".join(os.fsencode(option) + b"\0" for option in options)

    def _share_out(self) -> None:
        """Give each part of the home its own shared memory and /tmp, before a program could have filled the disk."""
        if (self._home / _KINDS[-1]).exists():
            return
        parts = list(self._home.iterdir())
        for kind in _KINDS:
            (self._home / kind).mkdir()
            for part in parts:
                (self._home / kind / part.name).mkdir()

    def _etc(self) -> list[str]:
        """The few files of /etc without which names and users are unknown."""
        user = os.getuid()
        texts = {
            "hosts": f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n{LAN_ADDRESS} {_HOST}\n",
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
            "passwd": f"student:x:{user}:{os.getgid()}:student:/tmp:/bin/sh\n",
            "group": f"student:x:{os.getgid()}:\n",
        }
        folder = self._place / "etc"
        folder.mkdir()
        options = []
        for name, text in texts.items():
            (folder / name).write_text(text)
            options += ["--ro-bind", str(folder / name), f"/etc/{name}"]
        return options

    def _show_interpreter(self, executable: str, prefixes: Iterable[str]) -> list[str]:
        """What of the interpreter is outside /usr: shown under the same names, be it in somebody's closed home."""
        options: list[str] = []
        parts = own_parts(prefixes)
        for number, part in enumerate(parts):
            again = self._place / f"python{number}"
            again.mkdir() if part.is_dir() else again.touch()
            syscalls.mount_again(str(part), str(again))
            options += ["--ro-bind", str(again), str(part)]
        shown = [*map(Path, SYSTEM), *parts]
        link = Path(executable)
        while link.is_symlink():  # a link on the way that is in none of these folders
            target = Path(os.path.normpath(link.parent / link.readlink()))
            if not any(link.is_relative_to(folder) for folder in shown):
                options += ["--symlink", str(target), str(link)]
            link = target
        if not any(link.is_relative_to(folder) for folder in shown):
            raise GraderError(f"{executable}: cannot be shown inside the sandbox: it is in none of its own folders")
        return options


class SandboxedProcess:
    """One sandboxed program: what runs inside, and how it ended.

    Outside of it is bubblewrap, whose child is the first process of the namespace and ends with all in it; that one's child
    is the init shim, and the init shim's the program.
    """

    def __init__(self, monitor: subprocess.Popen[bytes], info: int, status: int) -> None:
        """Wait until the program has begun; GraderError if it does not."""
        self.process = monitor  # bubblewrap itself
        self._info, self._status = info, status
        os.set_blocking(status, False)
        self._info_said, self._said = b"", b""
        self._code: int | None = None
        self._first = self._init_shim = 0
        try:
            self._first = self._read_first()
            self.pid = self._read_program()
        except BaseException:
            if not self._first:  # bubblewrap, killed now, might leave the first process behind
                with contextlib.suppress(GraderError):
                    self._first = self._read_first(_TELLS_WITHIN)
            self.kill()
            self.close()
            raise

    def _read_first(self, within: float = _STARTS_WITHIN) -> int:
        """The number, outside, of the first process in the namespace; what was read before an interruption counts."""
        while not (told := re.search(rb'"child-pid": (\d+)\D', self._info_said)):
            if not select.select([self._info], [], [], within)[0] or not (piece := os.read(self._info, 4096)):
                raise GraderError("the sandbox could not be started")
            self._info_said += piece
        return int(told[1])

    def _read_program(self) -> int:
        """The number of the program's process; of the first one if it has ended already."""
        deadline, pause = time.monotonic() + _STARTS_WITHIN, 0.0002
        while time.monotonic() < deadline:
            if not self._init_shim:
                self._init_shim = next(iter(procfs.children(self._first)), 0)
            found = procfs.children(self._init_shim) if self._init_shim else []
            if found:
                return found[0]
            if self._has_told():
                return self._first
            if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if b'"exit-code"' in os.read(self._info, 4096):  # it began, and has killed all it could at once
                    return self._first
                raise GraderError("the sandbox could not be started")
            time.sleep(pause)
        raise Inconclusive(f"the sandbox has not started within {_STARTS_WITHIN:.0f} seconds")

    def _has_told(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._said += os.read(self._status, 64)
        return b"\n" in self._said

    def pids(self) -> list[int]:
        """All living processes inside; the init shim is one from the program's end until it has told of it."""
        found = procfs.descendants(self._first) if self._first else []
        ended = procfs.state(self.pid, self.pid) in "ZX"
        return [pid for pid in found if pid != self._init_shim or (ended and not self._has_told())]

    def returncode(self, statuses: Mapping[int, int]) -> int | None:
        """The program's exit status; negative: the signal that ended it; None while it lives. `statuses` tell who is reaped."""
        if self._code is None:
            if self._has_told():
                code = int(self._said.split()[0])
                self._code = 128 - code if 128 < code <= 128 + 64 else code  # as a shell tells of signals
            elif self.process.pid in statuses:
                self._code = -signal.SIGKILL
        return self._code

    def kill(self) -> None:
        """End everything inside, at once."""
        # Once bubblewrap is reaped all is over, and the number may be somebody else's: waitid() fails then.
        with contextlib.suppress(OSError):
            os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            os.kill(self._first or self.process.pid, signal.SIGKILL)

    def is_gone(self, statuses: Mapping[int, int]) -> bool:
        """Whether nothing of it is left: when bubblewrap ends before the first process, that becomes our child, and dies."""
        return self.process.pid in statuses and self._first not in procfs.children(os.getpid())

    def close(self) -> None:
        """Let go of the pipes: bubblewrap has ended."""
        if self._code is None:
            self._code = -signal.SIGKILL  # nothing more is read
        os.close(self._info)
        os.close(self._status)


def _limit(name: str, kind: int, soft: int, hard: int | None = None) -> str:
    """An option of prlimit(1); a limit cannot be raised over the one that this machine sets."""
    soft, hard = syscalls.within_hard_limit(kind, soft, hard)
    return f"--{name}={soft}:{hard}"


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        package = "bubblewrap" if name == "bwrap" else "util-linux"
        raise GraderError(f"there is no {name} on this machine: install the package {package}")
    return found


def _place(needed: Iterable[Path]) -> Path:
    """A folder that every machine has, and that can be covered."""
    used = [*(path.resolve() for path in needed), *(Path(entry).resolve() for entry in sys.path)]
    for place in map(Path, _PLACES):
        if place.is_dir() and not any(path.is_relative_to(place) for path in used):
            return place
    raise GraderError(f"none of {', '.join(_PLACES)} is free to be covered in the sandbox")


def _system() -> list[str]:
    """The system's programs and libraries, as they are laid out here."""
    options = []
    for folder in map(Path, SYSTEM):
        if folder.is_symlink():
            options += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            options += ["--ro-bind", str(folder), str(folder)]
    for file in _SYSTEM_FILES:
        options += ["--ro-bind-try", file, file]
    return options


def _pipe(passed: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe: our end, and one that is closed here once it has been passed on."""
    ours, theirs = os.pipe()
    passed.callback(os.close, theirs)
    return ours, theirs


def _socket(passed: contextlib.ExitStack) -> tuple[int, int]:
    """The same with a socket: a pipe could be opened anew by whoever finds it in /proc, and be written to."""
    ours, theirs = socket.socketpair()
    passed.callback(theirs.close)
    return ours.detach(), theirs.fileno()


def _readable(data: bytes, passed: contextlib.ExitStack) -> int:
    """A descriptor from which these few bytes can be read."""
    ours, theirs = os.pipe()
    passed.callback(os.close, ours)
    with os.fdopen(theirs, "wb") as pipe:
        pipe.write(data)  # a pipe holds 64 kB
    return ours
