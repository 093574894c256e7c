"""A machine that lacks something: one clear sentence, the right exit status, and the best that is left where one may have it."""

from __future__ import annotations

import pytest
from support.machines import LACKS, RIGHT, chatgrade, report

pytestmark = pytest.mark.own_process

SERVER = RIGHT / "simple_chat_server.py"


@pytest.mark.parametrize("name", LACKS)
def test_no_sandbox_where_it_is_asked_for(path_with, name):
    """`--isolation full` without a bubblewrap that works ends with one sentence that says what is missing, and status 3."""
    script, sentence = LACKS[name]
    done = chatgrade(SERVER, "--isolation", "full", PATH=path_with(script))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"chatgrade: {sentence}; --isolation network does without\n"


@pytest.mark.machine
@pytest.mark.parametrize("name", LACKS)
def test_no_sandbox(path_with, name):
    """Otherwise the next level is taken, and the report says why, and what that leaves open."""
    script, sentence = LACKS[name]
    told = report(chatgrade(SERVER, "--json", "-", PATH=path_with(script)))
    assert told["run"]["isolation"] == "network"
    assert told["notes"][0] == f"no isolation full: {sentence}"
    assert told["notes"][1].startswith("isolation network: the programs ran ")


@pytest.mark.parametrize("level", ["full", "network"])
def test_no_namespaces_where_they_are_asked_for(level):
    """Where the kernel refuses namespaces, a level that needs them ends with one sentence and status 3."""
    done = chatgrade(SERVER, "--isolation", level, refused=True)
    assert (done.returncode, done.stdout) == (3, "")
    less = {"full": "network", "network": "none"}[level]
    sentence = "this machine does not permit private networks (Operation not permitted)"
    assert done.stderr == f"chatgrade: {sentence}; --isolation {less} does without\n"


@pytest.mark.machine
@pytest.mark.xdist_group("real-port")
def test_no_namespaces(private):
    """Otherwise checks run one after another on the real port, and the report says so."""
    private()
    told = report(chatgrade(SERVER, "--json", "-", refused=True))
    assert told["run"]["isolation"] == "none"
    assert "one after another on the real port; the programs ran " in told["notes"][-1]


@pytest.mark.machine
def test_a_full_disk(small_disk):
    """A report that no longer fits on the disk is told in one sentence, with status 3."""
    disk = small_disk("size=4k")
    (disk / "filler").write_bytes(bytes(4096))
    done = chatgrade(SERVER, "--json", disk / "report.json")
    assert done.returncode == 3
    assert done.stderr == f"chatgrade: {disk}/report.json: the report could not be written (No space left on device)\n"


def test_a_folder_that_cannot_be_written(small_disk):
    """A report into a read-only folder is refused before anything runs."""
    disk = small_disk("ro")
    done = chatgrade(SERVER, "--json", disk / "report.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"chatgrade: {disk}/report.json: cannot be written (Read-only file system).\n"


@pytest.mark.machine
def test_no_room_for_a_copy(small_disk, tmp_path):
    """A copy of the submission that does not fit on the disk is the machine's fault: an error, never a verdict."""
    disk = small_disk("size=64k")
    (disk / "filler").write_bytes(bytes(48 << 10))
    server = tmp_path / "simple_chat_server.py"
    server.write_text(SERVER.read_text() + "# padding\n" * 3000)
    done = chatgrade(server, "--isolation", "network", "--json", "-", TMPDIR=str(disk))
    assert done.returncode == 3
    assert '"fail"' not in done.stdout
