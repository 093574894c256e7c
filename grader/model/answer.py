"""A student's written answer, for a person to judge. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class FunctionSource:
    """A function of the student's program: name (empty for code outside all functions), file, first line, source."""

    name: str
    file: str
    line: int
    code: str

    @property
    def caption(self) -> str:
        """The heading above its source."""
        return f"{self.name or 'the code'}, {self.file} line {self.line}"


@dataclass(frozen=True)
class WrittenAnswer:
    """An answer's text, the place where it was found, and the function that it is about, if that was found."""

    place: str
    text: str
    about: FunctionSource | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `of` reads it back."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> WrittenAnswer:
        """The answer from the data of `as_dict`, directly or through JSON."""
        about = FunctionSource(**data["about"]) if data["about"] else None
        return cls(data["place"], data["text"], about)
