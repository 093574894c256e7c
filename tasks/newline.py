"""Messages that are sent without the newline that ends them, found in a student's source."""

from __future__ import annotations

import re
from typing import NamedTuple

from grader.api import Call, Function, Outline, Sources, Where

_SENDS = frozenset({"sendall", "send", "write"})


class Unended(NamedTuple):
    """A call that sends something without a newline at its end, and the call as it should be."""

    where: Where
    call: str
    right: str


def call_without_newline(sources: Sources) -> Unended | None:
    """The call in the client that sends what was typed without a newline, if its source shows one."""
    found = sources.outline("client")
    call = sends_without_newline(found) if found else None
    return Unended(sources.where("client", call.line), call.text, with_newline(call)) if call else None


def sends_without_newline(found: Outline) -> Call | None:
    """The call that sends what it is given without a newline; if that is a parameter, the call that does not give one."""
    for function in found.functions:
        for call in function.calls:
            if _sends_unended(call) and (unended := _giver(found, function, call)):
                return unended
    return None


def _sends_unended(call: Call) -> bool:
    """Whether a call sends something without a newline that is no word which the program knows by itself."""
    return call.name in _SENDS and bool(call.arguments) and "\\n" not in call.text and not _is_text(call.arguments[0])


def _giver(found: Outline, function: Function, call: Call) -> Call | None:
    """The call to mend where `call`, in this function, sends no newline; None if every caller gives what it sends one."""
    handed_over = set(re.findall(r"\w+", call.arguments[0])) & set(function.parameters) - {"self"}
    callers = [one for one in found.calls() if one.name == function.name and handed_over and one.arguments]
    if not any("\\n" in one.text for one in callers):
        return call
    return next((one for one in callers if "\\n" not in one.text and not _is_text(one.arguments[-1])), None)


def with_newline(call: Call) -> str:
    """The source of a call with a newline at the end of what it sends: inside encode() where it is text."""
    sent = call.arguments[0] if call.name in _SENDS else call.arguments[-1]
    match = re.fullmatch(r"(?s)(.+)(\.encode\(.*\))", sent)
    if match:
        text = match[1] if re.fullmatch(r"[\w.\[\]]+|\(.*\)", match[1]) else f"({match[1]})"
        return call.text.replace(sent, f'({text} + "\\n"){match[2]}', 1)
    text_or_bytes = 'b"\\n"' if call.name in _SENDS else '"\\n"'
    return f"{sent} + {text_or_bytes}".join(call.text.rsplit(sent, 1))


def _is_text(argument: str) -> bool:
    return re.match(r"[brfu]*['\"]", argument) is not None and "{" not in argument
