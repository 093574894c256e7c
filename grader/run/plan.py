"""The plan of a grading: the requested checks whose programs were handed in.

The bonus task is optional. If its programs are missing, the usual ones may be meant for it, too: a trial check decides.
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
    """The ids of the checks to run and their setup; and the results of bonus checks whose programs are missing."""

    wanted: list[str]
    setup: RunSpec
    absent: list[CheckResult]
    notes: tuple[str, ...] = ()


def plan(codelab: Codelab, tasks: tuple[str, ...], only: tuple[str, ...], path: Path, setup: RunSpec) -> Grading[Plan]:
    """Decide which checks to run, if need be by a trial step. Raises UsageError when there are none."""
    if tasks == (codelab.bonus,) and path.is_file():
        setup = _in_bonus_roles(codelab, setup)
    wanted = _asked_for(codelab, tasks, only)
    setup, notes, reasons = yield from _with_usual_programs(codelab, wanted, setup)
    runnable = _runnable(codelab, wanted, setup)
    if not path.is_dir() and not only:
        wanted = [check for check in runnable if check.runs != "answers"]
    absent = [check for check in wanted if check.task == codelab.bonus and check not in runnable]
    if not wanted or len(absent) == len(wanted):
        raise _nothing_to_grade(codelab, path, reasons)
    results = [
        CheckResult(
            check.id,
            check.title,
            check.runs,
            check.points,
            Status.SKIP,
            needs=check.needs,
            summary=NOT_HANDED_IN,
            absent=True,
        )
        for check in absent
    ]
    return Plan([check.id for check in wanted if check not in absent], setup, results, notes)


def _in_bonus_roles(codelab: Codelab, setup: RunSpec) -> RunSpec:
    return replace(setup, files={codelab.bonus_role(role): file for role, file in setup.files.items()})


def _asked_for(codelab: Codelab, tasks: tuple[str, ...], only: tuple[str, ...]) -> list[Check]:
    by_id = [codelab.catalogue[check_id] for check_id in only]
    return by_id or [check for check in codelab.catalogue if check.task in tasks]


def _runnable(codelab: Codelab, checks: list[Check], setup: RunSpec) -> list[Check]:
    """The checks whose programs were all handed in."""
    return [check for check in checks if _roles(codelab, check) <= setup.files.keys()]


def _nothing_to_grade(codelab: Codelab, path: Path, reasons: list[str]) -> UsageError:
    names = " and no ".join(codelab.files[role] for role in codelab.extras)
    usual = "".join(f" {reason}." for reason in reasons)
    message = f"there is nothing to grade in it: no {names}.{usual} --server and --client name others."
    return UsageError(message, about=path)


def _roles(codelab: Codelab, check: Check) -> set[str]:
    """The roles of the programs that a check runs."""
    usual = {"server": {"server"}, "client": {"client"}, "both": {"server", "client"}}.get(check.runs, set())
    return {codelab.bonus_role(role) for role in usual} if check.task == codelab.bonus else usual


def _with_usual_programs(
    codelab: Codelab, wanted: list[Check], setup: RunSpec
) -> Grading[tuple[RunSpec, tuple[str, ...], list[str]]]:
    """The setup in which usual programs play bonus roles, too; notes on these programs; reasons why others do not.

    Only if bonus checks are wanted and no bonus program was handed in; each candidate must be seen to do what they are
    about: its trial check passes, or fails in a way that leaves the others their meaning.
    """
    candidates, reasons = _candidates(codelab, wanted, setup)
    if not candidates:
        return setup, (), reasons
    trial = replace(setup, files={**setup.files, **candidates})
    first = {role: _first_of_bonus(codelab, role) for role in candidates}
    outcome = yield Step(trial, list(first.values()))
    results = {result.id: result for result in outcome.results}
    notes: list[str] = []
    taken: dict[str, Path] = {}
    for role, file in candidates.items():
        result = results[first[role]]
        if result.status is Status.PASS or (result.failure and not result.failure.blocks):
            taken[role] = file
            notes.append(f"took {file.name} for the {role.replace('_', ' ')}: it speaks so")
        else:
            reason = result.failure.hint if result.failure else result.summary
            reasons.append(f"{file.name} was tried as well: {reason}")
    return replace(setup, files={**setup.files, **taken}), tuple(notes), reasons


def _candidates(codelab: Codelab, wanted: list[Check], setup: RunSpec) -> tuple[dict[str, Path], list[str]]:
    """The usual programs whose sources suit bonus roles, by role, and the reasons why others do not."""
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
    """The id of the first bonus check that runs only this role's program."""
    return next(
        check.id for check in codelab.catalogue if check.task == codelab.bonus and _roles(codelab, check) == {role}
    )
