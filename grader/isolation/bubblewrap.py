"""The sandbox of full isolation: bubblewrap (bwrap(1)), a filter of system calls, and limits (Linux).

A worker enters once, after its private network. Each check then gets a file system in memory of limited size, which holds
the check's copy of the submission. Each program gets namespaces of its own, in which it sees that copy, the system's /usr,
the interpreter, and no other processes. All programs of a check share its network, so that server and client meet.

Run by root, a sandbox confines nothing: uid 0 still owns /proc/sys. So root first becomes an unused user. The worker keeps
its capabilities, to read the submissions; programs do not inherit them.
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
from grader.isolation.interpreter import SYSTEM, interpreter_paths, own_parts
from grader.isolation.network import LAN_ADDRESS
from grader.model.errors import GraderError, Inconclusive, refused
from grader.model.limits import ADDRESSES, MEGABYTE, Limits
from grader.system import procfs, syscalls

_PLACES = ("/mnt", "/media", "/srv", "/opt")  # we mount over the first free folder of these, in the worker's view alone
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 - the check's own
    "TMPDIR": "/tmp",  # noqa: S108 - the check's own
    "MALLOC_ARENA_MAX": "1",  # else each thread takes 64 MB of addresses
}
_HOST = "student"
_SHARED = {  # folders in a home, beside its parts, each with a folder for each part; where its programs see that
    "shm": Path("/dev/shm"),  # noqa: S108 - its own
    "tmp": Path("/tmp"),  # noqa: S108 - its own
}
_STACK = 2 << 20, 8 << 20  # bytes, soft and hard, which count as addresses for each thread
_STARTS_WITHIN = 20.0  # seconds
_TELLS_WITHIN = 1.0  # seconds for the same after an interruption

# The init shim starts the program, writes its exit status to its own standard input, and gives it its own standard error as
# input: so the program has three descriptors and no fourth. Then the shim stays, because the namespace ends with it, and the
# program's descendants may still run.
_INIT_SHIM = (
    "exec 3<&2 2>/dev/null; echo 1000 >/proc/self/oom_score_adj; "
    '"$@" <{source} 3<&- 2>&1; echo $? >&0; kill -STOP $$'
)  # fmt: skip


class Sandbox:
    """The sandbox of a worker. The worker must be in a user namespace of its own and have a single thread."""

    def __init__(self, limits: Limits, python: str, needed: Iterable[Path]) -> None:
        """Enter; `needed` are folders that the worker will still read. Raises GraderError that says what the machine lacks."""
        self.limits = limits
        self._bubblewrap, self._prlimit, self._setsid = map(_tool, ("bwrap", "prlimit", "setsid"))
        self._filter = seccomp.filter_for()
        if not self._filter:
            raise GraderError("system calls cannot be filtered on this kind of processor")
        self._executable, *prefixes = interpreter_paths(python)  # before the change to a user who may not reach it
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
            self._links: dict[Path, Path] = {}  # on the way to the interpreter, in folders that outlive a program
            self._interpreter = self._show_interpreter(self._executable, prefixes)
        except OSError as error:
            raise refused("a sandbox", error) from error

    @staticmethod
    def was_forbidden(printed: str) -> bool:
        """Whether bubblewrap's output says that something was not permitted."""
        return re.search(r"bwrap: .*(not permitted|[Pp]ermission)", printed) is not None

    @contextlib.contextmanager
    def home(self) -> Iterator[Path]:
        """An empty folder for all files of one check, limited in size and number of files."""
        limits = self.limits
        syscalls.mount_memory(str(self._home), f"size={limits.disk}m,nr_inodes={limits.files},mode=0755")
        try:
            yield self._home
        finally:
            syscalls.unmount(str(self._home))

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], ends: tuple[int, int], *, terminal: bool
    ) -> SandboxedProcess:
        """Run a command in a folder of the check's home. It sees only that part (top-level folder) of the home.

        `ends` are its standard input and its output; with `terminal`, they become its controlling terminal. Raises as
        SandboxedProcess does.
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
        """The options of bubblewrap, passed by a pipe so that programs cannot read them in a command line."""
        self._share_out()
        own = self._home / folder.relative_to(self._home).parts[0]
        shm, tmp = (str(self._home / kind / own.name) for kind in _SHARED)
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
        """Make a /dev/shm and a /tmp for each part of the home, before a program can fill the disk."""
        if (self._home / "tmp").exists():
            return
        parts = list(self._home.iterdir())
        for kind in _SHARED:
            (self._home / kind).mkdir()
            for part in parts:
                (self._home / kind / part.name).mkdir()
                self._make_links(kind, self._home / kind / part.name)

    def _make_links(self, kind: str, folder: Path) -> None:
        """Make the links to the interpreter that belong in a shared folder: bubblewrap makes none that is there already."""
        for link, target in self._links.items():
            if link.is_relative_to(_SHARED[kind]):
                ours = folder / link.relative_to(_SHARED[kind])
                ours.parent.mkdir(parents=True, exist_ok=True)
                ours.symlink_to(target)

    def _etc(self) -> list[str]:
        """The options that show our own few files of /etc, without which host and user names are unknown."""
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
        """The options that show the interpreter's parts outside /usr under their own names, even from a closed home.

        Raises GraderError when the executable is in none of the shown folders.
        """
        options: list[str] = []
        parts = own_parts(prefixes)
        for number, part in enumerate(parts):
            again = self._place / f"python{number}"
            again.mkdir() if part.is_dir() else again.touch()
            syscalls.mount_again(str(part), str(again))
            options += ["--ro-bind", str(again), str(part)]
        shown = [*map(Path, SYSTEM), *parts]
        link = Path(executable)
        while link.is_symlink():  # show links on the way that are in none of these folders
            target = Path(os.path.normpath(link.parent / link.readlink()))
            if not any(link.is_relative_to(folder) for folder in shown):
                if any(link.is_relative_to(folder) for folder in _SHARED.values()):
                    self._links[link] = target
                else:
                    options += ["--symlink", str(target), str(link)]
            link = target
        if not any(link.is_relative_to(folder) for folder in shown):
            raise GraderError(f"{executable}: cannot be shown inside the sandbox: it is in none of its own folders")
        return options


class SandboxedProcess:
    """A program in its sandbox: its processes and its exit status.

    The chain of parents and children is: bubblewrap (outside), the namespace's first process, whose end ends all others
    (pid_namespaces(7)), the init shim, the program.
    """

    def __init__(self, monitor: subprocess.Popen[bytes], info: int, status: int) -> None:
        """Wait until the program has begun.

        Raises GraderError when the sandbox does not start, Inconclusive when the machine gives it no time.
        """
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
        """The id, seen from outside, of the namespace's first process. Can be called again after an interruption."""
        while not (child := re.search(rb'"child-pid": (\d+)\D', self._info_said)):
            if not select.select([self._info], [], [], within)[0] or not (piece := os.read(self._info, 4096)):
                raise GraderError("the sandbox could not be started")
            self._info_said += piece
        return int(child[1])

    def _read_program(self) -> int:
        """The id of the program's process; of the namespace's first process if the program has ended already."""
        deadline, pause = time.monotonic() + _STARTS_WITHIN, 0.0002
        while time.monotonic() < deadline:
            if not self._init_shim:
                self._init_shim = next(iter(procfs.children(self._first)), 0)
            programs = procfs.children(self._init_shim) if self._init_shim else []
            if programs:
                return programs[0]
            if self._has_status():
                return self._first
            if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if b'"exit-code"' in os.read(self._info, 4096):  # the program began, and killed the shim at once
                    return self._first
                raise GraderError("the sandbox could not be started")
            time.sleep(pause)
        raise Inconclusive(f"the sandbox has not started within {_STARTS_WITHIN:.0f} seconds")

    def _has_status(self) -> bool:
        """Whether the init shim has written the program's exit status."""
        with contextlib.suppress(BlockingIOError):
            self._said += os.read(self._status, 64)
        return b"\n" in self._said

    def pids(self) -> list[int]:
        """All living processes inside; the init shim counts only until it has written the exit status of an ended program."""
        inside = procfs.descendants(self._first) if self._first else []
        ended = procfs.state(self.pid, self.pid) in "ZX"
        return [pid for pid in inside if pid != self._init_shim or (ended and not self._has_status())]

    def returncode(self, statuses: Mapping[int, int]) -> int | None:
        """The program's exit status; negative: the signal that ended it; None while it lives.

        `statuses` are the exit statuses of our reaped children, by process id.
        """
        if self._code is None:
            if self._has_status():
                code = int(self._said.split()[0])
                self._code = 128 - code if 128 < code <= 128 + 64 else code  # a shell's code for a signal
            elif self.process.pid in statuses:
                self._code = -signal.SIGKILL
        return self._code

    def kill(self) -> None:
        """Kill everything inside at once (SIGKILL)."""
        # After bubblewrap is reaped, its id may be another process's: then waitid() fails, and nothing is killed.
        with contextlib.suppress(OSError):
            os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            os.kill(self._first or self.process.pid, signal.SIGKILL)

    def is_gone(self, statuses: Mapping[int, int]) -> bool:
        """Whether all its processes are gone. If bubblewrap ends before the first process, that is re-parented to us."""
        return self.process.pid in statuses and self._first not in procfs.children(os.getpid())

    def close(self) -> None:
        """Close the pipes, after bubblewrap has ended."""
        if self._code is None:
            self._code = -signal.SIGKILL  # no exit status can come any more
        os.close(self._info)
        os.close(self._status)


