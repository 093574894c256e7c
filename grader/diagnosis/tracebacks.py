"""Parsing of tracebacks and of faulthandler's dumps in a program's output. Pure: text in, frames out."""

from __future__ import annotations

import re
from typing import NamedTuple

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:,? in (?P<function>.+))?$')
_FRAMED = re.compile(r"^\s+[|+] ")  # the margin of an exception group's parts
_THREAD = re.compile(r"^(?P<current>Current thread|Thread|Stack) ?(?P<id>0x[0-9a-f]+)?.*most recent call first")


class Frame(NamedTuple):
    """One level of a call stack."""

    file: str
    line: int
    function: str


class Crash(NamedTuple):
    """The last exception that a program printed: `error` is its last line; `frames` have the innermost last."""

    error: str
    frames: tuple[Frame, ...]
    in_thread: bool


class Thread(NamedTuple):
    """The stack of a thread in a dump, innermost frame first."""

    frames: tuple[Frame, ...]


def last_crash(output: str) -> Crash | None:
    """The last traceback or syntax error in a program's output."""
    lines = [_FRAMED.sub("", line) for line in output.splitlines()]
    for start in range(len(lines) - 1, -1, -1):
        if lines[start].startswith("Traceback (most recent call last)"):
            return _traceback(lines, start)
    for place, line in enumerate(lines):  # a syntax error in the main file has no headline
        if re.match(r"^(SyntaxError|IndentationError|TabError|UnicodeDecodeError)\b", line):
            frames = tuple(_frames(lines[:place]))
            return Crash(line, frames[-1:], in_thread=False)
    return None


def _traceback(lines: list[str], start: int) -> Crash | None:
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0].isspace()):
        end += 1
    if end == len(lines) or lines[end].startswith("[..."):
        return None  # cut off
    block = lines[start + 1 : end]
    in_thread = start > 0 and lines[start - 1].startswith("Exception in thread")
    return Crash(lines[end].strip(), tuple(_frames(block)), in_thread)


def _frames(lines: list[str]) -> list[Frame]:
    found = [match for line in lines if (match := _FRAME.match(line))]
    return [Frame(match["file"], int(match["line"]), match["function"] or "") for match in found]


def dumped_threads(output: str) -> list[Thread]:
    """The stacks in the last dump of faulthandler."""
    lines = output.rpartition("Fatal Python error: Aborted")[2].splitlines()
    found: list[list[Frame]] = []
    for line in lines:
        if _THREAD.match(line):
            found.append([])
        elif found and (match := _FRAME.match(line)):
            found[-1].append(Frame(match["file"], int(match["line"]), match["function"] or ""))
    return [Thread(tuple(frames)) for frames in found]
