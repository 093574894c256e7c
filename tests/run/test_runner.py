"""The rules of a run: order, needs, second tries, workers that die. No process is started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from grader.model.catalogue import Catalogue, Check, Task
from grader.model.codelab import Codelab
from grader.model.patience import SLEEPS
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult, Failure, Sighting, Status
from grader.run.pool import Worker
from grader.run.runner import Outcome, Step, run_all
from grader.run.schedule import Reporter, Schedule

DIES = None


NOTHING: Any = None  # in place of a room, which fake workers do not open
SETUP = RunSpec(Path(), {}, "", 0, {}, 0)


def made(check_id: str, *needs: str) -> Check:
    """Make a check of one point."""
    return Check(check_id, f"{check_id} works.", 1, "server", needs, lambda _room: None)


def verdict(status: Status, failure: Failure | None = None, caused_by: str = "") -> Callable[[Check], CheckResult]:
    """What a worker says about a check."""
    return lambda one: CheckResult(
        one.id, one.title, one.runs, one.points, status, 0.5, failure, one.needs, caused_by, "told by the worker"
    )


def fails(
    *, blocks: bool = True, consequence_of: str = "", blocked_by: str = "", spreads: bool = True
) -> Callable[[Check], CheckResult]:
    """Make a failure."""
    failure = Failure("it failed", "this", "that", blocks=blocks, consequence_of=consequence_of)
    return verdict(Status.FAIL, replace(failure, blocked_by=blocked_by, spreads=spreads))


def sees(check_id: str, *unless: str, blocks: bool = False) -> Callable[[Check], CheckResult]:
    """Make one that passes, and has seen something by which that check fails."""
    seen = Sighting(check_id, Failure("it was seen", "this", "that", blocks=blocks), unless, program_output="printed")
    return lambda one: replace(PASSES(one), testimony=(seen,))


PASSES, ERRS = verdict(Status.PASS), verdict(Status.ERROR)


def UNSURE(one: Check) -> CheckResult:  # noqa: N802 - stands for a verdict, as those above
    """An error for want of evidence."""
    return replace(ERRS(one), inconclusive=True)


class FakeWorkers:
    """Workers that answer by a script: check id -> what comes of each try; the oldest check is answered first."""

    isolation, notes = "none", ()

    def __init__(self, count: int, script: dict[str, list]) -> None:
        self.all = [Worker(number, None, None) for number in range(count)]
        self.script = {check_id: list(tries) for check_id, tries in script.items()}
        self.started: list[str] = []
        self.beside: dict[str, list[str]] = {}  # what ran beside the last try of each
        self.busy_at_start: list[int] = []
        self.replaced = 0
        self.waited_for_nobody = 0
        self._order: list[Worker] = []

    @property
    def idle(self) -> list[Worker]:
        """Those that wait."""
        return [one for one in self.all if one.task is None]

    @property
    def busy(self) -> list[Worker]:
        """Those that run."""
        return [one for one in self.all if one.task is not None]

    def start(self, one: Worker, check: Check, _setup: object, task: object) -> None:
        """Take a check."""
        one.task = task
        self.started.append(check.id)
        self.busy_at_start.append(len(self.busy))
        self.beside[check.id] = [other.task[1].id for other in self.busy if other is not one]
        self._order.append(one)

    def results(self):
        """Answer the oldest."""
        self.waited_for_nobody += not self._order
        if self._order:
            one = self._order.pop(0)
            check = one.task[1]
            tries = self.script.get(check.id, [PASSES])
            outcome = tries.pop(0) if len(tries) > 1 else tries[0]
            yield one, outcome and outcome(check)

    def replace(self, _dead: Worker) -> None:
        """Count the dead."""
        self.replaced += 1


def carried_out(codelab: Codelab, gradings, workers: FakeWorkers):
    """Carry out gradings on fake workers."""
    stand_ins: Any = workers  # for `Workers`, which would start processes
    return run_all(codelab, gradings, stand_ins)


class Ears(Reporter):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def started(self, check_id: str) -> None:
        """A check began."""
        self.heard.append(f"+{check_id}")

    def finished(self, result: CheckResult) -> None:
        """A check ended."""
        self.heard.append(f"-{result.id}")


# listens; b and c need it, d needs c too, e needs nothing.
ALL = [made("t.a"), made("t.b", "t.a"), made("t.c", "t.a"), made("t.d", "t.a", "t.c"), made("t.e")]


def in_one_step(step: Step):
    """A grading that gives back the outcome."""
    outcome: Outcome = yield step
    return outcome


class Ran:
    """One run with fake workers."""

    def __init__(self, script: dict[str, list], jobs: int = 1, plan: list[str] | None = None) -> None:
        catalogue = Catalogue([Task("t", "T", tuple(ALL))])
        self.workers, self.ears = FakeWorkers(jobs, script), Ears()
        chosen = catalogue.with_needs(plan or [one.id for one in ALL])
        codelab = Codelab(Path(), catalogue, {}, 0, {}, NOTHING, "", {})
        step = Step(SETUP, [one.id for one in chosen], self.ears)
        [outcome] = carried_out(codelab, [in_one_step(step)], self.workers)
        self.results = {result.id: result for result in outcome.results}

    @property
    def told(self) -> str:
        """The first letters of the statuses, in the catalogue's order."""
        return " ".join(self.results[one.id].status.value if one.id in self.results else "-" for one in ALL)


