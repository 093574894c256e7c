"""A class at a glance: its numbers are those of the exports, and hand-ins that fail for one cause are found."""

from __future__ import annotations

import gc
import statistics
import weakref
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.class_of_many import class_of, invented
from support.class_samples import ADA, BOB, CYD, DAN, csv_rows, graded, sample_class, scored
from support.fuzzing import fuzz
from support.report_samples import CRASH, ECHO, failed, failure, report, result

from grader.installed import load
from grader.model.kinds import Cause
from grader.model.message import Message
from grader.model.report import NOT_HANDED_IN
from grader.model.verdict import Failure, Status, Where
from grader.results.graded import Class, Entry, Graded, Person, Review
from grader.results.overview import Cell, Overview, overview
from grader.text.prose import sections


def of(class_: Class) -> Overview:
    """The overview of a class."""
    return overview(class_.graded, class_.check_points)


def of_all(*hand_ins: Graded) -> Overview:
    """The overview of these."""
    return overview(hand_ins, {})


def in_csv(cell: Cell | None) -> str:
    """What the CSV has for a cell."""
    if cell is None or (cell.points and cell.status in ("review", "error")):
        return ""
    return str(cell.earned) if cell.points else cell.status.replace("absent", "skip")


# -- numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("class_", [sample_class(), class_of(invented(), 60)], ids=["small", "large"])
def test_numbers_are_those_of_the_csv(class_):
    """Each student's row of the CSV says what the row of her hand-in says, check by check."""
    made = of(class_)
    rows = {row.key: row for row in made.rows}
    told = csv_rows(class_)
    assert len(told) == made.students
    for line in told:
        row = rows[line["submission"]]
        assert line["name"] in row.names or not line["name"]
        assert line["status"] == row.state
        assert bool(line["late"]) == row.late
        numbers = (row.score, row.max_score, row.bonus, row.max_bonus, row.awaiting_review, row.penalty)
        titles = ("score", "max_score", "bonus", "max_bonus", "awaiting_review", "penalty")
        assert [line[title] for title in titles] == ([str(number) for number in numbers] if row.graded else [""] * 6)
        assert {check.id: line[check.id] for check in made.checks} == {
            check.id: in_csv(row.cells.get(check.id)) for check in made.checks
        }


def test_the_columns_are_those_of_the_csv():
    """The checks stand in the same order."""
    class_ = sample_class()
    titles = list(csv_rows(class_)[0])
    assert [check.id for check in of(class_).checks] == titles[titles.index("submission") + 1 : -1]


def test_a_group_counts_once():
    """Hand-ins are counted, not people, in means and counts alike."""
    made = of_all(graded("ada+bob", scored(20), ADA, BOB), graded("cyd", scored(10), CYD))
    assert (len(made.rows), made.students, made.mean, made.median) == (2, 3, 15, 15)
    broadcast = {check.id: check for check in made.checks}["task1.broadcast"]
    assert broadcast.counts == {"fail": 2}


def test_what_was_not_graded_is_in_no_statistics():
    """It has a row, and no score that would pull down the mean."""
    made = of_all(graded("ada", scored(12)), graded("bob", None, error="the archive is broken"))
    assert (made.mean, made.max_score, sum(one.hand_ins for one in made.distribution)) == (12, 20, 1)
    assert [row.troubled for row in made.rows] == [False, True]
    assert made.rows[1].state == "not graded: the archive is broken"


def test_nobody():
    """A class without a hand-in has no numbers, and breaks nothing."""
    made = overview([], {"task1.listens": 2})
    assert (made.rows, made.clusters, made.mean, made.median, made.started) == ((), (), 0, 0, ("", ""))
    assert [check.id for check in made.checks] == ["task1.listens"]
    assert [tuple(one) for one in made.distribution] == [(0, 0, 0)]


@fuzz
@given(st.lists(st.integers(0, 130), min_size=1, max_size=20), st.integers(1, 120))
def test_the_distribution_has_every_score_once(scores, most):
    """Bins cover all scores without a gap; the full score ends the last one."""
    row = of_all(graded("ada", scored(1))).rows[0]
    rows = tuple(replace(row, key=str(place), score=score, max_score=most) for place, score in enumerate(scores))
    bins = Overview(rows, (), (), ("", "")).distribution
    assert bins[0].first == 0
    assert bins[-1].last == max(most, *scores)
    assert all(after.first == before.last + 1 for before, after in pairwise(bins))
    for one in bins:
        assert one.hand_ins == sum(one.first <= score <= one.last for score in scores)
    assert 1 <= len(bins) <= 11


