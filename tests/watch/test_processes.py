"""`chatgrade watch` at a real terminal and at a pipe: a submission is edited, and its new verdicts are waited for."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import zipfile
from pathlib import Path

import pytest
from support import corpus
from support.commandline import NEVER_LISTENS, about, start
from support.terminals import Terminal
from support.waiting import until

pytestmark = pytest.mark.own_process

SERVER = "simple_chat_server.py"
WRONG = corpus.files("echoes_to_sender")[SERVER].decode()
RIGHT = WRONG.replace("(self.nick, line))", "(self.nick, line), [self])")
SLOW = NEVER_LISTENS  # it keeps a daemon beside it
FAILS = "\u2717 task1.broadcast"
QUICK = ("--only", "task1.broadcast", "--isolation", "network")


class Student(Terminal):
    """A student at a terminal in which her submission is watched."""

    command = ("-m", "grader", "watch")
    patience = 180  # seconds; a run lasts one, but the machine may be busy

    def __init__(self, folder: Path, *options: str, size: tuple[int, int] = (100, 40), **environ: str) -> None:
        super().__init__(folder, size, *(options or QUICK), **environ)

    def row(self, check_id: str) -> list[str]:
        """The words in a check's line of the table."""
        return next(line.split() for line in self.shown().splitlines() if check_id in line)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A server that sends messages back to their senders, alone in its folder."""
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / SERVER).write_text(WRONG)
    return folder / SERVER


@pytest.mark.machine
@pytest.mark.parametrize("size", [(80, 24), (100, 40), (200, 50)])
def test_fixed_and_broken(program: Path, size: tuple[int, int]) -> None:
    """The verdict changes with the program, and is marked; the failure is explained as long as there is one."""
    student = Student(program.parent, *QUICK, "--seed", "7", size=size)
    shown = student.sees("1 failing")
    assert "Score 0/4" in shown
    assert "never reached" not in shown
    assert "should not have come" in shown
    assert student.row(FAILS)[-1] == "0/4"
    program.write_text(RIGHT)
    shown = student.sees("1 fixed")
    assert student.row("task1.broadcast")[-2:] == ["fixed", "4/4"]
    assert "Score 4/4" in shown
    assert "should not have come" not in shown
    program.write_text(WRONG)
    assert "should not have come" in student.sees("1 broken")
    assert student.row(FAILS)[-2:] == ["broken", "0/4"]
    program.write_text(f"{WRONG}# a remark\n")
    student.sees("nothing new")
    assert student.row(FAILS)[-2:] == ["still", "0/4"]
    student.program.send("\x03")
    assert student.ends() == 130
    assert "Score 0/4, seed 7" in student.shown()


def test_quiet(program: Path) -> None:
    """Without explanations there is the table alone."""
    student = Student(program.parent, *QUICK, "-q")
    shown = student.sees("1 failing")
    assert student.row(FAILS)[-1] == "0/4"
    assert "expected" not in shown


@pytest.mark.machine
def test_only_what_changed_is_drawn(program: Path) -> None:
    """After a save that changes no verdict only the first line is drawn; nothing is cleared."""
    student = Student(program.parent, "--only", "task1.client-connects")
    student.sees("1 failing")
    program.write_text(f"{WRONG}# a remark\n")
    student.sees("nothing new")
    student.screen.erase_in_display(2)  # of this screen, the program does not know
    student.raw = b""
    program.write_text(f"{WRONG}# another remark\n")
    student.sees("nothing new")
    assert set(re.findall(rb"\x1b\[(\d+);1H", student.raw)) == {b"1"}
    assert b"\x1b[2J" not in student.raw


def renamed_into_place(program: Path, text: str) -> None:
    """Save as editors do that write beside and rename."""
    beside = program.with_name("4913")
    beside.write_text(text)
    beside.replace(program)


def with_a_backup(program: Path, text: str) -> None:
    """Save as editors do that keep what was there."""
    program.rename(program.with_name(f"{program.name}~"))
    program.write_text(text)


def in_steps(program: Path, text: str) -> None:
    """Save as editors do that empty the file and write it bit by bit."""
    with program.open("w") as file:
        for line in text.splitlines(keepends=True):
            file.write(line)
            file.flush()


@pytest.mark.machine
@pytest.mark.parametrize("save", [renamed_into_place, with_a_backup, in_steps])
def test_however_an_editor_saves(program: Path, save) -> None:
    """There is one new verdict, that of what is there in the end."""
    student = Student(program.parent)
    student.sees("1 failing")
    save(program, RIGHT)
    student.sees("1 fixed")
    save(program, WRONG)
    student.sees("1 broken")


@pytest.mark.machine
def test_saved_during_a_run(program: Path, tmp_path: Path) -> None:
    """A run that goes on for long is given up for what is saved meanwhile, and leaves nothing; the last save is what is shown."""
    (tmp_path / "tmp").mkdir()
    program.write_text(SLOW)
    student = Student(program.parent, TMPDIR=str(tmp_path / "tmp"))
    student.sees("checking 0/2")
    student.raw = b""
    for number in range(3):
        program.write_text(program.read_text() + f"# {number}\n")
        student.sees(f"{SERVER} saved, checking 0/2")
        student.screen.reset()
    assert b"checking 1/2" not in student.raw
    program.write_text(RIGHT)
    student.sees("nothing new")
    assert "Score 4/4" in student.shown()
    assert b"failing" not in student.raw
    until(lambda: len(about(program.parent)) == 1)  # the watch
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.machine
def test_saved_again_and_again(program: Path) -> None:
    """Of twenty saves in a row, without any wait, the last is what is shown."""
    student = Student(program.parent)
    student.sees("1 failing")
    for number in range(20):
        program.write_text(f"{RIGHT if number % 2 else WRONG}# {number}\n")
    student.sees("1 fixed")
    assert "Score 4/4" in student.shown()


@pytest.mark.machine
def test_in_mid_edit(program: Path) -> None:
    """Whatever is wrong with it meanwhile is told in a sentence or a failure, and it goes on."""
    student = Student(program.parent, *QUICK, size=(200, 40))  # its path must fit into a line
    student.sees("1 failing")
    program.unlink()
    student.sees(f"there is no {SERVER} and no")
    program.write_text("\n")
    student.sees("is empty.")
    program.write_text("def broken(:\n")
    student.sees("task1.listens")
    assert "invalid syntax" in student.sees("Score 0/4")
    (program.parent.parent / "chatgrade.toml").write_text("[points]\ntask1.broadcast = 9\n")
    student.sees("has no setting")
    (program.parent.parent / "chatgrade.toml").write_text('[points]\n"task1.broadcast" = 9\n')
    student.sees("Score 0/9")
    gone = program.parent.rename(program.parent.with_name("gone"))
    student.sees("there is no such file")
    gone.rename(program.parent)
    student.sees("Score 0/9")
    program.write_text(RIGHT)
    student.sees("Score 9/9")


@pytest.mark.machine
def test_an_archive_is_watched_as_a_file(tmp_path: Path) -> None:
    """An archive that is packed anew is graded anew."""
    archive = tmp_path / "ada.zip"

    def pack(text: str) -> None:
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(f"ada/{SERVER}", text)

    pack(WRONG)
    student = Student(archive)
    student.sees("1 failing")
    pack(RIGHT)
    student.sees("1 fixed")


@pytest.mark.machine
def test_the_terminal_is_resized(program: Path) -> None:
    """It is drawn for its new size, and goes on."""
    student = Student(program.parent, *QUICK, size=(80, 24))
    student.sees("1 failing")
    for size in ((30, 5), (120, 40)):
        student.resize(*size)
    student.sees(f"Score 0/4 {chr(0x2500) * 100}")
    program.write_text(RIGHT)
    student.sees("1 fixed")


@pytest.mark.machine
def test_keys_are_not_shown_nor_left(program: Path) -> None:
    """What is typed into the window does not spoil the screen; in the end the terminal is as it was."""
    student = Student(program.parent, "--only", "task1.client-connects")
    below = student.sees("1 failing").splitlines()[3:]
    student.program.send("rm -rf nothing\r\r\r\x1a\x1b[A")
    program.write_text(f"{WRONG}# a remark\n")
    assert student.sees("nothing new").splitlines()[3:] == below
    student.program.send("\x03")
    assert student.ends() == 130
    for ending in (b"\x1b[?7h", b"\x1b[?1049l", b"\x1b[?25h"):
        assert ending in student.raw[student.raw.rindex(b"\x1b[?7l") :]


@pytest.mark.machine
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("moment", ["in a run", "between runs"])
def test_interrupted(program: Path, tmp_path: Path, number: signal.Signals, moment: str) -> None:
    """It ends with status 130 and without a word of complaint, and leaves no process and no temporary folder."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    if moment == "in a run":
        program.write_text(SLOW)
    student = Student(program.parent, TMPDIR=str(temporary))
    student.sees("checking 0/2" if moment == "in a run" else "1 failing")
    if moment == "in a run":
        until(lambda: len(about(program.parent)) >= 4)  # the watch, a worker, the server and its daemon
    student.program.kill(number)
    assert student.ends() == 130
    assert b"chatgrade: " not in student.raw
    assert about(program.parent) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.machine
