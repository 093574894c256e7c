"""Exports of a graded class: `export` makes the files of one format. Pure but for reading the file to fill in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.model.errors import GraderError, UsageError, nearest
from grader.reports import canvas, github, html_export, moodle, platforms, sheets
from grader.reports.junit import as_junit
from grader.results.graded import Class, Graded
from grader.results.standing import Choices, in_order

__all__ = ["FORMATS", "Choices", "Export", "Format", "export", "file_name"]

_LONGEST_NAME = 200  # bytes of a file's name, without its ending
_OfClass = Callable[[Class, Choices], str]
_OfSubmission = Callable[[Graded, Choices], str]
_Filled = Callable[[Class, bytes, Choices], tuple[bytes, list[str]]]


@dataclass(frozen=True)
class Format:
    """One kind of export: of the class in one file, of each submission, or a platform's file filled in."""

    about: str
    file: str
    of_class: _OfClass | None = None
    of_submission: _OfSubmission | None = None
    filled: _Filled | None = None
    alone: bool = False  # its surroundings speak of one submission only


FORMATS: Mapping[str, Format] = {
    "csv": Format("one row a student, one column a check, for spreadsheets", "grades.csv", sheets.as_csv),
    "jsonl": Format("one JSON object a submission, for programs", "grades.jsonl", sheets.as_json_lines),
    "markdown": Format("a table with one row a student", "grades.md", sheets.as_markdown),
    "junit": Format("JUnit XML, one suite a submission", "junit.xml", as_junit),
    "html": Format(
        "a page for each hand-in, to be sent to its students", "report.html", of_submission=html_export.page
    ),
    "canvas": Format("the grade book exported from Canvas, one column filled in", "canvas.csv", filled=canvas.fill),
    "moodle": Format("the grading worksheet of Moodle, filled in", "moodle.csv", filled=moodle.fill),
    "gradescope": Format("Gradescope's results.json", "results.json", of_submission=platforms.gradescope),
    "classroom50": Format("Classroom 50's result.json", "result.json", of_submission=platforms.classroom50, alone=True),
    "github-summary": Format("a page for $GITHUB_STEP_SUMMARY", "summary.md", of_submission=github.summary),
    "github-annotations": Format(
        "workflow commands for GitHub Actions, to be printed", "annotations.txt", of_submission=github.workflow_commands
    ),
}


@dataclass(frozen=True)
class Export:
    """The files of an export by name (a `/` parts folder and file), and what a person should know of them.

    Notes may quote students: they need a sink of their own where they are shown.
    """

    files: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


def export(class_: Class, format_name: str, fill: Path | None = None, choices: Choices | None = None) -> Export:
    """Export the class; the same class, file and choices give the same bytes.

    Raises UsageError where the format, the file to fill in or a choice does not fit.
    """
    if format_name not in FORMATS:
        raise UsageError(f"There is no format {format_name!r}{nearest(format_name, FORMATS)}")
    wanted, choices = FORMATS[format_name], choices or Choices()
    if wanted.filled:
        data, notes = wanted.filled(class_, _read(format_name, fill), choices)
        return Export({wanted.file: data}, tuple(notes))
    if fill:
        raise UsageError(f"The format {format_name} fills in no file.")
    if wanted.of_class:
        return Export({wanted.file: wanted.of_class(class_, choices).encode()})
    assert wanted.of_submission, "a format makes a file of the class or of a submission"
    return _each(class_, wanted.file, wanted.of_submission, choices, alone=wanted.alone)


def file_name(key: str) -> str:
    """A hand-in's key as the name of a file or folder: no way out of the one it is put in, and no two keys share one."""
    name = re.sub(r"^\.|[^\w .@+=,-]|[ .]$", lambda found: "".join(f"%{byte:02X}" for byte in _bytes(found[0])), key)
    if len(name.encode()) <= _LONGEST_NAME:
        return name or "%"
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name.encode()[: _LONGEST_NAME - len(digest) - 1].decode('utf-8', 'ignore')}-{digest}"


def _bytes(sign: str) -> bytes:
    return sign.encode("utf-8", "surrogatepass")


def _read(format_name: str, fill: Path | None) -> bytes:
    if fill is None:
        raise UsageError(f"The format {format_name} fills in a file: name the one that the platform exported.")
    try:
        return fill.read_bytes()
    except OSError as error:
        raise UsageError(f"{fill}: cannot be read ({error.strerror}).") from error


def _each(class_: Class, file: str, write: _OfSubmission, choices: Choices, *, alone: bool) -> Export:
    if alone and len(class_.graded) > 1:
        raise UsageError(f"{file} is about one submission, and there are {len(class_.graded)}.")
    files, notes = {}, []
    for graded in in_order(class_):
        try:
            files[f"{file_name(graded.entry.key)}/{file}"] = write(graded, choices).encode()
        except GraderError as error:
            if alone:
                raise
            notes.append(f"{error}; no {file} was written")
    return Export(files, tuple(notes))
