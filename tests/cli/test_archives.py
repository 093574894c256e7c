"""Archives on the command line: graded like the folder they were made of, and called by their own names."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from support import corpus
from support.waiting import until

WRONG, UNREADABLE, RIGHT = (corpus.folder_of(name) for name in ("echoes_to_sender", "syntax_error", "asyncio_streams"))
SERVER, CLIENT = "simple_chat_server.py", "threaded_chat_client.py"
FIRST = ("--only", "task1.listens")
CRASHES = "import sys\nraise SystemExit(open(sys.argv[0] + '.x').read())\n"


@pytest.fixture
def temporary(tmp_path):
    """A folder for temporary folders; no run may leave one there."""
    place = tmp_path / "tmp"
    place.mkdir()
    yield place
    assert [path for path in place.iterdir() if path.is_dir()] == []


@pytest.fixture
def chatgrade(tmp_path, temporary):
    """Run the command line in the test's folder, its output in pipes."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "grader", *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True, timeout=600,
            check=False, env={**os.environ, "COLUMNS": "100", "TMPDIR": str(temporary)},
        )  # fmt: skip
        assert str(temporary) not in done.stdout + done.stderr
        return done

    return run


def packed(path: Path, **files: str) -> Path:
    """An archive with files of these names (`__` for a slash)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
    return path


def graded(done: subprocess.CompletedProcess[str]) -> tuple[dict, dict[str, dict]]:
    """The report, and its checks by id."""
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    return report, {check["id"]: check for task in report["tasks"] for check in task["checks"]}


@pytest.mark.machine
def test_like_the_folder(tmp_path, chatgrade):
    """A tar.gz of a folder gets the folder's verdicts, and the report has its own path and the names in it."""
    with tarfile.open(tmp_path / "ada.tar.gz", "w:gz") as archive:
        archive.add(WRONG, "chat")
    report, checks = graded(chatgrade("task1", "ada.tar.gz", "--json", "-", "--seed", "1"))
    _, alike = graded(chatgrade("task1", WRONG, "--json", "-", "--seed", "1"))
    assert {one: check["status"] for one, check in checks.items()} == {
        one: check["status"] for one, check in alike.items()
    }
    assert {one: check["where"] for one, check in checks.items()} == {
        one: check["where"] for one, check in alike.items()
    }
    assert report["submission"] == {
        "name": "ada", "path": "ada.tar.gz",
        "files": {"server": f"ada.tar.gz/chat/{SERVER}", "client": f"ada.tar.gz/chat/{CLIENT}"},
        "digest": report["submission"]["digest"],
    }  # fmt: skip


@pytest.mark.machine
def test_messages_have_names_of_the_archive(tmp_path, chatgrade):
    """A traceback, a syntax error and a complaint name files by their place in the archive."""
    packed(tmp_path / "ada.zip", chat__simple_chat_server=CRASHES)
    _, checks = graded(chatgrade("task1", "ada.zip", "--json", "-", *FIRST))
    assert f'File "ada.zip/chat/{SERVER}", line 2' in checks["task1.listens"]["program_output"]
    assert checks["task1.listens"]["where"] == {"file": SERVER, "line": 2}
    packed(tmp_path / "bob.zip", simple_chat_server=(UNREADABLE / SERVER).read_text())
    assert re.search(rf"{SERVER}, line 35\b", chatgrade("task1", "bob.zip", *FIRST).stdout)
    packed(tmp_path / "cyd.zip", a__my="1", b__x="2")
    said = chatgrade("task1", "cyd.zip")
    assert said.returncode == 2
    assert said.stderr.startswith(f"chatgrade: cyd.zip: there is no {SERVER} and no ")
    assert "--server cyd.zip/a/my.py" in said.stderr


@pytest.mark.machine
@pytest.mark.parametrize("named", ["my.py", "ada.zip/chat/my.py", "ada.zip/my.py"])
def test_a_program_named_in_the_archive(tmp_path, chatgrade, named):
    """`--server` names a file in the archive before one beside it, as the messages call it or by its name there."""
    (tmp_path / "my.py").write_text("raise SystemExit('the wrong one')\n")
    packed(tmp_path / "ada.zip", chat__my=(RIGHT / SERVER).read_text(), chat__x="1")
    assert chatgrade("task1", "ada.zip", "--server", named, *FIRST).returncode == 0


