"""The outline of a student's source, from its syntax tree: functions, their calls, and which of them are run as threads.

Source is untrusted: ten megabytes of brackets cost the parser half a minute and gigabytes. So it is parsed in a process of
its own with little memory and time, which sends back the outline as JSON.
"""

from __future__ import annotations

import ast
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from grader.submission import files

_LARGEST = 400_000  # bytes of one file
_MEMORY, _SECONDS = 256 << 20, 4  # bytes; of processor time
_LONGEST_TEXT = 160  # characters of one call


class Call(NamedTuple):
    """A call: the last part of the function's name, the line, the source, and the source of each argument."""

    name: str
    line: int
    text: str
    arguments: list[str]


class Function(NamedTuple):
    """A function; or, with an empty `name`, the code outside all functions."""

    name: str
    parameters: list[str]
    line: int
    end: int
    calls: tuple[Call, ...]  # without those of functions inside it
    loops: bool
    is_thread: bool  # it is handed to a Thread, an executor or a task to be run
    comment: str  # the comment lines right above it, and its docstring


class Outline(NamedTuple):
    """The functions of a source file."""

    path: str
    functions: tuple[Function, ...]

    def calls(self) -> Iterator[Call]:
        """All calls, function by function."""
        return (call for function in self.functions for call in function.calls)


def outline(path: Path, *, seconds: float = _SECONDS) -> Outline | None:
    """The outline of a file; None if it is unreadable, no valid Python, or too costly to parse."""
    try:
        source = files.read(path, _LARGEST + 1)
    except OSError:
        return None
    if len(source) > _LARGEST:
        return None
    answer = _in_a_small_process(source, seconds)
    if answer is None:
        return None
    return Outline(
        str(path),
        tuple(
            Function(name, parameters, line, end, tuple(Call(*call) for call in calls), loops, thread, comment)
            for name, parameters, line, end, calls, loops, thread, comment in answer
        ),
    )


def _in_a_small_process(source: bytes, seconds: float) -> list[Any] | None:
    """The result of `_digest`, computed in a fork with limits; None if that fails."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(ours)
            _limit(seconds)
            with os.fdopen(theirs, "wb") as pipe:
                pipe.write(json.dumps(_digest(source)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(theirs)
    deadline = time.monotonic() + 10 * seconds  # its own limit is of processor time
    data = bytearray()
    with os.fdopen(ours, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            piece = pipe.read(1 << 16)
            if not piece:
                break
            data += piece
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        functions = json.loads(data)
    except ValueError:
        return None
    return functions if isinstance(functions, list) else None


def _limit(seconds: float) -> None:
    """Detach this process from the grader's streams and signals, and limit its time and memory."""
    devnull = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(devnull, descriptor)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    if sys.platform.startswith("linux"):  # other systems refuse it or do not keep it
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()  # inherited by the fork
        resource.setrlimit(resource.RLIMIT_AS, (held + _MEMORY, held + _MEMORY))


def _digest(source: bytes) -> list[Any]:
    """The fields of each `Function` of a source, as plain data."""
    import warnings

    warnings.simplefilter("ignore")
    tree = ast.parse(source)
    text = source.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    threads = {_last_name(target) for node in ast.walk(tree) if isinstance(node, ast.Call) for target in _targets(node)}
    functions = [_function(tree, "", 1, len(lines), text, lines, threads)]
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            end = node.end_lineno or node.lineno
            functions.append(_function(node, node.name, node.lineno, end, text, lines, threads))
    return functions


def _function(node: ast.AST, name: str, line: int, end: int, text: str, lines: list[str], threads: set[str]) -> Any:  # noqa: ANN401
    own = list(_own_nodes(node))
    calls = [
        (
            _last_name(call.func),
            call.lineno,
            (ast.get_source_segment(text, call) or "")[:_LONGEST_TEXT],
            [(ast.get_source_segment(text, argument) or "")[:_LONGEST_TEXT] for argument in call.args],
        )
        for call in own
        if isinstance(call, ast.Call)
    ]
    loops = any(isinstance(child, (ast.While, ast.For, ast.AsyncFor)) for child in own)
    comment, parameters = _comment_above(lines, line), []
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        comment = "\n".join(filter(None, (comment, ast.get_docstring(node) or "")))
        parameters = [parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args)]
    return name, parameters, line, end, calls, loops, name in threads, comment


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, in the order of the source, without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        yield child
        yield from _own_nodes(child)


def _targets(call: ast.Call) -> Iterator[ast.expr]:
    """The functions that a call hands over to be run in a thread, a process or a task."""
    name = _last_name(call.func)
    if name in ("Thread", "Process", "Timer"):
        yield from (keyword.value for keyword in call.keywords if keyword.arg in ("target", "function"))
    elif name in (
        "start_new_thread",
        "submit",
        "create_task",
        "ensure_future",
        "add_reader",
        "run_in_executor",
        "gather",
    ):
        yield from (argument.func if isinstance(argument, ast.Call) else argument for argument in call.args)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _comment_above(lines: list[str], line: int) -> str:
    found: list[str] = []
    at = line - 2
    while at >= 0 and lines[at].lstrip().startswith(("#", "@")):
        if lines[at].lstrip().startswith("#"):
            found.append(lines[at].lstrip().lstrip("#").strip())
        at -= 1
    return "\n".join(reversed(found))
