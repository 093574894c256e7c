"""What a person judges: which answers go together, the queue with its undo, and the screen with its keys."""

from __future__ import annotations

from itertools import combinations

import pytest
from support.answers import FIRST, LISTENER, NEAR, OTHER, about, check
from support.cost import grows_linearly

from grader.results import similar_answers
from grader.results.graded import Entry, Graded, Person, Review
from grader.results.review import Sitting, answers_of, identical, listing

# -- likeness ----------------------------------------------------------------------------------------------------------

SAME = [
    ("It runs in its own thread, so receiving never waits.", "it RUNS in its own thread so receiving never waits"),
    ("It waits in `recv()`.", "It  waits in recv() !"),
    ("It doesn\u2019t wait.", "It doesn't wait"),
    ("\uff32\uff45\uff43\uff56 waits here.", "Recv waits here."),
]  # fmt: skip
NEARLY = [
    ("The listener thread blocks in recv() while the main thread waits in input(), so both happen at the same time.",
     "The listener thread blocks in recv() while the main thread waits for input(), so both can happen at the same time."),
    ("The listener runs in its own thread, so receiving never has to wait for typing.",
     "The listener runs in it's own thread so that recieving never has to wait for typing"),
    ("recv_lines collects bytes in a buffer until a newline arrives and then yields the line.",
     "recv_lines() collects the bytes in a buffer until a newline arrives, and then it yields the lines"),
    ("Bytes that come after the last newline stay in the buffer until the rest of the message has come.",
     "Bytes which come after the last newline stay in the bufer until the rest of the message comes."),
]  # fmt: skip
DIFFERENT = [
    ("The listener thread blocks in recv() while the main thread waits in input(), so both happen at the same time.",
     "The main thread blocks in recv() while the listener thread waits in input(), so both happen at the same time."),
    ("It keeps a buffer and only yields complete lines, so it does not matter how TCP splits the data.",
     "It keeps no buffer and only yields complete lines, so it does matter how TCP splits the data."),
    ("The client can receive while it sends.", "The client cannot receive while it sends."),
    ("The client can receive while it sends.", "The client can't receive while it sends."),
    ("It reads lines of at most 1024 bytes.", "It reads lines of at most 1023 bytes."),
    ("Bytes that come after the last newline stay in the buffer.", "Bytes that come before the last newline stay in the buffer."),
    ("It yields complete lines.", "It yields incomplete lines."),
    ("It uses threading to receive and type at the same time.", "It uses select to receive and type at the same time."),
    ("It stops while there are less than 4 bytes: n < 4.", "It stops while there are less than 4 bytes: n > 4."),
    ("It is in a thread.", "It is in a thread, so it waits by itself."),
    ("Es wartet in einem Thread.", "Es wartet in keinem Thread."),
    ("the a the a", "the a the"),
    ("\U0001f600", "\U0001f601"),
]  # fmt: skip


def together(one: str, other: str) -> bool:
    """Whether two answers are judged at once."""
    return len(similar_answers.groups([similar_answers.words(one), similar_answers.words(other)])) == 1


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_only_looks_different_is_equal(one, other):
    """Case, punctuation, blanks, quotes and widths of letters make no other answer."""
    assert similar_answers.words(one) == similar_answers.words(other)


