"""The starting kit: what is in it, that none of it can go stale, and that laying it out harms nothing."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import commandline, corpus
from support.report_samples import plain_console, written

from grader import config, installed
from grader.console.kit import render
from grader.kit import Laid, lay_out
from grader.model import settings
from grader.model.errors import UsageError
from grader.model.limits import Limits
from tasks.task2 import answers
from tasks.task2.copied import share_copied

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LAB = installed.load()
RIGHT = corpus.folder_of("rlock_broadcast")
NAMES = {"TASKS.md", "answers.md", "chatgrade.toml"}
EXPLAINS = ("--only", "task2.explains-listener", "--only", "task2.explains-framing")


chatgrade = functools.partial(commandline.chatgrade, COLUMNS="300")


def kit(folder: Path, course: str = "") -> dict[str, str]:
    """The texts of the kit for a course with these settings."""
    path = None
    if course:
        path = folder / settings.SETTINGS_FILE
        path.write_text(course)
    return dict(LAB.kit(LAB, config.load(path, LAB)))


# -- the settings ------------------------------------------------------------------------------------------------------


def test_the_settings_as_they_are_change_nothing(tmp_path):
    """The settings of the kit, untouched, are those of no file at all."""
    lay_out(tmp_path, LAB)
    assert config.load(tmp_path / settings.SETTINGS_FILE, LAB) == config.load(None, LAB)


def test_every_setting_is_there_with_its_default(tmp_path):
    """With the sign taken away from every line that holds a setting, every setting is set, to its default, and explained."""
    text = kit(tmp_path)[settings.SETTINGS_FILE]
    set_lines = re.sub(r"(?m)^#(?! )", "", text)
    path = tmp_path / settings.SETTINGS_FILE
    path.write_text(set_lines)
    tables = tomllib.loads(set_lines)
    assert tables == config.defaults(LAB)
    loaded, usual = config.load(path, LAB), config.load(None, LAB)
    assert loaded.points == {check.id: check.points for check in LAB.catalogue}
    assert (loaded.files, loaded.port, loaded.wording) == (usual.files, usual.port, usual.wording)
    assert (loaded.limits, loaded.batch) == (usual.limits, usual.batch)
    explained = [line for line in set_lines.splitlines() if re.search(r"=.+   # \S.{4}", line)]
    assert len(explained) == sum(map(len, tables.values()))


def test_every_setting_that_is_read_is_among_the_defaults():
    """A setting that `load` takes and the kit does not show is impossible: both know the settings from one place."""
    lines = {table: set(values) for table, values in config.defaults(LAB).items()}
    fields = {"files", "network", "wording", "points", "limits", "batch"}
    assert set(lines) == fields
    assert lines["limits"] == set(vars(Limits()))
    assert lines["batch"] == set(vars(settings.BatchSettings()))


def test_one_setting_can_be_taken_into_use(tmp_path):
    """It takes no more than the sign before it, and the value changed."""
    lay_out(tmp_path, LAB)
    path = tmp_path / settings.SETTINGS_FILE
    path.write_text(path.read_text().replace("#port = 65433 ", "port = 5000 "))
    assert config.load(path, LAB).port == 5000


# -- the task sheet ----------------------------------------------------------------------------------------------------


def test_the_sheet_lists_every_check_with_its_points(tmp_path):
    """Each check of the catalogue has a row under its task, with what it runs, its points and its sentence."""
    sections = re.split(r"(?m)^## ", kit(tmp_path)["TASKS.md"])
    for task in LAB.catalogue.tasks:
        section = next(one for one in sections if one.startswith(task.title))
        total = sum(check.points for check in task.checks)
        assert section.startswith(f"{task.title} ({total} points{', bonus' if task.bonus else ''})\n")
        rows = re.findall(r"(?m)^\| (task\S+) \| (\w+) \| (\w+) \| (.*) \|$", section)
        wanted = [(one.id, one.runs, str(one.points or "advice"), one.title) for one in task.checks]
        assert rows == wanted


def test_the_sheet_speaks_as_the_course_does(tmp_path):
    """Names of files, the port, words and points are those of the course's settings."""
    text = kit(
        tmp_path,
        '[files]\nserver = "serveur.py"\nframed_client = "cadres.py"\n[network]\nport = 5000\n'
        '[wording]\njoined = ["{name} | ici", "{name} came"]\nexit = "QUIT"\n[points]\n"task1.join" = 0\n"task3.announce" = 40\n',
    )["TASKS.md"]
    assert "| `cadres.py` |" in text
    assert "simple_chat_server.py" not in text
    assert "TCP port 5000" in text
    assert r"`<name> \| ici`" in text  # in a table
    assert "server -> mira    otto | ici" in text
    assert "mira -> server    QUIT" in text
    assert "| task1.join | server | advice |" in text
    points = {check.id: check.points for check in LAB.catalogue if check.task == "task1"} | {"task1.join": 0}
    assert f"({sum(points.values())} points)" in text
    assert "| task3.announce | server | 40 |" in text


