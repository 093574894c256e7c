"""The rules of a chat, held against all that was heard in it: each line must be true, and what is due must have come.

As with a history that is checked after it was recorded, an event has a beginning and no certain end: a notice is true from
the moment on at which what it tells may have happened. What is due is judged only where nothing more can come.

A line in the protocol's own form is a statement: who came, went, has which name, said what. Any other line is an extra, and
free, as long as it holds nothing that somebody said. Pure: no socket, no clock, no process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from tasks.chat.faults import Matter, Violation
from tasks.chat.history import NEVER, Going, Person
from tasks.chat.messages import Messages
from tasks.chat.notices import Notices
from tasks.chat.record import Record
from tasks.lines import Lines

_ENOUGH = 100  # violations that one hearer has seen: more tell nothing new


def violations(
    people: Sequence[Person],
    lines: Lines,
    due: Collection[Matter],
    strangers: Iterable[str] = (),
    *,
    framed: bool = False,
) -> tuple[list[Violation], set[Matter]]:
    """All rules that were broken, in the order of the lines that show it, then those of what never came.

    With them the matters of which something was right here, that was done as everybody does it.

    `due`: of what nothing more can come. `strangers`: names of people whom others know, and of whom nothing is known here.
    `framed`: a message may come without a name.
    """
    record = Record(people, lines, strangers)
    messages, notices = Messages(record, names_due=not framed), Notices(record)
    judges: dict[Matter, Messages | Notices] = {Matter.JOINS: notices, Matter.MESSAGES: messages}
    for hearer in people:
        _hear(hearer, record, messages, notices)
    if len(record.found) < _ENOUGH:
        _look_for_what_is_due(record, [part for matter, part in judges.items() if matter in due])
    return record.found, record.proven


def _hear(hearer: Person, record: Record, messages: Messages, notices: Notices) -> None:
    """Judge each line that she got."""
    extras = record.extras[hearer] = []
    before = len(record.found)
    for line in hearer.heard:
        text = record.lines.bare(line.text)
        if not (messages.judge(hearer, line, text) or notices.judge(hearer, line, text)):
            extras.append(line)
        if len(record.found) - before > _ENOUGH:
            break
    messages.search(hearer, extras)


def _look_for_what_is_due(record: Record, judges: Sequence[Messages | Notices]) -> None:
    """Blame what should have come and did not."""
    for hearer in (one for one in record.people if one.hears and one.went == NEVER):
        for one in record.people:
            if one is hearer or not one.sayings or one.going is Going.HUNG_UP:
                continue
            for judge in judges:
                judge.look_for_what_is_due(hearer, one)
