"""The work of `chatgrade batch`: read the class, grade new and changed hand-ins, write pages, summarise."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader.batch import duplicates, pages
from grader.batch.digests import rules_of, verdict_key_of
from grader.batch.intake import opening
from grader.batch.intake.layouts import Handed, class_in
from grader.batch.run import BatchReporter, KeyOf, Seen, grade_class, look_into
from grader.batch.store import Store
from grader.model.codelab import Codelab
from grader.model.errors import GraderError, UsageError
from grader.results.graded import Entry, Graded
from grader.run.grading import GradingRequest
from grader.submission import intake, temporary

_MOST_NOTES, _MOST_NAMED = 20, 5  # limits: notes on shared programs, hand-ins named in each


@dataclass(frozen=True)
class Batch:
    """The request to grade a class."""

    paths: Sequence[Path]
    out: Path
    layout: str
    only: tuple[str, ...]  # keys, or patterns of keys, to grade; empty: all
    regrade: bool
    isolation: str
    jobs: int
    cluster: str = ""  # the address of a scheduler; empty: this machine
    keeps_seed: bool = True  # use the class's seed from its first run


@dataclass(frozen=True)
class BatchOutcome:
    """The outcome of a batch, for the summary."""

    layout: str
    graded: int
    unchanged: int
    notes: tuple[str, ...]
    needs_a_person: tuple[tuple[str, str], ...]  # key, reason
    awaiting: int  # hand-ins that await a review
    total: int
    verdicts_missing: bool  # because of the grader or the machine
    index: Path | None  # the class page; None if it could not be written


def grade(codelab: Codelab, request: GradingRequest, batch: Batch, reporter: BatchReporter) -> BatchOutcome:
    """Grade a class into its output folder. Raises UsageError or GraderError if it cannot begin."""
    students = (batch.out / pages.STUDENTS).resolve()
    if students in [path.resolve() for path in batch.paths]:
        raise UsageError(f"{students}: is where pages would be written; name another folder for the results with -o.")
    with Store(batch.out, create=True) as store, temporary.folder() as scratch:
        request = replace(request, seed=class_seed(store, request, keep=batch.keeps_seed))
        class_intake = class_in(batch.paths, scratch, batch.layout, request.settings.files.values())
        entries = [one for one in class_intake.entries if one.path.resolve() != batch.out.resolve()]
        store.expect({one.entry.key: one.entry for one in entries}, _penalties(request, entries))
        store.note("layout", class_intake.layout)
        store.note("check_points", json.dumps(_points(codelab, request)))
        rules = rules_of(codelab, request, batch.isolation)
        key_of = partial(verdict_key_of, codelab, request, rules=rules)
        hand_ins = list(look_into((_HandIn(one, scratch) for one in entries), key_of))
        chosen = _chosen(hand_ins, batch.only)
        verdict_keys = store.verdict_keys()
        work = [
            one
            for one in chosen
            if batch.regrade or verdict_keys.get(_key(one), "") != one.verdict_key or not verdict_keys.get(_key(one))
        ]
        reporter.begins(len(work), len(chosen) - len(work))
        notes = class_intake.notes + _same_programs(hand_ins)
        if work:
            notes += _grade(codelab, request, work, store, batch, key_of, reporter)
        store.note("notes", json.dumps(notes))
        index, trouble = _pages(store, batch, codelab, reporter)
        notes += trouble
        people = [(one.entry.key, _why(one), bool(one.awaiting_review)) for one in store.graded()]
        missing = {
            _key(one) for one in chosen if one.verdict_key
        } - store.verdict_keys().keys()  # of hand-ins that could be opened
        return BatchOutcome(
            class_intake.layout, len(work), len(chosen) - len(work), notes, tuple((key, why) for key, why, _ in people if why),
            sum(awaits for *_, awaits in people), len(entries), bool(missing),
            index,
        )  # fmt: skip


def _pages(
    store: Store, batch: Batch, codelab: Codelab, reporter: BatchReporter
) -> tuple[Path | None, tuple[str, ...]]:
    """The class page, or None and a note why: results are reported all the same."""
    try:
        return pages.write(store, batch.out, codelab.guides, reporter), ()
    except GraderError as error:
        return None, (str(error),)


@dataclass(frozen=True)
class _HandIn:
    """A hand-in of the class, opened in the scratch folder."""

    handed: Handed
    scratch: Path

    @property
    def entry(self) -> Entry:
        """The hand-in's key and authors."""
        return self.handed.entry

    def opened(self) -> AbstractContextManager[intake.Intake]:
        """Open its files within the block."""
        return opening.opened(self.handed, self.scratch)