def test_a_hundred_points_are_told_in_tens():
    """The full score has a bin of its own."""
    row = replace(of_all(graded("ada", scored(1))).rows[0], max_score=100)
    bins = Overview((row,), (), (), ("", "")).distribution
    assert [(one.first, one.last) for one in bins[:2] + bins[-1:]] == [(0, 9), (10, 19), (100, 100)]


def test_the_pass_rate_is_of_those_judged():
    """Who awaits a person, met an error, or left a bonus task out, neither passes nor fails."""
    kinds = [
        result("task5.frames", Status.PASS, 3),
        failed("task5.frames"),
        result("task5.frames", Status.SKIP, 3, caused_by="task1.listens"),
        result("task5.frames", Status.SKIP, 3, summary=NOT_HANDED_IN, absent=True),
        result("task5.frames", Status.REVIEW, 3),
        result("task5.frames", Status.ERROR, 3),
    ]
    (check,) = of_all(*(graded(f"s{place}", report(one)) for place, one in enumerate(kinds))).checks
    assert (check.passed, check.judged) == (1, 3)
    assert check.counts == {"pass": 1, "fail": 1, "skip": 1, "absent": 1, "review": 1, "error": 1}


def test_the_slowest():
    """Those that took longest come first, with the check that did most of it."""
    quick, slow = result("task1.listens", seconds=0.1), result("task4.rejoin", seconds=7.5)
    made = [graded(key, report(quick, slow)) for key in ("ada", "bob", "cyd")]
    for seconds, one in zip((3.0, 9.0, 5.0), made, strict=True):
        assert isinstance(one.report, dict)
        one.report["run"]["seconds"] = seconds
    found = of_all(*made, graded("dan", None, error="broken")).slowest(2)
    assert [(row.key, row.seconds, row.slowest) for row in found] == [
        ("bob", 9.0, ("task4.rejoin", 7.5)),
        ("cyd", 5.0, ("task4.rejoin", 7.5)),
    ]


def test_the_order_in_which_hand_ins_come_does_not_show():
    """The same class gives the same overview."""
    class_ = class_of(invented(), 40)
    assert of(class_) == of(replace(class_, graded=class_.graded[::-1]))


def test_no_report_is_kept():
    """Hand-ins are gone through once, and nothing of a report outlives its turn but what is shown."""

    class Report(dict):
        """One that can be watched."""

    watched = []

    def one_by_one():
        for one in class_of(invented(), 12).graded:
            told = Report(one.report or {})
            watched.append(weakref.ref(told))
            yield replace(one, report=told or None)

    made = overview(one_by_one(), {})
    gc.collect()
    assert len(made.rows) == 12
    assert [one for one in watched if one() is not None] == []


def test_mean_and_median_are_those_of_the_scores():
    """As a spreadsheet has them, where nobody works in a group."""
    class_ = class_of(invented(), 50)
    alone = replace(class_, graded=tuple(one for one in class_.graded if len(one.entry.people) == 1))
    scores = [int(row["score"]) for row in csv_rows(alone) if row["score"]]
    made = of(alone)
    assert made.mean == pytest.approx(statistics.fmean(scores))
    assert made.median == statistics.median(scores)


# -- who fails for the same cause --------------------------------------------------------------------------------------


def found(made: Overview) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
    """The clusters: hint, and who fails which check."""
    return [(str(one.symptom.hint), dict(one.checks)) for one in made.clusters]


def echoing(key: str, nickname: str) -> Graded:
    """A hand-in whose server sends a message back to its sender."""

    def said(message: Message) -> Message:
        values = {name: str(value).replace("mira", nickname) for name, value in message.values.items()}
        return Message(message.template, **values)

    summary, expected, observed = (said(ECHO.messages[part]) for part in ("summary", "expected", "observed"))
    failure = replace(ECHO, summary=summary, expected=expected, observed=observed, where=None)
    return graded(key, report(failed("task1.broadcast", failure)))


