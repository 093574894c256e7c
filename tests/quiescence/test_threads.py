"""Whether a program rests: small programs that wait in every way, looked at while they do."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import time

import pytest

from grader.isolation.network import Network
from grader.programs.program import Program, Programs
from grader.quiescence import threads
from grader.quiescence.sockets import Watcher
from grader.quiescence.threads import Activity
from grader.quiescence.waiter import Waiter
from grader.system import procfs
from grader.wire.loop import Loop

pytestmark = pytest.mark.own_process


def started(folder, code: str) -> tuple[Program, Loop]:
    """Start a program and wait until it has printed a line, the last it does before it waits."""
    (folder / "program.py").write_text(code)
    loop = Loop()
    program = Programs(sys.executable, folder, loop).start(folder / "program.py")
    until(lambda: "\n" in program.printed, loop)
    return program, loop


def until(condition, loop: Loop) -> None:
    """Look until it is so; the limit only ends a test that has failed."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
        loop.pump(0.002)


def steady(program: Program, loop: Loop, activity: Activity) -> threads.Reading:
    """Wait until two readings of the program are the same, of this activity; return it."""
    readings = [threads.read(program.pids())]

    def same() -> bool:
        readings.append(threads.read(program.pids()))
        return readings[-1].activity is activity and readings[-1].threads == readings[-2].threads

    try:
        until(same, loop)
    except AssertionError:
        raise AssertionError(f"never steadily {activity!r}, but {readings[-1]}") from None
    return readings[-1]


NO_LIMIT = {
    "recv": "import socket\na, b = socket.socketpair()\nprint('x')\na.recv(1)",
    "accept": "import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint('x')\ns.accept()",
    "read of a pipe": "import os\na, b = os.pipe()\nprint('x')\nos.read(a, 1)",
    "write to a full pipe": "import os\na, b = os.pipe()\nprint('x')\nos.write(b, bytes(1 << 22))",
    "select": "import select, os\na, b = os.pipe()\nprint('x')\nselect.select([a], [], [])",
    "poll": "import select, os\na, b = os.pipe()\np = select.poll()\np.register(a, 1)\nprint('x')\np.poll()",
    "epoll": "import select, os\na, b = os.pipe()\np = select.epoll()\np.register(a, 1)\nprint('x')\np.poll()",
    "asyncio": "import asyncio\nasync def main():\n print('x')\n await asyncio.Event().wait()\nasyncio.run(main())",
    "lock": "import threading\nl = threading.Lock()\nl.acquire()\nprint('x')\nl.acquire()",
    "condition": "import threading\ne = threading.Event()\nprint('x')\ne.wait()",
    "queue": "import queue\nq = queue.Queue()\nprint('x')\nq.get()",
    "join": "import threading\nt = threading.Thread(target=threading.Event().wait)\nt.start()\nprint('x')\nt.join()",
    "wait for a child": "import os\nif os.fork():\n print('x')\n os.wait()\nelse:\n os.read(os.pipe()[0], 1)",
    "pause": "import signal\nprint('x')\nsignal.pause()",
    "an hour's sleep": "import time\nprint('x')\ntime.sleep(3600)",
    "an hour's poll": "import select, os\na, b = os.pipe()\nprint('x')\nselect.select([a], [], [], 3600)",
    "recv with an hour's limit": "import socket\na, b = socket.socketpair()\na.settimeout(3600)\nprint('x')\na.recv(1)",
    "lock with an hour's limit": "import threading\nl = threading.Lock()\nl.acquire()\nprint('x')\nl.acquire(timeout=3600)",
}
LIMITED = {
    "sleep": "import time\nprint('x')\nwhile True: time.sleep(0.5)",
    "select": "import select\nprint('x')\nwhile True: select.select([], [], [], 0.5)",
    "poll": "import select\np = select.poll()\nprint('x')\nwhile True: p.poll(500)",
    "epoll": "import select\np = select.epoll()\nprint('x')\nwhile True: p.poll(0.5)",
    "recv": "import socket\na, b = socket.socketpair()\na.settimeout(0.5)\nprint('x')\nwhile True:\n try: a.recv(1)\n"
    " except OSError: pass",
    "accept": "import socket\ns = socket.create_server(('127.0.0.1', 0))\ns.settimeout(0.5)\nprint('x')\nwhile True:\n"
    " try: s.accept()\n except OSError: pass",
    "lock": "import threading\nl = threading.Lock()\nl.acquire()\nprint('x')\nwhile True: l.acquire(timeout=0.5)",
    "event": "import threading\ne = threading.Event()\nprint('x')\nwhile True: e.wait(0.5)",
    "queue": "import queue\nq = queue.Queue()\nprint('x')\nwhile True:\n try: q.get(timeout=0.5)\n except queue.Empty: pass",
    "asyncio": "import asyncio\nasync def main():\n print('x')\n while True: await asyncio.sleep(0.5)\nasyncio.run(main())",
    "sigtimedwait": "import signal\nprint('x')\nwhile True: signal.sigtimedwait([signal.SIGUSR1], 0.5)",
    "one thread of several": "import threading, time\nfor _ in range(3):\n"
    " threading.Thread(target=threading.Event().wait).start()\nprint('x')\nwhile True: time.sleep(0.5)",
    "its child": "import os, time\nif os.fork():\n print('x')\n os.wait()\nwhile True: time.sleep(0.5)",
}
BUSY = {
    "a loop": "print('x')\nwhile True: pass",
    "one thread of several": "import threading\nfor _ in range(3):\n threading.Thread(target=threading.Event().wait).start()\n"
    "print('x')\nwhile True: pass",
    "threads that wait for the interpreter": "import threading\ndef f():\n while True: pass\nfor _ in range(3):\n"
    " threading.Thread(target=f).start()\nprint('x')",
    "its child": "import os\nif os.fork():\n print('x')\n os.wait()\nwhile True: pass",
    "asking over and over": "import select\nprint('x')\nwhile True: select.select([], [], [], 0)",
}


