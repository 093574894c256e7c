"""The review of a class's written answers by a person: the queue, decisions, undo. Pure.

No terminal and no database here: answers come from `Graded`, and each decision goes to a `Notebook` (the store is one) before it
counts, so that no decision that the person sees is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations
from typing import Any, Protocol

from grader.model.answer import WrittenAnswer
from grader.results import similar_answers
from grader.results.graded import Graded, Person, Review

Id = tuple[str, str]  # of an answer: check id, hand-in's key
Decisions = Sequence[tuple[str, Mapping[str, Any], Review | None]]  # of hand-ins, on checks of their reports


@dataclass(frozen=True, eq=False)
class AwaitedAnswer:
    """The answer of one hand-in to one check that a person judges."""

    key: str
    people: tuple[Person, ...]
    check: Mapping[str, Any]

    @property
    def id(self) -> Id:
        """Check id and hand-in's key."""
        return self.check["id"], self.key

    @property
    def who(self) -> str:
        """The authors' names as the platform gives them, else the hand-in's key."""
        return ", ".join(filter(None, (person.name or person.id or person.email for person in self.people))) or self.key

    @cached_property
    def written(self) -> WrittenAnswer:
        """The answer's text and the function beside it, where they were found."""
        return WrittenAnswer.of(self.check["answer"])

    @cached_property
    def words(self) -> similar_answers.Words:
        """The words of the text, normalised for comparison."""
        return similar_answers.words(self.written.text)


@dataclass(frozen=True, eq=False)
class Group:
    """Answers that are judged at once, the most frequent wording first; groups of similar answers share a `family` number."""

    answers: tuple[AwaitedAnswer, ...]
    family: int

    @property
    def check(self) -> Mapping[str, Any]:
        """The check that they answer."""
        return self.answers[0].check

    def wordings(self) -> list[list[AwaitedAnswer]]:
        """The answers grouped by their words."""
        found: dict[similar_answers.Words, list[AwaitedAnswer]] = {}
        for answer in self.answers:
            found.setdefault(answer.words, []).append(answer)
        return list(found.values())

    def functions(self) -> list[list[AwaitedAnswer]]:
        """The answers grouped by the function beside them (line numbers ignored), the most frequent function first."""
        found: dict[str, list[AwaitedAnswer]] = {}
        for answer in self.answers:
            about = answer.written.about
            found.setdefault(about.code if about else "", []).append(answer)
        return sorted(found.values(), key=len, reverse=True)


class Notebook(Protocol):
    """A store of decisions; each call is one transaction."""

    def review_together(self, decisions: Decisions) -> None:
        """Keep decisions on several answers; None withdraws a decision."""

    def review_apart(self, answers: frozenset[Id]) -> None:
        """Keep which answers are to be judged one by one, however similar they are to others."""


@dataclass
class _Step:
    """The state before a step, for undo."""

    at: int
    queue: list[Group]
    apart: frozenset[Id]
    decided: dict[AwaitedAnswer, Review | None]


