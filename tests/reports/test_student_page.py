"""A student's page: what stands in it, what is folded, where its links lead; and that what students write stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.evidence_samples import ANSWER, EXCERPT, HOSTILE, SCREEN, STUCK, everywhere
from support.fuzzing import ANYTHING, fuzz_reports
from support.pages import HTML, colours, contrast, graded, only, parsed
from support.report_samples import CRASH, ECHO, ECHO_EVENTS, GUIDE, LOCK, failed, failure, full_report, report, result

from grader.model.evidence import Evidence, Screenshot
from grader.model.report import NOT_HANDED_IN, ONLY_NEEDED, Run, Submission, TaskReport
from grader.model.verdict import Status, Where
from grader.reports.html.evidence import _screen
from grader.reports.html.source import colored
from grader.reports.html.student import html, student_page
from grader.results.graded import Entry, Graded, Person, Review


def page(made: Graded, **guides: dict[str, str]):
    """The page of a hand-in, as elements."""
    return parsed(student_page(made, {name.replace("_", "."): guide for name, guide in guides.items()}))


def one_check(check, exhibits: Evidence | None = None, **more):
    """A page with one check, and that check on it."""
    made = graded(report(check), {check.id: exhibits} if exhibits else {}, **more)
    return page(made).by_id(check.id)


# -- the head ----------------------------------------------------------------------------------------------------------


def test_the_head():
    """Name, score, what awaits a review, and each task with its points stand at the top."""
    root = page(graded(full_report()))
    assert root.one("h1").text == "ada"
    assert root.one("p", "score").text == "4 / 20 points"
    assert "2 points more await a person's review" in root.one("ul", "facts").text
    assert "no verdict on 1 check, by a fault of the grader's or the machine's" in root.one("ul", "facts").text
    tasks = [one.text for one in root.one("ul", "tasks").all("li")]
    assert tasks == [
        "Task 1: connect and chat 4 / 10",
        "Task 4: dead clients 0 / 10",
        "Task 5: length-prefixed framing (bonus) 0 / 3",
    ]


def test_bars_are_as_long_as_the_points():
    """In a task's bar the points that were earned and those that may still come are parts of all."""
    bar = page(graded(full_report())).all("svg", "bar")[0]
    assert bar["viewbox"] == "0 0 10 1"
    assert [(part["class"], part.attributes.get("x", "0"), part["width"]) for part in bar.all("rect")] == [
        ("earned", "0", "4"), ("awaiting", "4", "2"),
    ]  # fmt: skip


def test_a_hand_in_of_a_class():
    """Everybody who made it is named; lateness, its penalty, notes of the hand-in and the way back to the class are there."""
    people = (Person("Ada L.", "1"), Person("", "grace", "grace@example.org"))
    entry = Entry("ada-grace", people, late=True, submitted="2024-05-06T10:00:00Z", notes=("two servers",))
    made = graded(full_report(), entry=entry, penalty=3)
    root = parsed(student_page(made, {}, "../class.html"))
    assert root.one("h1").text == "Ada L., grace@example.org"
    assert root.one("p", "score").text.startswith("1 /")
    assert "3 points taken off for lateness" in root.text
    assert root.one("p", "back").one("a")["href"] == "../class.html"
    assert "two servers" in root.one("header").text
    assert "2024-05-06T10:00:00Z, late" in root.one("footer").text


def test_a_single_run_has_no_way_back():
    """Without a class there is no link to one."""
    assert parsed(html(full_report())).all("p", "back") == []


def test_nothing_was_graded():
    """Where there is no report the page says why."""
    root = page(Graded(Entry("ada", (), notes=("a note",)), None, "the archive is damaged"))
    assert root.one("p", "problem").text == "! not graded: the archive is damaged"
    assert "a note" in root.text


def test_the_facts_of_the_run():
    """The end of the page has the files as the student knows them, seed, isolation, Python and time."""
    handed_in = Submission(
        "ada", "/home/t/ada", "0", {"server": "/home/t/ada/src/chat.py", "client": "/elsewhere/client.py"}
    )
    run_ = Run(4711, "2024-05-06T07:08:09Z", 1.26, "full", "python3.12", "Linux")
    told = page(graded(report(result("task1.listens"), submission=handed_in, run=run_))).one("footer").text
    for fact in (
        "server src/chat.py",
        "client client.py",
        "seed 4711",
        "isolation full",
        "python3.12",
        "2024-05-06 07:08:09 UTC, in 1.3 s",
    ):
        assert fact in told
    assert "/home" not in told


