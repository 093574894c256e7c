"""Written answers that a person judges, for tests: equal ones, similar ones, and others."""

from __future__ import annotations

LISTENER = "task2.explains-listener"


FIRST = "It waits in a thread of its own."
NEAR = "It waits in the thread of its own."
OTHER = "Nobody knows."


def check(answer: str, *, points: int = 2, check_id: str = LISTENER, code: str = "def listen():\n    pass") -> dict:
    """A check of a report that awaits a person."""
    return {
        "id": check_id, "title": "One sentence on the listener.", "status": "review", "points": points, "earned": 0,
        "summary": "a person reads this answer", "observed": f"answers.md: {answer}", "hint": "",
        "notes": [f"listen, client.py line 7:\n{code}"] if code else [],
        "messages": None,
        "answer": {"place": "answers.md", "text": answer, "about": about("client.py", 7, code) if code else None},
    }  # fmt: skip


def about(file: str, line: int, code: str) -> dict:
    """The function that an answer is about."""
    return {"name": "listen", "file": file, "line": line, "code": code}
