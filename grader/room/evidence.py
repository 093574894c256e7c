"""The evidence recorder: keeps transcript, screens and excerpts of a check for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grader.diagnosis.excerpts import excerpts
from grader.model.evidence import Evidence, Screenshot
from grader.model.verdict import Event, Failure, Where
from grader.room.equipment import Equipment

if TYPE_CHECKING:
    from grader.programs.terminal import Terminal


class EvidenceRecorder:
    """Keeps what happened up to the verdict; what the grader does to the programs after it is no evidence."""

    def __init__(self, equipment: Equipment, terminals: Sequence[Terminal]) -> None:
        """`terminals` is read when the evidence ends, so clients that start later are included."""
        self._transcript, self._sources = equipment.transcript, equipment.sources
        self._terminals = terminals
        self._screens: tuple[Screenshot, ...] = ()

    def end(self) -> None:
        """End the transcript and keep the screens, as the verdict is reached; later calls do nothing."""
        self._transcript.end_here()
        self._screens = self._screens or tuple(terminal.screenshot() for terminal in self._terminals)

    def exhibits(self, failure: Failure) -> Evidence:
        """Excerpts, threads and screens for a failure's page; files are read as they were handed in."""
        stacks = [[Where(frame.file, frame.line) for frame in thread.frames if frame.own] for thread in failure.threads]
        places = next((stack for stack in stacks if failure.where in stack), [failure.where] if failure.where else [])
        return Evidence(excerpts(places, self._sources.lines_of), failure.threads, self._screens, failure.recipient)

    def events(self, failure: Failure | None) -> tuple[Event, ...]:
        """The transcript, with the failure's mark on its event."""
        return self._transcript.events(failure.event, failure.mark) if failure else self._transcript.beginning()