JOBS = pytest.mark.parametrize("jobs", [1, 2, 3, 8])


@JOBS
@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param({}, "pass pass pass pass pass", id="all pass"),
        pytest.param({"t.a": [fails()]}, "fail skip skip skip pass", id="the first fails"),
        pytest.param({"t.b": [fails()]}, "pass fail pass pass pass", id="nobody needs it"),
        pytest.param({"t.c": [fails()]}, "pass pass fail skip pass", id="one needs it"),
        pytest.param({"t.e": [fails()]}, "pass pass pass pass fail", id="the last fails"),
        pytest.param({"t.a": [fails(blocks=False)]}, "fail pass pass pass pass", id="fails without blocking"),
        pytest.param(
            {"t.a": [fails(blocks=False)], "t.c": [fails()]}, "fail pass fail skip pass", id="one blocks, one does not"
        ),
        pytest.param({"t.a": [fails()], "t.b": [fails()]}, "fail skip skip skip pass", id="a failure hides another"),
        pytest.param({"t.a": [ERRS]}, "error pass pass pass pass", id="no verdict is no failure"),
        pytest.param(
            {"t.c": [fails(consequence_of="t.b")], "t.b": [fails()]},
            "pass fail skip skip pass",
            id="follows from another",
        ),
        pytest.param(
            {"t.c": [fails(consequence_of="t.b")]}, "pass pass fail skip pass", id="follows from one that passed"
        ),
        pytest.param({"t.c": [fails(consequence_of="t.c")]}, "pass pass fail skip pass", id="follows from itself"),
        pytest.param(
            {"t.c": [fails(consequence_of="t.b")], "t.b": [fails(spreads=False)]},
            "pass fail skip skip pass",
            id="follows from whatever it is",
        ),
        pytest.param(
            {"t.c": [fails(blocked_by="t.b")], "t.b": [fails()]}, "pass fail skip skip pass", id="nothing gets through"
        ),
        pytest.param(
            {"t.c": [fails(blocked_by="t.b")], "t.b": [fails(spreads=False)]},
            "pass fail fail skip pass",
            id="something gets through",
        ),
        pytest.param({"t.e": [sees("t.c")]}, "pass pass fail pass pass", id="another one saw it"),
        pytest.param({"t.b": [sees("t.c")]}, "pass pass fail pass pass", id="one that ran before saw it"),
        pytest.param({"t.e": [sees("t.c", blocks=True)]}, "pass pass fail skip pass", id="what was seen blocks"),
        pytest.param({"t.e": [sees("t.c")], "t.c": [ERRS]}, "pass pass error pass pass", id="seen of an error"),
        pytest.param(
            {"t.d": [sees("t.e")], "t.c": [fails()]}, "pass pass fail skip pass", id="who is skipped saw nothing"
        ),
        pytest.param({"t.d": [sees("t.e")], "t.e": [fails()]}, "pass pass pass pass fail", id="it failed anyway"),
        pytest.param({"t.e": [sees("t.e", "t.b")]}, "pass pass pass pass fail", id="its own matter"),
        pytest.param(
            {"t.e": [sees("t.e", "t.b")], "t.b": [fails()]}, "pass fail pass pass pass", id="another one explains it"
        ),
        pytest.param(
            {"t.e": [sees("t.e", "t.b")], "t.c": [sees("t.b")]},
            "pass fail pass pass pass",
            id="what was seen explains it",
        ),
        pytest.param(
            {"t.c": [fails(consequence_of="t.b")], "t.b": [ERRS]},
            "pass error fail skip pass",
            id="follows from an error",
        ),
    ],
)
def test_verdicts_do_not_depend_on_the_number_of_workers(script, told, jobs):
    """A failed check makes skips of those that need it and of no others, however many ran at a time."""
    ran = Ran(script, jobs)
    assert ran.told == told
    assert sorted(ran.results) == [one.id for one in ALL]


