"""Tracebacks and dumps of several Python versions, and what they tell about the student's own files."""

from __future__ import annotations

import pytest

from grader.diagnosis.own_code import OwnCode
from grader.diagnosis.tracebacks import Frame, dumped_threads, last_crash
from grader.model.verdict import Where

THREAD_CRASH = """\
Exception in thread Thread-1{name}:
Traceback (most recent call last):
  File "/usr/lib/python3/threading.py", line 1041, in _bootstrap_inner
    self.run()
{tildes}  File "/home/ada/server.py", line 4, in work
    greet({{}})
  File "/home/ada/server.py", line 3, in greet
    def greet(names): return names["mira"]
{tildes}KeyError: 'mira'
"""
CHAINED = """\
Traceback (most recent call last):
  File "server.py", line 7, in <module>
    int("x")
ValueError: invalid literal for int() with base 10: 'x'

{between}

Traceback (most recent call last):
  File "server.py", line 9, in <module>
    raise KeyError("mira") from e
KeyError: 'mira'
"""
NO_ERRNO = 'Traceback (most recent call last):\n  File "s.py", line 2, in <module>\n    f()\n'
SYNTAX_38 = '  File "server.py", line 2\n    if not chunk\n               ^\nSyntaxError: invalid syntax\n'
SYNTAX_313 = "  File \"/home/ada/server.py\", line 2\n    if not chunk\n                ^\nSyntaxError: expected ':'\n"
INDENT_38 = '  File "server.py", line 3\n    y = 2\n    ^\nIndentationError: unexpected indent\n'
INDENT_313 = '  File "/home/ada/server.py", line 3\n    y = 2\nIndentationError: unexpected indent\n'
IMPORTED = 'Traceback (most recent call last):\n  File "server.py", line 1, in <module>\n    import chatlib\n'
NOT_UTF8 = "SyntaxError: Non-UTF-8 code starting with '\\xff' in file /home/ada/server.py on line 1, but no encoding declared\n"


def own(line: int, function: str = "<module>", file: str = "server.py") -> Frame:
    """Make a frame in the server's file."""
    return Frame(file, line, function)


@pytest.mark.parametrize(
    ("output", "error", "innermost", "in_thread"),
    [
        pytest.param(NO_ERRNO + "OSError: [Errno 98] Address already in use\n",
                     "OSError: [Errno 98] Address already in use", own(2, file="s.py"), False, id="traceback"),
        pytest.param("listening\n" + NO_ERRNO + "EOFError\nbye\n", "EOFError", own(2, file="s.py"), False,
                     id="between other output"),
        pytest.param(NO_ERRNO + "E: first\n" + NO_ERRNO.replace("line 2", "line 5") + "E: second\n", "E: second",
                     own(5, file="s.py"), False, id="the last of two"),
        pytest.param(THREAD_CRASH.format(name="", tildes=""), "KeyError: 'mira'",
                     own(3, "greet", "/home/ada/server.py"), True, id="thread, 3.8"),
        pytest.param(THREAD_CRASH.format(name=" (work)", tildes="    ~~~~~^^^^\n"), "KeyError: 'mira'",
                     own(3, "greet", "/home/ada/server.py"), True, id="thread, 3.13"),
        pytest.param(CHAINED.format(between="The above exception was the direct cause of the following exception:"),
                     "KeyError: 'mira'", own(9), False, id="chained by from"),
        pytest.param(CHAINED.format(between="During handling of the above exception, another exception occurred:"),
                     "KeyError: 'mira'", own(9), False, id="chained while handled"),
        pytest.param(NO_ERRNO.replace("    f()\n", "    f()\n  [Previous line repeated 9 more times]\n") + "RecursionError: x\n",
                     "RecursionError: x", own(2, file="s.py"), False, id="repeated lines"),
        pytest.param(SYNTAX_38, "SyntaxError: invalid syntax", own(2, ""), False, id="syntax, 3.8"),
        pytest.param(SYNTAX_313, "SyntaxError: expected ':'", own(2, "", "/home/ada/server.py"), False, id="syntax, 3.13"),
        pytest.param(INDENT_38, "IndentationError: unexpected indent", own(3, ""), False, id="indentation, 3.8"),
        pytest.param(INDENT_313, "IndentationError: unexpected indent", own(3, "", "/home/ada/server.py"), False,
                     id="indentation, 3.13"),
        pytest.param(IMPORTED + SYNTAX_38.replace("server", "chatlib"), "SyntaxError: invalid syntax",
                     own(2, "", "chatlib.py"), False, id="syntax in a helper module"),
        pytest.param(NOT_UTF8, NOT_UTF8.strip(), None, False, id="no UTF-8 in the source"),
    ],
)  # fmt: skip
def test_last_crash(output, error, innermost, in_thread):
    """The last exception is found with its place, whatever was printed around it."""
    crash = last_crash(output)
    assert crash is not None
    assert (crash.error, crash.in_thread) == (error, in_thread)
    assert (crash.frames[-1] if crash.frames else None) == innermost


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("", id="nothing"),
        pytest.param("listening on 65433\nKeyError: 'mira'\n", id="an error without its headline"),
        pytest.param("a SyntaxError: is only mentioned\n", id="a word in a sentence"),
        pytest.param("Traceback (most recent call last):\n", id="headline only"),
        pytest.param(NO_ERRNO, id="cut off before the error"),
        pytest.param(NO_ERRNO + "    \n\n", id="cut off, blanks after it"),
    ],
)
def test_no_crash(output):
    """Output without a whole traceback shows no crash."""
    assert last_crash(output) is None


