"""Signals that end a process of ours, whatever it is doing.

Their handlers raise, which ends what is being done and cleans up. But what is raised while Python forks, or in a finalizer, is
only reported and forgotten: then it is raised once more, a moment later.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Collection
from types import FrameType
from typing import NoReturn

_MOMENT = 0.01  # seconds


def end_by(ending: BaseException, numbers: Collection[int]) -> None:
    """Have the first of these signals raise this; the others are ignored then: the clean-up must not be broken off."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise ending

    def forgotten(report: sys.UnraisableHookArgs) -> None:
        if report.exc_value is ending:
            signal.signal(signal.SIGALRM, once_more)
            signal.setitimer(signal.ITIMER_REAL, _MOMENT)
        else:
            sys.__unraisablehook__(report)

    def once_more(_number: int, frame: FrameType | None) -> None:
        while frame and frame.f_code is not forgotten.__code__:
            frame = frame.f_back
        if frame:  # it took longer than the moment, and what is raised in it is forgotten, too
            signal.setitimer(signal.ITIMER_REAL, _MOMENT)
        else:
            raise ending

    sys.unraisablehook = forgotten
    for number in numbers:
        signal.signal(number, end)
