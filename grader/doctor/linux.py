"""The requirements of isolation on Linux: bubblewrap, and permissions of the kernel."""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from grader.doctor.asking import answers
from grader.doctor.finding import Finding, Level, Machine
from grader.isolation import seccomp
from grader.system import landlock, procfs, syscalls

_SYSCTLS = (  # file under /proc/sys, the value that forbids, the value that permits
    ("user/max_user_namespaces", "0", "15000"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
)
_SIGNS_OF_A_CONTAINER = ("/.dockerenv", "/run/.containerenv")
_FOR_CONTAINERS = (
    "this is a container, which must be started with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined` "
    "(Docker) or `--security-opt seccomp=unconfined --security-opt unmask=ALL` (Podman)"
)


def bubblewrap(machine: Machine) -> Iterator[Finding]:
    """Whether bubblewrap is installed, and its version."""
    place = shutil.which("bwrap")
    if not place:
        meaning = "isolation full needs it: `apt install bubblewrap`, `dnf install bubblewrap`"
        yield Finding(Level.WARNING, "bubblewrap", "not there", meaning)
    elif version := answers({place: [place, "--version"]}, machine.within).get(place):
        yield Finding(Level.OK, "bubblewrap", f"{version.removeprefix('bubblewrap ')} ({place})")
    else:
        yield Finding(Level.WARNING, "bubblewrap", f"{place} does not tell its version", "isolation full needs it")


def user_namespaces(_: Machine) -> Iterator[Finding]:
    """Whether user namespaces are permitted, and how to permit them."""
    refusal = refused_namespaces()
    if not refusal:
        yield Finding(Level.OK, "user namespaces", "permitted")
        return
    needed = "isolation full needs them, and so does network unless root runs it"
    forbidden = refusal in map(os.strerror, (errno.EPERM, errno.EACCES))
    remedy = _sysctl() or (for_containers() if forbidden else "")
    yield Finding(Level.WARNING, "user namespaces", f"refused ({refusal})", f"{needed}; {remedy}" if remedy else needed)


def refused_namespaces() -> str:
    """The system's reason against user namespaces with rights; empty if they work. A short-lived child tries it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            syscalls.unshare(syscalls.NEW_USERS)
            syscalls.unshare(syscalls.NEW_NETWORK)  # AppArmor may permit the first and then refuse all rights in it
            code = 0
        except OSError as error:
            code = error.errno or code
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return os.strerror(code) if code else ""


def _sysctl() -> str:
    """Advice on the kernel's setting that forbids namespaces; empty if none is seen."""
    for name, bad, good in _SYSCTLS:
        try:
            value = Path("/proc/sys", name).read_text().strip()
        except OSError:
            continue
        if value == bad and (os.getuid() or name.startswith("user/")):
            return f"`sysctl -w {name.replace('/', '.')}={good}`, as root, permits them"
    return ""


def for_containers() -> str:
    """Advice on options of the container; empty outside of containers."""
    inside = any(map(os.path.exists, _SIGNS_OF_A_CONTAINER)) or "container" in os.environ
    return _FOR_CONTAINERS if inside else ""


def landlocked(_: Machine) -> Iterator[Finding]:
    """Whether Landlock can restrict programs to their own files without a sandbox."""
    where = "at isolation network and none, programs can open"
    if version := landlock.version():
        meaning = f"{where} their own files, the system's and those in /tmp, no others"
        yield Finding(Level.OK, "Landlock", f"version {version}", meaning)
    else:
        fact = "the kernel has none that is of use (Linux 5.19 and newer may)"
        yield Finding(Level.WARNING, "Landlock", fact, f"{where} whatever their user may")


def filters(_: Machine) -> Iterator[Finding]:
    """Whether system calls can be filtered (seccomp), and whether our own are."""
    processor = platform.machine()
    if not seccomp.filter_for(processor):
        yield Finding(Level.WARNING, "seccomp", f"no filter for {processor}", "isolation full needs one")
        return
    status = procfs.status(os.getpid())
    mode = re.search(r"(?m)^Seccomp:\s*(\d)", status)
    if not status:
        yield Finding(
            Level.WARNING, "seccomp", "/proc does not tell whether the kernel has it", "isolation full needs it"
        )
    elif not mode:
        yield Finding(Level.WARNING, "seccomp", "the kernel has none", "isolation full needs it")
    elif mode[1] == "0":
        yield Finding(Level.OK, "seccomp", f"a filter for {processor}")
    else:
        meaning = "chatgrade itself is filtered, as in a container: what is forbidden to it cannot be had"
        yield Finding(Level.OK, "seccomp", f"a filter for {processor}", meaning)


PROBES = {"bubblewrap": bubblewrap, "user namespaces": user_namespaces, "Landlock": landlocked, "seccomp": filters}
