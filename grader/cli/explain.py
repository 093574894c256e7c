"""`chatgrade explain`: show the guide to a check."""

from __future__ import annotations

from dataclasses import dataclass

from grader import installed
from grader.cli import output
from grader.cli.options import argument
from grader.console.catalogue import render_explanation


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """The options of the command."""

    check_id: str = argument(metavar="CHECK")


def run(options: ExplainOptions) -> int:
    """Print the guide to the check; returns the exit status."""
    render_explanation(installed.load().catalogue[options.check_id], output.console())
    return 0
