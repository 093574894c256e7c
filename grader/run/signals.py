"""Signals that end the calling process with its clean-up, by an exception.

Python only reports an exception that is raised during a fork or in a finalizer, and goes on (sys.unraisablehook). Such an
exception is raised once more, a moment later.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Collection
from types import FrameType
from typing import NoReturn

_MOMENT = 0.01  # seconds


def end_by(ending: BaseException, numbers: Collection[int]) -> None:
    """Raise `ending` on the first of these signals, and ignore later ones, which would interrupt the clean-up."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise ending

    def unraisable(report: sys.UnraisableHookArgs) -> None:
        if report.exc_value is ending:
            signal.signal(signal.SIGALRM, once_more)
            signal.setitimer(signal.ITIMER_REAL, _MOMENT)
        else:
            sys.__unraisablehook__(report)

    def once_more(_number: int, frame: FrameType | None) -> None:
        while frame and frame.f_code is not unraisable.__code__:
            frame = frame.f_back
        if frame:  # the hook still runs, and an exception in it would be swallowed, too
            signal.setitimer(signal.ITIMER_REAL, _MOMENT)
        else:
            raise ending

    sys.unraisablehook = unraisable
    for number in numbers:
        signal.signal(number, end)
