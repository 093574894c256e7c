"""The authors of hand-ins, from the `submission_metadata.yml` of a Gradescope export."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from grader.batch.intake.names import printable
from grader.model.errors import UsageError
from grader.results.graded import Person
from grader.submission import files

METADATA = "submission_metadata.yml"
_LARGEST = 256 << 20  # bytes: the file holds all attempts' results and output
_LONGEST = 200  # characters of a name


class Submitted(NamedTuple):
    """Gradescope's data on one submission."""

    people: tuple[Person, ...]
    at: str  # ISO 8601


def read(path: Path) -> dict[str, Submitted]:
    """The submissions by the names of their folders. Raises UsageError if the file is not of this form."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # keeps scalars as text: the id 0123 is no number
    try:
        data = files.read(path, _LARGEST + 1)
        if len(data) > _LARGEST:
            raise ValueError("too large")
        submissions = yaml.load(_of_interest(data.decode()), Loader=loader)  # noqa: S506 - it makes only texts
        if not all(re.fullmatch(r"submission_\w+", folder) for folder in submissions):
            raise ValueError("other folders")
        return {folder: _submitted(submission) for folder, submission in submissions.items()}
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror}).", about=path) from error
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError("is not the metadata of a Gradescope export.", about=path) from error


def _of_interest(text: str) -> str:
    """The lines about people and time; the rest is results, a thousand times more text and slow to parse."""
    lines, wanted = [], True
    for line in text.splitlines(keepends=True):
        if line.startswith("  :"):
            wanted = line.startswith(("  :submitters:", "  :created_at:"))
        elif line[0] not in " -\r\n":
            wanted = True
        if wanted:
            lines.append(line)
    return "".join(lines)


def _submitted(data: dict[str, Any]) -> Submitted:
    people = tuple(
        Person(*(_text(person.get(f":{field}")) for field in ("name", "sid", "email")))
        for person in data.get(":submitters") or ()
    )
    return Submitted(people, _iso(_text(data.get(":created_at"))))


def _text(value: object) -> str:
    return printable(value)[:_LONGEST] if isinstance(value, str) else ""


def _iso(written: str) -> str:
    match = re.match(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9:]{8})(?:\.[0-9]+)? ?(Z|[+-][0-9]{2}:?[0-9]{2})?", written)
    return f"{match[1]}T{match[2]}{match[3] or 'Z'}" if match else ""