# -- what to look at first ---------------------------------------------------------------------------------------------


def test_what_to_look_at_first():
    """Each cause is told once, that by which most points are lost first, what only advises last; its link leads to the check."""
    skipped = result("task4.rejoin", Status.SKIP, 7, caused_by="task4.mass-death")
    lock = failure(hint="an RLock", where=LOCK)
    checks = (
        failed(points=3),
        failed("task4.stalled-reader", failure(hint="a queue"), points=0),
        failed("task4.mass-death", lock, points=2),
        failed("task4.reset-mid-broadcast", lock, points=1),
        skipped,
    )
    root = page(graded(report(*checks)))
    causes = [(item.all("p")[0].text, item.all("p")[1].text) for item in root.one("section", "first").all("li")]
    assert causes == [
        ("it failed: an RLock", "task4.mass-death · 10 points"),
        (f"{ECHO.summary}: {ECHO.hint}", "task1.broadcast · 3 points"),
        ("it failed: a queue", "task4.stalled-reader · advice"),
    ]


def test_many_causes():
    """After six causes the others are counted."""
    checks = [failed(f"task1.check{n}", failure(hint=f"cause {n}")) for n in range(9)]
    first = page(graded(report(*checks))).one("section", "first")
    assert len(first.all("li")) == 6
    assert "and 3 more below" in first.text


def test_nothing_to_look_at():
    """Where all is well there is no such list."""
    assert page(graded(report(result("task1.listens")))).all("section", "first") == []


# -- the checks --------------------------------------------------------------------------------------------------------


