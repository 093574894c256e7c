"""Submissions that somebody laid a trap in: pipes, sockets, devices, links that lead out. A blind open would not return."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from grader.model.errors import UsageError
from grader.model.report import Submission
from grader.submission import files
from grader.submission.copying import own_copy
from grader.submission.find import find
from grader.submission.reading import programs_beside, source_matches, source_of

NAMES = {"server": "simple_chat_server.py", "client": "threaded_chat_client.py"}
CODE = b"print('chat')\n"


def lay(folder: Path, *paths: str) -> None:
    """Write files of these names."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(CODE)


def server_of(found: Submission, folder: Path) -> str:
    """The file taken for the server, relative to the folder."""
    return os.path.relpath(os.path.realpath(found.files["server"]), folder.resolve())


def contents(folder) -> list[str]:
    """Everything in a folder, by its path in it; there are only regular files and folders."""
    found = list(folder.rglob("*"))
    assert not [path for path in found if path.is_symlink() or not (path.is_file() or path.is_dir())]
    return sorted(str(path.relative_to(folder)) for path in found)


@pytest.fixture(autouse=True)
def _in_time():
    """Whatever waits for a pipe is interrupted."""

    def too_long(_number, _frame):
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def trapped(tmp_path):
    """A submission with pipes, a socket, and links that lead out of it, in circles, and nowhere."""
    folder = tmp_path / "ada"
    lay(tmp_path, "secret.py", "outside/x.py")
    lay(folder, "simple_chat_server.py", "lib/x.py")
    os.mkfifo(folder / "pipe.py")
    os.mkfifo(folder / "answers.md")
    with socket.socket(socket.AF_UNIX) as reporter:
        reporter.bind(str(folder / "socket.py"))
    links = {
        "secret.py": "../secret.py", "outside": "../outside", "zero.py": "/dev/zero", "gone.py": "gone", "round.py": "round.py",
        "loop": ".", "lib/up": "..", "inner.py": "lib/x.py", "inside": "lib", "absolute.py": str(folder / "lib" / "x.py"),
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return folder


def test_traps_are_not_copied(tmp_path, trapped):
    """Pipes and links that lead out are left out of the copy; a link inside becomes a copy of what it leads to."""
    copy = own_copy(trapped, tmp_path / "copy", [trapped / "simple_chat_server.py"])
    assert contents(copy) == [
        "absolute.py", "inner.py", "inside", "inside/x.py", "lib", "lib/x.py", "simple_chat_server.py",
    ]  # fmt: skip
    assert (copy / "inner.py").read_bytes() == CODE


def test_traps_are_told(trapped):
    """What has the name of a program and is none, or leads out, is not taken, and a note says so."""
    found = find(trapped, NAMES)
    assert server_of(found, trapped) == "simple_chat_server.py"
    assert found.notes[:5] == (
        "left out gone.py: a link that leads nowhere",
        "left out pipe.py: not a regular file",
        "left out round.py: a link that leads nowhere",
        "left out secret.py: a link that leads out of the folder",
        "left out socket.py: not a regular file",
    )


@pytest.mark.parametrize("target", ["/dev/zero", "../secret.py", "pipe.py"])
def test_a_server_that_is_a_trap(trapped, target):
    """A server that is a link out of the submission, or to a pipe, is not there, and the sentence says why."""
    (trapped / "simple_chat_server.py").unlink()
    (trapped / "simple_chat_server.py").symlink_to(target)
    with pytest.raises(UsageError, match=r"there is no simple_chat_server\.py .*\(left out .*simple_chat_server\.py: "):
        find(trapped, {**NAMES, "server": "simple_chat_server.py"})
    with pytest.raises(UsageError, match=r"leads out of the folder|is not a file"):
        find(trapped, NAMES, {"server": Path("simple_chat_server.py")})


def test_a_server_that_is_a_link_inside(trapped):
    """A server that is a link to a file of the submission is that file; two links to one file are one."""
    (trapped / "simple_chat_server.py").rename(trapped / "lib" / "server.py")
    (trapped / "simple_chat_server.py").symlink_to("lib/server.py")
    assert server_of(find(trapped, NAMES), trapped) == "lib/server.py"


def test_what_a_person_names_may_be_a_link(trapped, tmp_path):
    """The path itself and the options are the person's own choice: links are followed."""
    (tmp_path / "link").symlink_to("ada")
    (tmp_path / "link.py").symlink_to("ada/simple_chat_server.py")
    assert server_of(find(tmp_path / "link", NAMES), trapped) == "simple_chat_server.py"
    assert server_of(find(tmp_path / "link.py", NAMES), trapped) == "simple_chat_server.py"
    assert server_of(find(trapped, NAMES, {"server": tmp_path / "link.py"}), trapped) == "simple_chat_server.py"


@pytest.mark.parametrize("path", ["pipe.py", "socket.py", "/dev/zero"])
def test_a_path_that_is_no_file(trapped, path):
    """A pipe, a socket or a device as PATH is told, and not opened."""
    with pytest.raises(UsageError, match="is not a file"):
        find(trapped / path, NAMES)


def test_sources_are_read_without_trust(trapped):
    """What stands in a program, or beside it, is never read from a pipe or through a link that leads out."""
    assert not source_matches(trapped / "simple_chat_server.py", "never")
    assert source_of(trapped / "pipe.py") == b""
    assert source_of(trapped / "secret.py", trapped) == b""
    assert {program.name for program in programs_beside(trapped / "simple_chat_server.py")} == {
        "simple_chat_server.py", "inner.py", "absolute.py",
    }  # fmt: skip


def test_a_crowded_folder(tmp_path, monkeypatch):
    """No more of a folder is looked at than a limit; the programs are copied in any case."""
    monkeypatch.setattr("grader.submission.files.MOST_SEEN", 50)
    for number in range(60):
        lay(tmp_path, f"in/{number}.txt")
    lay(tmp_path, "in/simple_chat_server.py")
    listed = files.listing(tmp_path / "in")
    assert (len(listed.files), listed.complete) == (50, False)
    copy = own_copy(tmp_path / "in", tmp_path / "copy", [tmp_path / "in" / "simple_chat_server.py"])
    assert "simple_chat_server.py" in contents(copy)


def test_reading_without_trust(tmp_path):
    """A pipe, a folder, a device and a link that leads out are not read; a link inside is."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.py").write_bytes(CODE)
    (tmp_path / "out.py").write_bytes(CODE)
    os.mkfifo(tmp_path / "in" / "pipe")
    for name, target in (("inner", "x.py"), ("outer", "../out.py"), ("zero", "/dev/zero")):
        (tmp_path / "in" / name).symlink_to(target)
    for name in ("pipe", "outer", "zero", "."):
        with pytest.raises(OSError, match=r"leads out|not a regular file"):
            files.read(tmp_path / "in" / name, 10, tmp_path / "in")
    assert files.read(tmp_path / "in" / "inner", 5, tmp_path / "in") == CODE[:5]
    assert files.read(tmp_path / "in" / "outer", 5) == CODE[:5]  # named by a person
    with pytest.raises(OSError, match="not a regular file"):
        files.read(Path("/dev/zero"), 10)
