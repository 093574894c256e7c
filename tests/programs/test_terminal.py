"""Terminals: what a program finds there, what is typed, what is seen, and the proof that nothing is on its way."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from grader.programs.program import Program, Programs
from grader.programs.terminal import KINDS, Pipes, PseudoTerminal, Terminal
from grader.quiescence import threads
from grader.system import procfs
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript

pytestmark = pytest.mark.own_process


def launch(folder, code: str, kind: str = "pty") -> tuple[Program, Terminal, Programs]:
    """Start a program with this code at a terminal."""
    (folder / "program.py").write_text(code)
    loop = Loop()
    programs = Programs(sys.executable, folder, loop)
    terminal = KINDS[kind]("ada", loop, Transcript())
    return programs.start(folder / "program.py", "client", terminal), terminal, programs


def until(condition, programs: Programs) -> None:
    """Look until it is so; the limit only ends a test that has failed."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
        programs.loop.pump(0.002)


def shown(folder, code: str, kind: str = "pty", typed: str = "") -> list[str]:
    """What stands on the terminal when the program has ended."""
    program, terminal, programs = launch(folder, code, kind)
    if typed:
        until(lambda: terminal.shows("ready"), programs)
        terminal.types(typed)
    until(program.ended, programs)
    programs.stop()
    return terminal.lines()


def test_is_a_terminal(tmp_path):
    """The program has a controlling terminal of a fair size on all three descriptors."""
    code = (
        "import os, sys\nprint(all(os.isatty(n) for n in (0, 1, 2)), os.get_terminal_size().columns > 79, "
        "os.tcgetpgrp(0) == os.getpgrp())\nopen('/dev/tty', 'w').write('tty\\n')"
    )
    assert shown(tmp_path, code) == ["True True True", "tty"]


def test_pipes_are_no_terminal(tmp_path):
    """With pipes the program sees that there is no terminal."""
    assert shown(tmp_path, "import os\nprint([os.isatty(n) for n in (0, 1, 2)])", "pipes") == ["[False, False, False]"]


@pytest.mark.parametrize(("kind", "seen"), [("pty", False), ("pipes", True)])
def test_what_is_not_flushed(tmp_path, kind, seen):
    """At a terminal it stays in the buffer, as for its user; at pipes, where no line would come by itself, it is seen."""
    code = "import os\nprint('a line')\nprint('kept', end='')\nos.write(1, b'end\\n')\nos.kill(os.getpid(), 9)"
    lines = shown(tmp_path, code, kind)
    assert lines == ["a line", "keptend" if seen else "end"]


def test_at_the_keyboard(tmp_path):
    """It is seen that a program waits for what is typed, and that it waits for something else."""
    code = "import time\nprint('ready')\ninput()\nprint('on')\ntime.sleep(600)"
    program, terminal, programs = launch(tmp_path, code, "pty")
    until(lambda: threads.reads(program.pids(), terminal.keyboard), programs)
    terminal.types("so\n")
    until(lambda: terminal.shows("on"), programs)
    assert not threads.reads(program.pids(), terminal.keyboard)
    programs.stop()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("line", ["hello world", "déjà vu 漢字 🎉", "x" * 120])
def test_typed_line(tmp_path, kind, line):
    """A line typed reaches the program as it is."""
    got = shown(tmp_path, "print('ready')\ntext = input()\nprint(f'<{text}>')", kind, f"{line}\n")
    assert f"<{line}>" in got


def test_typed_in_raw_mode(tmp_path):
    """A program that takes every key by itself gets them as they are pressed, Enter as a return."""
    code = (
        "import os, sys, tty\ntty.setraw(0)\nos.write(1, b'ready\\r\\n')\nkeys = b''\n"
        "while not keys.endswith(b'\\r'): keys += os.read(0, 10)\nos.write(1, repr(keys).encode())"
    )
    assert shown(tmp_path, code, typed="abc\n")[-1] == r"b'abc\r'"


def test_silent_prompt(tmp_path):
    """getpass() reads from the terminal, and nothing of what is typed is shown."""
    code = "import getpass\nprint('ready')\nprint(len(getpass.getpass('Name: ')))"
    program, terminal, programs = launch(tmp_path, code)
    until(lambda: terminal.shows("Name:"), programs)
    terminal.types("secret\n")
    until(program.ended, programs)
    programs.stop()
    assert terminal.shows("6")
    assert not terminal.shows("secret")