def test_traceback_cut_off_where_output_is_left_out():
    """A traceback whose end is in the part of the output that is left out shows no crash."""
    assert last_crash(NO_ERRNO + "\n[... 4096 bytes left out ...]\nstill running\n") is None


def test_exception_group():
    """The error of an exception group, as asyncio.TaskGroup raises it, is found."""
    crash = last_crash(
        '  + Exception Group Traceback (most recent call last):\n  |   File "server.py", line 9, in <module>\n'
        "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n"
        "  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n"
        "    |   File \"server.py\", line 4, in chat\n    | KeyError: 'mira'\n    +------------------------------------\n"
    )
    assert crash is not None
    assert (crash.error, crash.frames) == ("KeyError: 'mira'", (own(4, "chat"),))


def dump(version: str, threads: str) -> str:
    """What faulthandler of a Python version prints on SIGABRT, after some output."""
    extension = "\nExtension modules: _greenlet (total: 1)\n" if version >= "3.10" else ""
    current = (
        '\nCurrent thread 0x00007f49dbeac740 (most recent call first):\n  File "{0}server.py", line 12 in <module>\n'
    )
    folder = "" if version == "3.8" else "/home/ada/"
    return f"listening\nFatal Python error: Aborted\n\n{threads}{current}{extension}".replace("{0}", folder)


OTHERS = """\
Thread 0x00007f49db9ff640 (most recent call first):
  File "{0}server.py", line 4 in inner
  File "{0}server.py", line 9 in outer
  File "/usr/lib/python3/threading.py", line 992 in run
"""


@pytest.mark.parametrize(("version", "folder"), [("3.8", ""), ("3.11", "/home/ada/"), ("3.13", "/home/ada/")])
def test_dumped_threads(version, folder):
    """Every thread of a dump is read, innermost frame first, the main thread last."""
    threads = dumped_threads(dump(version, OTHERS))
    assert [thread.frames for thread in threads] == [
        (
            own(4, "inner", f"{folder}server.py"),
            own(9, "outer", f"{folder}server.py"),
            Frame("/usr/lib/python3/threading.py", 992, "run"),
        ),
        (own(12, file=f"{folder}server.py"),),
    ]


