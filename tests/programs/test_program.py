"""Program: what it gives a student's program, what it keeps of its output, and that nothing of it is left."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from grader.diagnosis.deadlocks import lock_taken_twice
from grader.diagnosis.own_code import OwnCode
from grader.diagnosis.tracebacks import dumped_threads
from grader.model.errors import GraderError
from grader.programs.program import Program, Programs
from grader.quiescence import threads as idle
from grader.system import procfs
from grader.wire.loop import Loop

pytestmark = pytest.mark.own_process


def launch(folder, code: str, python: str = sys.executable) -> tuple[Program, Loop]:
    """Start a program with this code."""
    (folder / "program.py").write_text(code)
    loop = Loop()
    return Programs(python, folder, loop).start(folder / "program.py"), loop


def until(condition, loop: Loop) -> None:
    """Look until it is so; the limit only ends a test that has failed."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
        loop.pump(0.002)


def ran(folder, code: str) -> Program:
    """A program that has been left to its end, and stopped."""
    program, loop = launch(folder, code)
    until(program.ended, loop)
    program.stop()
    return program


def gone(pid: int) -> bool:
    """Whether there is no such process, not even a dead one."""
    return not Path(f"/proc/{pid}").exists()


# -- nothing is left ---------------------------------------------------------------------------------------------------

