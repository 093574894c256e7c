"""What is new in a report, when is graded again, and how much of it a screen shows."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.report_samples import ECHO, ECHO_EVENTS, failed, failure, plain_console, report, result

from grader.console.board import lines, news
from grader.model.errors import Abandoned, GraderError, UsageError
from grader.model.report import Report, TaskReport
from grader.model.verdict import CheckResult, Status, Where
from grader.run.schedule import Reporter
from grader.watch import watch as watching
from grader.watch.change_watching import Place, Saved
from grader.watch.watch import Mark, Viewer, WatchTurn, compared, watch

LATE = 60  # seconds after which a test gives up
BROADCAST, REJOIN, LISTENS = "task1.broadcast", "task4.rejoin", "task1.listens"


def turns(*reports: Report) -> WatchTurn:
    """The last of several turns."""
    turn = None
    for one in reports:
        turn = compared(one, turn)
    assert turn
    return turn


# -- what is new ---------------------------------------------------------------------------------------------------


def test_in_the_first_report_every_failure_is_new() -> None:
    """Nothing is fixed or broken yet, and failures are explained in the catalogue's order."""
    turn = turns(report(result(LISTENS), failed(), failed(REJOIN)))
    assert (turn.marks, turn.fresh, turn.failing) == ({}, (BROADCAST, REJOIN), (BROADCAST, REJOIN))
    assert news(turn) == "2 failing"


@pytest.mark.parametrize(
    ("before", "now", "mark"),
    [
        (Status.FAIL, Status.PASS, Mark.FIXED),
        (Status.FAIL, Status.REVIEW, Mark.FIXED),
        (Status.PASS, Status.FAIL, Mark.BROKEN),
        (Status.REVIEW, Status.FAIL, Mark.BROKEN),
        (Status.FAIL, Status.FAIL, Mark.STILL),
        (Status.PASS, Status.PASS, None),
        (Status.PASS, Status.SKIP, None),
        (Status.FAIL, Status.SKIP, None),
        (Status.SKIP, Status.FAIL, None),
        (Status.SKIP, Status.PASS, None),
        (Status.PASS, Status.ERROR, None),
        (Status.ERROR, Status.PASS, None),
        (Status.ERROR, Status.FAIL, None),
    ],
)
def test_marks(before: Status, now: Status, mark: Mark | None) -> None:
    """Fixed and broken is what changed between right and wrong; a skip and an error of ours say nothing of the program."""
    turn = turns(report(result(BROADCAST, before)), report(result(BROADCAST, now)))
    assert turn.marks.get(BROADCAST) is mark


@pytest.mark.parametrize(
    ("before", "after", "mark"),
    [(Status.PASS, Status.PASS, None), (Status.FAIL, Status.PASS, Mark.FIXED), (Status.PASS, Status.FAIL, Mark.BROKEN)],
)
def test_a_skip_is_passed_over(before: Status, after: Status, mark: Mark | None) -> None:
    """A program that did not start for a while is compared with what it did before."""
    between = report(failed(LISTENS), result(BROADCAST, Status.SKIP))
    turn = turns(report(result(BROADCAST, before)), between, report(result(BROADCAST, after)))
    assert turn.marks.get(BROADCAST) is mark


def test_what_is_explained_first_stays_first() -> None:
    """What is fresh comes first; once nothing is, the order stays as it was."""
    both = report(failed(), failed(REJOIN))
    turn = turns(report(failed(), result(REJOIN)), both)
    assert turn.failing == (REJOIN, BROADCAST)
    assert turn.fresh == (REJOIN,)
    again = compared(both, turn)
    assert again.failing == (REJOIN, BROADCAST)
    assert (again.fresh, again.is_news, news(again)) == ((), False, "nothing new")


