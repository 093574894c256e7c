"""How long the checks of a run wait for a program that sleeps, or runs in circles. Pure.

One object that all waits of a check draw on; what earlier checks have found out about the program shortens it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.model.verdict import CheckResult, Failure, Status

_OF_A_CHECK, LEAST = 10.0, 1.0  # seconds of a program's sleep that a check waits for
_OF_A_RUN = 200.0  # the same of all checks together, where it was for nothing twice; from then on each has the least

SLEEPS = Failure(
    "the program sleeps",
    "the program answers at once",
    f"it slept for more than {_OF_A_CHECK:.0f} seconds in all",
    "look for sleep(), and for timeouts: a program that waits for a line is woken when it comes",
    step="sleeps",
)
"""How it is told in the check about pace that the program sleeps for longer than a check waits."""


@dataclass(frozen=True)
class Patience:
    """What a check may spend on a program; whoever waits for something that its `doubted` checks are about waits briefly."""

    asleep: float = _OF_A_CHECK  # seconds of waiting in which the program only sleeps
    spins: bool = False  # the program was found in an endless loop: less proves the next one
    doubted: frozenset[str] = frozenset()  # ids of checks that failed for want of what they are about

    def doubts(self, *check_ids: str) -> bool:
        """Whether one of these checks is doubted."""
        return not self.doubted.isdisjoint(check_ids)


def fails_for_sleep(result: CheckResult) -> bool:
    """Whether this is the check about pace, which has found that the program sleeps."""
    return result.failure is not None and result.failure.step == SLEEPS.step


def left_after(results: Iterable[CheckResult]) -> Patience:
    """The patience that these results leave for the next check."""
    results = list(results)
    left = _OF_A_RUN - sum(result.asleep for result in results)
    if any(map(fails_for_sleep, results)):
        left = LEAST
    doubted = (one.id for one in results if one.status is Status.FAIL and one.failure and one.failure.spreads)
    return Patience(min(_OF_A_CHECK, max(LEAST, left)), any(result.spins for result in results), frozenset(doubted))
