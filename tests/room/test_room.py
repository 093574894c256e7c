"""A room before anything runs in it: what is not there is None, and what is asked of it says so."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from grader.isolation.confinement import Confinement
from grader.isolation.network import Network
from grader.model.errors import CheckFailed, GraderError
from grader.model.limits import Limits
from grader.model.setup import RunSpec
from grader.model.verdict import Failure
from grader.programs.launch import PLAIN, ConfinedLauncher, SandboxLauncher, launcher_for
from grader.room.room import Room


@pytest.fixture
def room(tmp_path):
    """A room for a submission without programs, on the shared network."""
    folder, home = tmp_path / "handed in", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    around = SimpleNamespace(network=Network(private=False), sandbox=None, confinement=None, enforced=frozenset())
    with Room(RunSpec(folder, {}, sys.executable, 65433, {}, 1), "task1.starts", home, around) as made:
        yield made


def test_nothing_runs_yet(room):
    """Where nothing was started there is no host, no place where a server listens, and the usual port is the port."""
    assert (room.host, room.listening, room.port, room.peers) == (None, None, 65433, [])


def test_a_server_that_was_not_started(room):
    """Whatever is asked of a server that the check has not started is an error of the grader, not of the student."""
    for asked in (lambda: room.server, room.ended, room.memory, room.require_usual_port, lambda: room.connect("ada")):
        with pytest.raises(GraderError, match="this check has"):
            asked()


def test_programs_that_were_not_handed_in(room):
    """A program that is not there is the submission's failure, and nothing is started for it."""
    for start in (lambda: room.start(), lambda: room.start_client("ada")):
        with pytest.raises(CheckFailed, match="there is no"):
            start()
    assert not room.output


def test_a_failure_without_programs(room):
    """Where no program was started there is no witness: the failure stands as it was told, with no limit added."""
    with pytest.raises(CheckFailed) as raised:
        room.fail("nothing runs", expected="something runs", observed="nothing", hint="start it")
    failure = raised.value.failure
    assert failure == room.with_limits_told(failure) == Failure("nothing runs", "something runs", "nothing", "start it")


def test_the_strictest_launcher():
    """A sandbox goes before a confinement, and that before nothing."""
    sandbox: Any = object()
    confinement = Confinement(Limits())
    assert isinstance(launcher_for(sandbox, confinement), SandboxLauncher)
    assert isinstance(launcher_for(None, confinement), ConfinedLauncher)
    assert launcher_for(None, None) is PLAIN
