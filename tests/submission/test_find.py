"""What is taken for a submission, and what is said when it cannot be."""

from __future__ import annotations

import hashlib
import os

import pytest

from grader.model.errors import UsageError
from grader.model.report import Submission
from grader.submission.copying import own_copy
from grader.submission.find import find

NAMES = {"server": "simple_chat_server.py", "client": "threaded_chat_client.py"}
CODE = b"print('chat')\n"


def lay(folder, *paths: str, data: bytes = CODE) -> None:
    """Write files of these names."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def server_of(found: Submission, folder) -> str:
    """The file taken for the server, relative to the folder."""
    return os.path.relpath(os.path.realpath(found.files["server"]), folder.resolve())


@pytest.mark.parametrize(
    ("files", "given", "taken", "notes"),
    [
        pytest.param(["simple_chat_server.py"], ".", "simple_chat_server.py", 0, id="a folder"),
        pytest.param(["simple_chat_server.py"], "simple_chat_server.py", "simple_chat_server.py", 0, id="the file"),
        pytest.param(["my.py", "simple_chat_server.py"], "my.py", "my.py", 0, id="a file of another name"),
        pytest.param(["server"], "server", "server", 0, id="a file without an ending"),
        pytest.param(["a/simple_chat_server.py"], ".", "a/simple_chat_server.py", 1, id="one folder down"),
        pytest.param(["a/b/simple_chat_server.py"], ".", "a/b/simple_chat_server.py", 1, id="two folders down"),
        pytest.param(
            ["simple_chat_server.py", "old/simple_chat_server.py"], ".", "simple_chat_server.py", 0, id="nearest counts"
        ),
        pytest.param(
            ["a/simple_chat_server.py", "a/chatlib.py", "threaded_chat_client.py"], ".", "a/simple_chat_server.py", 1,
            id="beside other programs",
        ),
        pytest.param(
            ["a/simple_chat_server.py", "__MACOSX/simple_chat_server.py", ".git/simple_chat_server.py",
             "venv/x/simple_chat_server.py", "x/__pycache__/simple_chat_server.py"],
            ".", "a/simple_chat_server.py", 1, id="foreign folders do not count",
        ),
    ],
)  # fmt: skip
def test_found(tmp_path, files, given, taken, notes):
    """The server is found in the folder or near below it, and a choice that is not plain is noted."""
    lay(tmp_path, *files)
    found = find(tmp_path / given, NAMES)
    assert server_of(found, tmp_path) == taken
    assert len(found.notes) == notes
    assert all(taken in note for note in found.notes)
    assert found.path == str(tmp_path / given)


@pytest.mark.parametrize(
    ("given", "name"), [("ada", "ada"), ("ada/simple_chat_server.py", "ada"), ("ada/../ada", "ada")]
)
def test_name_is_the_folder_s(tmp_path, given, name):
    """A submission is called as its folder is, whether the folder or the file was given."""
    lay(tmp_path, "ada/simple_chat_server.py")
    assert find(tmp_path / given, NAMES).name == name


def test_working_folder(tmp_path, monkeypatch):
    """The working folder, given as a dot, has its own name."""
    lay(tmp_path, "ada/simple_chat_server.py")
    monkeypatch.chdir(tmp_path / "ada")
    found = find(type(tmp_path)("."), NAMES)
    assert found.name == "ada"
    assert (tmp_path / "ada" / "simple_chat_server.py").samefile(found.files["server"])


def test_other_file_names(tmp_path):
    """A course's own name for the server is the one that is looked for."""
    lay(tmp_path, "simple_chat_server.py", "serveur.py")
    assert server_of(find(tmp_path, {**NAMES, "server": "serveur.py"}), tmp_path) == "serveur.py"


@pytest.mark.parametrize("path", [".", "simple_chat_server.py"])
def test_server_option_decides(tmp_path, path):
    """A server named by its file is taken, whatever else is there."""
    lay(tmp_path, "simple_chat_server.py", "other/my.py")
    found = find(tmp_path / path, NAMES, {"server": tmp_path / "other" / "my.py"})
    assert server_of(found, tmp_path) == "other/my.py"
    assert found.notes == ()


