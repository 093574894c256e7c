"""The sandbox: an honest program lives well in it, limits hold, and nothing outside is in reach."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.sandboxes import HONEST, OWN, SMALL, SYSTEM, USERS, USUAL, become, begun
from support.waiting import until

from grader.isolation import seccomp
from grader.isolation.bubblewrap import Sandbox, SandboxedProcess
from grader.isolation.network import Network
from grader.model import limits
from grader.model.errors import CheckFailed, GraderError
from grader.model.limits import MEGABYTE, Limits
from grader.programs import terminal
from grader.programs.launch import SandboxLauncher
from grader.programs.program import Program, Programs
from grader.quiescence import threads
from grader.system import procfs
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript

pytestmark = [
    pytest.mark.own_process,
    pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap"),
]


@contextlib.contextmanager
def sandbox(limits: Limits = USUAL, python: str = OWN):
    """Programs in a sandbox, and the folder for the submission; all are stopped in the end."""
    try:
        network = Network(private=True)
    except GraderError as error:
        pytest.skip(str(error))
    entered = Sandbox(limits, python, (Path(python).parent,))
    loop = Loop()
    with network.for_one_check(65433), entered.home() as home:
        (home / "submission").mkdir()
        programs = Programs(python, home, loop, SandboxLauncher(entered))
        try:
            yield programs, home / "submission"
        finally:
            programs.stop()
            loop.close()


def ran(code: str, limits: Limits = USUAL, python: str = OWN, **files: str) -> Program:
    """A program that has run to its end in a sandbox."""
    with sandbox(limits, python) as (programs, folder):
        program = begun(programs, folder, code, **files)
        until(program.ended, programs.loop)
        programs.drain()
    return program


def printed(code: str, limits: Limits = USUAL, python: str = OWN, **files: str) -> str:
    """What a program prints in a sandbox."""
    return ran(code, limits, python, **files).printed


# -- an honest program lives well --------------------------------------------------------------------------------------

FAST = ("localhost", "a log beside it", "a temporary file", "its modules", "other processes")


@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.machine) for name in HONEST]
)
def test_honest(name):
    """What an honest program may need is there."""
    code, expected = HONEST[name]
    assert printed(code, other="x = 1").strip() == expected


@pytest.mark.parametrize("user", USERS)
def test_every_user(user):
    """Root, who becomes nobody first, and an ordinary user have the same sandbox."""
    python = become(user)
    assert printed("import os; print(os.getuid() != 0, os.listdir('.'))", python=python) == "True ['program.py']\n"


@pytest.mark.machine
def test_an_interpreter_in_a_closed_home(tmp_path):
    """A virtual environment may lie where the sandbox's user may not look: it is shown to the program under its own name."""
    closed = tmp_path / "closed"
    subprocess.run([OWN, "-m", "venv", "--without-pip", closed / "venv"], check=True)
    closed.chmod(0o700)
    python = str(closed / "venv" / "bin" / "python3")
    assert printed("import sys; print(sys.prefix)", python=python).strip() == str(closed / "venv")