def _key(seen: Seen) -> str:
    return seen.hand_in.entry.key


def _same_programs(seen: Iterable[Seen]) -> tuple[str, ...]:
    """Notes on programs that several hand-ins share, for a person to look at."""
    programs = duplicates.shared({_key(one): one.prints for one in seen})
    notes = [
        f"the same program {'to the byte' if one.exact else 'but for blanks and comments'}: "
        + ", ".join(f"{key}/{name}" for key, name in one.files[:_MOST_NAMED])
        + (f" and {len(one.files) - _MOST_NAMED} more" if len(one.files) > _MOST_NAMED else "")
        for one in programs[:_MOST_NOTES]
    ]
    if len(programs) > _MOST_NOTES:
        notes.append(f"{len(programs) - _MOST_NOTES} more programs are in several hand-ins")
    return tuple(notes)


def _grade(
    codelab: Codelab,
    request: GradingRequest,
    work: list[Seen],
    store: Store,
    batch: Batch,
    key_of: KeyOf,
    reporter: BatchReporter,
) -> tuple[str, ...]:
    """Grade here or on the cluster; return notes."""
    if batch.cluster:
        from grader.batch.cluster import client

        return client.grade_class(
            batch.cluster, request, work, store, key_of=key_of, isolation=batch.isolation, reporter=reporter
        )
    needed = tuple(path.resolve() for path in batch.paths)
    return grade_class(
        codelab,
        request,
        work,
        store,
        key_of=key_of,
        isolation=batch.isolation,
        jobs=batch.jobs,
        needed=needed,
        reporter=reporter,
    )


def _why(graded: Graded) -> str:
    """The reason why a person must look at a hand-in, apart from a review; empty if there is none."""
    return graded.error or "; ".join(
        f"{check['id']}: {check['summary']}" for check in graded.checks() if check["status"] == "error"
    )


def class_seed(store: Store, request: GradingRequest, *, keep: bool) -> int:
    """The class's own seed, stored at its first run, so that names and words stay the same in later runs."""
    if not keep or not store.about("seed"):
        store.note("seed", str(request.seed))
    return int(store.about("seed"))


def _points(codelab: Codelab, request: GradingRequest) -> dict[str, int]:
    """Points by check id, for the checks of the run."""
    check_ids = request.only or [check.id for check in codelab.catalogue if check.task in request.tasks]
    return {
        check_id: request.settings.points.get(check_id, codelab.catalogue[check_id].points) for check_id in check_ids
    }


def _penalties(request: GradingRequest, entries: Iterable[Handed]) -> dict[str, int]:
    points = request.settings.batch.late_points
    return {handed_in.entry.key: points for handed_in in entries if handed_in.entry.late and points}


def _chosen(seen: list[Seen], only: tuple[str, ...]) -> list[Seen]:
    """The hand-ins with these keys or patterns. Raises UsageError for a pattern that matches none."""
    keys = matching([_key(hand_in) for hand_in in seen], only)
    return [hand_in for hand_in in seen if _key(hand_in) in keys]


def matching(keys: list[str], only: tuple[str, ...]) -> set[str]:
    """The keys that match, or all without patterns. Raises UsageError for a pattern that matches none."""
    for pattern in only:
        if not fnmatch.filter(keys, pattern):
            raise UsageError(f"--only {pattern}: there is no such hand-in; they are {', '.join(keys[:5])}, ...")
    return {key for key in keys if not only or any(fnmatch.fnmatchcase(key, pattern) for pattern in only)}
