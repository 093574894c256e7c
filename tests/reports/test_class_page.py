"""The page of a class as HTML: what stands in it, where it leads, and that nothing a student writes is markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from support.class_of_many import class_of, invented
from support.class_pages import page, page_of
from support.class_samples import ADA, BOB, graded, hostile, sample_class, scored
from support.fuzzing import ANYTHING, fuzz_reports
from support.report_samples import failed, failure, report, result

from grader.model.verdict import Status
from grader.reports.html.overview import class_page
from grader.results.graded import Class, Graded
from grader.results.overview import overview
from grader.text import sinks

VOID = {"meta", "link", "br", "col", "input", "img", "hr"}


def page_of_all(*hand_ins: Graded) -> str:
    """The page of a class of these."""
    return page(Class(hand_ins))


class Read(HTMLParser):
    """A page as a parser reads it: its elements with their attributes, and the text, without styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        """Note it."""
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        """It ends what was open."""
        assert self._open.pop() == tag

    def handle_data(self, data):
        """Text that is seen."""
        if not {"style", "script"} & set(self._open):
            self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of all such elements."""
        return [found for name, found in self.elements if name == tag and wanted.items() <= found.items()]


def test_it_loads_nothing_and_obeys_its_policy():
    """It has one style and one script, its own, no handler, no style in an attribute, and leads nowhere but to its own folder."""
    read = Read(page(class_of(invented(), 30)))
    names = [tag for tag, _ in read.elements]
    assert (names.count("style"), names.count("script")) == (1, 1)
    assert not {"img", "link", "iframe", "object", "base", "audio", "video"} & set(names)
    attributes = {name for _, found in read.elements for name in found}
    assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset", "action")]
    for link in read.all("a"):
        parts = urlsplit(link["href"])
        assert (parts.scheme, parts.netloc) == ("", "")
        assert not parts.path or re.fullmatch(r"students/[^/]+\.html", parts.path)
    (policy,) = (found["content"] for found in read.all("meta", **{"http-equiv": "Content-Security-Policy"}))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_the_same_class_gives_the_same_page():
    """The order in which submissions were graded does not show."""
    class_ = class_of(invented(), 30)
    assert page(class_) == page(replace(class_, graded=class_.graded[::-1]))


@pytest.mark.machine
def test_a_thousand_hand_ins_are_small():
    """A row costs a few hundred bytes: its verdicts are letters, of which the script makes cells."""
    class_ = class_of(invented(), 1000)
    text = page(class_)
    assert len(text.encode()) < 1_000_000
    read = Read(text)
    rows = [found for found in read.all("tr") if "data-cells" in found]
    assert len(rows) == 1000
    assert {len(row["data-cells"]) for row in rows} == {len(class_.check_points)}
    assert len(read.elements) < 20_000


@pytest.mark.parametrize(
    "key",
    ["a b", "a#b?c=d&e", "../up", ".", "%41", "a:b", "javascript:alert(1)", 'x"y', "Ünï", "\udcff", "%", "//host/a"],
)
def test_links_lead_where_the_pages_are(key):
    """Whatever stands in a key, the link is the path of its page, and that of a check has its id behind it."""
    made = replace(graded(key, report(failed("task1.broadcast"))))
    links = [link["href"] for link in Read(page_of_all(made)).all("a")]
    pages = [urlsplit(link) for link in links if not link.startswith("#")]
    assert pages
    for parts in pages:
        assert (parts.scheme, parts.netloc, parts.query) == ("", "", "")
        assert unquote(parts.path) == page_of(key)
        assert parts.path.isascii()
    assert {parts.fragment for parts in pages} == {"", "task1.broadcast"}


def test_students_or_hand_ins():
    """Where each hand-in has one author, they are called students; otherwise the page says what it counts."""
    alone = Read(page_of_all(graded("ada", scored(20), ADA), graded("bob", scored(20), BOB))).text
    assert "Class of 2 students" in alone
    assert "counts once" not in alone
    together = Read(page_of_all(graded("ada+bob", scored(20), ADA, BOB))).text
    assert "Class of 1 hand-in" in together
    assert "Made by 2 students: what several made together counts once." in together
    assert "Ada Lovelace, Bob Ross" in together


def test_the_distribution_is_told_in_words():
    """Its drawing has a text that says as much."""
    text = Read(page_of_all(graded("ada", scored(20)), graded("bob", scored(3)), graded("cyd", scored(2)))).text
    assert "0\u20131 points: 0, 2\u20133 points: 2, 4\u20135 points: 0" in text
    assert "20 points: 1" in text


def test_what_needs_a_person():
    """Who could not be graded, who has a check without a verdict, what was noted, and how many await a review."""
    broken = graded("bob", report(result("task1.listens", Status.ERROR, 2, summary="no memory")))
    text = Read(
        page(
            Class(
                (graded("ada", None, ADA, error="the archive is broken"), broken, graded("cyd", scored(9, review=4)))
            ),
            "the same program to the byte: x/a.py, y/a.py",
        )
    ).text
    assert "not graded: the archive is broken" in text
    assert "not final: grader error in task1.listens" in text
    assert "the same program to the byte: x/a.py, y/a.py" in text
    assert "1 student awaits a review, which chatgrade review goes through." in text
    assert "Nobody does." in Read(page_of_all(graded("ada", scored(20)))).text


def test_many_who_need_a_person_are_counted():
    """A long list is cut, and says so."""
    text = Read(page_of_all(*(graded(f"s{number}", None, error="broken") for number in range(30)))).text
    assert text.count("not graded: broken") == 20
    assert "and 10 more, in the table" in text


def test_causes_are_told_with_who_has_them():
    """The shared ones first, with their checks and students; what one has alone, and advice, folded."""
    advice = failed("task4.stalled-reader", failure(hint="Give each client a queue."), points=0)
    made = [graded(key, report(failed("task1.broadcast"), advice)) for key in ("ada", "bob")]
    alone = graded("cyd", report(failed("task1.leave", failure("a", "b", hint="Once."))))
    read = Read(page_of_all(*made, alone))
    told = " ".join(read.text.split())
    assert "2 students broadcast() sends to every client, the sender too: skip the sender's connection" in told
    assert "task1.broadcast 8 points lost Who ada bob show in the table" in told
    assert "causes of one student alone: 1 1 student Once." in told
    assert "advice, which costs no points: 1 2 students Give each client a queue." in told
    assert {"data-rows": "0 1", "data-check": "task1.broadcast"}.items() <= read.all("button", **{"data-rows": "0 1"})[
        0
    ].items()
    assert "No two students fail for the same cause." in Read(page_of_all(alone)).text


def test_what_the_same_students_fail_is_told_under_it():
    """One entry has both sentences, and says what joins them."""
    both = [failed(f"task2.{name}", failure(hint=f"about {name}")) for name in ("merged", "split")]
    topics = {check.id: frozenset({"4"}) for check in both}
    for keys, said in (
        (("ada",), "The same student fails these, too:"),
        (("ada", "bob"), "The same students fail these, too:"),
    ):
        class_ = overview([graded(key, report(*both)) for key in keys], {}, topics=topics)
        told = " ".join(Read(class_page(class_, page_of)).text.split())
        assert re.search(f"about merged .*{said} about split", told)


def test_long_lists_of_students_are_cut():
    """The first forty of a cause are named, the others are in the table."""
    text = Read(page_of_all(*(graded(f"s{number:02}", report(failed())) for number in range(50)))).text
    assert "and 10 more" in text


def test_empty_classes():
    """Nobody, or nobody that could be graded, is a page, too."""
    assert "Class of 0 students" in Read(page(Class((), "folders", {"task1.listens": 2}))).text
    assert "Class of 1 student" in Read(page_of_all(graded("ada", None, error="broken"))).text


def test_checks_are_in_their_tasks():
    """Each check has a column under the title of its task, a row with how it went, and a place to lead to."""
    read = Read(page(sample_class()))
    columns = [found["data-check"] for found in read.all("th") if "data-check" in found]
    titles = read.all("th", scope="colgroup")
    assert sum(int(found["colspan"]) for found in titles) == len(columns) > 5
    ids = [found["id"].removeprefix("check-") for found in read.all("tr") if "id" in found]
    assert ids == columns


def test_points_that_are_not_as_usual_are_data():
    """Where a person gave some points, or the points were others, the row says so; else they follow from the verdict."""
    usual = graded("ada", report(result("a", points=4), failed("b")))
    other = graded("bob", report(result("a", points=3), failed("b")))
    rows = [found for found in Read(page_of_all(usual, other)).all("tr") if "data-cells" in found]
    assert [row["data-cells"] for row in rows] == ["pf", "pf"]
    assert [row.get("data-points") for row in rows] == [None, "0:3/3"]
    reviewed = next(row for row in Read(page(sample_class())).all("tr") if "h" in row.get("data-cells", ""))
    assert re.fullmatch(r"\d+:1/2", reviewed["data-points"])


@fuzz_reports
@given(ANYTHING)
@example("</script><script>alert(1)</script><!--")
@example('" onclick="alert(1)" x=\'</title></style><img src=x onerror=alert(1)>')
@example("\u2028\u2029\x00\x1b[2J\u202egnp.exe\ud800")
def test_hostile_students(text):
    """Whatever stands in every field: the elements are those that stand there anyway, and what is hidden is seen."""
    made, harmless = page(Class((hostile(text),)), text), page(Class((hostile("x" * len(text)),)), "x")
    read, expected = Read(made), Read(harmless)
    assert [tag for tag, _ in read.elements if tag not in ("p", "br")] == [
        tag for tag, _ in expected.elements if tag not in ("p", "br")
    ]
    assert sinks.xml(read.text.replace("\u2068", "").replace("\u2069", "")) == read.text.replace("\u2068", "").replace(
        "\u2069", ""
    )
    for _, found in read.elements:
        assert not [name for name in found if name.startswith("on") or name == "style"]
