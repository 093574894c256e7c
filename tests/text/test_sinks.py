"""Sinks: what a student writes is shown and never obeyed, in every kind of output.

The random texts are the same in every run; `FUZZ=5000 pytest tests/text/test_sinks.py` tries that many new ones.
"""

# ruff: noqa: RUF001 - letters of other scripts are meant

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support.fuzzing import ANYTHING, FORMULA, fuzz, fuzz_reports
from support.report_samples import plain_console, report, result, terminal_console, written
from support.schema import VALIDATOR
from wcwidth import wcwidth

from grader.console.report import render
from grader.model.report import Report, Submission
from grader.model.verdict import Event, Failure, Status, Where
from grader.reports.json import render as render_json
from grader.reports.json import to_dict
from grader.text import sinks
from grader.text.width import breaks, columns

SOMETHING = ANYTHING.filter(bool)


def _in_a_line(text: str) -> str:
    """The text with everything spelled out that is not plainly seen."""
    return sinks.xml(text).replace("\n", r"\n").replace("\t", r"\t")


# -- what stays, what is spelled out -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("Grüße, œuvre, ĳ, ﬁn; naïve cafe\u0301", "Привет мир", "γειά σου", "漢字かな　カナ", "한국어", "שלום עולם", "שָׁלוֹם"),
        *("السَّلامُ عليكم", "می\u200cخواهم", "नमस्ते क्\u200dष क्\u200cष", "สวัสดีที่นี่", "தமிழ்", "ཧྐྵྨླྺྼྻྂ", "Tiếng Việt", "ʻōlelo"),
        *("😀 👍🏽 🇩🇪 ❤\ufe0f 1\ufe0f\u20e3", "👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "🧑🏽\u200d💻"),
        *("∀x ∈ ℝ: ¬(x ≤ 1) → √x", "──▶ ░▒▓"),
        *("[red]not red[/red] :smile:", r"C:\new \x1b", "", "a  b"),
    ],
)  # fmt: skip
def test_what_people_write_stays(text):
    """Text of every language, its marks and joiners, emoji and the markup of other programs are shown as they are."""
    assert sinks.terminal(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\x1b]0;title\x9c", r"\x1b]0;title\x9c"),
        ("a\rb\bc\td\ne\x0bf\x7f\0", r"a\rb\x08c\td\ne\x0bf\x7f\x00"),
        ("\u202a\u202e\u2066\u2069\u200e\u200f\u061c", r"\u202a\u202e\u2066\u2069\u200e\u200f\u061c"),
        ("mi\u200bra mi\u200dra mi\u200cra mi\ufe0fra", r"mi\u200bra mi\u200dra mi\u200cra mi\ufe0fra"),
        ("\u200d\u200c\ufe0f", r"\u200d\u200c\ufe0f"),
        ("\ufeff\xad\u2060\u180e\u034f\u3164\u2800\U000e0041", r"\ufeff\xad\u2060\u180e\u034f\u3164\u2800\U000e0041"),
        ("a\xa0b\u2003c\u2028d\u2029", r"a\xa0b\u2003c\u2028d\u2029"),
        ("\ud83d \ude00 caf\udce9.py", r"\ud83d \ude00 caf\xe9.py"),
        ("\ue000 \uffff \U0010ffff \u0378", r"\ue000 \uffff \U0010ffff \u0378"),
        ("\u0301e", r"\u0301e"),
        (" \u0338 \x1b\u0338", r" \u0338 \x1b\u0338"),
        ("e" + "\u0301" * 9 + "f\u0301", "e" + "\u0301" * 8 + r"\u0301f" + "\u0301"),
        ("##[error]no ##vso[task] ## [x]", r"\x23#[error]no \x23#vso[task] ## [x]"),
    ],
)
def test_what_is_not_seen_is_spelled_out(text, shown):
    """What commands a terminal, changes the direction, or is not seen at all is spelled out, and nothing is dropped."""
    assert sinks.terminal(text) == shown


