"""Task 2's written answers: where they may stand, and what counts as one. Pure: text in, answers out.

Two questions: how the listener thread lets one receive and type at once (`reporter`), and how `recv_lines()` deals with message
boundaries (`framing`). They may stand under headings or labels that name them, as points 1 and 2, or simply as two paragraphs.
What cannot be told apart is given whole for both: a person reads it.
"""

from __future__ import annotations

import re

from tasks.task2.letters import visible, words

FILES = ("answers.md", "answers.txt", "task2.md", "README.md")
LISTENER, FRAMING = "listener", "framing"
QUESTIONS = (LISTENER, FRAMING)

_ABOUT = {
    LISTENER: re.compile(r"(?i)\blisten|\bthreads?\b|receive_|receiving|écoute|\bclient"),
    FRAMING: re.compile(r"(?i)recv_?lines|\bfram(e|ing)|boundar|\bbuffer|\blimites?\b|grenzen|\bserver"),
}
_HEADING = re.compile(
    r"^\s{0,3}#{1,6}\s+(?P<text>.*?)\s*#*$|^\s*(\*\*|__)(?P<bold>[^*_].*?)(\*\*|__)\s*:?\s*$|^\s*<h\d>(?P<html>.*?)</h\d>"
)
_NUMBER_WORD = r"(?:q|a|question|answer|antwort|frage|réponse|exercise|part)"
_POINT = re.compile(
    rf"(?i)^\s*(?:[-*+]\s+)?(?:\*\*)?\(?(?:{_NUMBER_WORD}\s*)?(?:(?:task|aufgabe)?\s*2\s*[.\-]?\s*(?=[12ab]\b))?[#(]?"
    r"(?P<number>[12]|[ab](?=\s*[.):]))\s*(?:[.):/]|\s-(?=\s))(?:\*\*)?\s*(?P<rest>.*)$"
)
_NUMBERED_HEADING = re.compile(rf"(?i)^{_NUMBER_WORD}?\s*(?:2\s*[.\-]\s*)?(?P<number>[12ab])\s*[.):]?$")
_SUB_POINT = re.compile(r"(?i)^\s*(?:[-*+]\s+)?2\s*[.\-]?\s*(?P<number>[12ab])\s*[.):]?\s+(?P<rest>.*)$")
_LABEL = re.compile(
    r"(?i)^\s*(?:[-*+]\s+)?[*_`]*(?P<label>(?:the )?\w[\w()]*(?: [\w()]+){0,2})[*_`]*"
    r"\s*(?::|\s[-\u2013\u2014])[*_`]*(?:\s+(?P<rest>\S.*))?$"
)
_ASKS = re.compile(
    r"(?i)\?\W*$|^\W*(?:\w\W\s*)?(?:task 2\W*)?(explain|describe|open|find|inspect|how (does|do)|what (does|is))\b[^.]*[.:]?\W*$"
)
_OTHER_TASK = re.compile(r"(?i)^(task|aufgabe|tâche|exercise)\s*(?P<number>\d)\b")
_TEMPLATE = re.compile(
    r"(?i)^\W*(<[^>]*>|\[[^\]]*\]|(todo|tbd|n/?a|xxx+|none|answer|your (answer|sentence|text|explanation)( here)?"
    r"|(write|put|type|insert|enter)\b.{0,60}\bhere|one sentence( here)?|lorem ipsum.*|\.{2,}|…)?)\W*$"
)
_LABEL_BEGINS = re.compile(r"(?i)(the )?(listen|receiv|recv|fram|message|thread|client|server|buffer|boundar)")
_LEAST_WORDS = 4  # of a paragraph that is taken for an answer without a mark


def find(text: str, *, only_marked: bool = False) -> dict[str, str]:
    """The answers in a document, by question; with `only_marked`, only those under a heading or word that names the question.

    An answer is empty where its question stands and nothing under it.
    """
    found, loose = _parted(_of_task_2(_plain(text)), only_marked=only_marked)
    if only_marked:
        return {question: answer for question, answer in found.items() if answer}
    paragraphs = [one for one in loose if words(one) >= _LEAST_WORDS]
    if not any(found.values()) and len(paragraphs) == len(QUESTIONS):
        return dict(zip(QUESTIONS, paragraphs, strict=True))
    sentences = [sentence for answer in found.values() for sentence in _sentences(answer)]
    if all(found.get(question) for question in QUESTIONS) or not (paragraphs or len(sentences) > 1):
        return found
    # Something is written that is under no mark: whoever reads it sees all of it.
    everything = " ".join(filter(None, (*paragraphs, *found.values())))
    return {question: found.get(question) or everything for question in QUESTIONS}


