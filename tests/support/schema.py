"""The schema of the JSON report, and the fields that earlier versions did not have."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

import grader

SCHEMA = json.loads((Path(grader.__file__).parent / "reports" / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
ADDED = {
    "caused_by",
    "absent",
    "wanted",
    "inconclusive",
    "kind",
    "cause",
    "answer",
    "messages",
}  # after the first reports were stored
