"""Unpacking of archives (zip, tar, also compressed by gzip or bzip2) that come from strangers.

The standard library parses them but never extracts: only regular files are written, under names that stay inside the
target folder. Caps on sizes and counts are enforced while the bytes are read. A note tells of each entry that is left out
or renamed; an archive that breaks a cap is refused as a whole.
"""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from grader.model.errors import GraderError, UsageError
from grader.submission import files

LARGEST_ARCHIVE = 32 << 20  # bytes: a submission with its virtual environment has half of that
LARGEST_TOTAL = 64 << 20  # bytes unpacked: a quarter of a second to read, and nothing on a disk
RATIO, FREE = (
    100,
    4 << 20,
)  # unpacked bytes per byte of the archive, and allowed beside: sources have 3 to 10, zeros 1,000
MOST_ENTRIES = 20_000  # of any kind: half a second to parse
LARGEST_DIRECTORY = 2 << 20  # bytes of a zip's directory, which is parsed at once: 100 for each entry
LARGEST_HEADERS = 16 << 20  # bytes of a tar's headers: an entry with a long name or other attributes has 1,500
LARGEST_HEADER = 16 << 10  # bytes of a tar's extended header: paths end at 4,096
LARGEST_GLOBAL_HEADER = 1 << 10  # bytes of a tar's global header: Git's has 60
MOST_GLOBALS = 64  # attributes that a tar gives to all of its entries: each costs time with every entry
MOST_FILES = 2_000  # files and folders that are written: a larger submission was handed in by mistake
LONGEST_NAME = 255  # bytes of one part of a path, as in most file systems
_MOST_NOTES, _LONGEST_SHOWN = 5, 60
_CHUNK = 1 << 16

_ENDINGS = (".tar", ".tgz", ".gz", ".tbz2", ".tbz", ".bz2", ".zip")
_OTHER_ARCHIVES = (".7z", ".rar", ".xz", ".txz", ".zst", ".lzma", ".z")


@dataclass(frozen=True)
class Caps:
    """The caps of an archive; by default those of a single submission."""

    archive: int = LARGEST_ARCHIVE
    total: int = LARGEST_TOTAL
    entries: int = MOST_ENTRIES
    directory: int = LARGEST_DIRECTORY
    headers: int = LARGEST_HEADERS
    written: int = MOST_FILES
    deepest: int = files.DEEPEST
    advice: str = "hand in the programs and what they need, no more."

    @property
    def too_many(self) -> str:
        """The objection to an archive with too many entries, as the rest of a sentence."""
        return f"holds more than {self.entries:,} entries"


SUBMISSION = Caps()
CLASS = (
    Caps(  # 500 submissions, of which some are repositories; a million entries are half a gigabyte of memory to parse
        500 * LARGEST_ARCHIVE,
        500 * LARGEST_TOTAL,
        50 * MOST_ENTRIES,
        50 * LARGEST_DIRECTORY,
        50 * LARGEST_HEADERS,
        500 * MOST_FILES,
        files.DEEPEST + 3,
        "unpack it, and give the folder.",
    )
)


def unpack(path: Path, target: Path, caps: Caps = SUBMISSION) -> tuple[str, ...]:
    """Write the files of an archive into an empty folder; return notes on entries left out or renamed.

    Raises UsageError when the file is no archive, damaged, or over a cap; GraderError when the disk is full.
    """
    members = kind_of_archive(path)
    if members is None:
        raise UsageError("is not an archive.", about=path)
    return unpack_as(path, target, members, caps)


def innermost(folder: Path) -> Path:
    """The folder, or the innermost one in it that still holds everything."""
    while len(inner := list(folder.iterdir())) == 1 and inner[0].is_dir():
        folder = inner[0]
    return folder


def named_as_archive(name: str) -> bool:
    """Whether a file name has the ending of an archive, of a kind that is supported or not."""
    return name.lower().endswith(_ENDINGS + _OTHER_ARCHIVES)


def without_ending(name: str) -> str:
    """The name of an archive without its endings, such as `.tar.gz`."""
    while Path(name).suffix.lower() in (*_ENDINGS, *_OTHER_ARCHIVES):
        name = Path(name).stem
    return name


class _ArchiveStream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...
    def close(self) -> None: ...


class _Member(NamedTuple):
    name: str
    content: Callable[[], _ArchiveStream]
    is_folder: bool = False
    instead: str = ""  # why it is left out, such as `a link`; empty if it is not


_Members = Callable[[IO[bytes], "_Budget", Caps], Iterator[_Member]]


