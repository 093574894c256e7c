"""A small machine within the machine, for programs that attack whatever grades them.

`python tests enclosure` reads orders from standard input, each a line of JSON, and answers each with a line: the measurements.
Every order gets an enclosure of its own, in which its commands run one after another: fresh namespaces (processes, network,
mounts, names, IPC; a user namespace only when it has to), with baits beside them. So an attack that nothing stops hits the
enclosure: kill(-1) ends its processes, a connection to anywhere ends at its listener, and when it ends, everything in it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import math
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import termios
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

from grader.system import procfs
from grader.system.netns import _bring_loopback_up, _route_everything_to_loopback, _write_maps

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
PRIVATE_AND_BELOW, BIND, PARENT_DEATH_SIGNAL = 0x44000, 0x1000, 1
TERMINAL = "/dev/pts/0"  # the first of the enclosure's own
TCP_BAIT, DNS_BAIT, ABSTRACT_BAIT = 9099, 53, "\0chatgrade-bait"
MOST_PROCESSES, MOST_MEMORY, LARGEST_FILE = 1_000, 16 << 30, 2 << 30
DYING = 0.5  # seconds that a process may take to vanish after it was killed
BETWEEN_LOOKS = 0.01  # seconds between two looks at the memory that a process has held so far

libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Answer the orders one after another until standard input ends; this process itself enters nothing."""
    libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    with pids_belt() as join:
        for line in sys.stdin:
            print(answer(json.loads(line), join), flush=True)
    return 0


def answer(order: dict, join: Callable[[], None]) -> str:
    """Carry out an order in a new enclosure; the measurements as JSON, or `broke` with the reason why there are none."""
    with memory_file("answer") as told:
        pid = os.fork()
        if pid == 0:
            enclose(order, join, told)
        _, status = os.waitpid(pid, 0)
        told.seek(0)
        return told.read().decode() or json.dumps({"broke": f"wait status {status}"})


def enclose(order: dict, join: Callable[[], None], told: BinaryIO) -> NoReturn:
    """Enter new namespaces, carry out the order in a fork, which is their first process, and end with that."""
    try:
        libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        enter()
        pid = os.fork()
        if pid == 0:
            libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
            join()
            settle()
            tell(told, Enclosure(order).carry_out())
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    except BaseException:  # noqa: BLE001 - an exception would take the fork back into the code of its parent
        tell(told, {"broke": traceback.format_exc()})
        os._exit(1)


def tell(told: BinaryIO, what: dict) -> None:
    """Leave the answer to the process that has the order."""
    told.write(json.dumps(what).encode())
    told.flush()


def memory_file(name: str) -> BinaryIO:
    """An anonymous file that is kept in memory."""
    return os.fdopen(os.memfd_create(name), "w+b")


def enter() -> None:
    """Namespaces for the next process; without a user namespace when root: root shall attack as root."""
    uid, gid = os.getuid(), os.getgid()
    flags = NEWPID | NEWNS | NEWNET | NEWUTS | NEWIPC | (NEWUSER if uid else 0)
    must(libc.unshare(flags))
    if uid:
        _write_maps("self", f"{uid} {uid} 1", f"{gid} {gid} 1")


