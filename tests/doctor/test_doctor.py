"""What `chatgrade doctor` says of a machine, on this one and on lesser ones."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.corpus import PROJECT
from support.machines import LACKS, RIGHT, refuse_namespaces
from support.report_samples import plain_console, written
from support.waiting import until

from grader import config, installed
from grader.console.doctor import render
from grader.doctor import Examination, examine, isolation, linux, pythons, surroundings
from grader.doctor.asking import answers
from grader.doctor.finding import Finding, Level, Machine
from grader.isolation.bubblewrap import Sandbox
from grader.model import settings
from grader.model.errors import GraderError, NotPermitted, refused
from grader.system import procfs, syscalls

pytestmark = pytest.mark.own_process

LAB = installed.load()
OWN = getattr(sys, "_base_executable", sys.executable)
NEW_PROCESSES = 0x20000000
PATH = os.environ["PATH"]
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


@pytest.fixture(autouse=True)
def _system_path(monkeypatch):
    """Find the system's programs alone: each Python that is found is started, and a shim of pyenv costs ten starts."""
    monkeypatch.setenv("PATH", os.defpath)


def machine(course: str = "", python: str = OWN, within: float = 60.0) -> Machine:
    """The machine that we are on, for a course with these settings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / settings.SETTINGS_FILE
        path.write_text(course)
        return Machine(LAB, config.load(path, LAB), None, python, within)


def doctor(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-m", "grader", "doctor", *map(str, arguments)]
    options["env"] = {**os.environ, "COLUMNS": "110", **options.get("env", {})}
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def about(subject: str, found: Examination) -> Finding:
    """The only finding about it."""
    [one] = [one for one in found.findings if one.subject == subject]
    return one


def require_nothing_left() -> None:
    """What was started, by whomever, is gone, or about to be."""

    def left() -> list[str]:
        pids = procfs.descendants(os.getpid())
        return [procfs.command_line(pid) or str(pid) for pid in pids if procfs.state(pid, pid) not in "ZX"]

    until(lambda: not left(), otherwise=left)


# -- this machine ------------------------------------------------------------------------------------------------------


@pytest.mark.machine
def test_it_tells_what_a_run_will_do():
    """The level that it says `auto` takes is the one that a run takes."""
    found = examine(machine())
    command = [sys.executable, "-m", "grader", "task1", str(RIGHT), "--only", "task1.listens", "--json", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert found.isolation == json.loads(done.stdout)["run"]["isolation"]
    assert f"`{found.isolation}`" in found.conclusion
    assert found.can_grade
    for level in ("full", "network", "none"):
        assert about(f"isolation {level}", found).fact


def test_every_subject_is_told_of():
    """Each of the subjects has a finding, with a fact."""
    found = examine(machine())
    subjects = {one.subject for one in found.findings}
    assert subjects >= {
        *("chatgrade", "settings", "Python", "isolation full", "isolation network", "isolation none"),
        *("bubblewrap", "user namespaces", "Landlock", "seccomp", "terminals", "output", "locale", "/proc"),
        *("temporary files", "limits", "port", "processors", "Dask"),
    }
    assert all(one.fact for one in found.findings)


@pytest.mark.machine
def test_the_command():
    """It prints a line for each finding, begun by a word that says how grave it is, and ends with status 0."""
    done = doctor(env={"PATH": PATH})
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert all(re.match(r"(ok|warning) +\S", line) for line in lines[:-1] if not line.endswith("leaves open."))
    assert lines[0].startswith("ok       chatgrade ")


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_console(width, encoding):
    """Every line fits the width, and what is long goes on in its column."""
    console = plain_console(width, encoding)
    findings = (
        Finding(Level.TROUBLE, "user namespaces", "a fact that is long " * 9, "a meaning, as long " * 9),
        Finding(Level.OK, "port", "short"),
    )
    examination = Examination(findings, "none")
    render(examination, console)
    lines = written(console).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert lines[0].startswith("trouble  user namespaces")
    assert lines[-1].endswith("mended.")


def test_what_is_quoted_is_shown_and_not_obeyed():
    """How a foreign program was called reaches the terminal without its escape sequences, and shortened."""
    console = plain_console(80)
    finding = Finding(Level.WARNING, "port", f"1 is taken by process 2 (python3 \x1b[2J[red]{'x' * 5000})")
    render(Examination((finding,), "full"), console)
    assert r"\x1b[2J[red]" in written(console)
    assert len(written(console)) < 1500


@pytest.mark.machine
def test_a_probe_that_fails_is_a_finding(monkeypatch):
    """Whatever goes wrong in a probe is told in its line, and the others tell what they find."""

    def broken(_):
        raise ValueError("it does not add up")

    monkeypatch.setattr(surroundings, "cluster", broken)
    monkeypatch.setattr(surroundings, "tool", broken)
    found = examine(machine())
    assert about("Dask", found) == Finding(Level.WARNING, "Dask", "cannot be told: it does not add up")
    assert about("chatgrade", found).fact == about("Dask", found).fact
    assert found.can_grade
    assert about("processors", found).fact


@pytest.mark.machine
def test_settings_of_a_course(tmp_path):
    """The port and the limits that it looks at are those of the settings here, above, or named."""
    (tmp_path / settings.SETTINGS_FILE).write_text("[network]\nport = 5017\n[limits]\nopen_files = 900000\n")
    below = tmp_path / "ada"
    below.mkdir()
    named = doctor("--config", tmp_path / settings.SETTINGS_FILE).stdout
    for said in (doctor(cwd=below).stdout, named):
        assert f"settings           {tmp_path / settings.SETTINGS_FILE}" in said
        assert re.search(r"port +5017 is free", said)
    (tmp_path / settings.SETTINGS_FILE).write_text("[netwrok]\n")
    done = doctor(cwd=below)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no table [netwrok]" in done.stderr


@pytest.mark.machine
def test_a_folder_that_is_gone(tmp_path):
    """In a folder that somebody has removed it tells of the machine all the same."""
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" -m grader doctor'
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.machine
def test_elsewhere_than_on_linux():
    """On a system without what Linux has, it says so, and takes the level that is left."""
    pytest.importorskip("psutil")
    code = (
        "import sys; sys.platform = 'darwin'; sys.argv = ['chatgrade', 'doctor']; from grader.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "isolation network  private networks exist on Linux only" in done.stdout
    assert "--isolation auto takes `none` here" in done.stdout
    assert not re.search("Landlock|seccomp|bubblewrap|container", done.stdout)


# -- a machine that lacks something ------------------------------------------------------------------------------------


@pytest.mark.machine
@pytest.mark.parametrize("name", LACKS)
def test_no_sandbox(path_with, name, monkeypatch):
    """Without a bubblewrap that works, the level says why, what that means for a class, and what to install or allow."""
    script, sentence = LACKS[name]
    os.environ["PATH"] = path_with(script)
    monkeypatch.setattr(linux, "_SIGNS_OF_A_CONTAINER", ("/",))
    found = examine(machine())
    assert about("isolation full", found).level is Level.WARNING
    assert about("isolation full", found).fact == sentence
    assert "`chatgrade batch` grades no class" in about("isolation full", found).meaning
    assert ("--security-opt" in about("isolation full", found).meaning) == (name == "one that may not")
    assert about("bubblewrap", found).level is Level.WARNING
    assert ("apt install bubblewrap" in about("bubblewrap", found).meaning) == (not script)
    assert (found.isolation, found.can_grade) == ("network", True)
    assert "`chatgrade batch` needs `full`" in found.conclusion


@pytest.mark.machine
def test_a_sandbox_that_never_begins(path_with):
    """A bubblewrap that hangs is given up, and nothing is left of it."""
    os.environ["PATH"] = path_with("/bin/sleep 1000; exit 1")
    found = examine(machine(within=2.0))
    assert about("isolation full", found).fact == "a worker process of the grader has not begun within 2 seconds"
    assert "does not tell its version" in about("bubblewrap", found).fact
    require_nothing_left()


@pytest.mark.machine
def test_no_namespaces(private):
    """Where the kernel refuses namespaces that is told with its reason, and the real port is what is left."""
    private()
    refuse_namespaces()
    found = examine(machine())
    refused = about("user namespaces", found)
    assert (refused.level, refused.fact) == (Level.WARNING, "refused (Operation not permitted)")
    assert about("isolation network", found).fact.endswith("private networks (Operation not permitted)")
    assert "itself is filtered" in about("seccomp", found).meaning
    assert (found.isolation, found.can_grade) == ("none", True)


@pytest.mark.machine
@pytest.mark.parametrize("permitted", [True, False], ids=["a private network", "the real port"])
def test_a_port_that_is_taken(private, permitted):
    """Who holds the port is named; where there is no other network, nothing can be graded, and the status says so."""
    private()
    code = "import socket, sys\ns = socket.create_server(('', 5018))\nprint(flush=True)\nsys.stdin.read()"
    with (
        tempfile.NamedTemporaryFile("w", suffix=".toml") as course,
        subprocess.Popen([OWN, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
    ):
        course.write("[network]\nport = 5018\n")
        course.flush()
        assert other.stdout is not None
        other.stdout.readline()
        done = doctor("--config", course.name, preexec_fn=None if permitted else refuse_namespaces)
        other.communicate()
    taken = f"port               5018 is taken by process {other.pid} ({OWN} -c import socket"
    assert done.stderr == ""
    assert ("warning  " if permitted else "trouble  ") + taken in " ".join(done.stdout.split("\n" + " " * 28))
    assert "not while port 5018 is taken" in done.stdout
    assert done.returncode == (0 if permitted else 3)
    assert done.stdout.endswith("marked `trouble` is mended.\n") != permitted


def test_remedies(monkeypatch, tmp_path):
    """What permits namespaces is named by what is in the way: a setting of the kernel, or the container around."""
    monkeypatch.setattr(linux, "refused_namespaces", lambda: "Permission denied")
    monkeypatch.setattr(linux, "_sysctl", lambda: "")
    monkeypatch.setattr(linux, "_SIGNS_OF_A_CONTAINER", ())
    monkeypatch.delenv("container", raising=False)
    [plain] = linux.user_namespaces(machine())
    assert plain.meaning.endswith("unless root runs it")
    monkeypatch.setattr(linux, "_SIGNS_OF_A_CONTAINER", (str(tmp_path),))
    [inside] = linux.user_namespaces(machine())
    assert "--security-opt seccomp=unconfined" in inside.meaning
    monkeypatch.setattr(linux, "refused_namespaces", lambda: "Invalid argument")
    [other] = linux.user_namespaces(machine())
    assert other.meaning == plain.meaning


def test_no_user_namespaces_to_spare(private):
    """Where the kernel gives no more of them, the setting that would is named."""
    private()
    syscalls.unshare(syscalls.NEW_USERS)  # whoever owns it may set what it gives
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    [found] = linux.user_namespaces(machine())
    assert found.fact == "refused (No space left on device)"
    assert "`sysctl -w user.max_user_namespaces=15000`" in found.meaning


# -- Pythons -----------------------------------------------------------------------------------------------------------


def script(folder: Path, name: str, text: str) -> str:
    """A program of that name."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_pythons(tmp_path):
    """Those that can run programs, those that are too old, and those that do not answer are told apart; a twin counts once."""
    able = script(tmp_path, "python3.14", f"printf '3.14.0\\n{tmp_path}/python3.14\\n'")
    script(tmp_path, "python3", f"exec {able}")
    old = script(tmp_path, "python3.6", "printf '3.6.15\\n/old\\n'")
    oldest = script(tmp_path, "python", "printf '2.7.18\\n/oldest\\n'")
    silent = script(tmp_path, "python3.9", "exit 127")
    script(tmp_path, "python3-config", "echo 3.20")
    os.environ["PATH"] = f"/nowhere:{tmp_path}:/usr/bin:/bin"
    usual, *others = pythons.found(machine())
    assert (usual.subject, usual.level) == ("Python", Level.OK)
    assert usual.fact == f"{platform.python_version()} ({OWN})"
    told = {one.meaning: one for one in others}
    assert f"3.14.0 ({tmp_path}/python3)" in told["--python takes one of them"].fact
    too_old = told["older than 3.8: cannot run students' programs"]
    assert (too_old.level, too_old.fact) == (Level.WARNING, f"2.7.18 ({oldest}), 3.6.15 ({old})")
    [none] = [one for meaning, one in told.items() if meaning.startswith("behind these names is none that starts")]
    assert (none.level, none.fact) == (Level.OK, silent)
    assert "config" not in str(others)