@pytest.mark.parametrize("way", ["link", "folder/link", "link to a link"])
def test_an_interpreter_that_is_a_link_in_tmp(way):
    """Each program of a check can be started by a link in /tmp, which is there already when the second one starts."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        python = Path(folder, way)
        python.parent.mkdir(exist_ok=True)
        target = Path(os.path.realpath(OWN))
        if "to a link" in way:
            target = Path(folder, "other")
            target.symlink_to(os.path.realpath(OWN))
        python.symlink_to(target)
        with sandbox(python=str(python)) as (programs, home):
            for text in ("first", "second"):
                program = begun(programs, home, f"print({text!r})")
                until(program.ended, programs.loop)
                programs.drain()
                assert program.printed == f"{text}\n"


@pytest.mark.machine
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", 0),
        ("import sys; sys.exit(3)", 3),
        ("import sys; sys.exit(200)", 200),
        ("import os; os.kill(os.getpid(), 11)", -11),
        ("import os; os.abort()", -6),
    ],
)
def test_exit_status(code, status):
    """How a program ends is known: its status, or the signal."""
    assert ran(code).returncode == status


def test_namespaces():
    """A program has a namespace of its own of each kind in which it could meet others: the network is that of its check."""
    kinds = ("user", "pid", "mnt", "ipc", "uts", "cgroup")
    code = f"import os\nfor kind in {kinds}: print(os.readlink(f'/proc/self/ns/{{kind}}'))"
    inside = ran(code).printed.split()
    assert len(inside) == len(kinds)
    assert set(inside).isdisjoint(str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in kinds)


@pytest.mark.machine
def test_what_is_left_behind_goes_on_and_ends_with_the_check():
    """A child that a program leaves behind lives on as it would elsewhere, and stop() ends it."""
    code = (
        "import os, socket, sys\nif os.fork(): sys.exit()\nos.setsid()\n"
        "s = socket.create_server(('', 65433))\ns.accept()[0].sendall(b'still here')\n"
        "while True: s.accept()"
    )
    with sandbox() as (programs, folder):
        program = begun(programs, folder, code)
        until(program.ended, programs.loop)
        left = program.pids()
        assert len(left) == 1
        until(lambda: threads.read(left).activity is threads.Activity.IDLE, programs.loop)
        with socket.create_connection(("127.0.0.1", 65433)) as connection:
            assert connection.recv(20) == b"still here"
    assert procfs.descendants(os.getpid()) == []


@pytest.mark.machine
def test_stop_at_any_moment_leaves_nothing():
    """A program that is stopped right after its start, or is just starting others, leaves no process behind."""
    with sandbox() as (programs, folder):
        for turn in range(40):
            program = begun(programs, folder, "import os\nfor _ in range(5): os.fork()\nwhile True: pass")
            time.sleep(0.001 * (turn % 20))  # one moment after another, whatever happens in it
            program.stop()
            assert procfs.descendants(os.getpid()) == []


@pytest.mark.machine
def test_threads_can_be_read():
    """The proof of rest sees the program's threads, and the waits of them, through the sandbox."""
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\nthreading.Event().wait()"
    with sandbox() as (programs, folder):
        program = begun(programs, folder, code)
        until(lambda: threads.read(program.pids()).activity is threads.Activity.IDLE, programs.loop)
        assert len(threads.read(program.pids()).threads) == 2


# -- at a terminal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", terminal.KINDS)
def test_terminal(kind):
    """What is typed is read and what is printed is shown, at a pseudo-terminal and at pipes."""
    with sandbox() as (programs, folder):
        console = terminal.KINDS[kind]("ada", programs.loop, Transcript())
        begun(programs, folder, "print('ready')\nprint('got', input())", console)
        until(lambda: console.shows("ready"), programs.loop)
        console.types("words\n")
        until(lambda: console.shows("got words"), programs.loop)


@pytest.mark.machine
def test_the_keys_of_a_terminal():
    """Ctrl-C reaches the program, which has the terminal for its own: /dev/tty opens, its size is known."""
    code = (
        "import os\ntty = open('/dev/tty', 'w')\nprint(os.isatty(0), os.get_terminal_size().columns, file=tty, flush=True)\n"
        "try: input()\nexcept KeyboardInterrupt: print('interrupted')\ninput()"
    )
    with sandbox() as (programs, folder):
        console = terminal.PseudoTerminal("ada", programs.loop, Transcript())
        program = begun(programs, folder, code, console)
        until(lambda: console.shows("True"), programs.loop)
        until(lambda: threads.read(program.pids()).activity is threads.Activity.IDLE, programs.loop)
        console.types("\x03")
        until(lambda: console.shows("interrupted"), programs.loop)
        assert not program.ended()
        console.hang_up()
        until(program.ended, programs.loop)
        assert program.returncode == -signal.SIGHUP


# -- limits ------------------------------------------------------------------------------------------------------------