def settle() -> None:
    """Make the new namespaces a place to live in."""
    must(libc.mount(b"none", b"/", None, PRIVATE_AND_BELOW, None))
    must(libc.mount(b"proc", b"/proc", b"proc", 0, None))
    must(libc.mount(b"devpts", b"/dev/pts", b"devpts", 0, b"newinstance,ptmxmode=666,mode=620"))
    must(libc.mount(b"/dev/pts/ptmx", b"/dev/ptmx", None, BIND, None))
    must(libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", 0, b"size=300m,nr_inodes=50k,mode=1777"))
    _bring_loopback_up()
    _route_everything_to_loopback()  # whatever somebody calls, from outside a private network, is our bait


@contextlib.contextmanager
def pids_belt():
    """At most so many processes in all, where we may say so, for whoever calls what this gives; rlimits do not bind root."""
    bases = [Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")]
    base = next((one for one in bases if (one / "cgroup.procs").exists()), Path("/nowhere"))
    group = base / f"chatgrade-enclosure-{os.getpid()}"

    def join() -> None:
        with contextlib.suppress(OSError):
            (group / "cgroup.procs").write_text("0")

    try:
        with contextlib.suppress(OSError):
            group.mkdir()
            (group / "pids.max").write_text(str(MOST_PROCESSES))
        yield join
    finally:
        with contextlib.suppress(OSError):  # all that was in it has ended with the enclosures
            group.rmdir()


def must(result: int) -> None:
    """Raise OSError for a system call that failed."""
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


class Enclosure:
    """The baits, and the commands that run among them, all as the order's user."""

    def __init__(self, order: dict) -> None:
        self.uid, self.gid = order["uid"], order["gid"]
        self.folder, self.environment = order["folder"], order["environment"]
        self.commands = order["commands"]
        self.terminal, self.terminal_end = os.openpty()
        os.fchown(self.terminal_end, self.uid, -1)
        self.sockets = dict(self._sockets(Path(order["socket"])))
        self.victim = self._start(["sleep", "1000"])

    def _sockets(self, path: Path):
        inet, stream, datagram = socket.AF_INET, socket.SOCK_STREAM, socket.SOCK_DGRAM
        for name, family, kind, address in (
            ("TCP", inet, stream, ("", TCP_BAIT)),
            ("UDP", inet, datagram, ("", DNS_BAIT)),
            ("abstract socket", socket.AF_UNIX, stream, ABSTRACT_BAIT),
            ("socket file", socket.AF_UNIX, stream, str(path)),
        ):
            bait = socket.socket(family, kind)
            bait.bind(address)
            if kind == stream:
                bait.listen(16)
            yield name, bait
        os.chown(path, self.uid, self.gid)

    def carry_out(self) -> dict:
        """Run the commands; what came of each, and what the baits tell in the end."""
        runs: list[dict] = []
        for command in self.commands:
            runs.append(self._run(**command, usual=runs[0]["seconds"] if runs else 0.0))
        called = [name for name, bait in self.sockets.items() if select.select([bait], [], [], 0)[0]]
        shown = b""
        while select.select([self.terminal], [], [], 0)[0]:
            shown += os.read(self.terminal, 4096)
        alive = self.victim.poll() is None and procfs.state(self.victim.pid, self.victim.pid) in "SR"
        return {"runs": runs, "called": called, "terminal": shown.decode("latin-1"), "victim_alive": alive}

    def _run(self, argv: list[str], seconds: float, usual: float, sends: int = 0, at: float = 0.0) -> dict:
        """Run a command, at most so many seconds.

        `sends` is a signal that it gets after the share `at` of the `usual` seconds: those that the first command took.
        """
        started = time.monotonic()
        due = [(started + seconds, signal.SIGKILL), *[(started + at * usual, sends)] * bool(sends)]
        with memory_file("out") as out, memory_file("err") as err:
            process = self._start(argv, stdout=out, stderr=err, at_terminal=True)
            most = _watch(process, due)
            took = time.monotonic() - started
            left = self._left(5.0 if process.returncode < 0 else DYING)
            out.seek(0), err.seek(0)
            said = [stream.read(1 << 20).decode("utf-8", "replace") for stream in (out, err)]
        return {
            "status": process.returncode, "late": took > seconds, "seconds": round(took, 3), "out": said[0], "err": said[1],
            "left": left, **most,
        }  # fmt: skip

    def _left(self, patience: float) -> list[str]:
        """Living processes that are none of ours, once the dying have had their time."""
        deadline = time.monotonic() + patience
        while (left := self._others()) and time.monotonic() < deadline:
            wait_for_end(left[0], deadline - time.monotonic())
        return [f"{pid} {procfs.command_line(pid)}" for pid in left]

    def _others(self) -> list[int]:
        others = [pid for pid in procfs.all_processes() if pid not in (os.getpid(), self.victim.pid)]
        return [pid for pid in others if procfs.state(pid, pid) not in "ZX"]

    def _start(self, argv: list[str], *, at_terminal: bool = False, **streams) -> subprocess.Popen:
        def become() -> None:
            os.setsid()
            if at_terminal:
                fcntl.ioctl(self.terminal_end, termios.TIOCSCTTY, 0)
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
            resource.setrlimit(resource.RLIMIT_NPROC, (MOST_PROCESSES, MOST_PROCESSES))
            if os.getuid() != self.uid:
                os.setgroups([])
                os.setresgid(self.gid, self.gid, self.gid)
                os.setresuid(self.uid, self.uid, self.uid)

        stdin = self.terminal_end if at_terminal else subprocess.DEVNULL
        return subprocess.Popen(
            argv, cwd=self.folder, env=self.environment, stdin=stdin, preexec_fn=become, umask=0o022, **streams
        )


def _watch(process: subprocess.Popen, due: list[tuple[float, int]]) -> dict[str, int]:
    """Wait for the end of a process, and send it each signal when that is due.

    Returns the most memory that it or a child of it held, in bytes, and the most processes that there were in the enclosure.
    """
    memory = processes = 0
    while process.poll() is None:
        memory = max(memory, *(peak_memory(pid) for pid in (process.pid, *children(process.pid))))
        processes = max(processes, len(procfs.all_processes()))
        for moment, number in [one for one in due if one[0] <= time.monotonic()]:
            due.remove((moment, number))
            process.send_signal(number)
        next_moment = min((moment for moment, _ in due), default=math.inf)
        wait_for_end(process.pid, min(BETWEEN_LOOKS, next_moment - time.monotonic()))
    return {"memory": memory, "processes": processes}


def wait_for_end(pid: int, seconds: float) -> None:
    """Wait until a process has ended, be it reaped or not, or for so many seconds."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            select.select([descriptor], [], [], max(0.0, seconds))
        finally:
            os.close(descriptor)


def peak_memory(pid: int) -> int:
    """The most memory that a process has had resident, in bytes; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) << 10
    return 0


def children(pid: int) -> list[int]:
    """The child processes of a process with one thread."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


if __name__ == "__main__":
    sys.exit(main())
