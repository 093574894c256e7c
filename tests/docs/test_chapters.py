"""The documentation holds: commands run, settings load, the example is a check of ours, links and paths lead somewhere."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.corpus import PROJECT

from grader import config, installed

README = PROJECT / "README.md"
CHAPTERS = {
    chapter.relative_to(PROJECT).as_posix(): chapter
    for place in (
        "README.md",
        "tests/README.md",
        *(f"{name}/**/README.md" for name in ("grader", "tasks", "reference")),
    )
    for chapter in sorted(PROJECT.glob(place))
}
MOST_WORDS = 900  # of the README, which is for users
SCREEN = 50  # lines; what is longer begins with a table of contents
LAB = installed.load()

_QUICK = f"--isolation network --python {sys.executable}"
INSTEAD = {
    # The environment is there: it is the one that these tests run in.
    r"^\(python3 -m venv .* && \.venv/bin/pip install -q \S+( '\S+')? && \.venv/bin/": "",
    r"^(chatgrade task1 tests/corpus/both/echoes_to_sender)$": r"\1 --only task1.broadcast || test $? = 1",
    r"^(chatgrade task1 tests/corpus/server/deadlock_on_leave .*)$": r"\1 || test $? = 1",
    # One check stands for all of them.
    r"^(chatgrade (all|task1)(?= |$)(?!.*--(only|help)).*)$": r"\1 --only task1.lan",
    r"^(chatgrade task3 .*)$": r"\1 --only task3.no-argument",
    r"^(chatgrade task5 .*)$": r"\1 --only task5.sizes",
    r"^(chatgrade batch (?!.*--cluster).*)$": rf"\1 --task task3 {_QUICK}",
    r"^(chatgrade interop .*)$": rf"\1 --only ada {_QUICK}",
    r"^(chatgrade all .*) --isolation full(.*)$": r"\1\2",  # not every machine has it
    # What would not end, needs a person or a cluster, or takes long is asked for its help, which must name the options.
    r"^(chatgrade watch.*)$": r"\1 --help",
    r"^(chatgrade review (?!.*--list).*)$": r"\1 --help",
    r"^(chatgrade batch .* --cluster .*)$": r"\1 --help",
    r"^(dask .*)$": r"\1 --help",
    r"^(python -m reference\..*)$": r"\1 --help",
    r"^(python tests (hostile|verdicts|cheats|mutants|\w*bench)\b.*)$": r"\1 --help",
    r"^((ruff|mypy|lint-imports).*)$": r"\1 --help",
    r"^((python -m )?pytest.*)$": rf"(cd {PROJECT} && \1 --help)",
    r"^(python tests corpus .*) --(into|from|renew).*$": r"\1 --help",  # these write: into the project, or beside it
    # These write into the project, or take no options: they are compiled.
    r"^python tests (picture|house|page_bench)\b.*$": r"python -m py_compile tests/*/\1.py",
}
"""What is run in place of a command, by regular expressions, one after the other."""

ONLY_READ = {
    r"^pipx install \.$": "needs pipx and the package index",
    r"^uv tool install \.$": "needs uv and the package index",
    r"^pip install 'chatgrade\[cluster\]'$": "needs the package index",
}
"""What is not run at all, and why."""

INVENTED = ("tasks/task6", "grader/reports/names.py", "tests/corpus/KIND/NAME")
"""Paths that the reader is told to make."""


# -- commands ----------------------------------------------------------------------------------------------------------


def blocks(chapter: Path, language: str = r"\w*") -> list[str]:
    """The chapter's blocks of code in this language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", chapter.read_text("utf-8"))


def commands(block: str) -> list[str]:
    """The commands in a shell block, without comments: a line each."""
    lines = (re.sub(r"(^|\s+)# .*$", "", line) for line in block.splitlines())
    return [line for line in lines if line]


def instead(command: str) -> str:
    """What is run in place of the command; nothing if it is only read."""
    if any(re.search(pattern, command) for pattern in ONLY_READ):
        return ""
    for pattern, replacement in INSTEAD.items():
        command = re.sub(pattern, replacement, command)
    return command


