"""Pages as tests look at them: the elements of a page, its colours, and what it is made from."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from grader import config, installed
from grader.model.evidence import Evidence
from grader.model.report import Report
from grader.reports import json
from grader.results.graded import Entry, Graded
from grader.run.grading import GradingRequest, grading
from grader.run.runner import run_one
from grader.run.schedule import Reporter
from grader.submission import intake
from support import corpus

HTML = corpus.PROJECT / "grader" / "reports" / "html"
_VOID = {"meta", "link", "br", "img", "input", "hr"}
_BLOCKS = {"dd", "div", "dt", "figcaption", "h1", "h2", "h3", "h4", "li", "p", "pre", "summary", "td", "th", "tr"}


@dataclass
class Element:
    """An element with its attributes and what is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """All elements in it, in the order of the page."""
        for one in self.content:
            if isinstance(one, Element):
                yield one
                yield from one

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]

    def all(self, tag: str = "", class_: str = "") -> list[Element]:
        """The elements of this tag and class in it."""
        return [one for one in self if tag in ("", one.tag) and (not class_ or class_ in one.classes)]

    def one(self, tag: str = "", class_: str = "") -> Element:
        """The only such element."""
        (found,) = self.all(tag, class_)
        return found

    def by_id(self, name: str) -> Element:
        """The element of this id."""
        (found,) = (one for one in self if one.attributes.get("id") == name)
        return found

    @property
    def classes(self) -> list[str]:
        """Its classes."""
        return self.attributes.get("class", "").split()

    @property
    def raw(self) -> str:
        """All text in it as it is."""
        return "".join(one if isinstance(one, str) else one.raw for one in self.content)

    @property
    def text(self) -> str:
        """All text in it, runs of blanks as one, and blanks around blocks."""
        return " ".join(self._spaced.split())

    @property
    def _spaced(self) -> str:
        inside = "".join(one if isinstance(one, str) else one._spaced for one in self.content)
        return f" {inside} " if self.tag in _BLOCKS else inside


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].content.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> ends nothing"

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def parsed(page: str) -> Element:
    """The root of a page; whatever is opened in it must be closed."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    (root,) = parser.open
    return root


def graded(report: Report, exhibits: Mapping[str, Evidence] | None = None, **more: Any) -> Graded:
    """What a page is made from, for a report made by hand or by a run."""
    shown = report.exhibits if exhibits is None else exhibits
    entry = Entry(report.submission.name, ())
    return replace(Graded(entry, json.to_dict(report), exhibits=shown), **more)


def run(name: str, *only: str) -> Report:
    """The report of a real run of some checks of a submission of the corpus, or of all."""
    codelab = installed.load()
    tasks = tuple(task.id for task in codelab.catalogue.tasks)
    request = GradingRequest(tasks, only, config.load(None, codelab), 7, sys.executable, sys.executable, "pty")
    with intake.taken_in(corpus.folder_of(name)) as taken:
        return run_one(codelab, grading(codelab, request, taken, Reporter()), "auto", 1)


def only(report: Report, *check_ids: str) -> Report:
    """What a report says of these checks, as if no others had been run."""
    tasks = (replace(task, checks=tuple(one for one in task.checks if one.id in check_ids)) for task in report.tasks)
    return replace(report, tasks=tuple(task for task in tasks if task.checks))


def colours(*styles: str) -> dict[str, dict[str, str]]:
    """The variables of these style sheets as each scheme has them: light, dark and print."""
    found: dict[str, dict[str, str]] = {"": {}, "dark": {}, "print": {}}
    for name in styles:
        for media, block in re.findall(r"(@media [^{]*{\s*)?:root {([^}]*)}", (HTML / name).read_text()):
            scheme = next((one for one in ("dark", "print") if one in media), "")
            found[scheme] |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    return {"light": found[""], "dark": {**found[""], **found["dark"]}, "print": {**found[""], **found["print"]}}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
