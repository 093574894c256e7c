"""Checks: how they are declared, found, and what the catalogue of the codelab promises."""

from __future__ import annotations

import dataclasses

import pytest

from grader import installed
from grader.model.catalogue import Catalogue, Check, Task, check, check_of
from grader.model.errors import UsageError, nearest
from grader.model.verdict import CheckResult, Status

# The server checks of Tasks 1 to 4 and their points, as the contract has them.
CONTRACT = {
    "task1.listens": 2, "task1.lan": 1, "task1.join": 3, "task1.broadcast": 4, "task1.order": 2, "task1.concurrent": 4,
    "task1.leave": 2, "task1.exit": 2, "task1.unicode": 1, "task1.blank-name": 1, "task1.restart": 1,
    "task2.split": 3, "task2.merged": 3, "task2.name-and-message": 2, "task2.interleaved": 2, "task2.split-utf8": 2,
    "task2.crlf": 1, "task2.long-line": 2, "task2.bad-utf8": 1, "task2.only-newline": 0, "task2.unfinished": 1,
    "task3.announce": 6, "task3.new-name-used": 5, "task3.not-chat": 2, "task3.again": 2,
    "task3.leaves-with-new-name": 2, "task3.only-mine": 1, "task3.no-argument": 2, "task3.split-and-merged": 1,
    "task3.lookalike": 1,
    "task4.reset": 3, "task4.reset-mid-broadcast": 4, "task4.mass-death": 2, "task4.before-name": 1,
    "task4.socket-closed": 3, "task4.rejoin": 2, "task4.stalled-reader": 0,
}  # fmt: skip
CHECKS = {one.id: one for one in installed.load().catalogue if one.runs == "server" and one.task != "task5"}


# -- the codelab's own -------------------------------------------------------------------------------------------------


def test_contract():
    """The catalogue has exactly the contract's server checks, in its order, with its points."""
    assert {check_id: one.points for check_id, one in CHECKS.items()} == CONTRACT
    assert list(CHECKS) == list(CONTRACT)


@pytest.mark.parametrize("check_id", CONTRACT)
def test_every_check_explains_itself(check_id):
    """A check has one sentence for students and tells what it does, why, what goes wrong and where to read."""
    one = CHECKS[check_id]
    assert one.title.endswith(".")
    assert len(one.title) <= 130
    assert not one.title.lower().startswith(("test", "check that"))
    assert set(one.guide) >= {"does", "why", "mistakes", "codelab"}
    assert all(one.guide.values())
    assert all(line.count("->") <= 1 for line in one.guide["mistakes"].splitlines())
    assert "->" in one.guide["mistakes"]


@pytest.mark.parametrize("check_id", CONTRACT)
def test_every_check_needs_little(check_id):
    """Every check but the first needs the server to listen; of Task 3 all others need the announcement; no other needs."""
    wanted = {"task1.listens"} if check_id != "task1.listens" else set()
    if check_id.startswith("task3.") and check_id != "task3.announce":
        wanted.add("task3.announce")
    assert set(CHECKS[check_id].needs) == wanted


def test_needs_come_first():
    """No check stands before one that it needs."""
    seen: set[str] = set()
    for one in installed.load().catalogue:
        assert seen.issuperset(one.needs), one.id
        seen.add(one.id)


def test_tasks_hold_their_own_checks():
    """Each task's checks bear its id, each id is used once, and a check without points is advice."""
    tasks = installed.load().catalogue.tasks
    ids = [one.id for task in tasks for one in task.checks]
    assert len(ids) == len(set(ids))
    assert all(one.task == task.id for task in tasks for one in task.checks)
    assert {one.id for one in CHECKS.values() if one.advice} == {"task2.only-newline", "task4.stalled-reader"}


# -- declaring one -----------------------------------------------------------------------------------------------------


@check("demo.first", points=2)
def first(_room):
    """The first one works."""


@check("demo.second", points=3, needs=first, runs="both")
def second(_room):
    """The second one
    works as well.

    Does: one thing:
      and another.

    Why: because.

    Mistakes:
    - forgetting it -> nothing happens
    - doing it twice
      -> it happens twice

    Codelab: section 3
    """  # noqa: D205