@pytest.mark.parametrize("tries", [[ERRS], [UNSURE, UNSURE]], ids=["error", "inconclusive"])
def test_an_error_that_ran_ahead_is_dropped(tries):
    """A check that ran ahead and came to no verdict is skipped like any other when its need has failed."""
    script = {"t.a": [fails()], "t.d": tries}
    assert Ran(script, jobs=8).told == Ran(script, jobs=1).told == "fail skip skip skip pass"


def test_ran_ahead_and_dropped():
    """A check that ran ahead of its need gives no verdict of its own when the need has failed."""
    ran = Ran({"t.a": [fails()]}, jobs=8)
    assert {"t.b", "t.c", "t.d"} <= set(ran.workers.started)
    skipped = ran.results["t.b"]
    assert (skipped.status, skipped.caused_by, skipped.failure, skipped.transcript) == (Status.SKIP, "t.a", None, ())
    assert skipped.summary == "skipped: it needs t.a, which failed"


@JOBS
@pytest.mark.parametrize(
    ("script", "skipped", "caused_by"),
    [
        pytest.param({"t.a": [fails()]}, "t.b", "t.a", id="a need"),
        pytest.param({"t.a": [fails()]}, "t.d", "t.a", id="a need's need"),
        pytest.param({"t.c": [fails()]}, "t.d", "t.c", id="the nearer need"),
        pytest.param({"t.c": [fails(consequence_of="t.b")], "t.b": [fails()]}, "t.c", "t.b", id="a cause"),
        pytest.param({"t.c": [fails(consequence_of="t.b")], "t.b": [fails()]}, "t.d", "t.b", id="a need's cause"),
    ],
)
def test_a_skip_names_the_failed_check(script, skipped, caused_by, jobs):
    """A skip names the check that failed, never another skip."""
    ran = Ran(script, jobs)
    assert (ran.results[skipped].status, ran.results[skipped].caused_by) == (Status.SKIP, caused_by)
    assert ran.results[caused_by].status is Status.FAIL


@JOBS
def test_what_another_one_saw_is_its_evidence(jobs):
    """A check that fails by what another one saw has that one's evidence, and says which it was."""
    failed = Ran({"t.e": [sees("t.c")]}, jobs).results["t.c"]
    assert failed.summary == "it was seen"
    assert failed.failure
    assert str(failed.failure.observed) == "that; seen in t.e"
    assert failed.program_output == "printed"


