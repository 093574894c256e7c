"""What is known of a chat while its lines are judged: who there is, what is explained already, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grader.api import Line
from tasks.chat.faults import Fault, Matter, Violation
from tasks.chat.history import NEVER, Person, Saying
from tasks.lines import Lines


class Record:
    """Each message and each event is explained to a hearer once; what is told again is another line about it."""

    def __init__(self, people: Sequence[Person], lines: Lines, strangers: Iterable[str]) -> None:
        self.people, self.lines = people, lines
        self.strangers = frozenset(strangers)
        self.names = frozenset(name for person in people for name in person.names(NEVER))
        self.found: list[Violation] = []
        self.proven: set[Matter] = set()
        self.extras: dict[Person, list[Line]] = {}  # lines that are no statements, by hearer
        self._told: set[tuple[Person, object, str]] = set()

    def is_told(self, hearer: Person, about: object, what: str = "") -> bool:
        """Whether she was told of this message, or of this about somebody."""
        return (hearer, about, what) in self._told

    def tell(self, hearer: Person, about: object, what: str = "") -> bool:
        """Note that she is told of it; whether it is the first time."""
        before = len(self._told)
        self._told.add((hearer, about, what))
        return len(self._told) > before

    def person_of(self, name: str) -> Person | None:
        """The first who ever had this name."""
        return next((one for one in self.people if name in one.names(NEVER)), None)

    def blame(
        self,
        fault: Fault,
        hearer: Person,
        line: Line | None = None,
        *,
        name: str = "",
        person: Person | None = None,
        saying: Saying | None = None,
    ) -> None:
        """Note a violation; without a person, it is about the one who said it."""
        about = person or (saying.by if saying else None)
        self.found.append(Violation(fault, hearer, line, name, about, saying))