def test_the_sheet_is_well_formed(tmp_path):
    """Every row of a table has the columns of its heading, blocks of code are closed, and nothing is left of the template."""
    text = kit(tmp_path)["TASKS.md"]
    assert not re.search(r"{{|}}|{%|\n\n\n|\n\n\Z", text)
    assert text.count("```") % 2 == 0
    columns = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        columns = columns or cells
        assert cells == columns, line


def test_the_sheet_is_in_our_own_words(tmp_path):
    """No sentence of the kit, the lines of the wire and of the catalogue aside, is the codelab's."""
    texts = kit(tmp_path)
    prose = re.sub(r"(?ms)^```.*?^```$|^[|#].*?$|`[^`]*`", " ", texts["TASKS.md"]) + texts["answers.md"]
    sentences = [one for one in re.split(r"[.:;?]\s+|\n\n", prose) if len(one.split()) > 4]
    assert len(sentences) > 50
    assert [one for one in sentences if share_copied(one) >= 0.25] == []


def test_the_sheet_gives_no_program_away(tmp_path):
    """The kit holds nothing of a program: no import, no definition, no call that is given something."""
    for text in kit(tmp_path).values():
        assert not re.search(r"(?m)^\s*(import|from|def|class)\b|\w\(\w", text)


# -- the answers -------------------------------------------------------------------------------------------------------


def test_the_form_is_found_and_counts_as_blank(tmp_path):
    """The form has a place for each answer; untouched, each holds nothing that counts."""
    found = answers.find(kit(tmp_path)["answers.md"])
    assert set(found) == set(answers.QUESTIONS)
    assert all(map(answers.is_template, found.values()))


@pytest.mark.parametrize("place", [0, 1], ids=["the listener", "framing"])
def test_a_sentence_written_into_the_form_is_the_answer(tmp_path, place):
    """What replaces the words in brackets is the answer to that question, and the other stays blank."""
    sentence = "It waits beside the keyboard, so neither keeps the other from its work."
    parts = kit(tmp_path)["answers.md"].split("(your sentence)\n")
    found = answers.find(f"{parts[0]}{sentence if place == 0 else '(your sentence)'}\n{parts[1]}" + (sentence * place))
    question, other = answers.QUESTIONS[place], answers.QUESTIONS[1 - place]
    assert found[question] == sentence
    assert answers.is_template(found.get(other, ""))


def told(folder: Path) -> dict[str, str]:
    """What a report says of the two answers: status and what was seen."""
    done = chatgrade("task2", folder, *EXPLAINS, "--json", "-")
    checks = [check for task in json.loads(done.stdout)["tasks"] for check in task["checks"]]
    return {check["id"].partition("-")[2]: f"{check['status']}: {check['observed']}" for check in checks}


def test_the_untouched_form_fails_as_blank(tmp_path):
    """A submission with the form as it was laid out has no answers: nothing awaits a person."""
    shutil.copytree(RIGHT, tmp_path, dirs_exist_ok=True)
    lay_out(tmp_path, LAB)
    blank = 'fail: answers.md holds "(your sentence)" in its place'
    assert told(tmp_path) == {"listener": blank, "framing": blank}


def test_the_untouched_form_is_in_nobodys_way(tmp_path):
    """Whoever has answered in another file, or in a comment, is not thought silent because the form is there, too."""
    shutil.copytree(RIGHT, tmp_path, dirs_exist_ok=True)
    lay_out(tmp_path, LAB)
    sentence = "One waits for the network while the other waits for me."
    (tmp_path / "task2.md").write_text(f"# Listener\n{sentence}\n")
    assert told(tmp_path)["listener"] == f"review: task2.md: {sentence}"


# -- laying it out -----------------------------------------------------------------------------------------------------


def test_init(tmp_path):
    """The command makes the folder and its parents, names each file that it wrote, and the next command."""
    folder = tmp_path / "new" / "a course's"
    done = chatgrade("init", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in folder.iterdir()} == NAMES
    assert [line for line in done.stdout.splitlines() if line.startswith("wrote")] == [
        f"wrote     {folder / name}" for name in ("TASKS.md", "answers.md", "chatgrade.toml")
    ]
    assert f"next      chatgrade task1 '{tmp_path}/new/a course'\"'\"'s'\n" in done.stdout
    assert "once it holds simple_chat_server.py and threaded_chat_client.py" in done.stdout
    assert list(config.load(folder / settings.SETTINGS_FILE, LAB).points) == []


def test_init_again(tmp_path):
    """What is there is kept as it is, and told; that all is there is no failure."""
    (tmp_path / "answers.md").write_text("mine")
    first = chatgrade("init", tmp_path)
    assert first.stdout.count("wrote ") == 2
    assert f"kept      {tmp_path}/answers.md, which is there already\n" in first.stdout
    (tmp_path / "TASKS.md").write_text("changed")
    (tmp_path / "simple_chat_server.py").touch()
    again = chatgrade("init", tmp_path)
    assert (again.returncode, again.stdout.count("kept ")) == (0, 3)
    assert "wrote" not in again.stdout
    assert "once it holds threaded_chat_client.py\n" in again.stdout
    assert [(tmp_path / name).read_text() for name in ("answers.md", "TASKS.md")] == ["mine", "changed"]


