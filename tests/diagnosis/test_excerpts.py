"""What pages show of a failure beside its words: lines of the student's, stuck threads, screens."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader import config, installed
from grader.diagnosis import own_code
from grader.diagnosis.deadlocks import stuck_threads
from grader.diagnosis.excerpts import excerpts
from grader.diagnosis.own_code import OwnCode
from grader.diagnosis.tracebacks import Frame, Thread
from grader.model.evidence import Evidence, Excerpt
from grader.model.report import Report
from grader.model.verdict import Status, Where
from grader.programs.screen import TerminalScreen
from grader.run.grading import GradingRequest, grading
from grader.run.runner import run_one
from grader.run.schedule import Reporter
from grader.submission import intake

TWENTY = [f"line {number}" for number in range(1, 21)]
LIBRARY = Frame("/usr/lib/python3.11/socket.py", 294, "accept")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((1,), [(1, 5, (1,))]),
        ((20,), [(14, 20, (20,))]),
        ((10,), [(4, 14, (10,))]),
        ((2, 9), [(1, 13, (2, 9))]),
        ((2, 19), [(1, 6, (2,)), (13, 20, (19,))]),
        ((99,), []),
        ((0,), [(1, 4, ())]),
    ],
)
def test_excerpts_stand_around_what_is_meant(lines, expected):
    """Six lines before and four after, as far as the file goes; what touches is one piece."""
    found = excerpts([Where("a.py", line) for line in lines], lambda _: TWENTY)
    assert [(one.first, one.first + len(one.lines) - 1, one.marked) for one in found] == expected
    assert all(one.lines == tuple(TWENTY[one.first - 1 :][: len(one.lines)]) for one in found)


def test_excerpts_of_several_files_stay_apart():
    """Each file has its own pieces, in the order in which the files come up."""
    found = excerpts([Where("b.py", 3), Where("a.py", 3)], lambda file: [file] * 3)
    assert [(one.file, set(one.lines)) for one in found] == [("b.py", {"b.py"}), ("a.py", {"a.py"})]


CODE = """\
def drop(conn):
    with lock:
        clients.remove(conn)
def spread(text):
    with lock:
        drop(conn)
def serve(listener):
    conn, address = listener.accept()
    name = queue.get()
    helper(conn)
"""


def dumped(folder: Path, *stacks: tuple[Frame | tuple[int, str], ...]) -> list[Thread]:
    """Threads whose own frames are given as line and function."""
    (folder / "server.py").write_text(CODE)
    own = str(folder.resolve() / "server.py")
    return [
        Thread(tuple(frame if isinstance(frame, Frame) else Frame(own, *frame) for frame in stack)) for stack in stacks
    ]


def test_threads_tell_what_they_wait_for(tmp_path):
    """The one that waits for itself comes first; others at one place are counted; the main thread is named."""
    threads = dumped(
        tmp_path,
        ((9, "serve"),),
        ((2, "drop"),),
        ((2, "drop"),),
        ((2, "drop"), (6, "spread")),
        (LIBRARY, (8, "serve")),
    )
    found = stuck_threads(threads, OwnCode(tmp_path))
    assert sorted((one.name, one.waits_for) for one in found[:2]) == [
        ("each of 2 threads", "waits for the lock lock, which is never given back"),
        ("one thread", "waits for the lock lock, which it has taken itself in line 6"),
    ]
    assert [(one.name, one.waits_for) for one in found[2:]] == [
        ("the main thread", "waits for the next client"),
        ("one thread", "waits for a queue"),
    ]
    library, own = found[2].frames
    assert (library.file, library.text, library.own) == ("socket.py", "", False)
    assert (own.file, own.line, own.text, own.own) == ("server.py", 8, "conn, address = listener.accept()", True)


def test_a_call_into_a_library_is_told_by_where_it_has_got_to(tmp_path):
    """A line that calls a helper tells nothing; the library's function under it does."""
    (thread,) = dumped(tmp_path, (Frame("/usr/lib/python3.11/ssl.py", 1, "recv_into"), (10, "serve")))
    assert stuck_threads([thread], OwnCode(tmp_path))[0].waits_for == "waits for bytes to arrive"


