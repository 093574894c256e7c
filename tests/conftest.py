"""What several tests share: tiers, the corpus' gradings, a browser, a process of one's own, a machine that lacks something.

Tests without a marker are the fast tier; those of the other tiers are run when they are asked for: with `--all`, or by name, by
`-m` or `-k`. Any test may run beside any other and in any order; those that share a thing at great cost are one `xdist_group`.

Some parts of the grader change the process they run in (its namespaces, who owns its orphans) or must find no other
children in it. A test marked `own_process` runs in a fork of the test process, which is checked to leave nothing behind.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import pytest

from grader.model.errors import GraderError
from grader.system import procfs, syscalls
from grader.system.netns import PrivateNetwork
from grader.system.processes import become_owner_of_orphans

pytest.register_assert_rewrite("support")  # what asserts there tells its values, too

from support import corpus  # noqa: E402 - not before that
from support.gradings import Gradings  # noqa: E402

TIERS = {
    "corpus": "grades submissions that the fast tier leaves out",
    "browser": "opens pages in a browser",
    "hostile": "grades programs that attack the grader",
    "machine": "takes long, or much of the machine",
    "mutation": "grades right programs with a fault made by rule",
}
BY_NAME_ONLY = "mutation"  # takes much longer than all others: only `-m` runs it
SHARED = pytest.StashKey[Path]()  # a folder for all processes of the session
EVERYTHING = pytest.StashKey[bool]()  # whether all tiers are run
GRADINGS = pytest.StashKey[Gradings]()
_LONGEST_NAME = 100  # characters of a text that is a part of a test's name

# Hundreds of Pythons are started, which would all compile the grader for themselves where the surroundings forbid to keep it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


# -- tiers -------------------------------------------------------------------------------------------------------------


def pytest_addoption(parser):
    """One more word runs all."""
    parser.addoption("--all", action="store_true", help="run the tests of all tiers, not only the fast ones")


def pytest_configure(config):
    """Make the markers known; agree with the other processes on what is run, and on a folder."""
    config.addinivalue_line("markers", "own_process: run the test in a forked process that owns its orphans (Linux)")
    for tier, about in TIERS.items():
        config.addinivalue_line("markers", f"{tier}: {about}; not in the fast tier")
    if told := getattr(config, "workerinput", None):
        config.stash[SHARED], config.stash[EVERYTHING] = Path(told["shared"]), told["everything"]
    else:
        by_name = config.args_source is config.ArgsSource.ARGS or config.option.markexpr or config.option.keyword
        config.stash[SHARED] = Path(tempfile.mkdtemp(prefix="chatgrade-tests-"))
        config.stash[EVERYTHING] = bool(config.option.all or by_name)
    config.stash[GRADINGS] = Gradings(config.stash[SHARED])
    corpus.lay_out_in(config.stash[SHARED] / "corpus")


def pytest_make_parametrize_id(val, argname):
    """Name a long text by its parameter: whole, it would be a part of each name that processes hold and send each other."""
    return argname if isinstance(val, (str, bytes)) and len(val) > _LONGEST_NAME else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a process that runs tests what was agreed on."""
    node.workerinput |= {"shared": str(node.config.stash[SHARED]), "everything": node.config.stash[EVERYTHING]}


def pytest_unconfigure(config):
    """The process that had the folder made removes it."""
    if not hasattr(config, "workerinput"):
        config.stash[GRADINGS].end()
        shutil.rmtree(config.stash[SHARED], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before groups are made a part of names
def pytest_collection_modifyitems(config, items):
    """Know the tests that share the browser; leave out other tiers, and what /proc must tell where it does not."""
    for item in items:
        if "chromium" in item.fixturenames:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))
        if item.get_closest_marker("own_process") and not sys.platform.startswith("linux"):
            item.add_marker(pytest.mark.skip(reason="looks at processes as Linux shows them"))
    by_name = BY_NAME_ONLY in config.option.markexpr
    not_run = {tier for tier in TIERS if not config.stash[EVERYTHING] or (tier == BY_NAME_ONLY and not by_name)}
    if left_out := [item for item in items if any(map(item.get_closest_marker, not_run))]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


# -- the corpus --------------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session):
    """Begin to grade what tests ask for before any of them runs; one of many processes leaves that to their controller."""
    config = session.config
    if told := getattr(config, "workerinput", None):
        if config.getoption("loadgroup"):
            _require_groups(session.items)
        (config.stash[SHARED] / told["workerid"]).write_text(json.dumps(_asked_for(session.items)))
    elif not config.option.collectonly and (asked_for := _asked_for(session.items)):
        config.stash[GRADINGS].begin(asked_for)


def _asked_for(items) -> dict[str, list[str]]:
    """The submissions that tests ask for, by their parameter `name`; the checks if all that ask have that parameter, else all."""
    asked_for: dict[str, list[str]] = {}
    for item in items:
        if "gradings" in item.fixturenames:
            name, only = item.callspec.params["name"], item.callspec.params.get("only", [])
            known = asked_for.get(name, only)
            asked_for[name] = sorted({*known, *only}) if known and only else []
    return asked_for


def _require_groups(items) -> None:
    """Groups are parts of names, which some versions of pytest do not let pytest-xdist change: then it forms none, silently."""
    parted = [item.nodeid for item in items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
    if parted:
        raise pytest.UsageError(
            f"pytest-xdist forms no groups with pytest {pytest.__version__}: {parted[0]} is in none"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node):
    """Do so in their place: what all of them will ask for is what the first of them has written down."""
    gradings = node.config.stash[GRADINGS]
    asked_for = json.loads((node.config.stash[SHARED] / node.gateway.id).read_text())
    if asked_for and not gradings.begun:
        gradings.begin(asked_for)


@pytest.fixture(scope="session")
def gradings(request):
    """The reports on submissions, each graded once in a session; a test's parameter `name` tells which one it asks for."""
    return request.config.stash[GRADINGS]


# -- what tests are given ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium():
    """A browser for all tests that open pages."""
    from support.browser import browser

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
        syscalls.unshare(syscalls.NEW_MOUNTS)
        syscalls.hide_new_mounts()
        disk = tmp_path / "disk"
        disk.mkdir()
        syscalls.mount_memory(str(disk), options)
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
        try:
            said = pipe.read()
        except BaseException:  # the test's time is over: where it was tells the fork
            os.kill(pid, signal.SIGTERM)
            sys.stderr.write(pipe.read().decode("utf-8", "replace"))
            os.waitpid(pid, 0)
            raise
    told = said.decode("utf-8", "replace")
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
        signal.signal(signal.SIGTERM, _given_up)
        syscalls.set_parent_death_signal(signal.SIGTERM)
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
    os.write(pipe, told.encode("utf-8", "replace")[-60_000:])
    os._exit(0)


def _given_up(_number, _frame):
    raise KeyboardInterrupt
