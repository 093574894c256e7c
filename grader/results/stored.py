"""Reports that an earlier version has stored, as this version writes them. Pure: data in, data out.

Facts that are fields today stood in sentences only; here alone they are read out of these, for a field that a report lacks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from grader.model.message import Message
from grader.model.report import NOT_HANDED_IN, ONLY_NEEDED

_FUNCTION = re.compile(r"(?s)(?P<name>.+?), (?P<file>.+?) line (?P<line>\d+):\n(?P<code>.*)")
_NO_NAME = "the code"
_NEWEST = "messages"  # a check that has this field has all of them


def upgraded(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The report with all the fields of a check; those that it has already stay as they are.

    The sentences of a failure become messages without values: what varied in them is not known any more, and only failures
    whose sentences are equal are of one kind.
    """
    ids = {check["id"] for task in report["tasks"] for check in task["checks"]}
    tasks = [
        {**task, "checks": [check if _NEWEST in check else {**_facts(check, ids), **check} for check in task["checks"]]}
        for task in report["tasks"]
    ]
    return {**report, "tasks": tasks}


def _facts(check: Mapping[str, Any], ids: Collection[str]) -> dict[str, Any]:
    """The fields that were added to a check, as far as its sentences tell."""
    skipped = check["status"] == "skip"
    words = check["summary"].replace(",", "").split() if skipped else []
    return {
        "caused_by": next((word for word in words if word in ids), ""),
        "absent": skipped and check["summary"] == NOT_HANDED_IN,
        "wanted": ONLY_NEEDED not in check["notes"],
        "inconclusive": False,
        "kind": None,
        "cause": None,
        "messages": _messages(check) if check["status"] in ("fail", "review") else None,
        "answer": _answer(check) if check["status"] == "review" else None,
    }


def _messages(check: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Message.of(check[name]).as_dict() for name in ("summary", "expected", "observed", "hint")}


def _answer(check: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of `place: text`, and of a note that is a caption over a function's lines."""
    place, _, text = check["observed"].partition(": ")
    found = next(filter(None, map(_FUNCTION.fullmatch, check["notes"])), None)
    about = {**found.groupdict(), "line": int(found["line"])} if found else None
    if about and about["name"] == _NO_NAME:
        about["name"] = ""
    return {"place": place, "text": text, "about": about}
