"""Sentences about the reasons why pairs of programs fail: subject, problem, evidence. Plain text, not yet harmless."""

from __future__ import annotations

from collections import Counter

from grader.results.blame import REFERENCE, Attribution, Fault, Pair
from grader.results.matrix import Interop, Matrix, Met, Trouble

_MOST_NAMED = 5


def author(interop: Interop, key: str) -> str:
    """A hand-in's display name, unique in the class."""
    return "the reference" if key == REFERENCE else interop.authors.get(key, key)


def shown_by(cause: Attribution, matrix: Matrix) -> Met:
    """The result that shows the cause best: that with the reference, else one that fails as most do."""
    anchor = next((matrix.met[pair] for pair in cause.pairs if REFERENCE in pair and matrix.met[pair].run), None)
    if anchor:
        return anchor
    results = [matrix.met[pair] for pair in cause.pairs]
    (passed, _), _ = Counter((met.passed, met.trouble and met.trouble.summary) for met in results).most_common(1)[0]
    return next(met for met in results if met.passed == passed)


def trouble(cause: Attribution, matrix: Matrix) -> Trouble | None:
    """The problem: that of the program alone where known, else that of the pair."""
    met = shown_by(cause, matrix)
    return met.alone or met.trouble


def subject(cause: Attribution, interop: Interop) -> str:
    """Whose program or programs the cause is about."""
    if cause.client is not None:
        mine = f"{author(interop, cause.client)}'s client"
        partners, role = [pair.server for pair in cause.pairs], "server"
    else:
        mine = f"{author(interop, cause.server or REFERENCE)}'s server"
        partners, role = [pair.client for pair in cause.pairs], "client"
    if cause.fault in (Fault.CLIENT, Fault.SERVER):
        return mine
    if len(partners) == 1:
        return f"{mine} with {author(interop, partners[0])}'s {role}"
    return f"{mine} with the {role}s of {listed([author(interop, key) for key in partners])}"


def problem(cause: Attribution, matrix: Matrix) -> str:
    """The problem in a clause: that of the program alone where known, else that of the chat."""
    met = shown_by(cause, matrix)
    assert met.passed is not None, "a cause is one of failures"
    return met.alone.summary if met.alone else matrix.stages[met.passed].trouble


def evidence(cause: Attribution, matrix: Matrix) -> str:
    """The evidence for the fault, as a sentence."""
    if cause.fault is Fault.UNKNOWN:
        return "What they do with the references is not known, so it is open whose fault that is."
    if cause.fault is Fault.TOGETHER:
        return "Neither side has this trouble with the references: they fail only together."
    mine, partners = ("client", "server") if cause.fault is Fault.CLIENT else ("server", "client")
    met = [pair for pair in matrix.pairs(**{mine: getattr(cause, mine)}) if pair in matrix.reach]
    failed = [pair for pair in cause.pairs if REFERENCE not in pair]
    count = f"{len(failed)} of {len(met)} {partners}s of the class"
    if len(failed) == len(cause.pairs):
        return f"Seen with {count}, and not with the reference {partners}."
    if failed and not any(matrix.met[pair].run for pair in failed):
        return f"Seen with the reference {partners}; with {count} nothing else can come of it, so they were not tried."
    return f"Seen with the reference {partners}" + (f" and with {count}." if met else ".")


def listed(names: list[str]) -> str:
    """`ann, bob and 3 more`."""
    if len(names) > _MOST_NAMED + 1:
        return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def numbers(matrix: Matrix) -> str:
    """The number of students' pairs that chat, as a sentence."""
    met = [pair for pair in matrix.pairs() if pair in matrix.reach]
    chat, works = sum(map(matrix.chats, met)), sum(map(matrix.works, met))
    sentence = f"{chat} of {len(met)} pairs of a client and a server can chat"
    return sentence + (f"; in {chat - works} of them leaving goes wrong." if chat > works else ".")


def sign(pair: Pair, matrix: Matrix) -> str:
    """A pair in a letter or two: `+` it works, `C`, `S`, `CS`, `T` or `?` for the fault, `!` without a result."""
    if pair in matrix.faults:
        letters = {Fault.CLIENT: "C", Fault.SERVER: "S", Fault.BOTH: "CS", Fault.TOGETHER: "T", Fault.UNKNOWN: "?"}
        return letters[matrix.faults[pair]]
    return "+" if matrix.works(pair) else "!"
