"""Grade the submissions of tests/corpus and compare with the verdicts written beside them.

`python tests verdicts [--times N] [--isolation LEVEL] [--jobs N] [NAME...]` prints every difference; the tests use the same
functions. However many are graded, they share the workers of one run, as a class does.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.cli.options import OWN_PYTHON, RunOptions
from grader.cli.request import class_request
from grader.installed import load
from grader.model.report import Report
from grader.reports.json import to_dict
from grader.run.grading import GradingRequest, grading
from grader.run.runner import Grading, run_all, workers_for
from grader.run.schedule import Reporter
from grader.submission import intake
from support import corpus
from support.corpus import NAMES, PROGRAMS, description, folder_of, programs

SERVERS = PROGRAMS[::2]
ADVICE = {"task1.client-server-gone", "task2.only-newline", "task4.stalled-reader"}
STATUSES = ("skip", "review", "error", "fail")  # a later one counts
LAB = load()


def path_of(name: str) -> Path:
    """What is graded: the folder, or the only program in it, so that nothing is asked of the one that is not there."""
    found = programs(name)
    return folder_of(name) / found[0] if len(found) == 1 else folder_of(name)


def expected(name: str) -> dict[str, str]:
    """Check id -> status of every check that must not pass; "*" among the skips stands for all others of its kind."""
    told = description(name)
    verdicts = {check: status for status in STATUSES for check in told.get(status, [])}
    if verdicts.pop("*", None):
        verdicts = {check: verdicts.get(check, "skip") for check in graded(name)}
    return verdicts


def graded(name: str) -> list[str]:
    """The ids of the checks that are run on it."""
    handed_in = programs(name)
    kinds = {"server" if file in SERVERS else "client" for file in handed_in}
    kinds |= {"both"} if len(handed_in) > 1 else set()
    kinds |= {"answers"} if len(handed_in) != 1 else set()
    bonus = is_framed(name)
    return [check.id for check in LAB.catalogue if check.runs in kinds and (check.task == "task5") is bonus]


def is_framed(name: str) -> bool:
    """Whether it is a submission for Task 5 alone."""
    return not set(programs(name)) & set(PROGRAMS[:2])


def is_right(name: str) -> bool:
    """Whether it must score full marks, or wait for a person."""
    return all(check in ADVICE or status == "review" for check, status in expected(name).items())


def core() -> dict[str, list[str]]:
    """Few submissions that go a long way: name -> the checks of it that are worth running where time is short.

    Each check that any of them fails is failed there, and each is passed by two right ones, of which all checks are run.
    """
    wrong = _cover({name: failed(name) for name in NAMES})
    right = _cover(passes := {name: passed(name) for name in NAMES})
    right += _cover({name: checks for name, checks in passes.items() if name not in right})
    return {name: graded(name) if name in right else sorted(failed(name)) for name in sorted({*wrong, *right})}


def failed(name: str) -> set[str]:
    """The checks that it must fail."""
    return {check for check, status in expected(name).items() if status == "fail"}


def passed(name: str) -> set[str]:
    """The checks that it must pass as one of the right submissions; none if it is a wrong one."""
    return set(graded(name)) - expected(name).keys() if is_right(name) else set()


def _cover(covered: Mapping[str, set[str]]) -> list[str]:
    """The greedy cover: whichever has the most of what is left, until nothing is."""
    left: set[str] = set().union(*covered.values())
    chosen: list[str] = []
    while left:
        chosen.append(max(covered, key=lambda name: (len(covered[name] & left), -len(covered[name]))))
        left -= covered[chosen[-1]]
    return chosen


# -- grading -----------------------------------------------------------------------------------------------------------


def reports(
    asked_for: Mapping[str, Sequence[str]],
    *,
    isolation: str = "auto",
    jobs: int = 0,
    terminal: str = "auto",
    python: str = "",
) -> Iterator[tuple[str, Report]]:
    """Grade them all in one run, each in these checks or, without any, in all; a name with its report as soon as it is there."""
    asked = [
        (name, replace(_request(name, terminal, python or OWN_PYTHON), only=tuple(only)))
        for name, only in asked_for.items()
    ]
    setup = asked[0][1].setup(corpus.CORPUS, {})
    with workers_for(LAB, setup, isolation, jobs, corpus.places()) as workers:
        yield from run_all(LAB, (_one(name, request) for name, request in asked), workers)


def _request(name: str, terminal: str, python: str) -> GradingRequest:
    """What `chatgrade all` or, for Task 5's programs, `chatgrade task5` asks of it; the seed is another one each time."""
    tasks = (LAB.bonus,) if is_framed(name) else tuple(task.id for task in LAB.catalogue.tasks)
    options = RunOptions(seed=None, python=python, config=None, terminal=terminal, jobs=None, quiet=True, no_color=True)
    return class_request(LAB, tasks, [path_of(name)], options)