def test_a_failure_for_another_reason_is_fresh() -> None:
    """It fails still, but is explained first; times and lines that differ are no other reason."""
    moved = failed(failure=replace(ECHO, where=None, observed="0.9 ms after"))
    assert turns(report(failed()), report(moved)).fresh == ()
    turn = turns(report(failed()), report(failed(failure=replace(ECHO, hint="it never sends"))))
    assert (turn.fresh, turn.marks) == ((BROADCAST,), {BROADCAST: Mark.STILL})
    assert news(turn) == "1 failing for another reason"


def test_times_are_no_news() -> None:
    """Evidence that differs in times and in the order of threads only is not told anew; a line that has moved is."""
    later = tuple(replace(event, t=event.t + 1) for event in reversed(ECHO_EVENTS))
    turn = turns(report(failed(transcript=ECHO_EVENTS)), report(failed(seconds=3.0, transcript=later)))
    assert next(iter(turn.report)).transcript == ECHO_EVENTS
    moved = failed(failure=replace(ECHO, where=Where("simple_chat_server.py", 58)))
    assert next(iter(compared(report(moved), turn).report)) == moved


def test_an_error_of_ours_is_told_once() -> None:
    """It is explained like a failure, and is no news when it happens again."""
    trouble = report(result(BROADCAST, Status.ERROR, summary="The machine was too slow."))
    assert turns(trouble).failing == (BROADCAST,)
    assert not turns(trouble, trouble).is_news


# -- when it is graded again ---------------------------------------------------------------------------------------


class EndError(Exception):
    """Ends a watch that would go on."""


class Course(Viewer):
    """Writes down what it is told, and does the next of some steps then; after the last it ends the watch."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.told: list[str] = []
        self._steps = list(steps)

    def graded(self, turn: WatchTurn) -> None:
        """Write down what was graded, and go on."""
        self.refused(next(iter(turn.report)).summary)

    def refused(self, reason: str) -> None:
        """Write down the reason, and go on."""
        self.told.append(reason)
        if not self._steps:
            raise EndError
        self._steps.pop(0)()


class Looked(Place):
    """A place where something is done right after certain looks, which are counted from 1."""

    def __init__(self, path: Path, steps: dict[int, Callable[[], object]]) -> None:
        super().__init__(path)
        self._count, self._steps = 0, steps

    def look(self) -> Saved:
        """Look, and do what is due."""
        self._count += 1
        found = super().look()
        self._steps.get(self._count, lambda: None)()
        return found


class Grader:
    """Grades a program by telling what stands in it; certain runs, counted from 1, do something else."""

    def __init__(self, program: Path, others: dict[int, Callable[[Connection], Report]] | None = None) -> None:
        self.runs = 0
        self._program, self._others = program, others or {}

    def __call__(self, _listener: Reporter, word: Connection) -> Report:
        """Grade."""
        self.runs += 1
        return self._others[self.runs](word) if self.runs in self._others else says(self._program.read_text())


def says(text: str) -> Report:
    """A report that is known by a text."""
    return report(result(BROADCAST, summary=text))


def raises(error: Exception) -> Callable[[Connection], Report]:
    """A run that ends so."""

    def run(_word: Connection) -> Report:
        raise error

    return run


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that is watched."""
    file = tmp_path / "ada" / "server.py"
    file.parent.mkdir()
    file.write_text("one")
    return file


def watched(place: Place, grade: Grader, *steps: Callable[[], object]) -> list[str]:
    """Watch, doing a step after each outcome; what was told until there are no more steps."""
    viewer = Course(*steps)
    with pytest.raises(EndError):
        watch(place, grade, viewer)
    return viewer.told


def test_each_save_is_graded(program: Path) -> None:
    """There is a report of how it was, and of each content that is saved."""
    steps = (lambda: program.write_text("two"), lambda: program.write_text("three"))
    assert watched(Place(program.parent), Grader(program), *steps) == ["one", "two", "three"]


def test_a_save_that_changes_nothing_is_not_graded(program: Path) -> None:
    """The same content written again wakes it, and is not graded."""
    place = Looked(program.parent, {5: lambda: program.write_text("two")})  # the first after it was woken
    grader = Grader(program)
    assert watched(place, grader, lambda: program.write_text("one")) == ["one", "two"]
    assert grader.runs == 2


