"""Signals that end a process end it, wherever they reach it."""

from __future__ import annotations

import subprocess
import sys

import pytest

WAITS = """\
import os, signal, sys, time
from grader.run import signals

def hit():
    os.kill(os.getpid(), signal.SIGTERM)

signals.end_by(SystemExit(7), [signal.SIGTERM, signal.SIGUSR1])
try:
    MOMENT
    while True:
        time.sleep(0.01)  # a longer one would begin although a signal has just come
finally:
    hit()  # once is enough
    os.kill(os.getpid(), signal.SIGUSR1)
    print("cleaned up")
"""
FORKS = "os.register_at_fork(after_in_parent=hit)\n    if os.fork() == 0: os._exit(0)"
FINALIZES = "type('Held', (), {'__del__': lambda _self: hit()})()"
SLOWLY = f"""
    arm = signal.setitimer
    signal.setitimer = lambda *when: (setattr(signal, "setitimer", arm), arm(*when), time.sleep(0.1))
    {FINALIZES}"""


@pytest.mark.parametrize(
    "moment",
    ["hit()", FORKS, FINALIZES, SLOWLY],
    ids=["at any time", "while it forks", "in a finalizer", "and its report is slow"],
)
def test_a_signal_ends_it(moment: str) -> None:
    """The exception of the first signal arrives, also where Python forgets what is raised; the clean-up is not broken off."""
    ran = subprocess.run(
        [sys.executable, "-c", WAITS.replace("MOMENT", moment)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (7, "cleaned up\n", "")


def test_other_reports_stay_what_they_are() -> None:
    """What is forgotten and is no ending of ours is reported as ever."""
    code = (
        "import signal; from grader.run import signals; signals.end_by(SystemExit(7), [signal.SIGTERM])\n"
        "type('Held', (), {'__del__': lambda _self: 1 / 0})()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert "ZeroDivisionError" in ran.stderr


def test_without_it_a_signal_is_lost() -> None:
    """Python does forget what a handler raises while it forks."""
    code = (
        "import os, signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))\n"
        "if os.fork() == 0: os._exit(0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0