@JOBS
@pytest.mark.parametrize(
    ("script", "plan", "ran"),
    [
        ({"t.b": [fails(consequence_of="t.e")]}, ["t.b"], ["t.a", "t.b", "t.e"]),
        ({"t.b": [sees("t.e")]}, ["t.b"], ["t.a", "t.b", "t.e"]),
        ({"t.b": [sees("t.b", "t.e")]}, ["t.b"], ["t.a", "t.b", "t.e"]),
        ({"t.b": [sees("t.e")], "t.a": [fails()]}, ["t.b"], ["t.a", "t.b"]),
        ({"t.b": [fails(consequence_of="t.e")], "t.a": [fails()]}, ["t.b"], ["t.a", "t.b"]),
    ],
)
def test_what_is_pointed_at_is_run_too(script, plan, ran, jobs):
    """A check that was not asked for is shown where one points at it whose verdict counts, however many run at a time."""
    assert sorted(Ran(script, jobs, plan).results) == ran


def test_what_a_failed_check_blocks_is_not_started():
    """With one worker nothing is run whose need has failed."""
    assert Ran({"t.a": [fails()]}).workers.started == ["t.a", "t.e"]


@pytest.mark.parametrize("failing", ["t.a", "t.c"])
def test_nobody_is_waited_for(failing):
    """When all that is left is skipped, the run ends at once: waiting for no worker lasts five minutes."""
    assert Ran({failing: [fails()]}, plan=["t.d"]).workers.waited_for_nobody == 0


def test_decided_checks_go_first():
    """A free worker takes a check whose needs are known before one that would run ahead."""
    assert Ran({}, jobs=2).workers.started[:2] == ["t.a", "t.e"]
    assert Ran({}, jobs=1).workers.started == ["t.a", "t.b", "t.c", "t.d", "t.e"]


@JOBS
def test_every_check_is_heard_of(jobs):
    """The listener hears of each check's end once, after its beginning if it was begun at all."""
    heard = Ran({"t.c": [fails()], "t.b": [DIES, PASSES]}, jobs).ears.heard
    assert sorted(word for word in heard if word[0] == "-") == [f"-{one.id}" for one in ALL]
    assert all(heard.index(f"+{one.id}") < heard.index(f"-{one.id}") for one in ALL if f"+{one.id}" in heard)


@JOBS
@pytest.mark.parametrize(
    ("tries", "status", "started"),
    [
        pytest.param([DIES, PASSES], "pass", 2, id="dies once"),
        pytest.param([DIES, fails()], "fail", 2, id="dies, then fails"),
        pytest.param([DIES, DIES], "error", 2, id="dies twice"),
        pytest.param([UNSURE, PASSES], "pass", 2, id="inconclusive once"),
        pytest.param([UNSURE, fails()], "fail", 2, id="inconclusive, then fails"),
        pytest.param([UNSURE, UNSURE], "error", 2, id="inconclusive twice"),
        pytest.param([UNSURE, DIES], "error", 2, id="inconclusive, then dies"),
        pytest.param([DIES, UNSURE], "error", 2, id="dies, then inconclusive"),
        pytest.param([ERRS], "error", 1, id="an error is not tried again"),
        pytest.param([fails()], "fail", 1, id="a failure is not tried again"),
    ],
)
def test_second_tries(tries, status, started, jobs):
    """What came to no verdict is tried once more, and only then is an error."""
    ran = Ran({"t.b": tries}, jobs)
    assert ran.results["t.b"].status.value == status
    assert ran.results["t.b"].caused_by == ""
    assert ran.workers.started.count("t.b") == started
    assert ran.workers.replaced == tries.count(DIES)
    assert [ran.results[check_id].status for check_id in ("t.a", "t.c", "t.d", "t.e")] == [Status.PASS] * 4


