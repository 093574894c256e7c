"""What a client sent, held against what was typed. No process."""

from __future__ import annotations

import pytest

from tasks.chat.sent import Sending, Typed, Wrong, wrong_sending

NAME_AGAIN, TWICE, CHANGED, NOT_TYPED, NEVER = Sending
TYPED = ["hi 412", "a  b 413", "", "ho 414"]


def found(came: list[str], typed: list[str] | None = None, name: str = "ada") -> Wrong | None:
    """What is wrong with these lines, after a password, the nickname and the lines that were typed."""
    answers = [Typed("secret 7", 0, answer=True), Typed(name, 1, answer=True)]
    chat = [Typed(text, 2, command=text.startswith("/")) for text in (TYPED if typed is None else typed)]
    return wrong_sending([*answers, *chat], name, came)


@pytest.mark.parametrize(
    ("came", "typed"),
    [
        (["ada", "hi 412", "a  b 413", "", "ho 414"], None),
        (["ada", "hi 412", "a  b 413", "ho 414"], None),
        (["secret 7", "ada", "hi 412", " a  b 413 ", "ho 414"], None),
        (["ada", "secret 7", "hi 412"], ["hi 412"]),
        (["NICK ada", "hi 412"], ["hi 412"]),
        (["ada", "hi", "hi", "hi"], ["hi", "hi", "hi"]),
        (["ada", "ada", "hi"], ["ada", "hi"]),
        (["ada", "/name zoe", "hi"], ["/name zoe", "hi"]),
        (["ada", "NAME zoe", "hi"], ["/name zoe", "hi"]),
        (["ada", "hi"], ["/name zoe", "hi"]),
        (["ada"], []),
        ([], []),
    ],
)
def test_right(came, typed):
    """A nickname, and each line once; an empty line or none for an empty one; commands and answers in any form or none."""
    assert found(came, typed) is None


@pytest.mark.parametrize(
    ("came", "wrong"),
    [
        (["ada", "ada", "hi 412"], Wrong(NAME_AGAIN, "ada", "ada", 1)),
        (["ada", "hi 412", "ada"], Wrong(NAME_AGAIN, "ada", "ada", 2)),
        (["ada", "hi 412", "hi 412"], Wrong(TWICE, "hi 412", "hi 412", 2)),
        (["ada", "hi 412", "a b 413"], Wrong(CHANGED, "a  b 413", "a b 413", 2)),
        (["ada", "ada: hi 412"], Wrong(CHANGED, "hi 412", "ada: hi 412", 1)),
        (["ada", "HI 412"], Wrong(CHANGED, "hi 412", "HI 412", 1)),
        (["ada", "a  b 413"], Wrong(NEVER, "hi 412", "a  b 413", 1)),
        (["ada", "hi 412", "", "a  b 413"], Wrong(NOT_TYPED, "", "", 2)),
        (["ada", "hi 412", "a  b 413", "", "", "ho 414"], Wrong(TWICE, "", "", 4)),
        (["ada", "hi 412", "a  b 413", "PING"], Wrong(NOT_TYPED, "", "PING", 3)),
        (["ada", "hi 412", "a  b 413"], Wrong(NEVER, "ho 414")),
    ],
)
def test_wrong(came, wrong):
    """The first line for which there is no reason, or else the first that never came."""
    assert found(came) == wrong


def test_name_again_before_a_command():
    """The nickname sent again is no other form of a command that was typed."""
    assert found(["ada", "ada", "/name zoe"], ["/name zoe"]) == Wrong(NAME_AGAIN, "ada", "ada", 1)