TOO_MUCH = {
    "addresses": ("import mmap; mmap.mmap(-1, 3 << 30)", "2,048 MB of addresses for a process"),
    "threads": (
        "import threading\nfor _ in range(40): threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "20 processes and threads",
    ),
    "processes": ("import os, time\nfor _ in range(40):\n if not os.fork(): time.sleep(100)", "20 processes and threads"),
    "a file": ("open('x', 'wb', 0).write(bytes(2 << 20)); open('x', 'ab', 0).write(b'more')", "2 MB for one file"),
    "files": ("for number in range(99): open(f'x{number}', 'w').close()", "8 MB in 50 files"),
    "the disk": ("for number in range(9): open(f'x{number}', 'wb').write(bytes(1 << 20))", "8 MB in 50 files"),
    "the disk, in /tmp": ("for number in range(9): open(f'/tmp/x{number}', 'wb').write(bytes(1 << 20))", "8 MB in 50 files"),
    "the disk, in /dev/shm": ("for number in range(9): open(f'/dev/shm/{number}', 'wb').write(bytes(1 << 20))", "8 MB"),
    "open files": ("all = [open('/dev/null') for _ in range(40)]", "30 open files and connections"),
    "processor time": ("while True: pass", "1 seconds of processor time"),
}  # fmt: skip


@pytest.mark.machine
@pytest.mark.parametrize("user", ["as we are", "ordinary"])
@pytest.mark.parametrize("name", TOO_MUCH)
def test_limits(name, user):
    """Each limit holds, and is told by what the program says of it."""
    code, told = TOO_MUCH[name]
    program = ran(code, SMALL, become(user))
    assert program.returncode
    hits = list(limits.reached(SMALL, limits.Usage(), program.printed, program.returncode))
    assert [hit for hit in hits if hit.startswith(told)], program.printed


@pytest.mark.machine
def test_memory_of_many_processes():
    """What many processes hold together is watched, too."""
    few = replace(SMALL, memory=100)
    code = "import os, time\nfor _ in range(4):\n if not os.fork(): break\nheld = b'x' * (30 << 20)\ntime.sleep(1000)"
    with sandbox(few) as (programs, folder):
        begun(programs, folder, code)
        with pytest.raises(CheckFailed) as caught:
            until(lambda: programs.require_within(few), programs.loop)
    assert caught.value.failure.expected == "at most 100 MB of memory (the limit of this run)"


# -- what is out of reach ----------------------------------------------------------------------------------------------


@pytest.mark.machine
def test_few_files_are_seen(tmp_path):
    """The program sees the system's /usr, four files of /etc and its own folder; no home, no other folder for temporary files."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    code = (
        "import os\nprint(sorted(os.listdir('/etc')), os.listdir('/tmp'), "
        f"os.path.exists({str(secret)!r}), os.path.exists('/home'))"
    )
    shown = printed(code, python=become("root") if Path(SYSTEM).exists() and os.getuid() == 0 else OWN)
    assert "'hosts', " in shown
    assert "shadow" not in shown
    assert shown.endswith("] [] False False\n")


@pytest.mark.machine
def test_nothing_can_be_written_outside():
    """Nothing can be made outside the program's own folders, whatever memory it would be in."""
    places = ("/", "/usr", "/usr/bin", "/etc", "/dev", "/proc/sys/kernel", "/mnt")
    code = f"for place in {places}:\n try: open(place + '/x', 'w')\n except OSError: print('refused:', place)"
    assert printed(code) == "".join(f"refused: {place}\n" for place in places)


@pytest.mark.machine
@pytest.mark.parametrize("user", USERS)
def test_settings_of_the_kernel(user):
    """The kernel's settings cannot be written, above all not by a grader that root has started."""
    code = (
        "for name in ('kernel/core_pattern', 'vm/overcommit_memory', 'kernel/hostname', 'net/ipv4/ip_forward'):\n"
        " try: open('/proc/sys/' + name, 'r+'); print(name)\n except OSError: pass"
    )
    assert printed(code, python=become(user)) == ""


def test_nothing_is_inherited():
    """The program has three descriptors, a small environment, and company of the sandbox's own processes alone."""
    os.environ["SECRET"] = "hunter2"
    code = (
        "import os\nprint(sorted(map(int, os.listdir('/proc/self/fd')))[:3], len(os.listdir('/proc/self/fd')))\n"
        "for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        " environment, command = (open(f'/proc/{pid}/{name}', 'rb').read() for name in ('environ', 'cmdline'))\n"
        " print(pid, b'hunter2' in environment, b'chatgrade' in command)"
    )
    with open(__file__) as held:  # noqa: PTH123 - a descriptor that might be inherited
        os.set_inheritable(held.fileno(), True)
        assert printed(code) == "[0, 1, 2] 4\n1 False False\n2 False False\n3 False False\n"


