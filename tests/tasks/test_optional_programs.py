"""Task 5's programs: where they are found, and what is said where there are none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support import corpus
from support.commandline import chatgrade

from grader.installed import load
from grader.model.verdict import Status
from grader.submission.find import find

LAB = load()
REFERENCE = corpus.PROJECT / "reference"
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
    done = chatgrade(*arguments, "--json", "-")
    return done.returncode, json.loads(done.stdout) if done.stdout else {"said": done.stderr}


@pytest.mark.parametrize("name", ["client_ignores_ctrl_c"])
def test_left_out(gradings, name):
    """Task 5 that was left out fails nothing and gives nothing."""
    report = gradings.report(name)
    [task] = [task for task in report.tasks if task.id == "task5"]
    assert report.exit_status == 0
    assert (report.bonus, {check.status for check in task.checks}) == (0, {Status.SKIP})
    assert {check.summary for check in task.checks} == {"not handed in; it is a bonus"}


def test_left_out_and_asked_for(tmp_path):
    """Task 5 that was left out and is asked for by itself is nothing to grade."""
    for name in USUAL:
        (tmp_path / name).write_text((REFERENCE / name).read_text())
    status, told = graded("task5", tmp_path)
    assert status == 2
    assert "nothing to grade" in told["said"]


def test_a_usual_name_that_speaks_frames(tmp_path):
    """A server of the usual name is tried once where Task 5 is asked for by itself: if it frames, it is taken for Task 5."""
    source = (REFERENCE / "length_prefix_server.py").read_text()
    (tmp_path / "base.py").write_text((REFERENCE / "simple_chat_server.py").read_text())
    source = source.replace("import simple_chat_server as chat", "import base as chat")
    source = source.replace("from reference import base as chat", "import base as chat")
    (tmp_path / "simple_chat_server.py").write_text(source)
    _, report = graded("task5", tmp_path, "--only", "task5.frames")
    assert report["bonus"] == 3
    assert any("it speaks so" in note for note in report["notes"])


def test_several_candidates_are_all_named(tmp_path):
    """Where several programs may be meant for Task 5, the note names the one taken, the others, and how to choose."""
    lay(tmp_path, "v1/length_prefix_server.py", "v2/length_prefix_server.py")
    assert framed(tmp_path) == (
        {"framed_server": "v1/length_prefix_server.py"},
        (
            "took v1/length_prefix_server.py for the framed server, not v2/length_prefix_server.py; "
            "to take another, grade its task alone with --server FILE",
        ),
    )
    lay(tmp_path, "length_prefix_server.py", "old_framed_server.py")
    taken, [note] = framed(tmp_path)
    assert taken == {"framed_server": "length_prefix_server.py"}
    assert "not v1/length_prefix_server.py, v2/length_prefix_server.py, old_framed_server.py" in note
    assert "[files] in chatgrade.toml" in note


def test_usual_program_whose_name_has_such_a_word(tmp_path):
    """A usual program that a course has named so is not taken for Task 5."""
    lay(tmp_path, "homework_server.py", "length_prefix_server.py")
    found = find(tmp_path, {**LAB.files, "server": "homework_server.py"}, None, LAB.extras)
    assert found.files["server"].endswith("homework_server.py")
    assert found.notes == ()


def test_nothing_found(tmp_path):
    """Task 5 asked for by itself in a folder without programs: the names that it looks for are told."""
    status, told = graded("task5", tmp_path)
    assert status == 2
    assert "no length_prefix_server.py and no length_prefix_client.py in it" in told["said"]
    _, told = graded("task1", tmp_path)
    assert "no simple_chat_server.py and no threaded_chat_client.py in it" in told["said"]


def test_usual_programs_in_lines(tmp_path):
    """Where there is nothing for Task 5, what was found out about the usual programs is told: by trying, or by their source."""
    source = corpus.files("thread_pool")["simple_chat_server.py"].decode()
    (tmp_path / "simple_chat_server.py").write_text(source)
    _, told = graded("task5", tmp_path)
    assert "simple_chat_server.py makes no length headers, so it still speaks lines." in told["said"]
    (tmp_path / "simple_chat_server.py").write_text(source + "pending = bytearray()\n")
    _, told = graded("task5", tmp_path)
    assert "simple_chat_server.py makes no length headers, so it still speaks lines." in told["said"]
    (tmp_path / "simple_chat_server.py").write_text(source + "# no struct here\n")
    _, told = graded("task5", tmp_path)
    assert "simple_chat_server.py was tried as well: the server still reads lines" in told["said"]


def test_lines_are_not_taken_for_frames(tmp_path):
    """A server of lines that knows struct and sends late is not taken for Task 5 because a line could be read as a header."""
    source = corpus.files("batches_every_150ms")["simple_chat_server.py"].decode()
    greets = source.replace(
        "    def run(self):\n", "    def run(self):\n        self.later('SERVER: welcome to the chat'); self.flush()\n"
    )
    assert greets != source
    (tmp_path / "simple_chat_server.py").write_text(greets + "# no struct here\n")
    _, told = graded("task5", tmp_path)
    assert "simple_chat_server.py was tried as well: " in told["said"]
