"""Task 2's written answers: where they may stand, and what counts as one. Pure: text in, answers out.

Two questions: how the listener thread lets one receive and type at once (`listener`), and how `recv_lines()` deals with message
boundaries (`framing`). They may stand under headings that name them, as points 1 and 2, or simply as two paragraphs.
"""

from __future__ import annotations

import re

FILES = ("answers.md", "answers.txt", "task2.md", "README.md")
LISTENER, FRAMING = "listener", "framing"
QUESTIONS = (LISTENER, FRAMING)

_ABOUT = {
    LISTENER: re.compile(r"(?i)\blisten(er|ing)?\b|\bthreads?\b"),
    FRAMING: re.compile(r"(?i)recv_?lines|\bframing\b|\bboundar(y|ies)\b|\bbuffer"),
}
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(?P<text>.*?)\s*#*$|^\s*(\*\*|__)(?P<bold>[^*_].*?)(\*\*|__)\s*:?\s*$")
_POINT = re.compile(
    r"(?i)^\s*(?:[-*+]\s+)?(?:\*\*)?(?:(?:task\s*)?2\s*[.\-]\s*)?(?:q|a|question|answer|part)?\s*[#(]?"
    r"(?P<number>[12]|[ab](?=[.):]))\s*[.):](?:\*\*)?\s*(?P<rest>.*)$"
)
_WORD_POINT = re.compile(
    r"(?i)^\s*(?:[-*+]\s+)?[*_`]*(?P<label>[\w() ]{4,40}?)[*_`]*\s*(?::|\s[-\u2013\u2014])[*_`]*\s+(?P<rest>\S.*)$"
)
_ASKS = re.compile(r"(?i)\?\s*$|^\W*(explain|describe|open|find|inspect|how (does|do)|what (does|is))\b[^.]*[.:]?\s*$")
_TEMPLATE = re.compile(
    r"(?i)^\W*(<[^>]*>|\[[^\]]*\]|(todo|tbd|n/?a|xxx+|none|answer|your (answer|sentence|text|explanation)( here)?"
    r"|(write|put|type|insert|enter)\b.{0,60}\bhere|one sentence( here)?|lorem ipsum.*|\.{2,}|…)?)\W*$"
)


def find(text: str, *, only_marked: bool = False) -> dict[str, str]:
    """The answers in a document, by question; with `only_marked`, only those under a heading or word that names the question."""
    marked: dict[str, list[str]] = {}
    loose: list[str] = [""]
    under: str | None = None
    for line in _without_quotes_and_listings(text).splitlines():
        question, rest, by_number = _marked(line)
        if question and not (by_number and only_marked):
            under = question
            if under not in marked or rest:
                marked.setdefault(under, []).append("" if _ASKS.search(rest) else rest)
        elif _heading(line) is not None:
            under = None
            loose.append("")
        elif under:
            marked[under].append("" if _ASKS.search(line) else line)
        elif not line.strip():
            loose.append("")
        elif not _ASKS.search(line):
            loose[-1] += f" {line}"
    found = {question: _joined(lines) for question, lines in marked.items()}
    paragraphs = [" ".join(paragraph.split()) for paragraph in loose if paragraph.strip()]
    if not found and not only_marked:
        found = dict(zip(QUESTIONS, paragraphs, strict=False))
    return found


def is_template(answer: str) -> bool:
    """Whether nothing was written: blank, dots, or words that only hold the place of an answer."""
    return not any(map(str.isalpha, answer)) or _TEMPLATE.match(answer) is not None or len(answer.split()) < 3


def _marked(line: str) -> tuple[str | None, str, bool]:
    """The question that a line announces, what of its answer stands in it, and whether it is told by a number only."""
    heading = _heading(line)
    label = heading if heading is not None else ""
    if heading is None and (match := _WORD_POINT.match(line)):
        label = match["label"]
    about = [question for question in QUESTIONS if _ABOUT[question].search(label)]
    if len(about) == 1:
        match = _WORD_POINT.match(line) if heading is None else None
        return about[0], match["rest"] if match else "", False
    match = _POINT.match(heading if heading is not None else line)
    if match:
        number = match["number"].lower()
        rest = match["rest"].strip()
        asked = [question for question in QUESTIONS if _ASKS.search(rest) and _ABOUT[question].search(rest)]
        question = asked[0] if len(asked) == 1 else QUESTIONS[number in "2b"]
        return question, "" if heading is not None else rest, len(asked) != 1
    return None, "", False


def _heading(line: str) -> str | None:
    match = _HEADING.match(line)
    return (match["text"] or match["bold"] or "") if match else None


def _without_quotes_and_listings(text: str) -> str:
    text = re.sub(r"(?ms)^\s*(```|~~~).*?^\s*\1\s*$", "", text)
    text = re.sub(r"(?s)<!--.*?-->", "", text)
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(lines).replace("**", "").split())
