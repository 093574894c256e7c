"""The corpus: every submission can be made, and nothing that its base becomes changes it unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as some
from support import corpus, corpus_patches
from support.corpus_patches import PatchError

SERVER = corpus.PROGRAMS[0]
TEXT = "".join(f"line {number}\n" for number in range(20)).encode()
FAULT = TEXT.replace(b"line 10\n", b"line ten\n")
LINES = some.lists(
    some.sampled_from(["a\n", "b\n", "\n", "-- c\n", "++ d\n", "@@ -1 +1 @@\n", "def f():\n"]), max_size=12
)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A corpus of two: `plain`, and `faulty`, which is that with a fault."""
    kept = {name: tmp_path / name for name in ("plain", "faulty")}
    for folder in kept.values():
        folder.mkdir()
    (kept["plain"] / corpus.EXPECTED).write_text("")
    (kept["plain"] / SERVER).write_bytes(TEXT)
    (kept["faulty"] / corpus.EXPECTED).write_text('base = "plain"\n')
    (kept["faulty"] / corpus.PATCH).write_text(corpus_patches.made(SERVER, TEXT, FAULT))
    monkeypatch.setattr(corpus, "_KEPT", kept)
    forget()
    yield kept
    forget()


def forget() -> None:
    """Read again what was read."""
    corpus.files.cache_clear()
    corpus.description.cache_clear()


# -- all there are -----------------------------------------------------------------------------------------------------


def test_every_submission_can_be_made():
    """Each patch applies to the byte; where one does not, the failure says what to do."""
    wrong = []
    for name in corpus.NAMES:
        try:
            assert corpus.programs(name), f"{name} has no program"
        except corpus.CorpusError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


def test_every_submission_is_where_its_programs_belong():
    """Its folder tells which programs are handed in, and no name is in two folders."""
    assert len(list(corpus.CORPUS.glob(f"*/*/{corpus.EXPECTED}"))) == len(corpus.NAMES)
    for name in corpus.NAMES:
        kind, programs = corpus.kept_in(name).parent.name, corpus.programs(name)
        assert set(programs) <= set(corpus.KINDS[kind]), name
        assert (len(programs) > 1) is (kind == "both"), name


def test_a_patch_is_what_is_read():
    """It has one or two changes of a program, and less than a third of its lines; a base has at most one more below it."""
    for name in corpus.NAMES:
        size = len((corpus.kept_in(name) / corpus.PATCH).read_bytes().splitlines()) if corpus.patch_of(name) else 0
        assert (
            size < sum(corpus.files(name)[patch.file].count(b"\n") for patch in corpus.patch_of(name)) / 3 or not size
        ), name
        assert all(len(patch.hunks) <= 2 for patch in corpus.patch_of(name)), name
        below = [deeper for base in corpus.bases(name) for deeper in corpus.bases(base)]
        assert not any(map(corpus.bases, below)), name


# -- patches -----------------------------------------------------------------------------------------------------------


@given(LINES, LINES)
def test_a_patch_makes_the_file_that_it_was_made_from(old, new):
    """Whatever the lines are, those that look like a patch's own among them."""
    before, after = "".join(old).encode(), "".join(new).encode()
    (patch,) = corpus_patches.parse(corpus_patches.made(SERVER, before, after))
    assert corpus_patches.applied(patch, before) == after
    assert patch.before == corpus_patches.blob_id(before)


def test_a_patch_reads_as_that_of_git():
    """It tells its place by the function before it, and the files by their blob ids."""
    old = b"def talk():\n    a\n    b\n    c\n    bad\n    e\n"
    new = old.replace(b"bad", b"good")
    assert corpus_patches.made(SERVER, old, new) == (
        f"index {corpus_patches.blob_id(old)}..{corpus_patches.blob_id(new)}\n--- {SERVER}\n+++ {SERVER}\n"
        "@@ -3,4 +3,4 @@ def talk():\n     b\n     c\n-    bad\n+    good\n     e\n"
    )
    assert corpus_patches.blob_id(b"hello\n") == "ce013625030b"


