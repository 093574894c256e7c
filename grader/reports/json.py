"""The report as data for other programs: `chatgrade/report/1`, described by report.schema.json beside this file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import grader
from grader.model.report import Report, TaskReport
from grader.model.verdict import CheckResult, Event, Failure, Status
from grader.reports.format import Format
from grader.text import sinks

SCHEMA = "chatgrade/report/1"


def render(report: Report) -> str:
    """Write the report as JSON; it ends with a newline."""
    return sinks.json(to_dict(report)) + "\n"


def to_dict(report: Report) -> dict[str, Any]:
    """Turn the report into plain data. Nothing of it is cut."""
    submission, run = report.submission, report.run
    return {
        "schema": SCHEMA,
        "tool": {"name": "chatgrade", "version": grader.__version__},
        "submission": {
            "name": submission.name,
            "path": submission.path,
            "digest": submission.digest,
            "files": dict(submission.files),
        },
        "run": asdict(run),
        "score": report.score,
        "max_score": report.max_score,
        "bonus": report.bonus,
        "max_bonus": report.max_bonus,
        "awaiting_review": report.awaiting_review,
        "notes": list(dict.fromkeys((*submission.notes, *report.notes))),
        "tasks": [_task(task) for task in report.tasks],
    }


def summary_of(check: CheckResult) -> str:
    """Say in a sentence what happened; for a skip, which check is the reason."""
    summary = check.summary or (check.failure.summary if check.failure else "")
    if check.status is Status.SKIP and check.caused_by and check.caused_by not in summary:
        return f"{'follows from' if check.failure else 'needs'} {check.caused_by}, which failed"
    return summary


def _task(task: TaskReport) -> dict[str, Any]:
    return {
        "id": task.id,
        "title": task.title,
        "score": task.score,
        "max_score": task.max_score,
        "bonus": task.bonus,
        "checks": [_check(check) for check in task.checks],
    }


def _check(check: CheckResult) -> dict[str, Any]:
    failure = check.failure or Failure("", "", "")
    return {
        "id": check.id,
        "title": check.title,
        "runs": check.runs,
        "status": check.status.value,
        "points": check.points,
        "earned": check.earned,
        "seconds": check.seconds,
        "summary": str(summary_of(check)),
        "expected": str(failure.expected),  # no more than its text: what it was made of are `messages`
        "observed": str(failure.observed),
        "hint": str(failure.hint),
        "where": asdict(failure.where) if failure.where else None,
        "needs": list(check.needs),
        "caused_by": check.caused_by,
        "absent": check.absent,
        "wanted": check.wanted,
        "inconclusive": check.inconclusive,
        "kind": failure.kind.as_dict() if failure.kind else None,
        "cause": failure.cause.as_dict() if failure.cause else None,
        "messages": {name: said.as_dict() for name, said in failure.messages.items()} if check.failure else None,
        "answer": failure.answer.as_dict() if failure.answer else None,
        "notes": list(check.notes),
        "program_output": check.program_output,
        "transcript": [_event(event) for event in check.transcript],
    }


def _event(event: Event) -> dict[str, Any]:
    shown = asdict(event)
    if not event.mark:
        del shown["mark"]
    return shown


FORMAT = Format("json", "JSON", of_report=render, place=1)
