"""What several tests share: running a test in a process of its own, and a machine that lacks something.

Some parts of the grader change the process they run in (its namespaces, who owns its orphans) or must find no other
children in it. A test marked `own_process` runs in a fork of the test process, which is checked to leave nothing behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import pytest

from grader import kernel, procfs
from grader.errors import GraderError
from grader.network import PrivateNetwork
from grader.worker import become_owner_of_orphans

_LIMIT = 300  # seconds: the last resort against a test that hangs


def pytest_configure(config):
    """Make the marker known."""
    config.addinivalue_line("markers", "own_process: run the test in a forked process that owns its orphans (Linux)")


def pytest_collection_modifyitems(items):
    """Skip the marked tests where /proc does not tell who is whose child."""
    for item in items:
        if item.get_closest_marker("own_process") and not sys.platform.startswith("linux"):
            item.add_marker(pytest.mark.skip(reason="looks at processes as Linux shows them"))


@pytest.fixture(scope="module")
def chromium():
    """A browser for the tests of one module."""
    from browser import browser

    with browser() as chromium:
        yield chromium


@pytest.fixture
def private():
    """Enter a network of the test's own, whose real port is free; skipped where none is permitted."""

    def enter() -> None:
        try:
            PrivateNetwork()
        except GraderError as error:
            pytest.skip(str(error))

    return enter


@pytest.fixture
def path_with():
    """Tell how to get a PATH in which `bwrap` is this script, or is not there."""
    programs = Path(tempfile.mkdtemp())  # pytest's own folders are closed to those that root becomes
    programs.chmod(0o755)

    def path(script: str = "") -> str:
        for name in ("prlimit", "setsid"):
            (programs / name).symlink_to(f"/usr/bin/{name}")
        if script:
            (programs / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
            (programs / "bwrap").chmod(0o755)
        return str(programs)

    yield path
    shutil.rmtree(programs)


@pytest.fixture
def small_disk(private, tmp_path):
    """Tell how to have a full disk at a folder, seen by this test alone."""

    def make(options: str) -> Path:
        private()
        kernel.unshare(kernel.NEW_MOUNTS)
        kernel.keep_mounts_to_oneself()
        disk = tmp_path / "disk"
        disk.mkdir()
        kernel.mount_memory(str(disk), options)
        return disk

    return make


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a marked test in a fork; what it says of its failure is this process's failure."""
    if not pyfuncitem.get_closest_marker("own_process"):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _in_the_fork(theirs, lambda: pyfuncitem.obj(**arguments))
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        told = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(pid, 0)
    if told.startswith("skip:"):
        pytest.skip(told[5:])
    if told or status:
        pytest.fail(told or f"the test's process ended with wait status {status}", pytrace=False)
    return True


def _in_the_fork(pipe: int, test) -> None:
    """Run the test; tell how it failed, or what it left behind; never return."""
    told = ""
    try:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):  # a background shell or nohup ignores them
            signal.signal(number, signal.SIG_DFL)  # and so would the programs, as they never do under a worker
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(_LIMIT)
        signal.signal(signal.SIGTERM, _given_up)
        kernel.set_parent_death_signal(signal.SIGTERM)
        become_owner_of_orphans()
        test()
    except pytest.skip.Exception as skipped:
        told = f"skip:{skipped.msg}"
    except BaseException:  # noqa: BLE001 - whatever it is, the other process must hear of it
        told = traceback.format_exc()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    left = [pid for pid in procfs.descendants(os.getpid()) if procfs.state(pid, pid) not in "ZX"]
    if left:
        told = told or f"the test left processes behind: {[procfs.command_line(pid) or pid for pid in left]}"
        for one in left:
            os.kill(one, signal.SIGKILL)
    signal.alarm(0)
    os.write(pipe, told.encode("utf-8", "replace")[-60_000:])
    os._exit(0)


def _given_up(_number, _frame):
    raise KeyboardInterrupt


def _too_long(_number, _frame):
    raise TimeoutError(f"the test has not ended within {_LIMIT} seconds")
