"""A class of many, for its page: hand-ins put together from tests/corpus, graded once, and multiplied.

The programs of a hand-in are taken from different submissions, so that its report has faults of the server, of the client,
of the answers and of Task 5. What one copy differs in from another is what differs between students who have made the same
mistake: nicknames, numbers, lines, and what they call their functions. The same count gives the same class.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from grader.installed import load
from grader.model.catalogue import Check
from grader.model.kinds import Cause
from grader.model.message import Message
from grader.model.report import NOT_HANDED_IN, TaskReport
from grader.model.verdict import CheckResult, Failure, Status, Where
from grader.reports.json import to_dict
from grader.results.graded import Class, Entry, Graded, Person, Review
from grader.text.words import NAMES, form_of
from support import corpus
from support.report_samples import report, result

SERVERS = (
    *("codelab_two_faults", "rlock_broadcast", "echoes_to_sender", "no_name_command", "no_buffer", "wrong_join_words"),
    *(
        "snapshot_then_send",
        "announces_wrong_words",
        "rename_not_used",
        "one_client_at_a_time",
        "uses_splitlines",
        "leave_with_old_name",
    ),
    *("exit_case_sensitive", "binds_loopback", "no_leave_notice", "crash_on_no_argument"),
    *("server_dies_on_reset", "name_anywhere", "asyncio_streams", "syntax_error", "double_removal_crash", "other_port"),
    *("decodes_each_chunk", "relays_without_name", "daemon_prints_fail", "missing_import"),
)
CLIENTS = (
    *("client_as_published", "client_incremental_decoder", "client_select_keeps_command", "client_prints_pieces"),
    *("client_never_asks", "client_keeps_name_command", "client_traceback_on_end", "client_strict_decode"),
    *("client_colours_and_times", "client_takes_turns", "client_hangs_after_exit", "client_splits_at_colon", ""),
)
FRAMED = (
    ("", ""),
    ("framed_recv_n_believed", "framed_client_recv_n_believed"),
    ("framed_little_endian", "framed_client_little_endian"),
    ("framed_threads_recv_exact", "framed_client_listener_thread"),
)
ANSWERS = """# Task 2

