"""What failures of several students have in common: the sentences of a report, parted where they vary.

The sentences are ours, in `tasks/` and `grader/model/kinds.py`; what varies in them are nicknames, numbers, quoted text, and
names and lines of the student's source. Two failures are alike if all the rest is equal. Pure: texts in, texts out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from grader.text.words import NAMES, WORDS

Signature = tuple[tuple[str, ...], ...]  # equal in all failures that are alike

OPEN = "\u2026"  # stands for what varies
_LONGEST = 1_000  # signs of a text that are looked at, half of them at its end
_LONGEST_SHOWN = 80  # signs of a piece that varies
_NICKNAME = re.compile(rf"\b(?i:{'|'.join(NAMES)})(?:\d+|[^\x00-\x7f])?(?!\w)")
_SAID = rf"\b(?i:{'|'.join(WORDS)})\b"
_PLACE = re.compile(r"(?<=.); it waits in line \d+: .*\Z", re.DOTALL)  # after a hint it only tells where
_VARIES = re.compile(
    r"((?<=it waits in line )\d+: .*"  # a line of the student's source, and the end of the sentence
    r"|\A.+(?= sends what was typed without a newline)|(?<=without a newline; append it: ).*"
    r"|\S+\(\)(?= (?:waits for|has already taken))|(?<=\(\) waits for )\S+(?= \(line )"
    r'|"(?![^"]{0,120}" instead).*"|(?<!\w)\'.*\'(?!\w)'  # but of a line in the wrong form, its form
    r"|\b[0-9a-f]{2}(?: (?:\| )?[0-9a-f]{2}\b)+(?: \.\.\. \([\d,]+ bytes\))?"  # as framing.in_hex writes bytes
    rf"|(?:(?:\b\w|\ufffd+) )?{_SAID}(?: (?:{_SAID}|\d+\b))*"  # what is left of a word may stand before them
    r"|\ufffd+"
    rf"|{_NICKNAME.pattern}"
    r"|\d+(?:[.,:]\d+)*)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Sentence:
    """A sentence in pieces: those at even places make it what it is, those between them vary."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Sentence:
        """Part a sentence of a report."""
        half = _LONGEST // 2
        return _parted(text if len(text) <= _LONGEST else f"{text[:half]} {OPEN} {text[-half:]}")

    @property
    def fixed(self) -> tuple[str, ...]:
        """What is equal in all sentences of this kind."""
        return self.pieces[::2]

    def meet(self, other: Sentence) -> Sentence:
        """The sentence that says what both say, open where they differ; both must be of one kind."""
        pairs = zip(self.pieces, other.pieces, strict=True)
        return Sentence(tuple(ours if ours == theirs else _opened(ours, theirs) for ours, theirs in pairs))

    def __str__(self) -> str:
        return "".join(self.pieces)


@lru_cache(maxsize=4_000)  # most are said of many students
def _parted(text: str) -> Sentence:
    pieces = _VARIES.split(text)
    pieces[1::2] = map(_shown, pieces[1::2])
    return Sentence(tuple(pieces))


def _shown(piece: str) -> str:
    """What stands for a piece that varies: a nickname says nothing to those who were not there."""
    if _NICKNAME.fullmatch(piece):
        return "somebody"
    return piece if len(piece) <= _LONGEST_SHOWN else f"{piece[:_LONGEST_SHOWN]}{OPEN}{piece[-1]}"


def _opened(*pieces: str) -> str:
    """What stands for two pieces that differ: quotes and the brackets of a function tell what they are."""
    forms = {re.sub(r"(?s)\A([\"']?).*?(\1|\(\))\Z", rf"\1{OPEN}\2", piece) for piece in pieces}
    return forms.pop() if len(forms) == 1 else OPEN


@dataclass(frozen=True)
class Symptom:
    """What a failure shows: what happened, what was seen, and what it probably means (may be empty)."""

    happened: Sentence
    seen: Sentence
    hint: Sentence

    @classmethod
    def of(cls, check: Mapping[str, Any], *, judged: bool = False) -> Symptom:
        """The symptom of a failed check of a report; where a person has `judged`, only her comment counts."""
        happened, seen = ("judged by a person", "") if judged else (check["summary"], check["observed"])
        return cls(*map(Sentence.of, (happened, seen, _PLACE.sub("", check["hint"]))))

    @property
    def kind(self) -> Signature:
        """What makes it the symptom that it is."""
        return (self.happened.fixed, self.seen.fixed, self.hint.fixed)

    def meet(self, other: Symptom) -> Symptom:
        """What two failures that are alike have in common."""
        return Symptom(self.happened.meet(other.happened), self.seen.meet(other.seen), self.hint.meet(other.hint))
