"""What is run of what was asked for: which checks make sense for what was handed in, and what was left out.

A bonus task may be left out. Where its programs are not there, the usual ones may be meant for it, too: that is decided by
talking to them once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from grader.model.catalogue import Check
from grader.model.codelab import Codelab
from grader.model.errors import UsageError
from grader.model.report import NOT_HANDED_IN
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult, Status
from grader.run.runner import Grading, Step
from grader.submission import reading


@dataclass(frozen=True)
class Plan:
    """The checks to run, with what; and the results of those that are not run, because what they ask for was left out."""

    wanted: list[str]
    setup: RunSpec
    absent: list[CheckResult]
    notes: tuple[str, ...] = ()


def plan(codelab: Codelab, tasks: tuple[str, ...], only: tuple[str, ...], path: Path, setup: RunSpec) -> Grading[Plan]:
    """Decide what to run, in a step if that must be tried; UsageError if it is nothing."""
    if tasks == (codelab.bonus,) and path.is_file():
        setup = _in_bonus_roles(codelab, setup)
    wanted = _asked_for(codelab, tasks, only)
    setup, notes, reasons = yield from _with_usual_programs(codelab, wanted, setup)
    there = _runnable(codelab, wanted, setup)
    if not path.is_dir() and not only:
        wanted = [check for check in there if check.runs != "answers"]
    absent = [check for check in wanted if check.task == codelab.bonus and check not in there]
    if not wanted or len(absent) == len(wanted):
        raise UsageError(_nothing_to_grade(codelab, path, reasons))
    results = [
        CheckResult(
            one.id, one.title, one.runs, one.points, Status.SKIP, needs=one.needs, summary=NOT_HANDED_IN, absent=True
        )
        for one in absent
    ]
    return Plan([check.id for check in wanted if check not in absent], setup, results, notes)


def _in_bonus_roles(codelab: Codelab, setup: RunSpec) -> RunSpec:
    return replace(setup, files={codelab.bonus_role(role): file for role, file in setup.files.items()})


def _asked_for(codelab: Codelab, tasks: tuple[str, ...], only: tuple[str, ...]) -> list[Check]:
    return [codelab.catalogue[check_id] for check_id in only] or [one for one in codelab.catalogue if one.task in tasks]


def _runnable(codelab: Codelab, checks: list[Check], setup: RunSpec) -> list[Check]:
    """The checks whose programs are all there."""
    return [check for check in checks if _roles(codelab, check) <= setup.files.keys()]


def _nothing_to_grade(codelab: Codelab, path: Path, reasons: list[str]) -> str:
    names = " and no ".join(codelab.files[role] for role in codelab.extras)
    usual = "".join(f" {reason}." for reason in reasons)
    return f"{path}: there is nothing to grade in it: no {names}.{usual} --server and --client name others."


def _roles(codelab: Codelab, check: Check) -> set[str]:
    """The programs that a check runs."""
    usual = {"server": {"server"}, "client": {"client"}, "both": {"server", "client"}}.get(check.runs, set())
    return {codelab.bonus_role(role) for role in usual} if check.task == codelab.bonus else usual


def _with_usual_programs(
    codelab: Codelab, wanted: list[Check], setup: RunSpec
) -> Grading[tuple[RunSpec, tuple[str, ...], list[str]]]:
    """The setup in which the usual programs play the bonus roles, too, if such are wanted, none was handed in, and they can.

    With it come the notes on those that do, and the reasons why others do not.
    """
    candidates, reasons = _candidates(codelab, wanted, setup)
    if not candidates:
        return setup, (), reasons
    trial = replace(setup, files={**setup.files, **candidates})
    first = {role: _first_of_bonus(codelab, role) for role in candidates}
    outcome = yield Step(trial, list(first.values()))
    results = {result.id: result for result in outcome.results}
    notes: list[str] = []
    attempted: dict[str, Path] = {}
    for role, file in candidates.items():
        result = results[first[role]]
        if result.status is Status.PASS or (result.failure and result.failure.attempted):
            attempted[role] = file
            notes.append(f"took {file.name} for the {role.replace('_', ' ')}: it speaks so")
        else:
            found = result.failure.hint if result.failure else result.summary
            reasons.append(f"{file.name} was tried as well: {found}")
    return replace(setup, files={**setup.files, **attempted}), tuple(notes), reasons


def _candidates(codelab: Codelab, wanted: list[Check], setup: RunSpec) -> tuple[dict[str, Path], list[str]]:
    """The usual programs that may be meant for the bonus roles, by their sources, and the reasons why others are not."""
    if codelab.extras.keys() & setup.files or all(check.task != codelab.bonus for check in wanted):
        return {}, []
    usual = {role: setup.files[extra.like] for role, extra in codelab.extras.items() if extra.like in setup.files}
    candidates = {
        role: file for role, file in usual.items() if reading.source_matches(file, codelab.extras[role].source)
    }
    reasons = [
        f"{file.name} {codelab.extras[role].otherwise}" for role, file in usual.items() if role not in candidates
    ]
    return candidates, reasons


def _first_of_bonus(codelab: Codelab, role: str) -> str:
    """The id of the first check of the bonus task that runs this program alone."""
    return next(
        check.id for check in codelab.catalogue if check.task == codelab.bonus and _roles(codelab, check) == {role}
    )
