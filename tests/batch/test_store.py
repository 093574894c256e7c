"""The store of a class: nothing graded or judged is lost, and every way to be unusable is told in one sentence."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from typing import Any

import pytest
from support.corpus import TESTS
from support.stores import ADA, BOB, check, filled, report

from grader.batch.store import NAME, Store
from grader.model.errors import GraderError, UsageError
from grader.model.evidence import Evidence, Excerpt, Screenshot, StackFrame, StuckThread
from grader.results.graded import Review


def test_everything_is_there_after_reopening(tmp_path):
    """Entries, reports, errors, penalties, notes and reviews are read back as they were written, in the keys' order."""
    with filled(tmp_path) as store:
        store.save("bob_2", "v2", None, "no server in it")
        store.note("layout", "moodle")
        store.review("ada_1", check(), Review(1, "half of it"))
    with Store(tmp_path) as store:
        ada, bob = store.graded()
        assert (ada.entry, ada.report, ada.penalty) == (ADA, report(check()), 1)
        assert ada.reviews == {"task2.explains-framing": Review(1, "half of it")}
        assert (bob.entry, bob.report, bob.error) == (BOB, None, "no server in it")
        assert store.verdict_keys() == {"ada_1": "v1", "bob_2": "v2"}
        assert store.whole_class().layout == "moodle"
        assert store.about("nothing", "else") == "else"


def test_pairs_are_kept_beside_the_verdicts(tmp_path):
    """What became of a client with a server is read back, by kind, a later result in place of an earlier one."""
    with filled(tmp_path) as store:
        assert store.pairs("lines") == {}
        store.save_pair("lines", ("ada_1", "bob_2"), "m1", {"passed": 1})
        store.save_pair("lines", ("ada_1", "bob_2"), "m2", {"passed": None, "error": "\ud800"})
        store.save_pair("frames", ("", "bob_2"), "m3", {"passed": 5})
    with Store(tmp_path) as store:
        assert store.pairs("lines") == {("ada_1", "bob_2"): ("m2", {"passed": None, "error": "\ud800"})}
        assert store.pairs("frames") == {("", "bob_2"): ("m3", {"passed": 5})}
        assert store.verdict_keys() == {"ada_1": "v1"}


def test_what_a_page_shows_is_kept_beside_the_report(tmp_path):
    """Excerpts, threads and screens come back as they were, odd characters and all."""
    shown = {
        "task1.join": Evidence(
            (Excerpt("a.py", 3, ("with lock:", "    \udcff\x00"), (3,)),),
            (StuckThread("the main thread", "sleeps", (StackFrame("a.py", 3, "main", "with lock:", own=True),)),),
            (Screenshot("remy", ("", "> hi"), 1, 4),),
            "otto",
        )
    }
    with filled(tmp_path) as store:
        store.save("ada_1", "v1", report(check()), exhibits=shown)
        assert [one.exhibits for one in store.graded()] == [shown, {}]


def test_a_store_of_the_first_version_is_taken_over(tmp_path):
    """Results that were made before pages were still count; they have nothing more to show."""
    filled(tmp_path).__exit__()
    with sqlite3.connect(tmp_path / NAME) as database:
        columns = "key, entry, present, place, verdict_key, report, error, penalty, graded_at"
        database.execute(f"CREATE TABLE first AS SELECT {columns} FROM submissions")
        database.execute("DROP TABLE submissions")
        database.execute("ALTER TABLE first RENAME TO submissions")
        database.execute("DROP TABLE pairs")
        database.execute("PRAGMA user_version = 1")
    database.close()
    with Store(tmp_path) as store:
        ada, _ = store.graded()
        assert store.pairs("interop.lines") == {}
        assert (ada.report, ada.exhibits) == (report(check()), {})


def test_a_hand_in_that_is_gone_is_kept_and_not_shown(tmp_path):
    """Who is no longer expected is in no export, and comes back with the verdicts."""
    with filled(tmp_path) as store:
        store.expect({"bob_2": BOB}, {})
        assert [one.entry for one in store.graded()] == [BOB]
        store.expect({"ada_1": ADA}, {})
        assert [one.report for one in store.graded()] == [report(check())]


@pytest.mark.parametrize("changed", [{"observed": "answers.md: another answer"}, {"points": 5}])
def test_a_review_of_something_else_does_not_count(tmp_path, changed):
    """What was said of an answer holds for that answer and its points alone; if they come back, so does it."""
    with filled(tmp_path) as store:
        store.review("ada_1", check(), Review(2))
        store.save("ada_1", "v2", report(check(**changed)))
        assert next(store.graded()).awaiting_review == check(**changed)["points"]
        store.save("ada_1", "v3", report(check()))
        assert next(store.graded()).awaiting_review == 0


def test_a_review_is_taken_back_and_replaced(tmp_path):
    """The last decision on an answer holds, and None is no decision."""
    with filled(tmp_path) as store:
        for review in (Review(2), Review(0, "no"), None):
            store.review("ada_1", check(), review)
            assert list(next(store.graded()).reviews.values()) == ([review] if review else [])


def test_reviews_of_a_group_are_kept_together_or_not_at_all(tmp_path):
    """Where one of several decisions cannot be kept, none is."""
    unfit: Any = object()
    with filled(tmp_path) as store:
        with pytest.raises(GraderError, match="cannot be written"):
            store.review_together([("ada_1", check(), Review(2)), ("bob_2", check(), Review(unfit))])
        assert next(store.graded()).reviews == {}


