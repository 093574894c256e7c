"""The codelab put together: its tasks with their checks, its files, and its words."""

from functools import partial
from pathlib import Path

from grader.api import Catalogue, Codelab, OptionalProgram, RunSpec, Surroundings, Task, check_of
from tasks import TASKS, ids, interop, task1, task2, task3, task4, task5
from tasks.chat.room import ChatRoom
from tasks.kit import kit
from tasks.task5.dialects import look_for_frames
from tasks.wording import FILES, FRAMED, MAKES_HEADERS, PORT, WORDING

_CHECKS = {
    "task1": task1.CHECKS,
    "task2": task2.CHECKS,
    "task3": task3.CHECKS,
    "task4": task4.CHECKS,
    "task5": task5.CHECKS,
}


def _room(setup: RunSpec, check_id: str, home: Path, isolation: Surroundings) -> ChatRoom:
    """The room of a check; where programs should speak lines, a failure is looked at again: they may speak frames."""
    room = ChatRoom(setup, check_id, home, isolation)
    if not room.framed and check_id != ids.MEET_IN_LINES:
        room.post_mortem = partial(look_for_frames, room)
    return room


CODELAB = Codelab(
    Path(__file__).parent,
    Catalogue(
        Task(task, f"{name}: {subject}", tuple(map(check_of, _CHECKS[task])), bonus=task == ids.FRAMED_TASK)
        for task, (name, subject) in TASKS.items()
    ),
    FILES,
    PORT,
    WORDING,
    _room,
    ids.FRAMED_TASK,
    {
        FRAMED + role: OptionalProgram(
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