@pytest.mark.parametrize(
    ("headline", "frames"),
    [
        ("Thread 0x00007f49db9ff640 [worker] (most recent call first):", 1),  # names from 3.14 on
        ("Current thread 0x00007f49db9ff640 (most recent call first):", 1),
        ("Stack (most recent call first):", 1),
        ("Current thread's C stack trace (most recent call first):", 1),
    ],
)
def test_headlines_of_threads(headline, frames):
    """The headlines of all versions begin a thread."""
    threads = dumped_threads(f'Fatal Python error: Aborted\n\n{headline}\n  File "s.py", line 3 in f\n')
    assert [len(thread.frames) for thread in threads] == [frames]


@pytest.mark.parametrize("output", ["", "listening\n", "Fatal Python error: Aborted\n\n<no Python frame>\n"])
def test_no_dump(output):
    """Where no thread was dumped, none is found."""
    assert dumped_threads(output) == []


def test_only_the_last_dump_counts():
    """Of two dumps the last one is read."""
    first = dump("3.11", OTHERS)
    second = dump("3.11", "")
    assert len(dumped_threads(first + second)) == 1


@pytest.mark.parametrize(
    ("file", "mine"),
    [
        ("{}/server.py", True),
        ("{}/lib/chat.py", True),
        ("server.py", True),
        ("lib/chat.py", True),
        ("/usr/lib/python3.11/threading.py", False),
        ("{}x/server.py", False),
        ("<frozen importlib._bootstrap>", False),
        ("<string>", False),
    ],
)  # fmt: skip
def test_own_frames(tmp_path, file, mine):
    """A frame is the student's own when its file is in the submission's folder."""
    assert OwnCode(tmp_path).own(Frame(file.format(tmp_path.resolve()), 1, "f")) is mine


@pytest.mark.parametrize(
    ("file", "shown"), [("server.py", "server.py"), ("{}/server.py", "server.py"), ("{}/lib/chat.py", "lib/chat.py")]
)
def test_where(tmp_path, file, shown):
    """A place is told relative to the submission, whether Python printed it so or not."""
    frames = (
        Frame("/usr/lib/socket.py", 1, "f"),
        Frame(file.format(tmp_path.resolve()), 7, "g"),
        Frame("/usr/x.py", 2, "h"),
    )
    assert OwnCode(tmp_path).deepest(frames) == Where(shown, 7)
    assert OwnCode(tmp_path).deepest(frames[:1]) is None


def test_source_text(tmp_path):
    """The source line of a frame is read leniently, and is empty where there is none."""
    (tmp_path / "server.py").write_bytes(b"one\n    two \xff\n")
    source = OwnCode(tmp_path)
    assert source.text(own(2)) == "two \ufffd"
    assert [source.text(own(line)) for line in (0, 3)] == ["", ""]
    assert source.text(own(1, file="missing.py")) == ""


def test_form_feed_ends_no_source_line(tmp_path):
    """Lines are counted as Python counts them: a form feed does not begin a new one."""
    (tmp_path / "server.py").write_text("one\n\x0c\ntwo\n")
    assert OwnCode(tmp_path).text(own(3)) == "two"


def test_the_file_that_was_handed_in_is_read(tmp_path):
    """Of a copy in which the program was run nothing is read: it may have put links there. No link is followed, either."""
    copy, original, secret = tmp_path / "copy", tmp_path / "original", tmp_path / "secret"
    copy.mkdir()
    original.mkdir()
    secret.write_text("a secret\n")
    (copy / "a.py").symlink_to(secret)
    (original / "a.py").write_text("print(1)\n")
    (original / "b.py").symlink_to(secret)
    source = OwnCode(copy, handed_in=original)
    assert source.text(Frame(str(copy / "a.py"), 1, "f")) == "print(1)"
    assert source.text(Frame(str(copy / "b.py"), 1, "f")) == ""
    assert source.text(Frame(str(secret), 1, "f")) == ""
