"""From what a failed program shows (its end, its last traceback, its threads' stacks) to a sentence about the cause."""

from __future__ import annotations

import re
import signal
from dataclasses import replace

from grader.diagnosis.deadlocks import lock_taken_twice, stuck_threads, waiting_for_a_lock
from grader.diagnosis.own_code import Source
from grader.diagnosis.tracebacks import Crash, Frame, Thread, dumped_threads, last_crash
from grader.model.verdict import Failure, Where
from grader.programs.program import Program
from grader.quiescence.waiter import Ending

_REACHES_ITS_END = {
    "server": "the program reaches its end: the main thread must go on accepting clients",
    "client": "the program reaches its end: the main thread must go on reading what is typed",
}
_DID_NOTHING = 'it did nothing at all: is main() called? The line must read: if __name__ == "__main__":'


def how_it_ended(program: Program) -> str:
    """`ended with status 1`, `ended by SIGSEGV`."""
    code = program.returncode or 0
    if code >= 0:
        return f"ended with status {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


def add_cause(failure: Failure, program: Program, ending: Ending | None, source: Source) -> Failure:
    """The failure with what the program itself tells about it, if it tells anything.

    An `ending` says that something was awaited and never came; only then are the threads asked, which ends the program.
    """
    if program.ended():
        return _with_end(failure, program, source)
    if ending is None:
        return failure
    if program.is_stopped():
        return replace(failure, hint=f"the {program.role} has stopped itself (SIGSTOP, or Ctrl-Z): nothing wakes it")
    crash = last_crash(program.printed)
    stacks = dumped_threads(program.dump_stacks()) if ending is not Ending.BUSY else []
    failure = replace(failure, threads=stuck_threads(stacks, source))
    deadlock = lock_taken_twice(stacks, source)
    if deadlock:
        return replace(
            failure,
            where=deadlock.where,
            observed=f"{failure.observed}; the {program.role} has stopped for good",
            hint=f"{deadlock.function}() waits for {deadlock.lock} (line {deadlock.where.line}), which "
            f"{deadlock.holder_function}() has already taken and still holds when it calls it (line "
            f"{deadlock.holder.line}): a Lock cannot be taken twice",
        )
    if crash and crash.in_thread:
        return _with_crash(failure, crash, source, f"a thread of the {program.role}")
    if crash:  # it lives, so it has caught this; it may have to do with the failure or not
        return replace(
            failure, hint=f"{failure.hint}; the {program.role} also printed {crash.error}".removeprefix("; ")
        )
    if ending is Ending.BUSY:
        return replace(failure, observed=f"{failure.observed}; the {program.role} computes without an end")
    waiting = waiting_for_a_lock(stacks, source)
    if waiting:
        return replace(
            failure,
            where=source.where(waiting),
            hint=f"{waiting.function}() waits for a lock that nobody gives back. {failure.hint}".strip(),
        )
    # A server that waits in accept() and recv() is as it should be; a client waits for the wrong thing.
    frame = _main_frame(stacks, source) if program.role == "client" and not failure.where else None
    if frame and not re.search(r"\binput\(|readline\(|getpass\(", source.text(frame)):  # where it should wait
        place = f"it waits in line {frame.line}: {source.text(frame)}"
        return replace(failure, where=source.where(frame), hint=f"{failure.hint}; {place}".removeprefix("; "))
    return failure


def _with_end(failure: Failure, program: Program, source: Source) -> Failure:
    """The failure, with how and why the program has ended."""
    failure = replace(failure, observed=f"{failure.observed}; the {program.role} had {how_it_ended(program)}")
    crash = last_crash(program.printed)
    if crash:
        return _with_crash(failure, crash, source, f"the {program.role}")
    return replace(failure, hint=_why_it_ended(program))


def _why_it_ended(program: Program) -> str:
    """Why a program that shows no traceback may have ended."""
    printed = [line.strip() for line in program.printed.splitlines() if line.strip()]
    if program.returncode == 0:
        return _REACHES_ITS_END[program.role] if printed else _DID_NOTHING
    if printed:
        return f'the program ends itself; the last that it printed is "{printed[-1][:200]}"'
    return "the program ends itself, and does not say why"


def ended_early(failure: Failure, program: Program, source: Source) -> Failure:
    """The failure of a client that ended before it did anything."""
    crash = last_crash(program.printed)
    failure = replace(failure, observed=f"it {how_it_ended(program)} before it connected")
    if crash is None:
        return replace(failure, hint=_why_it_ended(program))
    return _startup_crash(replace(failure, observed=f"{failure.observed}: {crash.error}"), crash, program.role, source)


