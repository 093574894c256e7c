"""What becomes of a check: its status, and of a failure what was expected, what was seen, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum

from grader.model.answer import WrittenAnswer
from grader.model.evidence import Evidence, StuckThread
from grader.model.kinds import Cause, Filled, Kind
from grader.model.message import Message, Value, joined


class Status(str, Enum):
    """The verdict on one check. `review` awaits a person; `error` is the grader's own fault or the machine's."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    SKIP = "skip"
    REVIEW = "review"
    ERROR = "error"


@dataclass(frozen=True)
class Where:
    """A line in the student's own file."""

    file: str
    line: int


@dataclass(frozen=True)
class Event:
    """One thing that happened on a connection, for people to read.

    `t` is in seconds since the server listened. `dir` is one of: in (the peer got it), out (the peer sent it), note
    (connected, closed, ...). `mark` is a remark at the moment that went wrong.
    """

    t: float
    who: str
    dir: str
    data: str
    mark: str = ""


@dataclass(frozen=True)
class Failure:
    """What was expected, what was seen, and what it probably means.

    A sentence in which something varies from student to student is a `Message`; one that is always the same is a plain string.
    """

    summary: str
    expected: str
    observed: str
    hint: str = ""
    where: Where | None = None
    event: int | None = None  # the place in the transcript that shows it
    mark: str = ""  # the remark to put there
    blocks: bool = True  # whether checks that need this one are skipped
    consequence_of: str = ""  # a check id: if that one failed, this failure is its consequence and counts as a skip
    recipient: str = ""  # who should have got what never came
    threads: tuple[StuckThread, ...] = ()  # of the program that did not go on
    step: str = ""  # of a check that goes through several, the one that went wrong
    answer: WrittenAnswer | None = None  # that a person must judge
    kind: Filled | None = None  # of which the sentences are made; None: a check has its own
    cause: Filled | None = None  # that the hint tells, alone or beside a check's own
    blocked_by: str = ""  # a check id: the same, if it failed because nothing gets through at all
    spreads: bool = True  # whether this failure shows that nothing gets through at all

    @classmethod
    def of(cls, kind: Kind, where: Where | None = None, **values: Value) -> Failure:
        """The failure of this kind with these values, without a hint."""
        return cls(*kind.sentences(values), where=where, kind=Filled(kind, tuple(values.items())))

    def with_cause(self, cause: Cause, **values: Value) -> Failure:
        """The failure with this cause as its hint, in place of any other."""
        return replace(self, hint=cause.sentence(values), cause=Filled(cause, tuple(values.items())))

    def and_cause(self, cause: Cause, **values: Value) -> Failure:
        """The failure with this cause after the hint that it has."""
        caused = self.with_cause(cause, **values)
        if cause is not Cause.WAITS or not self.hint:
            return replace(caused, hint=joined(self.hint, caused.hint))
        where = Message("; {cause}", cause=Message.of(caused.hint))
        return replace(caused, hint=Message("{hint}{where_it_waits}", hint=Message.of(self.hint), where_it_waits=where))

    def and_seen(self, more: str, by: str = "; ") -> Failure:
        """The failure with this after what was observed."""
        return replace(self, observed=joined(self.observed, more, by))

    @property
    def messages(self) -> dict[str, Message]:
        """The sentences by the names of their fields: two failures are of one kind if all templates are equal."""
        said = {"summary": self.summary, "expected": self.expected, "observed": self.observed, "hint": self.hint}
        return {name: Message.of(sentence) for name, sentence in said.items()}


@dataclass(frozen=True)
class Sighting:
    """What a check has seen that makes the check `check_id` fail, with the evidence of that room.

    If one of the checks `unless` has failed, that is the cause, and this counts for nothing.
    """

    check_id: str
    failure: Failure
    unless: tuple[str, ...] = ()
    transcript: tuple[Event, ...] = ()
    program_output: str = ""
    exhibits: Evidence = field(default_factory=Evidence)


@dataclass
class CheckResult:
    """The verdict on one check of one run, with the evidence."""

    id: str
    title: str
    runs: str
    points: int
    status: Status
    seconds: float = 0.0
    failure: Failure | None = None
    needs: tuple[str, ...] = ()
    caused_by: str = ""  # the failed check that made this one a skip
    summary: str = ""
    notes: tuple[str, ...] = ()
    program_output: str = ""
    transcript: tuple[Event, ...] = ()
    exhibits: Evidence = field(default_factory=Evidence)  # of a failure
    absent: bool = False  # what it asks for may be left out, and was: neither passed nor failed
    wanted: bool = True  # False: it ran only because another check needs it, and gives no points
    testimony: tuple[Sighting, ...] = ()
    asleep: float = 0.0  # seconds of waiting in which the program slept or ran in circles; what was for nothing, twice
    spins: bool = False  # the program was found in an endless loop
    inconclusive: bool = False  # an error for want of evidence, mostly of time; tried again alone, it may get a verdict

    def failed_by(self, witness: str, seen: Sighting) -> CheckResult:
        """The result, turned into a failure by what the check `witness` has seen."""
        failure = seen.failure
        if witness != self.id:
            failure = failure.and_seen(Message("seen in {check}", check=witness))
        return replace(
            self, status=Status.FAIL, failure=failure, summary=failure.summary, transcript=seen.transcript,
            program_output=seen.program_output, exhibits=seen.exhibits, testimony=(),
        )  # fmt: skip

    @property
    def earned(self) -> int:
        """The points it gives: all or nothing."""
        return self.points if self.status is Status.PASS else 0


CUT = re.compile(r" \.\.\. \(cut after [\d,]{1,9} characters of ([\d,]{1,19} bytes)\)\Z")
"""How the text of a longer event ends: the group is the length of the whole."""
