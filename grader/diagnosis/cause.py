"""The cause of a failure, found from a program's exit status, its last traceback and the stacks of its threads."""

from __future__ import annotations

import re
import signal
from dataclasses import replace

from grader.diagnosis.deadlocks import lock_taken_twice, stuck_threads, waiting_for_a_lock
from grader.diagnosis.own_code import OwnCode
from grader.diagnosis.tracebacks import Crash, Frame, Thread, dumped_threads, last_crash
from grader.model.kinds import Cause, Kind
from grader.model.message import Message, joined
from grader.model.verdict import Failure, Where
from grader.programs.program import Program
from grader.quiescence.waiter import Ending

_REACHES_ITS_END = {"server": Cause.SERVER_REACHES_ITS_END, "client": Cause.CLIENT_REACHES_ITS_END}
_AT_START = {  # exceptions that Python raises before a program has done anything
    "SyntaxError": Cause.HAS_A_SYNTAX_ERROR,
    "IndentationError": Cause.IS_INDENTED_WRONGLY,
    "TabError": Cause.MIXES_TABS_AND_BLANKS,
    "ModuleNotFoundError": Cause.IMPORTS_NO_MODULE,
    "ImportError": Cause.IMPORTS_NO_NAME,
}
_AT_START_OF = {
    "server": {"EOFError": Cause.ASKS_FOR_INPUT, "OSError": Cause.CANNOT_BIND},
    "client": {
        "ConnectionRefusedError": Cause.CALLS_NO_LISTENER,
        "TimeoutError": Cause.GETS_NO_ANSWER,
        "OSError": Cause.CANNOT_CONNECT,
        "gaierror": Cause.KNOWS_NO_HOST,
    },
}

_VARIES_IN_ERRORS = re.compile(r"""(?P<quoted>"[^"]*"|(?<!\w)'.*?'(?!\w))|(?P<number>\d+(?:[.,:]\d+)*)""", re.DOTALL)


def how_it_ended(program: Program) -> Message:
    """A phrase for a program's exit status, such as `ended with status 1` or `ended by SIGSEGV`."""
    code = program.returncode or 0
    if code >= 0:
        return Message("ended with status {status}", status=code)
    try:
        return Message.of(f"ended by {signal.Signals(-code).name}")
    except ValueError:
        return Message("ended by signal {signal}", signal=-code)


def said_by(crash: Crash) -> Message:
    """The last line of a traceback: in Python's own words only quoted text and numbers vary."""
    return Message.parted(crash.error, _VARIES_IN_ERRORS)


def add_cause(failure: Failure, program: Program, ending: Ending | None, source: OwnCode) -> Failure:
    """The failure with the cause that the program itself shows, if it shows any.

    An `ending` means that an event was awaited and never came. Only then are the stacks of the threads dumped, which ends
    the program.
    """
    if program.ended():
        return _after_its_end(failure, program, source)
    if ending is None:
        return failure
    if program.is_stopped():
        return failure.with_cause(Cause.STOPS_ITSELF, role=Message.of(program.role))
    crash = last_crash(program.printed)
    stacks = dumped_threads(program.dump_stacks()) if ending is not Ending.BUSY else []
    failure = replace(failure, threads=stuck_threads(stacks, source))
    deadlock = lock_taken_twice(stacks, source)
    if deadlock:
        stopped = failure.and_seen(f"the {program.role} has stopped for good")
        return replace(stopped, where=deadlock.where).with_cause(
            Cause.TAKES_A_LOCK_TWICE,
            function=deadlock.function,
            lock=deadlock.lock,
            line=deadlock.where.line,
            holder=deadlock.holder_function,
            holder_line=deadlock.holder.line,
        )
    if crash and crash.in_thread:
        return _with_crash(failure, crash, source, f"a thread of the {program.role}")
    if crash:  # the program lives, so it has caught this exception, which may be unrelated
        return failure.and_cause(Cause.CATCHES_A_CRASH, role=Message.of(program.role), error=said_by(crash))
    if ending is Ending.BUSY:
        return failure.and_seen(f"the {program.role} runs in an endless loop (100 % CPU)")
    waiting = waiting_for_a_lock(stacks, source)
    if waiting:
        caused = failure.with_cause(Cause.WAITS_FOR_A_LOCK, function=waiting.function)
        return replace(caused, where=source.where(waiting), hint=joined(caused.hint, failure.hint, by=" "))
    # For a server it is right to wait in accept() or recv(); a client should wait for input.
    frame = _main_frame(stacks, source) if program.role == "client" and not failure.where else None
    if frame and not re.search(r"\binput\(|readline\(|getpass\(", source.text(frame)):
        waits = failure.and_cause(Cause.WAITS, line=frame.line, source=source.text(frame))
        return replace(waits, where=source.where(frame))
    return failure


def _after_its_end(failure: Failure, program: Program, source: OwnCode) -> Failure:
    """The failure of a program that had ended when something was awaited from it."""
    failure = failure.and_seen(joined(f"the {program.role} had", how_it_ended(program), by=" "))
    crash = last_crash(program.printed)
    return _with_crash(failure, crash, source, f"the {program.role}") if crash else _with_end(failure, program)


