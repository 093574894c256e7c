"""The starting kit of a course: what its instructor lays out, or a student begins with. Pure: settings in, texts out.

The texts are the templates beside this file. Names, words, points and checks come from the settings and the catalogue; here
stands only what each setting is about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources

from grader.api import SETTINGS_FILE, Check, Codelab, Settings, Task, defaults

_TEMPLATES = ("TASKS.md", "answers.md", SETTINGS_FILE)

_TABLES = {
    "files": "What the programs are called.",
    "network": "Where they meet.",
    "wording": (
        'What goes over the wire. Each may also be a list of texts, any of which is right: ["here is {name}", "{name} came"].'
    ),
    "points": "What each check gives; with 0 it only advises. What it asks stands beside it.",
    "limits": "What the programs of one check may use.",
    "batch": "How a class is graded.",
}
_ABOUT: Mapping[str, Mapping[str, str]] = {
    "files": {
        "server": "the server of Tasks 1 to 4",
        "client": "the client of Tasks 1 to 4",
        "framed_server": "the server of Task 5",
        "framed_client": "the client of Task 5",
    },
    "network": {"port": "the port of every server"},
    "wording": {
        "joined": "what all others get when somebody joins",
        "left": "what all others get when somebody is gone",
        "renamed": "what all others get when somebody takes another name",
        "chat": "a message, as all but its sender get it",
        "exit": "what a client sends to leave, in any case",
        "done": "what the server answers to that",
        "rename": "what a client sends to take another name",
        "prompt": "what the server asks for the nickname with, if it ends in no newline: [] or a text",
    },
    "limits": {
        "memory": "megabytes that all processes hold together",
        "processes": "processes and threads",
        "cpu": "seconds of processor time of one process",
        "seconds": "that one check may last",
        "file_size": "megabytes of one file",
        "disk": "megabytes of all files",
        "files": "files",
        "open_files": "open files and connections of one process",
        "output": "megabytes printed by one program",
    },
    "batch": {
        "jobs": "checks at a time; 0: one for each processor",
        "layout": "the form of the class; auto: what it looks like",
        "late_points": "taken off what was handed in late, where the platform tells",
    },
}


def kit(codelab: Codelab, course: Settings) -> dict[str, str]:
    """The files of the kit by their names, for a course with these settings."""
    import jinja2  # here: most commands need none of this

    environment = jinja2.Environment(  # noqa: S701 - what is made is no page
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["cell"] = lambda text: text.replace("|", r"\|")  # of a table
    values = {
        "files": course.files,
        "port": course.port,
        "wire": _Wire(course.wording),
        "tasks": {task.id: _task(task, codelab, course) for task in codelab.catalogue.tasks},
        "reworded": course.wording != codelab.wording,
        "settings": _settings(codelab),
        "about": _TABLES,
    }
    return {name: environment.from_string(_template(name)).render(values) for name in _TEMPLATES}


def _template(name: str) -> str:
    return (resources.files(__name__) / name).read_text("utf-8")


class _Wire:
    """What goes over the wire in a course's words: the first form of each."""

    def __init__(self, wording: Mapping[str, object]) -> None:
        self._wording = wording

    def __call__(self, word: str, **filled: str) -> str:
        """A line with its placeholders filled, or shown as `<name>`."""
        form = self._wording[word]
        line = str(form[0]) if isinstance(form, list) else str(form)
        return line.format_map({"name": "<name>", "text": "<text>", "old": "<old>", "new": "<new>", **filled})


def _task(task: Task, codelab: Codelab, course: Settings) -> dict[str, object]:
    """A task with the checks and points of the course."""
    checks = [_check(check, codelab, course) for check in task.checks]
    points = sum(course.points.get(check.id, check.points) for check in task.checks)
    return {"title": task.title, "points": points, "bonus": task.bonus, "checks": checks}


def _check(check: Check, codelab: Codelab, course: Settings) -> dict[str, object]:
    """A row of the sheet; its sentence names the programs as the course does."""
    title = check.title
    for role, name in codelab.files.items():
        title = title.replace(name, course.files[role])
    points = course.points.get(check.id, check.points)
    return {"id": check.id, "runs": check.runs, "points": points or "advice", "title": title}


def _settings(codelab: Codelab) -> dict[str, list[tuple[str, str]]]:
    """Each setting as a line of TOML, and what it is about, by table."""
    titles = {check.id: check.title for check in codelab.catalogue}
    about = {**_ABOUT, "points": titles}
    return {
        table: _aligned([(f"{_key(key)} = {_value(value)}", about[table][key]) for key, value in values.items()])
        for table, values in defaults(codelab).items()
    }


def _aligned(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    widest = max(len(line) for line, _ in lines)
    return [(line.ljust(widest), about) for line, about in lines]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else _value(name)


def _value(value: object) -> str:
    """A number, a text or a list of texts in TOML, which writes these as JSON does."""
    return json.dumps(value, ensure_ascii=False)