FORK = "import os, signal, sys, time\ndef rest():\n os.write(1, b'%d\\n' % os.getpid())\n while True: signal.pause()\n"
LEAVES = {
    "itself": (1, "rest()"),
    "SIGTERM and others ignored": (
        1, "for n in (1, 2, 3, 10, 12, 13, 14, 15, 20, 21, 22): signal.signal(n, signal.SIG_IGN)\nrest()"
    ),
    "stopped": (1, "os.write(1, b'%d\\n' % os.getpid())\nos.kill(os.getpid(), signal.SIGSTOP)\nrest()"),
    "a child": (2, "os.fork()\nrest()"),
    "a child in a session of its own": (2, "if not os.fork(): os.setsid()\nrest()"),
    "an orphan": (1, "if os.fork(): sys.exit()\nrest()"),
    "an orphan's orphan, each with a session": (
        1, "if os.fork(): sys.exit()\nos.setsid()\nif os.fork(): sys.exit()\nos.setsid()\nrest()"
    ),
    "a daemon beside it": (2, "if not os.fork():\n os.setsid()\n if os.fork(): os._exit(0)\nrest()"),
    "a stopped child": (2, "if os.fork(): rest()\nos.write(1, b'%d\\n' % os.getpid())\nos.kill(os.getpid(), signal.SIGSTOP)"),
    "a child that only holds the pipe": (2, "if os.fork(): os.write(1, b'%d\\n' % os.getpid()); sys.exit()\nrest()"),
    "dead children": (1, "for _ in range(5):\n if not os.fork(): os._exit(0)\nrest()"),
    "many children": (21, "for _ in range(20):\n if not os.fork(): rest()\nrest()"),
    "a chain of children": (11, "for _ in range(10):\n if os.fork(): break\nrest()"),
    "threads": (1, "import threading\nfor _ in range(9): threading.Thread(target=signal.pause).start()\nrest()"),
    "another program": (2, "import subprocess\np = subprocess.Popen(['sleep', '1000'])\nos.write(1, b'%d\\n' % p.pid)\nrest()"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAVES)
def test_stop_leaves_nothing(tmp_path, name):
    """After stop() no process of the program is there, not even a dead one, whatever it did to stay."""
    count, code = LEAVES[name]
    program, loop = launch(tmp_path, FORK + code)
    until(lambda: len(program.printed.split()) >= count and program.printed.endswith("\n"), loop)
    pids = {int(word) for word in program.printed.split()}
    assert pids <= {program.pid, *program.pids()}
    program.stop()
    assert procfs.descendants(os.getpid()) == []
    assert [pid for pid in pids if not gone(pid)] == []


def test_stop_outruns_what_forks_on_and_on(tmp_path):
    """A program whose processes each start the next one and end is stopped too."""
    code = FORK + "print('x', flush=True)\nwhile True:\n if os.fork(): os._exit(0)\n os.setsid()"
    program, loop = launch(tmp_path, code)
    until(lambda: program.printed != "", loop)
    program.stop()
    assert procfs.descendants(os.getpid()) == []


def test_stop_right_after_start(tmp_path):
    """A program that has hardly begun is stopped like any other."""
    program, _ = launch(tmp_path, "while True: pass")
    program.stop()
    assert gone(program.pid)
    assert program.returncode == -signal.SIGKILL


def test_stop_twice(tmp_path):
    """Stopping again does nothing, and the program has no processes any more."""
    program, loop = launch(tmp_path, FORK + "rest()")
    until(lambda: program.printed != "", loop)
    program.stop()
    program.stop()
    assert program.pids() == []


def test_descriptors_are_given_back(tmp_path):
    """A program that was stopped has left no descriptor in the grader's process."""

    def used() -> int:
        """How many are open, without those of rubbish that other tests have left."""
        program, loop = launch(tmp_path, "print('x')")
        program.stop()
        loop.close()
        del program, loop
        gc.collect()
        return len(procfs.open_files(os.getpid()))

    before = used()
    assert [used() for _ in range(3)] == [before] * 3


# -- what it prints ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 24 << 10, (24 << 10) + 1, 64 << 10])
def test_output_is_kept(tmp_path, size):
    """Output up to 64 kB is kept as it is."""
    assert ran(tmp_path, f"print('x' * {size}, end='')").printed == "x" * size


@pytest.mark.parametrize(
    ("size", "left_out"), [((64 << 10) + 1, 1), (1_000_000, 1_000_000 - (64 << 10)), (30 << 20, 31391744)]
)
def test_middle_of_much_output_is_left_out(tmp_path, size, left_out):
    """Of more output the beginning and the end are kept, and how much is left out is said."""
    code = f"import sys\nsys.stdout.write('first' + 'x' * ({size} - 9) + 'last')\n"
    printed = ran(tmp_path, code).printed
    assert printed.startswith("first" + "x" * 1000)
    assert printed.endswith("x" * 1000 + "last")
    assert f"x\n[... {left_out} bytes left out ...]\nx" in printed
    assert len(printed) < 70_000


def test_both_streams_in_order(tmp_path):
    """Standard output and standard error are one stream, in the order of printing, without buffering."""
    code = "import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three')\n1 / 0"
    printed = ran(tmp_path, code).printed
    assert printed.startswith("one\ntwo\nthree\nTraceback")


def test_output_that_is_no_text(tmp_path):
    """Bytes that are no UTF-8 are kept readable, escape sequences and NULs unchanged."""
    code = "import sys\nsys.stdout.buffer.write(b'\\xff\\xc3\\x1b[31m\\0' + 'ü😀'.encode())"
    assert ran(tmp_path, code).printed == "\\xff\\xc3\x1b[31m\0ü😀"


def test_output_before_the_stop_is_kept(tmp_path):
    """What was printed before the program was stopped can still be read, and what a fuller pipe held too."""
    program, loop = launch(tmp_path, "print('x' * 60000)\nimport signal\nsignal.pause()")
    until(lambda: procfs.threads(program.pid) and idle.read(program.pids()).activity is idle.Activity.IDLE, loop)
    program.stop()
    assert program.printed == "x" * 60000 + "\n"


# -- what it is given --------------------------------------------------------------------------------------------------


def test_environment(tmp_path, monkeypatch):
    """The environment is small, in UTF-8 and has nothing of the grader's own."""
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "LD_PRELOAD", "SECRET_TOKEN", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("LC_ALL", "POSIX")
    code = "import json, os, sys, locale\nprint(json.dumps([dict(os.environ), sys.stdout.encoding, sys.getfilesystemencoding()]))"
    environment, *encodings = json.loads(ran(tmp_path, code).printed)
    assert set(environment) <= {
        "PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "PYTHONUNBUFFERED",
        "PYTHONFAULTHANDLER", "PYTHONDONTWRITEBYTECODE",
    }  # fmt: skip
    assert environment["HOME"] == environment["TMPDIR"] == str(tmp_path)
    assert [one.lower() for one in encodings] == ["utf-8", "utf-8"]


def test_standard_input_is_empty(tmp_path):
    """A program that asks for input meets its end at once."""
    program = ran(tmp_path, "input('port? ')")
    assert program.printed.rstrip().endswith("EOFError: EOF when reading a line")
    assert program.returncode == 1


def test_starts_as_a_student_starts_it(tmp_path):
    """It runs in its own folder under its own name, in a session without a terminal, with default signal handling."""
    code = (
        "import json, os, signal, sys\nhandled = [signal.getsignal(n) is signal.SIG_DFL for n in (15, 1)]\n"
        "print(json.dumps([sys.argv, os.getcwd(), __name__, os.getsid(0) == os.getpid(), handled, os.isatty(1)]))"
    )
    signal.signal(signal.SIGHUP, lambda *_: None)
    told = json.loads(ran(tmp_path, code).printed)
    assert told == [["program.py"], str(tmp_path.resolve()), "__main__", True, [True, True], False]


def test_no_descriptor_is_inherited(tmp_path):
    """It has its three standard streams and no descriptor of the grader's, not even one that could be inherited."""
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    code = "import os\nprint([n for n in range(256) if os.path.exists(f'/proc/self/fd/{n}')])"
    assert ran(tmp_path, code).printed == "[0, 1, 2]\n"
    os.close(read_end)
    os.close(write_end)


def test_imports_what_lies_beside_it(tmp_path):
    """A helper module in its folder is found, and no byte code is written there."""
    (tmp_path / "chatlib.py").write_text("WORD = 'hello'\n")
    assert ran(tmp_path, "import chatlib\nprint(chatlib.WORD)").printed == "hello\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chatlib.py", "program.py"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", 0),
        ("raise SystemExit(3)", 3),
        ("1 / 0", 1),
        ("import os\nos.kill(os.getpid(), 9)", -9),
        ("import os\nos.abort()", -6),
    ],
)
def test_return_code(tmp_path, code, status):
    """The exit status is known, or the signal that ended it."""
    assert ran(tmp_path, code).returncode == status


