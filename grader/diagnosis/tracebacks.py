"""Reads what Python prints when it fails or is asked: tracebacks and faulthandler's dumps. Pure: text in, places out."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from grader.model.catalogue import Where
from grader.model.evidence import Excerpt, StackFrame, StuckThread
from grader.submission.find import source_of

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:,? in (?P<function>.+))?$')
_FRAMED = re.compile(r"^\s+[|+] ")  # how the parts of an exception group are set off
_BEFORE, _AFTER, _LONGEST_LINE = 6, 4, 500  # lines of an excerpt around the one that is meant; characters of each
_MOST_FRAMES = 20  # levels of a stack that are shown
_WAITS = (  # what a call in the line, or in the library below it, waits for
    (r"\baccept\w*\(", "waits for the next client"),
    (r"\b(recv|recvfrom|recv_into|readline|readinto|read|makefile)\w*\(", "waits for bytes to arrive"),
    (r"\b(send|sendall|sendto|flush|drain)\(", "waits until what it sends is taken"),
    (r"\b(input|getpass)\(", "waits for what is typed"),
    (r"\bjoin\(|_wait_for_tstate_lock\(", "waits for another thread to end"),
    (r"\b(select|poll|epoll|kqueue|run_forever|run_until_complete)\(", "waits for any of its connections"),
    (r"\.get\(", "waits for a queue"),
    (r"\bsleep\(", "sleeps"),
    (r"\b(wait|wait_for|acquire)\(", "waits for another thread"),
    (r"\bconnect\w*\(", "waits to be connected"),
)
_THREAD = re.compile(r"^(?P<current>Current thread|Thread|Stack) ?(?P<id>0x[0-9a-f]+)?.*most recent call first")


class Frame(NamedTuple):
    """One level of a call stack."""

    file: str
    line: int
    function: str


class Crash(NamedTuple):
    """The last exception that a program printed: `error` is its last line, `frames` lead to it, innermost last."""

    error: str
    frames: tuple[Frame, ...]
    in_thread: bool


class Thread(NamedTuple):
    """One thread of a dump, innermost frame first."""

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


class Source:
    """The student's own files, to tell own frames from the library's and to read the line that a frame stands in."""

    def __init__(self, folder: Path, started_in: Path | None = None, handed_in: Path | None = None) -> None:
        """`started_in` is the folder of the program: Python 3.8 prints names relative to it.

        `folder` may be a copy of the folder `handed_in`: what the program has made of the copy is not read.
        """
        self._folder = folder.resolve()
        self._handed_in = handed_in.resolve() if handed_in else self._folder
        self._started_in = started_in.resolve() if started_in else self._folder
        self._read: dict[Path, list[str]] = {}

    def own(self, frame: Frame) -> bool:
        """Whether the frame is in a file of the student's."""
        return not frame.file.startswith("<") and self._folder in self._path(frame).parents

    def where(self, frame: Frame) -> Where:
        """The frame as a place in the student's file, relative to the submission."""
        return Where(str(self._path(frame).relative_to(self._folder)), frame.line)

    def _path(self, frame: Frame) -> Path:
        return Path(os.path.normpath(self._started_in / frame.file))  # which is the file itself if it is absolute

    def deepest(self, frames: tuple[Frame, ...]) -> Where | None:
        """The innermost own frame of a traceback."""
        own = [frame for frame in frames if self.own(frame)]
        return self.where(own[-1]) if own else None

    def text(self, frame: Frame) -> str:
        """The source line, stripped; empty where it cannot be read."""
        return self._line(frame).strip()

    def _line(self, frame: Frame) -> str:
        lines = self._lines(frame)
        return lines[frame.line - 1] if 0 < frame.line <= len(lines) else ""

    def _lines(self, frame: Frame) -> list[str]:
        if not self.own(frame):
            return []
        path = self._handed_in / self._path(frame).relative_to(self._folder)
        if path not in self._read:
            self._read[path] = lines_in(source_of(path, self._handed_in))
        return self._read[path]

    def lock_held_around(self, frame: Frame) -> str:
        """The lock whose `with` block (or `acquire()` call before it) the frame's line stands in; empty if none."""
        here = indent = _indent(self._line(frame))
        released: set[str] = set()
        for text in reversed(self._lines(frame)[: frame.line - 1]):
            stripped = text.strip()
            if not stripped or stripped.startswith("#"):
                continue
            if match := re.match(r"([\w.\[\]]+)\.release\(", stripped):
                released.add(match[1])
            lock, by_call = _lock_taken(stripped), ".acquire(" in stripped
            if lock and ((by_call and _indent(text) <= indent and lock not in released) or _indent(text) < indent):
                return lock
            indent = min(indent, _indent(text))
            if stripped.startswith(("def ", "async def ")) and _indent(text) < here:
                return ""
        return ""

    def locks_made(self, name: str, *frames: Frame) -> list[str]:
        """How the locks of this name (its last part) are made in the files of these frames: `Lock`, `RLock`, ..."""
        made = re.compile(rf"\b{re.escape(name)}\s*(?::[^=]+)?=\s*(?:[\w.]+\.)?(\w*Lock|\w*Semaphore|Condition)\(")
        files = {frame.file: frame for frame in frames}.values()
        return [match[1] for frame in files for line in self._lines(frame) if (match := made.search(line))]


def lines_in(source: bytes) -> list[str]:
    """The lines of a program, as Python counts them."""
    return re.split(r"\r\n|\r|\n", source.decode("utf-8-sig", "replace"))


