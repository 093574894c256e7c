"""`chatgrade checks`: list the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from grader import installed
from grader.cli import output
from grader.console.catalogue import render_checks


@dataclass(frozen=True, kw_only=True)
class ChecksOptions:
    """The command has no options."""


def run(_: ChecksOptions) -> int:
    """Print the catalogue; returns the exit status."""
    render_checks(installed.load().catalogue, output.console())
    return 0