def test_dying_twice_is_said():
    """The error of a check whose worker died twice says so."""
    assert Ran({"t.b": [DIES, DIES]}).results["t.b"].summary == "the grader's worker process died twice in this check"


@JOBS
def test_inconclusive_checks_are_tried_again_alone(jobs):
    """What was inconclusive runs again when all others are done, one at a time."""
    ran = Ran({"t.a": [UNSURE, fails()], "t.e": [UNSURE, PASSES]}, jobs)
    assert set(ran.workers.started[-2:]) == {"t.a", "t.e"}
    assert ran.workers.beside["t.a"] == ran.workers.beside["t.e"] == []
    assert ran.told == "fail skip skip skip pass"


@JOBS
def test_only_what_is_planned_runs(jobs):
    """What was not asked for and is not needed is not run."""
    ran = Ran({}, jobs, plan=["t.c"])
    assert ran.workers.started == ["t.a", "t.c"]
    assert ran.told == "pass - pass - -"


@JOBS
@pytest.mark.parametrize(("cause", "told"), [(fails(), "pass fail skip - -"), (PASSES, "pass pass fail - -")])
def test_a_possible_cause_is_run_too(cause, told, jobs):
    """The check that may be a failure's cause is run although nobody asked for it."""
    assert Ran({"t.c": [fails(consequence_of="t.b")], "t.b": [cause]}, jobs, plan=["t.c"]).told == told


def test_a_possible_cause_is_run_after_a_second_try():
    """The possible cause is run too when the failure comes from a second try."""
    assert (
        Ran({"t.c": [UNSURE, fails(consequence_of="t.b")], "t.b": [fails()]}, plan=["t.c"]).told == "pass fail skip - -"
    )


# -- many submissions on the same workers ------------------------------------------------------------------------------

MANY = [made("t.a"), made("t.b", "t.a")]


def run_many(gradings, script: dict[str, list], jobs: int = 2) -> tuple[list, FakeWorkers]:
    """What the gradings return, in the order in which they end."""
    codelab = Codelab(Path(), Catalogue([Task("t", "T", tuple(MANY))]), {}, 0, {}, NOTHING, "", {})
    workers = FakeWorkers(jobs, script)
    return list(carried_out(codelab, gradings, workers)), workers


def submission(name: str, begun: list[str], steps: int = 1):
    """A grading of all checks, as often as there are steps; it returns its name and the letters of its verdicts."""
    begun.append(name)
    told = ""
    for _ in range(steps):
        outcome = yield Step(SETUP, ["t.a", "t.b"])
        told += "".join(result.status.value[0] for result in outcome.results)
    return name, told


@JOBS
def test_many_submissions(jobs):
    """Each of many submissions gets its own verdicts, whatever the number of workers and of steps."""
    begun: list[str] = []
    ended, _ = run_many((submission(str(number), begun, 1 + number % 3) for number in range(20)), {}, jobs)
    assert sorted(ended, key=lambda one: int(one[0])) == [
        (str(number), "pp" * (1 + number % 3)) for number in range(20)
    ]


def test_another_is_begun_only_when_there_is_nothing_else_to_do():
    """A submission is opened when no check of those that are open waits: memory does not grow with the class."""
    begun: list[str] = []
    codelab = Codelab(Path(), Catalogue([Task("t", "T", tuple(MANY))]), {}, 0, {}, NOTHING, "", {})
    gradings = (submission(str(number), begun) for number in range(50))
    for ended, _ in enumerate(carried_out(codelab, gradings, FakeWorkers(2, {})), start=1):
        assert len(begun) - ended <= 2


def test_one_without_a_step():
    """A submission that needs no check at all has its result, too."""

    def nothing_to_do():
        return "nothing"
        yield

    ended, workers = run_many([nothing_to_do(), nothing_to_do()], {})
    assert (ended, workers.started) == (["nothing", "nothing"], [])


