"""The participants of interop: copies of each hand-in's programs, and of the references."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.batch.digests import digest_of
from grader.batch.intake import opening
from grader.batch.intake.layouts import Handed
from grader.model.codelab import Codelab, Pairing
from grader.model.errors import GraderError, UsageError
from grader.results.blame import REFERENCE
from grader.run.grading import GradingRequest
from grader.submission import copying, find


@dataclass(frozen=True)
class Participant:
    """The programs of one hand-in by role, in a copy that does not change while pairs are run."""

    key: str
    folder: Path
    programs: Mapping[str, Path]
    digest: str  # of its files, and of the rules


class Participants:
    """Copies programs into a folder of the scratch folder; `notes` hold the reasons for hand-ins left out."""

    def __init__(self, codelab: Codelab, request: GradingRequest, rules: str, scratch: Path) -> None:
        self._lab, self._request, self._rules, self._scratch = codelab, request, rules, scratch
        self._names = map(str, itertools.count())
        self.folder = scratch / "programs"
        self.folder.mkdir(mode=0o700)
        self.notes: list[str] = []

    def take_in(self, handed: Handed) -> Participant | None:
        """Copy the programs of a hand-in; None, and a note, if it has none that can be run."""
        try:
            with opening.opened(handed, self._scratch) as intake:
                found = find.find(intake.place, self._request.settings.files, {}, self._lab.extras)
                programs = {role: Path(file) for role, file in found.files.items()}
                return self._copied(handed.entry.key, intake.place, programs)
        except (UsageError, GraderError) as error:
            self.notes.append(f"{handed.entry.key} takes no part: {error}")
        except OSError as error:
            self.notes.append(f"{handed.entry.key} takes no part: {error.strerror}")
        return None

    def reference(self, pairing: Pairing) -> Participant:
        """Copy the references, with the port of the course."""
        place = next(iter(pairing.references.values())).parent
        player = self._copied(REFERENCE, place, pairing.references)
        for file in player.folder.glob("*.py"):
            text = file.read_text("utf-8")
            file.write_text(re.sub(rf"\b{self._lab.port}\b", str(self._request.settings.port), text), "utf-8")
        return player

    def _copied(self, key: str, place: Path, programs: Mapping[str, Path]) -> Participant:
        folder = copying.own_copy(place, self.folder / next(self._names), programs.values())
        inside = {role: folder / file.relative_to(place) for role, file in programs.items()}
        return Participant(key, folder, inside, digest_of(folder, inside.values(), self._rules))
