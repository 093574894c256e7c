"""The same file from two students: what counts as the same, and what it costs to tell."""

from __future__ import annotations

import pytest
from support.cost import grows_linearly

from grader.batch import duplicates

SERVER = "simple_chat_server.py"
PROGRAM = b'import socket\n\ndef main():\n    text = "# no comment"  # a comment\n    print(text)\n\nmain()\n'


def print_of(source: bytes) -> duplicates.Print:
    """The print of a program that is long enough to have one."""
    made = duplicates.print_of(source)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (PROGRAM, True),
        (PROGRAM.replace(b"\n", b"\r\n"), True),
        (b"\xef\xbb\xbf" + PROGRAM.replace(b"    ", b"\t"), True),
        (PROGRAM.replace(b"# a comment", b"# another 'one"), True),
        (b"# by me\n\n\n" + PROGRAM, True),
        (PROGRAM.replace(b"# no comment", b"# no"), False),
        (PROGRAM.replace(b"text", b"words"), False),
    ],
)
def test_alike(other, alike):
    """Blanks, line ends and comments do not make a program another one; anything else does."""
    found = duplicates.shared({"ada": {SERVER: print_of(PROGRAM)}, "bob": {"s.py": print_of(other)}})
    assert found == ((duplicates.Shared((("ada", SERVER), ("bob", "s.py")), other == PROGRAM),) if alike else ())


def test_shared_programs(tmp_path):
    """Who shares what is told once for each file; one's own copies, short files and what all were given do not count."""
    course = PROGRAM + b"'given'"
    handed = {
        "ada": {"a.py": PROGRAM, "copy/a.py": PROGRAM, "short.py": b"print(1)", "given.py": course},
        "bob": {"b.py": PROGRAM, "short.py": b"print(1)", "given.py": course},
        "cy": {"c.py": PROGRAM + b"'own'", "d.py": PROGRAM + b"'own'"},
    }
    for who, programs in handed.items():
        for name, source in programs.items():
            (tmp_path / who / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / who / name).write_bytes(source)
    by_key = {who: duplicates.prints(tmp_path / who) for who in handed}
    (found,) = duplicates.shared(by_key, [print_of(course)])
    assert found.keys == ("ada", "bob")
    assert found.files == (("ada", "a.py"), ("ada", "copy/a.py"), ("bob", "b.py"))
    assert found.exact


@pytest.mark.parametrize(
    "piece", [b'"""', b'"""\\"""', b"'", b"\\", b'"\\', b'""" "\\""', b"#", b"'''\\", b'x"""y\\"""z']
)
def test_prints_take_linear_time(piece):
    """No source costs more than its length."""
    assert grows_linearly(lambda size: duplicates.print_of(piece * (size // len(piece))), 400_000, span=100)


def test_a_thousand_programs():
    """A thousand programs are compared at about twenty times the cost of fifty: not each with each."""

    def compare(count: int) -> None:
        by_key = {f"s{n}": {SERVER: print_of(PROGRAM * 5 + b"%d" % (n // 2))} for n in range(count)}
        assert len(duplicates.shared(by_key)) == count // 2

    assert grows_linearly(compare, 1_000)
