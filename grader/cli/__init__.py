"""The command line, one module a command. Errors become output and exit statuses here and nowhere else."""

from __future__ import annotations

import io
import signal
import sys
import traceback
from typing import NoReturn

import click

from grader.cli.commands import chatgrade
from grader.cli.output import harmless
from grader.cli.statuses import FAILED, INTERRUPTED, TROUBLE, USAGE
from grader.model.errors import GraderError, UsageError
from grader.run import signals

_DEADLY = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    try:
        if sys.platform == "win32":
            raise GraderError("chatgrade needs Linux or macOS; on Windows, run it in WSL")
        under_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        signals.end_by(KeyboardInterrupt(), [one for one in _DEADLY if one != signal.SIGHUP or not under_nohup])
        status = chatgrade.main(standalone_mode=False)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        usage, label, quoting = shown.getvalue().strip().partition("Error: ")
        click.echo(f"{usage}{label}{harmless(quoting)}", err=True)
        status = error.exit_code
    except UsageError as error:
        status = _complain(error, USAGE)
    except GraderError as error:
        status = _complain(error, TROUBLE)
    except (KeyboardInterrupt, click.Abort):
        status = _complain("interrupted; everything that was started is stopped", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has closed it
        sys.stderr.close()
        status = FAILED
    except OSError as error:
        status = _complain(f"{error.filename or 'the system'}: {error.strerror}", TROUBLE)
    except Exception:  # noqa: BLE001 - a fault of ours is no verdict; its message may quote the student
        status = max(_complain(line, TROUBLE) for line in traceback.format_exc().splitlines())
    sys.exit(status or 0)


def _complain(message: object, status: int) -> int:
    click.echo(f"chatgrade: {harmless(message)}", err=True)
    return status