@pytest.mark.parametrize(("one", "other"), NEARLY)
def test_slips_and_small_words_are_nearly_equal(one, other):
    """Answers that differ in spelling, endings and small words only are judged at once."""
    assert similar_answers.words(one) != similar_answers.words(other)
    assert together(one, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_may_deserve_other_points_is_not_grouped(one, other):
    """A turned, negated or longer sentence and another number are other answers, however many words they share."""
    assert not together(one, other)


SPELLINGS = "recieves receives|seperate separate|wait waits|until untill|boundry boundary|line lines|block blocked"
OTHER_WORDS = (
    "send sent|input output|reader reads|with without|while white|lock loop|form from|some same|never ever|first last|"
    "thread threading|1024 1023|sends seeds|locked unlocked|receive release|stop step|lines links|sender receiver"
)


@pytest.mark.parametrize(("pairs", "alike_"), [(SPELLINGS, True), (OTHER_WORDS, False)])
def test_the_limit_parts_slips_from_other_words(pairs, alike_):
    """The measured limit takes each made-up slip for the same word, and none of the other words."""
    for pair in pairs.split("|"):
        one, other = pair.split()
        assert together(f"it is {one}", f"it is {other}") is alike_, pair


def test_likeness_is_no_chain():
    """Of a row in which each is like the next, only those are grouped that are all like each other."""
    row = ["buffering", "bufferings", "buferings", "buferins", "bufeins", "bueins"]
    texts = [similar_answers.words(f"it has {word}") for word in row]
    assert similar_answers.nearly(texts[0], texts[1])
    assert not similar_answers.nearly(texts[0], texts[-1])
    found = similar_answers.groups(texts)
    assert sorted(place for group in found for place in group) == list(range(len(row)))
    assert len(found) > 1
    assert all(similar_answers.nearly(texts[a], texts[b]) for group in found for a, b in combinations(group, 2))


def test_the_order_of_hand_ins_does_not_matter():
    """The same answers give the same groups, in whatever order they come."""
    texts = [similar_answers.words(text) for pair in NEARLY for text in pair]
    groups = [{texts[place] for place in group} for group in similar_answers.groups(texts)]
    turned = texts[::-1]
    assert [{turned[place] for place in group} for group in similar_answers.groups(turned)] == groups


def test_long_hostile_answers_take_no_time():
    """Thousands of equal words in many answers cost what their length costs."""

    def compare(count: int) -> None:
        few = count - 1
        texts = ["a " * count, "a " * few, "b " * count, "b " * few + "c", "x" * 2 * count, "x" * 2 * count + "y"] * 20
        assert len(similar_answers.groups([similar_answers.words(text) for text in texts])) == 6
        similar_answers.differences(texts[2], texts[3])

    assert grows_linearly(compare, 5_000)


def test_differences_are_pieces_of_both_texts():
    """Each piece is in both, or only in the one or the other."""
    assert similar_answers.differences("it has two big buffers", "it has a buffer") == [
        ("=", "it has"), ("-", "a buffer"), ("+", "two big buffers"),
    ]  # fmt: skip
    assert similar_answers.differences("a b", "a b") == [("=", "a b")]


# -- the queue ---------------------------------------------------------------------------------------------------------


def hand_in(name: str, *answers: dict, reviews: dict | None = None, people: tuple[Person, ...] = ()) -> Graded:
    """What became of one hand-in."""
    report = {"tasks": [{"id": "task2", "bonus": False, "checks": list(answers)}], "max_score": 2}
    return Graded(Entry(name.lower(), people or (Person(name),)), report, reviews=reviews or {})


class Notes:
    """A notebook that remembers, or refuses as a full disk does."""

    def __init__(self) -> None:
        self.points: dict = {}
        self.apart: frozenset = frozenset()
        self.full = False

    def review_together(self, decisions) -> None:
        """Keep them."""
        if self.full:
            raise OSError
        self.points.update({key: review and review.points for key, _, review in decisions})

    def review_apart(self, answers) -> None:
        """Keep them."""
        self.apart = answers


class NotingSitting(Sitting):
    """A sitting whose notebook can be looked into."""

    notebook: Notes


def sitting(*graded: Graded, apart: frozenset = frozenset()) -> NotingSitting:
    """A person sits down before these hand-ins."""
    return NotingSitting(*answers_of(graded), Notes(), apart)


def a_class() -> list[Graded]:
    """Ada and Bob in the same words, Cyd in nearly the same, Dan in others."""
    pairs = zip(("Ada", "Bob", "Cyd", "Dan"), (FIRST, FIRST.upper(), NEAR, OTHER), strict=True)
    return [hand_in(name, check(text)) for name, text in pairs]


def keys(one: Sitting) -> list[list[str]]:
    """The queue by hand-ins."""
    return [[answer.key for answer in group.answers] for group in one.queue]


def test_the_largest_group_comes_first():
    """Equal answers stand together, nearly equal ones with them, others by themselves."""
    one = sitting(*a_class())
    assert keys(one) == [["ada", "bob", "cyd"], ["dan"]]
    assert [[answer.key for answer in wording] for wording in one.group.wordings()] == [["ada", "bob"], ["cyd"]]


def test_points_go_to_the_whole_group_and_on():
    """One key judges all of the group; the next one undecided comes, over the end and round."""
    one = sitting(*a_class())
    one.go(1)
    one.give(0)
    assert one.at == 0
    one.give(2)
    assert one.notebook.points == {"dan": 0, "ada": 2, "bob": 2, "cyd": 2}
    assert (one.waiting, one.at) == (0, 0)


def test_a_comment_waits_for_the_points_and_follows_them_at_once():
    """A comment is kept with the points, and changed at once where they are given."""
    one = sitting(*a_class())
    one.comment("nearly")
    assert one.decided == {}
    one.give(1)
    assert set(one.decided.values()) == {Review(1, "nearly")}
    one.go(-1)
    one.comment("quite")
    assert set(one.decided.values()) == {Review(1, "quite")}
    one.undo()
    assert set(one.decided.values()) == {Review(1, "nearly")}


def test_every_step_is_taken_back():
    """Undo goes back over points, second thoughts and a split to the beginning, and says when there is nothing more."""
    one = sitting(*a_class())
    one.give(1)
    one.go(-1)
    one.split()
    one.give(2)
    assert keys(one) == [["ada"], ["bob"], ["cyd"], ["dan"]]
    assert one.notebook.points == {"ada": 2, "bob": 1, "cyd": 1}
    assert one.undo()
    assert one.notebook.points == {"ada": 1, "bob": 1, "cyd": 1}
    assert one.undo()
    assert keys(one) == [["ada", "bob", "cyd"], ["dan"]]
    assert one.notebook.apart == frozenset()
    assert one.undo()
    assert one.notebook.points == {"ada": None, "bob": None, "cyd": None}
    assert (one.decided, one.at, one.undo()) == ({}, 0, False)


def test_what_cannot_be_kept_is_not_decided():
    """Where the notebook refuses, the sitting is as before."""
    one = sitting(*a_class())
    one.notebook.full = True
    with pytest.raises(OSError):  # noqa: PT011
        one.give(2)
    assert (one.decided, one.at, one.undo()) == ({}, 0, False)


def test_a_split_is_remembered():
    """What was to be judged one by one is so in the next sitting, too."""
    one = sitting(*a_class())
    assert one.split()
    assert not one.split()
    assert keys(sitting(*a_class(), apart=one.notebook.apart)) == [["ada"], ["bob"], ["cyd"], ["dan"]]


def test_a_sitting_begins_at_the_first_undecided():
    """A new answer like others that were judged comes by itself, with what was given to them."""
    judged = [hand_in(name, check(FIRST), reviews={LISTENER: Review(1)}) for name in ("Ada", "Bob")]
    one = sitting(*judged, hand_in("Cyd", check(NEAR)), hand_in("Dan", check(OTHER)))
    assert keys(one) == [["ada", "bob"], ["cyd"], ["dan"]]
    assert (one.at, one.waiting) == (1, 2)
    assert [(given, len(answers)) for given, answers in one.decisions_on_similar(one.group).items()] == [(Review(1), 2)]


def test_checks_are_judged_in_their_order():
    """All answers to one question come before those to the next; checks that await nobody do not come."""
    passed = {**check(""), "id": "task1.join", "status": "pass"}
    two = [hand_in(name, passed, check(FIRST), check(OTHER, check_id="task2.second")) for name in ("Ada", "Bob")]
    assert [group.check["id"] for group in sitting(*two).queue] == [LISTENER, "task2.second"]


def test_functions_differ_by_their_lines_only():
    """The same function at another place is the same; the most frequent one comes first."""
    moved = check(FIRST)
    moved["answer"] = {**moved["answer"], "about": about("main.py", 99, "def listen():\n    pass")}
    graded = [hand_in("Ada", check(FIRST, code="x = 1")), hand_in("Bob", check(FIRST)), hand_in("Cyd", moved)]
    assert [[answer.key for answer in same] for same in sitting(*graded).group.functions()] == [["bob", "cyd"], ["ada"]]


def test_identical_answers_of_different_students_are_found():
    """The same words count where other people handed them in; one student's two hand-ins, or a group's, do not."""
    group = (Person("Eve"), Person("Fay"))
    graded = [
        *a_class(),
        hand_in("Eve1", check("Two."), people=group),
        hand_in("Fay1", check("Two."), people=group[1:]),
    ]
    answers, _ = answers_of(graded)
    assert [[answer.key for answer in same] for same in identical(answers)] == [["ada", "bob"]]


def test_the_list_has_a_row_for_each_answer():
    """Group, how many are in the same words, points and comment stand in columns."""
    one = sitting(*a_class())
    one.comment("good")
    one.give(2)
    rows = {row[3]: row for row in listing(one)}
    assert rows["bob"] == (LISTENER, 1, 2, "bob", "Bob", 2, 2, "good", FIRST.upper())
    assert rows["dan"][1:7] == (2, 1, "dan", "Dan", "", 2)
