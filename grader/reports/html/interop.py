"""Who can chat with whom, as a page: the reasons in words, and a matrix whose cells lead to them. No script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from grader.reports import blame
from grader.reports.html import page
from grader.results.blame import REFERENCE, Attribution, Fault, Pair
from grader.results.matrix import Interop, Matrix, Met, Trouble

_KINDS = {Fault.CLIENT: "alone", Fault.SERVER: "alone", Fault.BOTH: "alone", Fault.TOGETHER: "together"}
_ARROWS = {"out": "→", "in": "←", "note": "·"}


class _Link(NamedTuple):
    text: str
    to: str  # the id of a reason; empty: nowhere


class _Cell(NamedTuple):
    kind: str  # a class of the style sheet
    links: list[_Link]
    title: str = ""


class _Head(NamedTuple):
    """A program's author, linked to the reason about it, and the number of others' programs with which it chats."""

    name: _Link
    key: str  # the hand-in's key, where the name does not contain it
    chats: str


class _Reason(NamedTuple):
    id: str
    kind: str
    subject: str
    what: str
    evidence: str
    trouble: Trouble | None
    met: Met
    pairs: list[str]


class _Section(NamedTuple):
    title: str
    numbers: str
    reasons: list[_Reason]
    servers: list[_Head]
    rows: list[tuple[_Head, list[_Cell]]]


def as_page(interop: Interop) -> str:
    """The page of a class."""
    sections = [
        _section(interop, matrix, f"{place}-" if place else "") for place, matrix in enumerate(interop.matrices)
    ]
    return page("interop.html", interop=interop, sections=sections, arrows=_ARROWS, legend=_LEGEND)


_LEGEND = (
    (_Cell("works", [_Link("✓", "")]), "they chat"),
    (_Cell("alone", [_Link("C", "")]), "the client (its row) is at fault"),
    (_Cell("alone", [_Link("S", "")]), "the server (its column) is at fault"),
    (_Cell("together", [_Link("T", "")]), "each is right with the references, and they fail only together"),
    (_Cell("parts", [_Link("c", "")]), "in lower case: they chat, and leaving goes wrong"),
    (_Cell("alone not-run", [_Link("S", "")]), "dashed: not run, as it is known what comes of it"),
    (_Cell("works own", [_Link("✓", "")]), "framed: client and server of the same author"),
    (_Cell("open", [_Link("?", "")]), "not known whose fault"),
    (_Cell("open", [_Link("!", "")]), "no result: the machine or the grader could not do its job"),
)


def _section(interop: Interop, matrix: Matrix, prefix: str) -> _Section:
    ids = {id(cause): f"{prefix}reason-{number}" for number, cause in enumerate(matrix.causes, start=1)}
    of_pair: dict[Pair, list[tuple[Attribution, str]]] = {}
    for cause in matrix.causes:
        for pair in cause.pairs:
            of_pair.setdefault(pair, []).append((cause, ids[id(cause)]))
    of_client = {
        attribution.client: ids[id(attribution)] for attribution in matrix.causes if attribution.fault is Fault.CLIENT
    }
    of_server = {
        attribution.server: ids[id(attribution)] for attribution in matrix.causes if attribution.fault is Fault.SERVER
    }

    def cell(pair: Pair) -> _Cell:
        return _cell(interop, matrix, pair, of_pair.get(pair, []))

    return _Section(
        matrix.title,
        blame.numbers(matrix),
        [_reason(cause, ids[id(cause)], matrix, interop) for cause in matrix.causes],
        [_head(interop, matrix, key, of_server.get(key, ""), matrix.pairs(server=key)) for key in matrix.servers],
        [
            (
                _head(interop, matrix, client, of_client.get(client, ""), matrix.pairs(client=client)),
                [cell(Pair(client, server)) for server in matrix.servers],
            )
            for client in matrix.clients
        ],
    )


def _head(interop: Interop, matrix: Matrix, key: str, reason: str, pairs: Iterable[Pair]) -> _Head:
    name = blame.author(interop, key)
    chats = str(sum(map(matrix.chats, pairs))) if key != REFERENCE else ""
    named = key in (name, REFERENCE) or name.endswith(f"({key})")
    return _Head(_Link(name, reason), "" if named else f" ({key})", chats)


def _cell(interop: Interop, matrix: Matrix, pair: Pair, causes: Iterable[tuple[Attribution, str]]) -> _Cell:
    names = f"{blame.author(interop, pair.client)}'s client, {blame.author(interop, pair.server)}'s server"
    cell = _result(pair, matrix, causes, names)
    return cell._replace(kind=f"{cell.kind} own") if pair.client == pair.server else cell


def _result(pair: Pair, matrix: Matrix, causes: Iterable[tuple[Attribution, str]], names: str) -> _Cell:
    met = matrix.met.get(pair)
    if met is None:
        return _Cell("empty", [])
    if matrix.works(pair):
        return _Cell("works", [_Link("✓", "")])
    if met.passed is None:
        return _Cell("open", [_Link("!", "")], f"{names}: {met.error}")
    chats = matrix.chats(pair)
    letters = {Fault.CLIENT: "C", Fault.SERVER: "S", Fault.TOGETHER: "T", Fault.UNKNOWN: "?"}
    links = [_Link(letters[cause.fault].lower() if chats else letters[cause.fault], to) for cause, to in causes]
    kind = "parts" if chats else _KINDS.get(matrix.faults[pair], "open")
    links.sort()
    return _Cell(kind if met.run else f"{kind} not-run", links, f"{names}: {matrix.stage(pair).trouble}")


def _reason(cause: Attribution, to: str, matrix: Matrix, interop: Interop) -> _Reason:
    met = blame.shown_by(cause, matrix)
    pairs = [
        f"{blame.author(interop, pair.client)}'s client with {blame.author(interop, pair.server)}'s server"
        for pair in cause.pairs
        if REFERENCE not in pair and matrix.met[pair].run
    ]
    return _Reason(
        to,
        "parts" if all(map(matrix.chats, cause.pairs)) else _KINDS.get(cause.fault, "open"),
        blame.subject(cause, interop),
        blame.problem(cause, matrix),
        blame.evidence(cause, matrix),
        blame.trouble(cause, matrix),
        met,
        pairs,
    )
