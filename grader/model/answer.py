"""A student's written answer in its parts: what a person judges. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class FunctionSource:
    """A function of the student's: its name (empty: code outside of all functions), the line where it begins, its lines."""

    name: str
    file: str
    line: int
    code: str

    @property
    def caption(self) -> str:
        """What stands above its lines."""
        return f"{self.name or 'the code'}, {self.file} line {self.line}"


@dataclass(frozen=True)
class WrittenAnswer:
    """The text of an answer, the place where it was found, and the function that it is about, if one was found."""

    place: str
    text: str
    about: FunctionSource | None = None

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON; `of` reads it back."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> WrittenAnswer:
        """What `as_dict` has made, also when it has been through JSON."""
        about = FunctionSource(**data["about"]) if data["about"] else None
        return cls(data["place"], data["text"], about)