@pytest.mark.machine
def test_signals_stay_inside():
    """Whoever kills everything it can reach kills itself alone."""
    assert (
        ran("import os, signal\nos.kill(-1, signal.SIGKILL)\nos.kill(0, signal.SIGKILL)").returncode == -signal.SIGKILL
    )


CALLS = {
    name: number[0] for name, number in seccomp._DENIED.items() if name not in ("pidfd_getfd", "memfd_secret")
}  # fmt: skip


@pytest.mark.machine
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_denied_calls():
    """Each denied system call is refused as not permitted, whatever its arguments."""
    code = (
        f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nfor name, number in {CALLS}.items():\n"
        " ctypes.set_errno(0)\n r = libc.syscall(number, 0, 0, 0, 0, 0)\n"
        " if (r, ctypes.get_errno()) != (-1, 1): print(name, r, ctypes.get_errno())"
    )
    assert printed(code) == ""


@pytest.mark.machine
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_denied_arguments():
    """Odd socket families, new namespaces and typing into a terminal are refused; with the high half of a number set, too."""
    code = (
        "import ctypes, socket\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "def call(*a): r = libc.syscall(*map(ctypes.c_long, a)); return r, ctypes.get_errno()\n"
        "print([call(41, family, 3, 0) for family in (17, 40, 38)])\n"
        "print([call(56, 0x10000000 | 17, 0, 0, 0, 0), call(435, 0, 0)])\n"
        "print([call(16, 0, request, 0) for request in (0x5412, 0x541C, 0x100005412)])\n"
    )
    assert printed(code) == "[(-1, 97), (-1, 97), (-1, 97)]\n[(-1, 1), (-1, 38)]\n[(-1, 1), (-1, 1), (-1, 1)]\n"


@pytest.mark.machine
def test_two_workers_are_two_users():
    """As root, each worker's programs run as another user that nobody is."""
    if os.getuid() != 0:
        pytest.skip("as root")
    users = []
    wait, go_on = os.pipe()
    for _ in range(2):
        read, write = os.pipe()
        if not os.fork():
            os.close(go_on)
            with sandbox() as (programs, folder):
                program = begun(programs, folder, "import os; print(os.getuid())")
                until(program.ended, programs.loop)
                programs.drain()
                os.write(write, program.printed.encode())
                os.read(wait, 1)  # the other one is at work meanwhile
            os._exit(0)
        users.append(int(os.read(read, 100)))
    os.close(go_on)
    for _ in users:
        os.wait()
    assert len({0, *users}) == 3


# -- a machine that lacks something ------------------------------------------------------------------------------------


def test_no_bubblewrap(monkeypatch, tmp_path):
    """Where there is no bubblewrap, the error says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GraderError, match="there is no bwrap on this machine: install the package bubblewrap"):
        Sandbox(Limits(), OWN, ())


def test_memory_is_counted_in_megabytes():
    """A limit is told in the unit in which it is set."""
    used = limits.Usage(memory=3 * MEGABYTE)
    assert list(limits.reached(Limits(), used, "MemoryError", 1)) == [
        "8,192 MB of addresses for a process (all were seen to hold 3 MB of memory)"
    ]


@pytest.mark.timeout(10)
def test_a_start_that_is_interrupted_is_given_up_at_once(monkeypatch):
    """A signal that comes when the number of the first process is read, and not noted yet, does not make anybody wait for it."""
    monitor = subprocess.Popen(["sleep", "100"])
    (info, info_end), (status, status_end) = os.pipe(), os.pipe()
    os.write(info_end, b'{"child-pid": %d}' % monitor.pid)
    search, calls = re.search, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise SystemExit(1)
        return search(*arguments)

    monkeypatch.setattr(re, "search", interrupted)
    with pytest.raises(SystemExit):
        SandboxedProcess(monitor, info, status)
    assert monitor.wait() == -signal.SIGKILL
    for end in (info_end, status_end):
        os.close(end)
