"""The pages of a class in the folder of its results: `index.html`, and one a hand-in in `students/`.

A page says what it was made of, so only those are made again of which something has changed, and nothing is written over that
is not a page of ours. Pages of hand-ins that the class has no more are taken away.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from importlib import resources
from pathlib import Path

import grader
from grader import installed
from grader.batch.run import BatchReporter
from grader.batch.store import Store
from grader.model.errors import GraderError
from grader.reports import html
from grader.reports.files import replace
from grader.reports.html.overview import class_page
from grader.reports.html.student import student_page
from grader.reports.registry import file_name
from grader.results.graded import Graded
from grader.results.overview import overview
from grader.text.prose import sections

INDEX, STUDENTS = "index.html", "students"
_MADE_OF = "<!-- made of %s -->\n"
_OURS = re.compile(rb"<!-- made of ([0-9a-f]{64}) -->\n")


def write(store: Store, out: Path, guides: Mapping[str, Mapping[str, str]], reporter: BatchReporter) -> Path:
    """Bring the pages up to date with the store; the class page's file. GraderError where that cannot be."""
    try:
        (out / STUDENTS).mkdir(exist_ok=True)
        seen: set[str] = set()
        points, notes = json.loads(store.about("check_points", "{}")), json.loads(store.about("notes", "[]"))
        topics = {check_id: sections(guide.get("codelab", "")) for check_id, guide in guides.items()}
        glance = overview(_with_pages(store, out, guides, reporter, seen), points, notes, topics)
        page = class_page(glance, address)
        _replace(out / INDEX, hashlib.sha256(page.encode()).hexdigest(), page)
        for stale in (out / STUDENTS).glob("*.html"):
            if stale.name not in seen and _made_of(stale):
                stale.unlink()
    except OSError as error:
        raise GraderError(f"{error.filename or out}: the pages could not be written ({error.strerror})") from error
    return out / INDEX


def refresh(store: Store, out: Path) -> None:
    """Bring the pages up to date if the folder has any, after something else than grading has changed the results."""
    if (out / INDEX).exists():
        write(store, out, installed.load().guides, BatchReporter())


def address(key: str) -> str:
    """Where the page of a hand-in is, seen from the class page: a path, not yet an address."""
    return f"{STUDENTS}/{_page_name(key)}"


def _page_name(key: str) -> str:
    return f"{file_name(key)}.html"


def _with_pages(
    store: Store, out: Path, guides: Mapping[str, Mapping[str, str]], reporter: BatchReporter, seen: set[str]
) -> Iterator[Graded]:
    """The hand-ins of the class, each with its page written; `seen` collects the names of the pages."""
    for graded in store.graded():
        name = _page_name(graded.entry.key)
        seen.add(name)
        file, made_of = out / STUDENTS / name, _digest(graded)
        if _made_of(file) != made_of:
            reporter.page(graded.entry.key)
            _replace(file, made_of, student_page(graded, guides, f"../{INDEX}"))
        yield graded


def _made_of(file: Path) -> str:
    """What a page of ours was made of; empty for anything else."""
    try:
        with file.open("rb") as page:
            found = _OURS.match(page.read(200))
    except OSError:
        return ""
    return found[1].decode() if found else ""


def _digest(graded: Graded) -> str:
    """Of all that a page shows; a report is known by the time at which it was made."""
    parts = [
        asdict(graded.entry), graded.graded_at, graded.error, graded.penalty,
        {check_id: asdict(review) for check_id, review in sorted(graded.reviews.items())}, _look(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@cache
def _look() -> str:
    """A digest of templates, styles and scripts; with any other change of the tool there are new verdicts, and so new pages."""
    digest = hashlib.sha256(grader.__version__.encode())
    for file in sorted(resources.files(html).iterdir(), key=lambda file: file.name):
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _replace(file: Path, made_of: str, page: str) -> None:
    """Write it over nothing but a page of ours."""
    if os.path.lexists(file) and not _made_of(file):
        raise GraderError(f"{file}: is no page of chatgrade's, and is left as it is; the pages are not up to date")
    try:
        replace(file, _MADE_OF % made_of + page)
    except OSError as error:
        raise GraderError(f"{file}: the page could not be written ({error.strerror})") from error
