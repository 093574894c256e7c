"""The abilities of this machine and their meaning for grading, as findings; tried rather than assumed where possible.

A probe that fails is a finding, too. No probe may wait forever, or leave anything behind.
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
    """All findings, and the level of isolation that `auto` takes here (empty: none is possible)."""

    findings: tuple[Finding, ...]
    isolation: str

    @property
    def can_grade(self) -> bool:
        """Whether this machine can grade."""
        return all(finding.level is not Level.TROUBLE for finding in self.findings)

    @property
    def conclusion(self) -> str:
        """The conclusion from all findings, in a sentence."""
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
    """Run all probes."""
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
    findings = [finding for subject, probe in probes.items() for finding in _findings(subject, probe, machine)]
    return Examination(tuple(findings), best)


def _findings(subject: str, probe: Probe, machine: Machine) -> Iterator[Finding]:
    try:
        yield from probe(machine)
    except Exception as error:  # noqa: BLE001 - a failed probe must not stop the others
        yield Finding(Level.WARNING, subject, f"cannot be told: {in_words(error)}")
