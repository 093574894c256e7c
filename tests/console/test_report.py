"""Tests of the report in the terminal, and of the progress line before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from support.report_samples import (
    CRASH,
    ECHO_EVENTS,
    LOCK,
    LOCK_HINT,
    failed,
    failure,
    full_report,
    plain_console,
    report,
    result,
    terminal_console,
    written,
)

from grader.console.progress import Progress
from grader.console.report import render
from grader.model.report import Report, TaskReport
from grader.model.verdict import Event, Status
from grader.text.prose import GAP, shorten
from grader.wire.transcript import Transcript

LONG = "x" * 500_000
LINES = tuple(Event(0.001 * n, "bob", "in", f"line {n}") for n in range(30))


def shown(made: Report, console: Console | None = None, **options: bool) -> str:
    """Render on a console, by default a pipe of 80 columns."""
    console = console or plain_console()
    render(made, console, **options)
    return written(console)


def words(text: str) -> str:
    """Undo wrapping and alignment."""
    return " ".join(text.split())


@pytest.mark.parametrize("width", [50, 80, 200])
@pytest.mark.parametrize("options", [{}, {"verbose": True}, {"quiet": True}])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_console(width: int, options: dict[str, bool], encoding: str) -> None:
    """Every line fits the width."""
    lines = shown(full_report(), plain_console(width, encoding), **options).splitlines()
    assert max(map(cell_len, lines)) <= width


def test_wide_characters_fit_too() -> None:
    """Characters that take two columns are counted as two."""
    event = Event(0, "漢字" * 9, "in", "漢" * 99)
    made = report(failed(failure=failure("漢字" * 300, "漢字" * 299), transcript=(event,)))
    assert max(map(cell_len, shown(made).splitlines())) <= 80


def test_one_line_for_a_passed_check() -> None:
    """A check that passed has sign, id, sentence and points on a line that ends where all others end."""
    lines = shown(report(result("task1.broadcast"), result("task4.mass-death")), plain_console(200)).splitlines()
    assert re.fullmatch(r"✓ task1\.broadcast  +A message reaches .* its sender\. +4/4", lines[3])
    assert len(lines[3]) == len(lines[4])


def test_a_failure_in_full() -> None:
    """A failure shows expected, seen, likely with the codelab's section, where, and the conversation."""
    made = report(
        failed(transcript=ECHO_EVENTS, program_output="listening\n"),
        guides={"task1.broadcast": {"codelab": "Section 3, broadcast()"}},
    )
    assert shown(made, plain_console(120)).splitlines()[3:] == [
        "✗ task1.broadcast  A message reaches everyone else, once, and does not come back to its sender.     0/4",
        '    expected   mira hears nothing of "copper lantern 41"',
        '    seen       mira got "mira: copper lantern 41" 0.3 ms after she said it',
        "    likely     broadcast() sends to every client, the sender too: skip the sender's connection "
        "(codelab section 3)",
        "    where      simple_chat_server.py, line 57",
        "         0.0 ms  mira  ──▶ copper lantern 41",
        "         0.2 ms  otto  ◀── mira: copper lantern 41",
        "         0.3 ms  mira  ◀── mira: copper lantern 41   ← should not have come",
        "    printed    listening",
        "",
        "Score 0/4",
        "1.3 s, seed 4711, isolation full",
    ]


def test_a_failure_without_a_hint_says_where_to_read() -> None:
    """Without a likely cause the codelab's section is named all the same."""
    made = report(failed(failure=failure()), guides={"task1.broadcast": {"codelab": "4"}})
    assert "    read       codelab section 4\n" in shown(made)


def test_a_failure_with_a_summary_only() -> None:
    """A failure that says neither what was expected nor seen shows its summary."""
    assert "    seen       it failed\n" in shown(report(failed(failure=failure("", ""))))


@pytest.mark.parametrize(
    ("status", "more", "first", "second"),
    [
        (Status.SKIP, {"caused_by": "task1.listens"}, "– .*0/4", "needs task1.listens, which failed"),  # noqa: RUF001
        (Status.ERROR, {"summary": "The machine was too slow."}, "! .*0/4", "The machine was too slow."),
        (Status.REVIEW, {"summary": "A person grades it."}, r"\? .*\?/4", "A person grades it."),
    ],
)
def test_what_is_neither_passed_nor_failed(status: Status, more: dict[str, Any], first: str, second: str) -> None:
    """A skip names the failed check; an error and a review say what they have to say."""
    lines = shown(report(result("task4.rejoin", status, **more))).splitlines()
    assert re.fullmatch(first, lines[3])
    assert lines[4] == f"    {second}"


