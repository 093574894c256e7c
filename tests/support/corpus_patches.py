"""Unified diffs of one program, applied to the byte.

A patch names the git blob ids of the file that it was made from and of its result, as `git diff` does. So a base that has
changed, or a patch that was edited by hand, is found out, even where all the lines still fit.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONTEXT = 2  # lines around a change: the place is known exactly, so they are for the reader
_ID = 12  # hexadecimal digits of a blob id: enough to tell one file's versions apart
_HEAD = re.compile(r"index ([0-9a-f]+)\.\.([0-9a-f]+)\n--- (.+)\n\+\+\+ (.+)\n")
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@.*\n")


class PatchError(Exception):
    """A patch that is malformed, or that does not apply exactly."""


@dataclass(frozen=True)
class Hunk:
    """One change: lines, with their ends, that stand at an index in the old file, and those that replace them."""

    index: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class FilePatch:
    """The changes of one file, and the blob ids of the file before and after them."""

    file: str
    before: str
    after: str
    hunks: tuple[Hunk, ...]


def blob_id(content: bytes) -> str:
    """The first digits of the id that git gives to a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()[:_ID]


def parse(text: str) -> list[FilePatch]:
    """The patch of each file in a diff; raises PatchError when a line is not as `made` writes it."""
    lines = text.splitlines(keepends=True)
    patches = []
    at = 0
    while at < len(lines):
        head = _HEAD.fullmatch("".join(lines[at : at + 3]))
        if not head or head[3] != head[4]:
            raise PatchError(f"line {at + 1} does not begin the patch of a file: {lines[at]!r}")
        at, hunks = _hunks(lines, at + 3)
        patches.append(FilePatch(head[3], head[1], head[2], tuple(hunks)))
    return patches


def _hunks(lines: Sequence[str], at: int) -> tuple[int, list[Hunk]]:
    """The hunks that begin at a line, and the number of the line after them."""
    hunks = []
    while at < len(lines) and (head := _HUNK.fullmatch(lines[at])):
        start, removed, added = (int(1 if number is None else number) for number in head.groups())
        body = _body(lines[at + 1 :], removed, added)
        hunk = Hunk(start - 1 if removed else start, _without("+", body), _without("-", body))
        if (len(hunk.old), len(hunk.new)) != (removed, added):
            counts = f"{len(hunk.old)} old and {len(hunk.new)} new lines"
            raise PatchError(f"the hunk at line {at + 1} has {counts}: {lines[at]!r}")
        hunks.append(hunk)
        at += 1 + len(body)
    return at, hunks


def _body(lines: Sequence[str], removed: int, added: int) -> Sequence[str]:
    """The lines of a hunk: its counts tell where it ends, for a removed line may look like the next file's header."""
    for number, line in enumerate(lines):
        if not (removed or added) or line[0] not in " +-":
            return lines[:number]
        removed -= line[0] != "+"
        added -= line[0] != "-"
    return lines


def _without(sign: str, body: Sequence[str]) -> tuple[str, ...]:
    """The lines of a hunk that have another sign, without it."""
    return tuple(line[1:] for line in body if line[0] != sign)


def applied(patch: FilePatch, base: bytes) -> bytes:
    """The patched file; raises PatchError unless base, context, line numbers and result are exactly those of the patch."""
    if blob_id(base) != patch.before:
        raise PatchError(f"{patch.file} is not the file that the patch was made from (blob {patch.before})")
    lines = _lines(base)
    for hunk in reversed(patch.hunks):
        if tuple(lines[hunk.index : hunk.index + len(hunk.old)]) != hunk.old:
            raise PatchError(f"{patch.file} has other lines at {hunk.index + 1} than the patch")
        lines[hunk.index : hunk.index + len(hunk.old)] = hunk.new
    result = "".join(lines).encode()
    if blob_id(result) != patch.after:
        raise PatchError(f"the patch of {patch.file} was edited: it gives another file than blob {patch.after}")
    return result


def carried_over(patch: FilePatch, base: bytes) -> bytes:
    """The patched file where base has changed elsewhere; raises PatchError unless each hunk's old lines are there just once."""
    lines = _lines(base)
    for hunk in patch.hunks:
        size = len(hunk.old)
        places = [at for at in range(len(lines) - size + 1) if tuple(lines[at : at + size]) == hunk.old]
        if len(places) != 1:
            raise PatchError(f"{patch.file} has the lines of the hunk at {hunk.index + 1} {len(places)} times")
        lines[places[0] : places[0] + size] = hunk.new
    return "".join(lines).encode()


def made(file: str, base: bytes, result: bytes) -> str:
    """The patch that makes a file from its base; raises PatchError when a diff cannot show the difference."""
    for content in (base, result):
        if content and not content.endswith(b"\n"):
            raise PatchError(f"{file} does not end in a newline")
    old, new = _lines(base), _lines(result)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    hunks = [line for group in matcher.get_grouped_opcodes(CONTEXT) for line in _written(group, old, new)]
    return "".join([f"index {blob_id(base)}..{blob_id(result)}\n--- {file}\n+++ {file}\n", *hunks])


def _written(group: Sequence[tuple[str, int, int, int, int]], old: list[str], new: list[str]) -> Iterator[str]:
    """The lines of a hunk; its first tells the function that it is in, as git does."""
    first, last = group[0], group[-1]
    around = [line.strip() for line in old[: first[1]] if re.match(r"\s*(async def|def|class) ", line)]
    places = _place(first[1], last[2]), _place(first[3], last[4])
    yield f"@@ -{places[0]} +{places[1]} @@{''.join(f' {line}' for line in around[-1:])}\n"
    for kind, *where in group:
        if kind == "equal":
            yield from (f" {line}" for line in old[where[0] : where[1]])
        else:
            yield from (f"-{line}" for line in old[where[0] : where[1]])
            yield from (f"+{line}" for line in new[where[2] : where[3]])


def _place(start: int, end: int) -> str:
    """Where a hunk is, as a unified diff has it: its first line, counted from 1, and how many there are."""
    return f"{start + 1 if end > start else start},{end - start}"


def _lines(content: bytes) -> list[str]:
    """The lines of a file with their ends; raises PatchError where git and Python could count them in different ways."""
    text = content.decode("utf-8")
    lines = text.splitlines(keepends=True)
    if any(not line.endswith("\n") or line.endswith("\r\n") for line in lines[:-1]) or "\r" in text:
        raise PatchError("a file with other ends of lines than newlines is kept whole")
    return lines
