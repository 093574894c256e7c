"""Without a sandbox: what a user of their own, Landlock and limits keep programs from, and that honest ones notice nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.corpus import PROJECT
from support.machines import RIGHT, chatgrade, refuse_namespaces, report
from support.sandboxes import HONEST, OWN, SMALL, SYSTEM, USERS, USUAL, become, begun
from support.waiting import until

from grader.isolation import spare_user
from grader.model import limits
from grader.model.errors import GraderError
from grader.model.setup import RunSpec
from grader.programs import terminal
from grader.programs.launch import launcher_for
from grader.programs.program import Programs
from grader.quiescence import threads
from grader.run.isolation import Isolation, left_open
from grader.system import landlock, procfs
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript

pytestmark = pytest.mark.own_process

LEVELS = ["network", "none"]
needs_landlock = pytest.mark.skipif(landlock.version() < 6, reason="needs Landlock that knows of signals")
real_port = pytest.mark.xdist_group("real-port")
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


class Places:
    """Where tests have their files: not in /tmp, which programs may use."""

    base: str


@pytest.fixture(autouse=True, scope="module")
def _place():
    """A folder of our own in which every user may make files."""
    outside = "/var/lib" if os.getuid() == 0 else Path.home()
    with tempfile.TemporaryDirectory(dir=outside) as Places.base:
        Path(Places.base).chmod(0o1777)
        yield


@contextlib.contextmanager
def confined(user: str, level: str = "network", most=USUAL, python: str = ""):
    """Programs of one check at this level: the isolation, the programs, and the folder for the submission."""
    python = python or become(user)
    if level == "none":
        refuse_namespaces()
    with tempfile.TemporaryDirectory(dir=Places.base) as base, socket.socket() as unused:
        unused.bind(("", 0))
        port = unused.getsockname()[1]
        scratch, folder = Path(base) / "scratch", Path(base) / "handed in"
        for made in (scratch, folder):
            made.mkdir()
        Path(base).chmod(0o711)
        (folder / "server.py").touch()
        setup = RunSpec(folder, {"server": folder / "server.py"}, python, port, {}, 1, limits=most)
        try:
            entered = Isolation(level, setup, scratch, (), 0)
        except GraderError as error:
            pytest.skip(str(error))
        one = Path(tempfile.mkdtemp(dir=scratch))
        with contextlib.closing(Loop()) as loop, entered.for_one_check(one) as home:
            (home / "submission").mkdir()
            programs = Programs(python, home, loop, launcher_for(None, entered.confinement))
            try:
                yield entered, programs, home / "submission"
            finally:
                programs.stop()


def ran(code: str, user: str, level: str = "network", most=USUAL, python: str = "", **files: str):
    """A program that has run to its end."""
    with confined(user, level, most, python) as (_, programs, folder):
        program = begun(programs, folder, code, **files)
        until(program.ended, programs.loop)
        programs.drain()
    return program


# -- an honest program lives well --------------------------------------------------------------------------------------

OF_THE_SANDBOX = ("its own name", "its user")  # these are the machine's here, and a user that nobody is has no name
ALSO_HONEST = {
    "its processors": ("import os; print(os.cpu_count() > 0, len(open('/proc/self/status').read()) > 0)", "True True"),
    "a file moved to another folder": (
        "import os, tempfile; f = tempfile.mkstemp()[1]; os.makedirs('a/b'); os.replace(f, 'a/b/c'); print(os.listdir('a/b'))",
        "['c']",
    ),
    "a pool": (
        "import multiprocessing as m\nif __name__ == '__main__':\n with m.get_context('spawn').Pool(2) as p:\n"
        "  print(p.map(abs, [-1]))",
        "[1]",
    ),
    "its output by name": ("open('/dev/stdout', 'w').write('hi')", "hi"),
    "a child's signal": (
        "import subprocess, time\np = subprocess.Popen(['sleep', '100']); p.terminate(); print(p.wait())", "-15",
    ),
    "a socket in a folder": (
        "import socket; s = socket.socket(socket.AF_UNIX); s.bind('here'); s.listen(); c = socket.socket(socket.AF_UNIX)\n"
        "c.connect('here'); print('connected')", "connected",
    ),
    "a file in /tmp": (
        "import os; name = f'/tmp/a-test-{os.getuid()}'; open(name, 'w').write('hi'); print(open(name).read()); os.remove(name)",
        "hi",
    ),
    "a zone": ("import time, zoneinfo; print(zoneinfo.ZoneInfo('Europe/Berlin'))", "Europe/Berlin"),
    "kinds of files": ("import mimetypes, platform; print(mimetypes.guess_type('a.png')[0], len(platform.platform()) > 3)",
                       "image/png True"),
}  # fmt: skip
ALL_HONEST = {name: what for name, what in HONEST.items() if name not in OF_THE_SANDBOX} | ALSO_HONEST


@pytest.mark.machine
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("user", USERS)
def test_honest(user, level):
    """What an honest program may need is there, at both levels, for every user."""
    wrong = {}
    with confined(user, level) as (entered, programs, folder):
        assert entered.confinement.files is not None or not landlock.version()
        assert bool(entered.confinement.user) == (user == "root" or (user == "as we are" and user_can_be_dropped()))
        for number, (name, (code, expected)) in enumerate(ALL_HONEST.items()):
            if (name, level) == ("interfaces", "none"):
                continue
            own = folder / str(number)
            own.mkdir()
            program = begun(programs, own, code, other="x = 1")
            until(program.ended, programs.loop)
            programs.drain()
            if program.printed.strip() != expected:
                wrong[name] = program.printed
    assert wrong == {}


def user_can_be_dropped() -> bool:
    """Whether root could give our own interpreter to another user."""
    try:
        return os.getuid() == 0 and subprocess.run([OWN, "-c", ""], user=4321, group=4321, check=False).returncode == 0
    except PermissionError:
        return False


@pytest.mark.machine
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("kind", terminal.KINDS)
def test_terminal(kind, user):
    """A client has its terminal, by its name too, and Ctrl-C reaches it; pipes serve as well."""
    code = "import os\nif os.isatty(0): print(open('/dev/tty').isatty(), open(os.ttyname(0)).isatty())\nprint('got', input())"
    with confined(user) as (_, programs, folder):
        console = terminal.KINDS[kind]("ada", programs.loop, Transcript())
        program = begun(programs, folder, code, console)
        if kind == "pty":
            until(lambda: console.shows("True True"), programs.loop)
        console.types("words\n")
        until(lambda: console.shows("got words"), programs.loop)
        until(program.ended, programs.loop)
        if kind == "pty":
            program = begun(
                programs, folder, "print('ready')\ntry: input()\nexcept KeyboardInterrupt: print('stopped')", console
            )
            until(lambda: console.shows("ready"), programs.loop)
            until(lambda: threads.read(program.pids()).activity is threads.Activity.IDLE, programs.loop)
            console.types("\x03")
            until(lambda: console.shows("stopped"), programs.loop)


@pytest.mark.machine
@pytest.mark.parametrize("user", USERS)
def test_a_virtual_environment(user):
    """The Python of a virtual environment finds its packages, wherever it lies."""
    python = become(user)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        subprocess.run([python, "-m", "venv", "--without-pip", f"{folder}/venv"], check=True)
        [packages] = Path(folder).glob("venv/lib/python3*/site-packages")
        (packages / "given.py").write_text("x = 'from the environment'")
        assert ran("import given; print(given.x)", user, python=f"{folder}/venv/bin/python3").printed == (
            "from the environment\n"
        )


@pytest.mark.machine
@pytest.mark.parametrize(
    "options",
    [("--isolation", "network"), pytest.param(("--isolation", "none"), marks=real_port)],
    ids=["network", "none"],
)
def test_programs_of_other_folders(options, private):
    """A program named on the command line, and one in a folder too large to be copied whole, are run as any other."""
    private()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("elsewhere", "large"):
            shutil.copytree(RIGHT, Path(folder) / name)
        server = Path(folder) / "elsewhere" / "simple_chat_server.py"
        python = ("--python", SYSTEM) if Path(SYSTEM).exists() else ()
        assert report(chatgrade(RIGHT, "--server", server, "--json", "-", *options, *python))["score"] > 0
        large = Path(folder) / "large"
        for number in range(400):
            (large / f"{number}.txt").touch()
        told = report(chatgrade(large, "--json", "-", *options, *python))
        assert told["score"] > 0
        assert os.getuid() != 0 or not python or "as a user of their own" in told["notes"][-1]


# -- what is out of reach ----------------------------------------------------------------------------------------------

REFUSED = {
    "the results": "open({results!r}, 'a')",
    "emptying the results": "os.truncate({results!r}, 0)",
    "removing the results": "os.remove({results!r})",
    "a file beside the results": "open({results!r} + '.x', 'w')",
    "another submission": "open({other!r})",
    "a secret": "open({secret!r})",
    "a folder": "os.listdir({folder!r})",
    "the grader's environment": "open('/proc/{grader}/environ').read()",
    "its memory": "open('/proc/{grader}/mem')",
    "its descriptors": "os.listdir('/proc/{grader}/fd')",
    "its parent's environment": "open('/proc/{parent}/environ').read()",
    "a signal": "os.kill({grader}, signal.SIGCONT)",
    "a signal to its parent": "os.kill({parent}, signal.SIGCONT)",
}
BY_LANDLOCK = {
    "an abstract socket": "socket.socket(socket.AF_UNIX).connect({abstract!r})",
    "processes": "os.listdir('/proc')",
    "/etc/shadow": "open('/etc/shadow')",
    "what anyone may read": "open({readable!r})",
}


def got(wanted: dict[str, str], user: str, level: str) -> list[str]:
    """What a program gets of all that it tries."""
    with confined(user, level) as (_, programs, folder), socket.socket(socket.AF_UNIX) as reporter:
        name = f"\0a test {os.getpid()}"
        reporter.bind(name)
        reporter.listen()
        base = programs.home.parent.parent
        for file in ("results", "other.py", "secret", "readable"):
            (base / file).write_text("x")
            os.chown(base / file, os.getuid(), os.getgid())
        for file in ("other.py", "secret"):
            (base / file).chmod(0o600)
        about = {
            "results": str(base / "results"), "other": str(base / "other.py"), "secret": str(base / "secret"), "abstract": name,
            "readable": str(base / "readable"), "folder": str(base), "grader": os.getpid(), "parent": os.getppid(),
        }  # fmt: skip
        lines = ["import os, signal, socket"]
        for what, code in wanted.items():
            lines += [f"try: {code.format(**about)}", "except OSError: pass", f"else: print({what!r})"]
        program = begun(programs, folder, "\n".join(lines))
        until(program.ended, programs.loop)
        programs.drain()
        assert program.returncode == 0, program.printed
        assert (base / "results").read_text() == "x"
        return program.printed.splitlines()


@pytest.mark.machine
@needs_landlock
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("user", USERS)
def test_with_landlock(user, level):
    """With Landlock, files, processes and abstract sockets are out of reach, with a user of their own or without."""
    assert got(REFUSED | BY_LANDLOCK, user, level) == []


@pytest.mark.machine
@needs_root
@pytest.mark.parametrize("level", LEVELS)
def test_with_a_user_of_their_own(monkeypatch, level):
    """Without Landlock, a user of their own is kept from what the grader's user alone may do; the rest is told to be open."""
    monkeypatch.setattr(landlock, "version", lambda: 0)
    open_still = ["an abstract socket", "processes", "what anyone may read"]
    assert got(REFUSED | BY_LANDLOCK, "root", level) == open_still