def _parted(lines: list[str], *, only_marked: bool) -> tuple[dict[str, str], list[str]]:
    """What stands under a mark, by question, and the paragraphs that stand under none; the questions themselves are left out.

    With `only_marked`, a number alone is no mark.
    """
    marked: dict[str, list[str]] = {}
    loose: list[list[str]] = [[]]
    under: str | None = None
    for line in lines:
        question, rest, by_number = _mark(line)
        if question and not (by_number and only_marked):
            under = question
            marked.setdefault(question, []).append(_but_questions(rest))
        elif _heading(line) is not None:
            under = None
            loose.append([])
        elif under:
            marked[under].append(_but_questions(line))
        elif not line.strip() or re.match(r"\s*[-*+]\s", line):
            loose.append([line])
        elif not _ASKS.search(line):
            loose[-1].append(line)
    return {question: _joined(rows) for question, rows in marked.items()}, [_joined(rows) for rows in loose]


def _sentences(answer: str) -> list[str]:
    """The parts of an answer that are more than a word or two."""
    return [part for part in re.split(r"[.!?]\s", answer) if words(part) > 2]


def _but_questions(line: str) -> str:
    """The line, or nothing if it only asks."""
    return "" if _ASKS.search(line) else line


def is_template(answer: str) -> bool:
    """Whether nothing was written: blank, dots, or words that only hold the place of an answer."""
    return _TEMPLATE.match(visible(answer)) is not None or words(answer) < 3


def _mark(line: str) -> tuple[str | None, str, bool]:
    """The question that a line announces, what of its answer stands in it, and whether it is told by a number only."""
    heading = _heading(line)
    if heading is not None:
        if not _is_title(heading) and (about := _about(heading)):
            return about, "", False
        number = _NUMBERED_HEADING.match(heading) or _POINT.match(heading)
        return (_by_number(number["number"]), "", True) if number else (None, "", False)
    label = _LABEL.match(line)
    if label and _LABEL_BEGINS.match(label["label"]) and (about := _about(label["label"])):
        return about, label["rest"] or "", False
    return _point(line)


def _point(line: str) -> tuple[str | None, str, bool]:
    """The same of a numbered line: by what it asks, or else by its number."""
    point = _SUB_POINT.match(line) or _POINT.match(line)
    if not point:
        return None, "", False
    rest = point["rest"].strip()
    asked = _about(rest) if _ASKS.search(rest) else None
    return asked or _by_number(point["number"]), rest, asked is None


def _about(label: str) -> str | None:
    found = [question for question in QUESTIONS if _ABOUT[question].search(label)]
    return found[0] if len(found) == 1 else None


def _by_number(number: str) -> str:
    return QUESTIONS[number.lower() in "2b"]


def _is_title(heading: str) -> bool:
    """Whether a heading names the whole document or task, and no question."""
    return re.match(r"(?i)(session|task|aufgabe|tâche|codelab|answers?)\b.*\d", heading) is not None


def _heading(line: str) -> str | None:
    match = _HEADING.match(line)
    return (match["text"] or match["bold"] or match["html"] or "").strip("`* ") if match else None


def _of_task_2(lines: list[str]) -> list[str]:
    """The part under a heading that names Task 2, where other tasks have theirs; else all."""
    headings = [
        (at, match["number"]) for at, line in enumerate(lines) if (match := _OTHER_TASK.match(_heading(line) or ""))
    ]
    starts = [at for at, number in headings if number == "2"]
    if not starts or len({number for _, number in headings}) < 2:
        return lines
    end = next((at for at, number in headings if at > starts[0] and number != "2"), len(lines))
    return lines[starts[0] + 1 : end]


def _plain(text: str) -> list[str]:
    """The lines without comments and tags, underlined headings as others; quotes and listings where there is nothing else."""
    text = re.sub(r"<!--[^>]*-->", "", text.lstrip("\ufeff"))
    text = re.sub(r"(?m)^(\S.{0,80})\n(?:={3,}|-{3,})\s*$", r"# \1", text)
    rows = [re.sub(r"</?(p|br|div|b|i|ul|ol|li)\b[^>]{0,80}>", " ", line) for line in text.splitlines()]
    kept, in_listing = [], False
    for row in rows:
        if row.lstrip().startswith(("```", "~~~")):
            in_listing = not in_listing
        elif not in_listing and not row.lstrip().startswith(">"):
            kept.append(row)
    if any(words(row) >= _LEAST_WORDS and _heading(row) is None for row in kept):
        return kept
    return [row.lstrip().lstrip(">") for row in rows if not row.lstrip().startswith(("```", "~~~"))]


def _joined(lines: list[str]) -> str:
    return " ".join(re.sub(r"^\s*[-*+]\s+|\*\*|^\s*A:\s+", "", line) for line in lines).strip().replace("  ", " ")
