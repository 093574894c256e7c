"""Which files of a submission count, and that each change of one of them is told."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.watch.change_watching import Place, awaited, counts

SERVER = "simple_chat_server.py"
LATE = 60  # seconds after which a test gives up


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with a module in a folder of its own."""
    made = tmp_path / "course" / "ada"
    (made / "lib").mkdir(parents=True)
    (made / SERVER).write_text("import lib.helper\n")
    (made / "lib" / "helper.py").write_text("HELPS = True\n")
    return made


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        (SERVER, True),
        ("lib/helper.py", True),
        ("lib", True),
        ("answers.md", True),
        ("words.txt", True),
        ("__pycache__/simple_chat_server.cpython-311.pyc", False),
        ("lib/__pycache__", False),
        (".git/index", False),
        ("venv/lib/python3.11/site.py", False),
        (f".{SERVER}.swp", False),
        (f"{SERVER}~", False),
        (f"#{SERVER}#", False),
        (f".#{SERVER}", False),
        (f"{SERVER}.___jb_tmp___", False),
        ("chat.log", False),
    ],
)
def test_what_counts(name: str, counted: bool) -> None:
    """Sources, answers and data count; what tools, editors and running programs leave beside them does not."""
    root = Path("/home/ada/chat")
    assert counts(root / name, root) is counted


def test_our_own_temporary_folders_do_not_count() -> None:
    """Grading a submission in the folder for temporary files does not change it; one in a folder named like ours is seen."""
    temporary = Path(tempfile.gettempdir()).resolve()
    assert not counts(temporary / "chatgrade-x1" / "submission" / SERVER, temporary)
    assert counts(temporary / SERVER, temporary)
    assert counts(temporary / "chatgrade-course" / SERVER, temporary / "chatgrade-course")


def renamed_into_place(folder: Path) -> None:
    (folder / "new~").write_text("HELPS = False\n")
    (folder / "new~").replace(folder / SERVER)


def renamed_away_and_written(folder: Path) -> None:
    (folder / SERVER).rename(folder / f"{SERVER}~")
    (folder / SERVER).write_text("pass\n")


def appended(folder: Path) -> None:
    with (folder / "lib" / "helper.py").open("a") as file:
        file.write("#")


def made_anew(folder: Path) -> None:
    gone = folder.rename(folder.with_name("gone"))
    gone.rename(folder)


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda folder: (folder / SERVER).write_text("pass\n"),
    "appended": appended,
    "renamed into place": renamed_into_place,
    "renamed away and written": renamed_away_and_written,
    "deleted": lambda folder: (folder / SERVER).unlink(),
    "a new file": lambda folder: (folder / "answers.md").write_text("Both at once."),
    "a new folder": lambda folder: (folder / "task5").mkdir(),
    "the folder renamed and put back": made_anew,
    "the folder gone": lambda folder: folder.rename(folder.with_name("gone")),
    "settings above": lambda folder: (folder.parent / "chatgrade.toml").write_text("[network]\nport = 5000\n"),
    "settings here": lambda _: Path("chatgrade.toml").touch(),
    "settings above here": lambda _: Path("../chatgrade.toml").touch(),
    "closed": lambda folder: (folder / SERVER).chmod(0o400),
}
NO_CHANGES: dict[str, Callable[[Path], object]] = {
    "read": lambda folder: (folder / SERVER).read_text(),
    "compiled": lambda folder: (folder / "__pycache__").mkdir(),
    "a backup": lambda folder: (folder / f"{SERVER}~").write_text("pass\n"),
    "a log": lambda folder: (folder / "chat.log").write_text("ada: hi\n"),
    "a file above": lambda folder: (folder.parent / "notes.txt").write_text("hi\n"),
}


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory that is no part of the submission, nor above it."""
    (tmp_path / "desk" / "drawer").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "desk" / "drawer")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_told(folder: Path, change: Callable[[Path], object]) -> None:
    """However a file is saved, added or lost, at whatever depth, it is told, and another look shows that it was written."""
    place = Place(folder)
    before = place.look()
    with awaited(before) as word:
        assert not word.poll()
        change(folder)
        assert word.poll(LATE)
        assert Path(word.recv()).is_relative_to(folder.parent.parent)
    if change is not made_anew:
        assert place.look().digest != before.digest


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_is_no_change_is_not_told(folder: Path, change: Callable[[Path], object]) -> None:
    """What does not count is not told: the first word is of what is written after it, and the two looks are the same."""
    place = Place(folder)
    before = place.look()
    with awaited(before) as word:
        change(folder)
        assert place.look() == before
        (folder / "lib" / "helper.py").write_text("pass\n")
        assert word.poll(LATE)
        assert word.recv() == str(folder / "lib" / "helper.py")


def test_what_is_printed_into_the_folder_does_not_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own output may go to a file beside the program: each report would be followed by another."""
    with (folder / "report.txt").open("w") as output:
        monkeypatch.setattr(sys, "__stdout__", output)
        place = Place(folder)
        before = place.look()
        with awaited(before) as word:
            print("Score 0/4", file=output, flush=True)
            assert place.look() == before
            (folder / SERVER).write_text("pass\n")
            assert word.poll(LATE)
            assert word.recv() == str(folder / SERVER)


