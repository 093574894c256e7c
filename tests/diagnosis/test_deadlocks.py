"""Which lock a stuck thread waits for, and whether it holds that lock itself: dumps read beside the source."""

from __future__ import annotations

import re

import pytest

from grader.diagnosis.deadlocks import lock_taken_twice, waiting_for_a_lock
from grader.diagnosis.own_code import OwnCode
from grader.diagnosis.tracebacks import Frame, Thread
from grader.model.verdict import Where

LIBRARY = Frame("/usr/lib/python3.11/threading.py", 982, "run")


def stuck(folder, code: str, file: str = "server.py") -> tuple[list[Thread], OwnCode]:
    """Write the code; a comment `#0` marks the innermost frame of the stuck thread, `#1` its caller, and so on."""
    (folder / file).write_text(code)
    lines = code.splitlines()
    marked = {int(mark[1]): number for number, line in enumerate(lines, 1) if (mark := re.search(r"#(\d)", line))}
    frames = []
    for _, number in sorted(marked.items()):
        headings = [found[1] for line in lines[:number] if (found := re.match(r"\s*def (\w+)", line))]
        frames.append(Frame(str(folder.resolve() / file), number, headings[-1] if headings else "<module>"))
    return [Thread((LIBRARY,)), Thread((*frames, LIBRARY))], OwnCode(folder)


METHODS = """\
class Hub:
    def drop(self, conn):
        {inner}  #0
            del self.members[conn]

    def spread(self, text):
        {outer}
            for conn in list(self.members):
                try:
                    conn.sendall(text)
                except OSError:
                    self.drop(conn)  #1
"""
CALLS = """\
def drop(conn):
    lock.acquire()  #0
    clients.remove(conn)
    lock.release()

def spread(text):
    lock.acquire()
    for conn in clients:
        # a comment
        if not send(conn, text):

            drop(conn)  #1
    lock.release()
"""
TWO_UP = """\
def drop(conn):
    with lock:  #0
        clients.remove(conn)

def send_to(conn, text):
    try:
        conn.sendall(text)
    except OSError:
        drop(conn)  #1

def spread(text):
    with lock:
        for conn in clients:
            send_to(conn, text)  #2
"""
TRY_FINALLY = """\
def drop(conn):
    with lock:  #0
        clients.remove(conn)

def spread(text):
    lock.acquire()
    try:
        for conn in clients:
            drop(conn)  #1
    finally:
        lock.release()
"""
ACQUIRED_IF = """\
def drop(conn):
    with lock:  #0
        clients.remove(conn)

def spread(text):
    if lock.acquire(timeout=1):
        drop(conn)  #1
        lock.release()
"""
TWO_LOCKS_AT_ONCE = """\
def drop(conn):
    with lock:  #0
        clients.remove(conn)

def spread(text):
    with lock, open("log") as log:
        drop(conn)  #1
"""
RECURSION = """\
def spread(text):
    with lock:  #0
        for conn in clients:
            if not send(conn, text):
                spread("gone")  #1
"""


@pytest.mark.parametrize(
    ("code", "lock", "holder"),
    [
        pytest.param(
            METHODS.format(inner="with self.lock:", outer="with self.lock:"), "self.lock", "spread", id="with"
        ),
        pytest.param(
            METHODS.format(inner="with self.lock :", outer="with  self.lock:"), "self.lock", "spread", id="blanks"
        ),
        pytest.param(
            METHODS.format(inner="with hub.lock:", outer="with self.lock:"), "hub.lock", "spread", id="hub is self"
        ),
        pytest.param(
            METHODS.format(inner="with locks[0]:", outer="with locks[0]:"), "locks[0]", "spread", id="in a list"
        ),
        pytest.param(CALLS, "lock", "spread", id="acquire and release"),
        pytest.param(TWO_UP, "lock", "spread", id="held two levels up"),
        pytest.param(TRY_FINALLY, "lock", "spread", id="released in finally"),
        pytest.param(ACQUIRED_IF, "lock", "spread", id="acquired in a condition"),
        pytest.param(TWO_LOCKS_AT_ONCE, "lock", "spread", id="with two things"),
        pytest.param(RECURSION, "lock", "spread", id="calls itself"),
    ],
)
def test_lock_taken_twice(tmp_path, code, lock, holder):
    """A thread that waits for a lock one of its own callers holds is told with both places."""
    threads, source = stuck(tmp_path, code)
    found = lock_taken_twice(threads, source)
    assert found is not None
    assert (found.lock, found.holder_function) == (lock, holder)
    marks = {mark: number for number, line in enumerate(code.splitlines(), 1) for mark in re.findall(r"#\d", line)}
    assert found.where == Where("server.py", marks["#0"])
    assert found.holder == Where("server.py", max(marks.items())[1])


