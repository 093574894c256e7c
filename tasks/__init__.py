"""The codelab: its checks, a module or package for each task, and its wording. Nothing here knows of processes or reports.

Of the engine, the tasks import `grader.api` alone.
"""

from functools import partial
from pathlib import Path

from grader.api import Catalogue, CheckFunction, Codelab, Extra, Setup, Surroundings, Task, check_of
from tasks import ids, interop, task1, task2, task3, task4, task5
from tasks.chat.room import ChatRoom
from tasks.kit import kit
from tasks.task5.dialects import look_for_frames
from tasks.wording import FILES, FRAMED, MAKES_HEADERS, PORT, WORDING


def _task(task_id: str, title: str, functions: "list[CheckFunction]") -> Task:
    return Task(task_id, title, tuple(check_of(function) for function in functions))


def _room(setup: Setup, check_id: str, home: Path, isolation: Surroundings) -> ChatRoom:
    """The room of a check; where programs should speak lines, a failure is looked at again: they may speak frames."""
    room = ChatRoom(setup, check_id, home, isolation)
    if not room.framed and check_id != ids.MEET_IN_LINES:
        room.second_look = partial(look_for_frames, room)
    return room


CODELAB = Codelab(
    Path(__file__).parent,
    Catalogue(
        [
            _task("task1", "Task 1: connect and chat", task1.CHECKS),
            _task("task2", "Task 2: framing", task2.CHECKS),
            _task("task3", "Task 3: /name", task3.CHECKS),
            _task("task4", "Task 4: dead clients", task4.CHECKS),
            Task("task5", "Task 5: length-prefixed framing", tuple(map(check_of, task5.CHECKS)), bonus=True),
        ]
    ),
    FILES,
    PORT,
    WORDING,
    _room,
    ids.FRAMED_TASK,
    {
        FRAMED + role: Extra(
            role,
            (ids.FRAMED_TASK, "homework"),
            ("length", "prefix", "frame", ids.FRAMED_TASK, "homework"),
            MAKES_HEADERS,
            "makes no length headers, so it still speaks lines",
        )
        for role in ("server", "client")
    },
    kit,
    interop.PAIRINGS,
)