def test_client_is_found_too(tmp_path):
    """A folder that holds both programs gives both, and says nothing of it."""
    lay(tmp_path, "simple_chat_server.py", "threaded_chat_client.py", "helper.py")
    found = find(tmp_path, NAMES)
    assert {role: os.path.relpath(file, tmp_path) for role, file in found.files.items()} == NAMES
    assert found.notes == ()


def test_client_by_its_file(tmp_path):
    """The client's file alone gives the client alone."""
    lay(tmp_path, "simple_chat_server.py", "threaded_chat_client.py")
    assert list(find(tmp_path / "threaded_chat_client.py", NAMES).files) == ["client"]


def test_program_of_another_name_is_mentioned(tmp_path):
    """Where one of the two is missing and another program is there, the report says how to name it."""
    lay(tmp_path, "threaded_chat_client.py", "my.py")
    assert find(tmp_path, NAMES).notes == (
        "there is no simple_chat_server.py, but my.py: if that is the server, name it with --server",
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(
            [],
            ["there is no simple_chat_server.py and no ", "in it, and no other Python program"],
            id="empty",
        ),
        pytest.param(["readme.txt", "a/notes.md"], ["no other Python program"], id="no programs"),
        pytest.param(["a/b/c/simple_chat_server.py"], ["no other Python program"], id="too deep"),
        pytest.param([".hidden/simple_chat_server.py"], ["no other Python program"], id="only hidden ones"),
        pytest.param(
            ["server.py"],
            [
                "there is no simple_chat_server.py and no threaded_chat_client.py in it, but server.py;",
                "--server {}/server.py",
            ],
            id="another name",
        ),
        pytest.param(["b.py", "a/c.py"], ["but b.py, a/c.py;", "--server {}/b.py"], id="several others"),
        pytest.param(
            [f"m{number}.py" for number in range(7)],
            ["m0.py, m1.py, m2.py, m3.py, m4.py and 2 more;"],
            id="many others",
        ),
        pytest.param(
            ["a/simple_chat_server.py", "b/simple_chat_server.py"],
            [
                "holds several simple_chat_server.py",
                "a/simple_chat_server.py, b/simple_chat_server.py",
                "give one of them",
            ],
            id="several servers",
        ),
    ],
)
def test_nothing_to_grade_in_the_folder(tmp_path, files, said):
    """A folder without a clear server is told what it holds instead, and how to name the server."""
    lay(tmp_path, *files)
    with pytest.raises(UsageError) as caught:
        find(tmp_path, NAMES)
    sentence = str(caught.value)
    assert sentence.startswith(f"{tmp_path}: ")
    assert [part for part in said if part.format(tmp_path) not in sentence] == []


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("nothing/here.py", None, "there is no such file or folder", id="no such path"),
        pytest.param("server.py", b"", "is empty", id="empty"),
        pytest.param("server.py", b" \n\t\n", "is empty", id="only blanks"),
        pytest.param("server.py", b"\x7fELF\2\1\1\0\0", "not a Python program, but a binary file", id="binary"),
        pytest.param("server.py", "import socket\n".encode("utf-16"), "binary file", id="UTF-16"),
        pytest.param("server.py", b"#" * ((4 << 20) + 1), "is larger than 4 MB", id="huge"),
    ],
)
def test_file_that_is_no_server(tmp_path, name, data, said):
    """A file that cannot be a server is told why in one sentence."""
    if data is not None:
        lay(tmp_path, name, data=data)
    with pytest.raises(UsageError) as caught:
        find(tmp_path / name, NAMES)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"#" * (4 << 20), CODE.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + CODE, b"# \xfcber\n"]
)
def test_odd_programs_are_taken(tmp_path, data):
    """Large files, Windows line ends, a byte order mark and other encodings are no reason to refuse."""
    lay(tmp_path, "simple_chat_server.py", data=data)
    assert server_of(find(tmp_path, NAMES), tmp_path) == "simple_chat_server.py"


