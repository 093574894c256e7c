"""One check on a page: its verdict in a line, and the evidence of a failure, ready for the template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from grader.model.answer import WrittenAnswer
from grader.model.evidence import Evidence, Excerpt, Screenshot, StackFrame, StuckThread
from grader.model.verdict import Where
from grader.reports.html.conversation import Conversation, Turn
from grader.reports.html.diagram import NARROW, Diagram, diagram
from grader.reports.html.source import SourceLine, colored
from grader.results.graded import Review
from grader.text.prose import GUIDE, Paragraph, count, paragraphs, reading, shorten
from grader.text.width import columns

_VALUE, _PROSE = 240, 2_000  # characters of an expected or observed value; of a hint or a note
_LINES, _LINE, _OUTPUT = 200, 500, 30_000  # a program's output: last lines, characters of a line, of all
_VERDICTS = {
    "pass": ("✓", "passed", "pass"),
    "fail": ("✗", "failed", "fail"),
    "skip": ("–", "skipped", "not-run"),  # noqa: RUF001 - the dash is meant
    "review": ("?", "awaits review", "review"),
    "error": ("!", "no verdict", "error"),
}


class ListingView(NamedTuple):
    """Pieces of a student's file, in colours."""

    caption: str
    pieces: list[list[SourceLine]]


class ThreadView(NamedTuple):
    """A thread of a program that is stuck. `opened`: it stands at the failure's own line."""

    name: str
    waits: str
    own: list[StackFrame]
    others: int  # stack frames in libraries
    opened: bool


class ScreenView(NamedTuple):
    """A terminal: the rows above the cursor, its own row in three parts, and those below."""

    who: str
    above: list[str]
    before: str
    at: str
    after: str
    below: list[str]


@dataclass(frozen=True)
class EvidenceView:
    """The evidence of a failed check. `above` is the check above that already explains the same cause."""

    expected: str
    seen: str
    likely: str
    section: str
    above: str
    place: str
    listings: list[ListingView]
    of_client: bool  # only the student's client was run
    drawing: Diagram | None
    narrow: Diagram | None  # for phones
    turns: list[Turn]
    threads: list[ThreadView]
    screens: list[ScreenView]
    printed: list[str]


@dataclass(frozen=True)
class AnswerView:
    """An answer that a person judges, the function that it is about, and the reviewer's comment."""

    text: str
    about: ListingView | None
    comment: str


@dataclass(frozen=True)
class CheckView:
    """One check on a page."""

    check: Mapping[str, Any]
    guide: list[tuple[str, list[Paragraph]]]  # headings and their text
    sign: str
    word: str
    kind: str  # the verdict's CSS class
    worth: str
    notes: list[str]
    caused_by: str  # the failed check for which it was skipped
    evidence: EvidenceView | None
    answer: AnswerView | None

    @property
    def opened(self) -> bool:
        """Whether it is unfolded."""
        return self.check["status"] == "fail" or bool(self.answer and self.answer.comment)


def check_view(
    check: Mapping[str, Any],
    guide: Mapping[str, str],
    exhibits: Evidence,
    review: Review | None,
    above: str,
    caused_by: str,
) -> CheckView:
    """One check of a report with its review; `above` and `caused_by` are checks that explain its cause."""
    sign, word, kind = _VERDICTS[check["status"]]
    if check["status"] == "fail" and not check["points"]:
        kind = "advice"
    if review:
        word = "judged: in part" if 0 < check["earned"] < check["points"] else f"judged: {word}"
    answer = _answer(check, review) if review or check["status"] == "review" else None
    evidence = _evidence(check, exhibits, guide, above) if check["status"] == "fail" and not answer else None
    notes = [] if answer else [shorten(note, "", _PROSE) for note in check["notes"]]
    parts = [(heading, paragraphs(guide[key])) for key, heading in GUIDE.items() if guide.get(key)]
    return CheckView(check, parts, sign, word, kind, _worth(check), notes, caused_by, evidence, answer)


def _worth(check: Mapping[str, Any]) -> str:
    if check["points"]:
        return f"{'?' if check['status'] in ('review', 'error') else check['earned']}/{check['points']}"
    return "advice" if check["wanted"] else "needed"