def test_saved_before_it_is_watched(program: Path) -> None:
    """What is saved between the look and the watch is what is graded."""
    place = Looked(program.parent, {1: lambda: program.write_text("two")})
    grader = Grader(program)
    assert watched(place, grader) == ["two"]
    assert grader.runs == 1


def test_saved_during_a_run(program: Path) -> None:
    """Verdicts on a program that was saved in the meantime are not shown, whether or not the run was abandoned."""

    def goes_on(_word: Connection) -> Report:
        program.write_text("two")
        return says("half one, half two")

    def is_abandoned(word: Connection) -> Report:
        program.write_text("three")
        assert word.poll(LATE)
        raise Abandoned

    grader = Grader(program, {1: goes_on, 2: is_abandoned})
    assert watched(Place(program.parent), grader) == ["three"]
    assert grader.runs == 3


def test_saved_and_put_back_during_a_run(program: Path) -> None:
    """A run is not trusted either when the content is the same again in the end."""

    def run(_word: Connection) -> Report:
        program.write_text("")  # as an editor does it that writes in place
        program.write_text("one")
        return says("an empty program")

    assert watched(Place(program.parent), Grader(program, {1: run})) == ["one"]


def test_what_cannot_be_graded_is_told(program: Path) -> None:
    """It is told why, and the next save is graded."""
    grader = Grader(program, {1: raises(UsageError("there is no server")), 3: raises(UsageError("it is empty"))})
    steps = [partial(program.write_text, text) for text in ("two", "", "three")]
    assert watched(Place(program.parent), grader, *steps) == ["there is no server", "two", "it is empty", "three"]


def test_what_the_machine_cannot_do_ends_it_at_the_beginning(program: Path) -> None:
    """No save mends that."""
    with pytest.raises(GraderError, match="no bubblewrap"):
        watch(Place(program.parent), Grader(program, {1: raises(GraderError("no bubblewrap"))}), Course())


def test_trouble_of_the_machine_later_on_is_told_and_tried_again(program: Path) -> None:
    """A port that somebody holds, say: the same content is graded when it is saved again."""
    grader = Grader(program, {2: raises(GraderError("the port is taken"))})
    steps = (lambda: program.write_text("two"), lambda: program.write_text("two"))
    assert watched(Place(program.parent), grader, *steps) == ["one", "the port is taken", "two"]


