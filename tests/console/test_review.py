"""`chatgrade review` at a real terminal: what a person sees and what her keys do, kept whatever ends the program."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from support.answers import FIRST, LISTENER, NEAR, OTHER, check
from support.terminals import COMMAND, Terminal

from grader.batch.store import Store
from grader.results.graded import Entry, Person, Review

NAMES = ("Ada", "Bob", "Cyd", "Dan")
ANSWERS = (FIRST, FIRST, NEAR, OTHER)
SIZES = [(80, 24), (200, 40)]
HOSTILE = "\x1b[2J\x1b]0;title\x07 [bold red]markup[/bold red] \u202edlrow\u202c \x9b31m :smile: \r\n\x00 ::error::x"


def lay(folder, answers=ANSWERS, **more):
    """Write the results of a class with these answers."""
    with Store(folder, create=True) as store:
        store.expect({name.lower(): Entry(name.lower(), (Person(name),)) for name in NAMES[: len(answers)]}, {})
        for name, answer in zip(NAMES, answers, strict=False):
            tasks = [{"id": "task2", "bonus": False, "checks": [check(answer, **more)]}]
            store.save(name.lower(), "v", {"tasks": tasks, "max_score": 2})
    return folder


def given(folder) -> dict[str, Review]:
    """What the store holds now: by first letters of the hand-ins."""
    with Store(folder) as store:
        return {one.entry.key[0]: one.reviews[LISTENER] for one in store.graded() if one.reviews}


@pytest.mark.parametrize("size", [SIZES[0], pytest.param(SIZES[1], marks=pytest.mark.machine)])
def test_a_class_is_judged_by_single_keys(tmp_path, size):
    """Points, a comment and full points go to whole groups; the end is told, and nothing awaits any more."""
    person = Terminal(lay(tmp_path), size)
    shown = person.sees("q quit")
    for part in (
        "1 of 2, 2 await",
        "One sentence on the listener.",
        "identical words in 2 hand-ins: Ada, Bob",
        "- Cyd",
        "def listen():",
    ):
        assert part in shown
    assert "It waits in [-a-] {+the+} thread" in shown
    person.types("c", "comment: ")
    person.types("half of\x08\x7f it\r", "half it (waits for the points)")
    person.types("1", "1 point for 3 answers; u takes it back")
    person.types("\r", "nothing awaits any more")
    person.program.send("q")
    assert person.ends() == 0
    assert "2 of 2 groups of answers judged, none awaits." in person.shown()
    assert given(tmp_path) == {**dict.fromkeys("abc", Review(1, "half it")), "d": Review(2)}


@pytest.mark.machine
def test_the_function_stands_beside_where_there_is_room(tmp_path):
    """From 120 columns on the function begins in the line of the question."""
    person = Terminal(lay(tmp_path), (40, 24))
    person.sees("q quit")
    for width, beside in ((80, False), (119, False), (120, True), (200, True)):
        person.screen.reset()
        person.resize(width, 24)
        line = next(line for line in person.sees("q quit").splitlines() if line.startswith("question"))
        assert ("function" in line) is beside
    person.program.send("q")
    assert person.ends() == 0


@pytest.mark.machine
def test_undo_split_and_looking_around(tmp_path):
    """A split and points are taken back; all answers, the help and both ends of the queue are shown."""
    person = Terminal(lay(tmp_path))
    person.sees("1 of 2")
    person.types("s", "1 of 4, 4 await")
    person.types("2", "2 of 4, 3 await")
    person.types("u", "1 of 4, 4 await")
    person.types("u", "1 of 2, 2 await")
    person.types("u", "there is nothing to take back")
    person.types("o", "Bob, answers.md, hand-in bob")
    person.types("?", "take the last step back")
    person.types("x", "hand-in bob")
    person.types("n", "2 of 2")
    person.types("n", "this is the last one")
    person.types("s", "this is one answer only")
    person.types("\x1b[D", "1 of 2")
    person.types("p", "this is the first one")
    person.types("7", "0 to 2 points can be given")
    person.types("x", "no such key")
    person.program.send("q")
    assert person.ends() == 0
    assert given(tmp_path) == {}


@pytest.mark.machine
def test_quitting_and_coming_back(tmp_path):
    """The next review begins at the first undecided group; when all is judged it says so, and shows it again if asked."""
    person = Terminal(lay(tmp_path))
    person.sees("1 of 2")
    person.types("2", "2 of 2, 1 await")
    person.program.send("q")
    assert person.ends() == 0
    assert "1 of 2 groups of answers judged, 1 await" in person.shown()
    person = Terminal(tmp_path)
    person.sees("2 of 2, 1 await")
    person.types("0", "nothing awaits any more")
    person.program.send("q")
    assert person.ends() == 0
    person = Terminal(tmp_path)
    person.sees("Nothing awaits review: 4 answers judged")
    assert person.ends() == 0
    person = Terminal(tmp_path, (80, 24), "--again")
    assert "given     2 points" in person.sees("q quit")
    person.types("1", "1 point for 3 answers")
    person.program.send("q")
    person.ends()
    assert given(tmp_path)["a"] == Review(1)


@pytest.mark.machine
def test_a_changed_answer_awaits_again(tmp_path):
    """What was said of the old answer does not count for the new one."""
    person = Terminal(lay(tmp_path, [OTHER]))
    person.sees("1 of 1")
    person.types("2", "nothing awaits any more")
    person.program.send("q")
    person.ends()
    person = Terminal(lay(tmp_path, ["Somebody knows."]))
    person.sees("1 of 1, 1 await")
    person.program.send("q")
    assert person.ends() == 0


def test_nothing_that_was_decided_is_lost_by_kill_9(tmp_path):
    """Points are in the store before the screen says so."""
    person = Terminal(lay(tmp_path))
    person.sees("1 of 2")
    person.types("1", "1 point for 3 answers")
    person.program.kill(signal.SIGKILL)
    person.program.wait()
    assert given(tmp_path) == dict.fromkeys("abc", Review(1))


@pytest.mark.parametrize(
    "how", ["\x03", *(pytest.param(how, marks=pytest.mark.machine) for how in ("\x04", signal.SIGINT, signal.SIGTERM))]
)
def test_an_interruption_leaves_the_terminal_as_it_was(tmp_path, how):
    """Ctrl-C, Ctrl-D and signals end it with status 130, the cursor shown, the first screen back, lines wrapped again."""
    person = Terminal(lay(tmp_path))
    person.sees("1 of 2")
    person.types("1", "1 point for 3 answers")
    if isinstance(how, str):
        person.program.send(how)
    else:
        person.program.kill(how)
    assert person.ends() == 130
    for ending in (b"\x1b[?7h", b"\x1b[?1049l", b"\x1b[?25h"):
        assert ending in person.raw[person.raw.rindex(b"\x1b[?7l") :]
    assert given(tmp_path) == dict.fromkeys("abc", Review(1))


@pytest.mark.machine
def test_ctrl_c_at_a_comment_leaves_the_comment(tmp_path):
    """The comment stays as it was; a comment without points is not lost by one key."""
    person = Terminal(lay(tmp_path))
    person.sees("1 of 2")
    person.types("c", "comment: ")
    person.types("good\r", "good (waits for the points)")
    person.types("c", "comment: good")
    person.types(" not", "comment: good not")
    person.rests()  # Python's input() does not notice a signal while it takes a letter in
    assert "good (waits for the points)" in person.types("\x03", "q quit")  # which the line had replaced
    person.types("q", "a comment without points would be lost; q again quits")
    person.types("n", "2 of 2")
    person.types("q", "q again quits")
    person.program.send("q")
    assert person.ends() == 0


@pytest.mark.machine
def test_keys_typed_ahead_are_not_taken_for_others(tmp_path):
    """A comment typed faster than its line appears is that comment; unknown keys, whole sequences of them, do nothing."""
    person = Terminal(lay(tmp_path))
    person.sees("q quit")
    person.types("c2 of \u00e9 2\r", "2 of \u00e9 2 (waits for the points)")
    person.types("\x1b[1;2P\x1bOQ\x1b[200~", "no such key")
    person.types("n", "2 of 2")
    assert "no such key" not in person.types("p", "1 of 2")
    person.types("\x1b", "no such key")  # before this is seen, it might be the beginning of a sequence
    person.types("1", "1 point for 3 answers")
    person.types("q", "1 of 2 groups")
    assert person.ends() == 0
    assert given(tmp_path)["a"] == Review(1, "2 of \u00e9 2")


@pytest.mark.machine
def test_more_than_nine_points_are_typed(tmp_path):
    """Where one key is not enough, the number is typed after the first digit."""
    person = Terminal(lay(tmp_path, [OTHER], points=15))
    person.sees("0-15 points")
    person.types("1", "points (0 to 15): 1")
    person.types("9\r", "0 to 15 points can be given")
    person.types("1", "points (0 to 15): 1")
    person.types("2\r", "12 points for 1 answer")
    person.program.send("q")
    person.ends()
    assert given(tmp_path) == {"a": Review(12)}


@pytest.mark.machine
def test_a_resize_is_harmless(tmp_path):
    """Larger, smaller, tiny and large again: the screen is drawn for each, and the keys go on."""
    person = Terminal(lay(tmp_path))
    person.sees("1 of 2")
    for size, drawn in (((200, 40), "q quit"), ((12, 3), "more l"), ((40, 10), "11 more lines")):
        person.screen.reset()
        person.resize(*size)
        person.sees(drawn)
    person.resize(130, 30)
    line = next(line for line in person.sees("- Cyd").splitlines() if "question" in line)
    assert "function" in line
    person.types("2", "2 points for 3 answers")
    person.program.send("q")
    assert person.ends() == 0


@pytest.mark.machine
@pytest.mark.parametrize("size", SIZES)
def test_hostile_answers_are_shown_and_never_obeyed(tmp_path, size):
    """Escape sequences, markup, bidi controls and NULs in answers, functions and names are spelled out."""
    lay(tmp_path, [HOSTILE, f"{HOSTILE} more"], code=f"def listen():\n    '{HOSTILE}'")
    person = Terminal(tmp_path, size)
    shown = person.sees("q quit")
    for part in (r"\x1b[2J", "[bold red]markup[/bold red]", r"\u202edlrow\u202c", r"\x9b31m", ":smile:", r"\x00"):
        assert part in shown
    assert person.screen.title == ""
    assert not any(sign in person.raw.decode() for sign in ("\x1b]", "\x9b", "\u202e", "\x00", "\x1b[2J\x1b]"))
    assert all(line[:1] in " -\u2500qafno0" for line in shown.splitlines())
    person.program.send("q")
    assert person.ends() == 0


@pytest.mark.machine
@pytest.mark.parametrize("answer", ["word " * 2000, "\u6f22" * 5000, "x" * 10_000], ids=["words", "wide", "one word"])
def test_a_very_long_answer_is_read_by_scrolling(tmp_path, answer):
    """Ten thousand characters are shown page by page; what is below is told, and the function is at the end."""
    person = Terminal(lay(tmp_path, [answer]))
    assert "more lines: space" in person.sees("q quit")
    for _ in range(30):
        person.program.send(" ")
    person.sees("def listen():")
    for _ in range(30):
        person.program.send("b")
    person.sees("question")
    person.types("2", "nothing awaits any more")
    person.program.send("q")
    assert person.ends() == 0


@pytest.mark.machine
def test_an_ascii_terminal_shows_ascii(tmp_path):
    """Where the encoding has no lines and letters, they are drawn and spelled in ASCII."""
    person = Terminal(lay(tmp_path, ["Es l\u00e4uft."]), (130, 24), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert r"Es l\xe4uft." in person.sees("q quit")
    person.program.send("q")
    assert person.ends() == 0
    assert person.raw.isascii()


def chatgrade(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command with its output and input in pipes."""
    command = [sys.executable, *COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)