def test_killed(program: Path, tmp_path: Path) -> None:
    """When it is killed in mid-run, whatever it started ends soon."""
    program.write_text(SLOW)
    (tmp_path / "tmp").mkdir()
    student = Student(program.parent, TMPDIR=str(tmp_path / "tmp"))
    student.sees("checking 0/2")
    until(lambda: len(about(program.parent)) >= 4)
    student.program.kill(signal.SIGKILL)
    student.program.wait()
    until(lambda: about(program.parent) == [])


# -- at a pipe -----------------------------------------------------------------------------------------------------


def lines_until(run: subprocess.Popen[str], text: str) -> str:
    """What is printed up to a line with this text."""
    assert run.stdout is not None
    found = ""
    while text not in found:
        found += run.stdout.readline() or pytest.fail(f"it ended, having printed\n{found}")
    return found


@pytest.mark.machine
def test_at_a_pipe(program: Path, tmp_path: Path) -> None:
    """What is new is printed in plain lines, once; a save that changes no verdict prints nothing."""
    run = start("watch", program.parent, *QUICK, "--seed", "7", temporary=tmp_path / "tmp")
    with run:
        told = lines_until(run, "printed")
        assert told.startswith(f"watching {program.parent}, seed 7; Ctrl-C ends it\n")
        assert re.search(rf"\d\d:\d\d:\d\d  Score 0/4, 1 failing\n{FAILS}.*0/4\n    expected ", told)
        program.write_text(RIGHT)
        told = lines_until(run, "fixed  ")
        assert re.fullmatch(r"\n[\d:]+  Score 4/4, 1 fixed\n\u2713 task1\.broadcast .* fixed +4/4\n", told)
        program.write_text(f"{RIGHT}# nothing new\n")
        program.with_name("answers.md").write_text("nothing new either")
        program.unlink()
        assert "there is no simple_chat_server.py" in " ".join(lines_until(run, "Python program").split())
        program.write_text(RIGHT)
        assert re.fullmatch(r"\n[\d:]+  Score 4/4, nothing new\n", lines_until(run, "nothing new"))
        program.write_text(WRONG)
        assert "1 broken\n\u2717 task1.broadcast" in lines_until(run, "printed")
        run.send_signal(signal.SIGINT)
        rest, complaints = run.communicate()
    assert (run.returncode, rest, complaints) == (130, "", "")
    assert about(program.parent) == []


