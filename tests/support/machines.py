"""Machines that lack something, and what the command line says on them."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys

from grader.isolation import seccomp
from support import corpus

RIGHT = corpus.folder_of("rlock_broadcast")


def chatgrade(*arguments: object, refused: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it; with `refused`, the kernel makes no namespaces for it, as in many containers."""
    return subprocess.run(
        [sys.executable, "-m", "grader", "task1", *map(str, arguments), "--only", "task1.listens"],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
        preexec_fn=refuse_namespaces if refused else None,
    )  # fmt: skip


def refuse_namespaces() -> None:
    """Take on the sandbox's own filter: unshare() and the like fail from now on, for root, too."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))

    libc, lines = ctypes.CDLL(None), seccomp.filter_for()
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, ctypes.byref(Program(len(lines) // 8, lines))) == 0  # PR_SET_SECCOMP


def report(done: subprocess.CompletedProcess[str]) -> dict:
    """The report on standard output."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


LACKS = {
    "no bubblewrap": ("", "there is no bwrap on this machine: install the package bubblewrap"),
    "an old one": (
        "echo 'bwrap: Unknown option --json-status-fd' >&2; exit 1",
        "the sandbox cannot be started: bwrap: Unknown option --json-status-fd",
    ),
    "one that may not": (
        "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1",
        "the sandbox cannot be started: bwrap: setting up uid map: Permission denied",
    ),
}