def test_without_a_terminal_there_is_one_sentence(tmp_path):
    """In a script or a pipe nothing can be judged: wrong usage, told with the way out."""
    ran = chatgrade(lay(tmp_path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "chatgrade: a review needs a terminal that shows pages and sends keys; --list prints what there is.\n"
    )


@pytest.mark.machine
def test_a_dumb_terminal_is_none(tmp_path):
    """A terminal without cursor movements gets the same sentence."""
    person = Terminal(lay(tmp_path), TERM="dumb")
    person.sees("a review needs a terminal")
    assert person.ends() == 2


@pytest.mark.machine
def test_nothing_to_judge_is_told(tmp_path):
    """A class without such checks, or with all of them decided, is done, at a terminal or not."""
    ran = chatgrade(lay(tmp_path, []))
    assert (ran.returncode, ran.stdout) == (0, "Nothing awaits review: no check of this class asks for a person.\n")
    lay(tmp_path, [OTHER])
    with Store(tmp_path) as store:
        store.review("ada", check(OTHER), Review(2))
    ran = chatgrade(tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "Nothing awaits review: 1 answer judged; --again goes through them.\n")


def test_the_list_is_for_scripts(tmp_path):
    """A line for each answer in columns parted by tabs, whatever stands in it; who wrote the same is told by a number."""
    ran = chatgrade(lay(tmp_path, [FIRST, FIRST, f"\t{HOSTILE}", OTHER]), "--list")
    assert ran.returncode == 0
    titles, *rows = (line.split("\t") for line in ran.stdout.splitlines())
    assert len(rows) == 4
    assert all(len(row) == len(titles) for row in rows)
    same = titles.index("in the same words")
    assert [row[same] for row in rows] == ["2", "2", "1", "1"]
    assert r"\x1b[2J" in ran.stdout
    assert "\x1b" not in ran.stdout
