"""Faults of one place, made by rule: each operator proposes changes of a Python source, which stays as it is elsewhere.

Left out are those that change nothing, and what is no Python then.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from support.mutant_sources import (
    FUNCTIONS,
    SIMPLE,
    UNSEEN_KEYWORDS,
    Change,
    Source,
    called,
    called_in,
    is_documentation,
    meaning_of,
    names_in,
)

_LONGEST = 60  # characters of source in an id
_SMALL, _LARGE = 10, 60_000  # numbers that are counted, and ports and sizes of which any is right

NEGATED = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.LtE: ">", ast.Gt: "<=", ast.GtE: "<",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
SHIFTED = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
OTHER_WORDS = {"utf-8": "latin-1", "replace": "strict", "ignore": "strict", "!I": "<I"}
OTHER_CALLS = {
    "sendall": "send", "RLock": "Lock", "split": "splitlines", "rstrip": "strip", "strip": "lstrip", "find": "rfind",
    "index": "rindex", "startswith": "endswith", "endswith": "startswith", "readexactly": "read", "pop": "get",
    "popleft": "pop", "append": "remove", "appendleft": "append", "remove": "append", "shutdown": "close", "set": "clear",
}  # fmt: skip
CONVERSIONS = {"strip", "lstrip", "rstrip", "upper", "lower", "casefold", "encode", "decode", "copy", "replace"}
HARMLESS_TWICE = {
    "close", "shutdown", "settimeout", "setsockopt", "setblocking", "set", "clear", "discard", "unregister", "join",
    "bind", "listen", "serve_forever", "notify", "disconnect",
}  # fmt: skip
SYSTEM_CALLS = {"socket", "setsockopt", "signal", "getattr", "pack", "shutdown", "create_server", "listen", "kill"}
FREE_CALLS = {*SYSTEM_CALLS - {"pack"}, "recv", "read", "print", "input", "ask", "show", "exit"}


@dataclass(frozen=True)
class Mutant:
    """A source with one fault; the id names its function, what was done, and the code it was done to."""

    id: str
    source: bytes
    line: int


# -- operators ---------------------------------------------------------------------------------------------------------


def comparisons(source: Source, node: ast.Compare) -> Iterator[Change]:
    """The opposite of a comparison, unless `decisions` have it both ways; an order's limit moved by one."""
    terms = [node.left, *node.comparators]
    tables = (SHIFTED,) if isinstance(source.parents[node], (ast.If, ast.IfExp)) else (NEGATED, SHIFTED)
    for left, operation, right in zip(terms, node.ops, terms[1:], strict=False):
        for table in tables:
            if new := table.get(type(operation), ""):
                yield source.between("compare", left, right, r"not\s+in|is\s+not|is|in|[=!<>]=?", new, node)


def connectives(source: Source, node: ast.BoolOp) -> Iterator[Change]:
    """And in place of or; a term left out."""
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    yield source.between("and-or", node.values[0], node.values[1], old, new, node)
    for one in node.values if len(node.values) == 2 else ():
        yield source.replace("one-term", node, f"({source.text(one)})", one)


def negations(source: Source, node: ast.UnaryOp) -> Iterator[Change]:
    """A `not` left out."""
    if isinstance(node.op, ast.Not) and not isinstance(source.parents[node], (ast.If, ast.IfExp)):
        yield source.replace("drop-not", node, f"({source.text(node.operand)})")


def decisions(source: Source, node: ast.If | ast.IfExp) -> Iterator[Change]:
    """A condition that always holds, or never does."""
    if "__name__" in source.text(node.test):
        return
    for value in ("True", "False"):
        yield source.replace(f"always-{value}".lower(), node.test, value)


def filters(source: Source, node: ast.comprehension) -> Iterator[Change]:
    """A comprehension's condition that always holds."""
    for test in node.ifs:
        yield source.replace("always-true", test, "True")


def loops(source: Source, node: ast.While | ast.For | ast.AsyncFor) -> Iterator[Change]:
    """A loop that never runs, or only once."""
    yield source.after("loop-once", node.body[-1], "break", node)
    if isinstance(node, ast.For):
        yield source.replace("loop-never", node.iter, "()")
        if called(node.iter) == "list":
            yield source.replace("loop-live", node.iter, source.text(node.iter.args[0]))  # type: ignore[attr-defined]
    elif isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
        yield source.replace("always-false", node.test, "False")