def test_saved_as_it_was(folder: Path) -> None:
    """A file that is written with the same content, or touched, is told; the stamps are others, the digest is not."""
    place = Place(folder)
    before = place.look()
    with awaited(before) as word:
        (folder / SERVER).write_text((folder / SERVER).read_text())
        os.utime(folder / SERVER, ns=(1, 1))
        assert word.poll(LATE)
    after = place.look()
    assert after.digest == before.digest
    assert after.stamps != before.stamps


def test_what_is_gone_cannot_be_watched(folder: Path) -> None:
    """A folder that goes before it is watched is no error; another look tells."""
    place = Place(folder)
    before = place.look()
    folder.rename(folder.with_name("gone"))
    with awaited(before):
        assert place.look() != before


def test_a_file_that_is_not_in_the_folder(folder: Path, tmp_path: Path) -> None:
    """A program or settings that were named count wherever they lie, and what lies beside a program does, too."""
    (tmp_path / "other").mkdir()
    client, config = tmp_path / "other" / "client.py", tmp_path / "course.toml"
    for file in (client, config):
        file.write_text("")
    place = Place(folder, [client], config)
    for file in (client, config, client.with_name("helper.py")):
        before = place.look()
        with awaited(before) as word:
            file.write_text("# changed\n")
            assert word.poll(LATE)
            assert word.recv() == str(file)
        assert place.look().digest != before.digest


def test_behind_a_link(folder: Path, tmp_path: Path) -> None:
    """A submission that is reached by a link is watched where it is; and so is the link, which may lead elsewhere."""
    link = tmp_path / "mine"
    link.symlink_to(folder.parent)
    place = Place(link / "ada")
    before = place.look()
    with awaited(before) as word:
        (folder / SERVER).write_text("pass\n")
        assert word.poll(LATE)
    between = place.look()
    assert between.digest != before.digest
    other = tmp_path / "other"
    (other / "ada").mkdir(parents=True)
    with awaited(between) as word:
        link.unlink()
        link.symlink_to(other)
        assert word.poll(LATE)
    assert place.look().roots == {other / "ada"}


def test_a_single_file_counts_with_its_folder(folder: Path) -> None:
    """Of a program that is watched alone, the modules beside it count, too."""
    place = Place(folder / SERVER)
    before = place.look()
    (folder / "lib" / "helper.py").write_text("pass\n")
    assert place.look().digest != before.digest


def test_a_link_in_a_circle_is_bearable(tmp_path: Path) -> None:
    """Where there is nothing to be read there is a digest all the same."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert Place(tmp_path / "loop").look().digest
    assert Place(tmp_path / "loop" / "deeper").look().digest


def test_where_there_is_no_word_of_changes_they_are_looked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that tells nothing, WATCHFILES_FORCE_POLLING does."""
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    with awaited(Place(folder).look()) as word:
        os.utime(folder / SERVER, (5e9, 5e9))  # a later second is what it looks for
        assert word.poll(LATE)
        assert word.recv() == str(folder / SERVER)


def test_what_is_too_much_to_read_is_not_missed(folder: Path) -> None:
    """Of more than a check's copy holds the times count in place of the content."""
    large = folder / "zeros.bin"
    with large.open("wb") as file:
        file.truncate(17 << 20)
    place = Place(folder)
    before = place.look()
    assert place.look() == before
    os.utime(large, ns=(1, 1))
    assert place.look().digest != before.digest
