"""What keeps programs in bounds where no sandbox surrounds them: a user of their own, Landlock, and limits (Linux).

Each is had where it can be: the user where root has started the grader, Landlock where the kernel has it. The programs still see
the machine's processes and its network.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

from grader.isolation import spare_user
from grader.isolation.interpreter import SYSTEM, asked, own_parts
from grader.model.limits import MEGABYTE, Limits
from grader.system import landlock, syscalls

_ETC = (  # names, users, time, certificates, and what Debian's Python reads at its start
    *("group", "host.conf", "hostname", "hosts", "nsswitch.conf", "passwd", "protocols", "resolv.conf"),
    *("services", "gai.conf"),
    *("alternatives", "ld.so.*", "ld-musl-*", "python3*", "localtime", "timezone", "mime.types", "inputrc", "terminfo"),
    *("debian_version", "os-release", "ssl/openssl.cnf", "ssl/certs", "ca-certificates*", "crypto-policies", "pki/tls"),
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
_PROC = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "sys", "uptime", "version")  # about the machine
_SYSTEM_FACTS = "/sys/devices/system"  # os.cpu_count() of some libraries


class Confinement:
    """The bounds of one worker's programs."""

    def __init__(self, limits: Limits, *, user: int = 0, files: list[tuple[str, int]] | None = None) -> None:
        """`user` is their own id, if any, and `files` what they may open, if Landlock restricts that."""
        self.limits, self.user, self.files = limits, user, files
        self.identity: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}

    @property
    def enforced(self) -> frozenset[str]:
        """The limits that hold."""
        return frozenset(("file_size", "open_files", "cpu", *(("processes",) if self.user else ())))

    @contextlib.contextmanager
    def home(self, folder: Path) -> Iterator[None]:
        """Give the user this folder for the time of one check, in which the worker makes files as this user.

        A worker that looked at another user's processes as root would need more rights than containers leave to root.
        """
        if not self.user:
            yield
            return
        os.chown(folder, self.user, self.user)
        syscalls.act_as(self.user)
        try:
            yield
        finally:
            syscalls.act_as(0)
            spare_user.kill_all(self.user)
            spare_user.remove_all(self.user)

    def enter(self, home: Path) -> None:
        """What a new process does before it becomes the program."""
        limits = self.limits
        wanted: dict[int, tuple[int, ...]] = {
            resource.RLIMIT_CORE: (0,),
            resource.RLIMIT_CPU: (limits.cpu, limits.cpu + 5),  # first SIGXCPU, which tells the reason, then SIGKILL
            resource.RLIMIT_FSIZE: (limits.file_size * MEGABYTE,),
            resource.RLIMIT_NOFILE: (limits.open_files,),
        }
        if self.user:  # else the user's other programs would count
            wanted[resource.RLIMIT_NPROC] = (limits.processes,)
        for kind, values in wanted.items():
            resource.setrlimit(kind, syscalls.within_hard_limit(kind, *values))
        syscalls.set_no_new_privileges()
        if self.files is not None:
            # Its own entry in /proc, which libraries read; a child's would have to be granted by the child.
            own = (f"/proc/{os.getpid()}", landlock.LOOK)
            landlock.restrict([*self.files, own, (str(home), landlock.OWN)])

    def kill_all(self) -> None:
        """End all that runs as the programs' own user, whoever's child it is by now."""
        if self.user:
            spare_user.kill_all(self.user)


def files_for(python: str) -> list[tuple[str, int]]:
    """What an honest program may need to open, beside its home: the system and the interpreter."""
    executable, *prefixes = asked(python)
    looked_at = [*SYSTEM, *map(str, own_parts(prefixes)), str(Path(executable).resolve())]
    looked_at += [path for name in _ETC for path in glob(f"/etc/{name}")]  # noqa: PTH207 - names, not paths
    looked_at += [*(f"/proc/{name}" for name in _PROC), _SYSTEM_FACTS]
    return [
        *((path, landlock.LOOK) for path in looked_at),
        *((f"/dev/{name}", landlock.USE | landlock.LOOK) for name in _DEVICES),
        # Where shared memory must be, and where honest programs put a file by its full name.
        *((folder, landlock.OWN) for folder in ("/dev/shm", "/tmp", "/var/tmp")),  # noqa: S108
    ]