def jumps(source: Source, node: ast.stmt) -> Iterator[Change]:
    """Another way to leave a block."""
    word = type(node).__name__.lower()
    for new in {"break": ("continue", "return"), "continue": ("break",), "return": ("continue",)}[word]:
        yield source.replace("jump", node, new, node)


def deletions(source: Source, node: ast.stmt) -> Iterator[Change]:
    """A statement left out; the first time that a variable is set stays, as without it nothing runs."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if all(isinstance(target, (ast.Attribute, ast.Subscript)) or source.set_again(target) for target in targets):
        yield source.replace("delete", node, "pass")


def repetitions(source: Source, node: ast.Expr) -> Iterator[Change]:
    """A call made twice."""
    if isinstance(node.value, ast.Call) and called_in(node) not in HARMLESS_TWICE:
        yield source.after("twice", node, source.text(node), node)


def exchanges(source: Source, node: ast.stmt) -> Iterator[Change]:
    """A statement and the next one in the other order, if both have to do with one thing."""
    following = source.next_simple(node)
    if following and names_in(node, ast.Store) & names_in(following, ast.Load):
        return  # it would not run
    if following and called_in(following) not in SYSTEM_CALLS and names_in(node) & names_in(following):
        (start, end), (other_start, other_end) = source.span(node), source.span(following)
        middle = source.content[end:other_start].decode()
        text = source.text(following) + middle + source.text(node)
        yield Change("exchange", start, other_end, text, f"{source.text(node)}; {source.text(following)}")


def early_ends(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Change]:
    """A function that does nothing."""
    first = next((one for one in node.body if not is_documentation(one)), None)
    if first and node.name != "main":
        start = source.span(first)[0]
        yield Change("do-nothing", start, start, f"return\n{' ' * first.col_offset}", node.name)


def decorators(source: Source, node: ast.FunctionDef) -> Iterator[Change]:
    """A decorator left out."""
    for one in node.decorator_list:
        start, end = source.span(one)
        yield Change("undecorated", start - 1, end, "", source.text(one))


def numbers_and_words(source: Source, node: ast.Constant) -> Iterator[Change]:
    """Another constant."""
    parent = source.parents[node]
    if called(parent) in FREE_CALLS:
        return  # any size is right, any words are
    for value in other_values(node.value):
        change = source.replace("constant", node, repr(value))
        yield Change(change.operator, change.start, change.end, change.text, f"{change.about} => {value!r}")


def other_values(value: object) -> Iterator[object]:
    """Values that are near to one."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int) and value < _LARGE:
        yield from (value + 1, value - 1) if value <= _SMALL else (value // 50,)
    elif isinstance(value, float):
        yield value / 100
    elif isinstance(value, str) and value:
        yield OTHER_WORDS.get(value, value[:-1])
    elif isinstance(value, bytes):
        yield from (b"", b"\n\n") if value == b"\n" else (value[:-1] or b"x",)


def formats(source: Source, node: ast.JoinedStr) -> Iterator[Change]:
    """An f-string without one of its parts, or with two values in the other order."""
    parts = node.values
    for index, part in enumerate(parts):
        if index and isinstance(part, ast.Constant):
            continue  # one of its words is enough
        yield formatted(source, node, parts[:index] + parts[index + 1 :], f"without {ast.unparse(part)}")
    values = [at for at, one in enumerate(parts) if isinstance(one, ast.FormattedValue)]
    for one, other in itertools.combinations(values, 2):
        order = list(parts)
        order[one], order[other] = order[other], order[one]
        yield formatted(source, node, order, "in another order")


def formatted(source: Source, node: ast.JoinedStr, values: list[ast.expr], how: str) -> Change:
    """An f-string of these parts in place of another."""
    other = copy.copy(node)
    other.values = values
    return Change("format", *source.span(node), ast.unparse(other), f"{source.text(node)} => {how}")


def arguments(source: Source, node: ast.Call) -> Iterator[Change]:
    """A call without one of its arguments, or with two of them in the other order."""
    every = [*node.args, *(keyword.value for keyword in node.keywords)]
    for keyword in node.keywords:
        if keyword.arg and keyword.arg not in UNSEEN_KEYWORDS:
            yield without(
                source,
                "drop-keyword",
                keyword,
                [one for one in (*node.args, *node.keywords) if one is not keyword],
                node,
            )
    if (
        len(node.args) > 1
        and called(node) not in SYSTEM_CALLS
        and not any(isinstance(one, ast.Starred) for one in every)
    ):
        first, second = node.args[:2]
        if type(first) is type(second):
            yield swapped(source, "swap-arguments", first, second, node)
        rest = [one for one in (*node.args, *node.keywords) if one is not node.args[-1]]
        yield without(source, "drop-argument", node.args[-1], rest, node)


def without(source: Source, operator: str, left_out: ast.AST, rest: Iterable[ast.AST], node: ast.Call) -> Change:
    """A call with only these of its arguments."""
    text = f"{source.text(node.func)}({', '.join(map(source.text, rest))})"
    start, end = source.span(node)
    return Change(operator, start, end, text, f"{source.text(left_out)} of {source.text(node)}")


def swapped(source: Source, operator: str, first: ast.AST, second: ast.AST, about: ast.AST) -> Change:
    """Two neighbours in the other order."""
    start, end = source.span(first)[0], source.span(second)[1]
    middle = source.content[source.span(first)[1] : source.span(second)[0]].decode()
    return Change(operator, start, end, source.text(second) + middle + source.text(first), source.text(about))


def other_calls(source: Source, node: ast.Call) -> Iterator[Change]:
    """Another method; a conversion left out, or a call of one thing replaced by that thing."""
    name = called(node)
    if isinstance(node.func, ast.Attribute):
        end = source.span(node.func)[1]
        if new := OTHER_CALLS.get(name):
            yield Change("method", end - len(name), end, new, f"{source.text(node)} => {new}")
        if name == "split" and node.args:
            text = f"{source.text(node.func.value)}.splitlines()"
            yield source.replace("method", node, text)
        if name in CONVERSIONS:
            yield source.replace("unconverted", node, source.text(node.func.value))
    elif len(node.args) == 1 and not node.keywords and name not in ("print", "input", "len"):
        yield source.replace("unconverted", node, source.text(node.args[0]))


def tuples(source: Source, node: ast.Tuple) -> Iterator[Change]:
    """Two values in the other order."""
    if (
        isinstance(node.ctx, ast.Load)
        and len(node.elts) > 1
        and not isinstance(source.parents[node], ast.ExceptHandler)
    ):
        yield swapped(source, "swap-values", node.elts[0], node.elts[1], node)


def handlers(source: Source, node: ast.ExceptHandler) -> Iterator[Change]:
    """An exception that nobody handles, or that is handled by doing nothing."""
    for text in ("raise", "pass"):
        start, end = source.span(node.body[0])[0], source.span(node.body[-1])[1]
        yield Change(f"handle-by-{text}", start, end, text, source.name(node))
    if isinstance(caught := node.type, ast.Tuple):
        for one in caught.elts:
            kept = [source.text(other) for other in caught.elts if other is not one]
            yield source.replace("catch-less", caught, f"({', '.join(kept)},)", one)


def last_parts(source: Source, node: ast.Try) -> Iterator[Change]:
    """A `finally` or an `else` left out."""
    for operator, body in (("no-finally", node.finalbody), ("no-else", node.orelse)):
        if body:
            start, end = source.span(body[0])[0], source.span(body[-1])[1]
            yield Change(operator, start, end, "pass", source.name(body[0]))


def contexts(source: Source, node: ast.With | ast.AsyncWith) -> Iterator[Change]:
    """A block without its lock, or with its last or its first statement outside of it."""
    item, first = node.items[0], node.body[0]
    name = item.optional_vars
    text = f"if ({source.text(name)} := {source.text(item.context_expr)}):" if name else "if True:"
    yield source.header("no-with", node, first, text)
    if len(node.body) > 1 and not name:
        last = node.body[-1]
        start, end = source.offset(last.lineno, 0), source.span(last)[1]
        lines = source.content[start:end].decode().splitlines(keepends=True)
        moved = "".join(line[first.col_offset - node.col_offset :] for line in lines)
        yield Change("lock-shorter", start, end, moved, source.name(last))
        start, end = source.span(node)[0], source.span(first)[1]
        head = source.content[start : source.offset(first.lineno, 0)].decode().rstrip()
        text = f"{source.text(first)}\n{' ' * node.col_offset}{head}"
        if first.lineno == first.end_lineno:
            yield Change("lock-later", start, end, text, source.text(first))


def sums(source: Source, node: ast.BinOp) -> Iterator[Change]:
    """A sum without one of its terms; a difference that is a sum."""
    if isinstance(node.op, ast.Add):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            change = source.replace("drop-term", node, f"({source.text(one)})")
            yield Change(
                change.operator, change.start, change.end, change.text, f"{source.text(other)} of {change.about}"
            )
    if isinstance(node.op, ast.Sub):
        yield source.between("plus-minus", node.left, node.right, "-", "+", node)


def increments(source: Source, node: ast.AugAssign) -> Iterator[Change]:
    """What should be added takes the place instead."""
    old, new = ("-=", "+=") if isinstance(node.op, ast.Sub) else (r"[+|]=", "=")
    yield source.between("plus-minus", node.target, node.value, old, new, node)


def slices(source: Source, node: ast.Subscript) -> Iterator[Change]:
    """All in place of a part; one more or one less."""
    if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        yield source.replace("all-of-it", node, source.text(node.value))
        for bound in filter(None, (node.slice.lower, node.slice.upper)):
            for step in () if isinstance(bound, ast.Constant) else ("+ 1", "- 1"):
                yield source.replace("bound", bound, f"({source.text(bound)} {step})", node)


# -- mutants -----------------------------------------------------------------------------------------------------------

OPERATORS: list[tuple[tuple[type[ast.AST], ...], Callable[..., Iterator[Change]]]] = [
    ((ast.Compare,), comparisons),
    ((ast.BoolOp,), connectives),
    ((ast.UnaryOp,), negations),
    ((ast.If, ast.IfExp), decisions),
    ((ast.comprehension,), filters),
    ((ast.While, ast.For, ast.AsyncFor), loops),
    ((ast.Break, ast.Continue, ast.Return), jumps),
    (SIMPLE, deletions),
    ((ast.Expr,), repetitions),
    (SIMPLE[:4], exchanges),
    (FUNCTIONS, early_ends),
    (FUNCTIONS, decorators),
    ((ast.Constant,), numbers_and_words),
    ((ast.JoinedStr,), formats),
    ((ast.Call,), arguments),
    ((ast.Call,), other_calls),
    ((ast.Tuple,), tuples),
    ((ast.ExceptHandler,), handlers),
    ((ast.Try,), last_parts),
    ((ast.With, ast.AsyncWith), contexts),
    ((ast.BinOp,), sums),
    ((ast.AugAssign,), increments),
    ((ast.Subscript,), slices),
]


def mutants(name: str, content: bytes, *, output_counts: bool) -> list[Mutant]:
    """All mutants of a program, each another program; `output_counts` tells whether what it prints is judged."""
    source = Source(content, output_counts=output_counts)
    known = {(start, meaning_of(content[start:end])) for start, end in map(source.span, source.tree.body)}
    found: list[Mutant] = []
    ids: Counter[str] = Counter()
    for node, change in changes(source):
        label = f"{name}: {source.function(node)}: {change.operator} {short(change.about)}"
        ids[label] += 1
        start, end = source.top_level(change)
        part = content[start : change.start] + change.text.encode() + content[change.end : end]
        meaning = meaning_of(part)
        if meaning and (start, meaning) not in known:
            known.add((start, meaning))
            number = f" #{ids[label]}" if ids[label] > 1 else ""
            line = content[: change.start].count(b"\n") + 1
            found.append(Mutant(label + number, content[:start] + part + content[end:], line))
    return found


def changes(source: Source) -> Iterator[tuple[ast.AST, Change]]:
    """What all operators propose."""
    for node in source.nodes():
        for types, operator in OPERATORS:
            if isinstance(node, types):
                yield from ((node, change) for change in operator(source, node))


def short(code: str) -> str:
    """Code in one line that is not too long; of two codes, both are cut."""
    parts = code.split(" => ")
    lines = [" ".join(part.split()) for part in parts]
    return " => ".join(line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..." for line in lines)
