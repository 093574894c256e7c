"""The results of a class in one SQLite file, so that nothing is graded twice and no interruption loses what is done.

Every save is a transaction of its own; a killed process or a power cut loses what was in flight, no more. One process writes at
a time: `Store` locks the output folder, and a second process gets UsageError.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.model.errors import GraderError, UsageError
from grader.model.evidence import Evidence
from grader.results.graded import Class, Entry, Graded, Person, Review
from grader.results.stored import upgraded

NAME = "chatgrade.sqlite"
_VERSION = 2
_EXHIBITS = "exhibits TEXT NOT NULL DEFAULT '{}'"  # since version 2
_PAIRS = """
CREATE TABLE pairs (
    kind TEXT NOT NULL, client TEXT NOT NULL, server TEXT NOT NULL, made_of TEXT NOT NULL, met TEXT NOT NULL,
    PRIMARY KEY (kind, client, server)
)
"""  # since version 2
_NO_RESULTS = "{folder}: holds no results of a class; chatgrade batch PATH -o {folder} makes them."
_TABLES = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE submissions (
    key TEXT PRIMARY KEY, entry TEXT NOT NULL, present INTEGER NOT NULL, place INTEGER NOT NULL,
    verdict_key TEXT NOT NULL DEFAULT '', report TEXT, error TEXT NOT NULL DEFAULT '', penalty INTEGER NOT NULL DEFAULT 0,
    graded_at TEXT NOT NULL DEFAULT '', {_EXHIBITS}
);
CREATE TABLE checks (
    key TEXT NOT NULL REFERENCES submissions ON DELETE CASCADE, id TEXT NOT NULL, status TEXT NOT NULL,
    points INTEGER NOT NULL, earned INTEGER NOT NULL, summary TEXT NOT NULL, PRIMARY KEY (key, id)
);
CREATE TABLE reviews (
    key TEXT NOT NULL, id TEXT NOT NULL, evidence TEXT NOT NULL, points INTEGER NOT NULL, comment TEXT NOT NULL,
    reviewed_at TEXT NOT NULL, PRIMARY KEY (key, id)
);
{_PAIRS};
"""


