"""The pages in the folder of a class's results: which are written, when, and what becomes of old ones."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.class_samples import ADA, BOB, CYD, graded, hostile, scored

from grader.batch import pages
from grader.batch.run import BatchReporter
from grader.batch.store import Store
from grader.model.errors import GraderError
from grader.model.evidence import Evidence, Excerpt
from grader.results.graded import Graded, Review


class Heard(BatchReporter):
    """Hears whose page is written."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def page(self, key: str) -> None:
        """Keep it."""
        self.keys.append(key)


def keep(store: Store, *hand_ins: Graded) -> None:
    """These are the class, graded."""
    store.expect({one.entry.key: one.entry for one in hand_ins}, {})
    for one in hand_ins:
        store.save(one.entry.key, "v", one.report, one.error, one.exhibits)


def written(store: Store, out: Path) -> list[str]:
    """Bring the pages up to date; whose pages were made anew."""
    heard = Heard()
    assert pages.write(store, out, {}, heard) == out / "index.html"
    return heard.keys


def linked(out: Path) -> set[Path]:
    """The pages that the class page leads to."""
    found = re.findall(r'"(students/[^"#]+)', (out / "index.html").read_text("utf-8"))
    return {out / unquote(address) for address in found}


CLASS = (
    graded("ada+bob", scored(14, bonus=3), ADA, BOB),
    graded("cyd", None, CYD, error="the archive is broken"),
    graded("eve", scored(9, review=4)),
)


@pytest.fixture
def store(tmp_path):
    """The results of a class of three."""
    with Store(tmp_path, create=True) as store:
        keep(store, *CLASS)
        yield store


def test_everyone_has_a_page_that_the_class_page_leads_to(store, tmp_path):
    """One page a hand-in, those that could not be graded, too; each leads back."""
    assert written(store, tmp_path) == ["ada+bob", "cyd", "eve"]
    files = set((tmp_path / "students").iterdir())
    assert linked(tmp_path) == files
    assert len(files) == 3
    assert all('href="../index.html"' in file.read_text("utf-8") for file in files)
    assert "the archive is broken" in (tmp_path / "students" / "cyd.html").read_text("utf-8")


def test_only_what_has_changed_is_written_again(store, tmp_path):
    """Nothing changed, no page; a review, a new verdict, new lines to show or another entry, that one."""
    written(store, tmp_path)
    assert written(store, tmp_path) == []
    check = next(one for one in CLASS[2].checks() if one["status"] == "review")
    store.review("eve", check, Review(3, "nearly"))
    assert written(store, tmp_path) == ["eve"]
    assert "nearly" in (tmp_path / "students" / "eve.html").read_text("utf-8")
    shown = {"task1.broadcast": Evidence((Excerpt("chat.py", 7, ("send_to_all()",), (7,)),))}
    store.save("ada+bob", "v", CLASS[0].report, exhibits=shown)
    assert written(store, tmp_path) == ["ada+bob"]
    entries = {one.entry.key: replace(one.entry, late=one.entry.key == "cyd") for one in CLASS}
    store.expect(entries, {"cyd": 2})
    assert written(store, tmp_path) == ["cyd"]


def test_a_page_that_is_gone_is_written_again(store, tmp_path):
    """What lies there counts, not what was written once."""
    written(store, tmp_path)
    (tmp_path / "students" / "cyd.html").unlink()
    assert written(store, tmp_path) == ["cyd"]


@pytest.mark.parametrize("name", ["index.html", "students/eve.html"])
@pytest.mark.parametrize("make", [Path.mkdir, lambda file: file.write_text("mine"), lambda file: file.symlink_to("/x")])
def test_what_is_not_ours_is_not_written_over(store, tmp_path, name, make):
    """A file, folder or link of the name of a page stays, is named, and nothing half-made lies about."""
    (tmp_path / "students").mkdir()
    make(tmp_path / name)
    with pytest.raises(GraderError, match=rf"{name}: is no page of chatgrade's"):
        pages.write(store, tmp_path, {}, BatchReporter())
    assert not (tmp_path / name).is_file() or (tmp_path / name).read_text() == "mine"
    assert list(tmp_path.rglob("*.new")) == []


def test_other_looks_are_other_pages(store, tmp_path, monkeypatch):
    """A changed style or template makes all pages anew."""
    written(store, tmp_path)
    monkeypatch.setattr(pages, "_look", lambda: "another")
    assert written(store, tmp_path) == ["ada+bob", "cyd", "eve"]


def test_who_has_left_the_class_has_no_page(store, tmp_path):
    """Their page is taken away; files that are not ours stay."""
    written(store, tmp_path)
    notes = tmp_path / "students" / "notes.html"
    notes.write_text("<p>mine")
    keep(store, CLASS[0])
    written(store, tmp_path)
    assert linked(tmp_path) == set((tmp_path / "students").iterdir()) - {notes}
    assert notes.exists()


@pytest.mark.parametrize("key", ["../../out", "a/b", "#1 ?x=%20", "<b>", "É" * 150, ".", "con\n", "-"])
def test_any_key_is_a_file_in_the_folder(tmp_path, key):
    """No name of a hand-in leads out of the folder, and the class page finds each."""
    with Store(tmp_path / "out", create=True) as store:
        bad = hostile("<script>alert(1)</script>")
        keep(store, replace(bad, entry=replace(bad.entry, key=key)), graded(f"{key}2", scored(3)))
        written(store, tmp_path / "out")
        files = set((tmp_path / "out" / "students").iterdir())
        assert len(files) == 2
        assert linked(tmp_path / "out") == files


def test_notes_of_the_class_are_shown(store, tmp_path):
    """What the run noted about the class stands on its page."""
    store.note("notes", '["the same program to the byte: ada+bob, eve"]')
    written(store, tmp_path)
    assert "the same program to the byte" in (tmp_path / "index.html").read_text("utf-8")


def test_a_disk_that_does_not_let_it_is_told(store, tmp_path):
    """Pages that cannot be written are one sentence; the results are in the store all the same."""
    (tmp_path / "students").write_text("a file where the folder should be")
    with pytest.raises(GraderError, match="students: the pages could not be written"):
        pages.write(store, tmp_path, {}, BatchReporter())
    assert len(list(store.graded())) == 3
