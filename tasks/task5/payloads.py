"""Payloads of frames: which frame was meant for one, and what is wrong in it. Pure: bytes in, words out."""

from __future__ import annotations

from collections.abc import Iterable

from grader.api import Line, Message, frame, in_hex

ODD = "grüße 漢字 🎉"
"""A text with letters of two, three and four bytes."""


def filled(size: int, end: bytes) -> bytes:
    """A payload of `size` bytes of text, which ends in `end` if there is room for that."""
    return (b"abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[: max(size - len(end), 0)] + end[-size:] * (size > 0)


def relayed(speaker: str, payload: bytes) -> list[bytes]:
    """The forms in which a server may pass a payload on: as it is, or with the speaker's name before it."""
    return [payload, f"{speaker}: ".encode() + payload]


def frame_of(payload: bytes) -> Message:
    """The frame with this payload in words, such as `a frame with 4 bytes: 00 00 00 04 | 6d 69 72 61`."""
    return Message("a frame with {size} bytes: {bytes}", size=f"{len(payload):,}", bytes=in_hex(frame(payload)))


def nearest(lines: Iterable[Line], payload: bytes) -> Line | None:
    """The last frame that holds the payload, or its end, or its beginning."""
    frames_so_far = list(lines)
    for part in (payload, payload[-12:], payload[:12]):
        held = [line for line in frames_so_far if part and part in line.raw]
        if held:
            return held[-1]
    return None


def wrong_inside(raw: bytes, forms: list[bytes]) -> str:
    """What is wrong in a frame whose header is right, and what to do; nothing if that is not plain.

    `forms` are the payloads that would be right: first the one without a name, last the one with it.
    """
    altered = next(filter(None, (_altered(raw, form) for form in forms)), "")
    return altered or _cut_or_led(raw, forms[0], forms[-1])


def _altered(raw: bytes, form: bytes) -> str:
    """What was done to the whole payload on the way."""
    if raw == form + b"\n":
        return "the newline is still appended: drop it, the length tells where a frame ends"
    if form and raw.endswith(frame(form)):
        return "the header that came is passed on inside the payload: take it off first"
    if form != form.decode("utf-8", "replace").encode() and _as_text(raw) == _as_text(form):
        return "the payload is decoded and encoded again on the way: pass the bytes on as they came"
    if form and raw.endswith(repr(form).encode()):
        return "the payload is put into a text as Python shows bytes, with b'...': join bytes, not texts"
    if raw in (form.strip(), form.rstrip()):
        return "the payload is stripped on the way: pass the bytes on as they came"
    return ""


def _cut_or_led(raw: bytes, payload: bytes, named: bytes) -> str:
    """Whether only a part of the payload is there, or something else than the name stands before it."""
    prefix = named[: len(named) - len(payload)]
    body = raw.removeprefix(prefix)
    if body and len(body) < len(payload) and body in payload:
        cut = "only {size} bytes of it are passed on: recv(n) gives at most n bytes; loop until all are there"
        return Message(cut, size=f"{len(body):,}")
    if payload and raw.endswith(payload):
        before = raw[: len(raw) - len(payload)].decode("utf-8", "backslashreplace")
        led = 'before the payload stands "{before}": put "{name}" there, or nothing'
        return Message(led, before=before, name=_as_text(prefix))
    return ""


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