def traceback_shown(crash: Crash, expected: str, source: Source) -> Failure:
    """The failure of a program that ends, but not quietly."""
    hint = f"catch the {crash.error.partition(':')[0]} where it can happen"
    if "Bad file descriptor" in crash.error:
        hint = "one thread closed the socket while this one was still using it: close it when the listener has ended"
    return Failure(
        "a traceback is shown", f"{expected}, without a traceback", f"it printed {crash.error}", hint,
        source.deepest(crash.frames),
    )  # fmt: skip


def where_it_is(program: Program, source: Source) -> Where | None:
    """The student's line in which a program is: that of a thread beside the main thread, if there is one."""
    threads = dumped_threads(program.dump_stacks())
    own = [[frame for frame in thread.frames if source.own(frame)] for thread in threads]  # the main thread comes last
    return next((source.where(frames[0]) for frames in own if frames), None)


def _with_crash(failure: Failure, crash: Crash, source: Source, who: str) -> Failure:
    where = source.deepest(crash.frames)
    place = f" (line {where.line})" if where else ""
    return replace(failure, where=where, hint=f"{who} ended with {crash.error}{place}")


def not_handed_in(role: str, name: str) -> Failure:
    """That there is no program for this role."""
    return Failure(
        f"there is no {name}",
        f"the submission holds {name}",
        "there is no such file",
        f"hand it in beside the rest, or name it with --{role}",
    )


def never_listened(program: Program, port: int, source: Source, ending: Ending | None) -> Failure:
    """Why a server that was started does not listen."""
    name = program.file.name
    expected = f"python3 {name} listens on port {port} and stays up"
    if not program.ended():
        failure = Failure(
            f"{name} runs, but never listens", expected, "it runs, but listens on no port",
            "the server never calls listen(), or waits for something else before it does",
        )  # fmt: skip
        return _with_place(failure, program, source, ending)
    crash = last_crash(program.printed)
    observed = f"it {how_it_ended(program)}"
    summary = f"{name} {how_it_ended(program)} before it listened"
    if crash is None:
        return Failure(summary, expected, observed, _why_it_ended(program))
    return _startup_crash(Failure(summary, expected, f"{observed}: {crash.error}"), crash, "server", source)


def _startup_crash(failure: Failure, crash: Crash, role: str, source: Source) -> Failure:
    """The failure of a program that crashed before it did anything: with advice for its kind of crash, or the crash itself."""
    failure = _with_crash(failure, crash, source, f"the {role}")
    return replace(failure, hint=_startup_hint(crash, role) or failure.hint)


def _startup_hint(crash: Crash, role: str) -> str:
    kind = crash.error.partition(":")[0].rpartition(".")[2]
    hints = {
        "SyntaxError": "Python cannot read the file: look at the line with the caret, and at the end of the line before it",
        "IndentationError": "Python cannot read the file: the indentation of that line does not fit the lines around it",
        "TabError": "Python cannot read the file: that line mixes tabs and blanks",
        "ModuleNotFoundError": "that module is not there: hand it in beside the program, or use the standard library only",
        "ImportError": "that import does not work: the name is not in that module",
    }
    by_role = {
        "server": {
            "EOFError": "the program asks for input; a server must start without anybody typing",
            "OSError": "the system refused: look at the address and the port given to bind()",
        },
        "client": {
            "ConnectionRefusedError": "nobody listens where it calls: look at the address and the port given to connect()",
            "TimeoutError": "nobody answers where it calls: look at the address and the port given to connect()",
            "OSError": "the system refused: look at the address and the port given to connect()",
            "gaierror": "HOST is no address that this machine knows",
        },
    }
    return hints.get(kind) or by_role[role].get(kind, "")


def _with_place(failure: Failure, program: Program, source: Source, ending: Ending | None) -> Failure:
    """Where in the student's file the main thread stands."""
    if ending in (None, Ending.DEAD, Ending.BUSY):
        return failure
    stacks = dumped_threads(program.dump_stacks())
    failure = replace(failure, threads=stuck_threads(stacks, source))
    frame = _main_frame(stacks, source)
    if not frame:
        return failure
    return replace(failure, where=source.where(frame), hint=f"it waits in line {frame.line}: {source.text(frame)}")


def _main_frame(stacks: list[Thread], source: Source) -> Frame | None:
    """The student's line in which the main thread stands, or where it is done the next thread that goes on."""
    own = [[frame for frame in thread.frames if source.own(frame)] for thread in stacks]
    return next((frames[0] for frames in reversed(own) if frames), None)
