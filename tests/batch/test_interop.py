"""Every client of a class with every server, from the command line: who gets along, who is at fault, and what survives."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from support import corpus
from support.commandline import chatgrade
from support.waiting import has_saved, kept, until

from grader.batch.store import Store
from grader.installed import load

SERVER, CLIENT = "simple_chat_server.py", "threaded_chat_client.py"
SIGNS = {"works": "+", "chats": "~", "client": "C", "server": "S", "both": "B", "together": "T", "unknown": "?"}


def lay(folder: Path, **students: tuple[str, ...]) -> Path:
    """A class: student -> the submissions whose files are handed in together."""
    for student, names in students.items():
        for name in names:
            corpus.copy(name, folder / student)
    return folder


def options(isolation: str = "network", jobs: int = 1) -> list[str]:
    """Of all runs: on few workers, and on the tests' own Python; the one behind it may have much installed, and begin slowly."""
    return ["--python", sys.executable, "--isolation", isolation, "--jobs", str(jobs)]


def start(*arguments: object) -> subprocess.Popen[str]:
    """Begin."""
    command = [sys.executable, "-m", "grader", "interop", *map(str, arguments), *options()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def interop(*arguments: object, status: int = 0, columns: int = 100, **asked) -> list[str]:
    """Have a class meet; the lines that were printed."""
    done = chatgrade("interop", *arguments, *options(**asked), COLUMNS=str(columns))
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return (done.stdout or done.stderr).splitlines()


def table(out: Path) -> list[dict[str, str]]:
    """The rows of the table, as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO((out / "interop.csv").read_text("utf-8-sig"))))


def signs(out: Path, kind: str = "Lines") -> dict[str, str]:
    """Each client's row of the matrix, in letters: whose fault it is where the pair fails; `~`: they chat, and that is all."""
    found: dict[str, str] = {}
    for row in table(out):
        if row["kind"] == kind:
            fault = row["fault"] if row["result"] == "fails" else row["result"]
            found[row["client"]] = found.get(row["client"], "") + SIGNS[fault]
    return found


def with_met(test):
    """Mark a test that needs what `met` has taken seconds to make: all of them run in one process."""
    return pytest.mark.machine(pytest.mark.xdist_group("interop-met")(test))


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    """Two who are right in their own ways, one without a newline, one without a server, and one on another port."""
    return lay(
        tmp_path_factory.mktemp("five") / "class",
        ann=("client_selectors_one_thread", "selectors_out_buffers"),
        bob=("client_no_newline_after_chat", "sends_crlf"),
        cyd=("client_takes_turns", "exits_at_once"),
        dan=("client_other_port", "other_port"),
        eve=("client_asks_host_and_port", "welcomes_and_help"),
    )


@pytest.fixture(scope="module")
def met(five, tmp_path_factory):
    """What became of them: the results, which no test may change, and what was printed."""
    out = tmp_path_factory.mktemp("met") / "out"
    return out, interop(five, "-o", out, "--seed", "5", jobs=2)


@pytest.fixture
def known(met, tmp_path):
    """A copy of the results, for one test to go on with."""
    return shutil.copytree(met[0], tmp_path / "known")


@with_met
def test_who_gets_along_with_whom(met):
    """Who is right is never blamed, a fault is laid to whose it is, and two on another port find each other."""
    out, _ = met
    assert signs(out) == {
        "reference": "+++SS+",
        "ann": "+++SS+",
        "bob": "CCCSSC",
        "cyd": "CCCSSC",
        "dan": "CCCS+C",
        "eve": "+++S++",  # who is asked for the port types it in
    }


@with_met
def test_what_goes_wrong_is_told(met):
    """The reason is that of the program's own checks: what is missing, in which line, what to do."""
    out, lines = met
    bob, cyd, dan = (
        next(line for line in lines if line.startswith(f"  {who}'s client:")) for who in ("bob", "cyd", "dan")
    )
    assert "sent without a newline" in bob
    assert "append it" in bob
    assert "with the reference server and with 3 of 5 servers" in bob
    assert "messages appear only after Enter" in cyd
    assert "the client calls port 65432, not 65433" in dan
    [no_server] = [line for line in lines if line.startswith("  cyd's server:")]
    assert "the server does not serve" in no_server
    assert "the program reaches its end" in no_server
    assert "so they were not tried" in no_server
    [row] = [row for row in table(out) if (row["client"], row["server"]) == ("bob", "reference")]
    assert row["where"].startswith(CLIENT)


@with_met
def test_the_matrix_is_shown_where_it_fits(met, known, five):
    """In a wide terminal stands the matrix, in a narrow one the reasons alone."""
    _, lines = met
    assert any(line.split()[:3] == ["2", "bob", "C"] for line in lines)
    narrow = interop(five, "-o", known, columns=40)
    assert not any(line.split()[:2] == ["2", "bob"] for line in narrow)
    assert "bob's client: what is typed" in "\n".join(narrow)


@with_met
def test_what_is_certain_is_not_run(met):
    """A server that serves nobody meets the reference alone; the others' column says what came of it, and that it was not run."""
    out, _ = met
    column = {row["client"]: row for row in table(out) if row["server"] == "cyd"}
    assert [who for who, row in column.items() if row["run"] == "yes"] == ["reference"]
    assert {row["fault"] for row in column.values()} == {"server"}


@with_met
def test_where_nothing_is_to_be_run_nothing_is_started(five, met, known):
    """A second time there is nothing to say about isolation: not even a worker was started, whatever was concluded before."""
    _, first = met
    again = interop(five, "-o", known)
    assert "31 pairs were run, 0 were known" in first
    assert "0 pairs were run, 31 were known" in again
    assert [line for line in again if line.startswith("note  isolation")] == []
    assert [line for line in first if line.startswith("note  isolation")] != []
    assert signs(known)["ann"] == "+++SS+"


@pytest.fixture
def own(five, tmp_path):
    """A copy of the class, for one test to change."""
    return shutil.copytree(five, tmp_path / "class")


def change(own: Path, student: str) -> None:
    """Make the student's server another one, which does the same."""
    with (own / student / SERVER).open("a") as file:
        file.write("# changed\n")


@with_met
def test_nothing_is_run_twice(own, known):
    """Unchanged, nothing is run again; one changed student costs a row and a column; `--redo` runs all."""
    for student in ("bob", "cyd", "dan"):
        shutil.rmtree(own / student)
    assert "0 pairs were run, 9 were known" in interop(own, "-o", known)
    before = (known / "interop.csv").read_bytes()
    assert "0 pairs were run, 9 were known" in interop(own, "-o", known)
    assert (known / "interop.csv").read_bytes() == before
    change(own, "eve")
    assert "5 pairs were run, 4 were known" in interop(own, "-o", known)
    assert "0 pairs were run, 4 were known" in interop(own, "-o", known, "--only", "ann")
    assert "4 pairs were run, 0 were known" in interop(own, "-o", known, "--only", "a*", "--redo")


@with_met
def test_who_is_chosen_is_run_and_everything_known_is_shown(own, known):
    """`--only` chooses what is run: what is known of others stays in sight, and who was never run is counted."""
    for student in ("bob", "cyd", "dan"):
        change(own, student)
    lines = interop(own, "-o", known, "--only", "ann", "--only", "eve")
    assert "0 pairs were run, 9 were known" in lines
    assert signs(known) == {"reference": "+++", "ann": "+++", "eve": "+++"}
    assert "note  nothing is known yet of 3 hand-ins that --only leaves out" in lines
    before = (known / "interop.csv").read_bytes()
    assert "0 pairs were run, 4 were known" in interop(own, "-o", known, "--only", "ann")
    assert (known / "interop.csv").read_bytes() == before
    assert "4 of 4 pairs of a client and a server can chat." in (known / "interop.html").read_text()
    lines = interop(own, "-o", known, "--only", "dan")
    assert "3 pairs were run, 1 were known" in lines
    assert "Lines: 5 of 5 pairs of a client and a server can chat." in lines
    assert signs(known) == {"reference": "++S+", "ann": "+++", "dan": "C+", "eve": "+++"}


@with_met
def test_killed_and_resumed(five, met, tmp_path):
    """Killed in mid-run, it loses what was in flight; running it again completes it, with the same results."""
    out, chosen = tmp_path / "out", ("--seed", "5", "--only", "bob", "--only", "eve")
    for pairs in (1, 5):
        run = start(five, "-o", out, *chosen)
        until(partial(has_saved, out, "pairs", pairs))
        assert run.poll() is None
        run.send_signal(signal.SIGKILL)
        run.communicate()
    before = kept(out, "pairs")
    assert before >= 5
    assert f"{9 - before} pairs were run, {before} were known" in interop(five, "-o", out, *chosen)
    there = {"reference", "bob", "eve"}
    whole = [row for row in table(met[0]) if {row["client"], row["server"]} <= there]
    assert [stable(row) for row in table(out)] == [stable(row) for row in whole]


def stable(row: dict[str, str]) -> dict[str, str]:
    """A row without what is seen on the way, which may be seen a moment earlier or later."""
    return {name: value for name, value in row.items() if name not in ("seen", "likely")}


@with_met
def test_a_batch_and_the_meetings_share_a_folder(five, known):
    """The store keeps both, each for itself."""
    with Store(known) as store:
        assert list(store.graded()) == []
    chosen = ("--task", "task3", "--only", "cyd", "--isolation", "network")
    assert chatgrade("batch", five, "-o", known, *chosen).returncode == 0
    assert "0 pairs were run, 31 were known" in interop(five, "-o", known)
    with Store(known) as store:
        assert [one.entry.key for one in store.graded() if one.report] == ["cyd"]


@pytest.mark.machine
def test_frames(tmp_path):
    """Programs of Task 5 meet each other, in a matrix of their own; one that is wrong is told in its own words."""
    own = lay(tmp_path / "class", fay=("framed_pair",), guy=("framed_client_little_endian",))
    lines = interop(own, "-o", tmp_path / "out")
    assert signs(tmp_path / "out") == {}
    assert signs(tmp_path / "out", "Frames (Task 5)") == {"reference": "++", "fay": "++", "guy": "CC"}
    assert any("guy's client" in line and "little-endian" in line for line in lines)


@pytest.mark.machine
def test_the_port_of_the_course(five, tmp_path):
    """Where the course has another port, the references are on it, too."""
    settings = tmp_path / "course.toml"
    settings.write_text("[network]\nport = 65432\n")
    interop(five, "-o", tmp_path / "out", "--only", "dan", "--config", settings)
    assert signs(tmp_path / "out") == {"reference": "++", "dan": "++"}


@pytest.fixture
def one(tmp_path):
    """A class of one student with a right server, who thus takes part in two pairs."""
    return lay(tmp_path / "class", eve=("select_loop",))


@pytest.mark.machine
def test_words_that_the_references_do_not_speak_are_refused(one, tmp_path):
    """A course with other words is told so before anything runs; one that allows ours beside its own is not."""
    settings = tmp_path / "course.toml"
    settings.write_text('[wording]\njoined = "{name} came"\n')
    (line,) = interop(one, "-o", tmp_path / "out", "--config", settings, status=2)
    assert "[wording] joined does not allow 'SERVER: {name} has joined the chat.'" in line
    settings.write_text('[wording]\njoined = ["{name} came", "SERVER: {name} has joined the chat."]\n')
    interop(one, "-o", tmp_path / "out", "--config", settings)
    assert signs(tmp_path / "out") == {"reference": "++"}


def test_redo_into_a_new_folder(one, tmp_path):
    """Where nothing is known yet, running all again is running all."""
    lines = interop(one, "-o", tmp_path / "out", "--redo")
    assert any("2 pairs were run, 0 were known" in line for line in lines), lines
    assert signs(tmp_path / "out") == {"reference": "++"}


@pytest.mark.machine
def test_what_takes_no_part_is_told(one, tmp_path):
    """A hand-in without programs is named, and stops nobody; with nobody at all, that is said on the page."""
    (one / "zed").mkdir()
    lines = interop(one, "-o", tmp_path / "out")
    assert any(line.startswith("note  zed takes no part: ") for line in lines)
    assert signs(tmp_path / "out") == {"reference": "++"}
    shutil.rmtree(one / "eve")
    interop(one, "-o", tmp_path / "none")
    assert "Nobody has handed in" in (tmp_path / "none" / "interop.html").read_text()


def test_who_is_not_there_cannot_be_chosen(one, tmp_path):
    """A key that fits nobody is a wrong call."""
    [complaint] = interop(one, "-o", tmp_path / "out", "--only", "zed", status=2)
    assert "there is no such hand-in" in complaint


@pytest.mark.machine
def test_a_server_on_ipv6_alone(tmp_path):
    """A server that listens at an IPv6 address gets advice that is true for it, too: it never was given '127.0.0.1'."""
    lines = interop(lay(tmp_path / "class", ann=("ipv6_only",)), "-o", tmp_path / "out")
    [told] = [line for line in lines if line.startswith("  ann's server: ")]
    assert "'0.0.0.0', which stands for every IPv4 address" in told
    assert "127.0.0.1" not in told.partition("Likely: ")[2]


@pytest.mark.parametrize("name", ["interop.html", "interop.csv"])
def test_a_folder_in_the_place_of_a_result(one, tmp_path, name):
    """Where the page or the table cannot be written that is told before anything is run, with status 3."""
    out = tmp_path / "out"
    (out / name).mkdir(parents=True)
    [complaint] = interop(one, "-o", out, status=3)
    assert complaint == f"chatgrade: {out / name}: is a folder, and a file is to be written there"
    assert [path.name for path in out.iterdir()] == [name]


@pytest.mark.machine
def test_a_result_that_cannot_be_written_in_the_end(one, tmp_path):
    """What has come in the way meanwhile is named, with status 3, and what was run need not be run again."""
    out = tmp_path / "out"
    run = start(one, "-o", out)
    until((out / "chatgrade.sqlite").exists)
    (out / "interop.html").mkdir()
    _, complaint = run.communicate()
    assert (run.returncode, complaint.count("\n")) == (3, 1)
    assert f"{out}/interop.html: cannot be written (Is a directory); what was run is kept" in complaint
    (out / "interop.html").rmdir()
    assert "0 pairs were run, 2 were known" in interop(one, "-o", out)


SPY = """
import os
roots = ["/tmp", "/dev/shm", "/mnt", "/srv", "/opt", "/media", "/var/tmp", "/proc", os.path.dirname(os.path.dirname(os.getcwd()))]
for root in roots:
    for place, folders, files in os.walk(root):
        folders[:] = folders if "treasure" not in files else []
        own = place.startswith(os.getcwd()) or place == os.environ.get("SPY_OWN")
        if "treasure" in files and not own and MINE not in open(os.path.join(place, "treasure")).read():
            os._exit(3)
"""
"""Looks wherever programs may have files for one that somebody else has laid, and ends if it finds it."""


def hand_in_with_treasure(folder: Path, who: str, program: str, source: Path) -> None:
    """A right program that lays a file in its folder and in /tmp, and first looks for somebody else's."""
    place = folder / who
    place.mkdir(parents=True)
    (place / "treasure").write_text(who)
    lays = f"import os\nMINE = {who!r}\nos.makedirs('/tmp/{who}', exist_ok=True)\nopen('/tmp/{who}/treasure', 'w').write(MINE)\n"
    text = source.read_text("utf-8").replace("from __future__ import annotations\n", "")
    (place / program).write_text(f"{lays}{SPY}\n{text}")


@pytest.mark.machine
@pytest.mark.parametrize("isolation", ["full", "network"])
def test_nobody_sees_what_another_has_handed_in(tmp_path, isolation):
    """At full isolation neither program finds a file of the other's; with less, which has to be asked for, they do."""
    if isolation == "full" and not shutil.which("bwrap"):
        pytest.skip("needs bubblewrap")
    own = tmp_path / "class"
    hand_in_with_treasure(own, "sam", SERVER, corpus.folder_of("forks_per_client") / SERVER)
    hand_in_with_treasure(own, "tom", CLIENT, corpus.folder_of("client_makefile_listener") / CLIENT)
    interop(own, "-o", tmp_path / "out", isolation=isolation)
    found = signs(tmp_path / "out")
    assert (found == {"reference": "++", "tom": "++"}) is (isolation == "full")


@pytest.mark.machine
def test_right_programs_get_along():
    """All right programs of tests/corpus chat with other right ones, so that none of them can be blamed for a failure."""
    seed = random.randrange(1_000_000)  # other pairs in each run; what is printed names it
    command = [
        sys.executable,
        str(corpus.TESTS),
        "right_pairs",
        "--isolation",
        "network",
        "--partners",
        "--seed",
        str(seed),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_check_that_explains_exists():
    """The checks that are to explain a failure are in the catalogue, and run the program that they are about."""
    codelab = load()
    for pairing in codelab.pairings:
        assert set(pairing.references) == {pairing.client, pairing.server}
        told = [(role, check) for stage in pairing.stages for role, ids in stage.explained_by.items() for check in ids]
        assert all(codelab.catalogue[check].runs == role for role, check in told)
        assert json.dumps([stage.name for stage in pairing.stages])
