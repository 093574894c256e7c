"""Who is at fault: the rule, by tables of what works with what."""

from __future__ import annotations

import pytest

from grader.results.blame import REFERENCE, Attribution, Fault, Pair, causes, faults

STAGES = 3
SIGNS = {Fault.CLIENT: "C", Fault.SERVER: "S", Fault.BOTH: "B", Fault.TOGETHER: "T", Fault.UNKNOWN: "?"}


def reach(table: str) -> dict[Pair, int]:
    """Read a table of how many stages were passed: the first row and column are the references'; a dot is not known."""
    head, *rows = (line.split() for line in table.strip().splitlines())
    servers = [REFERENCE, *head[1:]]
    return {
        Pair("" if client == "ref" else client, server): int(passed)
        for client, *cells in rows
        for server, passed in zip(servers, cells, strict=True)
        if passed != "."
    }


def judged(table: str) -> list[str]:
    """The table's cells as signs: `+` works, a dot is not known."""
    known = reach(table)
    found = faults(known, STAGES)
    head, *rows = (line.split() for line in table.strip().splitlines())
    servers = [REFERENCE, *head[1:]]
    keys = ["" if client == "ref" else client for client, *_ in rows]
    return [
        "".join(SIGNS[found[pair]] if pair in found else "+" if pair in known else "." for pair in pairs)
        for pairs in ([Pair(client, server) for server in servers] for client in keys)
    ]


TABLES = {
    "all work": ("ref a b\nref 3 3 3\na 3 3 3\nb 3 3 3", ["+++", "+++", "+++"]),
    "a client that fails everywhere": ("ref a b\nref 3 3 3\na 1 1 1\nb 3 3 3", ["+++", "CCC", "+++"]),
    "a server that fails everywhere": ("ref a b\nref 3 0 3\na 3 0 3\nb 3 0 3", ["+S+", "+S+", "+S+"]),
    "both at different stages": ("ref a\nref 3 2\nb 1 1", ["+S", "CC"]),
    "the first stage is about the server alone": ("ref a b\nref 3 0 3\na 1 0 0", ["+S+", "CSS"]),
    "one by one, and both are right with the references": ("ref a\nref 3 3\nb 3 1", ["++", "+T"]),
    "one by one, and all fails": ("ref a\nref 3 1\nb 1 1", ["+S", "CB"]),
    "a client that does better with its own server than with the reference": (
        "ref a\nref 3 1\na 1 3",
        ["+S", "C+"],
    ),
    "a client that fails later with the reference did this stage": ("ref a\nref 3 3\nb 2 1", ["++", "CT"]),
    "a server that fails earlier with the reference is at fault": ("ref a\nref 3 1\nb 3 2", ["+S", "+S"]),
    "one pair of many": (
        "ref a b c d\nref 3 3 3 3 3\na 3 3 3 3 3\nb 3 3 1 3 3\nc 3 3 3 3 3\nd 3 3 3 3 3",
        ["+++++", "+++++", "++T++", "+++++", "+++++"],
    ),
    "most servers, though not the reference": (
        "ref a b c d\nref 3 3 3 3 3\na 3 1 1 1 3\nb 3 3 3 3 3",
        ["+++++", "+CCC+", "+++++"],
    ),
    "half of the servers are not most": ("ref a b c d\nref 3 3 3 3 3\na 3 1 1 3 3", ["+++++", "+TT++"]),
    "two servers are too few for a majority": ("ref a b\nref 3 3 3\na 3 1 1", ["+++", "+TT"]),
    "servers that fail with the reference are no evidence against a client": (
        "ref a b c d\nref 3 1 1 1 3\nx 3 1 1 1 1",
        ["+SSS+", "+SSST"],
    ),
    "most clients, though not the reference": (
        "ref a b\nref 3 3 3\na 3 1 3\nb 3 1 3\nc 3 1 3\nd 3 3 3",
        ["+++", "+S+", "+S+", "+S+", "+++"],
    ),
    "majorities on both sides": (
        "ref a b c\nref 3 3 3 3\na 3 1 1 1\nb 3 1 1 1\nc 3 1 1 1",
        ["++++", "+BBB", "+BBB", "+BBB"],
    ),
    "a stage at which most do not fail": (
        "ref a b c d\nref 3 3 3 3 3\na 3 2 2 2 1",
        ["+++++", "+CCCT"],
    ),
    "nothing is known of a server with the reference": ("ref a\nref 3 .\nb 3 1", ["+.", "+?"]),
    "nothing is known of a client with the reference": ("ref a\nref 3 3\nb . 1", ["++", ".?"]),
    "an error says nothing, and a majority is one without it": (
        "ref a b c d\nref 3 3 3 3 3\na . 1 1 1 .",
        ["+++++", ".CCC."],
    ),
    "twins are judged alike": (
        "ref a b\nref 3 1 1\na 3 1 1\nb 3 1 1",
        ["+SS", "+SS", "+SS"],
    ),
    "no clients at all": ("ref a b\nref 3 0 3", ["+S+"]),
    "no servers at all": ("ref\nref 3\na 1\nb 3", ["+", "C", "+"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_fault(name):
    """Each failed pair is laid to whom the rule says."""
    table, signs = TABLES[name]
    assert judged(table) == signs


def test_the_references_alone_blame_nobody():
    """What the two references do with each other is nobody's fault, and evidence against nobody."""
    assert faults({Pair("", ""): 0}, STAGES) == {}


def told(table: str, reason=lambda _: "") -> list[Attribution]:
    """The causes of a table."""
    return causes(faults(reach(table), STAGES), reason)


def test_one_cause_is_told_once():
    """A program at fault is one cause with all its pairs, the worst first; a pair that is both's is in both."""
    worse, other = told("ref a b\nref 3 1 3\na 1 1 1\nb 3 1 3")
    assert (worse.fault, worse.client, worse.server) == (Fault.SERVER, None, "a")
    assert (other.fault, other.client, other.server) == (Fault.CLIENT, "a", None)
    assert Pair("a", "a") in worse.pairs
    assert Pair("a", "a") in other.pairs
    assert (len(worse.pairs), len(other.pairs)) == (3, 3)


def test_pairs_that_fail_together_are_grouped_by_what_they_have_in_common():
    """A server that four of ten clients cannot use is one cause; with another reason it is another one."""
    clients = "\n".join(f"c{number} 3 {1 if number < 4 else 3} 3" for number in range(10))
    table = f"ref a b\nref 3 3 3\n{clients}"
    [cause] = told(table)
    assert (cause.fault, cause.client, cause.server, len(cause.pairs)) == (Fault.TOGETHER, None, "a", 4)
    one, three = sorted(told(table, lambda pair: pair.client == "c0"), key=lambda cause: len(cause.pairs))
    assert (one.client, one.server, len(one.pairs)) == ("c0", "a", 1)
    assert (three.client, three.server, len(three.pairs)) == (None, "a", 3)


def test_a_client_that_few_servers_disagree_with_is_one_cause():
    """What pairs have in common may be the client, too."""
    [cause] = told("ref a b c d e\nref 3 3 3 3 3 3\nx 3 1 1 3 3 3")
    assert (cause.fault, cause.client, cause.server) == (Fault.TOGETHER, "x", None)


def test_every_failed_pair_has_a_cause():
    """In a table of everything, no failure is left out."""
    table = "ref a b c d\nref 3 3 0 1 .\na 1 3 0 1 2\nb 3 1 0 1 1\nc . 2 0 3 1\nd 3 3 0 1 3"
    found = faults(reach(table), STAGES)
    assert {pair for cause in causes(found, lambda _: "") for pair in cause.pairs} == set(found)
