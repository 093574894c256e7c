"""The command line: what was asked for, as a list of verbs. The one place where errors become output and exit statuses."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from grader import __version__, installed
from grader import config as course
from grader.cli import options
from grader.model.errors import GraderError, UsageError
from grader.reports import files as written
from grader.run import signals
from grader.submission import intake
from grader.text import sinks

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from rich.console import Console

    from grader.model.report import Report
    from grader.run.schedule import Listener

FAILED, USAGE, TROUBLE, INTERRUPTED = 1, 2, 3, 130
_DEADLY = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    try:
        if sys.platform == "win32":
            raise GraderError("chatgrade needs Linux or macOS; on Windows, run it in WSL")
        under_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        signals.end_by(KeyboardInterrupt(), [one for one in _DEADLY if one != signal.SIGHUP or not under_nohup])
        status = commands.main(standalone_mode=False)
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        ours, label, quoting = said.getvalue().strip().partition("Error: ")
        click.echo(f"{ours}{label}{_harmless(quoting)}", err=True)
        status = error.exit_code
    except UsageError as error:
        status = _complain(error, USAGE)
    except GraderError as error:
        status = _complain(error, TROUBLE)
    except (KeyboardInterrupt, click.Abort):
        status = _complain("interrupted; everything that was started is stopped", INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has enough
        sys.stderr.close()
        status = FAILED
    except OSError as error:
        status = _complain(f"{error.filename or 'the system'}: {error.strerror}", TROUBLE)
    except Exception:  # noqa: BLE001 - a fault of ours is no verdict, and what it quotes is the student's
        status = max(_complain(line, TROUBLE) for line in traceback.format_exc().splitlines())
    sys.exit(status or 0)


def _complain(what: object, status: int) -> int:
    click.echo(f"chatgrade: {_harmless(what)}", err=True)
    return status


def _harmless(what: object) -> str:
    """What is said on standard error may quote the student: names of files, settings."""
    return sinks.terminal(str(what), sys.stderr.encoding or "ascii")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chatgrade")
def commands() -> None:
    """Check a chat server of the networking codelab, and explain what is wrong with it."""


def _add_grading_command(name: str, tasks: tuple[str, ...], summary: str) -> None:
    @commands.command(name, cls=options.Reporting, help=summary)
    @options.taking(options.GRADING)
    def command(**options: Any) -> int:  # noqa: ANN401 - click's options, by name
        return grade(tasks, **options)


for _task, _about in zip(
    options.TASKS, ("connect and chat", "framing", "/name", "dead clients", "length prefix"), strict=True
):
    _add_grading_command(
        _task, (_task,), f"Check Task {_task[-1]} ({_about}) of the submission at PATH, a folder, a file or an archive."
    )
_add_grading_command("all", options.TASKS, "Check all tasks of the submission at PATH, a folder, a file or an archive.")


def grade(tasks: tuple[str, ...], *, path: Path, **options: Any) -> int:  # noqa: ANN401 - click's options, by name
    """Take in, grade; returns the exit status."""
    asked = {form: options.pop(form.replace("-", "_")) for form in written.FORMS}
    reports = {form: name for form, name in asked.items() if name is not None}
    with intake.taken_in(path) as taken:
        return _grade(tasks, taken, reports, **options)


def _grade(
    tasks: tuple[str, ...],
    taken: intake.Intake,
    reports: Mapping[str, str],
    *,
    only: tuple[str, ...],
    seed: int | None,
    server: Path | None,
    client: Path | None,
    python: str,
    config: Path | None,
    isolation: str,
    terminal: str,
    jobs: int | None,
    verbose: bool,
    quiet: bool,
    no_color: bool,
) -> int:
    """Find, run, report; returns the exit status."""
    lab = installed.load()
    chosen, given = options.settings_and_programs(lab, tasks, taken, server, client, config)
    interpreter = options.interpreter_at(python)
    backend, terminal_notes = options.terminal_kind(terminal)

    from grader.run import runner
    from grader.run.grading import Request, grading

    request = Request(
        tasks, only, chosen, options.drawn_seed() if seed is None else seed, python, interpreter, backend, terminal_notes, given,
    )  # fmt: skip
    with written.Files(reports) as files:
        with _progress(quiet=quiet or files.alone, no_color=no_color) as progress:
            report = runner.run_one(lab, grading(lab, request, taken, progress), isolation, jobs or 0)
        files.write(report)
    if not files.alone:
        from grader.console import report as console

        console.render(report, _console(no_color=no_color), verbose=verbose, quiet=quiet)
    return report.exit_status


def _console(*, no_color: bool, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(no_color=no_color or None, stderr=stderr, highlight=False, soft_wrap=False)


def _progress(*, quiet: bool, no_color: bool) -> Any:  # noqa: ANN401 - either kind of listener
    """A line that tells how far it is, where somebody looks; otherwise nothing, and rich is not even loaded yet."""
    import contextlib

    from grader.run.schedule import Listener

    if quiet or not sys.stderr.isatty():
        return contextlib.nullcontext(Listener())
    from grader.console.progress import Progress

    return Progress(_console(no_color=no_color, stderr=True))


@commands.command("batch")
@options.taking(options.BATCH)
def grade_batch(**options: Any) -> int:  # noqa: ANN401 - click's options, by name
    """Grade a class: folders, archives, or what Canvas, Moodle and Gradescope give.

    What is unchanged is not graded again; a run that was interrupted goes on where it was.
    """
    return _grade_batch(**options)


def _grade_batch(
    *,
    paths: tuple[Path, ...],
    out: Path,
    layout: str | None,
    tasks: tuple[str, ...],
    only: tuple[str, ...],
    regrade: bool,
    cluster: str | None,
    isolation: str,
    seed: int | None,
    python: str,
    config: Path | None,
    terminal: str,
    jobs: int | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Take in, grade, tell; returns the exit status."""
    from grader.batch import grade as command
    from grader.console.batch import BatchProgress, render_summary

    lab = installed.load()
    request = options.class_request(lab, tasks or options.TASKS, paths[0], config, seed, python, terminal)
    chosen = request.settings
    batch = command.Batch(
        paths, out, layout or chosen.batch.layout, only, regrade, isolation, jobs or chosen.batch.jobs, cluster or "",
        keeps_seed=seed is None,
    )  # fmt: skip
    console = _console(no_color=no_color)
    with BatchProgress(console, _console(no_color=no_color, stderr=True), quiet=quiet) as progress:
        outcome = command.grade(lab, request, batch, progress)
    render_summary(outcome, str(out), console)
    return TROUBLE if outcome.verdicts_missing or not outcome.index else 0


