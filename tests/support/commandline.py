"""The command line in a fork of the test process: what starts anew is the command, not Python.

A report made by hand may stand in for a run, where the matter is what is written of it and where. That the command itself can
be started is proved by tests that start it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from grader import cli
from grader.model.report import Report
from grader.run import runner


def chatgrade(
    *arguments: object, report: Report | None = None, cwd: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line, its output in files; with a report, nothing is run, and that is what comes of it."""
    argv = ["chatgrade", *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            _become(argv, report, cwd, {"COLUMNS": "100", **environ}, out.fileno(), err.fileno())
        _, status = os.waitpid(pid, 0)
        said = [(stream.seek(0), stream.read().decode("utf-8", "surrogateescape"))[1] for stream in (out, err)]
    return subprocess.CompletedProcess(argv, os.waitstatus_to_exitcode(status), *said)


def _become(
    argv: list[str], report: Report | None, cwd: Path | None, environ: dict[str, str], out: int, err: int
) -> None:
    """Be that command until it ends; never return."""
    status: object = 70  # unless it ends as it should
    try:
        os.dup2(out, 1), os.dup2(err, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - descriptors, until this process ends
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.environ.update(environ)
        os.chdir(cwd or Path.cwd())
        sys.argv = argv
        if report:
            runner.run_one = lambda *_: report  # type: ignore[assignment]
        cli.main()
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001 - whatever it is, the other process must hear of it
        traceback.print_exc()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(int(str(status or 0)))