def test_the_settings_of_a_course_above_stay_in_force(tmp_path):
    """Under a folder with settings none are written: those nearest count, so they would put the course's out of force."""
    (tmp_path / settings.SETTINGS_FILE).write_text('[files]\nserver = "serveur.py"\n')
    laid = lay_out(tmp_path / "ada", LAB)
    assert laid.course == tmp_path / settings.SETTINGS_FILE
    assert laid.written == ("TASKS.md", "answers.md")
    assert "serveur.py" in (tmp_path / "ada" / "TASKS.md").read_text()
    assert "serveur.py" in chatgrade("init", tmp_path / "bob").stdout


def test_settings_that_are_wrong(tmp_path):
    """A sheet is not made by settings that cannot be read, and nothing is written."""
    (tmp_path / settings.SETTINGS_FILE).write_text("[netwrok]\n")
    done = chatgrade("init", tmp_path / "ada")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no table [netwrok]" in done.stderr
    assert not (tmp_path / "ada").exists()


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
@pytest.mark.parametrize("name", sorted(NAMES))
def test_links_are_not_followed(tmp_path, name, target):
    """A link of the name of a file stays as it is, and what it leads to, too, be it there or not."""
    (tmp_path / "elsewhere").write_text("")
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / name).symlink_to(tmp_path / target)
    laid = lay_out(folder, LAB)
    assert (laid.kept, laid.barred) == (((name,), ()) if target == "elsewhere" else ((), (name,)))
    assert (folder / name).is_symlink()
    assert (tmp_path / "elsewhere").read_text() == ""
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_file(tmp_path):
    """A folder or a link that leads nowhere is not taken for the sheet or the form, and the other files are written."""
    (tmp_path / "TASKS.md").mkdir()
    (tmp_path / "answers.md").symlink_to(tmp_path / "nowhere")
    done = chatgrade("init", tmp_path)
    assert done.returncode == 0
    for name in ("TASKS.md", "answers.md"):
        assert f"left out  {tmp_path / name}: something of that name is there, and it is no file\n" in done.stdout
    assert (done.stdout.count("wrote "), done.stdout.count("kept ")) == (1, 0)


def test_an_empty_name(tmp_path):
    """No name is no folder: nothing is written here, where nobody has asked for it."""
    done = chatgrade("init", "", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "the name of the folder is empty" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize(
    "name", ["-x", "two\nlines", "it's \\ \x1b[2J", "\udcff\xe9 \u202e$HOME", "##[error] `id`", "~", "a" * 900]
)
def test_what_comes_next_can_be_pasted(tmp_path, name, encoding):
    """The command that is proposed means the folder, whatever it is called: a shell makes the same name of it."""
    console = plain_console(4000, encoding)
    render(Laid(Path(name), (), (), (), None, ()), console)
    told = written(console).rstrip("\n")
    assert "\n" not in told
    command = told.partition("chatgrade task1 ")[2].encode("utf-8")
    done = subprocess.run([b"bash", b"-c", b"printf %s " + command], capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout == os.fsencode(f"./{name}" if name.startswith("-") else name)


def test_a_folder_that_is_a_link(tmp_path):
    """A link in the place of the folder is not followed either; the sentence says where it leads."""
    (tmp_path / "course").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"course: is a link to .*elsewhere: name that folder itself\."):
        lay_out(tmp_path / "course", LAB)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [("file", "is not a folder"), ("file/in it", "cannot be written to (Not a directory)"), ("x" * 300, "(File name too long)")],
)  # fmt: skip
def test_no_folder(tmp_path, place, reason):
    """Where no folder can be, one sentence says so, with status 2."""
    (tmp_path / "file").touch()
    done = chatgrade("init", tmp_path / place)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"chatgrade: {tmp_path / place}: ")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_closed(tmp_path):
    """A folder that one may not write to is told in one sentence."""
    tmp_path.chmod(0o500)
    for folder in (tmp_path, tmp_path / "new"):
        with pytest.raises(UsageError, match=r"cannot be written to \(Permission denied\)\."):
            lay_out(folder, LAB)
    tmp_path.chmod(0o700)


@pytest.mark.own_process
def test_a_disk_that_is_full(small_disk):
    """Where a file does not fit, the sentence says so, and no half of it is left to be kept the next time."""
    disk = small_disk("size=16k")
    (disk / "filler").write_bytes(bytes(8 << 10))
    with pytest.raises(UsageError, match=r"cannot be written to \(No space left on device\)\."):
        lay_out(disk / "course", LAB)
    for left in (disk / "course").iterdir():
        assert left.read_text() == LAB.kit(LAB, config.load(None, LAB))[left.name]