def test_the_same_mistake_is_one_cluster():
    """Fourteen students who send messages back to their senders are one row, whoever heard herself."""
    names = ("mira", "nils", "olga", "rana", "hugo", "vera", "zara")
    made = of_all(
        *(echoing(f"s{number:02}", names[number % 7]) for number in range(14)), graded("x", report(result("a")))
    )
    (cluster,) = made.clusters
    assert str(cluster.symptom.hint) == ECHO.hint
    assert len(cluster) == 14
    assert cluster.points_lost == 14 * 4
    assert cluster.first_checks == {f"s{number:02}": "task1.broadcast" for number in range(14)}


def locked(key: str, line: int, *checks: str) -> Graded:
    """A hand-in whose server takes a lock twice, which these checks show."""
    place = Where("simple_chat_server.py", line)

    def seen_by(check: str) -> Failure:
        return failure(f"expected by {check}", f"seen in {check}", where=place).with_cause(
            Cause.TAKES_A_LOCK_TWICE, function="drop", lock="lock", line=line, holder="spread", holder_line=32
        )

    return graded(key, report(*(failed(one, seen_by(one)) for one in checks)))


def test_one_cause_in_several_checks_is_one_cluster():
    """Where the same line fails several checks, they are told together, and each student once."""
    both = ("task4.reset", "task4.mass-death")
    made = of_all(locked("ada", 18, *both), locked("bob", 31, *both), locked("cyd", 7, "task4.mass-death"))
    ((hint, checks),) = found(made)
    assert hint.startswith("drop() waits for lock (line …)")
    assert checks == {"task4.reset": ("ada", "bob"), "task4.mass-death": ("ada", "bob", "cyd")}
    assert len(made.clusters[0]) == 3
    assert made.clusters[0].first_checks == {"ada": "task4.reset", "bob": "task4.reset", "cyd": "task4.mass-death"}


def test_the_same_words_at_different_places_are_different_causes():
    """Two checks that fail with one sentence in different lines of the same program have nothing to do with each other."""

    def crashing(key: str) -> Graded:
        places = {"task1.leave": 40, "task3.announce": 90}
        hint = "a thread of the server ended with KeyError: 'mira'"
        made = (failed(one, failure(hint=hint, where=Where("s.py", line))) for one, line in places.items())
        return graded(key, report(*made))

    made = of_all(crashing("ada"), crashing("bob"))
    assert [sorted(checks) for _, checks in found(made)] == [["task1.leave"], ["task3.announce"]]


def test_the_same_crash_is_one_cause():
    """A traceback that several checks of a program end with is told once, whatever they saw of it."""
    made = of_all(
        *(
            graded(key, report(*(failed(one, failure(observed=one), program_output=CRASH) for one in ("a", "b"))))
            for key in ("ada", "bob")
        )
    )
    assert [sorted(checks) for _, checks in found(made)] == [["a", "b"]]


def test_two_common_mistakes_stay_two():
    """That the same students make both does not make one of them."""
    ours = (failed("task1.broadcast", ECHO), failed("task1.leave", failure(hint="tell the others, once")))
    made = of_all(*(graded(key, report(*ours)) for key in ("ada", "bob", "cyd")))
    assert [list(checks) for _, checks in found(made)] == [["task1.broadcast"], ["task1.leave"]]


HELD = failure(
    observed="55 sockets, 27 of them in CLOSE_WAIT; 58 descriptors, 3 threads",
    hint="close the connection when the client is gone (conn.close() in finally), and end every thread that served it",
)
LOCK = failure(
    hint="broadcast() waits for lock (line 13), which leave() has already taken and still holds when it calls it "
    "(line 28): a Lock cannot be taken twice",
    where=Where("simple_chat_server.py", 13),
)
RESET = failure(
    hint="a thread of the server ended with ConnectionResetError: [Errno 104] Connection reset by peer (line 43)",
    where=Where("simple_chat_server.py", 43),
)


def test_what_is_held_by_a_deadlock_or_a_crash_is_theirs():
    """Three servers that hold dead sockets, for three causes, are in three clusters, each with what else its cause fails."""
    held = "15 sockets, 7 of them in CLOSE_WAIT; 18 descriptors, 15 threads"
    stopped = replace(LOCK, observed=f"{held}; the server has stopped for good")
    made = of_all(
        graded("leaks", report(failed("task4.socket-closed", HELD))),
        graded("locks", report(failed("task1.leave", LOCK), failed("task4.socket-closed", stopped))),
        graded(
            "dies", report(failed("task4.reset", RESET), failed("task4.socket-closed", replace(RESET, observed=held)))
        ),
    )
    assert sorted(tuple(sorted(one.checks)) for one in made.clusters) == [
        ("task1.leave", "task4.socket-closed"), ("task4.reset", "task4.socket-closed"), ("task4.socket-closed",),
    ]  # fmt: skip