@pytest.mark.machine
def test_the_verdicts_are_those_of_all(tmp_path: Path) -> None:
    """A check passes, fails or is skipped as it does in `chatgrade all`, explained in the same words."""
    folder = corpus.folder_of("codelab_two_faults")
    with start("all", folder, "--seed", "7", "--json", "-", temporary=tmp_path / "tmp") as run:
        report = json.loads(run.communicate()[0])
    failed = {
        check["id"]: check["hint"] for task in report["tasks"] for check in task["checks"] if check["status"] == "fail"
    }
    with start("watch", folder, "--seed", "7", temporary=tmp_path / "tmp") as run:
        told = lines_until(run, list(failed)[-1]) + lines_until(run, "likely")
        run.send_signal(signal.SIGINT)
        told += run.communicate()[0]
    assert f"Score {report['score']}/{report['max_score']}" in told
    assert re.findall(r"^\u2717 (\S+)", told, re.MULTILINE) == list(failed)
    for hint in failed.values():
        assert hint[:30] in " ".join(told.split())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["nowhere"], "nowhere: cannot be watched (No such file or directory)."),
        ([".", "--only", "task1.broadcst"], "There is no check 'task1.broadcst'; did you mean 'task1.broadcast'?"),
        ([".", "--python", "nopython"], "nopython: there is no such Python to run the student's program with."),
    ],
)
def test_a_wrong_call(tmp_path: Path, options: list[str], complaint: str) -> None:
    """What no save can mend is told at once, with status 2."""
    run = start("watch", *options, temporary=tmp_path)
    assert run.communicate() == ("", f"chatgrade: {complaint}\n")
    assert run.returncode == 2
