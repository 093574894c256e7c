"""What a client asks before it chats. Pure: text in, meaning out."""

from __future__ import annotations

import re
from enum import Enum

ADDRESS = "127.0.0.1"


class Asked(Enum):
    """What a question is about. To `NOTHING` in particular, the nickname is the answer."""

    NAME = "the nickname"
    ADDRESS = "the server's address"
    PORT = "the server's port"
    SECRET = "a password"  # noqa: S105 - a kind of question
    NOTHING = ""


_ASIDES = re.compile(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>")  # a default, an example
_SENTENCES = re.compile(r"[.!?;,](?=\s+\S)")
_ADDRESS_BY_NAME = re.compile(r"\b(host|server|computer|machine)('s)?[ -]?name\b")
_SECRET = re.compile(r"pass(word|phrase|code)|\bpin\b|\btoken\b")
_NAME = re.compile(r"name|nick|user|alias|handle|login|pseudo|call(ed)?\b|\bwho\b|\bas\b|\byou\b")
_PORT = re.compile(r"\bport\b(\s+(number|no|nr|of|on|to)\b.*)?\W*$")
_ADDRESS = re.compile(r"\b(host|server|address|ip)\b")


def asked_for(question: str) -> Asked:
    """What a question is about, by its last sentence."""
    asked = _SENTENCES.split(_ASIDES.sub(" ", question.lower()))[-1]
    if _ADDRESS_BY_NAME.search(asked):
        return Asked.ADDRESS
    if _SECRET.search(asked):
        return Asked.SECRET
    if _NAME.search(asked):
        return Asked.NAME
    if _PORT.search(asked):
        return Asked.PORT
    return Asked.ADDRESS if _ADDRESS.search(asked) else Asked.NOTHING