def test_terminal_of_few_characters():
    """What a terminal's encoding lacks is spelled out, too."""
    assert sinks.terminal("zoë 漢\x1b", "ascii") == r"zo\xeb \u6f22\x1b"
    assert sinks.terminal("zoë 漢\x9b", "latin-1") == r"zoë \u6f22\x9b"


@given(st.text(st.characters(max_codepoint=127)))
@fuzz
def test_ascii_is_shown_as_beside_other_letters(text):
    """What is spelled out of a text in ASCII is so, too, where a letter beyond ASCII stands before it."""
    assert [sinks.line(f"ä{text}"), sinks.xml(f"ä{text}")] == [f"ä{sinks.line(text)}", f"ä{sinks.xml(text)}"]


@given(ANYTHING)
@fuzz
def test_a_line_is_one(text):
    """`line` gives one line, of which a second time nothing is spelled out: what is cut from it may go through any sink."""
    line = sinks.line(text)
    assert "\n" not in line
    assert "\t" not in line
    assert sinks.line(line) == line


# -- terminal ----------------------------------------------------------------------------------------------------------


@st.composite
def reports(draw) -> Report:
    """A report with anything in every field that a student's files and programs can reach."""
    failure = st.builds(
        Failure, ANYTHING, ANYTHING, ANYTHING, ANYTHING, st.none() | st.builds(Where, SOMETHING, st.integers(1, 10**6))
    )
    event = st.builds(Event, st.floats(0, 99), ANYTHING, st.sampled_from(("in", "out", "note")), ANYTHING, ANYTHING)
    more = {
        "failure": st.none() | failure,
        "summary": SOMETHING,
        "notes": st.lists(SOMETHING, max_size=2).map(tuple),
        "program_output": st.lists(ANYTHING, max_size=3).map("\n".join),
        "transcript": st.lists(event, max_size=3).map(tuple),
    }
    checks = [
        result("task1.join", status, caused_by="task1.listens", **{key: draw(value) for key, value in more.items()})
        for status in draw(st.lists(st.sampled_from(Status), min_size=1, max_size=2))
    ]
    submission = Submission(
        draw(ANYTHING), draw(ANYTHING), draw(ANYTHING), {"server": draw(SOMETHING)}, (draw(SOMETHING),)
    )
    made = report(*checks, submission=submission, notes=(draw(SOMETHING),))
    return replace(made, run=replace(made.run, python=draw(ANYTHING), platform=draw(ANYTHING)))


OURS = re.compile(r"$| |graded\b|note\b|Task 1|Score |1\.3 s|[✓✗–?!] task1")


@fuzz_reports
@given(reports(), st.booleans(), st.booleans(), st.sampled_from((plain_console, terminal_console)))
def test_the_console_report_is_ours_alone(made, verbose, quiet, console):
    """Whatever a student writes: only rich's colours, 80 columns, our words at the left edge, nothing for a CI log."""
    shown = console()
    render(made, shown, verbose=verbose, quiet=quiet)
    output = re.sub(r"\x1b\[\d[\d;]*m", "", written(shown))
    assert not [
        sign for sign in output if sign != "\n" and unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
    ]
    for line in output.split("\n"):
        assert columns(line) <= 80
        assert OURS.match(line)
        assert not sinks.is_workflow_command(line)
        assert not re.search(r"##\w*\[", line)


@fuzz_reports
@given(reports())
def test_an_emulator_shows_every_line_where_it_was_written(made):
    """On a real terminal no text moves the cursor, wraps, or overwrites what stands there."""
    shown = terminal_console()
    render(made, shown, verbose=True)
    lines = written(shown).split("\n")
    screen = pyte.Screen(81, len(lines))  # one column more: pyte breaks a full line before a mark on its last letter
    stream = pyte.Stream(screen)
    for piece in re.split("(?<=[^ -~])", "\r\n".join(lines)):
        stream.feed(piece)  # pyte drops what comes in one piece with a character that has no width
    for number, line in enumerate(lines):
        *row, beyond = (screen.buffer[number][column].data for column in range(81))
        drawn = "".join(row)
        assert beyond == " "
        assert unicodedata.normalize("NFC", drawn).rstrip() == _drawable(re.sub(r"\x1b\[[\d;]*m", "", line)).rstrip()


