"""What a client asks before it chats. Pure: text in, meaning out."""

from __future__ import annotations

import re
from enum import Enum

ADDRESS = "127.0.0.1"


class Question(Enum):
    """What a question is about. To `NOTHING` in particular, the nickname is the answer."""

    NAME = "the nickname"
    ADDRESS = "the server's address"
    PORT = "the server's port"
    SECRET = "a password"  # noqa: S105 - a kind of question
    CONFIRMATION = "yes or no"
    ENTER = "the Enter key, and nothing else"
    NOTHING = ""


_ASIDES = re.compile(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>|'[^']*'|\"[^\"]*\"")  # a default, an example, what was typed before
_SENTENCES = re.compile(r"[.!?;,](?=\s+\S)")
_YES_OR_NO = re.compile(r"[\[(]\s*(y|j|o|s|t)\w*\s*[/|]\s*n\w*\s*[\])]")
_DEFAULT_ADDRESS = re.compile(r"[\[(<](default\W+)?(localhost|\d+\.\d+\.\d+\.\d+|::1)[\])>]")
_DEFAULT_PORT = re.compile(r"[\[(<](default\W+)?\d{4,5}[\])>]")
_ADDRESS_BY_NAME = re.compile(
    r"\b(host|server|computer|machine|rechner)('s)?[ -]?name\b|\bip\b|name of the (host|server)"
)
_SECRET = re.compile(r"pass(word|phrase|code|wort)|mot de passe|contrase|\bpin\b|\btoken\b")
_NAME = re.compile(r"name|nick|nom\b|pseudo|user|alias|handle|login|call(ed)?\b|\bwho\b|\bwer\b|\bas\b|\byou\b")
_PORT = re.compile(r"\b(port|puerto|porta)\b(\s+(number|no|nr|of|on|to|du|des)\b.*)?\W*$")
_ADDRESS = re.compile(r"host|h[oô]te|server|serveur|servidor|adress|address|direcci|rechner|\bip\b")

_ENTER = re.compile(
    r"^\W*((please|then|now|just) )?(press|hit|push|dr[uü]cken?|appuye[rz]|pulsa)\b.*\b(enter|return|key)\b"
)

_TALK_SURELY = re.compile(r"\b(mess?ages?|msg|say|talk|text|type|nachricht|mensaje|mensagem|exit)\b|^\W*$")
_TALK = re.compile(rf"{_TALK_SURELY.pattern}|\b(chat|you|me)\b")
_NAME_SURELY = re.compile(r"name|nick|pseudo|user|alias|handle|login")
_NAME_IN_SO_MANY_WORDS = re.compile(rf"{_NAME_SURELY.pattern}|\bnom\b|call(ed)?\b|\bwho (are|is)\b|\bwer (bist|ist)\b")
_ONCE_MORE = re.compile(r"\b(again|once more|repeat|confirm)\b")


def asked_for(question: str) -> Question:
    """What a question is about: by the default that it offers, or by the words of its last sentence."""
    question = question.lower()
    asked = _SENTENCES.split(_ASIDES.sub(" ", question))[-1]
    rules = (
        (Question.ENTER, _ENTER, asked.strip()),
        (Question.CONFIRMATION, _YES_OR_NO, question),
        (Question.ADDRESS, _DEFAULT_ADDRESS, question),
        (Question.SECRET, _SECRET, asked),
        (Question.PORT, _DEFAULT_PORT, question),
        (Question.ADDRESS, _ADDRESS_BY_NAME, asked),
        (Question.NAME, _NAME, asked),
        (Question.PORT, _PORT, asked),
        (Question.ADDRESS, _ADDRESS, asked),
    )
    return next((meaning for meaning, pattern, text in rules if pattern.search(text)), Question.NOTHING)


def asks_for_talk(question: str, name: str) -> bool:
    """Whether a prompt is the one at which somebody who has given her name begins to chat."""
    question = re.sub(rf"(\w*({_NAME_SURELY.pattern})\w*\W{{1,3}})?{re.escape(name.lower())}", "", question.lower())
    talk = _TALK if asked_for(question) in (Question.NAME, Question.NOTHING) else _TALK_SURELY
    return bool(talk.search(question)) and not _NAME_SURELY.search(question)


def asks_for_name_in_so_many_words(question: str) -> bool:
    """Whether a question can be about nothing but the nickname, or once more about what was given."""
    question = question.lower()
    return bool(_ONCE_MORE.search(question) or _NAME_IN_SO_MANY_WORDS.search(question))


def yes(question: str) -> str:
    """The letter that says yes to a question of yes or no."""
    found = _YES_OR_NO.search(question.lower())
    return found[1] if found else "y"