def test_answers_set_apart_are_remembered(tmp_path):
    """They are the same after reopening."""
    with filled(tmp_path) as store:
        assert store.reviewed_apart() == frozenset()
        store.review_apart(frozenset({("task2.x", "ada_1")}))
    with Store(tmp_path) as store:
        assert store.reviewed_apart() == {("task2.x", "ada_1")}


def test_odd_text_is_kept(tmp_path):
    """Halves of surrogate pairs, NULs and escape sequences in what students wrote stop nothing."""
    odd = "\udcff \x00 \x1b[2J \U0001f600"
    with filled(tmp_path, observed=f"answers.md: {odd}") as store:
        store.save("bob_2", "v", report({**check(odd), "summary": odd}), odd)
        store.review("bob_2", check(odd), Review(1, odd))
    with Store(tmp_path) as store:
        ada, bob = store.graded()
        assert ada.report == report(check(f"answers.md: {odd}"))
        assert bob.reviews["task2.explains-framing"].points == 1


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from grader.results.graded import Review
from support.stores import check, filled
store = filled(Path({folder!r}))
store.review("ada_1", check(), Review(1, "kept"))
store._database.execute("BEGIN IMMEDIATE")
store._database.execute("DELETE FROM reviews")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_only_what_was_in_flight(tmp_path):
    """After kill -9 in the middle of a transaction everything before it is there, and the store can be written."""
    code = KILLED.format(tests=str(TESTS), folder=str(tmp_path))
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    with Store(tmp_path) as store:
        assert next(store.graded()).reviews == {"task2.explains-framing": Review(1, "kept")}
        store.note("layout", "canvas")


def test_one_process_at_a_time(tmp_path):
    """Who comes second is told so, and can begin when the first has ended."""
    with filled(tmp_path):
        with pytest.raises(UsageError, match="another chatgrade is at work on it"):
            Store(tmp_path)
    Store(tmp_path).__exit__()


def spoil(folder, data: bytes) -> None:
    """Another file in the store's place."""
    (folder / NAME).write_bytes(data)


def test_a_folder_without_a_store_is_told(tmp_path):
    """Reading an empty or missing folder is wrong usage, and makes nothing there."""
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError, match="holds no results of a class"):
            Store(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_was_never_made_complete_is_made_anew(tmp_path):
    """A process killed before it had made the tables leaves no trap."""
    spoil(tmp_path, b"")
    with pytest.raises(UsageError, match="holds no results of a class"):
        Store(tmp_path)
    with filled(tmp_path) as store:
        assert len(list(store.graded())) == 2


def test_another_version_is_told(tmp_path):
    """A store of a later chatgrade is not touched."""
    filled(tmp_path).__exit__()
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UsageError, match=r"another version of chatgrade \(schema 99, not 2\)"):
        Store(tmp_path, create=True)


def test_something_that_is_no_store_is_told(tmp_path):
    """A file of another kind is one sentence, and is left as it is; the lock is free again."""
    spoil(tmp_path, b"a text of some length that is no database" * 100)
    for _ in range(2):
        with pytest.raises(GraderError, match=r"chatgrade\.sqlite: cannot be read \(file is not a database\)"):
            Store(tmp_path)


def test_a_damaged_store_is_told(tmp_path):
    """Pages overwritten in the middle of the file are one sentence for whoever reads them."""
    with filled(tmp_path, observed="x" * 100_000):
        pass
    data = bytearray((tmp_path / NAME).read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    spoil(tmp_path, bytes(data))
    with pytest.raises(GraderError, match=r"chatgrade\.sqlite: cannot be read \(.*malformed\)"):
        with Store(tmp_path) as store:
            list(store.graded())


def test_a_store_that_cannot_be_written_is_told(tmp_path):
    """A database that became read-only can be read; writing to it is one sentence."""
    with filled(tmp_path) as store:
        store._database.execute("PRAGMA query_only = ON")
        with pytest.raises(GraderError, match=r"cannot be written \(attempt to write a readonly database\)"):
            store.review("ada_1", check(), Review(2))
        assert len(list(store.graded())) == 2


def test_a_full_disk_is_told(tmp_path):
    """What no longer fits is one sentence, and what was there before stays."""
    with filled(tmp_path) as store:
        (pages,) = store._database.execute("PRAGMA page_count").fetchone()
        store._database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(GraderError, match=r"cannot be written \(database or disk is full\)"):
            store.save("ada_1", "v2", report(check("y" * 1_000_000)))
        assert next(store.graded()).report == report(check())


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    """A file in the folder's place is wrong usage."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match=r"out: cannot be made \(File exists\)"):
        Store(tmp_path / "out", create=True)


GONE = {
    "deleted": shutil.rmtree,
    "its file deleted": lambda folder: (folder / NAME).unlink(),
    "renamed": lambda folder: folder.rename(folder.with_name("other")),
}
USED = {
    "written": lambda store: store.note("a", "b"),
    "read": lambda store: list(store.graded()),
    "closed": lambda store: None,  # noqa: ARG005 - which comes in any case
}


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
@pytest.mark.parametrize("use", USED.values(), ids=USED)
def test_results_that_are_gone(tmp_path, gone, use):
    """Results that are deleted meanwhile are told in one sentence, whatever is done next: the database itself notices nothing."""

    def work() -> None:
        with Store(tmp_path / "out", create=True) as store:
            gone(tmp_path / "out")
            use(store)

    with pytest.raises(GraderError, match="out: was deleted or replaced meanwhile"):
        work()