@pytest.mark.machine
@needs_root
def test_what_is_left_in_tmp_is_removed():
    """What the programs' own user has put where everybody may is gone after the check."""
    if not user_can_be_dropped() and not Path(SYSTEM).exists():
        pytest.skip("needs a Python that another user may run")
    assert ran("open('/tmp/made-by-a-test', 'w'); print('made')", "root").printed == "made\n"
    assert not Path("/tmp/made-by-a-test").exists()


def test_no_program_gains_rights():
    """Programs such as sudo give nobody more rights."""
    code = "print([line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])"
    assert ran(code, "as we are").printed == "['NoNewPrivs:\\t1\\n']\n"


# -- limits ------------------------------------------------------------------------------------------------------------

TOO_MUCH = {
    "file_size": ("open('x', 'wb', 0).write(bytes(2 << 20)); open('x', 'ab', 0).write(b'more')", "2 MB for one file"),
    "open_files": ("all = [open('/dev/null') for _ in range(40)]", "30 open files and connections"),
    "cpu": ("while True: pass", "1 seconds of processor time"),
    "processes": (
        "import os, time\nfor _ in range(40):\n if not os.fork(): time.sleep(100)",
        "20 processes and threads",
    ),
}


@pytest.mark.machine
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", TOO_MUCH)
def test_limits(name, user):
    """Each limit that can hold here holds, and is told; processes are counted where the user is their own."""
    code, told = TOO_MUCH[name]
    if name == "processes" and user != "root":
        pytest.skip("the user's other programs would be counted")
    with confined(user, most=SMALL) as (entered, programs, folder):
        program = begun(programs, folder, code)
        until(program.ended, programs.loop)
        programs.drain()
        [hit] = limits.reached(SMALL, limits.Usage(), program.printed, program.returncode, entered.enforced)
        assert hit.startswith(told)


