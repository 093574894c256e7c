"""Matrices of who can chat with whom, made by hand."""

from __future__ import annotations

from dataclasses import replace

from grader.installed import load
from grader.model.verdict import Event
from grader.results.blame import Pair
from grader.results.graded import Person
from grader.results.matrix import Interop, Matrix, Met, Trouble

STAGES = load().pairings[0].stages
WORKS = len(STAGES)
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)> =1+1 \x1b[31m\u202e{{ 7*7 }} ::error::x'


def failed(passed: int, text: str = "", *, alone: str = "", run: bool = True) -> Met:
    """A pair that came so far."""
    trouble = Trouble(f"summary {text}", f"expected {text}", f"observed {text}", f"hint {text}", f"file {text}, line 3")
    events = (Event(0.001, f"vera {text}", "out", f"hello {text}"), Event(0.002, "goran", "in", "x", f"mark {text}"))
    by_itself = replace(trouble, summary=alone) if alone else None
    return Met(passed, trouble, by_itself, notes=(f"note {text}",), events=events, run=run)


def made(met: dict[Pair, Met], keys: list[str], **more) -> Interop:
    """A class of these; whoever is not told of chats with everybody."""
    everybody = ("", *keys)
    pairs = (Pair(client, server) for client in everybody for server in everybody)
    told = {pair: met.get(pair, Met(WORKS)) for pair in pairs}
    people = {key: (Person(key.title(), key, ""),) for key in keys}
    return Interop((Matrix("Lines", STAGES, everybody, everybody, told),), people, **more)


def sample() -> Interop:
    """A class with one fault of each kind."""
    keys = ["ann", "bob", "cyd", "dan"]
    met = {
        **{Pair("bob", server): failed(3, alone="no newline at its end") for server in ("", "ann", "bob", "dan")},
        Pair("", "cyd"): failed(0),
        **{Pair(client, "cyd"): failed(0, run=False) for client in keys},
        Pair("dan", "ann"): failed(4),
        Pair("ann", "dan"): Met(None, error="the machine gave the program no time"),
    }
    return made(met, keys, notes=("a note",), missing=("the machine gave the program no time",))


def crowd(count: int) -> Interop:
    """A large class with long names, in which one client and one server are wrong."""
    keys = [f"maximiliane-hildegard-von-{number:02}" for number in range(count)]
    met = {Pair(keys[3], server): failed(3) for server in ("", *keys)}
    met |= {Pair(client, keys[5]): failed(2) for client in ("", *keys)}
    return made(met, keys)
