"""The codelab: its checks, one module per task, and its wording. Nothing here knows of processes, sockets or reports."""

from pathlib import Path

from grader.api import Catalogue, CheckFunction, Codelab, Extra, Task, check_of
from tasks import interop, task3, task4
from tasks.chat.room import ChatRoom
from tasks.kit import kit
from tasks.task1 import server as task1
from tasks.task2 import server as task2
from tasks.task5 import server as task5
from tasks.wording import FILES, FRAMED, MAKES_HEADERS, PORT, WORDING


def _task(task_id: str, title: str, functions: "list[CheckFunction]") -> Task:
    return Task(task_id, title, tuple(check_of(function) for function in functions))


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
    ChatRoom,
    "task5",
    {
        FRAMED + role: Extra(
            role,
            ("task5", "homework"),
            ("length", "prefix", "frame", "task5", "homework"),
            MAKES_HEADERS,
            "makes no length headers, so it still speaks lines",
        )
        for role in ("server", "client")
    },
    kit,
    interop.PAIRINGS,
)
