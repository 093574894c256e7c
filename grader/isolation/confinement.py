"""The bounds of programs without a sandbox: a user of their own, Landlock, and limits (Linux).

The user needs a grader that is started by root, Landlock a kernel that has it. The programs still see the machine's
processes and its network.
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
from grader.isolation.interpreter import SYSTEM, interpreter_paths, own_parts
from grader.model.limits import MEGABYTE, Limits
from grader.system import landlock, syscalls

_ETC = (  # names, users, time, certificates, and files that Debian's Python reads at its start
    *("group", "host.conf", "hostname", "hosts", "nsswitch.conf", "passwd", "protocols", "resolv.conf"),
    *("services", "gai.conf"),
    *("alternatives", "ld.so.*", "ld-musl-*", "python3*", "localtime", "timezone", "mime.types", "inputrc", "terminfo"),
    *("debian_version", "os-release", "ssl/openssl.cnf", "ssl/certs", "ca-certificates*", "crypto-policies", "pki/tls"),
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
_PROC = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "sys", "uptime", "version")  # about the machine
_SYSTEM_FACTS = "/sys/devices/system"  # some libraries count processors here


class Confinement:
    """The bounds of one worker's programs."""

    def __init__(self, limits: Limits, *, user: int = 0, files: list[tuple[str, int]] | None = None) -> None:
        """`user` is the programs' own id, 0 if none; `files` are those that Landlock lets them open, None without it."""
        self.limits, self.user, self.files = limits, user, files
        self.identity: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}

    @property
    def enforced(self) -> frozenset[str]:
        """The names of the limits in force."""
        return frozenset(("file_size", "open_files", "cpu", *(("processes",) if self.user else ())))

    @contextlib.contextmanager
    def home(self, folder: Path) -> Iterator[None]:
        """Give the programs' user this folder for one check; meanwhile the worker acts as this user.

        It could not inspect the programs as root: that needs more rights than containers leave to root.
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
        """Restrict the calling process, which is about to execute a program."""
        limits = self.limits
        values_by_kind: dict[int, tuple[int, ...]] = {
            resource.RLIMIT_CORE: (0,),
            resource.RLIMIT_CPU: (limits.cpu, limits.cpu + 5),  # first SIGXCPU, which tells the reason, then SIGKILL
            resource.RLIMIT_FSIZE: (limits.file_size * MEGABYTE,),
            resource.RLIMIT_NOFILE: (limits.open_files,),
        }
        if self.user:  # else the limit would also count the grader's other programs
            values_by_kind[resource.RLIMIT_NPROC] = (limits.processes,)
        for kind, values in values_by_kind.items():
            resource.setrlimit(kind, syscalls.within_hard_limit(kind, *values))
        syscalls.set_no_new_privileges()
        if self.files is not None:
            # Its own entry in /proc, which libraries read; a child's would have to be granted by the child.
            own = (f"/proc/{os.getpid()}", landlock.LOOK)
            landlock.restrict([*self.files, own, (str(home), landlock.OWN)])

    def kill_all(self) -> None:
        """Kill every process of the programs' own user, also orphans."""
        if self.user:
            spare_user.kill_all(self.user)


def files_for(python: str) -> list[tuple[str, int]]:
    """The files and folders that an honest program may open beside its home, each with its Landlock rights."""
    executable, *prefixes = interpreter_paths(python)
    readable = [*SYSTEM, *map(str, own_parts(prefixes)), str(Path(executable).resolve())]
    readable += [path for name in _ETC for path in glob(f"/etc/{name}")]  # noqa: PTH207 - names, not paths
    readable += [*(f"/proc/{name}" for name in _PROC), _SYSTEM_FACTS]
    return [
        *((path, landlock.LOOK) for path in readable),
        *((f"/dev/{name}", landlock.USE | landlock.LOOK) for name in _DEVICES),
        # Shared memory lies here, and honest programs put temporary files here by their full names.
        *((folder, landlock.OWN) for folder in ("/dev/shm", "/tmp", "/var/tmp")),  # noqa: S108
    ]
