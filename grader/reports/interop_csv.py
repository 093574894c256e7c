"""Which client works with which server, for spreadsheets: one row per pair, ready for a pivot table."""

from __future__ import annotations

import csv
import io

from grader.reports import blame
from grader.results.blame import Pair
from grader.results.matrix import Interop, Matrix
from grader.text import sinks

_COLUMNS = (
    *("kind", "client", "client_of", "server", "server_of", "result", "fault"),
    *("trouble", "expected", "seen", "likely", "where", "run"),
)


def as_csv(interop: Interop) -> str:
    """All pairs with results; begins with a byte order mark, for Excel."""
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(_COLUMNS)
    for matrix in interop.matrices:
        for pair in matrix.met:
            writer.writerow([sinks.csv(cell) for cell in _row(pair, matrix, interop)])
    return f"\ufeff{page.getvalue()}"


def _row(pair: Pair, matrix: Matrix, interop: Interop) -> list[str]:
    met = matrix.met[pair]
    told = met.alone or met.trouble
    return [
        matrix.title,
        *(cell for key in pair for cell in (key or "reference", blame.author(interop, key))),
        _result(pair, matrix),
        matrix.faults[pair].value if pair in matrix.faults else "",
        matrix.stage(pair).trouble if pair in matrix.faults else met.error,
        *((told.expected, told.observed, told.hint, told.place) if told else [""] * 4),
        "yes" if met.run else "no",
    ]


def _result(pair: Pair, matrix: Matrix) -> str:
    if pair not in matrix.reach:
        return "unknown"
    return "works" if matrix.works(pair) else "chats" if matrix.chats(pair) else "fails"
