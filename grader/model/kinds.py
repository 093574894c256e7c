"""The kinds of failures that the engine tells by itself, and the causes that it finds; their sentences stand here alone.

A kind has sentences with holes, and a failure is made from it and the values for these: two failures of one kind differ in
values only. A kind is known to other programs by its name, so that names stay as they are when sentences change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any

from grader.model.message import Message, Value


@unique
class Kind(Enum):
    """What went wrong: the summary, what was expected, and what was observed."""

    NOT_HANDED_IN = "there is no {name}", "the submission holds {name}", "there is no such file"
    NEVER_LISTENS = (
        "{name} runs, but never listens",
        "python3 {name} listens on port {port} and stays up",
        "it runs, but listens on no port",
    )
    ENDS_BEFORE_LISTENING = (
        "{name} {how} before it listened",
        "python3 {name} listens on port {port} and stays up",
        "it {how}",
    )
    CRASHES_BEFORE_LISTENING = (
        "{name} {how} before it listened",
        "python3 {name} listens on port {port} and stays up",
        "it {how}: {error}",
    )
    TRACEBACK_SHOWN = "a traceback is shown", "{expected}, without a traceback", "it printed {error}"

    def sentences(self, values: Mapping[str, Value]) -> tuple[Message, Message, Message]:
        """Summary, expected and observed with these values."""
        summary, expected, observed = (Message(sentence, **values) for sentence in self.value)
        return summary, expected, observed


@unique
class Cause(Enum):
    """Why it probably went wrong, as the program itself shows: by its end, its last traceback, or its threads' stacks."""

    SERVER_REACHES_ITS_END = "the program reaches its end: the main thread must go on accepting clients"
    CLIENT_REACHES_ITS_END = "the program reaches its end: the main thread must go on reading what is typed"
    DOES_NOTHING = 'it did nothing at all: is main() called? The line must read: if __name__ == "__main__":'
    ENDS_ITSELF = "the program ends itself, and does not say why"
    ENDS_ITSELF_SAYING = 'the program ends itself; the last that it printed is "{printed}"'
    CRASHES = "{who} ended with {error}"
    CRASHES_IN_OWN_LINE = "{who} ended with {error} (line {line})"
    CATCHES_A_CRASH = "the {role} also printed {error}"
    STOPS_ITSELF = "the {role} has stopped itself (SIGSTOP, or Ctrl-Z): nothing wakes it"
    TAKES_A_LOCK_TWICE = (
        "{function}() waits for {lock} (line {line}), which {holder}() has already taken and still holds when it calls it "
        "(line {holder_line}): a Lock cannot be taken twice"
    )
    WAITS_FOR_A_LOCK = "{function}() waits for a lock that nobody gives back."
    WAITS = "it waits in line {line}: {source}"
    NEVER_CALLS_LISTEN = "the server never calls listen(), or waits for something else before it does"
    LEAVES_AN_ERROR = "catch the {error_type} where it can happen"
    CLOSES_A_SOCKET_IN_USE = (
        "one thread closed the socket while this one was still using it: close it when the listener has ended"
    )
    IS_NOT_THERE = "hand it in beside the rest, or name it with --{role}"
    HAS_A_SYNTAX_ERROR = (
        "Python cannot read the file: look at the line with the caret, and at the end of the line before it"
    )
    IS_INDENTED_WRONGLY = "Python cannot read the file: the indentation of that line does not fit the lines around it"
    MIXES_TABS_AND_BLANKS = "Python cannot read the file: that line mixes tabs and blanks"
    IMPORTS_NO_MODULE = "that module is not there: hand it in beside the program, or use the standard library only"
    IMPORTS_NO_NAME = "that import does not work: the name is not in that module"
    ASKS_FOR_INPUT = "the program asks for input; a server must start without anybody typing"
    CANNOT_BIND = "the system refused: look at the address and the port given to bind()"
    CANNOT_CONNECT = "the system refused: look at the address and the port given to connect()"
    CALLS_NO_LISTENER = "nobody listens where it calls: look at the address and the port given to connect()"
    GETS_NO_ANSWER = "nobody answers where it calls: look at the address and the port given to connect()"
    KNOWS_NO_HOST = "HOST is no address that this machine knows"

    def sentence(self, values: Mapping[str, Value]) -> Message:
        """The cause with these values."""
        return Message(self.value, **values)


@dataclass(frozen=True)
class Filled:
    """A kind or a cause with its values, as pairs of a name and a value."""

    kind: Kind | Cause
    values: tuple[tuple[str, Value], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON: the name, `never-listens` for NEVER_LISTENS, and the values by their names."""
        return {"name": self.kind.name.lower().replace("_", "-"), "values": dict(self.values)}