SHELL = [  # the README's are fast, but for what is done with a class
    pytest.param(
        block, id=f"{name}-{number}", marks=() if name == "README.md" and "batch" not in block else pytest.mark.machine
    )
    for name, chapter in CHAPTERS.items()
    for number, block in enumerate(blocks(chapter, "sh"), 1)
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that has whatever the chapters speak of: a student's programs here and in path/to/student, a class, our own."""
    for name in ("reference", "tests"):
        (tmp_path / name).symlink_to(PROJECT / name)
    for folder in (".", "path/to/student", "submissions/ada"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for program in ("simple_chat_server.py", "threaded_chat_client.py"):
            shutil.copy(PROJECT / "reference" / program, tmp_path / folder)
    (tmp_path / "submissions" / "bob").mkdir()
    (tmp_path / "submissions" / "bob" / "simple_chat_server.py").write_text("print('This server ends at once.')\n")
    shutil.copy(PROJECT / "reference" / "simple_chat_server.py", tmp_path / "my_server.py")
    shutil.copy(PROJECT / "reference" / "length_prefix_server.py", tmp_path / "my_framed_server.py")
    (tmp_path / "gradebook.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Chat (12)\nAda,101,ada,ada,A,\n"
    )
    (tmp_path / "worksheet.csv").write_text("Identifier,Full name,Grade,Maximum Grade\nParticipant 1,ada,,20\n")
    for name, called in {"chatgrade": "-m grader", "python": "", "python3": ""}.items():
        command = tmp_path / ".venv" / "bin" / name
        command.parent.mkdir(parents=True, exist_ok=True)
        command.write_text(f'#!/bin/sh\nexec {sys.executable} {called} "$@"\n')
        command.chmod(0o755)
    (tmp_path / ".venv" / "bin" / "activate").touch()
    return tmp_path


@pytest.mark.parametrize("block", SHELL)
def test_commands(block: str, place: Path) -> None:
    """The commands of a block succeed one after the other, as they stand there or as the tables above say."""
    environment = {
        **os.environ,
        "PATH": f"{place}/.venv/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
    }
    script = [instead(command) for command in commands(block)]
    if "results/ " in block and "chatgrade batch" not in block:
        script.insert(0, instead("chatgrade batch submissions/ -o results/"))
    done = subprocess.run(
        ["bash", "-exc", "\n".join(script)], cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    options = {option for command in script if "--help" in command for option in re.findall(r"--\w[\w-]*", command)}
    assert {option for option in options if option not in done.stdout} == set()


def test_nothing_in_the_tables_is_left_over() -> None:
    """Each entry of the tables is about some command of some chapter."""
    known = [command for chapter in CHAPTERS.values() for block in blocks(chapter, "sh") for command in commands(block)]
    unused = [pattern for pattern in ONLY_READ if not any(re.search(pattern, command) for command in known)]
    unused += [pattern for pattern in INSTEAD if not any(_applies(pattern, command) for command in known)]
    assert unused == []


def _applies(pattern: str, command: str) -> bool:
    """Whether the entry changes the command, after all entries before it."""
    for other, replacement in INSTEAD.items():
        changed, count = re.subn(other, replacement, command)
        if other == pattern:
            return bool(count)
        command = changed
    return False


# -- the README --------------------------------------------------------------------------------------------------------


def test_the_readme_is_short() -> None:
    """The README is for users, and no longer than they read."""
    assert len(README.read_text("utf-8").split()) < MOST_WORDS


def test_the_readme_begins_with_the_two_set_up_commands() -> None:
    """Its first two blocks of code set up on a fresh machine: one grades a sample, the other is the test command of `.ci/run`."""
    first, second = map(commands, blocks(README)[:2])
    fresh = "(python3 -m venv .venv || { $(command -v sudo) apt-get update && "
    assert all(len(block) == 1 and block[0].startswith(fresh) for block in (first, second))
    assert first[0].endswith(
        ".venv/bin/pip install -q . && .venv/bin/chatgrade task1 tests/corpus/both/echoes_to_sender"
    )
    assert second[0].endswith(".venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest")


def test_the_example_is_a_check() -> None:
    """The check that the README shows is one of ours, but for the longer part of its docstring."""
    [example] = blocks(README, "python")
    ours = inspect.getsource(LAB.catalogue["task1.leave"].function)
    docstring = re.search(r'(?s)\n\n    Does:.*?\n    (?=""")', ours)
    assert docstring is not None
    assert example.strip() == ours.replace(docstring[0], "").strip()


# -- every chapter -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHAPTERS)
def test_settings_and_code(name: str, tmp_path: Path) -> None:
    """Each block of settings can be loaded, and each of Python is Python."""
    for block in blocks(CHAPTERS[name], "toml"):
        path = tmp_path / "chatgrade.toml"
        path.write_text(block, "utf-8")
        config.load(path, LAB)
    for block in blocks(CHAPTERS[name], "python"):
        ast.parse(block)


def headings(chapter: Path) -> dict[str, str]:
    """The chapter's sections: the anchor that GitHub gives each heading, with the marks before it."""
    prose = re.sub(r"(?ms)^```.*?^```$", "", chapter.read_text("utf-8"))
    found = re.findall(r"(?m)^(#+) (.*)$", prose)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"): marks for marks, title in found}


def links(chapter: Path) -> list[str]:
    """Where its links lead, but for those out of the project."""
    prose = re.sub(r"(?ms)^```.*?^```$", "", chapter.read_text("utf-8"))
    return [target for target in re.findall(r"\]\(([^)]+)\)", prose) if "://" not in target]


@pytest.mark.parametrize("name", CHAPTERS)
def test_links(name: str) -> None:
    """Each link within the project leads to a file that is there, and to a section that it has."""
    for target in links(CHAPTERS[name]):
        path, _, anchor = target.partition("#")
        file = (CHAPTERS[name].parent / path).resolve() if path else CHAPTERS[name]
        assert file.exists(), target
        assert not anchor or anchor in headings(file), target


@pytest.mark.parametrize("name", CHAPTERS)
def test_contents(name: str) -> None:
    """A chapter that is longer than a screen links all its sections before the first of them."""
    text = CHAPTERS[name].read_text("utf-8")
    if len(text.splitlines()) > SCREEN:
        sections = [anchor for anchor, marks in headings(CHAPTERS[name]).items() if marks == "##"]
        assert re.findall(r"\(#([^)]+)\)", text.partition("\n## ")[0]) == sections


def test_every_chapter_is_reached() -> None:
    """The README links every chapter."""
    linked = {(PROJECT / target.partition("#")[0]).resolve() for target in links(README)}
    assert {str(chapter) for chapter in CHAPTERS.values()} <= {*map(str, linked), str(README)}


@pytest.mark.parametrize("name", CHAPTERS)
def test_paths(name: str) -> None:
    """Each file and folder of the project that a chapter names is there."""
    named = re.findall(r"`((?:grader|tasks|tests|reference|\.ci)/[^\s`]*)`", CHAPTERS[name].read_text("utf-8"))
    paths = [path for path in named if not path.startswith(INVENTED)]
    assert [path for path in paths if not (PROJECT / path).exists()] == []
