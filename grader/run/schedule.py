"""The rules of one submission's run: order, needs, second tries, and what a failed check means for those that need it. Pure."""

from __future__ import annotations

from grader.model.catalogue import Catalogue, Check
from grader.model.verdict import CheckResult, Status


class Reporter:
    """Hears how the run goes; does nothing by itself."""

    def expect(self, total: int) -> None:
        """So many checks will be run."""

    def started(self, check_id: str) -> None:
        """A check has begun."""

    def finished(self, result: CheckResult) -> None:
        """A check has ended; its result may still turn into a skip."""


class Schedule:
    """What waits, what runs, what is known.

    Results do not depend on the order: a check whose needs are not decided yet may run ahead, and its result is dropped if
    a need turns out to have failed.
    """

    def __init__(self, catalogue: Catalogue, plan: list[Check], reporter: Reporter) -> None:
        self._catalogue, self._listener = catalogue, reporter
        self._waiting = list(plan)
        self._running = 0
        self._results: dict[str, CheckResult] = {}
        self._again: list[Check] = []  # inconclusive beside others: once more, alone
        self._tries: dict[str, int] = {}

    @property
    def done(self) -> bool:
        """Whether every check has its result."""
        return not (self._waiting or self._running or self._again)

    @property
    def wants_to_be_alone(self) -> bool:
        """Whether all that is left must run while nothing else does."""
        return bool(self._again) and not (self._waiting or self._running)

    def next(self) -> Check | None:
        """The next check to run, which counts as running now: one whose needs have passed, else one that runs ahead of them."""
        for check in [check for check in self._waiting if self._failed_need(check)]:
            self._waiting.remove(check)
            self._results[check.id] = CheckResult(
                check.id, check.title, check.runs, check.points, Status.SKIP, needs=check.needs
            )
            self._listener.finished(self._results[check.id])
        if self.wants_to_be_alone:
            return self._begin(self._again.pop(0))
        decided = (check for check in self._waiting if all(need in self._results for need in check.needs))
        chosen = next(decided, self._waiting[0] if self._waiting else None)
        if chosen:
            self._waiting.remove(chosen)
            self._begin(chosen)
        return chosen

    def _begin(self, check: Check) -> Check:
        self._running += 1
        self._tries[check.id] = self._tries.get(check.id, 0) + 1
        self._listener.started(check.id)
        return check

    def take(self, check: Check, result: CheckResult | None) -> None:
        """The result of a check that was running; None when the worker died of it."""
        self._running -= 1
        once = self._tries[check.id] == 1
        if result is None:
            if once:
                self._waiting.insert(0, check)
                return
            result = CheckResult(check.id, check.title, check.runs, check.points, Status.ERROR, needs=check.needs)
            result.summary = "the grader's worker process died twice in this check"
        if result.inconclusive and once:
            self._again.append(check)
            return
        self._results[check.id] = result
        self._listener.finished(result)
        consequence_of = result.failure.consequence_of if result.failure else ""
        if (
            consequence_of
            and consequence_of not in self._tries
            and all(other.id != consequence_of for other in self._waiting)
        ):
            self._waiting.append(self._catalogue[consequence_of])

    def results(self) -> list[CheckResult]:
        """All results in the catalogue's order, those that a failed need has made meaningless as skips."""
        return [self._final(check.id) for check in self._catalogue if check.id in self._results]

    def _failed_need(self, check: Check) -> str:
        """The check that makes this one meaningless: a need that failed, or the one that its failure is a consequence of."""
        for need in check.needs:
            result = self._results.get(need)
            if result is None:
                continue
            if result.failure and result.failure.blocks:
                return self._consequence_of(result) or need
            if result.status is Status.SKIP or self._failed_need(self._catalogue[need]):
                return self._failed_need(self._catalogue[need]) or need
        return ""

    def _consequence_of(self, result: CheckResult) -> str:
        """The failed check that this failure follows from, if any."""
        consequence_of = result.failure.consequence_of if result.failure else ""
        cause = self._results.get(consequence_of) if consequence_of != result.id else None
        return consequence_of if cause is not None and cause.status is Status.FAIL else ""

    def _final(self, check_id: str) -> CheckResult:
        """The result, turned into a skip where a need has failed."""
        result = self._results[check_id]
        caused_by = self._failed_need(self._catalogue[check_id]) or self._consequence_of(result)
        if not caused_by:
            return result
        return CheckResult(
            result.id, result.title, result.runs, result.points, Status.SKIP, seconds=result.seconds,
            needs=result.needs, caused_by=caused_by, summary=f"skipped: it needs {caused_by}, which failed",
        )  # fmt: skip