def test_limits_that_do_not_hold_are_not_told():
    """What a program says of a limit that is not of this run is not taken for ours."""
    said = "No space left on device; MemoryError; Too many open files"
    assert list(limits.reached(SMALL, limits.Usage(), said, 1, {"open_files"})) == ["30 open files and connections"]


# -- a user of their own -----------------------------------------------------------------------------------------------


@pytest.mark.machine
@needs_root
def test_what_escapes_ends_with_the_check():
    """Programs that fork without end, ignore signals and leave their session are gone in a moment, with what they left behind."""
    code = (
        "import os, signal\nopen('/dev/shm/left-by-a-test', 'w')\nfor number in range(1, 64):\n"
        " try: signal.signal(number, signal.SIG_IGN)\n except (OSError, ValueError): pass\n"
        "print('begun', flush=True)\nwhile True:\n try:\n  if not os.fork(): os.setsid()\n  else: os._exit(0)\n"
        " except OSError: pass"
    )
    with confined("root") as (entered, programs, folder):
        user = entered.confinement.user
        program = begun(programs, folder, code)
        until(lambda: "begun" in program.printed and program.ended(), programs.loop)  # others go on
        assert user in procfs.users()
        started = time.monotonic()
        programs.stop()
        assert time.monotonic() - started < 5
        assert user not in procfs.users()
    assert not Path("/dev/shm/left-by-a-test").exists()