def test_many_deep_stacks_cost_little(tmp_path, monkeypatch):
    """However many threads stand however deep, a file is read once, and levels and lines are cut."""
    reads = []

    def read(path: Path, _) -> bytes:
        reads.append(path)
        return b"x = 1\n" + b"y" * 100_000

    monkeypatch.setattr(own_code, "source_of", read)
    own = str(tmp_path.resolve() / "server.py")
    threads = [Thread(tuple(Frame(own, 2, f"level{depth}_{number}") for depth in range(100))) for number in range(99)]
    found = stuck_threads(threads, OwnCode(tmp_path))
    assert len(reads) == 1
    assert len(found) == 99
    assert {len(one.frames) for one in found} == {20}
    assert max(len(frame.text) for one in found for frame in one.frames) == 500


def test_a_screenshot_is_what_stands_there():
    """Rows down to the last that is not empty, and the cursor's place."""
    screen = TerminalScreen()
    screen.feed(b"otto: hi\r\n\r\n> half a li")
    shot = screen.shot("remy")
    assert (shot.who, shot.lines, shot.row, shot.column) == ("remy", ("otto: hi", "", "> half a li"), 2, 11)


def report_of(folder: Path, check_id: str) -> Report:
    """The report of one check of a submission."""
    codelab = installed.load()
    chosen = config.load(None, codelab)
    request = GradingRequest(
        (check_id.partition(".")[0],), (check_id,), chosen, 7, sys.executable, sys.executable, "pty"
    )
    with intake.taken_in(folder) as taken:
        return run_one(codelab, grading(codelab, request, taken, Reporter()), "auto", 1)


def exhibits_of(report: Report, check_id: str) -> Evidence:
    """What a failed check of one of our submissions shows."""
    assert Evidence.of(report.exhibits[check_id].as_dict()) == report.exhibits[check_id]
    return report.exhibits[check_id]


@pytest.mark.parametrize("name", ["codelab_two_faults"])
def test_a_deadlock_shows_its_threads_and_lines(gradings, name):
    """The codelab's own fault: which thread waits for the lock that it has, both of its lines, and who got nothing."""
    shown = exhibits_of(gradings.report(name), "task4.mass-death")
    itself = next(thread for thread in shown.threads if "has taken itself" in thread.waits_for)
    assert {(frame.function, frame.text) for frame in itself.frames if frame.own} >= {
        ("drop", "with self.mutex:"), ("spread", "self.drop(connection)"),
    }  # fmt: skip
    assert all(isinstance(piece, Excerpt) and piece.file == "simple_chat_server.py" for piece in shown.excerpts)
    marked = {piece.lines[line - piece.first].strip() for piece in shown.excerpts for line in piece.marked}
    assert "with self.mutex:" in marked
    assert shown.recipient


@pytest.mark.parametrize("name", ["deadlock_on_leave"])
def test_what_is_held_because_of_a_deadlock_shows_the_deadlock(gradings, name):
    """Sockets that nobody closes since their threads have stopped for good are not told as a forgotten close()."""
    shown = exhibits_of(gradings.report(name), "task4.socket-closed")
    assert any("has taken itself" in thread.waits_for for thread in shown.threads)


@pytest.mark.parametrize("name", ["client_prints_pieces"])
def test_a_terminal_check_shows_the_screen(gradings, name):
    """What stood on the client's terminal when the verdict fell, and nothing of what the grader did to it afterwards."""
    (screen,) = exhibits_of(gradings.report(name), "task2.client-split").screens
    assert any(screen.lines)
    assert not any("Fatal Python error" in line for line in screen.lines)


@pytest.mark.parametrize("name", ["a" * 300, "b\\0c", "x/" * 3000])
def test_made_up_names_of_files_change_no_verdict(tmp_path, name):
    """A traceback may name files that no system can have: the check fails as it would without."""
    (tmp_path / "simple_chat_server.py").write_text(f"exec(compile('raise ValueError(1)', '{name}.py', 'exec'))\n")
    (check,) = report_of(tmp_path, "task1.listens")
    assert check.status is Status.FAIL, check.summary