def kind_of_archive(path: Path) -> _Members | None:
    """The reader for this kind of archive; None for any other file, and for one that cannot be read: its user reports that.

    Raises UsageError for an unsupported kind, and for a file that is not what its ending says.
    """
    try:
        head = files.read(path, 512)
    except OSError:
        return None
    suffix = path.suffix.lower()
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _zip_members
    if head.startswith(b"\x1f\x8b"):
        return _gzipped_members
    if head.startswith(b"BZh"):
        return _bzipped_members
    if head[257:262] == b"ustar" or suffix == ".tar":
        return _tar_members
    if suffix in _OTHER_ARCHIVES:
        raise UsageError("is an archive of a kind that is not read here; make it a .zip or .tar.gz.", about=path)
    if suffix in _ENDINGS:
        raise UsageError("is not the archive that its name says, or damaged.", about=path)
    return None


def unpack_as(path: Path, target: Path, members: _Members, caps: Caps) -> tuple[str, ...]:
    """Unpack an archive of a recognised kind; return notes and raise as `unpack` does."""
    unpacking = _Unpacking(target, caps)
    try:
        with files.opened(path) as file:
            size = file.seek(0, io.SEEK_END)
            if size > caps.archive:
                raise _CapBroken(f"is larger than {caps.archive >> 20} MB")
            file.seek(0)
            allowed = min(caps.total, FREE + RATIO * size)
            budget = _Budget(allowed, f"unpacks to more than {allowed >> 20} MB")
            for count, member in enumerate(members(file, budget, caps)):
                if count >= caps.entries:
                    raise _CapBroken(caps.too_many)
                unpacking.take(member)
    except _CapBroken as broken:
        raise UsageError(f"{broken}; {caps.advice}", about=path) from broken
    except Exception as error:  # the parsers raise many kinds of errors at a malicious archive
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise GraderError(f"cannot be unpacked ({error.strerror})", about=path) from error
        raise UsageError("is damaged, or not a whole archive.", about=path) from error
    if not unpacking.written:
        because = f" ({unpacking.notes()[0]})" if unpacking.notes() else ""
        raise UsageError(f"holds no file that can be taken in{because}.", about=path)
    return unpacking.notes()


class _CapBroken(Exception):  # noqa: N818 - the objection to the archive, as the rest of a sentence
    pass


class _Budget:
    """A number of bytes that may be read, and the objection to an archive with more. Raises _CapBroken when spent."""

    def __init__(self, left: int, otherwise: str) -> None:
        self._left, self._otherwise = left, otherwise

    def spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise _CapBroken(self._otherwise)


class _Metered(io.RawIOBase):
    """A stream that charges the bytes read from it to a budget."""

    def __init__(self, stream: _ArchiveStream, budget: _Budget) -> None:
        self._stream, self.budget = stream, budget

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(_CHUNK if size < 0 else size)
        self.budget.spend(len(data))
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()


# -- the two kinds -----------------------------------------------------------------------------------------------------


class _ZipFile(io.BufferedReader):
    """The file of a zip. Its directory is read in one piece; _CapBroken is raised before a large one is parsed."""

    def __init__(self, file: io.RawIOBase, caps: Caps) -> None:
        super().__init__(file)
        self._caps = caps

    def read(self, size: int | None = -1, /) -> bytes:
        if size and size > self._caps.directory:
            raise _CapBroken(self._caps.too_many)
        return super().read(size)


def _zip_members(file: IO[bytes], budget: _Budget, caps: Caps) -> Iterator[_Member]:
    with _ZipFile(io.FileIO(file.fileno(), closefd=False), caps) as bounded, zipfile.ZipFile(bounded) as archive:
        for info in archive.infolist():
            kind, instead = stat.S_IFMT(info.external_attr >> 16), ""
            is_folder = info.orig_filename.endswith(("/", "\\"))
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                instead = "a link" if kind == stat.S_IFLNK else "not a regular file"
            elif info.flag_bits & 0x2041:
                instead = "encrypted"
            elif info.compress_type not in (
                zipfile.ZIP_STORED,
                zipfile.ZIP_DEFLATED,
            ):  # the others unpack without bounds
                instead = "compressed in an unusual way"
            content = partial(_zip_content, archive, info, budget)
            yield _Member(info.orig_filename, content, is_folder, instead)


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> _ArchiveStream:
    return _Metered(archive.open(info), budget)


