"""Task 5's programs: where they are found, and what is said where there are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.codelab import load
from grader.submission import find

LAB = load()
REFERENCE = Path(__file__).parents[1] / "reference"
USUAL = ["simple_chat_server.py", "threaded_chat_client.py"]


def lay(folder: Path, *paths: str) -> None:
    """Write files of these names."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("print('chat')\n")


def framed(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """What is taken for Task 5, relative to the folder, and the notes."""
    found = find(folder, LAB.files, None, LAB.extras)
    taken = {role: os.path.relpath(file, folder) for role, file in found.files.items() if role.startswith("framed_")}
    return taken, found.notes


PLACES = {
    "names of their own": ["length_prefix_server.py", "length_prefix_client.py"],
    "a folder": ["task5/simple_chat_server.py", "task5/threaded_chat_client.py"],
    "a folder in capitals": ["Homework/simple_chat_server.py", "Homework/threaded_chat_client.py"],
    "a folder with a blank": ["Task 5/simple_chat_server.py", "Task 5/threaded_chat_client.py"],
    "a folder with short names": ["task5/server.py", "task5/client.py"],
    "names that tell": ["chat_server_framed.py", "chat_client_framed.py"],
    "names with a prefix": ["prefix-server.py", "prefix-client.py"],
    "names with the task": ["server_task5.py", "client_task5.py"],
}


@pytest.mark.parametrize("place", PLACES)
def test_found(tmp_path, place):
    """Task 5's programs are found in every usual place, beside the usual programs and without them."""
    lay(tmp_path / "alone", *PLACES[place])
    lay(tmp_path / "both", *PLACES[place], *USUAL)
    wanted = dict(zip(("framed_server", "framed_client"), PLACES[place], strict=True))
    for folder in ("alone", "both"):
        taken, notes = framed(tmp_path / folder)
        assert taken == wanted
        assert (place == "names of their own") or all(any(path in note for note in notes) for path in wanted.values())


def test_usual_programs_are_not_taken_by_name(tmp_path):
    """The usual programs alone are not taken for Task 5 by their names."""
    lay(tmp_path, *USUAL)
    assert framed(tmp_path) == ({}, ())


def test_usual_programs_are_found_beside_the_folder(tmp_path):
    """A folder task5 with the usual names in it does not make the usual programs ambiguous."""
    lay(tmp_path, "week1/simple_chat_server.py", "task5/simple_chat_server.py")
    found = find(tmp_path, LAB.files, None, LAB.extras)
    assert found.files["server"].endswith("week1/simple_chat_server.py")


def graded(*arguments: object) -> tuple[int, dict]:
    """Exit status and report of a run."""
    command = [sys.executable, "-m", "grader", *map(str, arguments), "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REFERENCE.parent)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"said": done.stderr}


def test_left_out(tmp_path):
    """Task 5 that was left out fails nothing and gives nothing; asked for by itself it is nothing to grade."""
    for name in USUAL:
        (tmp_path / name).write_text((REFERENCE / name).read_text())
    (tmp_path / "answers.md").write_text((REFERENCE / "answers.md").read_text())
    status, report = graded("all", tmp_path)
    [task] = [task for task in report["tasks"] if task["id"] == "task5"]
    assert status == 0
    assert (report["bonus"], {check["status"] for check in task["checks"]}) == (0, {"skip"})
    assert {check["summary"] for check in task["checks"]} == {"not handed in; it is a bonus"}
    status, told = graded("task5", tmp_path)
    assert status == 2
    assert "nothing to grade" in told["said"]


@pytest.mark.parametrize(("edit", "points"), [(None, 15), ('"<I"', 0)], ids=["right", "little-endian"])
def test_usual_names_that_speak_frames(tmp_path, edit, points):
    """A server of the usual name is tried once: if it frames, right or wrong, it is taken for Task 5."""
    source = (REFERENCE / "length_prefix_server.py").read_text()
    (tmp_path / "base.py").write_text((REFERENCE / "simple_chat_server.py").read_text())
    source = source.replace("import simple_chat_server as chat", "import base as chat")
    source = source.replace("from reference import base as chat", "import base as chat")
    (tmp_path / "simple_chat_server.py").write_text(source.replace('"!I"', edit) if edit else source)
    _, report = graded("task5", tmp_path)
    assert report["bonus"] == points
    assert any("it speaks so" in note for note in report["notes"])
