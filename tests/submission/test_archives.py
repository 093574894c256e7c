"""What is taken out of an archive, what is left out, and that no archive costs more than its caps."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.model.errors import UsageError
from grader.submission import archives, intake

CODE = b"print('chat')\n"
SERVER = "simple_chat_server.py"


def zipped(*names: str, data: bytes = CODE, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with files of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tarred(*members: str | tarfile.TarInfo, data: bytes = CODE, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar with files of these names, or members as they are given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as archive:
        for member in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            if info.isreg():
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    """A member that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def linked(name: str, mode: int) -> bytes:
    """A zip with a server and a member of another kind."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (mode | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr(SERVER, CODE)
    return out.getvalue()


def taken(tmp_path: Path, data: bytes, name: str = "ada.zip") -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files that an archive of these bytes gives, by their names in it, and the notes."""
    path = tmp_path / name
    path.write_bytes(data)
    with intake.taken_in(path) as one:
        assert one.unpacked
        found = {}
        for file in one.place.rglob("*"):
            status = file.lstat()
            assert stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
            if file.is_file():
                found[os.path.relpath(file, one.place)] = file.read_bytes()
        place = one.place
    assert not place.exists()
    return found, one.notes


def refusal(tmp_path: Path, data: bytes, name: str = "ada.zip") -> str:
    """Why an archive of these bytes is not taken in."""
    with pytest.raises(UsageError) as caught:
        taken(tmp_path, data, name)
    sentence = str(caught.value)
    assert sentence.startswith(f"{tmp_path / name}: ")
    return sentence


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """A folder for temporary folders, which is empty in the end."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ada.zip", zipped(SERVER, "lib/x.py")),
        ("ada.tar", tarred(SERVER, "lib/x.py")),
        ("ada.tar", tarred("./" + SERVER, "./lib/x.py", form=tarfile.GNU_FORMAT)),
        ("ada.TGZ", gzip.compress(tarred(SERVER, "lib/x.py"))),
        ("ada.tar.gz", gzip.compress(tarred("ada/" + SERVER, "ada/lib/x.py"))),
        ("ada.tar.bz2", bz2.compress(tarred(SERVER, "lib/x.py"))),
        ("no ending", zipped("ada/" + SERVER, "ada/lib/x.py", "__MACOSX/ada/._x.py", "ada/.git/config")),
        ("windows.zip", zipped("ada\\" + SERVER, "ada\\lib\\x.py")),
        ("stored.zip", zipped(SERVER, "lib/x.py", method=zipfile.ZIP_STORED)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_archives(tmp_path, name, data):
    """Each kind of archive gives its files; a single folder around everything is that submission."""
    assert taken(tmp_path, data, name) == ({SERVER: CODE, "lib/x.py": CODE}, ())


def test_empty_folders(tmp_path):
    """A folder in which a program may want to write is there, though nothing is in it."""
    path = tmp_path / "ada.zip"
    path.write_bytes(zipped(SERVER, "logs/", data=b""))
    with intake.taken_in(path) as one:
        assert (one.place / "logs").is_dir()


def test_folders_and_files_are_used_where_they_are(tmp_path):
    """What is no archive is not copied; nor is what cannot be read, of which others tell."""
    (tmp_path / SERVER).write_bytes(CODE)
    os.mkfifo(tmp_path / "pipe.zip")
    for path in (tmp_path, tmp_path / SERVER, tmp_path / "nothing.zip", tmp_path / "pipe.zip"):
        with intake.taken_in(path) as one:
            assert (one.place, one.unpacked, one.notes) == (path, False, ())


LEFT_OUT = {
    "absolute": (zipped(SERVER, "/tmp/x.py"), "left out /tmp/x.py: an absolute path"),
    "drive": (zipped(SERVER, "C:\\x.py"), "left out C:\\x.py: an absolute path"),
    "share": (zipped(SERVER, "\\\\host\\x.py"), "left out \\\\host\\x.py: an absolute path"),
    "dots": (zipped(SERVER, "../../x.py"), "left out ../../x.py: a path that leads out of the archive"),
    "dots of Windows": (zipped(SERVER, "a\\..\\..\\x.py"), "left out a\\..\\..\\x.py: a path that leads out of the archive"),
    "dots in a tar": (tarred(SERVER, "a/../x.py"), "left out a/../x.py: a path that leads out of the archive"),
    "deep": (zipped(SERVER, "a/" * 10 + "x.py"), f"left out {'a/' * 10}x.py: too many folders deep"),
    "long": (tarred(SERVER, "x" * 256), f"left out {'x' * 60}...: too long a name"),
    "link": (tarred(SERVER, special("x.py", tarfile.SYMTYPE, "/etc/passwd")), "left out x.py: a link"),
    "hard link": (tarred(SERVER, special("x.py", tarfile.LNKTYPE, SERVER)), "left out x.py: a link"),
    "link in a zip": (linked("x.py", stat.S_IFLNK), "left out x.py: a link"),
    "pipe in a zip": (linked("x.py", stat.S_IFIFO), "left out x.py: not a regular file"),
    "pipe": (tarred(SERVER, special("x.py", tarfile.FIFOTYPE)), "left out x.py: not a regular file"),
    "device": (tarred(SERVER, special("x.py", tarfile.CHRTYPE)), "left out x.py: not a regular file"),
    "sparse": (tarred(SERVER, special("x.py", tarfile.GNUTYPE_SPARSE)), "left out x.py: not a regular file"),
    "a folder's name": (tarred("x", SERVER, "x/y.py"), "left out x/y.py: a file has the name of its folder"),
    "a file's name": (tarred("x/y.py", SERVER, "x"), "left out x: a folder has its name"),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_OUT)
def test_left_out(tmp_path, case):
    """What is no regular file at a place inside is left out, and a note tells; the rest is taken."""
    data, note = LEFT_OUT[case]
    found, notes = taken(tmp_path, data, "ada.tar" if data[257:262] == b"ustar" else "ada.zip")
    assert found.get(SERVER) == CODE
    assert not {name for name in found if name.endswith("x.py")}
    assert notes == (note,)


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        ("a\x1b[2J.py", "a_[2J.py"),
        ("a\n.py", "a_.py"),
        ("a\u202eyp.exe", "a_yp.exe"),
        ("\x9b31m.py", "_31m.py"),
        ("\ufeffx.py", "_x.py"),
    ],
)
@pytest.mark.parametrize("make", [zipped, tarred])
def test_odd_names(tmp_path, make, odd, plain):
    """Signs that a terminal or a reader would be fooled by are replaced in files, and a note tells the name that it was."""
    found, notes = taken(tmp_path, make(SERVER, odd), "ada." + ("zip" if make is zipped else "tar"))
    assert found == {SERVER: CODE, plain: CODE}
    assert notes == (f"took {odd} as {plain}",)


def test_nul_in_a_name(tmp_path):
    """What stands after a NUL counts as well: no name ends where only some would say so."""
    data = zipped(SERVER, "x.py?.txt").replace(b"x.py?.txt", b"x.py\0.txt")
    assert taken(tmp_path, data)[0] == {SERVER: CODE, "x.py_.txt": CODE}


def test_names_of_other_systems(tmp_path):
    """A name that only Windows minds, and one in another script, is a name."""
    names = {"CON.py", "aux.py", "größe.py", "聊天.py", "-rf", "a b.py"}
    assert taken(tmp_path, zipped(*names)) == (dict.fromkeys(names, CODE), ())


def test_names_in_an_old_encoding(tmp_path):
    """Bytes that are no text in a name are replaced."""
    found, notes = taken(tmp_path, tarred(SERVER, "gr\udcfc\udcdf.py", form=tarfile.GNU_FORMAT), "ada.tar")
    assert set(found) == {SERVER, "gr__.py"}
    assert notes == ("took gr\udcfc\udcdf.py as gr__.py",)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", [zipped, tarred])
def test_the_last_of_a_name_counts(tmp_path, make):
    """Of two members of one name the last is taken, as when it is unpacked by hand, and a note tells."""
    data = make("x.py", "x.py")
    at = data.rindex(CODE) if make is tarred else 0
    if make is tarred:
        data = data[:at] + CODE.replace(b"chat", b"last") + data[at + len(CODE) :]
    found, notes = taken(tmp_path, data, "ada." + ("zip" if make is zipped else "tar"))
    assert found["x.py"] == (CODE.replace(b"chat", b"last") if make is tarred else CODE)
    assert notes == ("x.py is in the archive more than once: took the last",)


def test_encrypted(tmp_path):
    """An encrypted file is left out; if there is nothing else, that is said."""
    data = bytearray(zipped(SERVER))
    for place in (data.index(b"PK\3\4") + 6, data.index(b"PK\1\2") + 8):
        data[place] |= 1
    assert refusal(tmp_path, bytes(data)).endswith(
        f"holds no file that can be taken in (left out {SERVER}: encrypted)."
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression(tmp_path, method):
    """The zip methods whose unpacking the library does not bound are not used."""
    assert "compressed in an unusual way" in refusal(tmp_path, zipped(SERVER, method=method))


def test_archives_in_archives(tmp_path):
    """An archive in an archive is a file like any other: one that holds itself has no end."""
    inner = zipped(SERVER)
    assert taken(tmp_path, zipped("inner.zip", data=inner))[0] == {"inner.zip": inner}


def test_notes_have_an_end(tmp_path):
    """Of many oddities five are told, and how many more there are."""
    _, notes = taken(tmp_path, zipped(SERVER, *(f"../{number}.py" for number in range(100))))
    assert len(notes) == 6
    assert notes[-1] == "95 more entries of the archive were left out or renamed"


def test_settings_in_an_archive(tmp_path):
    """A student's own settings in an archive do not count, which is told."""
    _, notes = taken(tmp_path, zipped(SERVER, "chatgrade.toml"))
    (note,) = notes
    assert note.startswith(
        "chatgrade.toml in the submission was not read: a course's own is in the working directory or "
    )