class _Header(tarfile.TarInfo):
    """A member's header. Raises ValueError for an invalid one, which the library would take for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not any(buf):
                raise  # a block of zeros: the archive's end
            raise ValueError(str(error)) from error
        most = LARGEST_GLOBAL_HEADER if header.type == tarfile.XGLTYPE else LARGEST_HEADER
        if header.type in _ABOUT_OTHERS and not 0 <= header.size <= most:
            raise ValueError("a header that is larger than what it can have to say")
        return header


_ABOUT_OTHERS = (
    tarfile.XGLTYPE, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
)  # fmt: skip


def _tar_members(stream: _ArchiveStream, budget: _Budget, caps: Caps) -> Iterator[_Member]:
    headers = _Budget(caps.headers, caps.too_many)
    metered = _Metered(stream, headers)
    with (
        metered,
        tarfile.open(
            fileobj=metered,
            mode="r|",
            bufsize=tarfile.BLOCKSIZE,
            tarinfo=_Header,
            encoding="utf-8",
            errors="surrogateescape",
        ) as archive,
    ):
        while info := archive.next():
            if len(archive.pax_headers) > MOST_GLOBALS:
                raise ValueError("more attributes of all entries than anybody needs")
            instead = ""
            if info.issym() or info.islnk():
                instead = "a link"
            elif not info.isdir() and (info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.issparse()):
                instead = "not a regular file"
            metered.budget = budget
            yield _Member(info.name, partial(_tar_content, archive, info), info.isdir(), instead)
            archive.fileobj.seek(archive.offset)  # past the unread rest of the member
            metered.budget = headers
            archive.members = []  # type: ignore[attr-defined]  # else all headers stay in memory


def _gzipped_members(file: IO[bytes], budget: _Budget, caps: Caps) -> Iterator[_Member]:
    return _tar_members(gzip.GzipFile(fileobj=file), budget, caps)


def _bzipped_members(file: IO[bytes], budget: _Budget, caps: Caps) -> Iterator[_Member]:
    return _tar_members(bz2.BZ2File(file), budget, caps)


def _tar_content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _ArchiveStream:
    content = archive.extractfile(info)
    assert content is not None
    return content


# -- writing -----------------------------------------------------------------------------------------------------------


class _Unpacking:
    """The target folder of an archive, and the notes on entries left out or renamed."""

    def __init__(self, target: Path, caps: Caps) -> None:
        self._target, self._caps = target, caps
        self._odd: dict[str, None] = {}  # notes, in order, each once
        self._places = 0
        self.written = 0

    def notes(self) -> tuple[str, ...]:
        first = list(self._odd)[:_MOST_NOTES]
        more = len(self._odd) - len(first)
        return (*first, *([f"{more} more entries of the archive were left out or renamed"] if more else []))

    def _note(self, text: str) -> None:
        self._odd[text] = None

    def take(self, member: _Member) -> None:
        """Write a member, or note why it is left out; `foreign` entries are left out without a note."""
        parts = [part for part in member.name.replace("\\", "/").split("/") if part not in ("", ".")]
        if any(part != ".." and files.foreign(part) for part in parts):
            return
        instead = member.instead or _misplaced(member.name, parts, self._caps.deepest)
        if instead or not parts:
            self._note(f"left out {shown(member.name)}: {instead or 'no name'}")
            return
        place = self._place(member.name, parts)
        try:
            (place if member.is_folder else place.parent).mkdir(mode=0o700, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self._note(f"left out {shown(member.name)}: a file has the name of its folder")
            return
        if not member.is_folder:
            self._write(place, member)

    def _place(self, name: str, parts: list[str]) -> Path:
        """The path to write a member to: its own, with `_` for unprintable characters. Raises _CapBroken after too many."""
        neutral = ["".join(sign if sign.isprintable() else "_" for sign in part) for part in parts]
        if neutral != parts:
            self._note(f"took {shown(name)} as {shown('/'.join(neutral))}")
        self._places += 1
        if self._places > self._caps.written:
            raise _CapBroken(f"holds more than {self._caps.written:,} files")
        return self._target.joinpath(*neutral)

    def _write(self, place: Path, member: _Member) -> None:
        if place.is_dir():
            self._note(f"left out {shown(member.name)}: a folder has its name")
            return
        if place.exists():
            self._note(f"{shown(member.name)} is in the archive more than once: took the last")
        with contextlib.closing(member.content()) as content, place.open("wb") as file:
            while data := content.read(_CHUNK):
                file.write(data)
        self.written += 1


def _misplaced(name: str, parts: list[str], deepest: int) -> str:
    """The objection to a member's path; empty if there is none."""
    if ".." in parts:
        return "a path that leads out of the archive"
    if name.startswith(("/", "\\")) or re.match("[A-Za-z]:", name):
        return "an absolute path"
    if len(parts) > deepest:
        return "too many folders deep"
    if any(len(part.encode("utf-8", "surrogateescape")) > LONGEST_NAME for part in parts):
        return "too long a name"
    return ""


def shown(name: str) -> str:
    """A name cut for a message. It is not made harmless: see `grader.text.sinks`."""
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."