@check("demo.third", points=0, needs=(first, second))
def third(_room):
    r"""A sentence with `\n` and a colon: here.

    Why:because it must
    """


def test_a_check_without_a_guide():
    """A docstring of one line is the sentence; there is no guide, no need, and it runs the server."""
    assert check_of(first) == Check("demo.first", "The first one works.", 2, "server", (), first, {})


def test_a_docstring_is_read_in_parts():
    """The first paragraph is the sentence on one line, the others are the guide by their labels."""
    assert check_of(second) == Check(
        "demo.second", "The second one works as well.", 3, "both", ("demo.first",), second,
        {
            "does": "one thing:\nand another.",
            "why": "because.",
            "mistakes": "- forgetting it -> nothing happens\n- doing it twice\n-> it happens twice",
            "codelab": "section 3",
        },
    )  # fmt: skip


def test_needs_are_functions():
    """What a check needs is given as functions and kept as their ids, in order."""
    assert check_of(third).needs == ("demo.first", "demo.second")
    assert check_of(third).title == r"A sentence with `\n` and a colon: here."
    assert check_of(third).guide == {"why": "because it must"}


def test_a_check_stays_a_function():
    """The decorated function can be called as before."""
    assert first(None) is None
    assert first.__name__ == "first"


@pytest.mark.parametrize("made", [check_of(first), Task("demo", "Demo", ()), *CHECKS.values()][:3])
def test_declarations_are_frozen(made):
    """Nobody changes a check or a task in mid-run."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.id = "other"


@pytest.mark.parametrize(("status", "earned"), [(status, 4 if status is Status.PASS else 0) for status in Status])
def test_points_are_all_or_nothing(status, earned):
    """Only a check that passed gives its points."""
    assert CheckResult("demo.first", "It works.", "server", 4, status).earned == earned


# -- the catalogue -----------------------------------------------------------------------------------------------------


def catalogue() -> Catalogue:
    """Make a catalogue: d needs c and b, c needs a, b needs nothing."""

    def made(check_id: str, *needs: str) -> Check:
        return Check(check_id, "It works.", 1, "server", needs, first)

    one = Task("x", "One", (made("x.a"), made("x.b")))
    return Catalogue([one, Task("y", "Two", (made("y.c", "x.a"), made("y.d", "y.c", "x.b")))])


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ([], []),
        (["x.b"], ["x.b"]),
        (["y.c"], ["x.a", "y.c"]),
        (["y.d"], ["x.a", "x.b", "y.c", "y.d"]),
        (["y.c", "x.b", "x.a", "x.b"], ["x.a", "x.b", "y.c"]),
    ],
)
def test_with_needs(asked, got):
    """What is asked for and all that it needs come once each, in the catalogue's order."""
    assert [one.id for one in catalogue().with_needs(asked)] == got


@pytest.mark.parametrize("asked", ["x", "x.e", "", "X.A"])
def test_unknown_check(asked):
    """An unknown id is a mistake of the caller's and is named."""
    with pytest.raises(UsageError, match=f"There is no check {asked!r}"):
        catalogue().with_needs(["x.a", asked])


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("task1.jion", "task1.join"),
        ("task1.brodcast", "task1.broadcast"),
        ("task2.split_utf8", "task2.split-utf8"),
        ("task3.anounce", "task3.announce"),
        ("broadcast", "task1.broadcast"),
    ],
)
def test_nearest_check(asked, near):
    """A misspelt id is answered with the one that was meant."""
    with pytest.raises(UsageError, match=f"did you mean '{near}'"):
        installed.load().catalogue[asked]


@pytest.mark.parametrize(
    ("word", "known", "sentence"),
    [
        ("prot", ["port", "files"], "; did you mean 'port'?"),
        ("xyz", ["port", "files"], "; known: files, port."),
        ("xyz", [], "; known: ."),
        ("xyz", [f"word{number}" for number in range(13)], "; `chatgrade checks` lists them all."),
    ],
)
def test_nearest(word, known, sentence):
    """The nearest known word is named, or all if they are few, or where they can be read."""
    assert nearest(word, known) == sentence
