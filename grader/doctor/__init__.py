"""What this machine can do, and what that means for grading: tried where it can be tried, told as findings.

A probe that fails is a finding, too. None may wait without an end, or leave anything behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from grader.doctor import isolation, linux, pythons, surroundings
from grader.doctor.finding import Finding, Level, Machine
from grader.model.errors import in_words
from grader.system.processes import LINUX

Probe = Callable[[Machine], Iterator[Finding]]


@dataclass(frozen=True)
class Examination:
    """All that was found, and the level of isolation that `auto` takes here; empty: there is none."""

    findings: tuple[Finding, ...]
    isolation: str

    @property
    def can_grade(self) -> bool:
        """Whether anything can be graded here."""
        return all(one.level is not Level.TROUBLE for one in self.findings)

    @property
    def conclusion(self) -> str:
        """What all of it comes to, in a sentence."""
        if not self.can_grade:
            return f"Nothing can be graded here until what is marked `{Level.TROUBLE.value}` is mended."
        takes = f"--isolation auto takes `{self.isolation}` here"
        if self.isolation == "full":
            return f"{takes}: the programs of strangers and of a whole class may be graded."
        return (
            f"{takes}: grade programs that you trust. `chatgrade batch` needs `full`, unless --isolation {self.isolation} "
            "accepts for the class what that leaves open."
        )


def examine(machine: Machine) -> Examination:
    """Look at all of it."""
    outcomes = isolation.tried(machine)
    best = isolation.best(outcomes)
    probes: dict[str, Probe] = {
        "chatgrade": surroundings.tool,
        "Python": pythons.found,
        "isolation": lambda _: isolation.levels(outcomes),
        **(linux.PROBES if LINUX else {}),
        "terminals": surroundings.terminals,
        "locale": surroundings.words,
        "/proc": surroundings.processes,
        "TMPDIR": surroundings.ignored_place,
        "temporary files": surroundings.room,
        "limits": surroundings.limits,
        "port": partial(surroundings.port, level=best),
        "processors": surroundings.power,
        "Dask": surroundings.cluster,
    }
    findings = [one for subject, probe in probes.items() for one in _found(subject, probe, machine)]
    return Examination(tuple(findings), best)


def _found(subject: str, probe: Probe, machine: Machine) -> Iterator[Finding]:
    try:
        yield from probe(machine)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other probes have something to tell
        yield Finding(Level.WARNING, subject, f"cannot be told: {in_words(error)}")
