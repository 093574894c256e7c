"""A file of separated values in which cells are filled in, while all others keep their bytes.

The csv module forgets how a cell was quoted and how a line ended; here each cell is kept as it stands in the file. Pure.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from grader.model.errors import UsageError

_BOM = "\ufeff"
_SEPARATORS = ",;\t"


@dataclass
class _Row:
    cells: list[str]  # as in the file, with their quotes
    end: str


class Table:
    """Rows of cells; a row may be shorter or longer than the others."""

    def __init__(self, data: bytes) -> None:
        self._encoding, text = _decoded(data)
        self._bom = _BOM if text.startswith(_BOM) else ""
        text = text[len(self._bom) :]
        tries = [(sign, _rows(text, sign)) for sign in _SEPARATORS]
        self.separator, self._rows = max(tries, key=lambda one: len(one[1][0].cells) if one[1] else 0)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, number: int) -> list[str]:
        """The texts of a row, without quotes."""
        return [_unquoted(cell) for cell in self._rows[number].cells]

    def cell(self, row: int, column: int) -> str:
        """The text of one cell; empty where the row ends before it."""
        cells = self._rows[row].cells
        return _unquoted(cells[column]) if column < len(cells) else ""

    def reaches(self, row: int, column: int) -> bool:
        """Whether the row has this cell."""
        return column < len(self._rows[row].cells)

    def put(self, row: int, column: int, text: str) -> None:
        """Fill in a cell, quoted if it was or must be; a cell with this text already keeps its bytes."""
        cells = self._rows[row].cells
        if _unquoted(cells[column]) == text:
            return
        must = any(sign in text for sign in f'{self.separator}"\r\n') or text != text.strip()
        quoted = '"' + text.replace('"', '""') + '"'
        cells[column] = quoted if must or cells[column].startswith('"') else text

    def __bytes__(self) -> bytes:
        text = "".join(self.separator.join(row.cells) + row.end for row in self._rows)
        return (self._bom + text).encode(self._encoding, "surrogateescape")


def _decoded(data: bytes) -> tuple[str, str]:
    """Decode UTF-8 or UTF-16; other encodings keep their bytes, and their ASCII can be read."""
    for bom, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(bom):
            try:
                return encoding, data.decode(encoding)
            except UnicodeDecodeError:
                raise UsageError("the file to fill in is broken: it begins as UTF-16, and is not.") from None
    return "utf-8", data.decode("utf-8", "surrogateescape")


def _rows(text: str, separator: str) -> list[_Row]:
    """Split the text into rows; a quote within a quoted cell may be undoubled, as PHP's fputcsv writes it."""
    inner = rf'(?:""|"(?!["{separator}\r\n]|\Z))'
    quoted = rf'"[^"]*(?:{inner}[^"]*)*"(?=[{separator}\r\n]|\Z)'
    pattern = re.compile(rf"({quoted}|[^{separator}\r\n]*)({separator}|\r\n|\r|\n|\Z)")
    rows: list[_Row] = []
    cells: list[str] = []
    place = 0
    while place < len(text) or cells:
        found = pattern.match(text, place)
        assert found, "the second kind of cell is always there"
        place = found.end()
        cells.append(found[1])
        if found[2] != separator:
            rows.append(_Row(cells, found[2]))
            cells = []
    return rows


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
