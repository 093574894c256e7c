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
SUBMISSIONS = Path(__file__).parent / "submissions"
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
    source = (SUBMISSIONS / "thread_pool" / "simple_chat_server.py").read_text()
    (tmp_path / "simple_chat_server.py").write_text(source)
    _, told = graded("task5", tmp_path)
    assert "simple_chat_server.py makes no length headers, so it still speaks lines." in told["said"]
    (tmp_path / "simple_chat_server.py").write_text(source + "# no struct here\n")
    _, told = graded("task5", tmp_path)
    assert "simple_chat_server.py was tried as well: the server still reads lines" in told["said"]


def checks_of(report: dict) -> dict[str, dict]:
    """Check id -> check."""
    return {check["id"]: check for task in report["tasks"] for check in task["checks"]}


@pytest.mark.parametrize(
    ("name", "header"), [("speaks_frames", "00 00 00 "), ("speaks_little_endian_frames", " 00 00 00 |")]
)
def test_frames_under_the_name_of_the_usual_server(name, header):
    """A server of Task 5 under the usual name is told so once, with the frame that it passed on and the cure."""
    _, report = graded("task1", SUBMISSIONS / name)
    told = [check for check in checks_of(report).values() if check["runs"] == "server" and check["status"] == "fail"]
    assert [check["id"] for check in told] == ["task1.broadcast"]
    assert "it passes on no line, but this frame: " in told[0]["observed"]
    assert header in told[0]["observed"]
    assert "hand it in as length_prefix_server.py" in told[0]["hint"]


def test_frames_under_the_name_of_the_usual_client():
    """A client of Task 5 under the usual name is told so once, with the frame in which its nickname comes."""
    _, report = graded("task1", SUBMISSIONS / "client_speaks_frames" / "threaded_chat_client.py")
    told = [check for check in checks_of(report).values() if check["status"] == "fail"]
    assert [check["id"] for check in told] == ["task1.client-connects"]
    assert "the nickname comes in a frame: 00 00 00 0" in told[0]["observed"]
    assert "hand it in as length_prefix_client.py" in told[0]["hint"]


@pytest.mark.parametrize(
    "source", ["no_buffer", "no_join_notice", "client_as_published_with_server", "one_client_at_a_time"]
)
def test_what_speaks_no_frames_is_not_said_to(source, tmp_path):
    """A server that is wrong in another way is never said to speak frames, even if its source looks like it."""
    text = (SUBMISSIONS / source / "simple_chat_server.py").read_text()
    (tmp_path / "simple_chat_server.py").write_text(text + "\n# struct\n")
    _, report = graded("task1", tmp_path / "simple_chat_server.py")
    assert not any("this frame" in check["observed"] for check in checks_of(report).values())


@pytest.mark.parametrize(
    ("name", "check", "hint"),
    [
        ("framed_client_reads_little_endian", "task5.client-shows", "in what the client reads, the length is little-endian"),
        ("framed_client_still_lines", "task5.client-shows", "the client still reads lines"),
        ("framed_client_reads_two_bytes", "task5.client-large", "in what the client reads, the header has two bytes"),
        ("framed_client_length_of_ten_characters", "task5.client-shows", "the length is text of ten characters"),
        ("framed_client_recv_n_believed", "task5.client-shows", "a single frame that comes whole is shown"),
    ],
)  # fmt: skip
def test_how_a_client_reads(name, check, hint):
    """A client that does not show right frames is told in which way it reads, or that whole frames are shown."""
    _, report = graded("task5", SUBMISSIONS / name / "length_prefix_client.py", "--only", check)
    assert hint in checks_of(report)[check]["hint"]


@pytest.mark.parametrize(
    ("name", "observed", "hint"),
    [
        ("framed_length_of_64_characters", "nothing like it", "the length is text of 64 characters"),
        ("framed_length_without_name", "after a header that says", "the name counts, too"),
        ("framed_payload_as_python_shows_it", "got a frame with", "as Python shows bytes"),
        ("framed_length_is_a_tuple", "nothing like it", "TypeError"),
    ],
)
def test_how_a_server_frames(name, observed, hint):
    """What is wrong with a server's frames is told, or the traceback where that tells more."""
    _, report = graded("task5", SUBMISSIONS / name / "length_prefix_server.py", "--only", "task5.frames")
    check = checks_of(report)["task5.frames"]
    assert observed in check["observed"]
    assert hint in check["hint"]
