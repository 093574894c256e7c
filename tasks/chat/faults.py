"""What can be wrong with the lines of a chat."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from grader.api import Line
from tasks.chat.history import Person, Saying


class Matter(Enum):
    """What a fault is about."""

    MESSAGES = "messages"
    JOINS = "joins"
    LEAVES = "leaves"
    NEW_NAMES = "new names"
    COMMANDS = "commands"


class Fault(Enum):
    """What is wrong with a line, or with its absence."""

    ECHO = "echo"
    AGAIN = "again"
    OVER_AND_OVER = "over and over"
    NAMELESS = "nameless"
    UNDER_ANOTHER_NAME = "under another name"
    UNDER_OLD_NAME = "under an old name"
    NEVER_SAID = "never said"
    CHANGED = "changed"
    MIXED = "mixed"
    LOST = "lost"
    ORDER = "order"
    JOINED_AGAIN = "joined again"
    NEVER_JOINED = "never joined"
    OWN_JOIN = "own join"
    JOIN_UNTOLD = "join untold"
    LEFT_AGAIN = "left again"
    NEVER_LEFT = "never left"
    NAMELESS_LEFT = "nameless left"
    LEFT_UNDER_OLD_NAME = "left under an old name"
    LEAVE_UNTOLD = "leave untold"
    RENAMED_AGAIN = "renamed again"
    NEVER_RENAMED = "never renamed"
    RENAME_UNTOLD = "rename untold"
    COMMAND_RELAYED = "command relayed"
    EXIT_RELAYED = "exit relayed"
    DONE_UNASKED = "done unasked"


@dataclass(frozen=True)
class Violation:
    """A rule that was broken: what `hearer` got, or what never came.

    `name` is the name in question; `saying` the line, and `person` the one, that it is about.
    """

    fault: Fault
    hearer: Person
    line: Line | None = None
    name: str = ""
    person: Person | None = None
    saying: Saying | None = None
