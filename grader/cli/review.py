"""`chatgrade review`: judge answers that await a person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.cli import output
from grader.cli.options import FILE, argument, no_color, option
from grader.console import review


@dataclass(frozen=True, kw_only=True)
class ReviewOptions:
    """The options of the command."""

    out: Path = argument(type=FILE)
    again: bool = option("--again", is_flag=True, help="Go through the answers even if all are judged.")
    as_list: bool = option("--list", is_flag=True, help="Print all answers, a line each, in columns parted by tabs.")
    no_color: bool = no_color()


def run(options: ReviewOptions) -> int:
    """Print the answers, or let a person judge them; returns the exit status."""
    console = output.console(no_color=options.no_color)
    if options.as_list:
        review.print_list(options.out, console)
    else:
        review.review(options.out, console, again=options.again)
    return 0