@pytest.mark.machine
@pytest.mark.parametrize("text", ["printf '3.7.1\\n/old\\n'", "exit 1", "echo no Python"])
def test_a_python_that_cannot_run_programs(tmp_path, text):
    """Where the Python that is to run the programs cannot, nothing can be graded."""
    done = doctor("--python", script(tmp_path, "snake", text))
    assert done.returncode == 3
    unfolded = done.stdout.replace("\n" + " " * 28, "")  # its path may be longer than a line
    assert re.search(r"trouble  Python .*snake", unfolded)
    assert done.stdout.endswith("Nothing can be graded here until what is marked `trouble` is mended.\n")
    missing = doctor("--python", tmp_path / "nowhere")
    assert (missing.returncode, missing.stdout) == (2, "")


@pytest.mark.machine
def test_a_python_that_hangs(tmp_path):
    """One that never answers is given up with its children, and the others have been heard."""
    hangs = script(tmp_path, "hangs", "sleep 1000 & sleep 1000")
    quick = script(tmp_path, "quick", "echo here")
    asked = {1: [hangs], 2: [quick], 3: ["/nowhere"]}
    assert (answers(asked, within=1) or answers(asked, within=30)) == {2: "here"}  # the quick one may need a while
    require_nothing_left()


# -- what is around ----------------------------------------------------------------------------------------------------


