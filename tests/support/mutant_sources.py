"""A Python source to be changed in one place: its tree, and where in its bytes each node is.

What no reader of the contract could see is no place for a fault: documentation, annotations, a server's log, a command line.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType

UNSEEN_CALLS = {
    "ArgumentParser", "add_argument", "parse_args", "basicConfig", "getLogger", "info", "warning", "error", "exit",
    "main",
}  # fmt: skip
UNSEEN_FUNCTIONS = {"port_number"}
UNSEEN_KEYWORDS = {"name", "help", "description", "format"}
SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete, ast.Return, ast.Raise, ast.Break, ast.Continue)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Change:
    """New text for the bytes from `start` to `end`; `about` is the code that an id shows."""

    operator: str
    start: int
    end: int
    text: str
    about: str


class Source:
    """A program's bytes and tree, and where in the bytes each node is."""

    def __init__(self, content: bytes, *, output_counts: bool) -> None:
        self.content, self.output_counts = content, output_counts
        self.tree = ast.parse(content)
        self._lines = [0, *itertools.accumulate(len(line) for line in content.splitlines(keepends=True))]

    def offset(self, line: int, column: int) -> int:
        """The place of a line's byte."""
        return self._lines[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        return start, self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        """A node's source."""
        start, end = self.span(node)
        return self.content[start:end].decode()

    def top_level(self, change: Change) -> tuple[int, int]:
        """Where the statement of the module begins and ends that a change is in; the whole module for one between two."""
        around = (span for span in map(self.span, self.tree.body) if span[0] <= change.start <= change.end <= span[1])
        return next(around, (0, len(self.content)))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """A node's parent, its parent, and so on."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function(self, node: ast.AST) -> str:
        """The names of the classes and functions around it, outermost first."""
        names = [one.name for one in (node, *self.above(node)) if isinstance(one, (*FUNCTIONS, ast.ClassDef))]
        return ".".join(reversed(names)) or "module"

    def nodes(self, node: ast.AST | None = None) -> Iterator[ast.AST]:
        """All nodes that may be changed."""
        for child in ast.iter_child_nodes(node or self.tree):
            if not self._unseen(child, node or self.tree):
                yield child
                if not isinstance(child, ast.JoinedStr):
                    yield from self.nodes(child)

    def _unseen(self, node: ast.AST, parent: ast.AST) -> bool:
        """Whether nothing in this node can matter."""
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass, ast.expr_context)):
            return True
        if isinstance(parent, (ast.arg, ast.AnnAssign, *FUNCTIONS)) and node in (
            getattr(parent, "annotation", None),
            getattr(parent, "returns", None),
        ):
            return True
        if isinstance(node, ast.keyword):
            return node.arg in UNSEEN_KEYWORDS
        if isinstance(node, FUNCTIONS) and (node.name in UNSEEN_FUNCTIONS or "ArgumentParser" in self.text(node)):
            return True  # its command line
        if is_documentation(node) or (isinstance(node, ast.Compare) and "__name__" in self.text(node)):
            return True
        call = node.value if isinstance(node, ast.Expr) else node
        return isinstance(call, ast.Call) and (
            called(call) in UNSEEN_CALLS or (called(call) == "print" and not self.output_counts)
        )

    def set_again(self, target: ast.expr) -> bool:
        """Whether the function around a variable sets it in another place, too."""
        around = next((one for one in self.above(target) if isinstance(one, FUNCTIONS)), None)
        same = [one for one in ast.walk(around) if stores(one, target)] if around else []
        return len(same) > 1

    def next_simple(self, node: ast.AST) -> ast.stmt | None:
        """The simple statement that comes right after one on the next line."""
        for _, block in ast.iter_fields(self.parents[node]):
            if isinstance(block, list) and node in block[:-1]:
                following = block[block.index(node) + 1]
                return following if isinstance(following, SIMPLE[:4]) else None
        return None

    # -- changes -------------------------------------------------------------------------------------------------------

    def name(self, node: ast.AST) -> str:
        """What stands for a node in an id: of a statement with a body, only its head."""
        return ast.unparse(node).partition("\n")[0] if hasattr(node, "body") else self.text(node)

    def replace(self, operator: str, node: ast.AST, text: str, about: ast.AST | None = None) -> Change:
        """Another text in place of a node."""
        return Change(operator, *self.span(node), text, self.name(about or node))

    def between(self, operator: str, left: ast.AST, right: ast.AST, old: str, new: str, about: ast.AST) -> Change:
        """Another word between two nodes."""
        start, end = self.span(left)[1], self.span(right)[0]
        text = re.sub(old, lambda _: new, self.content[start:end].decode(), count=1)
        return Change(operator, start, end, text, f"{self.text(about)} => {new}")

    def after(self, operator: str, node: ast.stmt, text: str, about: ast.AST) -> Change:
        """A statement after another one."""
        end = self.span(node)[1]
        return Change(operator, end, end, f"\n{' ' * node.col_offset}{text}", self.name(about))

    def header(self, operator: str, node: ast.stmt, first: ast.stmt, text: str) -> Change:
        """Another text in place of all that stands before a compound statement's body."""
        start, end = self.span(node)[0], self.offset(first.lineno, 0)
        if first.lineno == node.lineno:
            end = self.span(first)[0]
        return Change(operator, start, end, text + ("\n" if first.lineno != node.lineno else " "), self.name(node))


def called(node: ast.AST) -> str:
    """The last name of what a call calls; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def is_documentation(node: ast.AST) -> bool:
    """Whether a statement is a text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def called_in(node: ast.AST) -> str:
    """The last name of what a statement calls; empty if it is no call."""
    return called(node.value) if isinstance(node, ast.Expr) else ""


def names_in(node: ast.AST, context: type[ast.expr_context] | None = None) -> set[str]:
    """The variables and attributes in some code; with a context, only the variables that are set or read."""
    if context:
        return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, context)}
    found = {getattr(one, "attr", "") or getattr(one, "id", "") for one in ast.walk(node)}
    return found - {"", "self", "socket"}


def stores(node: ast.AST, target: ast.expr) -> bool:
    """Whether a node is the same variable as a target, and is set."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == getattr(target, "id", "")


def meaning_of(source: bytes) -> Hashable:
    """What Python makes of a source, wherever it stands: two that mean the same are equal. Empty for what is no Python."""
    try:
        return instructions(compile(source, "mutant", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return ()


def instructions(code: CodeType) -> Hashable:
    """A code object without the places in the source."""
    constants = tuple(instructions(one) if isinstance(one, CodeType) else (type(one), one) for one in code.co_consts)
    return code.co_code, code.co_names, code.co_varnames, getattr(code, "co_exceptiontable", b""), constants