def test_where_nobody_tells_it_is_looked_for(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of which no word comes is found all the same."""

    @contextlib.contextmanager
    def never(_saved: Saved) -> Iterator[Connection]:
        ours, theirs = Pipe(duplex=False)
        with ours, theirs:
            yield ours

    monkeypatch.setattr(watching, "awaited", never)
    monkeypatch.setattr(watching, "_ANYWAY", 0.01)
    assert watched(Place(program.parent), Grader(program), lambda: program.write_text("two")) == ["one", "two"]


# -- how much of it a screen shows ---------------------------------------------------------------------------------


def long_failure(check_id: str) -> CheckResult:
    """A failure that takes a dozen lines to explain."""
    return failed(check_id, failure=failure(hint=f"why {check_id}"), transcript=ECHO_EVENTS, program_output="a\n" * 5)


def many_failures() -> Report:
    """Two tasks: twenty checks that pass, and ten that fail in one; five that pass in the other."""
    one = [result(f"task1.right-{n}") for n in range(20)] + [long_failure(f"task1.wrong-{n}") for n in range(10)]
    two = tuple(result(f"task2.right-{n}") for n in range(5))
    made = report(*one)
    return replace(made, tasks=(*made.tasks, TaskReport("task2", "Task 2: framing", False, two)))


def plain(turn: WatchTurn, width: int, room: int, encoding: str = "utf-8") -> list[str]:
    """The lines of a screen, without styles."""
    return lines(turn, plain_console(width, encoding), room)


@pytest.mark.parametrize("width", [20, 50, 80, 200])
@pytest.mark.parametrize("room", [1, 2, 5, 8, 23, 49, 300])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_they_fit(width: int, room: int, encoding: str) -> None:
    """There are no more lines than the screen has, and down to 50 columns none is wider."""
    for made in (many_failures(), report(result(BROADCAST)), report()):
        shown = plain(turns(made), width, room, encoding)
        assert len(shown) <= room
        assert max(map(cell_len, shown), default=0) <= width or width < 50


def test_where_there_is_room_every_check_has_its_line() -> None:
    """The whole table, and all explanations."""
    shown = plain(turns(many_failures()), 80, 300)
    assert sum("right-" in line for line in shown) == 25
    assert sum("seen       nothing came" in line for line in shown) == 10
    assert "more" not in "".join(shown)


def test_where_there_is_less_those_that_pass_are_counted() -> None:
    """Tasks keep their lines and scores, failures theirs; how many explanations have no room is told."""
    shown = plain(turns(many_failures()), 80, 35)
    assert shown[0].split() == ["Task", "1:", "connect", "and", "chat", "20", "of", "30", "passed", "80/120"]
    assert shown[11].split() == ["Task", "2:", "framing", "5", "of", "5", "passed", "20/20"]
    assert [line.split()[1] for line in shown[1:11]] == [f"task1.wrong-{n}" for n in range(10)]
    assert shown[12].startswith("\u2500\u2500 Score 100/140 ")
    assert shown[12].endswith(" 8 more: chatgrade all \u2500")
    assert sum("seen       nothing came" in line for line in shown) == 2


def test_the_first_explanation_is_whole_before_the_table_is() -> None:
    """On a small screen some failures are left out of the table, and their number is told."""
    shown = plain(turns(many_failures()), 80, 19)
    assert "  and 7 more" in shown
    assert [line.split()[1] for line in shown[1:4]] == [f"task1.wrong-{n}" for n in range(3)]
    assert "    printed    a" in shown
    tiny = plain(turns(many_failures()), 80, 12)
    assert re.fullmatch(r" +\(\d+ more lines\)", tiny[-1])


def test_what_is_new_is_on_the_smallest_screen() -> None:
    """Of many failures the one that is broken now has its line, with a mark, and the first explanation; so has what is fixed."""
    before = many_failures()
    checks = list(before.tasks[0].checks)
    checks[0], checks[29] = long_failure("task1.right-0"), result("task1.wrong-9")
    now = replace(before, tasks=(replace(before.tasks[0], checks=tuple(checks)), before.tasks[1]))
    turn = turns(before, now)
    assert news(turn) == "1 fixed, 1 broken"
    shown = plain(turn, 80, 12)
    assert [line.split()[-2] for line in shown[1:4]] == ["broken", "still", "fixed"]
    assert shown[7].split()[1] == "task1.right-0"


def test_quiet_leaves_the_explanations_out() -> None:
    """The table stays, with all of the room."""
    turn = turns(many_failures())
    shown = lines(turn, plain_console(), 13, quiet=True)
    assert len(shown) == 13
    assert [line.split()[1] for line in shown[1:11]] == [f"task1.wrong-{n}" for n in range(10)]


def test_a_bonus_that_is_not_there_has_one_line() -> None:
    """Its checks are neither passed nor failed."""
    absent = result("task5.frames", Status.SKIP, absent=True, summary="not handed in; it is a bonus")
    shown = plain(turns(report(absent)), 80, 20)
    assert shown[0].split() == ["Task", "1:", "connect", "and", "chat", "not", "handed", "in", "0/4"]
    assert "task5.frames" not in "".join(shown)


def test_notes_are_shown_where_there_is_room() -> None:
    """What a report notes beside its verdicts comes last."""
    turn = turns(report(result(BROADCAST), notes=("took my_server.py",)))
    assert plain(turn, 80, 20)[-1] == "note  took my_server.py"
    assert "took my_server.py" not in "".join(plain(turn, 80, 3))