def _drawable(line: str) -> str:
    """The line without what has no width for pyte."""
    kept = (sign for sign in line if wcwidth(sign) > 0 or unicodedata.combining(sign))
    return unicodedata.normalize("NFC", "".join(kept))


def test_a_name_is_cut_to_its_column():
    """A long name with blanks where it is cut leaves the columns beside it in their place."""
    events = tuple(Event(0, who, "in", "hi") for who in ("mira  " * 9, "漢字 漢字 漢字 漢字", "otto"))
    output = written(_rendered(result("task1.join", Status.FAIL, transcript=events)))
    assert len({columns(line.partition("◀")[0]) for line in output.splitlines() if "◀" in line}) == 1


def _rendered(check):
    console = plain_console()
    render(report(check), console)
    return console


@pytest.mark.parametrize(
    ("text", "most"),
    [("abc", 3), ("🇩🇪", 4), ("👍🏽", 4), ("e\u0301", 1), ("का", 2), ("❤\ufe0f", 2), ("漢", 2), ("", 0)],
)
def test_columns(text, most):
    """What terminals differ in counts as the widest of them draws it."""
    assert columns(text) == most


@fuzz
@given(ANYTHING)
def test_columns_are_never_too_few(text):
    """An emulator needs no more columns than are counted."""
    shown = sinks.terminal(text)
    assert columns(shown) >= sum(max(wcwidth(sign), 0) for sign in shown)


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("one two  three", 7, ["one two", "three"]),
        ("  indented word", 6, ["  inde", "nted", "word"]),
        ("ab " + "x" * 9, 4, ["ab", "xxxx", "xxxx", "x"]),
        ("漢字漢字", 5, ["漢字", "漢字"]),
        ("👍🏽👍🏽", 7, ["👍🏽", "👍🏽"]),
        ("ab 👨\u200d👩\u200d👧", 8, ["ab", "👨\u200d👩\u200d👧"]),
        ("कााा", 2, ["का", "ाा"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
        ("漢字", 1, ["漢", "字"]),
        ("   ", 2, [""]),
        ("", 2, [""]),
    ],
)
def test_breaks(text, room, lines):
    """Lines break before words, else before characters with all that belongs to them, and blanks may hang over."""
    places = [0, *breaks(text, room), len(text)]
    assert [text[start:end].rstrip() for start, end in pairwise(places)] == lines


# -- JSON --------------------------------------------------------------------------------------------------------------


def _as_documented(data):
    """What is read back: the same, but halves of surrogate pairs are spelled out."""
    if isinstance(data, str):
        return re.sub(r"[\ud800-\udfff]", lambda half: sinks.terminal(half[0]), data)
    if isinstance(data, dict):
        return {key: _as_documented(value) for key, value in data.items()}
    return [_as_documented(value) for value in data] if isinstance(data, list) else data


@fuzz_reports
@given(reports())
def test_json_reads_back_as_it_was(made):
    """The report is valid, ASCII without control characters, strict Unicode when read, and says exactly what came."""
    text = render_json(made)
    assert re.fullmatch(r"[\n\x20-\x7e]*", text)
    data = json.loads(text)
    json.dumps(data, ensure_ascii=False).encode()
    assert data == _as_documented(to_dict(made))
    VALIDATOR.validate(data)


# -- HTML and XML ------------------------------------------------------------------------------------------------------


