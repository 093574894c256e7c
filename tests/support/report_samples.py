"""Reports and catalogues made by hand, for the tests of what is made of them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from grader.model.catalogue import Catalogue, Check, Task
from grader.model.message import Message
from grader.model.report import Report, Run, Submission, TaskReport
from grader.model.verdict import CheckResult, Event, Failure, Status, Where

TITLES = {
    "task1.listens": "The server starts without being asked for anything and accepts connections on its port.",
    "task1.broadcast": "A message reaches everyone else, once, and does not come back to its sender.",
    "task1.client-shows-while-typing": "A message appears while half a line is typed; that half is sent whole.",
    "task1.explains": "One sentence says how one can receive and type at once.",
    "task4.reset-mid-broadcast": "Clients that reset while lines are relayed to them do not stop the server.",
    "task4.mass-death": "When 20 of 25 clients go in one instant, each is announced once and the rest chat on.",
    "task4.rejoin": "After five deaths new clients join and chat.",
    "task4.stalled-reader": "A client that stops reading does not stop the others.",
    "task5.frames": "Messages arrive as well-formed frames.",
}
LOCK = Where("simple_chat_server.py", 31)
LOCK_HINT = "remove_client() waits for a lock that broadcast(), which called it, already holds: use an RLock."
CRASH = """starting
Traceback (most recent call last):
  File "/home/student/simple_chat_server.py", line 40, in handle_client
    nick = names[conn]
KeyError: 'mira'
"""
ECHO = Failure(
    summary=Message("{nick} heard her own message", nick="mira"),
    expected=Message('{nick} hears nothing of "{text}"', nick="mira", text="copper lantern 41"),
    observed=Message(
        '{nick} got "{line}" {time} ms after she said it', nick="mira", line="mira: copper lantern 41", time="0.3"
    ),
    hint="broadcast() sends to every client, the sender too: skip the sender's connection",
    where=Where("simple_chat_server.py", 57),
    event=2,
    mark="should not have come",
)
ECHO_EVENTS = (
    Event(0.0, "mira", "out", "copper lantern 41"),
    Event(0.0002, "otto", "in", "mira: copper lantern 41"),
    Event(0.0003, "mira", "in", "mira: copper lantern 41", "should not have come"),
)


def result(check_id: str, status: Status = Status.PASS, points: int = 4, **more: Any) -> CheckResult:
    """Make a verdict on one of the sample checks."""
    made = CheckResult(check_id, TITLES.get(check_id, "It works."), "server", points, status, 0.0123)
    return replace(made, **more)


def failed(check_id: str = "task1.broadcast", failure: Failure = ECHO, **more: Any) -> CheckResult:
    """Make a check that failed."""
    return result(check_id, Status.FAIL, failure=failure, summary=failure.summary, **more)


def failure(expected: str = "otto hears it", observed: str = "nothing came", **more: Any) -> Failure:
    """Make a failure in a few words."""
    return Failure("it failed", expected, observed, **more)


def report(*checks: CheckResult, **more: Any) -> Report:
    """Make a report with one task that has these checks."""
    return replace(
        Report(
            Submission("ada", "/classes/ada", "0f3a", {"server": "simple_chat_server.py"}),
            Run(4711, "2024-05-06T07:08:09Z", 1.26, "full", "3.11.7", "Linux"),
            (TaskReport("task1", "Task 1: connect and chat", False, checks),),
        ),
        **more,
    )


def full_report() -> Report:
    """Make a report that has a bit of everything."""
    many = tuple(Event(0.001 * n, "bob", "in", f"mira: line {n}") for n in range(60))
    after = tuple(Event(0.061 + 0.001 * n, "bob", "in", f"mira: line {60 + n}") for n in range(9))
    dead = Event(0.0601, "otto", "note", "connection reset", "nothing came after this")
    lock = failure("cyd hears all 500 lines", "cyd heard 212 of 500 lines, then nothing", hint=LOCK_HINT, where=LOCK)
    task1 = (
        result("task1.listens", points=2, notes=("It listens on 127.0.0.1 too.",)),
        failed(transcript=ECHO_EVENTS),
        result("task1.client-shows-while-typing", points=2),
        result("task1.explains", Status.REVIEW, 2, summary="A person grades it: see listen() in client.py."),
    )
    task4 = (
        failed("task4.reset-mid-broadcast", lock, transcript=(*many, dead, *after), program_output=CRASH * 9),
        failed("task4.mass-death", replace(lock, expected="20 notices"), transcript=many, program_output=CRASH),
        result("task4.rejoin", Status.ERROR, 2, summary="The machine gave the server no time, twice."),
        failed("task4.stalled-reader", failure(hint="One send blocks all: give each client a queue."), points=0),
    )
    task5 = (result("task5.frames", Status.SKIP, 3, caused_by="task1.listens", needs=("task1.listens",)),)
    return report(
        tasks=(
            TaskReport("task1", "Task 1: connect and chat", False, task1),
            TaskReport("task4", "Task 4: dead clients", False, task4),
            TaskReport("task5", "Task 5: length-prefixed framing", True, task5),
        ),
        notes=("The checks ran one after another on the real port: this machine allows no private networks.",),
        guides={"task1.broadcast": {"codelab": "Section 3, broadcast()"}, "task4.stalled-reader": {"codelab": "4"}},
    )


def plain_console(width: int = 80, encoding: str = "utf-8") -> Console:
    """Make a console on a pipe: no terminal, no colours."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    return Console(file=stream, width=width, force_terminal=False, _environ={})


def terminal_console(width: int = 80, **environ: str) -> Console:
    """Make a console that takes itself for a colour terminal."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    return Console(
        file=stream,
        width=width,
        force_terminal=True,
        legacy_windows=False,
        _environ={"TERM": "xterm-256color", **environ},
    )


def written(console: Console) -> str:
    """Read what was written on one of those consoles."""
    stream = console.file
    assert isinstance(stream, io.TextIOWrapper)
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)


def _function(room: object) -> None:
    """Stand in for a check's function."""


GUIDE = {
    "does": "Three people join; one says a line;\nthe others must hear it.",
    "why": "Hearing oneself twice makes a chat unusable, and it is the first that anyone sees of a broadcast loop.",
    "mistakes": "- sending to every client, the sender too -> you see each of your lines twice, the second time with\n"
    "your name before it\n- sending to the last client only\n-> the others hear nothing",
    "codelab": "Section 3",
}


def catalogue() -> Catalogue:
    """Make a catalogue of three tasks."""

    def made(
        check_id: str, points: int = 4, runs: str = "server", needs: tuple[str, ...] = ("task1.listens",)
    ) -> Check:
        return Check(check_id, TITLES[check_id], points, runs, needs, _function, GUIDE)

    task1 = (
        made("task1.listens", 2, needs=()),
        made("task1.broadcast"),
        made("task1.client-shows-while-typing", 2, "client"),
        made("task1.explains", 2, "answers"),
    )
    return Catalogue(
        [
            Task("task1", "Task 1: connect and chat", task1),
            Task("task4", "Task 4: dead clients", (made("task4.mass-death"), made("task4.stalled-reader", 0))),
            Task("task5", "Task 5: length-prefixed framing", (made("task5.frames", 12),), bonus=True),
        ]
    )


CROWD = tuple(
    Event(0.001 * n, f"guest{n % 30}", "out" if n % 3 else "in", f"guest{n % 30}: hello {n}") for n in range(300)
)
