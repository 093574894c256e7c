"""What `chatgrade batch` does: take the class in, grade what is new or changed, tell how it went."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.batch.layouts import Handed, class_in, twins
from grader.batch.results import Graded
from grader.batch.run import BatchListener, HandIn, grade_class, pending
from grader.batch.store import Store
from grader.codelab import Codelab
from grader.errors import UsageError
from grader.grading import Request


@dataclass(frozen=True)
class Batch:
    """What is asked of a class."""

    paths: Sequence[Path]
    out: Path
    layout: str
    only: tuple[str, ...]  # keys, or patterns of keys, of those to grade; empty: all
    regrade: bool
    isolation: str
    jobs: int
    cluster: str = ""  # the address of a scheduler; empty: this machine
    keeps_seed: bool = True  # the class's own, from its first run


@dataclass(frozen=True)
class Outcome:
    """How it went, for the summary."""

    layout: str
    graded: int
    unchanged: int
    notes: tuple[str, ...]
    needs_a_person: tuple[Graded, ...]
    total: int

    @property
    def verdicts_missing(self) -> bool:
        """Whether the grader or the machine could not do its job for somebody."""
        return any(check["status"] == "error" for one in self.needs_a_person for check in one.checks())


def grade(lab: Codelab, request: Request, batch: Batch, listener: BatchListener) -> Outcome:
    """Grade a class into its output folder; UsageError, GraderError if that cannot be begun."""
    with Store(batch.out, create=True) as store:
        request = replace(request, seed=_seed(store, request, keep=batch.keeps_seed))
        with class_in(batch.paths, batch.layout) as taken:
            store.expect({one.entry.key: one.entry for one in taken.entries}, _penalties(request, taken.entries))
            store.note("layout", taken.layout)
            store.note("check_points", json.dumps(_points(lab, request)))
            chosen = _chosen(taken.entries, batch.only)
            work = list(pending(lab, request, chosen, store, regrade=batch.regrade))
            listener.begins(len(work), len(chosen) - len(work))
            notes = taken.notes
            if work:
                notes += _grade(lab, request, work, store, batch, listener)
            notes += tuple(twins(taken))
        people = tuple(one for one in store.graded() if needs_a_person(one))
        return Outcome(taken.layout, len(work), len(chosen) - len(work), notes, people, len(taken.entries))


def _grade(
    lab: Codelab,
    request: Request,
    work: list[tuple[HandIn, str]],
    store: Store,
    batch: Batch,
    listener: BatchListener,
) -> tuple[str, ...]:
    """Here or on the cluster; the notes on it."""
    if batch.cluster:
        from grader.batch import cluster

        return cluster.grade_class(batch.cluster, request, work, store, isolation=batch.isolation, listener=listener)
    needed = tuple(path.resolve() for path in batch.paths)
    return grade_class(
        lab, request, work, store, isolation=batch.isolation, jobs=batch.jobs, needed=needed, listener=listener
    )


def needs_a_person(one: Graded) -> bool:
    """Whether somebody must look at it: there is no report, a verdict is missing, or points await a review."""
    return bool(one.error) or any(check["status"] in ("error", "review") for check in one.checks())


def _seed(store: Store, request: Request, *, keep: bool) -> int:
    """The class's own seed, drawn at its first run: the same names and words, whenever it is graded again."""
    if not keep or not store.about("seed"):
        store.note("seed", str(request.seed))
    return int(store.about("seed"))


def _points(lab: Codelab, request: Request) -> dict[str, int]:
    """The checks of the run with their points."""
    wanted = request.only or [check.id for check in lab.catalogue if check.task in request.tasks]
    return {check_id: request.settings.points.get(check_id, lab.catalogue[check_id].points) for check_id in wanted}


def _penalties(request: Request, entries: Iterable[Handed]) -> dict[str, int]:
    points = request.settings.batch.late_points
    return {one.entry.key: points for one in entries if one.entry.late and points}


def _chosen(entries: Sequence[Handed], only: tuple[str, ...]) -> list[Handed]:
    """The hand-ins of these keys or patterns; UsageError for one that fits none."""
    if not only:
        return list(entries)
    keys = [one.entry.key for one in entries]
    for pattern in only:
        if not fnmatch.filter(keys, pattern):
            raise UsageError(f"--only {pattern}: there is no such hand-in; they are {', '.join(keys[:5])}, ...")
    return [one for one in entries if any(fnmatch.fnmatchcase(one.entry.key, pattern) for pattern in only)]