def test_the_inconclusive_runs_alone_among_all():
    """A check that is tried again runs while no check of any other submission does."""
    gradings = (submission(name, []) for name in "abcd")
    ended, workers = run_many(gradings, {"t.b": [UNSURE, PASSES, PASSES, PASSES, PASSES]}, 2)
    assert sorted(ended) == [(name, "pp") for name in "abcd"]
    alone = workers.busy_at_start.index(1, 1)  # the first check of all is alone, too
    assert workers.started[alone] == "t.b"
    assert workers.busy_at_start[alone + 1] == 1  # and nothing was started beside it


def test_those_that_are_open_are_closed():
    """When one fails for good, the others are closed: what they have unpacked is removed."""
    closed = []

    def open_for_long():
        try:
            yield Step(SETUP, ["t.a"])
        finally:
            closed.append(True)

    def broken():
        yield Step(SETUP, ["t.a"])
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        run_many([broken(), open_for_long()], {}, 2)
    assert closed == [True]


# -- the order in which checks end -------------------------------------------------------------------------------------


def ended_in(
    order: tuple[int, ...], jobs: int, catalogue: Catalogue, says: dict[str, Callable[[Check], CheckResult]]
) -> list[tuple[str, Status, str, str]]:
    """The results when that many checks run at once, and of the running ones always the first by this order ends."""
    schedule = Schedule(catalogue, list(catalogue), Reporter())
    running: list[Check] = []
    while not schedule.done or running:
        while len(running) < jobs and (check := schedule.next()):
            running.append(check)
        if running:
            ended = min(running, key=lambda one: order[list(says).index(one.id)])
            running.remove(ended)
            schedule.take(ended, says[ended.id](ended))
    return [(one.id, one.status, one.caused_by, one.summary) for one in schedule.results()]


@pytest.mark.parametrize(
    "says",
    [
        pytest.param((fails(), fails(), fails(), PASSES), id="each fails by itself"),
        pytest.param((fails(), fails(consequence_of="d"), PASSES, fails()), id="a need points elsewhere"),
        pytest.param((fails(consequence_of="c"), PASSES, fails(), PASSES), id="what was pointed at needs it"),
        pytest.param((fails(), PASSES, fails(), fails(blocked_by="c")), id="what was pointed at lacks its need"),
        pytest.param((PASSES, fails(consequence_of="d"), PASSES, fails()), id="a consequence"),
        pytest.param((sees("d", blocks=True), fails(), sees("d"), PASSES), id="testimony of one that is skipped"),
    ],
)
def test_a_skip_names_the_same_reason_in_every_order(says):
    """The results are the same however many checks run at once, and in whatever order they end."""
    checks = (made("a"), made("b", "a"), made("c", "b"), made("d"))
    catalogue = Catalogue([Task("t", "T", checks)])
    told = dict(zip("abcd", says, strict=True))
    first = ended_in((0, 1, 2, 3), 1, catalogue, told)
    for jobs in (1, 2, 3, 4):
        for order in permutations(range(4)):
            assert ended_in(order, jobs, catalogue, told) == first, (jobs, order)


@JOBS
def test_what_waited_for_a_sleeping_program_is_a_skip(jobs):
    """Where the program sleeps before it answers, each check that waited for that is a skip that names the one about pace."""

    def slept(seconds: float) -> Callable[[Check], CheckResult]:
        return lambda one: replace(PASSES(one), asleep=seconds)

    def sleeps(one: Check) -> CheckResult:
        told = fails(blocks=False)(one)
        return replace(told, failure=SLEEPS, asleep=3.0)

    ran = Ran(
        {"t.a": [slept(0.1)], "t.b": [sleeps], "t.c": [slept(3.0)], "t.d": [slept(0.0)], "t.e": [slept(2.0)]}, jobs
    )
    assert ran.told == "pass fail skip skip skip"
    assert {ran.results[one].caused_by for one in ("t.c", "t.d", "t.e")} == {"t.b"}