def test_every_check_can_be_linked_to():
    """Each check is an element with its id, no id comes twice, and every link in the page leads somewhere."""
    root = page(graded(full_report()))
    ids = [one["id"] for one in root if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    assert {check.id for check in full_report()} <= set(ids)
    assert {one["href"].removeprefix("#") for one in root.all("a")} <= set(ids)


@pytest.mark.parametrize(
    ("check", "opened", "told"),
    [
        (result("task4.rejoin"), False, "✓ After five deaths new clients join and chat. task4.rejoin passed 4/4"),
        (failed("task4.rejoin"), True, "✗ After five deaths new clients join and chat. task4.rejoin failed 0/4"),
        (failed("task4.rejoin", points=0), True, "failed advice"),
        (result("task4.rejoin", Status.REVIEW, summary="read"), False, "awaits review ?/4"),
        (result("task4.rejoin", points=0, notes=(ONLY_NEEDED,), wanted=False), False, "needed"),
    ],
)  # fmt: skip
def test_failed_checks_are_open(check, opened, told):
    """A check that failed is open, any other folded to a line with sign, sentence, id, word and points."""
    shown = one_check(check)
    assert shown.tag == "details"
    assert ("open" in shown.attributes) is opened
    assert told in shown.one("summary").text


@pytest.mark.parametrize(
    ("status", "summary", "told"),
    [
        (Status.SKIP, "skipped: it needs task1.broadcast, which failed", "– After five deaths new clients join and chat. task4.rejoin skipped 0/4 needs task1.broadcast, which failed"),  # noqa: E501, RUF001
        (Status.ERROR, "The machine was too slow.", "! After five deaths new clients join and chat. task4.rejoin no verdict ?/4 The machine was too slow."),  # noqa: E501
    ],
)  # fmt: skip
def test_what_has_no_verdict(status, summary, told):
    """A skipped check names the failed one and leads to it; an error says what it is."""
    caused_by = "task1.broadcast" if status is Status.SKIP else ""
    root = page(graded(report(failed(), result("task4.rejoin", status, summary=summary, caused_by=caused_by))))
    shown = root.by_id("task4.rejoin")
    assert shown.text == told
    assert [one["href"] for one in shown.all("a")] == ["#task1.broadcast"] * (status is Status.SKIP)


def test_a_failure_in_full():
    """A failure shows expected, seen, likely with the codelab's section, where, and all the evidence."""
    check = failed(transcript=ECHO_EVENTS, program_output="listening\n", notes=("graded on port 5000",))
    check = replace(check, failure=replace(ECHO, where=Where("simple_chat_server.py", 31)))
    exhibits = Evidence((EXCERPT,), (STUCK,), (SCREEN,))
    shown = page(graded(report(check), {check.id: exhibits}), task1_broadcast=GUIDE).by_id(check.id)
    words = [one.text for one in shown.one("dl", "words").content if not isinstance(one, str)]
    assert words == [
        "expected", ECHO.expected, "seen", ECHO.observed,
        "likely", f"{ECHO.hint} (codelab section 3)", "where", "simple_chat_server.py, line 31",
    ]  # fmt: skip
    assert [one.text for one in shown.all("h4")] == [
        "The conversation", "Your program", "What its threads waited for", "What it printed",
    ]  # fmt: skip
    assert [one.text for one in shown.all("figcaption")] == [
        "remy's screen when the verdict fell", "simple_chat_server.py, line 31",
    ]  # fmt: skip
    assert shown.one("pre", "printed").raw == "listening"
    assert "note graded on port 5000" in shown.text
    assert GUIDE["why"] in shown.text


def test_the_lines_of_the_student():
    """Lines have their numbers; the one that is meant has a sign, too; a tab stays one."""
    shown = one_check(failed(), Evidence((EXCERPT,)))
    rows = [(row.one("span", "margin").text, row.one("span", "text").raw) for row in shown.all("span", "row")]
    assert rows == [("30", EXCERPT.lines[0]), ("→ 31", EXCERPT.lines[1]), ("32", EXCERPT.lines[2])]
    assert [row.classes for row in shown.all("span", "row")] == [["row"], ["row", "meant"], ["row"]]


def test_pieces_of_one_file_stand_together():
    """Several pieces of one file are one listing, whose caption has all lines that are meant."""
    pieces = tuple(replace(EXCERPT, first=first, marked=(first + 1,)) for first in (30, 50, 70))
    shown = one_check(failed(), Evidence((*pieces, replace(EXCERPT, file="b.py", marked=()))))
    captions = [one.text for one in shown.all("figcaption")]
    assert captions == ["simple_chat_server.py, lines 31, 51 and 71", "b.py"]
    assert [len(one.all("code")) for one in shown.all("pre", "code")] == [3, 1]


def test_stuck_threads():
    """Each thread says what it waits for; that at the place of the failure is open; Python's own calls are only counted."""
    elsewhere = replace(STUCK, name="each of 2 threads", frames=(replace(STUCK.frames[0], line=99),))
    check = failed(failure=replace(ECHO, where=Where("simple_chat_server.py", 31)))
    shown = one_check(check, Evidence((), (elsewhere, STUCK))).one("div", "threads")
    told = [(one.one("summary").text, "open" in one.attributes) for one in shown.all("details")]
    assert told == [
        ("each of 2 threads waits for the lock lock, which it has taken itself in line 40", False),
        (f"one thread {STUCK.waits_for}", True),
    ]
    assert [one.text for one in shown.all("details")[1].all("li")] == [
        "simple_chat_server.py, line 31, in drop with lock:", "and 1 of Python's own",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("screen", "parts"),
    [
        (SCREEN, (["otto: hi", ""], "> half", " ", "", [])),
        (replace(SCREEN, row=0, column=2), ([], "ot", "t", "o: hi", ["", "> half"])),
        (replace(SCREEN, row=4, column=3), (["otto: hi", "", "> half", ""], "   ", " ", "", [])),
        (Screenshot("remy", ("漢字x",), 0, 4), ([], "漢字", "x", "", [])),
    ],
)
def test_the_cursor_stands_where_it_stood(screen, parts):
    """A screen is cut at the cursor, which may be beyond the text; wide characters take two columns."""
    assert tuple(_screen(screen))[1:] == parts


def test_a_screen():
    """The rows of the terminal, with the cursor in its place."""
    assert one_check(failed(), Evidence(screens=(SCREEN,))).one("pre", "screen").raw == "otto: hi\n\n> half "


def test_what_the_screen_shows_is_not_repeated():
    """What a program printed is not shown if all of it stands on its screen."""
    shown = Evidence(screens=(SCREEN,))
    assert one_check(failed(program_output="otto: hi\r\n> half"), shown).all("pre", "printed") == []
    assert one_check(failed(program_output=f"> half\n{CRASH}"), shown).all("pre", "printed") != []


def test_a_flood_of_output():
    """Of much output the end is shown, and how much stands above it."""
    lines = [f"line {n}" for n in range(1, 10_001)]
    shown = one_check(failed(program_output="\n".join(lines))).one("pre", "printed").raw.split("\n")
    assert shown == ["(9800 more lines above)", *lines[-200:]]
    endless = one_check(failed(program_output="x" * 10**6)).one("pre", "printed").raw
    assert len(endless) < 600
    assert "999,5" in endless


def test_a_cause_is_told_once():
    """A later check of the same cause leads to the first; its conversation is folded, the rest is left out."""
    lock = failure(hint="an RLock", where=LOCK)
    checks = (
        failed("task4.mass-death", lock),
        failed("task4.reset-mid-broadcast", lock, transcript=ECHO_EVENTS, program_output="x"),
    )
    root = page(graded(report(*checks), {check.id: Evidence((EXCERPT,), (STUCK,), (SCREEN,)) for check in checks}))
    second = root.by_id("task4.reset-mid-broadcast")
    assert "as above (task4.mass-death)" in second.text
    assert [one["href"] for one in second.all("a")] == ["#task4.mass-death"]
    assert second.all("pre", "code") == second.all("div", "threads") == second.all("pre", "printed") == []
    (fold,) = (one for one in second.all("details") if one.all("svg"))
    assert "open" not in fold.attributes
    assert fold.all("pre", "screen")


def test_a_passed_check_stays_small():
    """A check that passed has neither drawing nor list, but says what it does."""
    shown = page(graded(report(result("task1.broadcast", transcript=ECHO_EVENTS))), task1_broadcast=GUIDE).by_id(
        "task1.broadcast"
    )
    assert shown.all("svg") == shown.all("table") == []
    assert "Three people join; one says a line; the others must hear it." in shown.text


def test_a_guide_is_prose():
    """In what is known of a check, lines are joined, points make a list, and code between backticks is set as such."""
    guide = {"does": "starts `python3 x.py`\nand waits", "mistakes": "- one\ngoes on\n- two", "codelab": "section 4"}
    shown = page(graded(report(failed())), task1_broadcast=guide).by_id("task1.broadcast").one("dl", "guide")
    assert [one.text for one in shown.all("dt")] == ["What it does", "What usually goes wrong", "In the codelab"]
    assert [one.text for one in shown.all("li")] == ["one goes on", "two"]
    assert shown.one("code").text == "python3 x.py"
    assert "Starts python3 x.py and waits" in shown.text


# -- answers -----------------------------------------------------------------------------------------------------------


def test_an_answer_that_awaits_review():
    """An answer is shown with the function it is about."""
    shown = one_check(ANSWER)
    assert shown.one("dl", "words").text == "answer answers.md: it waits"
    assert shown.one("figcaption").text == "listen, c.py line 11"
    assert [row.text for row in shown.all("span", "row")] == ["11def listen(sock):", "12 pass"]


@pytest.mark.parametrize(
    ("review", "told", "opened"),
    [
        (Review(2), "judged: passed 2/2", False),
        (Review(2, "well said"), "judged: passed 2/2", True),
        (Review(1, "half"), "judged: in part 1/2", True),
        (Review(0), "judged: failed 0/2", True),
    ],
)
def test_a_judged_answer(review, told, opened):
    """What a person has decided is shown with the comment, and counts."""
    made = graded(report(ANSWER), {}, reviews={ANSWER.id: review})
    root = page(made)
    shown = root.by_id(ANSWER.id)
    assert told in shown.text
    assert ("open" in shown.attributes) is opened
    assert (review.comment in shown.text, "answers.md: it waits" in shown.text) == (True, True)
    assert root.one("p", "score").text.startswith(f"{review.points} / 2")


# -- what may be left out ----------------------------------------------------------------------------------------------


def bonus(*checks):
    """A report with Task 1 and a bonus."""
    one = result("task1.listens")
    return report(tasks=(TaskReport("task1", "Task 1", False, (one,)), TaskReport("task5", "Task 5", True, checks)))


def test_a_bonus_that_is_not_handed_in():
    """It is told in a line, without checks and without points."""
    absent = [result(f"task5.check{n}", Status.SKIP, summary=NOT_HANDED_IN, absent=True) for n in range(3)]
    root = page(graded(bonus(*absent)))
    assert root.one("ul", "tasks").all("li")[1].text == "Task 5 (bonus) not handed in"
    assert root.by_id("task5").text == f"Task 5 (bonus) {NOT_HANDED_IN}"
    assert "bonus" not in root.one("div", "total").text


def test_a_bonus():
    """Its points stand by themselves."""
    root = page(graded(bonus(result("task5.frames", points=3), failed("task5.binary"))))
    assert "bonus 3 / 7" in root.one("ul", "facts").text
    assert "task5.binary · 4 bonus points" in root.one("section", "first").text


# -- what students write -----------------------------------------------------------------------------------------------

OWN_TAGS = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body a header h1 div p strong span ul li nav svg rect b main section h2 ol details "
        "summary h3 h4 dl dt dd text g line path circle table thead tbody tr th td code figure figcaption pre footer script",
    )
)


