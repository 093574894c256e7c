"""A small machine within the machine, for programs that attack whatever grades them.

`python tests/enclosure.py` reads an order (JSON) from standard input and writes what it measured to standard output. It runs
the order's commands in namespaces of its own (processes, network, mounts, names, IPC; a user namespace only when it has to),
one after another, with baits beside them. So an attack that nothing stops hits the enclosure: kill(-1) ends its
processes, a connection to anywhere ends at its listener, and when it ends, everything in it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

from grader import procfs
from grader.network import _bring_loopback_up, _route_everything_to_loopback, _write_maps

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
PRIVATE_AND_BELOW, BIND, PARENT_DEATH_SIGNAL = 0x44000, 0x1000, 1
TERMINAL = "/dev/pts/0"  # the first of the enclosure's own
TCP_BAIT, DNS_BAIT, ABSTRACT_BAIT = 9099, 53, "\0chatgrade-bait"
MOST_PROCESSES, MOST_MEMORY, LARGEST_FILE = 1_000, 16 << 30, 2 << 30
DYING = 0.5  # seconds that a process may take to vanish after it was killed

libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Enter the namespaces, carry out the order as their first process, end with it."""
    order = json.load(sys.stdin)
    libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    enter()
    with pids_belt() as join:
        pid = os.fork()
        if pid == 0:
            libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
            join()
            settle()
            print(json.dumps(Enclosure(order).carry_out()), flush=True)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


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
        for _ in range(100 * group.exists()):
            with contextlib.suppress(OSError):  # somebody in it is still dying
                group.rmdir()
                break
            time.sleep(0.02)


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
        runs = [self._run(**command) for command in self.commands]
        called = [name for name, bait in self.sockets.items() if select.select([bait], [], [], 0)[0]]
        shown = b""
        while select.select([self.terminal], [], [], 0)[0]:
            shown += os.read(self.terminal, 4096)
        alive = self.victim.poll() is None and procfs.state(self.victim.pid, self.victim.pid) in "SR"
        return {"runs": runs, "called": called, "terminal": shown.decode("latin-1"), "victim_alive": alive}

    def _run(self, argv: list[str], seconds: float, signal: int = 0, after: float = 0.0) -> dict:
        """Run a command, at most so many seconds; with a signal, send it that after so many."""
        started = time.monotonic()
        with self._scratch() as out, self._scratch() as err:
            process = self._start(argv, stdout=out, stderr=err, at_terminal=True)
            memory, late = 0, False
            while process.poll() is None:
                memory = max(memory, *(peak_memory(pid) for pid in (process.pid, *children(process.pid))))
                now = time.monotonic() - started
                if now > seconds and not late:
                    late = True
                    process.kill()
                if signal and now > after:
                    process.send_signal(signal)
                    signal = 0
                time.sleep(0.001 if signal else 0.01)
            took = time.monotonic() - started
            left = self._left(5.0 if process.returncode < 0 else DYING)
            out.seek(0), err.seek(0)
            said = [stream.read(1 << 20).decode("utf-8", "replace") for stream in (out, err)]
        return {
            "status": process.returncode, "late": late, "seconds": round(took, 3), "memory": memory,
            "out": said[0], "err": said[1], "left": left,
        }  # fmt: skip

    @staticmethod
    def _scratch():
        return os.fdopen(os.memfd_create("said"), "w+b")

    def _left(self, patience: float) -> list[str]:
        """Living processes that are none of ours, once the dying have had their time."""
        deadline = time.monotonic() + patience
        while True:
            others = [pid for pid in procfs.all_processes() if pid not in (os.getpid(), self.victim.pid)]
            left = [pid for pid in others if procfs.state(pid, pid) not in "ZX"]
            if not left or time.monotonic() > deadline:
                return [f"{pid} {procfs.command_line(pid)}" for pid in left]
            time.sleep(0.01)

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