@pytest.mark.parametrize("name", NO_LIMIT)
def test_waits_without_a_limit(tmp_path, name):
    """A program whose threads wait without a limit, or for an hour, is idle: two readings of it are the same."""
    program, loop = started(tmp_path, NO_LIMIT[name])
    reading = steady(program, loop, Activity.IDLE)
    assert reading.longest == 0.0
    program.stop()


@pytest.mark.parametrize("name", LIMITED)
def test_waits_with_a_limit(tmp_path, name):
    """A program that waits half a second at most is not idle, and its limit is read, never too long."""
    program, loop = started(tmp_path, LIMITED[name])
    reading = steady(program, loop, Activity.TIMED)
    assert 0 <= reading.longest <= 0.5
    program.stop()


@pytest.mark.parametrize("name", BUSY)
def test_busy(tmp_path, name):
    """A program that computes is busy and never seems at rest, and its processor time grows."""
    program, loop = started(tmp_path, BUSY[name])
    until(lambda: threads.read(program.pids()).activity is Activity.BUSY, loop)
    before = threads.read(program.pids())
    until(lambda: threads.read(program.pids()).run_time > before.run_time, loop)
    for _ in range(50):
        first, second = threads.read(program.pids()), threads.read(program.pids())
        assert first.activity is Activity.BUSY or first.threads != second.threads
    program.stop()


def test_held_up_in_the_kernel(tmp_path):
    """A program that goes on by itself as soon as the kernel lets it does not rest, whatever call it is in."""
    spawn = "os.posix_spawn('/bin/true', ['true'], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, 'gate', os.O_RDONLY, 0)])"
    code = f"import os\nos.mkfifo('gate')\nprint('x')\n{spawn}\nos.read(os.pipe()[0], 1)"
    program, loop = started(tmp_path, code)  # it waits in vfork() until its child has opened the pipe
    until(lambda: threads.is_held_up(threads.read(program.pids()).threads), loop)
    sockets = Watcher(Network(private=False))
    with contextlib.closing(sockets):
        patience = Waiter(program._programs, loop, sockets)
        turns = iter(range(20))
        assert patience.rest(until=lambda: next(turns, None) is None) is False
        assert next(turns, None) is None, "it seemed to rest before"
    gate = os.open(tmp_path / "gate", os.O_WRONLY)
    reading = steady(program, loop, Activity.IDLE)
    assert not threads.is_held_up(reading.threads)
    os.close(gate)
    program.stop()


@pytest.mark.parametrize("pids", [[], [1 << 22]])
def test_nobody(pids):
    """No process, or one that is not there, is dead."""
    reading = threads.read(pids)
    assert (reading.activity, reading.longest, reading.threads, reading.run_time) == (Activity.DEAD, 0.0, (), 0)


def test_ended(tmp_path):
    """A program that has ended is dead, before it is reaped and after."""
    program, loop = started(tmp_path, "print('x')")
    until(lambda: procfs.state(program.pid, program.pid) in "ZX", loop)
    assert threads.read([program.pid]).activity is Activity.DEAD
    until(program.ended, loop)
    assert threads.read([program.pid]).activity is Activity.DEAD
    assert program.pids() == []
    program.stop()


def test_all_processes_count(tmp_path):
    """The liveliest of several processes counts: an idle one and a busy one are busy together."""
    program, loop = started(tmp_path, BUSY["its child"])
    child = next(pid for pid in program.pids() if pid != program.pid)
    until(lambda: threads.read([program.pid]).activity is Activity.IDLE, loop)
    until(lambda: threads.read([child]).activity is Activity.BUSY, loop)
    assert threads.read([program.pid, child]).activity is Activity.BUSY
    program.stop()


def test_what_wakes_it_changes_the_reading(tmp_path):
    """A reading differs as soon as the program has run in between, though it waits in the same place again."""
    code = "import os, signal\nsignal.signal(signal.SIGUSR1, lambda *_: print('y'))\nprint('x')\nwhile True: signal.pause()"
    program, loop = started(tmp_path, code)
    before = steady(program, loop, Activity.IDLE)
    os.kill(program.pid, 10)
    until(lambda: "y" in program.printed, loop)
    assert steady(program, loop, Activity.IDLE).threads != before.threads
    program.stop()


@pytest.mark.parametrize(
    ("line", "woken"),
    [("pass", False), ("signal.signal(signal.SIGALRM, print)", True), ("signal.signal(signal.SIGUSR1, print)", False)],
)
def test_alarm_clock(tmp_path, line, woken):
    """A program that catches the alarm signal may wake by itself; another may not."""
    program, loop = started(tmp_path, f"import signal\n{line}\nprint('x')\nsignal.pause()")
    steady(program, loop, Activity.IDLE)
    assert procfs.may_be_woken_by_a_timer(program.pid) is woken
    program.stop()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_no_call_is_of_two_kinds(machine, monkeypatch):
    """On no machine is a system call held for unlimited that can have a limit."""
    monkeypatch.setattr("platform.machine", lambda: machine)
    spec = importlib.util.spec_from_file_location("idle_elsewhere", threads.__file__)
    assert spec is not None
    assert spec.loader is not None
    elsewhere = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    assert elsewhere._UNLIMITED
    assert not elsewhere._UNLIMITED & elsewhere._LIMITED.keys()