# -- what the same hand-ins fail ---------------------------------------------------------------------------------------

TOPICS = {check_id: sections(guide.get("codelab", "")) for check_id, guide in load().guides.items()}
NO_BUFFER = {
    "task2.split": "keep what has come of a line in a buffer of its own for each client, and take complete lines out of it",
    "task2.merged": "one recv() may hold many lines: loop while there is a newline in the buffer",
    "task2.interleaved": "give each client a buffer of its own, made when the connection is accepted",
    "task3.split-and-merged": "look for the command in each complete line, not in what recv() returned",
}


def failing(key: str, hints: dict[str, str]) -> Graded:
    """A hand-in that fails these checks, each with its own sentence."""
    return graded(key, report(*(failed(check_id, failure(hint=hint)) for check_id, hint in hints.items())))


def entries(*hand_ins: Graded) -> list[list[str]]:
    """The checks of each entry, those of its first cluster before those that are told under it."""
    clusters = overview(hand_ins, {}, topics=TOPICS).clusters
    return [[check_id for each in (one, *one.with_it) for check_id in each.checks] for one in clusters]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_what_the_same_students_fail_in_one_section_is_one_entry(count):
    """A server without a buffer is told once, with a sentence for each of its checks, whether one has it or many."""
    hand_ins = [failing(f"s{number}", NO_BUFFER) for number in range(count)]
    assert entries(*hand_ins) == [list(NO_BUFFER)]
    (first,) = overview(hand_ins, {}, topics=TOPICS).clusters
    assert [str(one.symptom.hint) for one in (first, *first.with_it)] == list(NO_BUFFER.values())


def test_entries_have_four_fifths_in_common():
    """A check that others fail for the same cause has an entry of its own as soon as they are more than a fifth."""
    many, mixed = [failing(f"s{number}", NO_BUFFER) for number in range(4)], "task2.interleaved"
    others = [failing(f"x{number}", {mixed: NO_BUFFER[mixed]}) for number in range(2)]
    alone = [check_id for check_id in NO_BUFFER if check_id != mixed]
    assert entries(*many, *others[:1]) == [[mixed, *alone]]
    assert entries(*many, *others) == [[mixed], alone]


@pytest.mark.parametrize(
    ("some", "other"), [("task2.split", "task1.leave"), ("task1.client-connects", "task2.explains-listener")]
)
def test_what_is_about_different_sections_stays_apart(some, other):
    """The same students fail both: two things to explain, even if both checks name a section that the other names, too."""
    hints = {some: "one", other: "another"}
    assert sorted(entries(*(failing(key, hints) for key in ("ada", "bob")))) == sorted([[some], [other]])


def test_two_mistakes_in_one_entry_keep_what_is_theirs():
    """Who makes both of two mistakes in a section is told so, with a sentence, the checks and the points of each."""
    hints = {"task1.broadcast": "skip the sender", "task1.leave": "tell the others, once"}
    (first,) = overview([failing(key, hints) for key in ("ada", "bob")], {}, topics=TOPICS).clusters
    (second,) = first.with_it
    assert {str(one.symptom.hint): list(one.checks) for one in (first, second)} == {
        hint: [check_id] for check_id, hint in hints.items()
    }
    assert first.points_lost == second.points_lost == 8


def test_entries_do_not_depend_on_the_order_of_hand_ins():
    """The same class gives the same entries, the one with the most students and points first."""
    hand_ins = [failing(f"s{number}", dict(list(NO_BUFFER.items())[: 1 + number % 4])) for number in range(12)]
    assert entries(*hand_ins) == entries(*hand_ins[::-1])
    assert entries(*hand_ins)[0][0] == "task2.split"


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ("section 4", {"4"}),
        ("sections 1 and 3", {"1", "3"}),
        ("section 5, Task 3, and section 4", {"Task 3", "4"}),
        ("section 3 (HOST) and section 6", {"3", "6"}),
        ("beyond it", set()),
    ],
)
def test_parts_of_the_codelab(told, parts):
    """A task is a part of its own, not the section that lists all of them."""
    assert sections(told) == parts


