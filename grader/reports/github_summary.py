"""GitHub Actions: a submission's page for `$GITHUB_STEP_SUMMARY`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grader.reports.format import Format
from grader.results.graded import Graded
from grader.results.standing import Choices, bonus_checks, evidence, name, people, verdict, worth
from grader.text import sinks
from grader.text.prose import count

_PAGE = 1_000_000  # bytes; GitHub drops a summary of more than 1024 KiB whole
_OUTPUT_LINES = 40
_MESSAGE = 4_000  # characters of a piece of evidence
_SIGNS = {"pass": "✓", "fail": "✗", "skip": "–", "review": "?", "error": "!"}  # noqa: RUF001 - the dash is meant


def summary(graded: Graded, choices: Choices) -> str:
    """A page of Markdown: the score, a table of all checks, and the evidence of those that did not pass."""
    who = ", ".join(map(name, people(graded)))
    page = [
        f"## {sinks.markdown(who)}\n\n",
        *(f"{sinks.markdown(line)}  \n" for line in verdict(graded, choices)),
        "\n",
    ]
    page += _table(graded)
    size, details = (
        len("".join(page).encode()),
        [_details(check) for check in graded.checks() if check["status"] != "pass"],
    )
    for place, text in enumerate(details):
        size += len(text.encode())
        if size > _PAGE:
            left = count(len(details) - place, "more check")
            page.append(f"\nThe evidence of {left} is left out: a summary may have 1024 KiB.\n")
            break
        page.append(text)
    return "".join(page)


def _table(graded: Graded) -> Iterator[str]:
    if graded.report is None:
        return
    bonus = bonus_checks([graded])
    yield "| | Check | What it asks | Points |\n| --- | --- | --- | ---: |\n"
    for check in graded.checks():
        gave = f"{worth(check)} bonus" if check["id"] in bonus else worth(check)
        cells = (f"{_SIGNS[check['status']]} {check['status']}", check["id"], check["title"], gave)
        yield f"| {' | '.join(map(sinks.markdown, cells))} |\n"


def _details(check: Mapping[str, Any]) -> str:
    told = "".join(
        f"- {label}: {line}\n"
        for label, text in evidence(check)
        for line in [sinks.markdown(text if len(text) <= _MESSAGE else f"{text[:_MESSAGE]} … ({len(text)} characters)")]
    )
    lines = check["program_output"].rstrip().split("\n")
    hidden = count(len(lines) - _OUTPUT_LINES, "more line") if len(lines) > _OUTPUT_LINES else ""
    output = "\n".join([*([f"({hidden} above)"] if hidden else []), *lines[-_OUTPUT_LINES:]])
    printed = f"\nThe program printed:\n\n{sinks.markdown_block(output)}" if output.strip() else ""
    return f"\n### {sinks.markdown(check['id'])}\n\n{told}{printed}"


FORMAT = Format("github-summary", "a page for $GITHUB_STEP_SUMMARY", "summary.md", of_submission=summary)