class _Seen(HTMLParser):
    """Everything that a browser would find."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[Any, ...]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))

    def handle_endtag(self, tag):
        self.found.append((f"/{tag}",))

    def handle_data(self, data):
        if self.found and self.found[-1][0] == "text":
            data = self.found.pop()[1] + data
        self.found.append(("text", data))

    def handle_comment(self, data):
        self.found.append(("comment", data))

    handle_decl = handle_pi = unknown_decl = handle_comment


@fuzz
@given(SOMETHING)
def test_html_is_text_only(text):
    """In an element and in an attribute a parser finds the text and nothing else; the lines are isolated."""
    page = _Seen(f'<p title="{sinks.html(text)}">{sinks.html(text)}</p>').found
    (_, [(_, attribute)]), (_, inside), end = page
    assert attribute == inside
    assert re.sub("[\u2068\u2069]", "", inside) == sinks.xml(text)
    assert end == ("/p",)
    for line in inside.split("\n"):
        if any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in line):
            assert re.fullmatch("\u2068[^\u2068\u2069]*\u2069", line)


def test_html_is_escaped_once():
    """A template engine takes it for finished; text that misses the sink is still escaped by the engine."""
    assert sinks.html("<i>").__html__() == "&lt;i&gt;"


@fuzz
@given(ANYTHING)
@example("\x00\x0b\ufffe\uffff\ud800")
def test_xml_reads_back(text):
    """What is written into text and attributes is well-formed XML and reads back as it was shown."""
    shown = sinks.xml(text)
    element = ET.Element("failure", message=shown)
    element.text = shown
    for encoding in ("us-ascii", "utf-8"):
        read = ET.fromstring(ET.tostring(element, encoding))
        assert (read.get("message"), read.text or "") == (shown, shown)


# -- CSV ---------------------------------------------------------------------------------------------------------------


@fuzz
@given(st.lists(st.lists(ANYTHING, min_size=2, max_size=2), min_size=1, max_size=3))
def test_csv_holds_no_formula(rows):
    """Each row is one line, reads back as it was written, and no cell is a formula, even if semicolons separate."""
    cells = [[sinks.csv(cell) for cell in row] for row in rows]
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        file = io.StringIO()
        csv.writer(file, quoting=quoting, lineterminator="\n").writerows(cells)
        assert list(csv.reader(io.StringIO(file.getvalue()))) == cells
        assert file.getvalue().count("\n") == len(rows)
        for delimiter in ",;|":
            found = [cell for row in csv.reader(io.StringIO(file.getvalue()), delimiter=delimiter) for cell in row]
            assert not [cell for cell in found if cell.strip("\"' ").startswith(FORMULA) and "'" not in cell[:9]]
            assert not [cell for cell in found if cell.lstrip('" ').startswith(FORMULA)]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        *((-3, -3), (1.5, 1.5), (0, 0), ("-3", "'-3"), ("ada", "ada"), ("a-b=c", "a-b=c"), ("", ""), ("3-1", "3-1")),
        *(("=1", "'=1"), ("  +1", "  '+1"), ("＝1", "'＝1"), ("⁻1", "'⁻1"), ("\t=1", r"\t=1"), ("\r@x", r"\r@x")),
        *(("a;=1", "a;'=1"), ('a, "=1"', "a, \"'=1\""), ("a\n=1", r"a\n=1"), (";;=", ";;'="), ("a; b", "a; b")),
    ],
)  # fmt: skip
def test_csv_cells(value, cell):
    """Text that a spreadsheet would compute gets an apostrophe; numbers of ours stay numbers."""
    assert sinks.csv(value) == cell
    assert type(sinks.csv(value)) is type(value)


# -- Markdown ----------------------------------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ON_GITHUB = re.compile(r"[@:]\w|#\d|://|(?<!\u200b)\$|www\.|gh-\d", re.IGNORECASE)


@pytest.mark.parametrize(
    ("page", "blocks"),
    [
        ("{}", "paragraph_open inline paragraph_close"),
        ("likely {} here", "paragraph_open inline paragraph_close"),
        ("|a|\n|-|\n|x {} x|", "tbody_open tr_open td_open inline td_close tr_close tbody_close table_close"),
    ],
)
@fuzz
@given(text=SOMETHING)
def test_markdown_is_text_only(text, page, blocks):
    """A renderer finds text in one paragraph or cell; on GitHub, too, nobody is mentioned and nothing is linked."""
    tokens = MARKDOWN.parse(page.format(sinks.markdown(text)))
    tokens = tokens[-len(blocks.split()) :]
    assert " ".join(token.type for token in tokens) == blocks
    inline = next(token for token in tokens if token.type == "inline")
    assert inline.children is not None
    assert {child.type for child in inline.children} == {"text"}
    said = "".join(child.content for child in inline.children)
    assert not ON_GITHUB.search(said)
    assert _in_a_line(text).strip(" ") in said.replace("\u200b", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("    x  ", "&#32;   x &#32;"),
        ("a|b <i> *c* 1.", r"a\|b \<i\> \*c\* 1\."),
        ("@ada #1: $x$", "\\@\u200bada \\#\u200b1\\: \u200b\\$x\u200b\\$"),
        ("https://www.x", "https\\:\u200b\\/\\/www\u200b\\.x"),
        ("GH-1\n\u202e", "GH\\-\u200b1\\\\n\\\\u202e"),
    ],
)
def test_markdown_escapes(text, shown):
    """Signs are escaped, blanks at the ends written as such, and what GitHub would still link is split invisibly."""
    assert sinks.markdown(text) == shown


@fuzz
@given(ANYTHING)
def test_markdown_block_is_one_block(text):
    """Lines of text are one fenced block, whatever fences they hold."""
    tokens = MARKDOWN.parse(f"before\n{sinks.markdown_block(text)}after\n")
    assert [token.type for token in tokens if token.type in ("fence", "inline")] == ["inline", "fence", "inline"]
    assert [token.content for token in tokens if token.type == "fence"] == [f"{sinks.xml(text)}\n"]


# -- GitHub workflow commands ------------------------------------------------------------------------------------------


@fuzz
@given(ANYTHING, ANYTHING)
def test_an_annotation_is_one_command(file, text):
    """The command is one line, and the runner reads from it what was shown."""
    line = f"::error file={sinks.annotation_property(file)}::{sinks.annotation(text)}"
    assert "\n" not in line
    head, _, message = line[2:].partition("::")
    name, _, value = head.removeprefix("error ").partition("=")
    read = [_unescaped(data).replace("\n", r"\n") for data in (value, message)]
    assert [name, *read] == ["file", _in_a_line(file), _in_a_line(text)]
    assert "," not in value


def _unescaped(data: str) -> str:
    """As the runner undoes it: the percent sign last."""
    for code, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        data = data.replace(code, sign)
    return data


def test_annotations():
    """A percent sign does not turn into something else, and a name holds no separators."""
    assert sinks.annotation("%0A::error::\r\n\x1b") == r"%250A::error::\r%0A\x1b"
    assert sinks.annotation_property("a:b,c%3A") == "a%3Ab%2Cc%253A"


def test_no_line_of_the_report_is_a_workflow_command():
    """What a student prints at the beginning of a line, or where a line is broken, is kept from beginning it."""
    printed = f"first\n::error::no\n{'x' * 60} ::error::no"
    output = written(_rendered(result("task1.join", Status.FAIL, program_output=printed)))
    assert len(re.findall(r"^ +\\::error::no$", output, re.MULTILINE)) == 2


@pytest.mark.parametrize(
    ("line", "obeyed"), [("::error::x", 1), ("   ::add-mask::x", 1), ("::1", 0), ("a ::error::x", 0), ("", 0)]
)
def test_workflow_commands(line, obeyed):
    """A command begins a line; an address such as ::1 is none."""
    assert sinks.is_workflow_command(line) == bool(obeyed)
