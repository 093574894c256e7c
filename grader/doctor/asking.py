"""Runs short commands at the same time, and kills those that do not answer."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import TypeVar

K = TypeVar("K")
_BETWEEN_LOOKS = 0.005  # seconds
_LONGEST_ANSWER = 4096  # bytes; a pipe holds as many, so a command can end before it is read


def answers(
    commands: Mapping[K, Sequence[str]], within: float, environment: Mapping[str, str] | None = None
) -> dict[K, str]:
    """The output of each command that succeeds within so many seconds; others are missing."""
    deadline = time.monotonic() + within
    running: dict[K, subprocess.Popen[bytes]] = {}
    printed_by: dict[K, str] = {}
    try:
        for key, command in commands.items():
            with contextlib.suppress(OSError):
                running[key] = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
                    env=environment, start_new_session=True,
                )  # fmt: skip
        while running and time.monotonic() < deadline:
            time.sleep(_BETWEEN_LOOKS)
            for key in [key for key, process in running.items() if process.poll() is not None]:
                ended = running.pop(key)
                if printed := _printed(ended):
                    printed_by[key] = printed
    finally:
        for process in running.values():
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            _printed(process)
    return printed_by


def _printed(ended: subprocess.Popen[bytes]) -> str:
    """The output of a process that succeeded, without waiting for children that keep the pipe open."""
    assert ended.stdout is not None
    with ended.stdout as output:
        os.set_blocking(output.fileno(), False)
        with contextlib.suppress(BlockingIOError):
            printed = os.read(output.fileno(), _LONGEST_ANSWER)
            return printed.decode("utf-8", "replace").strip() if ended.returncode == 0 else ""
    return ""
