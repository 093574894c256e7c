"""GitHub Actions: a submission's annotations, as workflow commands (docs.github.com, Workflow commands)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.reports.format import Format
from grader.results.graded import Graded
from grader.results.standing import Choices, evidence, status, verdict, worth
from grader.text import sinks
from grader.text.prose import count

_EACH = 10  # annotations of one kind that GitHub shows for a step
_MESSAGE = 4_000  # characters; a job's annotations are sent as one


def workflow_commands(graded: Graded, choices: Choices) -> str:
    """Errors for lost points, warnings for advice and the grader's own errors, a notice with the score.

    Beyond the number that GitHub shows of a kind, the last annotation counts the rest.
    """
    commands: dict[str, list[str]] = {"error": [], "warning": []}
    if graded.report is None:
        commands["warning"].append(_command("warning", "chatgrade: not graded", status(graded), None))
    for check in graded.checks():
        if check["status"] in ("fail", "error"):
            kind = "error" if check["status"] == "fail" and check["points"] else "warning"
            trouble = ", the grader's own trouble" if check["status"] == "error" else ""
            text = "\n".join(
                [check["title"], *(f"{label}: {evidence_text}" for label, evidence_text in evidence(check))]
            )
            title = f"{check['id']} ({worth(check)}{trouble})"
            commands[kind].append(_command(kind, title, text, check["where"]))
    notice = _command("notice", "chatgrade", "\n".join(verdict(graded, choices)), None)
    return "".join(
        f"{line}\n" for line in (*_few("error", commands["error"]), *_few("warning", commands["warning"]), notice)
    )


def _few(kind: str, commands: list[str]) -> list[str]:
    if len(commands) <= _EACH:
        return commands
    rest = count(len(commands) - _EACH + 1, "more finding")
    return [*commands[: _EACH - 1], _command(kind, "chatgrade", f"{rest}: see the report", None)]


def _command(kind: str, title: str, message: str, where: Mapping[str, Any] | None) -> str:
    place = f"file={sinks.annotation_property(where['file'])},line={where['line']}," if where else ""
    if len(message) > _MESSAGE:
        message = f"{message[:_MESSAGE]} … ({len(message)} characters)"
    return f"::{kind} {place}title={sinks.annotation_property(title)}::{sinks.annotation(message)}"


FORMAT = Format(
    "github-annotations",
    "workflow commands for GitHub Actions, to be printed",
    "annotations.txt",
    of_submission=workflow_commands,
)