@pytest.mark.machine
def test_little_room(small_disk):
    """A temporary folder with less room than a check may use is a warning, one without any is trouble."""
    here, disk = machine(), small_disk("size=64k,nr_inodes=20")
    tempfile.tempdir = str(disk)
    [few] = surroundings.room(here)
    assert few.level is Level.WARNING
    assert re.match(rf"0 MB and 1\d files are free in {disk}$", few.fact)
    for number in range(os.statvfs(disk).f_favail):
        (disk / str(number)).touch()
    found = examine(here)
    assert about("temporary files", found).level is Level.TROUBLE
    assert about("temporary files", found).fact == "no temporary folder can be made (No space left on device)"
    assert (found.isolation, found.can_grade) == ("", False)


@pytest.mark.machine
def test_a_place_for_temporary_files_that_is_passed_over(tmp_path, monkeypatch):
    """A TMPDIR that is not there is told, and where the files lie instead; one that is used is not worth a line."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert list(surroundings.ignored_place(machine())) == []
    said = doctor(env={"TMPDIR": str(tmp_path / "nowhere")}).stdout
    assert f"warning  TMPDIR             {tmp_path}/nowhere is passed over" in said.replace("\n" + " " * 28, " ")
    assert re.search(r"temporary files lie in /\w", said)


def test_a_full_place_for_temporary_files_that_is_passed_over(small_disk, monkeypatch):
    """Nor is one in which there is no room for a file."""
    disk = small_disk("size=64k")
    (disk / "filler").write_bytes(bytes(64 << 10))
    monkeypatch.setenv("TMPDIR", str(disk))
    monkeypatch.setattr(tempfile, "tempdir", None)
    [found] = surroundings.ignored_place(machine())
    assert (found.level, found.fact.partition(" ")[0]) == (Level.WARNING, str(disk))


def test_a_read_only_place_for_temporary_files(small_disk):
    """That nothing can be written there is trouble, too."""
    here = machine()
    tempfile.tempdir = str(small_disk("ro"))
    [room] = surroundings.room(here)
    assert (room.level, room.fact) == (Level.TROUBLE, "no temporary folder can be made (Read-only file system)")


@pytest.mark.machine
def test_a_proc_that_is_empty(small_disk, monkeypatch):
    """Where /proc shows nothing, no line says more than is known, none quotes Python, and no container is blamed."""
    here = machine("[network]\nport = 5019\n")
    small_disk("size=64k")
    monkeypatch.setattr(linux, "_SIGNS_OF_A_CONTAINER", ("/",))
    with socket.create_server(("", 5019)):
        syscalls.mount_memory("/proc", "size=64k")
        found = examine(here)
    assert about("seccomp", found).fact == "/proc does not tell whether the kernel has it"
    assert about("port", found).fact == "5019 is taken by another program (/proc does not show which)"
    assert "No such file or directory" in about("isolation full", found).fact
    assert "container" not in about("isolation full", found).meaning
    assert "Errno" not in str(found)


@pytest.mark.parametrize(
    ("reason", "advised"),
    [
        (GraderError("the sandbox cannot be started: Too many open files"), False),
        (refused("private networks", FileNotFoundError(2, "No such file or directory")), False),
        (GraderError("no program can be run in the sandbox: /root/python: Permission denied"), False),
        (refused("a sandbox", PermissionError(1, "Operation not permitted")), True),
        (NotPermitted("the sandbox cannot be started: bwrap: setting up uid map: Permission denied"), True),
    ],
)
def test_advice_for_a_container(monkeypatch, reason, advised):
    """What a container must be given is told for what containers forbid, and for nothing else that goes wrong in one."""
    monkeypatch.setattr(linux, "_SIGNS_OF_A_CONTAINER", ("/",))
    monkeypatch.setattr(linux, "refused_namespaces", lambda: "")
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/bwrap")
    [found] = isolation.levels({"full": reason})
    assert ("--security-opt" in found.meaning) is advised


@pytest.mark.parametrize(
    ("printed", "not_allowed"),
    [
        ("", False),
        ("bwrap: Unknown option --json-status-fd", False),
        ("/root/python: Permission denied", False),
        ("bwrap: setting up uid map: Permission denied", True),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", True),
        ("bwrap: No permissions to create new namespace", True),
    ],
)
def test_what_bubblewrap_was_not_allowed(printed, not_allowed):
    """What bubblewrap prints tells whether it was forbidden something, or cannot do it."""
    assert Sandbox.was_forbidden(printed) is not_allowed


def test_no_pseudo_terminals(private):
    """Where terminals have no place, clients run at pipes, and it is told what that costs."""
    here = machine()
    private()
    syscalls.unshare(syscalls.NEW_MOUNTS)
    syscalls.hide_new_mounts()
    syscalls.mount_memory("/dev/pts", "size=4k")
    [found] = surroundings.terminals(here)
    assert found.level is Level.WARNING
    assert re.fullmatch(r"no pseudo-terminal can be had \(No such [\w ]+\)", found.fact)
    assert "clients run at pipes" in found.meaning


def test_limits_under_ours():
    """A limit of the machine under that of the settings is told with both."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    [found] = surroundings.limits(machine())
    assert found.level is Level.WARNING
    assert found.fact == "open_files: 200 descriptors, not 1,024"
    [fine] = surroundings.limits(machine("[limits]\nopen_files = 100\n"))
    assert fine.level is Level.OK


