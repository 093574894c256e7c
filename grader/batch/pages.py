"""The pages of a class in its results folder: `index.html`, and one for each hand-in in `students/`.

A page holds the digest of its contents' sources, so only changed pages are made again, and no file is overwritten that
is not a page of ours. Pages of hand-ins that are no longer in the class are removed.
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
    """Update the pages from the store; return the class page. Raises GraderError if they cannot be written."""
    try:
        (out / STUDENTS).mkdir(exist_ok=True)
        written: set[str] = set()
        points, notes = json.loads(store.about("check_points", "{}")), json.loads(store.about("notes", "[]"))
        topics = {check_id: sections(guide.get("codelab", "")) for check_id, guide in guides.items()}
        glance = overview(_with_pages(store, out, guides, reporter, written), points, notes, topics)
        page = class_page(glance, address)
        _replace(out / INDEX, hashlib.sha256(page.encode()).hexdigest(), page)
        for stale in (out / STUDENTS).glob("*.html"):
            if stale.name not in written and _made_of(stale):
                stale.unlink()
    except OSError as error:
        raise GraderError(f"{error.filename or out}: the pages could not be written ({error.strerror})") from error
    return out / INDEX


def refresh(store: Store, out: Path) -> None:
    """Update the pages if there are any, after a change of results other than by grading."""
    if (out / INDEX).exists():
        write(store, out, installed.load().guides, BatchReporter())


def address(key: str) -> str:
    """Path of a hand-in's page, relative to the class page, not yet quoted for a URL."""
    return f"{STUDENTS}/{_page_name(key)}"


def _page_name(key: str) -> str:
    return f"{file_name(key)}.html"


def _with_pages(
    store: Store, out: Path, guides: Mapping[str, Mapping[str, str]], reporter: BatchReporter, written: set[str]
) -> Iterator[Graded]:
    """The hand-ins of the class, each with its page written; `written` collects the names of the pages."""
    for graded in store.graded():
        name = _page_name(graded.entry.key)
        written.add(name)
        file, made_of = out / STUDENTS / name, _digest(graded)
        if _made_of(file) != made_of:
            reporter.page(graded.entry.key)
            _replace(file, made_of, student_page(graded, guides, f"../{INDEX}"))
        yield graded


def _made_of(file: Path) -> str:
    """The digest in a page of ours; empty for any other file."""
    try:
        with file.open("rb") as page:
            match = _OURS.match(page.read(200))
    except OSError:
        return ""
    return match[1].decode() if match else ""


def _digest(graded: Graded) -> str:
    """Digest of everything that a page shows; its report is identified by the time of grading."""
    parts = [
        asdict(graded.entry), graded.graded_at, graded.error, graded.penalty,
        {check_id: asdict(review) for check_id, review in sorted(graded.reviews.items())}, _look(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@cache
def _look() -> str:
    """Digest of version, templates, styles and scripts."""
    digest = hashlib.sha256(grader.__version__.encode())
    for file in sorted(resources.files(html).iterdir(), key=lambda file: file.name):
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _replace(file: Path, made_of: str, page: str) -> None:
    """Write the page. Raises GraderError if a file that is no page of ours is in the way."""
    if os.path.lexists(file) and not _made_of(file):
        raise GraderError(f"{file}: is no page of chatgrade's, and is left as it is; the pages are not up to date")
    try:
        replace(file, _MADE_OF % made_of + page)
    except OSError as error:
        raise GraderError(f"{file}: the page could not be written ({error.strerror})") from error
