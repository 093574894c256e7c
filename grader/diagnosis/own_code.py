"""The student's own frames and lines in a traceback."""

from __future__ import annotations

import os
import re
from pathlib import Path

from grader.diagnosis.tracebacks import Frame
from grader.model.verdict import Where
from grader.submission.reading import lines_in, source_of


class OwnCode:
    """The student's own files: tells own frames from the library's, and reads their source lines."""

    def __init__(self, folder: Path, started_in: Path | None = None, handed_in: Path | None = None) -> None:
        """`folder` is where the program runs, `handed_in` the original if that is a copy: source is read from the original.

        `started_in` is the folder of the program's file: Python 3.8 prints paths relative to it.
        """
        self._folder = folder.resolve()
        self._handed_in = handed_in.resolve() if handed_in else self._folder
        self._started_in = started_in.resolve() if started_in else self._folder
        self._read: dict[Path, list[str]] = {}

    def own(self, frame: Frame) -> bool:
        """Whether the frame is in a file of the student."""
        return not frame.file.startswith("<") and self._folder in self._path(frame).parents

    def where(self, frame: Frame) -> Where:
        """The frame as a place in the student's file, relative to the submission."""
        return Where(str(self._path(frame).relative_to(self._folder)), frame.line)

    def _path(self, frame: Frame) -> Path:
        return Path(os.path.normpath(self._started_in / frame.file))  # an absolute path stays as it is

    def deepest(self, frames: tuple[Frame, ...]) -> Where | None:
        """The place of the innermost own frame of a traceback."""
        own = [frame for frame in frames if self.own(frame)]
        return self.where(own[-1]) if own else None

    def text(self, frame: Frame) -> str:
        """A frame's source line, stripped; empty if it cannot be read."""
        return self._line(frame).strip()

    def _line(self, frame: Frame) -> str:
        lines = self._lines(frame)
        return lines[frame.line - 1] if 0 < frame.line <= len(lines) else ""

    def _lines(self, frame: Frame) -> list[str]:
        if not self.own(frame):
            return []
        path = self._handed_in / self._path(frame).relative_to(self._folder)
        if path not in self._read:
            self._read[path] = lines_in(source_of(path, self._handed_in))
        return self._read[path]

    def lock_held_around(self, frame: Frame) -> str:
        """The lock that is held at a frame's line, by a `with` block around it or an `acquire()` before it; empty if none."""
        here = indent = _indent(self._line(frame))
        released: set[str] = set()
        for text in reversed(self._lines(frame)[: frame.line - 1]):
            stripped = text.strip()
            if not stripped or stripped.startswith("#"):
                continue
            if match := re.match(r"([\w.\[\]]+)\.release\(", stripped):
                released.add(match[1])
            lock, by_call = lock_taken_in(stripped), ".acquire(" in stripped
            if lock and ((by_call and _indent(text) <= indent and lock not in released) or _indent(text) < indent):
                return lock
            indent = min(indent, _indent(text))
            if stripped.startswith(("def ", "async def ")) and _indent(text) < here:
                return ""
        return ""

    def locks_made(self, name: str, *frames: Frame) -> list[str]:
        """The types (`Lock`, `RLock`, ...) of locks that are assigned to this name in the files of these frames."""
        made = re.compile(rf"\b{re.escape(name)}\s*(?::[^=]+)?=\s*(?:[\w.]+\.)?(\w*Lock|\w*Semaphore|Condition)\(")
        files = {frame.file: frame for frame in frames}.values()
        return [match[1] for frame in files for line in self._lines(frame) if (match := made.search(line))]


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def lock_taken_in(line: str) -> str:
    """The lock that a source line takes, such as `self.lock`; empty if none."""
    match = re.match(r"(?:async )?with\s+([\w.\[\]]+)\s*(?:,.*)?:|(?:if\s+|\w+\s*=\s*)?([\w.\[\]]+)\.acquire\(", line)
    return (match[1] or match[2]) if match else ""