@pytest.mark.parametrize(
    "change",
    [(b"line 19\n", b"line 19\n\n"), (b"line 9\n", b"line nine\n"), (b"line 0\n", b"")],
    ids=["after", "context", "before"],
)
def test_a_changed_base_is_noticed(small, change):
    """Be it where the patch does not look: the error names both, and the commands that help."""
    (small["plain"] / SERVER).write_bytes(TEXT.replace(*change))
    forget()
    with pytest.raises(
        corpus.CorpusError, match=r"fault\.patch of faulty does not apply to plain: .*blob(?s:.*)faulty --renew"
    ):
        corpus.files("faulty")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("+line ten", "+line 10.0", "was edited"),
        (" line 9\n", " line nine\n", "has other lines at 9"),
        ("-9,5", "-8,5", "has other lines at 8"),
        (" line 9\n", "", "has 4 old and 4 new lines"),
        ("@@ -9", "@ -9", "line 4 does not begin the patch of a file"),
    ],
)
def test_an_edited_patch_is_noticed(small, old, new, complaint):
    """No line of it is taken for something else, and nothing is applied nearby."""
    path = small["faulty"] / corpus.PATCH
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(corpus.CorpusError, match=complaint):
        corpus.files("faulty")


def test_a_file_is_the_base_s_or_its_own(small):
    """A copy beside a base that has that file is an error: it would hide the patch."""
    (small["faulty"] / SERVER).write_bytes(TEXT)
    with pytest.raises(corpus.CorpusError, match="faulty has files of its own that plain has too"):
        corpus.files("faulty")


# -- a patch made anew -------------------------------------------------------------------------------------------------


def test_a_fault_is_carried_over(small):
    """Where the base has changed elsewhere, the submission gets that change and keeps its fault."""
    (small["plain"] / SERVER).write_bytes(b"# new\n" + TEXT)
    forget()
    corpus.renew("faulty")
    assert corpus.files("faulty") == {SERVER: b"# new\n" + FAULT}


@pytest.mark.parametrize("base", [TEXT.replace(b"line 10\n", b"line X\n"), TEXT + TEXT], ids=["gone", "twice"])
def test_a_fault_is_not_carried_over_by_guessing(small, base):
    """The lines that the fault replaces must be there, and once."""
    (small["plain"] / SERVER).write_bytes(base)
    forget()
    with pytest.raises(PatchError, match=rf"has the lines of the hunk at 9 {base.count(b'line 10')} times"):
        corpus.renew("faulty")


def test_files_are_kept_as_a_patch(small):
    """From a whole submission that names a base: what is in the base goes, the difference and other files stay."""
    folder = small["faulty"]
    (folder / SERVER).write_bytes(TEXT.replace(b"line 1\n", b""))
    (folder / "answers.md").write_bytes(b"1. Because.\n")
    wanted = corpus._files_in(folder)
    corpus.keep("faulty", wanted)
    assert sorted(path.name for path in folder.iterdir()) == ["answers.md", corpus.EXPECTED, corpus.PATCH]
    assert corpus.files("faulty") == wanted


# -- laid out ----------------------------------------------------------------------------------------------------------


def test_a_submission_is_laid_out_once(tmp_path, monkeypatch):
    """Many who ask at the same time get one folder, complete, and nothing else is left there."""
    monkeypatch.setattr(corpus, "_folder", None)
    corpus.lay_out_in(tmp_path / "corpus")
    name = next(name for name in corpus.NAMES if corpus.bases(name))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(corpus.folder_of, [name] * 40)) == {tmp_path / "corpus" / name}
    assert os.listdir(tmp_path / "corpus") == [name]  # noqa: PTH208 - hidden ones too
    assert {path.name: path.read_bytes() for path in corpus.folder_of(name).iterdir()} == corpus.files(name)


def test_the_command_prints_a_submission(tmp_path):
    """The only program as it is; or all files, written to a folder."""

    def command(*arguments: object) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, str(corpus.TESTS), "corpus", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, check=False)

    assert command("framed_still_lines").stdout == corpus.files("framed_still_lines")[corpus.PROGRAMS[2]]
    assert command("framed_pair").stdout.count(b"# -- length_prefix_") == 2
    assert command("framed_pair", "--into", tmp_path / "x").returncode == 0
    assert len(list((tmp_path / "x").iterdir())) == 2
    unknown = command("nobody")
    assert (unknown.returncode, unknown.stdout) == (1, b"")
    assert b"there is no submission 'nobody'" in unknown.stderr
