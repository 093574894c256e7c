"""A hand-in that changes while it is graded: what is kept are verdicts on files as they were at one time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from support.report_samples import report, result

from grader.batch import run
from grader.batch.run import BatchReporter, Result, graded
from grader.model.errors import UsageError
from grader.results.graded import Entry
from grader.submission.intake import Intake


@dataclass
class HandIn:
    """A hand-in of one file, which is changed by the first of these while it is graded first, and so on."""

    file: Path
    changes: list[Callable[[Path], object]]
    graded: list[str] = field(default_factory=list)  # what the file held each time

    entry = Entry("ada", ())

    @contextlib.contextmanager
    def opened(self) -> Iterator[Intake]:
        """The folder of the file."""
        if not self.file.parent.exists():
            raise UsageError("there is no such file or folder.", about="ada")
        yield Intake(Path("ada"), self.file.parent, "ada")

    def grading(self, *_: object) -> Generator[Any, Any, Any]:
        """Stands in for grading: takes no step, and is late for the change."""
        self.graded.append(self.file.read_text())
        if self.changes:
            self.changes.pop(0)(self.file)
        return report(result("task1.listens"))
        yield  # a generator, as grading is


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What is handed in."""
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "simple_chat_server.py").write_text("0")
    return tmp_path / "ada" / "simple_chat_server.py"


def grade(monkeypatch: pytest.MonkeyPatch, hand_in: HandIn) -> Result:
    """What comes of grading it; a digest is the content itself."""
    monkeypatch.setattr(run, "grading", hand_in.grading)
    steps = graded(cast(Any, None), cast(Any, None), hand_in, hand_in_text, BatchReporter())
    with pytest.raises(StopIteration) as end:
        next(steps)
    return cast(Result, end.value.value)


def hand_in_text(place: Path) -> str:
    """All that is in it."""
    return "".join(file.read_text() for file in place.iterdir())


def writes(text: str) -> Callable[[Path], object]:
    """A change: the file has another content."""
    return lambda file: file.write_text(text)


def test_unchanged(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """What stays as it is, or is only saved again, is graded once."""
    hand_in = HandIn(file, [writes("0")])
    assert grade(monkeypatch, hand_in).verdict_key == "0"
    assert hand_in.graded == ["0"]


def test_changed(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """What has changed is graded again, and kept are the verdicts on what it is now."""
    hand_in = HandIn(file, [writes("1"), writes("2")])
    assert grade(monkeypatch, hand_in).verdict_key == "2"
    assert hand_in.graded == ["0", "1", "2"]


def test_a_file_more(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """A new file beside the others is a change, too."""
    hand_in = HandIn(file, [lambda file: file.with_name("helper.py").write_text("h")])
    assert sorted(grade(monkeypatch, hand_in).verdict_key) == ["0", "h"]
    assert len(hand_in.graded) == 2


def test_changed_again_and_again(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """What never rests gets no verdict, is told, and is graded by the next run."""
    outcome = grade(monkeypatch, HandIn(file, [writes(str(number)) for number in range(1, 9)]))
    assert (outcome.verdict_key, outcome.report) == ("", None)
    assert outcome.error == "it was changed each of the 3 times that it was graded."


def test_gone(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """What is taken away meanwhile is told as that."""
    outcome = grade(monkeypatch, HandIn(file, [lambda file: file.parent.rename(file.parent.with_name("bob"))]))
    assert (outcome.verdict_key, outcome.error) == ("", "there is no such file or folder.")