def where(check: Mapping[str, Any]) -> Where | None:
    """The line that a failure is about."""
    return Where(**check["where"]) if check["where"] else None


def _evidence(check: Mapping[str, Any], exhibits: Evidence, guide: Mapping[str, str], above: str) -> EvidenceView:
    place, observed = where(check), check["observed"] or check["summary"]
    conversation = Conversation.of(check, exhibits)
    return EvidenceView(
        expected=shorten(check["expected"], observed, _VALUE),
        seen=shorten(observed, check["expected"], _VALUE),
        likely=shorten(check["hint"], "", _PROSE),
        section=reading(guide.get("codelab", "")),
        above=above,
        place=f"{place.file}, line {place.line}" if place else "",
        listings=[] if above else _listings(exhibits.excerpts),
        of_client=check["runs"] == "client",
        drawing=diagram(conversation) if conversation.events else None,
        narrow=diagram(conversation, NARROW) if conversation.events else None,
        turns=list(conversation.turns()),
        threads=[] if above else [_thread(item, place) for item in exhibits.threads],
        screens=[_screen(item) for item in exhibits.screens],
        printed=[] if above else _last_lines(_beside(check["program_output"], exhibits.screens)),
    )


def _listings(excerpts: Iterable[Excerpt]) -> list[ListingView]:
    """One listing per file, in order of appearance."""
    by_file: dict[str, list[Excerpt]] = {}
    for excerpt in excerpts:
        by_file.setdefault(excerpt.file, []).append(excerpt)
    return [
        ListingView(_caption(file, pieces), [_colored(piece) for piece in pieces]) for file, pieces in by_file.items()
    ]


def _caption(file: str, pieces: Iterable[Excerpt]) -> str:
    numbers = [str(number) for piece in pieces for number in piece.marked]
    if len(numbers) < 2:
        return ", line ".join([file, *numbers])
    return f"{file}, lines {', '.join(numbers[:-1])} and {numbers[-1]}"


def _colored(piece: Excerpt) -> list[SourceLine]:
    return colored(piece.lines, piece.first, piece.marked)


def _thread(thread: StuckThread, place: Where | None) -> ThreadView:
    own = [frame for frame in thread.frames if frame.own]
    at_the_place = any(Where(one.file, one.line) == place for one in own)
    return ThreadView(thread.name, thread.waits_for, own, len(thread.frames) - len(own), at_the_place)


def _screen(screen: Screenshot) -> ScreenView:
    rows = [*screen.lines, *[""] * (screen.row + 1 - len(screen.lines))]
    row = rows[screen.row]
    place = next((at for at in range(len(row)) if columns(row[:at]) >= screen.column), len(row))
    before = row[:place] + " " * (screen.column - columns(row[:place]))  # padding where the row is shorter
    return ScreenView(
        screen.who, rows[: screen.row], before, row[place : place + 1] or " ", row[place + 1 :], rows[screen.row + 1 :]
    )


def _beside(output: str, screens: Iterable[Screenshot]) -> str:
    """A program's output, unless the screens that are shown contain all of it."""
    rows = {row.strip() for screen in screens for row in screen.lines}
    return "" if {line.strip() for line in output.split("\n")} <= {*rows, ""} else output


def _last_lines(output: str) -> list[str]:
    """The end of a program's output, after a line that counts what is left out."""
    lines = output.rstrip().split("\n") if output.strip() else []
    kept, room = [], _OUTPUT
    for line in reversed(lines[-_LINES:]):
        kept.append(shorten(line.rstrip("\r"), "", _LINE))
        room -= len(kept[-1])
        if room < 0:
            break
    left_out = len(lines) - len(kept)
    return ([f"({count(left_out, 'more line')} above)"] if left_out else []) + kept[::-1]


def _answer(check: Mapping[str, Any], review: Review | None) -> AnswerView:
    about = WrittenAnswer.of(check["answer"]).about if check["answer"] else None
    listing = ListingView(about.caption, [colored(about.code.split("\n"), about.line)]) if about else None
    return AnswerView(shorten(check["observed"], "", _PROSE), listing, review.comment if review else "")