def test_advice() -> None:
    """A check without points says so where the points would be."""
    assert re.search(r"✗ task4\.stalled-reader .* advice\n", shown(report(failed("task4.stalled-reader", points=0))))


def test_a_long_conversation_is_shown_around_the_mark() -> None:
    """Six events before the marked one and two after are shown, the others counted."""
    events = (*LINES[:20], Event(0.02, "bob", "in", "line 20", "too late"), *LINES[21:])
    text = shown(report(failed(failure=failure(), transcript=events)))
    assert re.findall(r"line \d+", text) == [f"line {n}" for n in range(14, 23)]
    assert "(14 earlier events left out)" in text
    assert "(7 later events left out)" in text


def test_a_long_conversation_without_a_mark() -> None:
    """Where no event is marked the last six are shown."""
    text = shown(report(failed(failure=failure(), transcript=LINES)))
    assert re.findall(r"line \d+", text) == [f"line {n}" for n in range(24, 30)]


def test_verbose_shows_the_whole_conversation() -> None:
    """With verbose, passed and failed checks show their seconds and all events."""
    text = shown(report(result("task4.rejoin", transcript=LINES), failed(transcript=LINES)), verbose=True)
    assert len(re.findall(r"◀── line \d+", text)) == 60
    assert text.count("    took       0.012 s\n") == 2


def test_a_passed_check_hides_its_notes() -> None:
    """Notes of a passed check are for the verbose report."""
    made = report(result("task4.rejoin", notes=("Odd, but right.",)))
    assert "Odd" not in shown(made)
    assert "    note       Odd, but right.\n" in shown(made, verbose=True)


def test_quiet_shows_first_lines_of_failures_and_the_score() -> None:
    """With quiet, nothing is left but each failure's first line and the score."""
    assert shown(full_report(), plain_console(200), quiet=True).splitlines() == [
        line for line in shown(full_report(), plain_console(200)).splitlines() if line.startswith(("✗", "!", "Score"))
    ]


def test_the_last_lines_that_the_program_printed() -> None:
    """Eight lines of the program's output are shown, the others counted."""
    output = "".join(f"output {n}\n\n" for n in range(20))
    text = shown(report(failed(failure=failure(), program_output=output)))
    assert re.findall(r"output \d+", text) == [f"output {n}" for n in range(12, 20)]
    assert "    printed    (12 more lines above)\n" in text


def test_the_same_cause_is_told_once() -> None:
    """A later failure with the same hint and place says what it saw, and for the rest points above."""
    lock = failure("bob hears it", "bob heard nothing", hint=LOCK_HINT, where=LOCK)
    made = report(
        failed("task4.reset-mid-broadcast", lock, transcript=LINES),
        failed("task4.mass-death", lock, transcript=LINES, program_output="bye\n"),
        failed("task4.rejoin", lock),
    )
    text = shown(made)
    later = text[text.index("task4.mass-death") :]
    assert text.count("expected   bob hears it") == text.count("seen       bob heard nothing") == 3
    assert later.count("    likely     as above (task4.reset-mid-broadcast)\n") == 2
    assert "line 29" not in later
    assert "printed" not in later


def test_the_same_crash_is_told_once() -> None:
    """Two crashes at the same line with the same exception are one cause, whatever the values in them."""
    first = failed("task4.rejoin", failure(), program_output=CRASH)
    same = failed("task4.mass-death", failure(), program_output=CRASH.replace("mira", "otto"))
    other = failed("task5.frames", failure(), program_output=CRASH.replace("line 40", "line 41"))
    assert shown(report(first, same)).count("as above (task4.rejoin)") == 1
    assert "as above" not in shown(report(first, other))


@pytest.mark.parametrize("hint", ["", "Use a queue."])
def test_an_unknown_place_is_no_common_cause(hint: str) -> None:
    """Failures whose place is unknown are each told in full."""
    one = failure(hint=hint)
    assert "as above" not in shown(report(failed("task4.rejoin", one), failed("task5.frames", one)))