@pytest.mark.machine
def test_a_program_beside_the_archive(tmp_path, chatgrade):
    """`--server` may name a file that is not in the archive: a right server for a student's client."""
    packed(tmp_path / "ada.zip", threaded_chat_client="print('x')\n")
    report, checks = graded(chatgrade("task1", "ada.zip", "--server", RIGHT / SERVER, "--json", "-", *FIRST))
    assert checks["task1.listens"]["status"] == "pass"
    assert report["submission"]["files"] == {
        "server": str(RIGHT / SERVER), "client": "ada.zip/threaded_chat_client.py",
    }  # fmt: skip


def test_settings_beside_the_archive(tmp_path, chatgrade):
    """Names of files are set beside the archive, and are looked for in it."""
    (tmp_path / "chatgrade.toml").write_text('[files]\nserver = "serveur.py"\n')
    packed(tmp_path / "ada.zip", ada__serveur=(RIGHT / SERVER).read_text())
    assert chatgrade("task1", "ada.zip", *FIRST).returncode == 0


def test_answers_in_an_archive(tmp_path, chatgrade):
    """Task 2's answers are found in the folder that an archive consists of."""
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        archive.write(RIGHT / SERVER, f"ada/{SERVER}")
        archive.writestr("ada/answers.md", "# Listener thread\n\nIt waits while I type.\n")
    _, checks = graded(chatgrade("task2", "ada.zip", "--json", "-", "--only", "task2.explains-listener"))
    assert "It waits while I type." in checks["task2.explains-listener"]["observed"]


@pytest.mark.machine
def test_what_is_left_out_is_told(tmp_path, chatgrade):
    """The report has a note of what was left out; a complaint says so where it may be the cause."""
    source = (RIGHT / SERVER).read_text()
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        archive.writestr(SERVER, source)
        archive.writestr("../\x1b[2J.py", "")
    report, _ = graded(chatgrade("task1", "ada.zip", "--json", "-", *FIRST))
    assert report["notes"] == ["left out ../\x1b[2J.py: a path that leads out of the archive"]
    with zipfile.ZipFile(tmp_path / "bob.zip", "w") as archive:
        archive.writestr(f"../{SERVER}", source)
        archive.writestr("readme.txt", "")
    assert f"(left out ../{SERVER}: a path that leads out of the archive)" in chatgrade("task1", "bob.zip").stderr


@pytest.mark.parametrize("command", ["task1", "all"])
def test_a_bomb(tmp_path, chatgrade, command):
    """A bomb is refused in one sentence, with status 2."""
    packed(tmp_path / "ada.zip", simple_chat_server="#" * (9 << 20))
    done = chatgrade(command, "ada.zip")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"chatgrade: ada\.zip: unpacks to more than 4 MB; [^\n]*\n", done.stderr)


@pytest.mark.machine
def test_interrupted(tmp_path, temporary):
    """Interrupted while it grades an archive, it leaves nothing of it."""
    packed(tmp_path / "ada.zip", simple_chat_server="import time\nwhile True: time.sleep(9)\n")
    with subprocess.Popen(
        [sys.executable, "-m", "grader", "task1", "ada.zip", "--isolation", "network"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(temporary)}, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:  # fmt: skip
        until(
            lambda: sum(SERVER in files for _, _, files in os.walk(temporary)) >= 2
        )  # unpacked, and copied for a check
        run.send_signal(signal.SIGINT)
        _, said = run.communicate()
    assert (run.returncode, said.strip()) == (130, "chatgrade: interrupted; everything that was started is stopped")


@pytest.mark.machine
def test_pipes_and_links(tmp_path, chatgrade):
    """A folder with pipes in it is graded without waiting for them; a pipe as PATH is told."""
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / SERVER).write_text((RIGHT / SERVER).read_text())
    for name in ("answers.md", "readme.md", "x.py"):
        os.mkfifo(folder / name)
    (folder / "zero.py").symlink_to("/dev/zero")
    report, _ = graded(chatgrade("all", "ada", "--json", "-", *FIRST, "--only", "task2.explains-listener"))
    assert "left out x.py: not a regular file" in report["notes"]
    said = chatgrade("task1", folder / "x.py")
    assert (said.returncode, said.stderr) == (2, f"chatgrade: {folder / 'x.py'}: is not a file.\n")
