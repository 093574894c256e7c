"""What operators do to a source, and what they leave alone."""

from __future__ import annotations

import ast
import textwrap

import pytest
from support import corpus, mutants
from support.mutant_operators import Mutant
from support.mutant_operators import mutants as mutants_of
from support.verdicts import LAB


def made(source: str, *, output_counts: bool = False) -> list[Mutant]:
    """The mutants of a source that is a function's body."""
    body = textwrap.indent(textwrap.dedent(source).strip(), "    ")
    return mutants_of("it", f"def f(a, b):\n{body}\n".encode(), output_counts=output_counts)


def bodies(source: str, operator: str, *, output_counts: bool = False) -> list[str]:
    """What an operator makes of a function's body."""
    found = [one for one in made(source, output_counts=output_counts) if f": f: {operator} " in one.id]
    return [textwrap.dedent(one.source.decode().partition("\n")[2]).strip() for one in found]


@pytest.mark.parametrize(
    ("operator", "source", "changed"),
    [
        ("compare", "return a == b", ["return a != b"]),
        ("compare", "return a not  in b", ["return a in b"]),
        ("compare", "if a < b:\n    return 1", ["if a <= b:\n    return 1"]),
        ("and-or", "return a and b", ["return a or b"]),
        ("one-term", "return a or b", ["return (a)", "return (b)"]),
        ("drop-not", "return not a", ["return (a)"]),
        ("always-true", "if a:\n    b()", ["if True:\n    b()"]),
        ("always-false", "if a:\n    b()\na()", ["if False:\n    b()\na()"]),
        ("always-true", "return [c for c in a if c != b]", ["return [c for c in a if True]"]),
        ("loop-once", "for c in a:\n    b(c)", ["for c in a:\n    b(c)\n    break"]),
        ("loop-never", "for c in a:\n    b(c)", ["for c in ():\n    b(c)"]),
        ("loop-live", "for c in list(a):\n    b(c)", ["for c in a:\n    b(c)"]),
        ("jump", "while a():\n    break\na()", ["while a():\n    continue\na()", "while a():\n    return\na()"]),
        ("delete", "a.close()\nreturn b", ["pass\nreturn b", "a.close()\npass"]),
        ("twice", "a.put(b)", ["a.put(b)\na.put(b)"]),
        ("exchange", "a.put(1)\na.put(2)", ["a.put(2)\na.put(1)"]),
        ("do-nothing", "a.put(b)", ["return\na.put(b)"]),
        ("constant", "return a + 1", ["return a + 2", "return a + 0"]),
        ("constant", "return a.b('EXIT')", ["return a.b('EXI')"]),
        ("constant", "return a + b'\\n'", ["return a + b''", "return a + b'\\n\\n'"]),
        ("constant", "return a.decode('utf-8')", ["return a.decode('latin-1')"]),
        ("format", "return f'{a}: {b}'", ["return f': {b}'", "return f'{a}: '", "return f'{b}: {a}'"]),
        ("drop-keyword", "a(b, skip=b)", ["a(b)"]),
        ("drop-argument", "a(b, 1)", ["a(b)"]),
        ("swap-arguments", "b(a, b)", ["b(b, a)"]),
        ("method", "a.sendall(b)", ["a.send(b)"]),
        ("unconverted", "return a.strip().upper()", ["return a.strip()", "return a.upper()"]),
        ("unconverted", "return list(a)", ["return a"]),
        ("swap-values", "return a, b", ["return b, a"]),
        ("handle-by-raise", "try:\n    a()\nexcept OSError:\n    pass", ["try:\n    a()\nexcept OSError:\n    raise"]),
        ("catch-less", "try:\n    a()\nexcept (OSError, EOFError):\n    pass",
         ["try:\n    a()\nexcept (EOFError,):\n    pass", "try:\n    a()\nexcept (OSError,):\n    pass"]),
        ("no-finally", "try:\n    a()\nfinally:\n    b()", ["try:\n    a()\nfinally:\n    pass"]),
        ("no-with", "with a:\n    b()", ["if True:\n    b()"]),
        ("no-with", "with a() as c:\n    b(c)", ["if (c := a()):\n    b(c)"]),
        ("lock-shorter", "with a:\n    b(1)\n    b(2)", ["with a:\n    b(1)\nb(2)"]),
        ("lock-later", "with a:\n    b(1)\n    b(2)", ["b(1)\nwith a:\n    b(2)"]),
        ("drop-term", "return a + b", ["return (a)", "return (b)"]),
        ("plus-minus", "return a - b", ["return a + b"]),
        ("plus-minus", "a += b", ["a = b"]),
        ("all-of-it", "return a[1:]", ["return a"]),
        ("bound", "return a[b:]", ["return a[(b + 1):]", "return a[(b - 1):]"]),
    ],
)  # fmt: skip
def test_operator(operator: str, source: str, changed: list[str]) -> None:
    """An operator makes its one change, and leaves all the rest as it was written."""
    assert bodies(source, operator) == changed


@pytest.mark.parametrize(
    "source",
    [
        '"""What it does."""',
        "import socket",
        "print('one', a)",
        "log.info('%s joined', a)",
        "parser.add_argument('--port', default=65433)",
        "a: 'int'",
    ],
)
def test_unseen(source: str) -> None:
    """What nobody judges is not changed: documentation, a log, a command line."""
    assert [one.id for one in made(source) if ": do-nothing " not in one.id] == []


def test_output_of_a_client_is_judged() -> None:
    """What a client prints is changed, but not in its words."""
    changed = ["print(a)\nprint(a)"]
    assert bodies("print(a)", "twice", output_counts=True) == changed
    assert bodies("print('Welcome', a)", "constant", output_counts=True) == []


def test_ids_survive_edits_elsewhere() -> None:
    """An id tells the function and the code, not the line; of two that are alike, the second has a number."""
    before = [one.id for one in made("a.put(1)")]
    after = [one.id for one in made("# new\n\na.put(1)")]
    assert before == after
    assert len({one.id for one in made("a.put()\na.put()\nb.put()\nb.put()")}) == len(
        made("a.put()\na.put()\nb.put()\nb.put()")
    )


def test_no_mutant_is_the_program() -> None:
    """What means the same as the program, or as another mutant, is none: a `return` at the end, a `pass` more."""
    assert bodies("a()\nreturn", "delete") == ["pass\nreturn"]


@pytest.mark.parametrize("base", mutants.BASES)
def test_each_base_has_mutants(base: str) -> None:
    """They are Python, and differ from each other, and have ids of their own."""
    found = mutants.mutants_of(base)
    ast.parse(found[-1].source)
    assert len({one.id for one in found}) == len({one.source for one in found}) == len(found) > 0


def test_there_are_a_thousand() -> None:
    """At least a thousand faults are tried."""
    assert sum(len(mutants.mutants_of(base)) for base in mutants.BASES) >= 1000


def test_the_list_is_of_mutants() -> None:
    """Each entry of the hand-kept list is a mutant that there is, once, with a reason."""
    ids = {one.id for base in mutants.BASES for one in mutants.mutants_of(base)}
    kept = mutants.listed()
    assert sorted(kept.known - ids) == []
    assert all({**kept.equivalent, **kept.either}.values())
    assert not kept.equivalent.keys() & kept.either.keys()


@pytest.mark.parametrize("file", corpus.PROGRAMS)
def test_every_check_is_run(file: str) -> None:
    """A survivor has been through each check with points once, the most telling ones first."""
    order = [check for step in mutants.steps(file) for check in step]
    assert len(order) == len(set(order))
    assert all(LAB.catalogue[check].points for check in order)