def test_interrupt_key(tmp_path):
    """Ctrl-C is a key: the program gets SIGINT."""
    code = "try: print('ready'); input()\nexcept KeyboardInterrupt: print('interrupted')"
    assert shown(tmp_path, code, typed="\x03")[-1].endswith("interrupted")


@pytest.mark.parametrize("kind", KINDS)
def test_hang_up_ends_a_plain_program(tmp_path, kind):
    """When the terminal is closed, a program that waits for input ends."""
    program, terminal, programs = launch(tmp_path, "print('ready')\ninput()", kind)
    until(lambda: terminal.shows("ready"), programs)
    terminal.hang_up()
    until(program.ended, programs)
    assert program.returncode == (-signal.SIGHUP if kind == "pty" else 1)
    programs.stop()


def test_nothing_is_left(tmp_path):
    """A program that ignores the hang-up and the end of its input is stopped, and no descriptor is left."""
    before = len(procfs.open_files(os.getpid()))
    code = (
        "import signal, time\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('ready')\nwhile True:\n try: input()\n except EOFError: time.sleep(0.01)\n except OSError: time.sleep(0.01)"
    )
    program, terminal, programs = launch(tmp_path, code)
    until(lambda: terminal.shows("ready"), programs)
    terminal.hang_up()
    assert not program.ended()
    programs.stop()
    programs.loop.close()
    assert procfs.descendants(os.getpid()) == []
    assert len(procfs.open_files(os.getpid())) == before


@pytest.mark.parametrize("kind", KINDS)
def test_unread(tmp_path, kind):
    """What was typed and not read is known; once it is read, that is known too."""
    code = "import os, signal\nprint('ready')\nsignal.sigwait({signal.SIGUSR1})\nprint('got', input())"
    program, terminal, programs = launch(
        tmp_path, "import signal\nsignal.pthread_sigmask(0, {signal.SIGUSR1})\n" + code, kind
    )
    until(lambda: terminal.shows("ready"), programs)
    assert not programs.unread()
    terminal.types("words\n")
    assert programs.unread()
    os.kill(program.pid, signal.SIGUSR1)
    until(lambda: terminal.shows("got words"), programs)
    assert not programs.unread()
    programs.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_printed_is_there_after_draining(tmp_path, kind):
    """Draining once, after the program has stopped itself, brings all that it has printed: nothing is on its way."""
    code = "import os, signal\nfor number in range(40): print('line', number)\nos.kill(os.getpid(), signal.SIGSTOP)"
    for _ in range(20):
        program, terminal, programs = launch(tmp_path, code, kind)
        until(lambda one=program: procfs.state(one.pid, one.pid) == "T", programs)
        programs.drain()
        assert terminal.lines()[-1] == "line 39"
        programs.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_flood(tmp_path, kind):
    """A program that prints without an end is noticed, and what is kept of it stays small."""
    program, terminal, programs = launch(tmp_path, "while True: print('spam ' * 20)", kind)
    until(lambda: programs.loop.flood is not None, programs)
    programs.stop()
    assert programs.loop.flood is not None
    assert "floods ada's terminal" in programs.loop.flood.summary
    assert len(program.printed) < 200_000
    assert len(terminal.lines()) < 10_000


def test_echo_is_no_output(tmp_path):
    """The transcript tells what was typed once, and what the program printed."""
    program, terminal, programs = launch(tmp_path, "print('ready')\nprint('you said ' + input('> '))")
    until(lambda: terminal.shows(">"), programs)
    terminal.types("copper lantern\n")
    until(program.ended, programs)
    programs.stop()
    told = [(event.dir, event.data) for event in terminal._transcript.beginning()]
    assert told == [("in", "ready"), ("in", ">"), ("out", "copper lantern\n"), ("in", "you said copper lantern")]


@pytest.mark.parametrize("kind", [PseudoTerminal, Pipes])
def test_close_without_a_program(kind):
    """A terminal that nothing was started at can be closed."""
    loop = Loop()
    terminal = kind("ada", loop, Transcript())
    terminal.close()
    terminal.close()
    loop.close()