1. The thread in recv() prints whatever comes, so the one in input() need not end first.
2. It keeps what stands behind the last newline until the rest has come, and gives back whole lines only.
"""
GIVEN = (  # noqa: SIM905 - read as prose
    "Ada Björn Chloé Dmitri Ewa Farid Grace Håkon Inês Jun Kwame Leïla Mateo Noor Olga Priya Rui Saoirse Tomáš Uma Võ "
    "Wei"
).split()
OTHER_NAMES = {
    "drop": ("drop", "remove_client", "kick", "close_client"),
    "spread": ("spread", "broadcast", "send_all"),
    "mutex": ("mutex", "lock", "clients_lock"),
}
FAMILY = (  # noqa: SIM905 - read as prose
    "Abe Berg Chen Díaz Eriksen Fofana García Haddad Ito Jensen Kim López Müller Nguyen Okafor Petrov Quispe Rossi "
    "Suzuki Tanaka Usman Vargas Weiß Xu Yang Zhang"
).split()
_NEVER = Message("{nick} never got the line", nick="mira")
_LOCK = Failure(
    _NEVER,
    Message('{nick} gets "{line}"', nick="mira", line="otto: copper lantern 412"),
    Message("{nick} got nothing like it; the server has stopped for good", nick="mira"),
    where=Where("simple_chat_server.py", 18),
).with_cause(Cause.TAKES_A_LOCK_TWICE, function="drop", lock="mutex", line=18, holder="spread", holder_line=32)
_ECHO = Failure(
    Message("{nick} got a line that was not for it", nick="mira"),
    Message('{nick} gets nothing of "{text}"', nick="mira", text="copper lantern 412"),
    Message('{nick} got "{line}"', nick="mira", line="mira: copper lantern 412"),
    "broadcast() sends to every client, the sender too: skip the sender's connection",
)
_NO_COMMAND = Failure(
    _NEVER,
    Message('{nick} gets "{line}"', nick="mira", line="SERVER: nils is now olga"),
    Message('{nick} got "{line}" instead', nick="mira", line=form_of("nils: /name olga")),
    "when a line begins with `/name `, change the name and tell everyone else, once",
)
FAULTS: tuple[dict[str, Failure], ...] = (
    {},
    {"task1.broadcast": _ECHO},
    {"task4.reset-mid-broadcast": _LOCK, "task4.mass-death": _LOCK},
    {"task3.announce": _NO_COMMAND},
    {"task3.announce": _NO_COMMAND, "task4.reset-mid-broadcast": _LOCK, "task4.mass-death": _LOCK},
)


def invented() -> list[Graded]:
    """Hand-ins with reports made by hand, on every check there is: one for each of these faults."""
    return [
        Graded(Entry(f"made{place}", ()), _report(faults, framed=place % 2 == 0)) for place, faults in enumerate(FAULTS)
    ]


def _report(faults: dict[str, Failure], *, framed: bool) -> dict:
    def of(check: Check) -> CheckResult:
        status, summary = Status.PASS, ""
        if check.runs == "answers":
            status, summary = Status.REVIEW, "a person reads this answer"
        elif check.task == "task5" and not framed:
            return result(check.id, Status.SKIP, check.points, title=check.title, summary=NOT_HANDED_IN, absent=True)
        elif "task3.announce" in faults and "task3.announce" in check.needs:
            return result(check.id, Status.SKIP, check.points, title=check.title, caused_by="task3.announce")
        made = result(check.id, status, check.points, title=check.title, summary=summary)
        failure = faults.get(check.id)
        return replace(made, status=Status.FAIL, failure=failure, summary=failure.summary) if failure else made

    tasks = (
        TaskReport(task.id, task.title, task.bonus, tuple(map(of, task.checks))) for task in load().catalogue.tasks
    )
    return to_dict(report(tasks=tuple(tasks)))


def make_hand_ins(folder: Path, count: int) -> None:
    """So many folders to grade; early ones of each list of programs are taken more often."""
    chance = random.Random(count)
    for number in range(count):
        place = folder / f"made{number:03}"
        place.mkdir(parents=True)
        server, client = _one_of(SERVERS, chance), _one_of(CLIENTS, chance)
        for name in filter(None, (server, client, *_one_of(FRAMED, chance))):
            corpus.copy(name, place)
            (place / "answers.md").unlink(missing_ok=True)
        if chance.random() < 0.85:
            (place / "answers.md").write_text(ANSWERS, "utf-8")


def _one_of(choices: Sequence, chance: random.Random):
    return choices[int(len(choices) * chance.random() ** 2)]


def multiplied(made: list[Graded], count: int) -> Iterator[Graded]:
    """So many hand-ins like those made: some late, some in groups, some reviewed, a few that could not be graded."""
    chance = random.Random(count)
    for number in range(count):
        key = f"{chance.choice(FAMILY).lower()}{number:04}"
        people = tuple(_person(chance) for _ in range(chance.choices((1, 2, 3), (96, 3, 1))[0]))
        late = chance.random() < 0.05
        entry = Entry(key, people, late, "2024-05-06T07:00:00Z")
        if number % 100 == 42:
            yield Graded(entry, error="the archive is broken: its directory is cut off")
            continue
        like = _varied(_one_of(made, chance).report, chance)
        yield Graded(entry, like, reviews=dict(_reviews(like, chance)), penalty=5 * late)


def class_of(made: list[Graded], count: int) -> Class:
    """The same, all at once."""
    graded = sorted(multiplied(made, count), key=lambda one: one.entry.key)
    points = {check["id"]: check["points"] for one in graded for check in one.checks()}
    return Class(tuple(graded), "folders", points)


def _person(chance: random.Random) -> Person:
    name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
    number = chance.randrange(10**6)
    return Person(name, str(number), f"s{number}@uni.example")


def _reviews(report: dict, chance: random.Random) -> Iterator[tuple[str, Review]]:
    for task in report["tasks"]:
        for check in task["checks"]:
            if check["status"] == "review" and chance.random() < 0.7:
                points = chance.choice((0, check["points"] // 2, check["points"], check["points"]))
                yield check["id"], Review(points, "" if points == check["points"] else "Say which thread waits where.")


def _varied(report: dict, chance: random.Random) -> dict:
    """A report of somebody who made the same mistakes: other nicknames, functions, locks and lines; and another time."""
    shift, factor = chance.randrange(40), chance.lognormvariate(0, 0.4)
    renamed = dict(zip(NAMES, chance.sample(NAMES, len(NAMES)), strict=True))
    renamed |= {name: chance.choice(others) for name, others in OTHER_NAMES.items()}

    def varied(name: str, value: object) -> str | int:
        if isinstance(value, dict):
            return message_of(value)
        if isinstance(value, int):
            return value + shift if name.endswith("line") else value
        return re.sub(r"\w+", lambda found: renamed.get(found[0], found[0]), str(value))

    def message_of(data: dict) -> Message:
        return Message(data["template"], **{name: varied(name, value) for name, value in data["values"].items()})

    def check_of(check: dict) -> dict:
        told = check["messages"] if check["status"] == "fail" else {}
        made = {part: message_of(data) for part, data in told.items()}
        messages = {part: message.as_dict() for part, message in made.items()} if told else check["messages"]
        return {**check, "seconds": check["seconds"] * factor, **made, "messages": messages}

    tasks = [{**task, "checks": [check_of(check) for check in task["checks"]]} for task in report["tasks"]]
    return {**report, "tasks": tasks, "run": {**report["run"], "seconds": report["run"]["seconds"] * factor}}
