"""Names of uploads: a platform's data in them, files' original names, and keys of hand-ins.

Pure: names in, names out. The forms are those of Canvas's `lib/content_zipper.rb` and of Moodle's `mod/assign`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.submission import files

_LONGEST_KEY = 100  # bytes; leaves room for a prefix and a suffix
_DIGEST = 8  # hexadecimal digits

_CANVAS = (
    re.compile(r"(?P<late>LATE_)?anon_(?P<id>[^_]+)_(?:(?P<number>[0-9]+)_(?P<file>.+)|(?P<text>(?:text|link)\.html))"),
    re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>[0-9]+)_(?:(?P<number>[0-9]+)_(?P<file>.+)|(?P<text>(?:text|link)\.html))"),
)  # fmt: skip
_MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<id>[0-9]+))?_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<file>.*))?", re.DOTALL
)
_RENUMBERED = re.compile(r"(.+)-([0-9]{1,2})(\.[^.]*)?", re.DOTALL)


class Encoded(NamedTuple):
    """A platform's data in the name of a file or folder."""

    name: str
    id: str
    file: str = ""  # its original name
    number: int = 0  # higher: uploaded later
    late: bool = False
    is_text: bool = False  # typed into a form


def canvas(name: str) -> Encoded | None:
    """`name[_LATE]_id_attachment_file`, or without a name `[LATE_]anon_id_attachment_file`."""
    match = next(filter(None, (form.fullmatch(name) for form in _CANVAS)), None)
    if match is None:
        return None
    part = match.groupdict()
    file, number = part["file"] or part["text"], int(part["number"] or 0)
    return Encoded(part.get("name", ""), part["id"], file, number, bool(part["late"]), bool(part["text"]))


def moodle(name: str) -> Encoded | None:
    """`Full Name_id_assignsubmission_file_`, followed by a file's name in a download without folders."""
    match = _MOODLE.fullmatch(name)
    if match is None:
        return None
    person = match["name"].replace("_", " ")  # Moodle replaces underscores in names
    return Encoded(person, match["id"] or "", match["file"] or "", is_text=match["kind"] == "onlinetext")


class Uploaded(NamedTuple):
    """An uploaded file: its path, and the student's name for it."""

    path: Path
    file: str
    number: int = 0


def restored(
    uploads: Sequence[Uploaded], usual: Collection[str], *, renumbered: bool
) -> tuple[tuple[tuple[Path, str], ...], tuple[str, ...]]:
    """The files of one hand-in with their original names, and notes on doubtful ones.

    With `renumbered` uploads, `x-1.py` is a later version of `x.py`: surely if `x.py` is a `usual` name, and probably if
    no other upload may be `x.py`. Of several versions the last counts.
    """
    uploads = [upload._replace(file=printable(upload.file)) for upload in uploads]
    named, notes = (
        _before_renumbering(uploads, usual) if renumbered else ([(upload.file, upload) for upload in uploads], [])
    )
    chosen = []
    for name, group in _grouped(named):
        if files.foreign(name):
            continue
        *older, last = sorted(group, key=lambda upload: (upload.number, _number(upload.file), upload.path))
        chosen.append((last.path, name))
        if older:
            notes.append(
                f"took {last.path.name} for {name}, not the older {', '.join(upload.path.name for upload in older)}"
            )
        elif last.file != name:
            notes.append(f"took {last.file} as {name}, of which it is a later upload")
    return tuple(chosen), tuple(map(printable, notes))


def _before_renumbering(
    uploads: Sequence[Uploaded], usual: Collection[str]
) -> tuple[list[tuple[str, Uploaded]], list[str]]:
    """Each upload with its original name, and notes on possible versions of one file."""
    uploaded_names = {upload.file for upload in uploads}
    named, notes = [], []
    for base, group in _grouped((_without_number(upload.file), upload) for upload in uploads):
        names = sorted({upload.file for upload in group})
        if len(names) > 1 and base not in usual:
            notes.append(f"{' and '.join(names)} may be versions of one file: each is taken under its own name")
        sure = base in usual or (len(names) == 1 and base not in uploaded_names - set(names))
        named += [(base if sure else upload.file, upload) for upload in group]
    return named, notes


def _grouped(pairs: Iterable[tuple[str, Uploaded]]) -> list[tuple[str, list[Uploaded]]]:
    groups: dict[str, list[Uploaded]] = defaultdict(list)
    for key, upload in pairs:
        groups[key].append(upload)
    return sorted(groups.items())


def _without_number(name: str) -> str:
    match = _RENUMBERED.fullmatch(name)
    return match[1] + (match[3] or "") if match else name


def _number(name: str) -> int:
    match = _RENUMBERED.fullmatch(name)
    return int(match[2]) if match else 0


# -- keys --------------------------------------------------------------------------------------------------------------


def printable(text: str) -> str:
    """The text without characters that no name needs and that may deceive a terminal or a reader."""
    return "".join(sign if sign.isprintable() else "_" for sign in text)


def key(text: str) -> str:
    """A readable key that is safe as the name of a file on any system."""
    plain = re.sub(r'[/\\:*?"<>|]', "_", printable(unicodedata.normalize("NFC", text))).strip(" .")
    plain = re.sub(r"^[-~]", "_", plain) or "_"
    if len(plain.encode()) > _LONGEST_KEY:
        plain = f"{plain.encode()[: _LONGEST_KEY - _DIGEST - 1].decode(errors='ignore')}-{_digest(text)}"
    return plain


def unique(named: Sequence[tuple[str, str]]) -> list[str]:
    """Unique keys, for pairs of a key and a text that distinguishes it. Keys that are equal on some file system get a digest.

    The order of the pairs does not matter.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for pair in named:
        seen[pair] += 1
    if len(seen) < len(named):  # names are others' input: the same pair may come twice
        named = [(text, f"{kind}\0{place}") for place, (text, kind) in enumerate(named)]
    keys = [text for text, _ in named]
    size: int | None = _DIGEST
    while len(counts := Counter(text.casefold() for text in keys)) < len(keys):
        keys = [
            text if counts[text.casefold()] == 1 else f"{text}-{_digest(kind, size)}"
            for text, (_, kind) in zip(keys, named, strict=True)
        ]
        size = None  # digests were forged to begin alike
    return keys


def _digest(text: str, size: int | None = _DIGEST) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:size]