class Store:
    """The store of one output folder. A context manager; every method raises GraderError when the disk fails."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open it, or make it with `create`. Raises UsageError when there is none, or another process holds it."""
        self._path = folder / NAME
        self._file: tuple[int, int] | None = None  # once it is there
        if create:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"{folder}: cannot be made ({error.strerror}).") from error
        elif not self._path.is_file():
            raise UsageError(_NO_RESULTS.format(folder=folder))
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, _locked(folder))
            with self._database_errors():
                self._database = sqlite3.connect(self._path, isolation_level=None)
                opened.callback(self._database.close)
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")  # else a power cut could undo commits
                self._database.execute("PRAGMA foreign_keys = ON")
                self._check_version(create=create)
            self._file = _identity(self._path)
            self._opened = opened.pop_all()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        with self._opened:
            if kind is None:
                self._require_there()

    def _require_there(self) -> None:
        """Raise GraderError when the file was deleted or replaced: what is written to it now is lost."""
        if self._file and _identity(self._path) != self._file:
            raise GraderError(
                "was deleted or replaced meanwhile; the results in it are lost, and nothing more can be kept there.",
                about=self._path.parent,
            )

    def _check_version(self, *, create: bool) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version == 0 and create:
            with self._transaction():
                for statement in _TABLES.split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
        elif version == 1:
            with self._transaction():
                self._database.execute(f"ALTER TABLE submissions ADD COLUMN {_EXHIBITS}")
                self._database.execute(_PAIRS)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
        elif version == 0:
            raise UsageError(_NO_RESULTS.format(folder=self._path.parent))
        elif version != _VERSION:
            raise UsageError(
                f"{self._path}: was made by another version of chatgrade (schema {version}, not {_VERSION})."
            )

    @contextlib.contextmanager
    def _database_errors(self, trouble: str = "cannot be read") -> Iterator[None]:
        """Turn errors of the database into GraderError, and so a file that is gone, which is no error to the database."""
        try:
            yield
        except sqlite3.Error as error:
            self._require_there()
            raise GraderError(f"{self._path}: {trouble} ({error})") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run the block in one transaction."""
        with self._database_errors("cannot be written"):
            self._require_there()
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._database_errors():
            self._require_there()
            return self._database.execute(query, values).fetchall()

    # -- about the class -------------------------------------------------------------------------------------------

    def about(self, name: str, default: str = "") -> str:
        """The note under this name."""
        rows = self._rows("SELECT value FROM about WHERE name = ?", name)
        return str(rows[0][0]) if rows else default

    def note(self, name: str, value: str) -> None:
        """Store a note about the class."""
        with self._transaction():
            self._database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def expect(self, entries: Mapping[str, Entry], penalties: Mapping[str, int]) -> None:
        """Set the class's present hand-ins; results of others are kept but not shown."""
        with self._transaction():
            self._database.execute("UPDATE submissions SET present = 0")
            self._database.executemany(
                "INSERT INTO submissions (key, entry, present, place, penalty) VALUES (?, ?, 1, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET entry = excluded.entry, present = 1, place = excluded.place, "
                "penalty = excluded.penalty",
                [
                    (key, json.dumps(asdict(entry)), place, penalties.get(key, 0))
                    for place, (key, entry) in enumerate(entries.items())
                ],
            )

    # -- verdicts --------------------------------------------------------------------------------------------------

    def verdict_keys(self) -> dict[str, str]:
        """Key of each graded hand-in -> digest of what its verdicts depend on."""
        return dict(map(tuple, self._rows("SELECT key, verdict_key FROM submissions WHERE verdict_key != ''")))

    def save(
        self,
        key: str,
        verdict_key: str,
        report: Mapping[str, Any] | None,
        error: str = "",
        exhibits: Mapping[str, Evidence] | None = None,
    ) -> None:
        """Store a hand-in's report, or its error. Without a `verdict_key` it is graded again next time."""
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        text = None if report is None else json.dumps(report)
        exhibits_json = json.dumps({check_id: exhibit.as_dict() for check_id, exhibit in (exhibits or {}).items()})
        with self._transaction():
            self._database.execute(
                "UPDATE submissions SET verdict_key = ?, report = ?, error = ?, graded_at = ?, exhibits = ? WHERE key = ?",
                (verdict_key, text, _text(error), now, exhibits_json, key),
            )
            self._database.execute("DELETE FROM checks WHERE key = ?", (key,))
            self._database.executemany(
                "INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (key, check["id"], check["status"], check["points"], check["earned"], _text(check["summary"]))
                    for task in (report["tasks"] if report else ())
                    for check in task["checks"]
                ],
            )

    # -- reviews ---------------------------------------------------------------------------------------------------

    def review(self, key: str, check: Mapping[str, Any], review: Review | None) -> None:
        """Store a person's decision on a check of a report; None withdraws it."""
        self.review_together([(key, check, review)])

    def review_together(self, decisions: Iterable[tuple[str, Mapping[str, Any], Review | None]]) -> None:
        """Store decisions on several hand-ins in one transaction."""
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        with self._transaction():
            for key, check, review in decisions:
                self._database.execute("DELETE FROM reviews WHERE key = ? AND id = ?", (key, check["id"]))
                if review:
                    self._database.execute(
                        "INSERT INTO reviews VALUES (?, ?, ?, ?, ?, ?)",
                        (key, check["id"], evidence_of(check), review.points, _text(review.comment), now),
                    )

    def review_apart(self, answers: frozenset[tuple[str, str]]) -> None:
        """Store which answers (check id, hand-in's key) are to be judged one by one, however similar they are to others."""
        self.note("review_apart", json.dumps(sorted(answers)))

    def reviewed_apart(self) -> frozenset[tuple[str, str]]:
        """The answers (check id, hand-in's key) to be judged one by one."""
        return frozenset((check_id, key) for check_id, key in json.loads(self.about("review_apart", "[]")))

    # -- pairs of programs -----------------------------------------------------------------------------------------

    def pairs(self, kind: str) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
        """Keys of client and server -> digest of their files and rules, and their result."""
        rows = self._rows("SELECT client, server, made_of, met FROM pairs WHERE kind = ?", kind)
        return {(client, server): (made_of, json.loads(met)) for client, server, made_of, met in rows}

    def save_pair(self, kind: str, pair: tuple[str, str], made_of: str, met: Mapping[str, Any]) -> None:
        """Store the result of a client with a server."""
        with self._transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?, ?)", (kind, *pair, made_of, json.dumps(met))
            )

    # -- all of it -------------------------------------------------------------------------------------------------

    def graded(self) -> Iterator[Graded]:
        """The class's hand-ins, one at a time; a review counts while the answer that it judged is unchanged."""
        for (key,) in self._rows("SELECT key FROM submissions WHERE present = 1 ORDER BY key"):
            ((entry, report, error, penalty, graded_at, exhibits),) = self._rows(
                "SELECT entry, report, error, penalty, graded_at, exhibits FROM submissions WHERE key = ?", key
            )
            data = upgraded(json.loads(report)) if report else None
            exhibits_by_check = {check_id: Evidence.of(exhibit) for check_id, exhibit in json.loads(exhibits).items()}
            yield Graded(
                _entry(json.loads(entry)), data, error, self._reviews(key, data), penalty, graded_at, exhibits_by_check
            )

    def whole_class(self) -> Class:
        """The whole class, for exports."""
        points: dict[str, int] = json.loads(self.about("check_points", "{}"))
        return Class(tuple(self.graded()), self.about("layout"), points)

    def _reviews(self, key: str, report: Mapping[str, Any] | None) -> dict[str, Review]:
        judged = {
            check["id"]: evidence_of(check) for task in (report["tasks"] if report else ()) for check in task["checks"]
        }
        rows = self._rows("SELECT id, evidence, points, comment FROM reviews WHERE key = ?", key)
        return {
            check_id: Review(points, comment)
            for check_id, evidence, points, comment in rows
            if judged.get(check_id) == evidence
        }


def _identity(path: Path) -> tuple[int, int]:
    """What a file is known by, whatever its name; zeros if there is none."""
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_dev, state.st_ino


def evidence_of(check: Mapping[str, Any]) -> str:
    """Digest of the part of a check that a person judges: the answer, and its possible points."""
    return hashlib.sha256(f"{check['points']} {check['observed']}".encode("utf-8", "surrogatepass")).hexdigest()


def _text(text: str) -> str:
    """Text for SQLite, with lone surrogates (as in undecodable file names) spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _locked(folder: Path) -> int:
    """Lock the folder until the returned descriptor is closed. Raises UsageError when it is locked or not writable."""
    try:
        descriptor = os.open(folder / f"{NAME}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}).") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise UsageError(f"{folder}: another chatgrade is at work on it; wait until it has ended.") from error
    return descriptor


def _entry(data: dict[str, Any]) -> Entry:
    people = tuple(Person(**person) for person in data["people"])
    return Entry(data["key"], people, data["late"], data["submitted"], tuple(data["notes"]))
