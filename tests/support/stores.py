"""The store of a class of two."""

from __future__ import annotations

from grader.batch.store import Store
from grader.results.graded import Entry, Person

ADA = Entry("ada_1", (Person("Ada Lovelace", "1"),), late=True, notes=("came by mail",))
BOB = Entry("bob_2", (Person("Bob Stone", "2"), Person("Cyd Ray", "3")))


def check(observed="answers.md: it keeps a buffer", points=2, status="review") -> dict:
    """A check of a report that awaits a person."""
    return {
        "id": "task2.explains-framing", "status": status, "points": points, "earned": 0, "summary": "a person reads this",
        "observed": observed, "hint": "", "title": "One's own words.", "notes": [], "needs": [],
        "caused_by": "", "absent": False, "wanted": True, "inconclusive": False, "kind": None, "cause": None,
        "messages": None,
        "answer": {"place": "answers.md", "text": "it keeps a buffer", "about": None},
    }  # fmt: skip


def report(*checks) -> dict:
    """A report of one task."""
    return {"tasks": [{"id": "task2", "bonus": False, "checks": list(checks)}], "max_score": 2}


def filled(folder, **changed) -> Store:
    """The store of a class of two, Ada's graded."""
    store = Store(folder, create=True)
    store.expect({one.key: one for one in (BOB, ADA)}, {"ada_1": 1})
    store.save("ada_1", "v1", report(check(**changed)))
    return store