@needs_root
def test_workers_have_different_users():
    """Each worker takes a user of its own, for as long as it lives, and none that some process has."""
    first = spare_user.take()
    with subprocess.Popen(["sleep", "100"], user=first - 1) as other:
        read, write = os.pipe()
        if not os.fork():
            os.write(write, str(spare_user.take()).encode())
            os._exit(0)
        os.wait()
        assert int(os.read(read, 9)) not in (0, first, first - 1)
        other.kill()


@pytest.mark.machine
@real_port
@needs_root
def test_the_rights_that_containers_leave_to_root(private):
    """Root without rights over other users' processes, as in a container, grades with a user for the programs all the same."""
    private()
    kept = [
        "chown",
        "dac_override",
        "fsetid",
        "fowner",
        "setgid",
        "setuid",
        "setpcap",
        "net_bind_service",
        "sys_chroot",
        "kill",
    ]
    prefix = ["setpriv", "--bounding-set", "-all," + ",".join(f"+{name}" for name in kept)]
    reference = PROJECT / "reference"
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "grader", "task1", str(reference), "--json", "-", "--python", SYSTEM],
        capture_output=True, text=True, check=False, preexec_fn=refuse_namespaces,
    )  # fmt: skip
    told = report(done)
    assert told["run"]["isolation"] == "none"
    assert told["score"] == told["max_score"]
    assert "as a user of their own" in told["notes"][-1]


@pytest.mark.machine
@needs_root
def test_an_interpreter_out_of_reach():
    """Where the user of their own could not run the interpreter, programs run as before, and the report says why."""
    with tempfile.TemporaryDirectory() as closed:
        subprocess.run([SYSTEM, "-m", "venv", "--without-pip", f"{closed}/venv"], check=True)
        with confined("root", python=f"{closed}/venv/bin/python3") as (entered, programs, folder):
            assert not entered.confinement.user
            assert f"(cannot start '{closed}/venv/bin/python3': Permission denied)" in entered.leaves_open
            program = begun(programs, folder, "print('runs')")
            until(lambda: program.printed == "runs\n", programs.loop)


# -- what is told ------------------------------------------------------------------------------------------------------


def bounds(user: int, files: list[str] | None) -> Any:
    """As much of a confinement as the sentence is about."""
    return SimpleNamespace(user=user, files=files)


OPEN: dict[str, tuple[int, list[str] | None, str]] = {
    "nothing": (0, None, "with your rights: nothing kept them from your files, your other programs, your memory and your disk"),
    "landlock": (
        0, [],
        "with your rights, but not on your files: nothing kept them from your files in /tmp, "
        "the dates and permissions of your files, "
        "what your other programs listen on, your memory and your disk",
    ),
    "a user": (
        7, None, "as a user of their own: nothing kept them from files that every user may read, your memory and your disk"
    ),
    "both": (
        7, [],
        "as a user of their own, who could open no files but theirs and the system's: nothing kept them from your memory "
        "and your disk",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_what_is_left_open(name, monkeypatch):
    """The sentence tells what was in force in this run."""
    monkeypatch.setattr(landlock, "version", lambda: 6)
    user, files, told = OPEN[name]
    assert left_open("network", bounds(user, files)) == f"the programs ran {told}"


def test_what_is_left_open_otherwise(monkeypatch):
    """An older Landlock leaves more open, the shared network too, and why it is not less is said."""
    monkeypatch.setattr(landlock, "version", lambda: 2)
    assert left_open("none", bounds(0, []), "why") == (
        "checks ran one after another on the real port; the programs ran with your rights, but not on your files (why): "
        "nothing kept them from your files in /tmp, the lengths, dates and permissions of your files, "
        "your other programs, your memory, your disk and the network"
    )
