"""Tests of the list of checks and of the explanation of one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from support.report_samples import catalogue, plain_console, terminal_console, written

from grader.console.catalogue import render_checks, render_explanation
from grader.model.catalogue import Catalogue


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_console(width: int, encoding: str) -> None:
    """Every line of both fits the width."""
    console = plain_console(width, encoding)
    render_checks(catalogue(), console)
    render_explanation(catalogue()["task1.broadcast"], console)
    assert max(map(cell_len, written(console).splitlines())) <= width


def test_the_list_of_checks() -> None:
    """Under each task with its points stand id, programs, points and sentence of its checks, in columns."""
    console = plain_console(200)
    render_checks(catalogue(), console)
    assert written(console).splitlines() == [
        "Task 1: connect and chat (10 points)",
        "task1.listens                    server        2  "
        "The server starts without being asked for anything and accepts connections on its port.",
        "task1.broadcast                  server        4  "
        "A message reaches everyone else, once, and does not come back to its sender.",
        "task1.client-shows-while-typing  client        2  "
        "A message appears while half a line is typed; that half is sent whole.",
        "task1.explains                   answers       2  One sentence says how one can receive and type at once.",
        "",
        "Task 4: dead clients (4 points)",
        "task4.mass-death                 server        4  "
        "When 20 of 25 clients go in one instant, each is announced once and the rest chat on.",
        "task4.stalled-reader             server   advice  A client that stops reading does not stop the others.",
        "",
        "Task 5: length-prefixed framing (12 points, bonus)",
        "task5.frames                     server       12  Messages arrive as well-formed frames.",
    ]


def test_an_id_too_long_for_its_column() -> None:
    """In a narrow terminal a long id has a line to itself, and its sentence stays in the column of the others."""
    console = plain_console(80)
    render_checks(catalogue(), console)
    lines = written(console).splitlines()
    place = lines.index("task1.client-shows-while-typing")
    assert lines[place + 1].index("A message") == lines[1].index("The server")


def test_an_explanation() -> None:
    """The explanation has the facts, then what, why, the mistakes with hanging indents, and where to read."""
    console = plain_console(80)
    render_explanation(catalogue()["task1.broadcast"], console)
    assert written(console).splitlines() == [
        "A message reaches everyone else, once, and does not come back to its sender.",
        "",
        "id      task1.broadcast",
        "points  4",
        "runs    server",
        "needs   task1.listens",
        "",
        "What it does",
        "  Three people join; one says a line; the others must hear it.",
        "",
        "Why it matters",
        "  Hearing oneself twice makes a chat unusable, and it is the first that anyone",
        "  sees of a broadcast loop.",
        "",
        "What usually goes wrong",
        "  - sending to every client, the sender too -> you see each of your lines twice,",
        "    the second time with your name before it",
        "  - sending to the last client only -> the others hear nothing",
        "",
        "In the codelab",
        "  Section 3",
    ]


def test_an_explanation_leaves_out_what_is_not_there() -> None:
    """A check without guide and needs has no empty headings."""
    console = plain_console()
    render_explanation(replace(catalogue()["task4.stalled-reader"], guide={}, needs=()), console)
    assert written(console).splitlines()[2:] == [
        "id      task4.stalled-reader",
        "points  0 (advice)",
        "runs    server",
    ]


def test_an_empty_catalogue() -> None:
    """A catalogue without tasks gives no output."""
    console = plain_console()
    render_checks(Catalogue([]), console)
    assert written(console) == ""


def test_markup_in_a_guide_is_data() -> None:
    """A sentence with brackets or escapes is shown as it is."""
    check = replace(catalogue()["task1.broadcast"], title="say [red]x[/red]\x1b[2J", guide={"does": "[bold]y"})
    console = terminal_console()
    render_explanation(check, console)
    assert r"say [red]x[/red]\x1b[2J" in written(console)
    assert "[bold]y" in written(console)