def assert_only_own_markup(root) -> None:
    """Nothing but our own elements is there, and nothing in them that acts."""
    assert {one.tag for one in root} <= OWN_TAGS
    assert len(root.all("script")) == len(root.all("style")) == 1
    names = {name for one in root for name in one.attributes}
    assert [name for name in names if name.startswith("on") or name in ("style", "src", "srcdoc", "action")] == []
    assert {one["href"][:1] for one in root.all("a")} == {"#"}


def test_hostile_text_is_shown():
    """Whatever students write is text wherever it stands; what would be obeyed or unseen is spelled out."""
    root = page(everywhere(HOSTILE))
    assert_only_own_markup(root)
    visible = HOSTILE.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e").replace("\u200b", r"\u200b")
    assert root.one("h1").text == visible
    assert root.one("head").one("title").text == f"{visible}: 5/26"
    assert root.all("dd")[0].text == visible
    assert visible in root.all("pre", "printed")[0].raw
    assert [row.one("span", "text").text for row in root.all("span", "row")][:2] == [visible, visible]
    assert not re.search("[\x1b\u202e\u200b]", root.raw)


@given(ANYTHING)
@fuzz_reports
def test_any_text_is_shown(text):
    """No text makes an element, an attribute or a character that is not seen."""
    root = page(everywhere(text))
    assert_only_own_markup(root)
    seen = re.sub("[\u2066-\u2069\n\t]", "", root.raw)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\ud800-\udfff]", seen)