def test_the_end_of_the_report() -> None:
    """At the end stand the notes, the score with bonus and review, how long it took, seed and isolation."""
    assert words(shown(full_report())).endswith(
        "note The checks ran one after another on the real port: this machine allows no private networks. "
        "Score 4/20, bonus 0/3, 2 points awaiting review 1.3 s, seed 4711, isolation full"
    )


def test_no_escape_sequence_in_a_pipe() -> None:
    """Where the console is no terminal there is no colour and no other escape sequence."""
    assert "\x1b" not in shown(full_report())


def test_no_colour_when_not_wanted() -> None:
    """With NO_COLOR a terminal gets bold and italic at most."""
    assert re.search(r"\x1b\[[\d;]*3[1-7]m", shown(full_report(), terminal_console()))
    assert set(re.findall(r"\x1b\[(.*?)m", shown(full_report(), terminal_console(NO_COLOR="1")))) <= {"0", "1", "3"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_shows_few_characters(encoding: str) -> None:
    """Where the encoding is not UTF-8, words and ASCII arrows stand for signs, and foreign characters are escaped."""
    made = report(
        result("task4.rejoin"),
        failed(failure=failure("漢 " + LONG, "nothing"), transcript=(*ECHO_EVENTS, Event(1, "zoë", "note", "left"))),
    )
    text = shown(made, plain_console(80, encoding))
    for expected in ("PASS ", "FAIL ", "--> copper", "<-- mira:", "<-- should", "--. left", "... (", r"\u6f22"):
        assert expected in text
    assert ("zoë" in text) == (encoding == "latin-1")


HOSTILE = {
    "\x1b[31mred\x1b[0m\x07": r"\x1b[31mred\x1b[0m\x07",
    "\x9b2J": r"\x9b2J",
    "[red]markup[/red] :smile: [/]": "[red]markup[/red] :smile: [/]",
    "a\u202eb\u2066c": r"a\u202eb\u2066c",
    "nul\x00": r"nul\x00",
    "tab\tline\r\nend": r"tab\tline\r\nend",
    "half \ud83d": r"half \ud83d",
    "\u2028": r"\u2028",
}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("console", [plain_console, terminal_console])
def test_hostile_text_is_data(text: str, console: Callable[[], Console]) -> None:
    """Whatever a program writes is shown and never obeyed, wherever it stands in the report."""
    bad = failure(f"e{text}", f"o{text}", hint=f"h{text}", where=LOCK)
    event = Event(0, f"w{text}", "in", f"d{text}", f"m{text}")
    check = failed(failure=bad, transcript=(event,), notes=(f"n{text}",), program_output="first\n" + f"p{text}")
    error = result("task4.rejoin", Status.ERROR, summary=f"s{text}")
    output = shown(report(check, error, notes=(f"r{text}",)), console())
    plain = re.sub(r"\x1b\[[\d;]*m", "", output)
    assert not set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", plain))
    for place in "eohdmnsr":
        assert place + HOSTILE[text] in plain
    assert set(re.findall(r"\x1b\[([\d;]*)m", output)) <= {"0", "1", "3", "1;31", "31", "32", "1;35"}


def test_a_megabyte_keeps_its_difference() -> None:
    """Of two values of a megabyte that differ in one character, that character is shown in both."""
    one, other = f'otto hears "mira: {LONG}A{LONG}"', f'otto got "mira: {LONG}B{LONG}"'
    events = (Event(0, "mira", "out", f"{LONG}A{LONG}"), Event(0, "otto", "in", f"mira: {LONG}B{LONG}", "altered"))
    text = words(shown(report(failed(failure=failure(one, other), transcript=events, program_output=LONG))))
    assert len(text) < 2_000
    assert re.search(r'expected otto hears "mira: x.*xAx.* seen otto got "mira: x.*xBx.* 0.0 ms otto ◀── .*xBx', text)


@pytest.mark.parametrize("width", [10, 40, 60, 200, 1_000])
@pytest.mark.parametrize(
    ("value", "other", "kept"),
    [
        (f"{LONG}A{LONG}", f"{LONG}B{LONG}", "xAx"),
        (f"{LONG}A", f"{LONG}B", "xA"),
        (f"A{LONG}", f"B{LONG}", "Ax"),
        (f"{LONG}A", LONG, "xA"),
        (f'got "{LONG}A{LONG}"', f'hears "{LONG}B{LONG}"', "xAx"),
        (f"{LONG}A{LONG}Z{LONG}", f"{LONG}B{LONG}Y{LONG}", "xAx"),
        (f"{LONG}A{LONG}Z{LONG}", f"{LONG}B{LONG}Y{LONG}", "xZx"),
        (LONG, f"{LONG}A", "x"),
        (LONG, "", "x"),
        (LONG, LONG, "x"),
    ],
)
def test_shortening_keeps_the_difference(value: str, other: str, kept: str, width: int) -> None:
    """A shortened value shows its start and its first and last difference, and counts what it leaves out."""
    cut = shorten(value, other, width)
    pieces = re.split(r" ?… \(([\d,]+) characters\) … ?", cut)
    assert kept in cut
    assert cut.startswith(value[:4])
    assert sum(map(len, pieces[::2])) + sum(int(number.replace(",", "")) for number in pieces[1::2]) == len(value)
    assert len(cut) <= max(width, 140)


@pytest.mark.parametrize("value", ["", "short", "x" * 40])
def test_what_fits_is_not_shortened(value: str) -> None:
    """A value that fits stays as it is, though it differs."""
    assert shorten(value, LONG, 40) == value


def test_nothing_is_left_out_for_less_than_its_count() -> None:
    """A rest shorter than the words that would count it is shown instead."""
    assert shorten(f"A{LONG}B{'y' * 20}", f"C{LONG}D{'y' * 20}", 120).endswith("xB" + "y" * 20)
    assert shorten("abcdef", "abcxef", 3) == "abcdef"


@pytest.mark.parametrize("gap", [GAP, "…"])
@pytest.mark.parametrize("width", [36, 60, 200, 300])
def test_an_event_that_was_cut_tells_the_length_of_the_whole(width: int, gap: str) -> None:
    """A text that the transcript has cut and a report shortens again ends in its true length, and is no wider for it."""
    made = Transcript()
    made.add("mira", "out", b"y" * 1_048_570 + b"wren 1")
    made.add("otto", "in", b"mira: " + b"y" * 1_048_570)
    sent, got = made.events()
    cut = shorten(got.data, sent.data, width, gap)
    assert cut.startswith("mira: ")
    assert cut.endswith(" … of 1,048,576 bytes")
    assert "(cut" not in cut
    assert len(cut) <= max(width, 90)
    assert shorten(sent.data, "", 3_000, gap) == sent.data


def test_a_report_without_checks() -> None:
    """A report without any check still has its score."""
    assert "Score 0/0\n" in shown(report(tasks=()))
    assert "Score 0/0\n" in shown(report(tasks=(TaskReport("task1", "Task 1", False, ()),)))


def test_progress_counts_and_names_the_oldest() -> None:
    """Progress shows how many checks are done and which has been running longest."""
    console = terminal_console()
    with Progress(console, 3) as progress:
        progress.started("task1.listens")
        progress.started("task1.join")
        progress.finished(result("task1.listens"))
        progress.finished(result("task1.join"))
    drawn = re.split(r"\r\x1b\[2K", written(console))
    assert drawn == [
        "",
        "0/3 checks",
        "0/3 checks  task1.listens …",
        "0/3 checks  task1.listens …",
        "1/3 checks  task1.join …",
        "2/3 checks",
        "",
    ]


def test_progress_leaves_an_empty_line_after_an_interruption() -> None:
    """The line is erased though the run ends with an exception."""
    console = terminal_console()
    with pytest.raises(KeyboardInterrupt), Progress(console, 3):
        raise KeyboardInterrupt
    assert written(console).endswith("\r\x1b[2K")


def test_progress_never_wraps() -> None:
    """A line that would fill the terminal is cut, for a wrapped line could not be erased."""
    console = terminal_console(20)
    with Progress(console, 3) as progress:
        progress.started("task1.client-shows-while-typing")
    assert max(len(line) for line in re.split(r"\r\x1b\[2K", written(console))) == 19


@pytest.mark.parametrize("console", [plain_console(), terminal_console(TERM="dumb")])
def test_progress_is_silent_elsewhere(console: Console) -> None:
    """Nothing is drawn on a pipe or on a terminal that cannot erase."""
    with Progress(console, 3) as progress:
        progress.started("task1.listens")
        progress.finished(result("task1.listens"))
    assert written(console) == ""
