"""The surroundings of programs and grader: terminals, locale, /proc, disk space, limits, the port, processors."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import resource
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import grader
from grader.doctor.asking import answers
from grader.doctor.finding import Finding, Level, Machine
from grader.model.errors import GraderError
from grader.model.limits import ADDRESSES, MEGABYTE
from grader.programs.launch import usual_environment
from grader.run.pool import processors
from grader.submission import temporary
from grader.system import ports, procfs, syscalls
from grader.system.processes import LINUX

_ASK_LOCALE = "import locale; locale.setlocale(locale.LC_ALL, ''); print('there')"


def tool(machine: Machine) -> Iterator[Finding]:
    """The grader's version and settings."""
    python = f"Python {platform.python_version()} ({sys.executable})"
    who = "root" if os.getuid() == 0 else f"user {os.getuid()}"
    yield Finding(Level.OK, "chatgrade", f"{grader.__version__}, on {python}, as {who}, on {platform.platform()}")
    yield Finding(
        Level.OK, "settings", str(machine.settings_file or "no chatgrade.toml here or above: the codelab's own")
    )


def terminals(_: Machine) -> Iterator[Finding]:
    """Whether clients can have a pseudo-terminal."""
    try:
        for end in os.openpty():
            os.close(end)
    except OSError as error:
        meaning = "clients run at pipes, and what pipes cannot tell (a terminal that is closed) is an error, no verdict"
        yield Finding(Level.WARNING, "terminals", f"no pseudo-terminal can be had ({error.strerror})", meaning)
    else:
        yield Finding(Level.OK, "terminals", "pseudo-terminals work", "clients run at them")


def words(machine: Machine) -> Iterator[Finding]:
    """Whether text beyond ASCII can be shown here, and whether programs have a UTF-8 locale."""
    encoding = sys.stdout.encoding or "ascii"
    if encoding.lower().replace("-", "") == "utf8":
        yield Finding(Level.OK, "output", "takes UTF-8")
    else:
        meaning = "other signs are spelled out, such as \\u00e9; LC_ALL=C.UTF-8 changes that"
        yield Finding(Level.WARNING, "output", f"takes {encoding}", meaning)
    environment = usual_environment(Path("/"))
    wanted = environment["LC_ALL"]
    if answers({0: [machine.python, "-c", _ASK_LOCALE]}, machine.within, environment):
        yield Finding(Level.OK, "locale", f"programs run with {wanted}, which is there")
    else:
        meaning = "Python programs read and write UTF-8 all the same; one that asks for its locale fails"
        yield Finding(Level.WARNING, "locale", f"programs run with {wanted}, which is not there", meaning)


def processes(_: Machine) -> Iterator[Finding]:
    """Whether the states of processes can be seen."""
    silence = "that nothing comes is decided by messages that must come after it and, last, by five seconds of silence"
    if not LINUX:
        yield Finding(Level.WARNING, "/proc", "there is none on this system", silence)
    elif not procfs.tells_enough():
        yield Finding(Level.WARNING, "/proc", "does not tell what threads wait for", silence)
    elif 1 not in procfs.all_processes():
        meaning = "a program of somebody else that holds the port is not named"
        yield Finding(Level.WARNING, "/proc", "hides the processes of others (hidepid)", meaning)
    else:
        yield Finding(Level.OK, "/proc", "tells what threads wait for", "that nothing comes is proved, not waited for")


def ignored_place(_: Machine) -> Iterator[Finding]:
    """Whether TMPDIR is ignored."""
    named = os.environ.get("TMPDIR")
    with contextlib.suppress(FileNotFoundError):  # `room` reports a missing folder
        if named and Path(named).absolute() != Path(used := tempfile.gettempdir()):
            fact = f"{named} is passed over: no file can be written in it"
            yield Finding(Level.WARNING, "TMPDIR", fact, f"temporary files lie in {used}")


def room(machine: Machine) -> Iterator[Finding]:
    """Whether there is disk space for temporary files."""
    subject, most = "temporary files", machine.settings.limits
    try:
        with temporary.folder() as folder:
            disk = os.statvfs(folder)
    except GraderError as error:
        yield Finding(
            Level.TROUBLE, subject, str(error), "each check needs a folder; TMPDIR names another place for it"
        )
        return
    free, entries = disk.f_bavail * disk.f_frsize // MEGABYTE, disk.f_favail if disk.f_files else None
    space = f"{free:,} MB" + ("" if entries is None else f" and {entries:,} files")
    scarce = free < most.disk or (entries is not None and entries < most.files)
    meaning = f"the programs of one check may write {most.disk:,} MB in {most.files:,} files (at full, in memory)"
    yield Finding(
        Level.WARNING if scarce else Level.OK, subject, f"{space} are free in {tempfile.gettempdir()}", meaning
    )


def limits(machine: Machine) -> Iterator[Finding]:
    """The limits of this machine that are lower than those of the settings."""
    asked = machine.settings.limits
    required = {
        "processes": (resource.RLIMIT_NPROC, asked.processes, "processes and threads"),
        "memory": (resource.RLIMIT_AS, ADDRESSES * asked.memory * MEGABYTE, "bytes of addresses"),
        "cpu": (resource.RLIMIT_CPU, asked.cpu, "seconds"),
        "file_size": (resource.RLIMIT_FSIZE, asked.file_size * MEGABYTE, "bytes"),
        "open_files": (resource.RLIMIT_NOFILE, asked.open_files, "descriptors"),
    }
    under = []
    for name, (kind, most, unit) in required.items():
        allowed = syscalls.within_hard_limit(kind, most)[0]
        if allowed < most:
            under.append(f"{name}: {allowed:,} {unit}, not {most:,}")
    if under:
        yield Finding(
            Level.WARNING, "limits", "; ".join(under), "programs get no more than this machine allows (ulimit -H)"
        )
    else:
        yield Finding(Level.OK, "limits", "the machine allows what [limits] asks for")


def port(machine: Machine, level: str) -> Iterator[Finding]:
    """Whether the port is free, which matters where the best level is `none`."""
    number = machine.settings.port
    holder = ports.who_listens(number)
    if not holder:
        yield Finding(Level.OK, "port", f"{number} is free")
        return
    alone = level in ("", "none")
    meaning = (
        "nothing can be graded until that program is stopped"
        if alone
        else "at isolation none nothing could be graded; with a private network it does not matter"
    )
    yield Finding(Level.TROUBLE if alone else Level.WARNING, "port", f"{number} is taken by {holder}", meaning)


def power(machine: Machine) -> Iterator[Finding]:
    """The number of checks at a time, and whether memory suffices for one."""
    count = processors()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MEGABYTE
    enough = memory >= machine.settings.limits.memory
    meaning = f"{count} check{'s' * (count != 1)} at a time, unless --jobs says otherwise; one at isolation none"
    meaning += "" if enough else f"; one may hold {machine.settings.limits.memory:,} MB, which are not there"
    fact = f"{count} processor{'s' * (count != 1)}, {memory:,} MB of memory"
    yield Finding(Level.OK if enough else Level.WARNING, "processors", fact, meaning)


def cluster(_: Machine) -> Iterator[Finding]:
    """Whether a class can be graded on several machines."""
    if importlib.util.find_spec("distributed"):
        yield Finding(Level.OK, "Dask", metadata.version("distributed"), "--cluster can be used")
    else:
        yield Finding(Level.OK, "Dask", "not there", "only --cluster needs it: `pip install 'chatgrade[cluster]'`")