def _one(name: str, request: GradingRequest) -> Grading[tuple[str, Report]]:
    with intake.taken_in(path_of(name)) as taken:
        return name, (yield from grading(LAB, request, taken, Reporter()))


# -- comparing ---------------------------------------------------------------------------------------------------------


def checks_of(report: Report) -> dict[str, dict[str, Any]]:
    """Check id -> its part of the report, as data."""
    return {check["id"]: check for task in to_dict(report)["tasks"] for check in task["checks"]}


def verdicts(checks: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Check id -> status of every check that did not pass; what may be left out, and was, is no verdict."""
    return {
        check_id: check["status"]
        for check_id, check in checks.items()
        if check["status"] != "pass" and not check["summary"].startswith("not handed in")
    }


def difference(name: str, report: Report, only: Sequence[str] = ()) -> list[str]:
    """One line for each check whose verdict is not the expected one, or that is told in other words than it should be.

    With `only`, what is said of other checks, and of the submission as a whole, is no matter.
    """
    about = description(name)
    asked = set(only) or {*checks_of(report), *expected(name)}
    checks = {check_id: check for check_id, check in checks_of(report).items() if check_id in asked}
    wanted = {check_id: status for check_id, status in expected(name).items() if check_id in asked}
    got = verdicts(checks)
    wrong = [
        f"{check_id} must be {wanted.get(check_id, 'pass')}, is {got.get(check_id, 'pass')}: "
        f"{checks[check_id]['summary']} | {checks[check_id]['observed']} | {checks[check_id]['hint']}"
        for check_id in sorted(wanted.keys() | got.keys())
        if wanted.get(check_id, "pass") != got.get(check_id, "pass")
    ]
    for check_id, parts in {one: about["told"][one] for one in about.get("told", {}) if one in checks}.items():
        for part, words in parts.items():
            said = _said(name, checks[check_id], part)
            wrong += [f"{check_id}: {part} must have {one!r}: {said}" for one in _each(words) if one not in said]
    for words in about.get("never", ()):
        told = {check_id: f"{check['observed']} | {check['hint']}" for check_id, check in checks.items()}
        wrong += [f"{check_id} must not have {words!r}: {said}" for check_id, said in told.items() if words in said]
    if not only and (words := about.get("note")) and not any(words in note for note in report.notes):
        wrong.append(f"no note has {words!r}: {report.notes}")
    return [f"{name} (seed {report.run.seed}): {line}" for line in wrong]


def _each(words: str | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else words


def _said(name: str, check: dict[str, Any], part: str) -> str:
    """What a check's report says in a part: a text of its own, the line of the program it points at, or what is marked."""
    if part == "line":
        where = check["where"]
        return corpus.files(name)[where["file"]].decode().splitlines()[where["line"] - 1] if where else ""
    if part == "mark":
        marked = [event for event in check["transcript"] if event.get("mark")]
        return "; ".join(f"{event['data']}: {event['mark']}".replace(event["who"], "WHO") for event in marked)
    return str(check[part])


def main() -> int:
    """Grade all, or those named, some times over; print what differs and how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--terminal", default="auto", help="pty or pipes")
    parser.add_argument("--isolation", default="auto", help="full, network or none")
    parser.add_argument("--python", default="", help="the Python that runs the submissions, if not the usual one")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="checks at a time; else one per processor")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no such submission: {', '.join(sorted(unknown))}")
    chosen = {key: getattr(arguments, key) for key in ("terminal", "isolation", "python", "jobs")}
    wrong = 0
    for turn in range(1, arguments.times + 1):
        started = time.monotonic()
        found = 0
        for name, report in reports(dict.fromkeys(arguments.names, ()), **chosen):
            for line in difference(name, report):
                print(line, flush=True)
                found += 1
        wrong += found
        seconds = time.monotonic() - started
        print(f"turn {turn}: {len(arguments.names)} submissions, {found} differences, {seconds:.0f} s", flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
