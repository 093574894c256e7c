"""Deadlocks and waiting threads, recognised in a dump of a program's stacks."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from grader.diagnosis.excerpts import LONGEST_LINE
from grader.diagnosis.own_code import OwnCode, lock_taken_in
from grader.diagnosis.tracebacks import Frame, Thread
from grader.model.evidence import StackFrame, StuckThread
from grader.model.verdict import Where

_MOST_FRAMES = 20  # levels of a stack that are shown


_WAITS = (  # patterns of calls, in the own line or in the library functions below it, each with its purpose
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


def stuck_threads(threads: list[Thread], source: OwnCode) -> tuple[StuckThread, ...]:
    """The threads of a dump for people: first those that wait for a lock, then the main thread, then others.

    Threads with equal stacks are a single entry. Of a deep stack it has the innermost 20 levels.
    """
    threads = [Thread(thread.frames[:_MOST_FRAMES]) for thread in threads]
    counts = Counter((at == len(threads), thread) for at, thread in enumerate(threads, 1))  # the main thread comes last
    deadlock = lock_taken_twice([thread for _, thread in counts], source)
    stuck = []
    for (main, thread), count in counts.items():
        name = "the main thread" if main else f"each of {count} threads" if count > 1 else "one thread"
        frames = tuple(_stack_frame(frame, source) for frame in thread.frames)
        stuck.append(StuckThread(name, _waiting(thread, frames, deadlock, source), frames))
    return tuple(sorted(stuck, key=lambda entry: ("the lock" not in entry.waits_for, entry.name != "the main thread")))


def _waiting(thread: Thread, frames: tuple[StackFrame, ...], deadlock: Deadlock | None, source: OwnCode) -> str:
    """A phrase for the purpose of a thread's wait; for a lock, also its holder."""
    waits = _waits_for(frames)
    itself = lock_taken_twice([thread], source)
    if itself:
        return f"{waits}, which it has taken itself in line {itself.holder.line}"
    if deadlock and waits.endswith(f"the lock {deadlock.lock}"):
        return f"{waits}, which is never given back"
    return waits


def _stack_frame(frame: Frame, source: OwnCode) -> StackFrame:
    """A frame with its source line. All texts are cut: a program may print made-up ones of any length."""
    own = source.own(frame)
    file = source.where(frame).file if own else Path(frame.file).name
    text = source.text(frame) if own else ""
    return StackFrame(file[:LONGEST_LINE], frame.line, frame.function[:LONGEST_LINE], text[:LONGEST_LINE], own)


def _waits_for(frames: tuple[StackFrame, ...]) -> str:
    """A phrase for the purpose of a wait, by the call in the innermost own line, or the library functions below it."""
    line = next((frame.text for frame in frames if frame.own), "")
    lock = lock_taken_in(line)
    if lock:
        return f"waits for the lock {lock}"
    inside = " ".join(f"{frame.function}(" for frame in frames if not frame.own)
    for pattern, words in _WAITS:
        if re.search(pattern, line) or re.search(pattern, inside):
            return words
    return "waits" if line else "waits in Python's own code"


class Deadlock(NamedTuple):
    """A thread that waits at `where` for a lock that it has taken itself at `holder` and not released."""

    lock: str
    where: Where
    function: str
    holder: Where
    holder_function: str


def lock_taken_twice(threads: list[Thread], source: OwnCode) -> Deadlock | None:
    """The first thread that waits for a lock which a caller on its own stack holds."""
    for thread in threads:
        own = [frame for frame in thread.frames if source.own(frame)]
        lock = lock_taken_in(source.text(own[0])) if own else ""
        for caller in own[1:] if lock else ():
            if _same_lock(source.lock_held_around(caller), lock, source, own[0], caller):
                return Deadlock(lock, source.where(own[0]), own[0].function, source.where(caller), caller.function)
    return None


def _same_lock(held: str, wanted: str, source: OwnCode, *frames: Frame) -> bool:
    """Whether two expressions mean the same lock: `self.lock` here may be `hub.lock` there if only one is ever made."""
    name = wanted.rpartition(".")[2]
    if held.rpartition(".")[2] != name:
        return False
    made = source.locks_made(name, *frames)
    if not made:  # it is made in another file; then only objects with two different names, not `self`, surely differ
        return held == wanted or {held.rpartition(".")[0], wanted.rpartition(".")[0]} & {"", "self"} != set()
    return len(made) == 1 and made[0] not in ("RLock", "Condition")  # a Condition has an RLock


def waiting_for_a_lock(threads: list[Thread], source: OwnCode) -> Frame | None:
    """The own frame of the first thread that waits for a lock."""
    for thread in threads:
        own = [frame for frame in thread.frames if source.own(frame)]
        if own and thread.frames[0] == own[0] and lock_taken_in(source.text(own[0])):
            return own[0]
    return None