def _limit(name: str, kind: int, soft: int, hard: int | None = None) -> str:
    """An option of prlimit(1), cut to the machine's hard limit, which cannot be raised."""
    soft, hard = syscalls.within_hard_limit(kind, soft, hard)
    return f"--{name}={soft}:{hard}"


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        package = "bubblewrap" if name == "bwrap" else "util-linux"
        raise GraderError(f"there is no {name} on this machine: install the package {package}")
    return path


def _place(needed: Iterable[Path]) -> Path:
    """A folder to mount over that nothing needs. Raises GraderError when there is none."""
    used = [*(path.resolve() for path in needed), *(Path(entry).resolve() for entry in sys.path)]
    for place in map(Path, _PLACES):
        if place.is_dir() and not any(path.is_relative_to(place) for path in used):
            return place
    raise GraderError(f"none of {', '.join(_PLACES)} is free to be covered in the sandbox")


def _system() -> list[str]:
    """The options that show the system's programs and libraries."""
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
    """A pipe: our end, and the program's, which is closed here when `passed` ends."""
    ours, theirs = os.pipe()
    passed.callback(os.close, theirs)
    return ours, theirs


def _socket(passed: contextlib.ExitStack) -> tuple[int, int]:
    """A socket pair, used like `_pipe`: a program could reopen a pipe by its name in /proc and write to it."""
    ours, theirs = socket.socketpair()
    passed.callback(theirs.close)
    return ours.detach(), theirs.fileno()


def _readable(data: bytes, passed: contextlib.ExitStack) -> int:
    """A descriptor from which these bytes (at most 64 kB) can be read."""
    ours, theirs = os.pipe()
    passed.callback(os.close, ours)
    with os.fdopen(theirs, "wb") as pipe:
        pipe.write(data)  # a pipe holds 64 kB
    return ours