def excerpts(places: Iterable[Where], lines_of: Callable[[str], list[str]]) -> tuple[Excerpt, ...]:
    """The lines around these places, in the order of the files as they first occur; what lies close together is one piece."""
    marked: dict[str, set[int]] = {}
    for place in places:
        marked.setdefault(place.file, set()).add(place.line)
    found = []
    for file, numbers in marked.items():
        lines = lines_of(file)
        shown = {at for number in numbers for at in range(number - _BEFORE, number + _AFTER + 1)}
        shown &= set(range(1, len(lines) + 1))
        for first in sorted(at for at in shown if at - 1 not in shown):
            last = next(at for at in range(first, len(lines) + 1) if at + 1 not in shown)
            meant = tuple(sorted(number for number in numbers if first <= number <= last))
            texts = tuple(line[:_LONGEST_LINE] for line in lines[first - 1 : last])
            found.append(Excerpt(file, first, texts, meant))
    return tuple(found)


def stuck_threads(threads: list[Thread], source: Source) -> tuple[StuckThread, ...]:
    """The threads of a dump as people read them: those first that wait for a lock, then the main thread.

    Threads that stand at the same place are one entry; of deep stacks it has the innermost levels.
    """
    threads = [Thread(thread.frames[:_MOST_FRAMES]) for thread in threads]
    alike = Counter((at == len(threads), thread) for at, thread in enumerate(threads, 1))  # the main thread comes last
    never_given_back = lock_taken_twice([thread for _, thread in alike], source)
    found = []
    for (main, thread), count in alike.items():
        name = "the main thread" if main else f"each of {count} threads" if count > 1 else "one thread"
        frames = tuple(_told(frame, source) for frame in thread.frames)
        found.append(StuckThread(name, _waiting(thread, frames, never_given_back, source), frames))
    return tuple(sorted(found, key=lambda one: ("the lock" not in one.waits_for, one.name != "the main thread")))


def _waiting(thread: Thread, frames: tuple[StackFrame, ...], never_given_back: Deadlock | None, source: Source) -> str:
    """What a thread waits for, in words, and who has it, where it is a lock."""
    waits = _waits_for(frames)
    itself = lock_taken_twice([thread], source)
    if itself:
        return f"{waits}, which it has taken itself in line {itself.holder.line}"
    if never_given_back and waits.endswith(f"the lock {never_given_back.lock}"):
        return f"{waits}, which is never given back"
    return waits


def _told(frame: Frame, source: Source) -> StackFrame:
    """A frame with its line; a program may have made up names and lines of any length."""
    own = source.own(frame)
    file = source.where(frame).file if own else Path(frame.file).name
    text = source.text(frame) if own else ""
    return StackFrame(file[:_LONGEST_LINE], frame.line, frame.function[:_LONGEST_LINE], text[:_LONGEST_LINE], own)


def _waits_for(frames: tuple[StackFrame, ...]) -> str:
    """In words, by the call that the innermost own line makes, or the library's function that it has got to."""
    line = next((frame.text for frame in frames if frame.own), "")
    lock = _lock_taken(line)
    if lock:
        return f"waits for the lock {lock}"
    inside = " ".join(f"{frame.function}(" for frame in frames if not frame.own)
    for pattern, words in _WAITS:
        if re.search(pattern, line) or re.search(pattern, inside):
            return words
    return "waits" if line else "waits in Python's own code"


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _lock_taken(line: str) -> str:
    """The name of the lock that a source line takes, such as `self.lock`."""
    match = re.match(r"(?:async )?with\s+([\w.\[\]]+)\s*(?:,.*)?:|(?:if\s+|\w+\s*=\s*)?([\w.\[\]]+)\.acquire\(", line)
    return (match[1] or match[2]) if match else ""


class Deadlock(NamedTuple):
    """A thread that waits for a lock, `where`, which it has taken itself, at `holder`, and never gave back."""

    lock: str
    where: Where
    function: str
    holder: Where
    holder_function: str


def lock_taken_twice(threads: list[Thread], source: Source) -> Deadlock | None:
    """The thread that waits for a lock that one of its own callers holds."""
    for thread in threads:
        own = [frame for frame in thread.frames if source.own(frame)]
        lock = _lock_taken(source.text(own[0])) if own else ""
        for caller in own[1:] if lock else ():
            if _same_lock(source.lock_held_around(caller), lock, source, own[0], caller):
                return Deadlock(lock, source.where(own[0]), own[0].function, source.where(caller), caller.function)
    return None


def _same_lock(held: str, wanted: str, source: Source, *frames: Frame) -> bool:
    """Whether two expressions mean one lock: `self.lock` here may be `hub.lock` there if only one is ever made."""
    name = wanted.rpartition(".")[2]
    if held.rpartition(".")[2] != name:
        return False
    made = source.locks_made(name, *frames)
    if not made:  # somewhere else: only two objects that both have another name are surely two
        return held == wanted or {held.rpartition(".")[0], wanted.rpartition(".")[0]} & {"", "self"} != set()
    return len(made) == 1 and made[0] not in ("RLock", "Condition")  # a Condition has an RLock


def waiting_for_a_lock(threads: list[Thread], source: Source) -> Frame | None:
    """The own line in which a thread waits for a lock, if there is one."""
    for thread in threads:
        own = [frame for frame in thread.frames if source.own(frame)]
        if own and thread.frames[0] == own[0] and _lock_taken(source.text(own[0])):
            return own[0]
    return None