NOT_A_DEADLOCK = [
    pytest.param(METHODS.format(inner="with self.lock:", outer="with self.names_lock:"), id="different locks"),
    pytest.param(METHODS.format(inner="with self.lock:", outer="if True:"), id="nothing held"),
    pytest.param(METHODS.format(inner="self.queue.get()", outer="with self.lock:"), id="waits for no lock"),
    pytest.param(
        "def drop():\n    with lock:  #0\n        pass\n\ndef spread():\n    with lock:\n        gone = send()\n    drop()  #1\n",
        id="given back before the call",
    ),
    pytest.param(
        "def drop():\n    with lock:  #0\n        pass\n\ndef first():\n    lock.acquire()\n\ndef spread():\n    drop()  #1\n",
        id="taken in another function",
    ),
    pytest.param(
        "def drop():\n    with lock:  #0\n        pass\n\ndef spread():\n    if a:\n        with lock:\n            a()\n"
        "    for b in c:\n        if b:\n            drop()  #1\n",
        id="taken in another block",
    ),
    pytest.param(
        "def drop():\n    with lock:  #0\n        pass\n\ndef spread():\n    lock.acquire()\n    gone = send()\n"
        "    lock.release()\n    drop()  #1\n",
        id="released before the call",
    ),
    pytest.param(
        "def drop():\n    with lock:  #0\n        pass\n\ndef spread():\n    lock.acquire()\n    try:\n        gone = send()\n"
        "    finally:\n        lock.release()\n    drop()  #1\n",
        id="released in finally before the call",
    ),
    pytest.param(
        "def drop(one):\n    with one.lock:  #0\n        pass\n\ndef spread(room):\n    with room.lock:\n        drop(x)  #1\n",
        id="locks of two kinds of objects",
    ),
    pytest.param(
        "class Room:\n    def __init__(self):\n        self.lock = threading.Lock()\n    def spread(self):\n"
        "        with self.lock:\n            self.one.send()  #1\n\nclass Client:\n    def __init__(self):\n"
        "        self.lock = threading.Lock()\n    def send(self):\n        with self.lock:  #0\n            pass\n",
        id="self is another object",
    ),
    pytest.param("lock = threading.RLock()\n\n" + TWO_UP, id="an RLock"),
    pytest.param(
        "lock = threading.Condition()\n\n" + TWO_UP,
        id="a Condition, which has an RLock",
    ),
]


@pytest.mark.parametrize("code", NOT_A_DEADLOCK)
def test_no_lock_taken_twice(tmp_path, code):
    """A thread that waits for something its callers do not hold is not told that it waits for itself."""
    assert lock_taken_twice(*stuck(tmp_path, code)) is None


def test_caller_in_another_file(tmp_path):
    """The holder is found in another file of the submission too."""
    inner, source = stuck(tmp_path, "def drop():\n    with hub.lock:  #0\n        pass\n", "chatlib.py")
    outer, _ = stuck(tmp_path, "def spread():\n    with lock:\n        drop()  #0\n")
    threads = [Thread((*inner[1].frames[:1], *outer[1].frames))]
    found = lock_taken_twice(threads, source)
    assert found is not None
    assert (found.where.file, found.holder.file) == ("chatlib.py", "server.py")


def test_two_threads_that_wait_for_each_other(tmp_path):
    """Two threads that each wait for the other's lock are no lock taken twice, but each is found to wait."""
    code = "def one():\n    with a:\n        with b:  #0\n            pass\n"
    threads, source = stuck(tmp_path, code)
    assert lock_taken_twice(threads, source) is None
    waiting = waiting_for_a_lock(threads, source)
    assert waiting is not None
    assert waiting.line == 3


@pytest.mark.parametrize(
    "source_line", ["with lock:", "lock.acquire()", "ok = self.lock.acquire()", "if lock.acquire():"]
)
def test_waiting_for_a_lock(tmp_path, source_line):
    """The own line in which a thread waits for a lock is found."""
    threads, source = stuck(tmp_path, f"def f():\n    {source_line}  #0\n        pass\n")
    found = waiting_for_a_lock(threads, source)
    assert found is not None
    assert (found.line, found.function) == (2, "f")


@pytest.mark.parametrize(
    ("source_line", "called"),
    [
        pytest.param("data = conn.recv(1024)", False, id="in recv"),
        pytest.param("lock.release()", False, id="at release"),
        pytest.param("with lock:", True, id="in a library function called there"),
        pytest.param("", False, id="no such line"),
    ],
)
def test_not_waiting_for_a_lock(tmp_path, source_line, called):
    """A thread that waits for something else is not said to wait for a lock."""
    threads, source = stuck(tmp_path, f"def f():\n    {source_line}  #0\n")
    if called:
        threads = [Thread((LIBRARY, *thread.frames)) for thread in threads]
    assert waiting_for_a_lock(threads, source) is None


def test_source_that_is_gone(tmp_path):
    """A frame whose source cannot be read gives no finding instead of a failure."""
    threads = [Thread((Frame("server.py", 3, "f"), Frame("server.py", 9, "g")))]
    assert lock_taken_twice(threads, OwnCode(tmp_path)) is None
    assert waiting_for_a_lock(threads, OwnCode(tmp_path)) is None


def test_relative_names_of_a_server_in_a_nested_folder(tmp_path):
    """Python 3.8 prints file names relative to the server's own folder; the source is found there."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "server.py").write_text("with lock:\n    pass\n")
    source = OwnCode(tmp_path, tmp_path / "src")
    frame = Frame("server.py", 1, "<module>")
    assert waiting_for_a_lock([Thread((frame,))], source) == frame
    assert source.where(frame) == Where("src/server.py", 1)
