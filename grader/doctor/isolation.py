"""Each level of isolation, tried as a run would enter it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

from grader.doctor import linux
from grader.doctor.finding import Finding, Level, Machine
from grader.isolation.levels import LEVELS
from grader.model.errors import GraderError, NotPermitted, in_words
from grader.model.setup import RunSpec
from grader.run.pool import Workers
from grader.submission import temporary
from grader.system import ports
from grader.system.processes import LINUX

Outcome = str | GraderError
"""The gaps of a level, or the error that prevents it on this machine."""


def tried(machine: Machine) -> dict[str, Outcome]:
    """The outcome of each level, the best first."""
    return {level: _tried(level, machine) for level in LEVELS}


def best(outcomes: Mapping[str, Outcome]) -> str:
    """The level that `auto` takes; empty if none works."""
    return next((level for level, outcome in outcomes.items() if isinstance(outcome, str)), "")


def levels(outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    """A finding for each level."""
    for level, outcome in outcomes.items():
        subject = f"isolation {level}"
        if isinstance(outcome, str):
            yield Finding(Level.OK, subject, "works", outcome or "strangers' programs may be graded")
        else:
            nothing_left = level == LEVELS[-1] and not best(outcomes)
            grave = Level.TROUBLE if nothing_left else Level.WARNING
            yield Finding(grave, subject, str(outcome), _without_full(outcome) if level == "full" else "")


def _tried(level: str, machine: Machine) -> Outcome:
    settings = machine.settings
    try:
        if level == "none" and ports.who_listens(settings.port):
            return GraderError(f"not while port {settings.port} is taken")
        with temporary.folder() as scratch:
            setup = RunSpec(scratch, {}, machine.python, settings.port, settings.wording, 0, limits=settings.limits)
            with Workers(machine.codelab, setup, scratch, level, 1, within=machine.within) as workers:
                return "; ".join(workers.leaves_open)
    except GraderError as error:
        return error.__cause__ if isinstance(error.__cause__, GraderError) else error
    except Exception as error:  # noqa: BLE001 - any error means that the level does not work
        return GraderError(in_words(error))


def _without_full(reason: GraderError) -> str:
    """The consequences of having no sandbox, and advice where only permission is missing."""
    meaning = "`chatgrade batch` grades no class, unless --isolation accepts less"
    whole = LINUX and shutil.which("bwrap") and not linux.refused_namespaces()
    advice = linux.for_containers() if whole and isinstance(reason, NotPermitted) else ""
    return f"{meaning}; {advice}" if advice else meaning
