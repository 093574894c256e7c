"""Screen: what a person sees of the bytes that a program prints. No process, no terminal."""

from __future__ import annotations

import pytest

from grader.programs.screen import COLUMNS, ROWS, TerminalScreen, plain, same_form


def screen(*pieces: bytes | str) -> TerminalScreen:
    """A screen that got these pieces."""
    made = TerminalScreen()
    for piece in pieces:
        made.feed(piece.encode() if isinstance(piece, str) else piece)
    return made


SEEN: dict[str, tuple[list[str | bytes], list[str]]] = {
    "plain": (["otto: hi\r\n"], ["otto: hi"]),
    "colours": (["\x1b[1;32motto\x1b[0m: hi\r\n"], ["otto: hi"]),
    "a redrawn prompt": (["> ha", "\r\x1b[Kotto: hi\r\n> ha"], ["otto: hi", "> ha"]),
    "overwritten by blanks": (["> \r", "  \rotto: hi\r\n> "], ["otto: hi", ">"]),
    "cursor movement": (["\x1b[5;1Hotto:\x1b[5;7Hhi"], ["otto: hi"]),
    "backspaces": (["otto: hx\b \bi\r\n"], ["otto: hi"]),
    "wide characters": (["otto: 漢字 ok\r\n"], ["otto: 漢字 ok"]),
    "an accent of its own": (["cafe\u0301\r\n"], ["café"]),
    "a character in two pieces": ([b"caf\xc3", b"\xa9\r\n"], ["café"]),
    "a colour in two pieces": (["\x1b[3", "1motto\x1b[0m\r\n"], ["otto"]),
    "no Unicode": ([b"a\xffb\r\n"], ["a\ufffdb"]),
    "a colour by its number": (["\x1b[38:5:196motto\x1b[0m\r\n"], ["otto"]),
    "a question to the terminal": (["\x1bP+q544e\x1b", "\\otto\r\n"], ["otto"]),
    "a sequence that the emulator trips over": (["before\x1b[1;1Aafter\r\nnext"], ["beforeafter", "next"]),
    "scrolled up under a prompt": (["> half", "\x1b[s\r\x1b[48;1H\x1b[Sotto: hi\x1b[u"], ["> half", "otto: hi"]),
    "lines put in above": (["a\r\n> half\x1b[s\r\x1b[Lotto: hi\x1b[u"], ["a", "otto: hi", "> half"]),
    "a cursor saved below the lines that scroll": (
        ["\x1b[1;47r\x1b[48;1H> half", "\x1b7\x1b[47;1H\notto: hi\x1b8", "\x1b7\x1b[47;1H\notto: ho\x1b8", " a line"],
        ["otto: hi", "otto: ho", "> half a line"],
    ),
    "Enter below the lines that scroll": (["\x1b[1;47r\x1b[48;1H> hi\r\n", "> ho"], ["> ho"]),
    "a title": (["\x1b]0;chat\x07otto\r\n"], ["otto"]),
}


@pytest.mark.parametrize("name", SEEN)
def test_lines(name):
    """What is drawn counts, however it was drawn."""
    pieces, lines = SEEN[name]
    assert screen(*pieces).lines() == lines


def test_what_scrolled_away_was_seen():
    """Lines that have left the screen at its top are remembered, in order."""
    numbers = [f"line {number}" for number in range(3 * ROWS)]
    assert screen("".join(f"{line}\r\n" for line in numbers)).lines() == numbers


@pytest.mark.parametrize("wipe", ["\x1b[2J\x1b[H", "\x1b[H\x1b[J", "\x1b[H\x1b[0J", "\x1b[3J\x1b[2J\x1b[H"])
def test_what_was_wiped_was_seen(wipe):
    """A client that clears the screen and draws it anew has shown what stood there before."""
    assert "otto: hi" in "\n".join(screen("title\r\notto: hi\r\n", f"{wipe}title\r\nmira: ho\r\n").lines())


@pytest.mark.parametrize("anew", ["\x1b[2J\x1b[H", "\x1b[H\x1b[J", "\x1b[1;1H"])
def test_what_is_drawn_anew_stands_once(anew):
    """Of a screen that a client draws anew, only the last drawing stands, also where it is longer than the screen."""
    page = "".join(f"line {number}\x1b[K\r\n" for number in range(ROWS + 5))
    standing = screen(*[anew + page] * 3).standing()
    assert standing == [f"line {number}" for number in range(ROWS + 5)]


def test_what_scrolled_away_stands():
    """Who scrolls back sees the lines of a client that only prints, in order."""
    numbers = [f"line {number}" for number in range(3 * ROWS)]
    assert screen("".join(f"{line}\r\n" for line in numbers)).standing() == numbers


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("hello\r\nName: ", "Name:"),
        ("What is your name?\r\n", "What is your name?"),
        ("Welcome to the chat\r\n", ""),
        ("Port: \r\x1b[KHost: ", "Host:"),
        ("Your name?\r\n> ", "Your name? >"),
        ("> zoe\r\n> ", ">"),
        ("", ""),
    ],
)
def test_question(text, question):
    """What is asked stands before the cursor, or in the line above if that one asks."""
    assert screen(text).question == question


def test_terminal_answers():
    """A program that asks where the cursor is gets an answer, as from a real terminal."""
    assert screen("ab\x1b[6n").answers == ["\x1b[1;3R"]


@pytest.mark.parametrize(
    "odd", [b"\x1b[999999999C", b"\x1b[;;;;;H", b"\x1b[?1049h\x1b[5;2r", b"\x9b\x1b\x1b[", bytes(range(256))]
)
def test_odd_sequences_do_no_harm(odd):
    """Whatever a program prints, what follows on a line of its own is still seen."""
    assert "otto: hi" in screen(odd, b"\x1b[0m\x18\r\notto: hi\r\n").lines()


def test_shows_compares_forms():
    """A letter with its accent is the same, whether it is one character or two."""
    assert screen("cafe\u0301 ok\r\n").lines() == screen("caf\u00e9 ok\r\n").lines() == [same_form("cafe\u0301 ok")]


def test_long_line_wraps():
    """A line longer than the screen goes on in the next."""
    assert [len(line) for line in screen("x" * (COLUMNS + 5)).lines()] == [COLUMNS, 5]


def test_plain():
    """Text without what only commands a terminal."""
    assert plain("\x1b[1;31ma\x1b[0m\x1b]0;t\x07b\x1b(Bc\r\n") == "abc\r\n"