def test_an_output_that_is_ascii():
    """It says so where its own output takes no other signs, and then its own are none."""
    done = doctor(env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "warning  output             takes ascii" in done.stdout
    assert done.stdout.isascii()


def test_a_locale_that_is_not_there(tmp_path):
    """Where programs do not find the locale that they are run with, that is told, and that it does little harm."""
    [found] = [
        one
        for one in surroundings.words(machine(python=script(tmp_path, "python", "exit 1")))
        if one.subject == "locale"
    ]
    assert found.level is Level.WARNING
    assert "C.UTF-8, which is not there" in found.fact


def in_a_fork(act) -> int:
    """What this returns in a process of its own."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            status = act()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@needs_root
def test_processes_that_are_hidden():
    """Where /proc hides the processes of others, it says what cannot be told then."""
    here = machine()
    syscalls.unshare(syscalls.NEW_MOUNTS | NEW_PROCESSES)
    syscalls.hide_new_mounts()

    def first() -> int:
        """The process that is hidden: number 1."""
        assert ctypes.CDLL(None).mount(b"proc", b"/proc", b"proc", 0, b"hidepid=2") == 0
        return in_a_fork(other)

    def other() -> int:
        os.setgroups([])
        os.setresgid(4321, 4321, 4321)  # group 0 would see them
        os.setresuid(4321, 4321, 4321)
        syscalls.stay_readable()
        [found] = surroundings.processes(here)
        return int(found.fact != "hides the processes of others (hidepid)")

    assert in_a_fork(first) == 0


def test_processors_and_memory():
    """How many checks run at a time is told, and when there is less memory than one may hold."""
    [fine] = surroundings.power(machine())
    assert re.match(r"\d+ processors?, [\d,]+ MB of memory", fine.fact)
    [little] = surroundings.power(machine("[limits]\nmemory = 1000000\n"))
    assert (fine.level, little.level) == (Level.OK, Level.WARNING)
    assert "1,000,000 MB, which are not there" in little.meaning


@pytest.mark.machine
def test_its_own_sockets_and_files():
    """It leaves no descriptor and no process behind, and nothing in the temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        before = len(procfs.open_files(os.getpid()))
        examine(machine())
        assert len(procfs.open_files(os.getpid())) == before
        assert list(Path(folder).iterdir()) == []
    require_nothing_left()