# -- caps --------------------------------------------------------------------------------------------------------------


def tar_of_zeros(size: int) -> bytes:
    """The beginning of a tar with one file of zeros, a hundredth of which is there."""
    info = tarfile.TarInfo("x.py")
    info.size = size
    return info.tobuf() + bytes(size // 100)


def pax(kind: bytes, body: bytes) -> bytes:
    """A header that gives attributes to others."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, len(body)
    return info.tobuf() + body + bytes(-len(body) % 512)


CAPS = {
    "large": ("ada.zip", lambda: zipped("x", data=os.urandom(1 << 10)) + bytes(archives.LARGEST_ARCHIVE), "is larger than 32 MB"),
    "bomb": ("ada.zip", lambda: zipped("x.py", data=bytes(5 << 20)), "unpacks to more than 4 MB"),
    "bomb in a tar.gz": ("ada.tgz", lambda: gzip.compress(tarred("x.py", data=bytes(5 << 20))), "unpacks to more than 4 MB"),
    "bomb in a tar.bz2": ("ada.tbz", lambda: bz2.compress(tarred("x.py", data=bytes(5 << 20))), "unpacks to more than 4 MB"),
    "bomb beside": ("ada.tgz", lambda: gzip.compress(tarred(".git/x", data=bytes(5 << 20))), "unpacks to more than 4 MB"),
    "directory": ("ada.zip", lambda: zipped(*(f"{'x' * 200}{number}" for number in range(9000)), data=b""),
                  "more than 20,000 entries"),
    "entries": ("ada.tar", lambda: tarred(*(f".git/{number}" for number in range(20_001)), data=b"", form=tarfile.USTAR_FORMAT),
                "more than 20,000 entries"),
    "files": ("ada.zip", lambda: zipped(*(f"{number}.py" for number in range(2_001)), data=b""), "more than 2,000 files"),
    "folders": ("ada.zip", lambda: zipped(*(f"{number}/" for number in range(2_001)), data=b""), "more than 2,000 files"),
    "names": ("ada.tgz", lambda: gzip.compress(b"".join(
        pax(b"x", b"16000 path=" + b"x" * 15_988 + b"\n") + tarfile.TarInfo("x").tobuf() for _ in range(1_100))),
        "more than 20,000"),
}  # fmt: skip

DAMAGED = {
    "half a zip": ("ada.zip", zipped(SERVER)[:-30]),
    "half a tar": ("ada.tar", tarred(SERVER)[:520]),
    "half a tar.gz": ("ada.tgz", gzip.compress(tarred(SERVER, data=os.urandom(9000)))[:5000]),
    "half a tar.bz2": ("ada.tbz", bz2.compress(tarred(SERVER))[:-20]),
    "no zip": ("ada.zip", b"hello"),
    "no tar": ("ada.tar", b"hello" * 300),
    "only its name": ("ada.tar.gz", CODE),
    "empty": ("ada.zip", b""),
    "zip that lies": ("ada.zip", zipped(SERVER).replace(struct.pack("<I", len(CODE)), struct.pack("<I", 5))),
    "wrong sum": ("ada.zip", zipped(SERVER, method=zipfile.ZIP_STORED).replace(b"print", b"xrint")),
    "tar that lies": ("ada.tar", tar_of_zeros(1 << 20)),
    "tar with a hole": ("ada.tar", tarred("a.py", "b.py")[:1024] + b"x" * 1024 + tarred("c.py")),
    "endless attributes": ("ada.tar", pax(b"x", bytes(20_000))),
    "attributes of all": ("ada.tar", b"".join(pax(b"g", f"12 k{number:03}=v\n".encode()) for number in range(99)) + tarred("x")),
    "7z": ("ada.7z", b"7z"),
    "xz": ("ada.tar.xz", b"\xfd7zXZ\0"),
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", CAPS)
def test_caps(tmp_path, case):
    """An archive that breaks a cap is refused in one sentence, before it has cost much, and nothing of it stays."""
    name, pack, said = CAPS[case]
    assert re_sentence(refusal(tmp_path, pack(), name), said)


def re_sentence(sentence: str, said: str) -> bool:
    """Whether it says so, and what to do."""
    return said in sentence and sentence.endswith("; hand in the programs and what they need, no more.")


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged(tmp_path, case):
    """An archive that is not whole, or not what it says, is refused in one sentence."""
    name, data = DAMAGED[case]
    sentence = refusal(tmp_path, data, name)
    assert any(words in sentence for words in ("damaged", "of a kind that is not read here"))


def test_foreign_entries_are_free(tmp_path):
    """A repository with its history and a virtual environment is a submission like any other, and needs no note."""
    data = zipped(
        SERVER, *(f".git/objects/{n}" for n in range(3_000)), *(f"env/Lib/site-packages/{n}" for n in range(3_000))
    )
    assert taken(tmp_path, data) == ({SERVER: CODE}, ())


# -- whatever it is ----------------------------------------------------------------------------------------------------

_parts = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["..", ".", "", "CON.py", "C:", "~", "\\", "..\\..", "\0", "\x1b]0;x\x07", "x" * 300, "\u202e", "a.py", "a"]
)
_names = st.lists(_parts, min_size=1, max_size=14).map("/".join) | st.lists(_parts, max_size=4).map(
    lambda p: "/" + "/".join(p)
)


def attempt(data: bytes, name: str) -> None:
    """Take in an archive; whatever it is, nothing is outside, nothing but files and folders inside, all within the caps."""
    with tempfile.TemporaryDirectory() as parent:
        path, around = Path(parent, "in", name), Path(parent, "around")
        path.parent.mkdir()
        around.mkdir()
        path.write_bytes(data)
        before, tempfile.tempdir = tempfile.tempdir, str(around)
        try:
            with intake.taken_in(path) as one:
                assert [place.name for place in around.iterdir()] == [next(iter(one.place.relative_to(around).parts))]
                found = [place.lstat() for place in one.place.rglob("*")]
                assert all(stat.S_ISREG(one.st_mode) or stat.S_ISDIR(one.st_mode) for one in found)
                assert sum(one.st_size for one in found if stat.S_ISREG(one.st_mode)) <= archives.LARGEST_TOTAL
                assert all(len(note) < 300 for note in one.notes)
        except UsageError:
            pass
        finally:
            tempfile.tempdir = before
        assert list(around.iterdir()) == []
        assert [place.name for place in path.parent.iterdir()] == [name]
        assert sorted(place.name for place in Path(parent).iterdir()) == ["around", "in"]


_fuzzed = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@_fuzzed
@given(st.lists(_names, min_size=1, max_size=5))
def test_any_names(names):
    """Whatever the names in an archive are, nothing is written outside."""
    attempt(zipped(*names), "ada.zip")
    attempt(tarred(*names), "ada.tar")


_SEEDS = [
    ("ada.zip", zipped(SERVER, "a/b.py", "logs/")),
    ("ada.zip", linked("x", stat.S_IFLNK)),
    ("ada.tar", tarred(SERVER, "a/b.py", "x" * 120, special("l", tarfile.SYMTYPE, "a"))),
    ("ada.tar", tarred(SERVER, "x" * 120, special("s", tarfile.GNUTYPE_SPARSE), form=tarfile.GNU_FORMAT)),
    ("ada.tgz", gzip.compress(tarred(SERVER, "a/b.py"))),
    ("ada.tbz", bz2.compress(tarred(SERVER, "a/b.py"))),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@_fuzzed
@given(st.sampled_from(_SEEDS), st.data())
def test_any_bytes(seed, data):
    """Whatever is done to the bytes of an archive, it is taken in or refused."""
    name, whole = seed
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        if data.draw(st.booleans()):
            changed[at] = data.draw(st.integers(0, 255))
        else:
            size = data.draw(st.integers(0, 20))
            changed[at : at + size] = data.draw(st.binary(max_size=20))
        if not changed:
            break
    attempt(bytes(changed), name)


@_fuzzed
@given(st.sampled_from(["ada.zip", "ada.tar", "ada.py"]), st.binary(max_size=2_000))
def test_any_file(name, data):
    """Any bytes under any name are taken in, refused, or left to others."""
    path = Path(tempfile.mkdtemp()) / name
    path.write_bytes(data)
    try:
        with intake.taken_in(path):
            pass
    except UsageError:
        pass
    finally:
        path.unlink()
        path.parent.rmdir()