@pytest.mark.parametrize("python", ["/nowhere/python3", "no-such-python-anywhere", "/etc/passwd"])
def test_python_that_cannot_be_started(tmp_path, python):
    """A Python that cannot be started is the grader's trouble, named, and leaves no descriptor open."""
    before = len(procfs.open_files(os.getpid()))
    with pytest.raises(GraderError, match=f"cannot start '{python}': .+"):
        launch(tmp_path, "", python)
    assert len(procfs.open_files(os.getpid())) <= before + 1  # the loop's selector


DEADLOCK = """\
import threading
lock = threading.Lock()
def drop():
    with lock:
        pass
def spread():
    with lock:
        print("stuck")
        drop()
threading.Thread(target=spread).start()
threading.Event().wait()
"""


def test_dump_of_a_deadlock(tmp_path):
    """A stuck program tells where each thread stands; the dump ends it and is no part of what it printed."""
    program, loop = launch(tmp_path, DEADLOCK)
    until(lambda: "stuck" in program.printed, loop)
    until(lambda: idle.read(program.pids()).activity is idle.Activity.IDLE, loop)
    dump = program.dump_stacks()
    assert program.ended()
    assert program.printed == "stuck\n"
    threads = dumped_threads(dump)
    assert len(threads) == 2
    found = lock_taken_twice(threads, OwnCode(tmp_path))
    assert found is not None
    assert (found.where.line, found.function, found.holder.line, found.holder_function) == (4, "drop", 9, "spread")
    program.stop()
    assert program.printed == "stuck\n"


def test_dump_of_a_program_that_has_ended(tmp_path):
    """A program that has ended has no stacks, and keeps its exit status."""
    program, loop = launch(tmp_path, "raise SystemExit(3)")
    until(program.ended, loop)
    assert (program.dump_stacks(), program.returncode) == ("", 3)
    program.stop()


def test_pause_and_resume(tmp_path):
    """A paused program and its children stand still until they may go on."""
    program, loop = launch(tmp_path, FORK + "if not os.fork(): os.setsid()\nprint('x', flush=True)\nwhile True: pass")
    until(lambda: program.printed.count("x") == 2, loop)
    program.pause()
    pids = program.pids()
    assert len(pids) == 2
    before = [procfs.run_time(pid) for pid in pids]
    assert {procfs.state(pid, pid) for pid in pids} == {"T"}
    assert [procfs.run_time(pid) for pid in pids] == before
    program.resume()
    until(lambda: all(procfs.run_time(pid) > used for pid, used in zip(pids, before, strict=True)), loop)
    program.stop()