def _with_end(failure: Failure, program: Program) -> Failure:
    """The failure of a program that has ended without a traceback."""
    printed = [line.strip() for line in program.printed.splitlines() if line.strip()]
    if program.returncode == 0:
        return failure.with_cause(_REACHES_ITS_END[program.role] if printed else Cause.DOES_NOTHING)
    if printed:
        return failure.with_cause(Cause.ENDS_ITSELF_SAYING, printed=printed[-1][:200])
    return failure.with_cause(Cause.ENDS_ITSELF)


def ended_early(failure: Failure, program: Program, source: OwnCode) -> Failure:
    """The failure of a client that ended before it did anything."""
    crash = last_crash(program.printed)
    failure = replace(failure, observed=Message("it {how} before it connected", how=how_it_ended(program)))
    if crash is None:
        return _with_end(failure, program)
    return _startup_crash(failure.and_seen(said_by(crash), by=": "), crash, program.role, source)


def traceback_shown(crash: Crash, expected: str, source: OwnCode) -> Failure:
    """The failure of a program that ends, but not quietly."""
    failure = Failure.of(Kind.TRACEBACK_SHOWN, source.deepest(crash.frames), expected=expected, error=said_by(crash))
    if "Bad file descriptor" in crash.error:
        return failure.with_cause(Cause.CLOSES_A_SOCKET_IN_USE)
    return failure.with_cause(Cause.LEAVES_AN_ERROR, error_type=Message.of(crash.error.partition(":")[0]))


def where_it_is(program: Program, source: OwnCode, doing: str = "") -> Where | None:
    """The student's line that a program is in, preferably in a thread beside the main thread. Ends the program.

    The line must match the regular expression `doing`.
    """
    threads = dumped_threads(program.dump_stacks())
    own = [[frame for frame in thread.frames if source.own(frame)] for thread in threads]  # the main thread comes last
    innermost = (frames[0] for frames in own if frames)
    return next((source.where(frame) for frame in innermost if re.search(doing, source.text(frame))), None)


def _with_crash(failure: Failure, crash: Crash, source: OwnCode, who: str) -> Failure:
    where = source.deepest(crash.frames)
    failure = replace(failure, where=where)
    error = said_by(crash)
    if where:
        return failure.with_cause(Cause.CRASHES_IN_OWN_LINE, who=Message.of(who), error=error, line=where.line)
    return failure.with_cause(Cause.CRASHES, who=Message.of(who), error=error)


def not_handed_in(role: str, name: str) -> Failure:
    """The failure that no program was handed in for a role."""
    return Failure.of(Kind.NOT_HANDED_IN, name=name).with_cause(Cause.IS_NOT_THERE, role=role)


def never_listened(program: Program, port: int, source: OwnCode, ending: Ending | None) -> Failure:
    """The failure of a server that was started and does not listen."""
    name = program.file.name
    if not program.ended():
        failure = Failure.of(Kind.NEVER_LISTENS, name=name, port=port).with_cause(Cause.NEVER_CALLS_LISTEN)
        return _with_place(failure, program, source, ending)
    crash, how = last_crash(program.printed), how_it_ended(program)
    if crash is None:
        return _with_end(Failure.of(Kind.ENDS_BEFORE_LISTENING, name=name, port=port, how=how), program)
    failure = Failure.of(Kind.CRASHES_BEFORE_LISTENING, name=name, port=port, how=how, error=said_by(crash))
    return _startup_crash(failure, crash, "server", source)


def _startup_crash(failure: Failure, crash: Crash, role: str, source: OwnCode) -> Failure:
    """The failure of a program that crashed before it did anything, with advice for its kind of crash if there is any."""
    failure = _with_crash(failure, crash, source, f"the {role}")
    error = crash.error.partition(":")[0].rpartition(".")[2]
    cause = _AT_START.get(error) or _AT_START_OF[role].get(error)
    return failure.with_cause(cause) if cause else failure


def _with_place(failure: Failure, program: Program, source: OwnCode, ending: Ending | None) -> Failure:
    """The failure with the student's line that the main thread waits in, if that can be found."""
    if ending in (None, Ending.DEAD, Ending.BUSY):
        return failure
    stacks = dumped_threads(program.dump_stacks())
    failure = replace(failure, threads=stuck_threads(stacks, source))
    frame = _main_frame(stacks, source)
    if not frame:
        return failure
    return replace(failure, where=source.where(frame)).with_cause(
        Cause.WAITS, line=frame.line, source=source.text(frame)
    )


def _main_frame(stacks: list[Thread], source: OwnCode) -> Frame | None:
    """The innermost own frame of the main thread, or else of the last thread that has any."""
    own = [[frame for frame in thread.frames if source.own(frame)] for thread in stacks]
    return next((frames[0] for frames in reversed(own) if frames), None)
