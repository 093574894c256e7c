"""The command line in a fork of the test process: what starts anew is the command, not Python.

A report made by hand may stand in for a run, where the matter is what is written of it and where. That the command itself can
be started is proved by tests that start it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from grader import cli
from grader.model.report import Report
from grader.run import runner
from grader.system import procfs


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
            runner.run_one = lambda *_: report  # type: ignore[assignment]  # in this fork alone
        cli.main()
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001 - whatever it is, the other process must hear of it
        traceback.print_exc()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(int(str(status or 0)))


NEVER_LISTENS = """\
import os, signal, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
while True:
    time.sleep(9)  # the grader looks at it for longer than that
"""


def start(*arguments: object, temporary: Path) -> subprocess.Popen[str]:
    """Start the command line with a temporary folder of its own, and with Ctrl-C doing what it does at a terminal."""
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "100"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def about(folder: Path) -> list[str]:
    """Living processes that run in the folder or in a temporary one beside it, or were called with the name of one."""
    roots = (str(folder), str(folder.parent / "tmp"))
    found = []
    for pid in procfs.all_processes():
        try:
            place = str(Path(f"/proc/{pid}/cwd").readlink())
        except OSError:
            place = ""
        if (
            any(root in place or root in procfs.command_line(pid) for root in roots)
            and procfs.state(pid, pid) not in "ZX"
        ):
            found.append(f"{pid} {procfs.command_line(pid)}")
    return found
