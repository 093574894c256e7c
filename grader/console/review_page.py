"""The view of one group of answers, as lines of a given width. Pure: a sitting in, styled lines out.

Students' text is made harmless by `sinks.terminal`, line by line. Every colour comes with a sign of the same meaning.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.text import Text

from grader.results import similar_answers
from grader.results.graded import Review
from grader.results.review import AwaitedAnswer, Group, Sitting, identical
from grader.text import sinks
from grader.text.prose import count
from grader.text.width import breaks, columns

SIDE_BY_SIDE = 120  # columns; wide enough for the function beside the answers
HELP = (
    ("0 1 2 ...", "give so many points to all the answers shown, and go to the next that awaits"),
    ("Enter", "give full points"),
    ("c", "comment: kept with the points, or at once where they are given; Ctrl-C leaves it as it was"),
    ("s", "split: judge these answers one by one"),
    ("n p", "the next, the previous one (the arrows right and left, too)"),
    ("u", "take the last step back: points, comment or split"),
    ("o", "all answers in full, with who wrote them, or only the different wordings"),
    ("f", "the next function, where the students' functions differ"),
    ("space b", "further down and up (the arrows and the page keys, too)"),
    ("q", "quit: what is decided is kept, and the next review begins where this one ended"),
    ("{+ +}", "these words stand here, and not in the first answer"),
    ("[- -]", "these words stand in the first answer, and not here"),
)
_LABEL = 10
_FEW = 5  # names in one line
_MARKS = {"=": ("", "", ""), "+": ("{+", "+}", "bold green"), "-": ("[-", "-]", "red")}


@dataclass(frozen=True)
class View:
    """Options of the view: every answer or only different wordings, and which of the different functions."""

    every_answer: bool = False
    function: int = 0


class Pages:
    """Draws the groups of a sitting for a terminal of this encoding."""

    def __init__(self, sitting: Sitting, encoding: str) -> None:
        self._sitting, self._encoding = sitting, encoding
        self._same = {answer: same for same in identical(sitting.answers) for answer in same}
        self._bar = self.harmless("\u2502" if encoding.startswith("utf") else "|").plain

    def harmless(self, data: str, style: str = "") -> Text:
        """Foreign text as one harmless line."""
        return Text(sinks.terminal(data, self._encoding), style)

    def lines(self, width: int, view: View) -> list[Text]:
        """The current group: question, answers, authors, points; the function beside or below."""
        if width < SIDE_BY_SIDE:
            return [*self._judged(width, view), Text(), *self._function(width, view)]
        left = width * 11 // 20
        right = width - left - 3
        rows = zip_longest(self._judged(left, view), self._function(right, view), fillvalue=Text())
        return [Text.assemble(row, " " * (left - columns(row.plain)), f" {self._bar} ", code) for row, code in rows]

    def help(self, width: int) -> list[Text]:
        """The list of keys."""
        return [line for key, what in HELP for line in _entry(key, Text(what), width)]

    def _judged(self, width: int, view: View) -> list[Text]:
        group = self._sitting.group
        rows = [("question", self.harmless(group.check["title"])), ("", Text())]
        rows += self._answers(group) if view.every_answer else self._wordings(group)
        rows += [("identical", self._names(same, "the same words in ")) for same in self._elsewhere(group)]
        rows += [
            ("alike", self._alike(decision, answers))
            for decision, answers in self._sitting.decisions_on_similar(group).items()
        ]
        rows += self._decision_rows(group)
        return [line for label, body in rows for line in _entry(label, body, width)]

    def _wordings(self, group: Group) -> list[tuple[str, Text]]:
        first, *others = group.wordings()
        rows = [("answer", self.harmless(first[0].written.text)), ("", self._from(first))]
        for wording in others:
            rows += [("nearly", self._compared(wording[0], first[0])), ("", self._from(wording))]
        return rows

    def _answers(self, group: Group) -> list[tuple[str, Text]]:
        first = group.answers[0]
        rows = []
        for answer in group.answers:
            who = Text().append_text(self.harmless(answer.who, "bold"))
            rows += [
                ("answer", who.append_text(self.harmless(f", {answer.written.place}, hand-in {answer.key}"))),
                ("", self._compared(answer, first) if answer is not first else self.harmless(answer.written.text)),
            ]
        return rows

    def _compared(self, answer: AwaitedAnswer, first: AwaitedAnswer) -> Text:
        pieces = []
        for sign, piece in similar_answers.differences(answer.written.text, first.written.text):
            begin, end, style = _MARKS[sign]
            pieces.append(self.harmless(f"{begin}{piece}{end}", style))
        return Text(" ").join(pieces)

    def _from(self, answers: Sequence[AwaitedAnswer]) -> Text:
        """The authors of a wording, and its place if that is the same for all."""
        places = {answer.written.place for answer in answers}
        what = "identical words in " if len(answers) > 1 and answers[0] in self._same else ""
        names = Text("- ").append_text(self._names(answers, what))
        return names.append_text(self.harmless(f"; {places.pop()}")) if len(places) == 1 else names

    def _elsewhere(self, group: Group) -> list[tuple[AwaitedAnswer, ...]]:
        """Groups of answers in the same words that reach beyond this group."""
        groups = dict.fromkeys(self._same[answer] for answer in group.answers if answer in self._same)
        return [same for same in groups if not set(same) <= set(group.answers)]

    def _alike(self, decision: Review, answers: Sequence[AwaitedAnswer]) -> Text:
        return Text.assemble(self._decision(decision), " for answers like this: ", self._names(answers))

    def _decision_rows(self, group: Group) -> list[tuple[str, Text]]:
        decision, draft = self._sitting.decision_on(group), self._sitting.drafts.get(group)
        if decision:
            return [("given", self._decision(decision))]
        return [("comment", self.harmless(f"{draft} (waits for the points)"))] if draft else []

    def _decision(self, decision: Review) -> Text:
        points = self.harmless(count(decision.points, "point"), "bold")
        return points.append_text(self.harmless(f": {decision.comment}")) if decision.comment else points

    def _names(self, answers: Sequence[AwaitedAnswer], what: str = "") -> Text:
        names = ", ".join(answer.who for answer in answers[:_FEW])
        more = f" and {len(answers) - _FEW} more" if len(answers) > _FEW else ""
        number = f"{count(len(answers), 'hand-in')}: " if what or len(answers) > 1 else ""
        return Text.assemble((what + number, "bold yellow" if what else ""), self.harmless(names + more))

    def _function(self, width: int, view: View) -> list[Text]:
        functions = self._sitting.group.functions()
        group = functions[view.function % len(functions)]
        about = group[0].written.about
        if not about:
            return _entry("function", Text("none was found that this is about"), width)
        head = _entry("function", self.harmless(about.caption), width)
        if len(functions) > 1:
            whose = self._names(group).append(f"; {len(functions)} functions differ, f shows the next")
            head += _entry("", Text("- ").append_text(whose), width)
        elif len(group) > 1:
            head += _entry("", Text(f"- the same in all {len(group)} hand-ins"), width)
        lines = textwrap.dedent(about.code.expandtabs(4)).splitlines()
        return [*head, Text(), *(row for line in lines for row in self._code(line, width))]

    def _code(self, line: str, width: int) -> list[Text]:
        """A line of a program, indented since the left edge is ours; continuation lines are indented further."""
        text = line.lstrip(" ")
        start = 2 + min(len(line) - len(text), width // 2)
        rows = _wrapped(self.harmless(text), width - start - 4)
        return [Text(" " * (start if row is rows[0] else start + 4)).append_text(row) for row in rows]


def _entry(label: str, body: Text, width: int) -> list[Text]:
    rows = _wrapped(body, width - _LABEL)
    return [Text.assemble(((label if row is rows[0] else "").ljust(_LABEL), "bold"), row) for row in rows]


def _wrapped(text: Text, width: int) -> list[Text]:
    rows = list(text.divide(breaks(text.plain, max(width, 10))))
    for row in rows:
        row.rstrip()
    return rows