@commands.command("interop")
@options.taking([*options.CLASS, click.option("--redo", is_flag=True, help="Run what is unchanged, too.")])
def meet_each_other(**options: Any) -> int:  # noqa: ANN401 - click's options, by name
    """Have everybody's client chat on everybody's server: who can chat with whom, and who is at fault.

    Our own programs take part. What is unchanged is not run again; a run that was interrupted goes on where it was.
    """
    return _meet_each_other(**options)


def _meet_each_other(
    *,
    paths: tuple[Path, ...],
    out: Path,
    layout: str | None,
    only: tuple[str, ...],
    redo: bool,
    isolation: str,
    seed: int | None,
    python: str,
    config: Path | None,
    terminal: str,
    jobs: int | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Take in, run, tell; returns the exit status."""
    from grader.batch.interop import pairs
    from grader.console.interop import InteropProgress, render_summary
    from grader.reports.html.interop import as_page
    from grader.reports.interop_csv import as_csv

    lab = installed.load()
    request = options.class_request(lab, ("interop",), paths[0], config, seed, python, terminal)
    chosen = request.settings
    asked = pairs.Asked(
        paths, out, layout or chosen.batch.layout, only, redo, isolation, jobs or chosen.batch.jobs,
        keeps_seed=seed is None,
    )  # fmt: skip
    page, table = out / "interop.html", out / "interop.csv"
    written.require_writable([page, table])
    with InteropProgress(_console(no_color=no_color, stderr=True), quiet=quiet) as progress:
        met = pairs.meet(lab, request, asked, progress)
    _replace({page: as_page(met), table: as_csv(met)})
    render_summary(met, [page, table], _console(no_color=no_color))
    return TROUBLE if met.missing else 0


def _replace(made: Mapping[Path, str]) -> None:
    """Write these files anew; the results that they were made of are kept elsewhere."""
    for file, text in made.items():
        try:
            written.replace(file, text)
        except OSError as error:
            raise GraderError(f"{file}: cannot be written ({error.strerror}); what was run is kept") from error


@commands.command("export")
@click.argument("out", type=options.FILE)
@click.option("--format", "format_name", required=True, metavar="NAME", help="csv, jsonl, markdown, junit, canvas, ...")
@click.option(
    "--fill", type=options.FILE, metavar="FILE", help="Canvas's grade book or Moodle's worksheet, as exported there."
)
@click.option("-o", "--to", type=options.FILE, metavar="PATH", help="A file, or a folder for a file of each hand-in.")
@click.option("--column", default="", help="Canvas: the title of the assignment, if several may be meant.")
@click.option("--bonus", is_flag=True, help="Count bonus points towards the score.")
@click.option("--provisional", is_flag=True, help="Fill in scores that still await a review, too.")
@click.option("--visibility", default="", help="Gradescope: visible, hidden, after_due_date or after_published.")
def export_class(
    out: Path, format_name: str, fill: Path | None, to: Path | None, column: str, visibility: str, *, bonus: bool,
    provisional: bool,
) -> None:  # fmt: skip
    """Write the results of a class in the form that a platform takes; to standard output if no path is given."""
    from grader.batch.store import Store
    from grader.reports import registry

    with Store(out) as store:
        choices = registry.Choices(bonus, provisional, column, visibility, os.environ)
        made = registry.export(store.whole_class(), format_name, fill, choices)
    _write_files(made.files, to)
    for note in made.notes:
        click.echo(f"note  {_harmless(note)}", err=True)


def _write_files(made: Mapping[str, bytes], to: Path | None) -> None:
    """One file to the path or standard output, several into the folder."""
    try:
        if len(made) == 1 and not any("/" in name for name in made):
            (data,) = made.values()
            if to is None:
                sys.stdout.buffer.write(data)
            else:
                to.write_bytes(data)
            return
        if to is None:
            raise UsageError("this format makes a file of each hand-in: name a folder for them with -o.")
        for name, data in made.items():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes(data)
    except OSError as error:
        raise UsageError(f"{error.filename or to}: cannot be written ({error.strerror}).") from error


@commands.command("watch")
@click.option("--task", "tasks", multiple=True, type=click.Choice(options.TASKS), help="Only this task. Repeatable.")
@options.taking(options.SUBMISSION)
def watch(**options: Any) -> int:  # noqa: ANN401 - click's options, by name
    """Check the submission at PATH again on each save, and show what is new; Ctrl-C ends it."""
    return _watch(**options)


def _watch(
    *,
    path: Path,
    tasks: tuple[str, ...],
    only: tuple[str, ...],
    seed: int | None,
    server: Path | None,
    client: Path | None,
    python: str,
    config: Path | None,
    isolation: str,
    terminal: str,
    jobs: int | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Grade whenever something is saved, and show; returns the exit status."""
    from grader.console import live
    from grader.run import runner
    from grader.run.grading import Request, grading
    from grader.watch import saves
    from grader.watch import watch as watching

    try:
        path.stat()
    except OSError as error:
        raise UsageError(f"{path}: cannot be watched ({error.strerror}).") from error
    lab, tasks, kept_seed = installed.load(), tasks or options.TASKS, options.drawn_seed() if seed is None else seed
    lab.catalogue.with_needs(only)  # an id that there is not is no matter of the submission
    interpreter, (backend, notes) = options.interpreter_at(python), options.terminal_kind(terminal)

    def grade_once(listener: Listener, saved: Connection) -> Report:
        with intake.taken_in(path) as taken:
            chosen, given = options.settings_and_programs(lab, tasks, taken, server, client, config)
            request = Request(tasks, only, chosen, kept_seed, python, interpreter, backend, notes, given)
            return runner.run_one(lab, grading(lab, request, taken, listener), isolation, jobs or 0, saved)

    place = saves.Place(path, [file for file in (server, client) if file], config)
    try:
        with live.viewer(_console(no_color=no_color), path, kept_seed, quiet=quiet) as viewer:
            watching.watch(place, grade_once, viewer)
    except KeyboardInterrupt:  # the way to end it
        return INTERRUPTED


@commands.command("checks")
def list_checks() -> None:
    """List all checks: ids, points, what each asks."""
    from grader.console.catalogue import render_checks

    render_checks(installed.load().catalogue, _console(no_color=False))


@commands.command("explain")
@click.argument("check_id", metavar="CHECK")
def explain(check_id: str) -> None:
    """Tell what a check does, why it matters, what usually goes wrong, and where to read."""
    from grader.console.catalogue import render_explanation

    render_explanation(installed.load().catalogue[check_id], _console(no_color=False))


@commands.command("doctor")
@click.option(
    "--python", metavar="EXE", default=options.OWN_PYTHON, help="The Python that is to run students' programs."
)
@click.option("--config", type=options.FILE, metavar="FILE", help="Settings; else chatgrade.toml here or above.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same.")
def doctor(*, python: str, config: Path | None, no_color: bool) -> int:
    """Tell what this machine can do, and what that means for grading."""
    from grader.console.doctor import render
    from grader.doctor import examine
    from grader.doctor.finding import Machine

    lab, file = installed.load(), config or course.find(Path())
    examination = examine(Machine(lab, course.load(file, lab), file, options.located(python)))
    render(examination, _console(no_color=no_color))
    return 0 if examination.can_grade else TROUBLE


@commands.command("init")
@click.argument("folder", metavar="DIR")
def start_course(folder: str) -> None:
    """Write the starting kit into DIR: the task sheet, a form for the answers, and all settings with their defaults.

    Files that are there already are left as they are.
    """
    from grader import kit
    from grader.console.kit import render

    if not folder:
        raise UsageError("the name of the folder is empty: `chatgrade init .` lays the kit out here.")
    render(kit.lay_out(Path(folder), installed.load()), _console(no_color=False))


@commands.command("review")
@click.argument("out", type=options.FILE)
@click.option("--again", is_flag=True, help="Go through the answers even if all are judged.")
@click.option("--list", "as_list", is_flag=True, help="Print all answers, a line each, in columns parted by tabs.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same.")
def review(*, out: Path, again: bool, as_list: bool, no_color: bool) -> None:
    """Judge what awaits a person in the results of a class at OUT: equal answers at once, by single keys."""
    from grader.console import review as review_screen

    if as_list:
        review_screen.print_list(out, _console(no_color=no_color))
    else:
        review_screen.review(out, _console(no_color=no_color), again=again)
