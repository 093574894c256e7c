"""All commands by name and help text, so that `chatgrade --help` imports none of their modules."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import click

from grader import __version__, installed
from grader.cli import options

_HELP = {
    "batch": """Grade a class: folders, archives, or what Canvas, Moodle and Gradescope give.

        What is unchanged is not graded again; a run that was interrupted goes on where it was.""",
    "checks": "List all checks: ids, points, what each asks.",
    "doctor": "Tell what this machine can do, and what that means for grading.",
    "explain": "Tell what a check does, why it matters, what usually goes wrong, and where to read.",
    "export": "Write the results of a class in the form that a platform takes; to standard output if no path is given.",
    "init": """Write the starting kit into DIR: the task sheet, a form for the answers, and all settings with their defaults.

        Files that are there already are left as they are.""",
    "interop": """Have everybody's client chat on everybody's server: who can chat with whom, and who is at fault.

        Our own programs take part. What is unchanged is not run again; a run that was interrupted goes on where it was.""",
    "review": "Judge what awaits a person in the results of a class at OUT: equal answers at once, by single keys.",
    "watch": "Check the submission at PATH again on each save, and show what is new; Ctrl-C ends it.",
}


@dataclass(frozen=True)
class CommandEntry:
    """A command whose module is imported on use.

    The module of this name in grader.cli has `run`, which takes the options (a dataclass) and returns the exit status. `fixed`
    are options with a fixed value in this command.
    """

    name: str
    help: str
    module: str
    fixed: Mapping[str, object] = field(default_factory=dict)

    def load(self) -> click.Command:
        """Import the module and make the command."""
        module = importlib.import_module(f"grader.cli.{self.module}")
        kind = next(iter(get_type_hints(module.run).values()))
        return options.command(self.name, self.help, kind, module.run, self.fixed)


class LazyGroup(click.Group):
    """Lists commands by their entries; loads a command only to run it or to show its own help."""

    def __init__(self, *, entries: Iterable[CommandEntry], **attributes: Any) -> None:  # noqa: ANN401 - click's attributes
        super().__init__(**attributes)
        self._entries = {entry.name: entry for entry in entries}
        for entry in self._entries.values():
            self.add_command(click.Command(entry.name, help=entry.help))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments begin with, and load it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, self._entries[name].load() if name in self._entries else listed, rest


def entries() -> Iterator[CommandEntry]:
    """All commands: one for each task of the codelab, one for all tasks, and those of any codelab."""
    submission = "of the submission at PATH, a folder, a file or an archive."
    tasks = installed.tasks()
    for task, (name, subject) in tasks.items():
        yield CommandEntry(task, f"Check {name} ({subject}) {submission}", "grade", {"tasks": (task,)})
    yield CommandEntry("all", f"Check all tasks {submission}", "grade", {"tasks": tuple(tasks)})
    for command, text in _HELP.items():
        yield CommandEntry(command, text, command)


@click.group(
    cls=LazyGroup,
    entries=entries(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="chatgrade")
def chatgrade() -> None:
    """Check a chat server of the networking codelab, and explain what is wrong with it."""
