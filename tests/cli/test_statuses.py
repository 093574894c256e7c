"""The command line as a user meets it: exit statuses, and one clear sentence for each way to be wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from support import corpus
from support.commandline import chatgrade
from support.report_samples import full_report

from grader import cli, installed
from grader.cli.commands import entries
from grader.reports.json import render

REFERENCE = corpus.PROJECT / "reference"
RIGHT, WRONG, UNREADABLE = (corpus.folder_of(name) for name in ("asyncio_streams", "echoes_to_sender", "syntax_error"))
FIRST = ("--only", "task1.listens")  # enough of a run where what it finds is not the matter


RUN = full_report()  # stands in for a run where what is written of it is the matter
WRITTEN = json.loads(render(RUN))


def started(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Start the command as a user does, its output in pipes."""
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environ})


@pytest.fixture
def folder(tmp_path):
    """A folder with a right server in it."""
    return Path(shutil.copytree(RIGHT, tmp_path / "ada"))


# -- help --------------------------------------------------------------------------------------------------------------

COMMANDS = {entry.name: entry for entry in entries()}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_nothing_is_loaded_to_tell_what_there_is(option):
    """What commands there are is told without the module of any, and without checks, settings or files of submissions."""
    code = (
        f"import sys; sys.argv = ['chatgrade', '{option}']; import grader.cli\n"
        "try: grader.cli.main()\n"
        "except SystemExit: print(*(name for name in sys.modules if name.split('.')[0] in ('grader', 'tasks')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *_, loaded = done.stdout.splitlines()
    assert {f"grader.cli.{entry.module}" for entry in COMMANDS.values()}.isdisjoint(loaded.split())
    assert {name for name in loaded.split() if name.startswith("tasks")} == {"tasks"}
    assert {"grader.run.runner", "grader.config", "grader.submission"}.isdisjoint(loaded.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name):
    """Each command can be loaded, and its help begins with what the list of commands says of it."""
    done, listed = chatgrade(name, "--help"), chatgrade("--help").stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: chatgrade {name} [OPTIONS]")
    told = re.search(rf"(?m)^  {name} +(.*?)(?:\.\.\.)?$", listed)
    assert told
    assert told[1] in " ".join(done.stdout.split())


def test_a_command_for_each_task():
    """The tasks that commands are made of are those of the catalogue, by their titles."""
    titles = {task.id: task.title for task in installed.load().catalogue.tasks}
    assert {task: ": ".join(words) for task, words in installed.tasks().items()} == titles
    assert [name for name, entry in COMMANDS.items() if entry.module == "grade"] == [*titles, "all"]


# -- wrong usage -------------------------------------------------------------------------------------------------------


def lay(path: Path, data: str = "") -> Path:
    """Write a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data)
    return path


COMPLAINTS = {
    "no such path": (lambda one: [one / "nobody"], 2, r"nobody: there is no such file or folder\."),
    "empty folder": (lambda one: [lay(one / "x" / "notes.txt").parent], 2, r"x: there is no simple_chat_server\.py and "),
    "another program": (
        lambda one: [lay(one / "x" / "my.py", "1").parent], 2, r"but my\.py; name the server with --server \S+/x/my\.py, "
    ),
    "binary file": (lambda one: [lay(one / "x.py", "\0\1")], 2, r"x\.py: is not a Python program, but a binary file\."),
    "archive": (lambda one: [lay(one / "ada.zip", "PK")], 2, r"ada\.zip: is not the archive that its name says"),
    "no such server": (lambda one: [one, "--server", one / "my.py"], 2, r"my\.py: cannot be read \(No such file"),
    "broken settings": (
        lambda one: [lay(one / "chatgrade.toml", "[files").parent / "ada"], 2,
        r"chatgrade\.toml: is not valid TOML: Expected \']\'",
    ),
    "unknown setting": (
        lambda one: [lay(one / "chatgrade.toml", "[network]\nprot = 1").parent / "ada"], 2,
        r"chatgrade\.toml: \[network\] has no setting 'prot'; did you mean 'port'\?",
    ),
    "unknown table": (
        lambda one: [lay(one / "chatgrade.toml", "[netwrk]").parent / "ada"], 2, r"no table \[netwrk\]; did you mean 'network'\?"
    ),
    "no such settings": (lambda one: [one, "--config", one / "c.toml"], 2, r"c\.toml: cannot be read \(No such file"),
    "unknown check": (lambda _: [RIGHT, "--only", "task1.jion"], 2, r"no check 'task1\.jion'; did you mean 'task1\.join'\?"),
    "report nowhere": (lambda one: [RIGHT, "--json", one / "x" / "y.json"], 2, r"y\.json: cannot be written \(No such file"),
    "report into a folder": (lambda one: [RIGHT, "--json", one], 2, r": cannot be written \(Is a directory\)\."),
    "no such Python": (lambda one: [RIGHT, "--python", one / "python9"], 2, r"python9: there is no such Python"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPLAINTS)
def test_complaints(tmp_path, name):
    """What cannot be graded is told in one sentence on standard error, with status 2, or 3 where it is our lack."""
    arguments, status, sentence = COMPLAINTS[name]
    done = chatgrade("task1", *arguments(tmp_path))
    assert (done.returncode, done.stdout) == (status, "")
    assert re.fullmatch(rf"chatgrade: [^\n]*{sentence}[^\n]*\n", done.stderr), done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["task9", RIGHT], "No such command 'task9'"),
        (["task1", RIGHT, "--sed", "1"], "No such option"),
        (["task1", RIGHT, "--seed", "x"], "'x' is not a valid integer"),
        (["task1", RIGHT, "--jobs", "0"], "0 is not in the range"),
        (["task1", RIGHT, "--isolation", "some"], "'some' is not one of 'auto', 'full', 'network', 'none'"),
        (["explain", "task1.jion"], "did you mean 'task1.join'"),
    ],
    ids=["command", "option", "seed", "jobs", "isolation", "explain"],
)
def test_wrong_calls(arguments, said):
    """A call that means nothing has status 2 and says what would be right."""
    done = chatgrade(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


NASTY = "a\x1b]0;title\x07\x1b[2J\u202e\r\n::error::\udcff"
SPELLED = r"a\x1b]0;title\x07\x1b[2J\u202e\r\n::error::\xff"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([NASTY], f"chatgrade: {SPELLED}: there is no such file or folder.\n"),
        ([RIGHT, "--config", NASTY], f"chatgrade: {SPELLED}: cannot be read (No such file or directory).\n"),
        (
            [RIGHT, "--python", NASTY],
            f"chatgrade: {SPELLED}: there is no such Python to run the student's program with.\n",
        ),
        (["b\n::error::\u202e", "c"], r"Got unexpected extra argument (c)"),
        ([RIGHT, "b\r\n::error::\u202e\udcff"], r"Got unexpected extra argument (b\r\n::error::\u202e\xff)"),
    ],
    ids=["path", "settings", "python", "too many", "hostile and too many"],
)
def test_hostile_names(arguments, said):
    """What is said of a file's name neither commands the terminal nor begins a line of its own."""
    done = chatgrade("task1", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert re.fullmatch(r"[\n -~]*", done.stderr)
    assert "\n::" not in done.stderr


def test_a_fault_of_ours(monkeypatch, capsys):
    """A fault of the grader is no verdict, and what it quotes is harmless, too."""

    def grade(*_, **__):
        raise ValueError(NASTY)

    monkeypatch.setattr("grader.submission.intake.taken_in", grade)
    monkeypatch.setattr(sys, "argv", ["chatgrade", "task1", "ada"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    with pytest.raises(SystemExit) as exited:
        cli.main()
    said = capsys.readouterr().err
    assert exited.value.code == 3
    assert all(line.startswith("chatgrade: ") for line in said.splitlines())
    assert f"ValueError: {SPELLED}".split(r"\r\n")[0] in said
    assert re.fullmatch(r"[\n -~]*", said)


def test_relative_python(folder):
    """A Python named by a relative path is looked for where the command was given."""
    (folder.parent / "python-of-the-course").symlink_to(sys.executable)
    done = subprocess.run(
        [sys.executable, "-m", "grader", "task1", "ada", "--python", "./python-of-the-course", *FIRST],
        cwd=folder.parent, env={**os.environ, "PYTHONPATH": str(corpus.PROJECT)}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0


def test_name_that_is_too_long():
    """A path that cannot exist is no such path."""
    assert chatgrade("task1", "x" * 300).returncode == 2


# -- verdicts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("submission", "status"), [(REFERENCE, 0), (RIGHT / "simple_chat_server.py", 0), (WRONG, 1)])
def test_exit_status(submission, status):
    """The status is 0 where all passed and 1 where something failed, and the report goes to standard output."""
    done = chatgrade("task1", submission, "--only", "task1.broadcast")
    assert (done.returncode, done.stderr) == (status, "")
    assert "Task 1: connect and chat" in done.stdout


def test_the_folder_where_one_is(tmp_path):
    """Without a path, what lies in the current folder is checked."""
    shutil.copy(RIGHT / "simple_chat_server.py", tmp_path)
    done = chatgrade("task1", "--only", "task1.listens", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_syntax_error():
    """A syntax error is shown with its file, its line and the caret under the place."""
    done = chatgrade("task1", UNREADABLE)
    assert done.returncode == 1
    assert re.search(r"simple_chat_server\.py, line 35\b", done.stdout)
    assert "SyntaxError" in done.stdout
    lines = done.stdout.splitlines()
    pairs = [(line, after) for line, after in pairwise(lines) if line.strip() == "if not chunk"]
    assert any(after == " " * len(line) + "^" for line, after in pairs)


def test_syntax_error_without_escapes():
    """The line with the caret stands on lines of its own wherever it is shown."""
    assert "\\n" not in chatgrade("task1", UNREADABLE / "simple_chat_server.py").stdout.replace("`\\n`", "")


def test_a_server_that_is_not_there(tmp_path):
    """A folder with a client alone fails the checks of the server: that is no fault of the grader's."""
    shutil.copy(corpus.folder_of("client_as_published") / "threaded_chat_client.py", tmp_path)
    done = chatgrade("all", tmp_path, *FIRST)
    assert (done.returncode, done.stderr) == (1, "")
    assert "Score 0/2" in done.stdout


def test_read_only_folder(folder):
    """A submission that may only be read is graded, and grading leaves nothing in it."""
    (folder / "simple_chat_server.py").chmod(0o444)
    folder.chmod(0o555)
    before = sorted(folder.rglob("*"))
    done = chatgrade("task1", folder, *FIRST)
    folder.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(folder.rglob("*")) == before


def test_json_alone():
    """With `--json -` standard output is the report as JSON and nothing else, and standard error is empty."""
    done = chatgrade("task1", WRONG, "--only", "task1.broadcast", "--json", "-")
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["schema"] == "chatgrade/report/1"


def test_started(tmp_path):
    """The command grades when it is started by its name, with a report of each form beside the one for people."""
    files = {form: tmp_path / f"report.{form}" for form in ("json", "junit", "html")}
    done = started(
        "task1", RIGHT, *FIRST, "--seed", "7", *(part for form in files for part in (f"--{form}", files[form]))
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Score 2/2" in done.stdout
    report = json.loads(files["json"].read_text())
    assert (report["run"]["seed"], report["score"]) == (7, 2)
    assert ET.parse(files["junit"]).getroot().get("tests") == "1"
    assert 'id="task1.listens"' in files["html"].read_text("utf-8")


def test_json_beside(tmp_path):
    """With `--json FILE` the report for people is shown as well, and the file has what `-` would print."""
    done = chatgrade("task1", RIGHT, "--json", tmp_path / "report.json", report=RUN)
    assert (done.returncode, done.stderr) == (RUN.exit_status, "")
    assert "Score 4/20" in done.stdout
    alone = chatgrade("task1", RIGHT, "--json", "-", report=RUN)
    assert json.loads((tmp_path / "report.json").read_text()) == json.loads(alone.stdout) == WRITTEN


def test_junit_beside(tmp_path):
    """With `--junit FILE` the file has the report as JUnit XML; `-` is standard output, which takes one report."""
    done = chatgrade("task1", RIGHT, "--junit", tmp_path / "junit.xml", "--json", "-", report=RUN)
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert root.get("tests") == str(sum(len(task["checks"]) for task in json.loads(done.stdout)["tasks"]))
    alone = chatgrade("task1", RIGHT, "--junit", "-", report=RUN)
    assert (ET.fromstring(alone.stdout).tag, alone.returncode, alone.stderr) == ("testsuites", RUN.exit_status, "")
    both = chatgrade("task1", RIGHT, "--junit", "-", "--json", "-", report=RUN)
    assert (both.returncode, both.stdout) == (2, "")
    assert "takes one report" in both.stderr


def test_html_beside(tmp_path):
    """With `--html FILE` the file has the student's page; `-` is standard output, alone."""
    page = tmp_path / "page.html"
    done = chatgrade("task1", WRONG, "--html", page, "--json", "-", report=RUN)
    assert (json.loads(done.stdout), done.returncode, done.stderr) == (WRITTEN, RUN.exit_status, "")
    assert 'id="task1.broadcast" open' in page.read_text("utf-8")
    alone = chatgrade("task1", WRONG, "--html", "-", report=RUN)
    assert alone.stdout == page.read_text("utf-8")


def test_a_page_in_any_locale():
    """The page is UTF-8 whatever the locale says."""
    alone = started("task1", RIGHT, *FIRST, "--html", "-", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout.startswith("<!doctype html>")
    assert alone.stdout.endswith("</html>\n")
    assert "✓" in alone.stdout


def test_a_report_replaces_nothing_before_it_is_there(tmp_path):
    """What a file held stays when the call was wrong, a new one does not stay empty, and no program is written over."""
    old, new = tmp_path / "old.html", tmp_path / "new.json"
    old.write_text("an older report")
    program = shutil.copy(Path(RIGHT) / "simple_chat_server.py", tmp_path)
    wrong = chatgrade("task1", RIGHT, "--only", "task1.nix", "--html", old, "--json", new)
    assert (wrong.returncode, old.read_text(), new.exists()) == (2, "an older report", False)
    over = chatgrade("task1", tmp_path, "--html", program, report=RUN)
    assert (over.returncode, "is a program" in over.stderr) == (2, True)
    assert Path(program).read_bytes() == (Path(RIGHT) / "simple_chat_server.py").read_bytes()
    both = chatgrade("task1", RIGHT, "--html", old, "--json", tmp_path / "." / "old.html", report=RUN)
    assert (both.returncode, "name one file" in both.stderr, old.read_text()) == (2, True, "an older report")
    unnamed = chatgrade("task1", RIGHT, "--json", "", report=RUN)
    assert (unnamed.returncode, "cannot be written" in unnamed.stderr) == (2, True)
    right = chatgrade("task1", RIGHT, "--html", old, "--json", new, "--junit", "/dev/null", report=RUN)
    assert right.returncode == RUN.exit_status
    assert old.read_text().startswith("<!doctype html>")
    assert json.loads(new.read_text()) == WRITTEN


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk to write to")
def test_json_onto_a_full_disk():
    """A report that could not be written is the machine's trouble, and is told."""
    done = chatgrade("task1", RIGHT, "--json", "/dev/full", report=RUN)
    assert done.returncode == 3
    assert done.stderr == "chatgrade: /dev/full: the report could not be written (No space left on device)\n"


def test_reader_that_goes_away():
    """Whoever reads the output may go early; that is no reason for a traceback."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "grader", "task1", str(RIGHT), *FIRST]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def spoken(seed: int) -> set[tuple[str, str]]:
    """Who said what in a run with this seed."""
    done = chatgrade("task1", RIGHT, "--only", "task1.broadcast", "--json", "-", "--seed", seed)
    checks = [check for task in json.loads(done.stdout)["tasks"] for check in task["checks"]]
    said = {(event["who"], event["data"]) for one in checks for event in one["transcript"] if event["dir"] == "out"}
    assert len(said) > 3
    return said


def test_a_seed_repeats_names_and_words():
    """Two runs with one seed have the same people say the same things; another seed has others."""
    once = spoken(4711)
    assert once == spoken(4711)
    assert once.isdisjoint(spoken(4712))


def test_points_of_the_course(folder):
    """Points set by the course count, and a check that only another one needs gives none."""
    lay(folder.parent / "chatgrade.toml", '[points]\n"task1.join" = 7\n"task1.listens" = 9\n')
    done = chatgrade("task1", folder, "--only", "task1.join")
    assert done.returncode == 0
    assert "Score 7/7" in done.stdout


def test_points_of_the_student(folder):
    """Settings that were handed in are not even read, and a note says so; in the own folder they count."""
    own = lay(folder / "chatgrade.toml", '[points]\n"task1.listens" = 9\n')
    done = chatgrade("task1", folder, *FIRST)
    assert "Score 2/2" in done.stdout
    assert "chatgrade.toml in the submission was not read" in done.stdout
    done = chatgrade("task1", *FIRST, cwd=folder)
    assert "Score 9/9" in done.stdout
    assert "was not read" not in done.stdout
    own.write_text("[points")
    assert "Score 2/2" in chatgrade("task1", folder / "simple_chat_server.py", *FIRST, cwd=folder.parent).stdout
    assert chatgrade("task1", *FIRST, cwd=folder).returncode == 2


# -- colours -----------------------------------------------------------------------------------------------------------

COLOUR = re.compile(r"\x1b\[(?:[\d;]*;)?[349]\d(?:;[\d;]*)?m")


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color"}], ids=str)
def test_no_escape_sequences_in_a_pipe(environ):
    """What goes into a pipe has no escape sequences."""
    done = chatgrade("task1", WRONG, report=RUN, **environ)
    assert "Score 4/20" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "environ", "coloured"),
    [((), {}, True), ((), {"NO_COLOR": "1"}, False), (("--no-color",), {}, False)],
    ids=["by default", "NO_COLOR", "--no-color"],
)
def test_colours_on_a_terminal(options, environ, coloured):
    """A terminal gets colours, unless NO_COLOR or --no-color say otherwise."""
    ours, theirs = os.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "grader", "task1", str(UNREADABLE), *FIRST, *options]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**kept, "TERM": "xterm-256color", **environ}
    ) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += (data := os.read(ours, 65536))
            except OSError:  # the other side is closed
                break
            if not data:
                break
    os.close(ours)
    assert run.returncode == 1
    assert bool(COLOUR.search(shown.decode())) is coloured