@given(st.lists(ANYTHING, max_size=6))
@fuzz_reports
def test_coloured_lines_are_the_lines(lines):
    """Colours leave every line in its place, with its text: where it is plain, exactly that."""
    lines = [line.replace("\n", "") for line in lines]
    shown = colored(lines, 7, {8})
    assert [line.number for line in shown] == [*range(7, 7 + len(lines))]
    for line, original in zip(shown, lines, strict=True):
        text = parsed(line.code).raw
        assert not set(text) & {"\n", "\x1b", "\u202e"}
        if original.isascii() and original.isprintable():
            assert text == original


def test_code_is_coloured():
    """Keywords, names, strings and comments have classes, also in a line that begins with a tab."""
    code = colored(["def f(x):", '\treturn "a" + x  # why'], 1)
    assert {("k", "def"), ("nf", "f")} <= {(*one.classes, one.text) for one in parsed(code[0].code)}
    assert {"k", "s2", "c1"} <= {name for one in parsed(code[1].code) for name in one.classes}


# -- for everybody -----------------------------------------------------------------------------------------------------


def test_headings_are_in_order():
    """No level of headings is left out, so that one can go from heading to heading."""
    levels = [int(one.tag[1]) for one in page(graded(full_report())) if re.fullmatch(r"h\d", one.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert levels.count(1) == 1


def test_a_drawing_has_words():
    """A drawing is an image with a sentence; what went wrong stands out; the same follows as a table with headings."""
    shown = one_check(failed(transcript=ECHO_EVENTS))
    drawings = shown.all("svg", "sequence")
    assert [one.one("text", "mark").text for one in drawings[0].all("g", "marked")] == ["should not have come"]
    assert {(one["role"], one["aria-label"][:16]) for one in drawings} == {("img", "Sequence diagram")}
    table = shown.one("table")
    assert [one["scope"] for one in table.all("th")] == ["col"] * 4
    assert [one.text for one in table.all("tr", "marked")[0].all("td")] == [
        "0.3", "mira", "gets", "mira: copper lantern 41 ← should not have come",
    ]  # fmt: skip


def test_what_scrolls_can_be_reached_by_keyboard():
    """Every box that may scroll by itself takes the focus."""
    check = failed(transcript=ECHO_EVENTS, program_output="x")
    shown = one_check(check, Evidence((EXCERPT,), (), (SCREEN,)))
    assert {one["tabindex"] for one in (*shown.all("div", "scrolls"), *shown.all("pre"))} == {"0"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme):
    """Text is readable on all that it stands on (WCAG AA, 4.5); lines and bars can be seen (3)."""
    colour = colours("base.css", "student.css")[scheme]
    verdicts = ("text", "dim", "link", "pass", "fail", "skip", "review", "error")
    for name in (*verdicts, "keyword", "text-literal", "comment", "number", "name"):
        for ground in ("page", "raised", "fail-soft"):
            assert contrast(colour[name], colour[ground]) >= 4.5, (name, ground)
    assert contrast(colour["text"], colour["own-soft"]) >= 4.5
    for name in ("wire", "own", "bar", "review", "fail"):
        assert contrast(colour[name], colour["page"]) >= 3, name
    assert contrast(colour["bar"], colour["line"]) >= 3


def test_every_colour_is_defined():
    """A style uses no variable that is not there."""
    known = set(colours("base.css", "student.css")["light"])
    used = {
        name
        for style in ("base.css", "student.css")
        for name in re.findall(r"var\(--([\w-]+)\)", (HTML / style).read_text())
    }
    assert used <= known


# -- real runs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["codelab_two_faults"])
def test_a_deadlock(gradings, name):
    """The codelab's own fault: the thread that waits for itself is open, both lines are shown, and who got nothing is drawn."""
    root = parsed(html(only(gradings.report(name), "task4.mass-death")))
    shown = root.by_id("task4.mass-death")
    opened = [one.one("summary").text for one in shown.one("div", "threads").all("details") if "open" in one.attributes]
    assert any("which it has taken itself" in text for text in opened)
    assert "with self.mutex:" in {row.one("span", "text").raw.strip() for row in shown.all("span", "meant")}
    assert shown.all("g", "missing")
    assert len(shown.all("svg", "sequence")[0].all("g", "lifeline")) <= 7


@pytest.mark.parametrize("name", ["client_prints_pieces"])
def test_a_client(gradings, name):
    """A client's failure shows its user, its screen and its line, with the program between user and server."""
    shown = parsed(html(only(gradings.report(name), "task2.client-split"))).by_id("task2.client-split")
    names = [one.all("title")[0].text for one in shown.all("svg", "sequence")[0].all("g", "lifeline")]
    assert names[1:] == ["your client", "server"]
    assert shown.all("pre", "screen")
    assert shown.all("span", "meant")
    assert {"types", "sees"} <= {row.all("td")[2].text for row in shown.one("table").one("tbody").all("tr")}


@pytest.mark.parametrize("name", ["framed_newline_in_payload"])
def test_frames(gradings, name):
    """The bytes of frames are spelled out in the drawing."""
    shown = parsed(html(only(gradings.report(name), "task5.frames"))).by_id("task5.frames")
    labels = [one.text for one in shown.all("svg", "sequence")[0].all("text", "label")]
    assert any(label.startswith(r"\x00\x00\x00") for label in labels)
    assert [one.text for one in shown.all("svg", "sequence")[0].all("text", "mark")] == ["not as it was sent"]


@pytest.mark.parametrize(
    ("name", "check_id", "at"),
    [
        ("client_as_published", "task2.client-split-utf8", 0),  # the user's lifeline
        ("client_sends_in_pairs", "task1.client-sends", 2),  # the server's
    ],
)
def test_what_a_client_never_passes_on(gradings, name, check_id, at):
    """What never came to a client's user, or to its server, is drawn as an arrow that ends before her lifeline, or its."""
    drawing = parsed(html(only(gradings.report(name), check_id))).by_id(check_id).all("svg", "sequence")[0]
    places = [int(one.one("line")["x1"]) for one in drawing.all("g", "lifeline")]
    start, end = map(int, re.findall(r"\d+", drawing.one("g", "missing").all("path")[0]["d"])[::2])
    assert start == places[1]
    assert abs(end - places[at]) < abs(end - start)
