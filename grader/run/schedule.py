"""The order in which a submission's checks run, their second attempts, and the skips that failures cause. Pure."""

from __future__ import annotations

from grader.model.catalogue import Catalogue, Check
from grader.model.patience import LEAST, Patience, fails_for_sleep, left_after
from grader.model.verdict import CheckResult, Status


class Reporter:
    """Is notified of a run's progress. This one ignores it; others display it."""

    def expect(self, total: int) -> None:
        """Note the number of checks that will run."""

    def started(self, check_id: str) -> None:
        """Note that a check has begun."""

    def finished(self, result: CheckResult) -> None:
        """Note a check's result, which may still turn into a skip."""


class Schedule:
    """The waiting and running checks of a submission, and the results so far.

    The final results do not depend on the order: a check may run before its needs are decided, and its result becomes a
    skip if a need fails.
    """

    def __init__(self, catalogue: Catalogue, plan: list[Check], reporter: Reporter) -> None:
        self._catalogue, self._reporter = catalogue, reporter
        self._waiting = list(plan)
        self._planned = {check.id for check in plan}
        self._running = 0
        self._results: dict[str, CheckResult] = {}
        self._again: list[Check] = []  # inconclusive beside other checks: to be run once more, alone
        self._tries: dict[str, int] = {}  # check id -> number of attempts

    @property
    def done(self) -> bool:
        """Whether every check has its result."""
        return not (self._waiting or self._running or self._again)

    @property
    def wants_to_be_alone(self) -> bool:
        """Whether the remaining checks must each run while no other check runs."""
        return bool(self._again) and not (self._waiting or self._running)

    def next(self) -> Check | None:
        """Take the next check to run: preferably a check whose needs are decided. None if there is none to run now."""
        for check in [check for check in self._waiting if self._lacks_need(check)]:
            self._waiting.remove(check)
            self._results[check.id] = CheckResult(
                check.id, check.title, check.runs, check.points, Status.SKIP, needs=check.needs
            )
            self._reporter.finished(self._results[check.id])
        if self.wants_to_be_alone:
            return self._begin(self._again.pop(0))
        decided = (check for check in self._waiting if all(need in self._results for need in check.needs))
        chosen = next(decided, self._waiting[0] if self._waiting else None)
        if chosen:
            self._waiting.remove(chosen)
            self._begin(chosen)
        return chosen

    @property
    def patience(self) -> Patience:
        """What the next check may spend on the program, after all that the others have found out."""
        return left_after(self._results.values())

    def _begin(self, check: Check) -> Check:
        self._running += 1
        self._tries[check.id] = self._tries.get(check.id, 0) + 1
        self._reporter.started(check.id)
        return check

    def take(self, check: Check, result: CheckResult | None) -> None:
        """Accept the result of a running check; None if its worker died. A first such or inconclusive attempt is repeated."""
        self._running -= 1
        first_try = self._tries[check.id] == 1
        if result is None:
            if first_try:
                self._waiting.insert(0, check)
                return
            result = CheckResult(check.id, check.title, check.runs, check.points, Status.ERROR, needs=check.needs)
            result.summary = "the grader's worker process died twice in this check"
        if result.inconclusive and first_try:
            self._again.append(check)
            return
        self._results[check.id] = result
        self._reporter.finished(result)
        for other in _points_at(result):
            if other not in self._tries and all(waiting.id != other for waiting in self._waiting):
                self._waiting.append(self._catalogue[other])

    def results(self) -> list[CheckResult]:
        """All results in the catalogue's order. A check fails by what others saw, too, and is a skip without its needs."""
        believed = [
            result for check_id, result in self._results.items() if not self._lacks_need(self._catalogue[check_id])
        ]
        wanted = self._planned.union(*map(_points_at, believed))  # what a dropped result pointed at is dropped, too
        ids = [check.id for check in self._catalogue if check.id in self._results and check.id in wanted]
        sightings = [
            (seen, check_id)
            for check_id in ids
            if not self._lacks_need(self._catalogue[check_id])
            for seen in self._results[check_id].testimony
        ]
        for seen, witness in sorted(
            sightings, key=lambda one: len(one[0].unless)
        ):  # those that depend on others come last
            result = self._results[seen.check_id]
            if result.status is Status.PASS and not any(map(self._has_failed, seen.unless)):
                self._results[seen.check_id] = result.failed_by(witness, seen)
        return list(map(self._final, ids))

    def _has_failed(self, check_id: str) -> bool:
        failed = check_id in self._results and self._results[check_id].status is Status.FAIL
        return failed and not self._lacks_need(self._catalogue[check_id])

    def _lacks_need(self, check: Check) -> bool:
        """Whether a need of a check has failed: then it counts for nothing whether the check itself has run already."""
        results = [self._results[need] for need in check.needs if need in self._results]
        return any(
            (one.failure and one.failure.blocks)
            or one.status is Status.SKIP
            or self._slept_too_long(one)
            or self._lacks_need(self._catalogue[one.id])
            for one in results
        )

    def _failed_need(self, check: Check) -> str:
        """The id of the failed need of a check, or of the check which that failure is a consequence of; empty if none."""
        for need in check.needs:
            result = self._results.get(need)
            if result is None:
                continue
            # What the need itself lacks comes before what it says: it may not have run.
            if first := self._failed_need(self._catalogue[need]):
                return first
            if sleeps := self._slept_too_long(result):
                return sleeps
            if result.status is Status.SKIP:
                return result.caused_by or need
            if result.failure and result.failure.blocks:
                return self._consequence_of(result) or need
        return ""

    def _consequence_of(self, result: CheckResult) -> str:
        """The id of the failed check that this failure follows from; empty if none."""
        if result.failure is None:
            return ""
        for cause_id, in_any_way in ((result.failure.consequence_of, True), (result.failure.blocked_by, False)):
            cause = self._results.get(cause_id) if cause_id != result.id else None
            failure = cause.failure if cause and self._has_failed(cause_id) else None
            if failure and (in_any_way or failure.spreads):
                return cause_id
        return ""

    def _slept_too_long(self, result: CheckResult) -> str:
        """The id of the check that fails because the program sleeps, if this one has waited for that; empty if not."""
        slept = result.asleep > LEAST and result.status in (Status.PASS, Status.FAIL)
        sleeps = (one.id for one in self._results.values() if fails_for_sleep(one))
        return next((one for one in sleeps if slept and one != result.id), "")

    def _final(self, check_id: str) -> CheckResult:
        """A check's result, turned into a skip if a need has failed."""
        result = self._results[check_id]
        caused_by = (
            self._failed_need(self._catalogue[check_id]) or self._consequence_of(result) or self._slept_too_long(result)
        )
        if not caused_by:
            return result
        return CheckResult(
            result.id, result.title, result.runs, result.points, Status.SKIP, seconds=result.seconds,
            needs=result.needs, caused_by=caused_by, summary=f"skipped: it needs {caused_by}, which failed",
        )  # fmt: skip


def _points_at(result: CheckResult) -> set[str]:
    """The ids of the other checks that this one points at: as the cause of its failure, or as concerned by what it saw."""
    failure = result.failure
    cause = {one for one in (failure.consequence_of, failure.blocked_by) if one} if failure else set()
    concerned = {one for seen in result.testimony for one in (seen.check_id, *seen.unless)}
    return (cause | concerned) - {result.id}
