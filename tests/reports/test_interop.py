"""The page, the table and the terminal's summary of who can chat with whom, from matrices made by hand."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from support.matrices import EVIL, failed, made, sample

from grader.console.interop import InteropProgress, render_summary
from grader.reports.html.interop import as_page
from grader.reports.interop_csv import as_csv
from grader.results.blame import Pair
from grader.results.graded import Person
from grader.results.matrix import Interop


def printed(interop: Interop, width: int = 120, encoding: str = "utf-8") -> str:
    """The summary on a terminal of this width."""
    file = io.TextIOWrapper(io.BytesIO(), encoding, newline="")
    render_summary(interop, [Path("out/interop.html")], Console(file=file, width=width))
    file.seek(0)
    return file.read()


def test_reasons_come_first_and_cells_lead_to_them():
    """Each reason is told once, in words, with its evidence; every letter of the matrix leads to one that is there."""
    page = as_page(sample())
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    assert page.index("Who cannot, and why") < page.index("Every client with every server")
    assert "Bob's client: no newline at its end." in text
    assert "Seen with the reference server and with 3 of 4 servers of the class." in text
    assert "Cyd's server: the server does not serve a client at another machine." in text
    assert "so they were not tried" in text
    assert "Dan's client with Ann's server: leaving goes wrong." in text
    ids = set(re.findall(r'id="([^"]+)"', page))
    links = re.findall(r'href="#([^"]+)"', page)
    assert set(links) <= ids
    assert "<script" not in page


def test_numbers():
    """What can chat is counted over the students' pairs of which the result is known."""
    assert "8 of 15 pairs of a client and a server can chat; in 1 of them leaving goes wrong." in as_page(sample())


def test_names_that_look_alike_stand_with_the_key():
    """Of two people whose names a reader would not tell apart each is told with her key, everywhere; others by their names."""
    keys = ["x1", "x2", "ann"]
    people = {
        key: (Person(name, key, ""),) for key, name in zip(keys, ("\xe9mile  B", "E\u0301mile b", "Ann"), strict=True)
    }
    met = {Pair("", "x1"): failed(0), Pair("", "x2"): failed(0), Pair("ann", ""): failed(2)}
    told = replace(made(met, keys), people=people)
    page, terminal = as_page(told), printed(told)
    for text in ("\xe9mile  B (x1)'s server: ", "E\u0301mile b (x2)'s server: ", "Ann's client: "):
        assert text in terminal
        assert html.escape(text[:-2]) in page
    assert "(x1) (x1)" not in page
    [row] = [
        row for row in csv.DictReader(io.StringIO(as_csv(told)[1:])) if (row["client"], row["server"]) == ("ann", "x2")
    ]
    assert (row["client_of"], row["server_of"]) == ("Ann", "E\u0301mile b (x2)")


def test_hostile_text_stays_text():
    """Names, notes, and whatever a program has printed are shown, and neither run nor obeyed."""
    evil = made({Pair(EVIL, ""): failed(2, EVIL)}, [EVIL], notes=(EVIL,), missing=(EVIL,))
    page = as_page(evil)
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "49" not in page
    terminal = printed(evil)
    assert "\x1b" not in terminal
    assert "\u202e" not in terminal
    rows = list(csv.reader(io.StringIO(as_csv(evil).removeprefix("\ufeff"))))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_table_has_a_row_a_pair():
    """Who, what came of it, whose fault, why, and whether it was run."""
    rows = list(csv.DictReader(io.StringIO(as_csv(sample()).removeprefix("\ufeff"))))
    told = {(row["client"], row["server"]): row for row in rows}
    assert len(rows) == 25
    assert (told["reference", "reference"]["result"], told["reference", "reference"]["fault"]) == ("works", "")
    assert (told["bob", "reference"]["result"], told["bob", "reference"]["fault"]) == ("fails", "client")
    assert told["bob", "reference"]["client_of"] == "Bob"
    assert (told["dan", "ann"]["result"], told["dan", "ann"]["fault"]) == ("chats", "together")
    assert (told["ann", "cyd"]["fault"], told["ann", "cyd"]["run"]) == ("server", "no")
    assert (told["ann", "dan"]["result"], told["ann", "dan"]["trouble"]) == (
        "unknown",
        "the machine gave the program no time",
    )


def test_the_terminal_shows_the_matrix():
    """Rows are clients, columns servers by the same numbers; where that does not fit, the reasons stand alone."""
    wide = printed(sample())
    rows = {line.split()[1]: line.split()[2:] for line in wide.splitlines() if re.match(r" +\d ", line)}
    assert rows["bob"] == ["C", "C", "C", "S", "C"]
    assert rows["dan"] == ["+", "t", "+", "S", "+"]
    assert rows["ann"][-1] == "!"
    assert "no result: the machine gave the program no time" in wide
    narrow = printed(sample(), width=30, encoding="ascii")
    assert "Bob's client: no newline" in narrow
    assert not re.search(r"^ +1 ann", narrow, re.MULTILINE)


def test_how_long_it_will_take_is_told_where_that_matters():
    """Once the references are through, minutes and hours are announced; less than a minute is not worth a line."""
    for seconds, told in ((30, ""), (150, "about 2 minutes"), (9000, "about 2.5 hours")):
        file = io.StringIO()
        with InteropProgress(Console(file=file, width=100), quiet=False) as progress:
            progress.begins(100)
            progress.expects(seconds)
        assert told in file.getvalue()
        assert bool(told) == bool(file.getvalue())
