"""Digests that decide whether a hand-in is graded again: of its files, and of everything else that verdicts depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

import grader
from grader.model.codelab import Codelab
from grader.model.errors import UsageError
from grader.run.grading import GradingRequest
from grader.submission import copying, files, find
from grader.submission.reading import MOST_FILES

DECIDE = (
    "run", "api.py", "room", "diagnosis", "quiescence", "programs", "wire", "isolation", "submission", "config.py", "system",
    "text", "model",
)  # fmt: skip
"""The parts of the engine that decide verdicts; changes of other parts do not cause a class to be graded again."""
PAIRS = ("batch/interop", "results")
"""The parts that also decide what is stored of a pair of programs."""
ORDERS = ("batch", "results", "reports", "installed.py")
"""The parts that also decide what the machines of a cluster send each other."""


def rules_of(codelab: Codelab, request: GradingRequest, isolation: str, also: tuple[str, ...] = ()) -> str:
    """Digest of everything but the hand-in that verdicts depend on: checks, engine, settings, isolation.

    `also` are other parts of the engine on which depends what the digest stands for.
    """
    engine, code = Path(grader.__file__).parent, hashlib.sha256()
    for place in (*(engine / part for part in (*DECIDE, *also)), codelab.folder):
        for source in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            code.update(source.relative_to(place.parent).as_posix().encode() + b"\0" + source.read_bytes())
    inputs = [
        grader.__version__, code.hexdigest(), request.tasks, request.only, request.seed, request.python, request.terminal,
        isolation, {key: str(value) for key, value in asdict(request.settings).items() if key != "batch"},
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def verdict_key_of(codelab: Codelab, request: GradingRequest, place: Path, rules: str) -> str:
    """Digest of all that the verdicts on a hand-in depend on: the rules, and what of its files is copied and run."""
    try:
        found = find.find(place, request.settings.files, request.given, codelab.extras).files.values()
        programs = list(map(Path, found))
    except UsageError:  # what there is may explain why
        programs = [file for file in files.listing(place, deepest=2).files if file.suffix == ".py"][:MOST_FILES]
    return digest_of(place, programs, rules)


def digest_of(folder: Path, programs: Collection[Path], rules: str) -> str:
    """Digest of the rules, and of the files in a folder that count when these programs are run."""
    digest = hashlib.sha256(rules.encode())
    for content in copying.counted(folder, programs):
        name = content.file.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        for part in (name, content.data):
            digest.update(len(part).to_bytes(8, "big") + part)
    return f"sha256:{digest.hexdigest()}"