@dataclass
class Sitting:
    """A person's walk through the answers of a class: begins at the first undecided group, and can be left at any time."""

    answers: Sequence[AwaitedAnswer]
    decided: dict[Id, Review]
    notebook: Notebook
    apart: frozenset[Id] = frozenset()
    queue: list[Group] = field(default_factory=list)
    at: int = 0
    drafts: dict[Group, str] = field(default_factory=dict)  # comments on groups without points yet
    _steps: list[_Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = list(self._groups())
        self.at = next((place for place, group in enumerate(self.queue) if not self.decision_on(group)), 0)

    def _groups(self) -> Iterator[Group]:
        """Groups by check and similarity; answers judged differently, or to be judged apart, form groups of their own."""
        family = 0
        by_check: dict[str, list[AwaitedAnswer]] = {}
        for answer in self.answers:
            by_check.setdefault(answer.check["id"], []).append(answer)
        for answers in by_check.values():
            for places in similar_answers.groups([answer.words for answer in answers]):
                yield from self._parts([answers[place] for place in places], family)
                family += 1

    def _parts(self, alike: Iterable[AwaitedAnswer], family: int) -> Iterator[Group]:
        parts: dict[object, list[AwaitedAnswer]] = {}
        for answer in alike:
            alone = answer.key if answer.id in self.apart else None
            parts.setdefault((alone, self.decided.get(answer.id)), []).append(answer)
        return (Group(tuple(part), family) for part in parts.values())

    # -- state ------------------------------------------------------------------------------------------------------

    @property
    def group(self) -> Group:
        """The current group."""
        return self.queue[self.at]

    def decision_on(self, group: Group) -> Review | None:
        """The decision on a group; None without one."""
        return self.decided.get(group.answers[0].id)

    @property
    def waiting(self) -> int:
        """Number of undecided groups."""
        return sum(self.decision_on(group) is None for group in self.queue)

    def comment_on(self, group: Group) -> str:
        """The comment on a group, possibly a draft."""
        review = self.decision_on(group)
        return review.comment if review else self.drafts.get(group, "")

    def decisions_on_similar(self, group: Group) -> dict[Review, list[AwaitedAnswer]]:
        """Decisions on similar answers that are judged apart, and those answers."""
        decisions: dict[Review, list[AwaitedAnswer]] = {}
        for neighbour in self.queue:
            review = self.decision_on(neighbour)
            if review and neighbour.family == group.family and neighbour is not group:
                decisions.setdefault(review, []).extend(neighbour.answers)
        return decisions

    # -- actions ---------------------------------------------------------------------------------------------------

    def go(self, by: int) -> bool:
        """Move by so many groups, as far as there are any; return whether the group changed."""
        to = min(max(self.at + by, 0), len(self.queue) - 1)
        moved, self.at = to != self.at, to
        return moved

    def give(self, points: int) -> None:
        """Give points to all of the group, and go to the next undecided group, if there is any."""
        group = self.group
        self._decide(group, Review(points, self.comment_on(group)))
        self.drafts.pop(group, None)
        following = [*range(self.at + 1, len(self.queue)), *range(self.at)]
        self.at = next((place for place in following if not self.decision_on(self.queue[place])), self.at)

    def comment(self, text: str) -> None:
        """Comment on the group; until the group has points, the comment is a draft."""
        review = self.decision_on(self.group)
        if review:
            self._decide(self.group, Review(review.points, text))
        else:
            self.drafts[self.group] = text

    def split(self) -> bool:
        """Judge the group's answers one by one from now on; False if it has only a single answer."""
        group = self.group
        if len(group.answers) == 1:
            return False
        step = self._step({})
        apart = self.apart.union(answer.id for answer in group.answers)
        self.notebook.review_apart(apart)
        self.apart = apart
        self.queue = list(self.queue)
        self.queue[self.at : self.at + 1] = [Group((answer,), group.family) for answer in group.answers]
        self._steps.append(step)
        return True

    def undo(self) -> bool:
        """Undo the last step, and return to its group; False if there is no step."""
        if not self._steps:
            return False
        step = self._steps[-1]
        if step.apart != self.apart:
            self.notebook.review_apart(step.apart)
        self._write(step.decided)
        self.apart, self.queue, self.at = step.apart, step.queue, step.at
        self._steps.pop()
        return True

    def _decide(self, group: Group, review: Review) -> None:
        step = self._step({answer: self.decided.get(answer.id) for answer in group.answers})
        self._write(dict.fromkeys(group.answers, review))
        self._steps.append(step)

    def _write(self, decided: Mapping[AwaitedAnswer, Review | None]) -> None:
        if decided:
            self.notebook.review_together([(answer.key, answer.check, review) for answer, review in decided.items()])
        for answer, review in decided.items():
            if review:
                self.decided[answer.id] = review
            else:
                self.decided.pop(answer.id, None)

    def _step(self, decided: dict[AwaitedAnswer, Review | None]) -> _Step:
        return _Step(self.at, self.queue, self.apart, decided)


def answers_of(graded: Iterable[Graded]) -> tuple[list[AwaitedAnswer], dict[Id, Review]]:
    """All answers of a class that a person judges, in the order of the checks, and the decisions on them."""
    answers: list[AwaitedAnswer] = []
    decided: dict[Id, Review] = {}
    order: dict[str, int] = {}
    for hand_in in graded:
        tasks = hand_in.report["tasks"] if hand_in.report else ()
        for check in chain.from_iterable(task["checks"] for task in tasks):
            order.setdefault(check["id"], len(order))
            if check["status"] != "review":
                continue
            answer = AwaitedAnswer(hand_in.entry.key, hand_in.entry.people, check)
            answers.append(answer)
            if check["id"] in hand_in.reviews:
                decided[answer.id] = hand_in.reviews[check["id"]]
    return sorted(answers, key=lambda answer: order[answer.check["id"]]), decided


def identical(answers: Iterable[AwaitedAnswer]) -> list[tuple[AwaitedAnswer, ...]]:
    """Groups of answers to the same check in the same words, from different people."""
    by_words: dict[object, list[AwaitedAnswer]] = {}
    for answer in answers:
        by_words.setdefault((answer.check["id"], answer.words), []).append(answer)
    return [tuple(same) for same in by_words.values() if any(_strangers(*pair) for pair in combinations(same, 2))]


def _strangers(one: AwaitedAnswer, other: AwaitedAnswer) -> bool:
    return not set(one.people) & set(other.people) - {Person()}


def listing(sitting: Sitting) -> Iterator[tuple[object, ...]]:
    """A row of titles, then a row for each answer: its group, how many share its words, the points given."""
    yield "check", "group", "in the same words", "hand-in", "people", "points", "of", "comment", "answer"
    same = {answer: len(answers) for answers in identical(sitting.answers) for answer in answers}
    for number, group in enumerate(sitting.queue, 1):
        decision = sitting.decision_on(group)
        points, comment = (decision.points, decision.comment) if decision else ("", "")
        for answer in group.answers:
            check, of = answer.check["id"], answer.check["points"]
            yield check, number, same.get(answer, 1), answer.key, answer.who, points, of, comment, answer.written.text
