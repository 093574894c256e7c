"""Evidence for tests of a student's page: an excerpt, a stuck thread, a screen, and hostile text in each place."""

from __future__ import annotations

from dataclasses import replace

from grader.model.answer import FunctionSource, WrittenAnswer
from grader.model.errors import NeedsReview
from grader.model.evidence import Evidence, Excerpt, Screenshot, StackFrame, StuckThread
from grader.model.report import Submission
from grader.model.verdict import Event, Status, Where
from grader.results.graded import Entry, Graded, Person, Review
from support.pages import graded
from support.report_samples import failed, failure, report, result

EXCERPT = Excerpt("simple_chat_server.py", 30, ("def drop(conn):", "\twith lock:", "\t\tclients.remove(conn)"), (31,))
STUCK = StuckThread(
    "one thread",
    "waits for the lock lock, which it has taken itself in line 40",
    (StackFrame("simple_chat_server.py", 31, "drop", "with lock:", own=True), StackFrame("threading.py", 982, "run")),
)
SCREEN = Screenshot("remy", ("otto: hi", "", "> half"), 2, 6)
READ = NeedsReview(
    "own words",
    WrittenAnswer("answers.md", "it waits", FunctionSource("listen", "c.py", 11, "def listen(sock):\n    pass")),
)
ANSWER = result(
    "task1.explains", Status.REVIEW, 2, failure=READ.failure, notes=READ.notes,
)  # fmt: skip
HOSTILE = "</style></script></title><script>alert(1)</script><img src=x onerror=alert(2)> \" ' onclick=alert(3) ]]> <!-- {{ 7 * 7 }} &lt;b&gt; \x1b[31m\u202e\u200bevil"  # noqa: E501


def everywhere(text: str) -> Graded:
    """A hand-in with a text wherever a student may put one."""
    events = tuple(
        Event(0.1 * n, text, direction, text, text if n == 2 else "")
        for n, direction in enumerate(("note", "out", "in"))
    )
    exhibits = Evidence(
        (Excerpt(text, 1, (text, *text.split("\n")), (1,)),),
        (StuckThread(text, text, (StackFrame(text, 1, text, text, own=True),)),),
        (Screenshot(text, (text, text), 0, 2),),
        text,
    )
    shown = failure(text, text, hint=text, where=Where(text or "x", 1))
    checks = (
        failed(
            "task1.one", replace(shown, summary=text), transcript=events, program_output=f"{text}\nmore", notes=(text,)
        ),
        failed("task1.two", shown, transcript=events, program_output=text),
        result("task1.three", Status.SKIP, summary=text, notes=(text,)),
        result("task1.four", Status.ERROR, summary=text),
        replace(ANSWER, failure=shown, notes=(text,)),
        result("task1.five", Status.REVIEW, failure=shown, notes=(text,)),
        result("task1.six", notes=(text,)),
    )
    made = report(*checks, submission=Submission(text, text, text, {text: text}, (text,)), notes=(text,))
    return graded(
        made, {check.id: exhibits for check in checks}, reviews={ANSWER.id: Review(1, text)},
        entry=Entry(text, (Person(text, text, text),), submitted=text, notes=(text,)),
    )  # fmt: skip
