"""Starts a process with nothing of ours but what it needs."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from grader.isolation.confinement import Confinement
from grader.programs.console import Console


def start_process(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    console: Console,
    home: Path,
    bounds: Confinement | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, at this console and within these bounds; OSError, SubprocessError if it fails."""
    stdin, stdout = console.ends()
    first = [console.in_child] if console.is_terminal else []
    if bounds:
        first.append(functools.partial(bounds.enter, home))
        for end in (stdin, stdout):
            if end >= 0 and bounds.user:  # else the program could not open it by a name such as /dev/stdout
                os.fchown(end, bounds.user, -1)
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stdout,
        start_new_session=True,
        preexec_fn=(lambda: [act() for act in first]) if first else None,
        **(bounds.identity if bounds else {}),
    )


def usual_environment(home: Path) -> dict[str, str]:
    """What every program finds in its environment: little, and the same everywhere; UTF-8, nothing of the grader's own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