def test_large_clusters_are_not_joined_by_one_student():
    """A student in whom two causes meet, and a third that nobody else has, leaves the two apart."""
    causes = {
        check: failure(check, check, hint=f"hint of {check}", where=Where("s.py", 3)) for check in ("a", "b", "c")
    }
    met = (failed(check, cause, program_output=CRASH) for check, cause in causes.items())
    made = of_all(
        *(graded(f"a{number}", report(failed("a", causes["a"]))) for number in range(3)),
        *(graded(f"b{number}", report(failed("b", causes["b"]))) for number in range(3)),
        graded("met", report(*met)),
    )
    assert [(hint, sorted(checks)) for hint, checks in found(made)] == [("hint of a", ["a", "c"]), ("hint of b", ["b"])]


def test_what_one_of_many_has_in_common_joins_nothing():
    """Two kinds of failure are one only if half of those who show the smaller one tell it as one cause."""
    causes = {check: failure(check, check, hint=f"hint of {check}", where=Where("s.py", 3)) for check in ("a", "b")}
    both = graded("both", report(*(failed(check, cause, program_output=CRASH) for check, cause in causes.items())))
    first = [graded(f"a{number}", report(failed("a", causes["a"]))) for number in range(4)]
    second = [graded(f"b{number}", report(failed("b", causes["b"]))) for number in range(2)]
    assert [sorted(checks) for _, checks in found(of_all(*first, *second, both))] == [["a"], ["b"]]
    assert [sorted(checks) for _, checks in found(of_all(*first, *second[:1], both))] == [["a", "b"]]


def test_what_follows_from_another_failure_is_no_cause():
    """A check that was skipped is in no cluster."""
    skipped = result("task1.join", Status.SKIP, summary="needs task1.listens, which failed")
    made = of_all(graded("ada", report(failed("task1.listens", failure()), skipped)))
    assert [list(one.checks) for one in made.clusters] == [["task1.listens"]]


def test_comments_of_a_review_are_causes():
    """Answers that a person has marked down with the same comment are one cluster; those marked in full are in none."""
    asked = result("task1.explains", Status.REVIEW, 2, summary="a person reads this answer")
    made = [graded(key, report(asked)) for key in ("ada", "bob", "cyd", "dan")]
    decided = [Review(1, "Which thread waits?"), Review(0, "Which thread waits?"), Review(2, "Well said.")]
    judged = [replace(one, reviews={"task1.explains": review}) for one, review in zip(made, decided, strict=False)]
    class_ = of_all(*judged, made[3])
    assert found(class_) == [("Which thread waits?", {"task1.explains": ("ada", "bob")})]
    assert class_.clusters[0].points_lost == 3


def test_the_commonest_symptom_of_a_check():
    """It is told with how many of its failures show it."""
    other = graded("zoe", report(failed("task1.broadcast", failure(hint="once"))))
    (check,) = of_all(echoing("ada", "mira"), echoing("bob", "nils"), other).checks
    told = check.commonest
    assert told is not None
    assert (str(told.symptom.hint), told.count, told.failures, told.kinds) == (ECHO.hint, 2, 3, 2)


def test_invented_mistakes_are_found_again():
    """In a class of many, whose nicknames, functions and lines differ, each mistake is one cluster."""
    class_ = class_of(invented(), 200)
    made = of(class_)
    told = [set(one.checks) for one in made.clusters if not one.symptom.happened.pieces[0].startswith("judged")]
    assert sorted(map(sorted, told)) == [
        ["task1.broadcast"], ["task3.announce"], ["task4.mass-death", "task4.reset-mid-broadcast"],
    ]  # fmt: skip
    for cluster in made.clusters:
        for check_id, keys in cluster.checks.items():
            assert set(keys) <= {row.key for row in made.rows if row.cells and row.cells[check_id].status == "fail"}


def test_names_are_those_of_the_exports():
    """Where the platform names nobody, the key stands for the author."""
    made = of_all(graded("x1", scored(1)), Graded(Entry("x2", (DAN, Person(email="e@uni.example")))))
    assert [row.names for row in made.rows] == [("x1",), ("Dan", "e@uni.example")]