@pytest.mark.parametrize("given", ["nothing.py", "."])
def test_server_option_must_name_a_file(tmp_path, given):
    """A server option that names no file that can be read is told, with the reason."""
    lay(tmp_path, "simple_chat_server.py")
    with pytest.raises(UsageError, match=r"cannot be read \(.+\)|is not a file"):
        find(tmp_path, NAMES, {"server": tmp_path / given})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("shut", ["ada", "ada/simple_chat_server.py"])
def test_unreadable(tmp_path, shut):
    """A folder or file that may not be read is told, with the reason."""
    lay(tmp_path, "ada/simple_chat_server.py")
    (tmp_path / shut).chmod(0)
    try:
        with pytest.raises(UsageError, match="cannot be read"):
            find(tmp_path / "ada", NAMES)
    finally:
        (tmp_path / shut).chmod(0o700)


def test_digest_is_over_the_bytes(tmp_path):
    """The digest is the SHA-256 of the server's bytes: it changes with any byte, and with nothing else."""
    lay(tmp_path, "ada/simple_chat_server.py", "bob/simple_chat_server.py")
    ada, bob = (find(tmp_path / name, NAMES).digest for name in ("ada", "bob"))
    assert ada == bob == f"sha256:{hashlib.sha256(CODE).hexdigest()}"
    lay(tmp_path, "bob/simple_chat_server.py", data=CODE + b"\n")
    assert find(tmp_path / "bob", NAMES).digest != ada


def contents(folder) -> list[str]:
    """Everything in a folder, by its path in it; there are only regular files and folders."""
    found = list(folder.rglob("*"))
    assert not [path for path in found if path.is_symlink() or not (path.is_file() or path.is_dir())]
    return sorted(str(path.relative_to(folder)) for path in found)


def test_each_check_has_a_copy(tmp_path):
    """A check runs a copy of the submission, helper files and empty folders included: what one server writes no other meets."""
    folder = tmp_path / "ada"
    lay(folder, "simple_chat_server.py", "lib/chat.py", ".git/config", "venv/x.py", "__pycache__/x.pyc", "names.txt")
    (folder / "logs").mkdir()
    (folder / "names.txt").chmod(0o755)
    copy = own_copy(folder, tmp_path / "copy", [folder / "simple_chat_server.py"])
    assert contents(copy) == ["lib", "lib/chat.py", "logs", "names.txt", "simple_chat_server.py"]
    assert (copy / "names.txt").stat().st_mode & 0o777 == 0o755


def test_a_home_is_not_copied(tmp_path):
    """Of a folder that holds far more than a submission the copy has the programs, what they may import, and small files."""
    home = tmp_path / "home"
    lay(home, "simple_chat_server.py", "lib/chat.py", "lib/deep/x.py", "names.txt", "docs/letter.txt")
    lay(home, "film.mkv", data=bytes(1 << 20))
    for number in range(600):
        lay(home, f"photos/{number}.jpg", data=b"")
    copy = own_copy(home, tmp_path / "copy", [home / "simple_chat_server.py"])
    assert contents(copy) == [
        "docs", "lib", "lib/chat.py", "lib/deep", "lib/deep/x.py", "names.txt", "photos", "simple_chat_server.py",
    ]  # fmt: skip


def test_a_large_file_is_not_copied(tmp_path):
    """A submission with a film in it is copied without the film."""
    folder = tmp_path / "ada"
    lay(folder, "a/simple_chat_server.py", "a/b/x.txt")
    with (folder / "a" / "film.mkv").open("wb") as film:
        film.truncate(1 << 40)
    copy = own_copy(folder, tmp_path / "copy", [folder / "a" / "simple_chat_server.py"])
    assert contents(copy) == ["a", "a/b", "a/simple_chat_server.py"]


def test_programs_are_always_copied(tmp_path):
    """A program in a folder that otherwise is nobody's work is copied, if it was named."""
    lay(tmp_path / "ada", ".x/my.py", ".x/y.py")
    copy = own_copy(tmp_path / "ada", tmp_path / "copy", [tmp_path / "ada" / ".x" / "my.py"])
    assert contents(copy) == [".x", ".x/my.py"]
