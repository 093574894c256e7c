"""Classes as platforms hand them out: what is recognised, whose is what, what is opened, and that nothing goes astray."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.cost import grows_linearly

from grader.batch.intake import names
from grader.batch.intake.layouts import LAYOUTS, NOTHING, ClassIntake, Handed, class_in
from grader.batch.intake.opening import opened
from grader.model.errors import UsageError
from grader.results.graded import Person
from grader.submission import archives

SERVER, CLIENT = "simple_chat_server.py", "threaded_chat_client.py"
USUAL = (SERVER, CLIENT)
CODE = b"print('chat')\n"


def zipped(*files: str | tuple[str, bytes]) -> bytes:
    """A zip with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            name, data = (file, CODE) if isinstance(file, str) else file
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def lay(folder: Path, *paths: str | tuple[str, bytes]) -> Path:
    """Write files of these names; one that ends in a slash is a folder, one that ends as a zip does is one with a server."""
    folder.mkdir(exist_ok=True)
    for path in paths:
        name, data = (path, zipped(SERVER) if path.endswith(".zip") else CODE) if isinstance(path, str) else path
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(data)
    return folder


def archive_of(folder: Path, path: Path) -> Path:
    """An archive of a class's folder, with the folder's name around everything."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for one in sorted(folder.rglob("*")):
                archive.write(one, one.relative_to(folder.parent))
            archive.writestr(f"__MACOSX/{folder.name}/._x", b"")
    else:
        with tarfile.open(path, "w:gz") as archive:
            archive.add(folder, folder.name)
    return path


@pytest.fixture
def scratch(tmp_path):
    """Where classes and hand-ins may be unpacked."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The system's folder for temporary files, where nothing is written."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def keys(found: ClassIntake) -> list[str]:
    """The keys of a class."""
    return [one.entry.key for one in found.entries]


def contents(handed: Handed, scratch: Path) -> tuple[list[str], tuple[str, ...]]:
    """The files of a hand-in as it is graded, and what was noted when it was opened; everything is removed then."""
    before = sorted(scratch.rglob("*"))
    with opened(handed, scratch) as taken:
        there = sorted(str(one.relative_to(taken.place)) for one in taken.place.rglob("*") if one.is_file())
        assert not any(one.is_symlink() for one in taken.place.rglob("*"))
    assert sorted(scratch.rglob("*")) == before
    return there, taken.notes


CANVAS = (
    f"mustermannmax_101_9001_{SERVER}",
    f"mustermannmax_101_9002_{CLIENT}",
    f"müllerjürgen_LATE_102_9003_{SERVER}",
    "o_neill_x_103_9004_chat.zip",
    "王小明_104_9005_1_2_server.py",
    "linktree_105_link.html",
)
MOODLE = (
    f"Jürgen Müller_201_assignsubmission_file_/{SERVER}",
    "Jürgen Müller_201_assignsubmission_onlinetext_/onlinetext.html",
    f"Anna O'Neill_202_assignsubmission_file/{SERVER}",
    f"Jonathan_Hoyte_203_assignsubmission_file_/chat/{SERVER}",
    "王 小明_204_assignsubmission_file_/chat.zip",
    "Only Text_205_assignsubmission_onlinetext_/onlinetext.html",
)
METADATA = """---
submission_301:
  :submitters:
  - :name: Alice Fontaine
    :sid: '06758767'
    :email: alice@example.edu
  - :name: 'Bob: O''Neill'
    :sid: 0042
    :email: bob@example.edu
  :created_at: 2023-12-02 02:52:07.938335000 Z
  :score: 0.0
  :results:
    tests:
    - output: |
        :submitters: not this
      name: "a: [b"
  :history:
  - :submitters: []
    :created_at: 2023-12-01 00:00:00.000000000 Z
submission_302:
  :submitters:
  - :name: "王小明 \\u00fc"
    :sid:
    :email: wang@example.edu
  :created_at: 2023-12-02 04:04:59.089605000 Z
submission_303:
  :submitters:
  - :name: Nobody There
    :sid: '7'
  :created_at: 2023-12-02 04:04:59.089605000 Z
"""
GRADESCOPE = (
    ("submission_metadata.yml", METADATA.encode()),
    f"submission_301/{SERVER}",
    f"submission_302/{SERVER}",
    f"submission_304/{SERVER}",
)
CLASSES = {
    "folders": (f"ada/{SERVER}", f"Zoë_2/src/{SERVER}", "empty/", "only tools/.git/config", ".DS_Store", "__MACOSX/x"),
    "archives": ("ada.zip", "bob_o'neill.zip", "王.zip"),
    "canvas": CANVAS,
    "moodle": MOODLE,
    "moodle-flat": tuple(path.replace("_/", "_").replace("file/", "file_").replace("chat/", "") for path in MOODLE),
    "gradescope": GRADESCOPE,
    "repositories": tuple(f"chat-lab-{who}/{path}" for who in ("ada", "b-ob", "cy") for path in (SERVER, ".git/HEAD")),
}
KEYS = {
    "folders": ["Zoë_2", "ada", "empty", "only tools"],
    "archives": ["ada", "bob_o'neill", "王"],
    "canvas": ["linktree_105", "mustermannmax_101", "müllerjürgen_102", "o_neill_x_103", "王小明_104"],
    "moodle": ["Anna O'Neill_202", "Jonathan Hoyte_203", "Jürgen Müller_201", "Only Text_205", "王 小明_204"],
    "moodle-flat": ["Anna O'Neill_202", "Jonathan Hoyte_203", "Jürgen Müller_201", "Only Text_205", "王 小明_204"],
    "gradescope": ["Alice Fontaine, Bob_ O'Neill_301", "Nobody There_303", "submission_304", "王小明 ü_302"],
    "repositories": ["chat-lab-ada", "chat-lab-b-ob", "chat-lab-cy"],
}


# -- what is recognised ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("form", ["folder", "zip", "tar.gz", "forced"])
def test_layouts(tmp_path, scratch, layout, form):
    """Each layout is recognised, in a folder and in an archive of it, with the same keys, wherever it lies."""
    path = lay(tmp_path / "the class", *CLASSES[layout])
    if form in ("zip", "tar.gz"):
        path = archive_of(path, tmp_path / f"class.{form}")
    found = class_in([path], scratch, layout if form == "forced" else "auto", USUAL)
    if layout == "repositories" and form in ("zip", "tar.gz"):
        layout = "folders"  # for what is hidden is not unpacked
    assert found.layout == layout
    assert keys(found) == KEYS["repositories" if "chat-lab-ada" in keys(found) else layout]
    assert found.notes[0].startswith(f"layout {layout}: ")
    assert LAYOUTS[layout].sign in found.notes[0]
    assert all(str(scratch) not in one.shown for one in found.entries)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_hand_in_opens(tmp_path, scratch, layout):
    """Every hand-in of every layout opens to its files, or says in a sentence why not; the class stays as it was."""
    folder = lay(tmp_path / "class", *CLASSES[layout])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for handed in class_in([folder], scratch, usual=USUAL).entries:
        if NOTHING in handed.entry.notes:
            with pytest.raises(UsageError, match=f"{NOTHING}\\.$"):
                contents(handed, scratch)
        else:
            files, notes = contents(handed, scratch)
            assert [Path(file).name for file in files if SERVER in file or ".html" in file or "1_2" in file]
            assert notes == ()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


DETECTED = {
    "one that looks like Canvas": (
        (f"ada/{SERVER}", f"bob/{SERVER}", "cy_1_2_notes.py"), "folders",
        "left out cy_1_2_notes.py: files named name_number_number_..., as Canvas does; --layout canvas takes those",
    ),
    "one folder that looks like Moodle": (
        (f"ada/{SERVER}", f"bob/{SERVER}", f"Cy_3_assignsubmission_file_/{SERVER}"), "folders",
        "Cy_3_assignsubmission_file_: folders named name_number_assignsubmission_file, as Moodle does; "
        "--layout moodle takes those alone",
    ),
    "solutions beside Canvas": (
        (*CANVAS, f"solutions/{SERVER}"), "canvas", "left out solutions: folders; --layout folders takes those"
    ),
    "solutions beside Moodle": ((*MOODLE, f"solutions/{SERVER}"), "moodle",
        "left out solutions: folders; --layout folders takes those"),
    "Canvas, each a zip": (("a_1_2_x.zip", "b_3_4_x.zip"), "canvas",
        "layout canvas: 2 of 2 entries are files named name_number_number_..., as Canvas does"),
    "both unpacked and not": (
        (f"ada/{SERVER}", "ada.zip", "bob.zip", f"cy/{SERVER}"), "folders",
        "left out ada.zip, beside another of the same name; --layout archives takes those",
    ),
    "loose files": ((f"ada/{SERVER}", "grades.csv"), "folders", "left out grades.csv: no hand-in"),
    "metadata without submissions": ((f"ada/{SERVER}", ("submission_metadata.yml", b"")), "folders",
        "layout folders: 1 of 1 entries are folders"),
    "a clone among folders": ((f"ada/{SERVER}", f"bob/{SERVER}", "cy/.git/x"), "folders",
        "layout folders: 3 of 3 entries are folders"),
    "a folder among clones": (("ada/.git/x", "bob/.git/x", f"cy/{SERVER}"), "repositories",
        "layout repositories: 2 of 3 entries are folders with a .git in them"),
}  # fmt: skip


@pytest.mark.parametrize("case", DETECTED)
def test_detection(tmp_path, scratch, case):
    """Most entries decide, and what else would fit is said."""
    paths, layout, note = DETECTED[case]
    found = class_in([lay(tmp_path / "class", *paths)], scratch, usual=USUAL)
    assert found.layout == layout
    assert note in found.notes


def test_both_kinds_are_taken(tmp_path, scratch):
    """In a class of folders an archive without a folder is a hand-in as well; if it is asked for folders, it is not."""
    folder = lay(tmp_path / "class", f"ada/{SERVER}", f"bob/{SERVER}", "ada.zip", "cy.zip")
    assert keys(class_in([folder], scratch)) == ["ada", "bob", "cy"]
    assert keys(class_in([folder], scratch, "folders")) == ["ada", "bob"]
    assert keys(class_in([folder], scratch, "archives")) == ["ada", "cy"]


def test_several_paths(tmp_path, scratch):
    """Hand-ins may be given one by one; sections that a platform has made are one class."""
    lay(tmp_path / "class", f"ada/{SERVER}", "bob.zip")
    given = [tmp_path / "class" / "bob.zip", tmp_path / "class" / "ada"]
    assert keys(class_in(given, scratch)) == ["ada", "bob"]
    lay(tmp_path / "1", *CANVAS[:2])
    lay(tmp_path / "2", *CANVAS[2:])
    found = class_in([tmp_path / "1", tmp_path / "2"], scratch, usual=USUAL)
    assert (found.layout, keys(found)) == ("canvas", KEYS["canvas"])


def test_class_of_one(tmp_path, scratch):
    """An archive with one folder of one student is a class of one."""
    path = archive_of(lay(tmp_path / "class", f"ada/{SERVER}"), tmp_path / "class.zip")
    assert keys(class_in([path], scratch)) == ["ada"]


REFUSED: dict[str, tuple[tuple[str | tuple[str, bytes], ...], str, str, str]] = {
    "no such path": ((), "gone", "auto", "there is no such file or folder"),
    "no archive": (("x.py",), "x.py", "auto", "is not an archive"),
    "damaged": ((("x.zip", b"PK\3\4x"),), "x.zip", "auto", "is damaged"),
    "empty": ((), "", "auto", "holds no hand-ins"),
    "only notes": (("grades.csv",), "", "auto", "holds no hand-ins"),
    "one hand-in": ((SERVER, f"task5/{SERVER}"), "", "auto", f"holds {SERVER} itself, as one hand-in does"),
    "not Canvas": ((f"ada/{SERVER}",), "", "canvas", "is not of the layout canvas: .* it may be of the layout folders"),
    "not folders": (CANVAS, "", "folders", "it may be of the layout canvas or archives"),
    "no layout": ((f"ada/{SERVER}",), "", "canvass", "there is no layout 'canvass'.*canvas"),
    "bad metadata": ((("submission_metadata.yml", b"- ["), "submission_1/x.py"), "", "auto", "is not the metadata of a Grade"),
    "odd metadata": ((("submission_metadata.yml", b"../x: {}"), "submission_1/x.py"), "", "auto", "is not the metadata"),
    "binary metadata": ((("submission_metadata.yml", b"\xff"), "submission_1/x.py"), "", "gradescope", "is not the meta"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path, scratch, case):
    """What is no class, or not of the layout that was asked for, is refused in one sentence."""
    paths, name, layout, said = REFUSED[case]
    lay(tmp_path / "class", *paths)
    with pytest.raises(UsageError, match=said) as caught:
        class_in([tmp_path / "class" / name], scratch, layout, USUAL)
    assert "\n" not in str(caught.value)


def test_nothing_given(scratch):
    """Without a path there is nothing to grade."""
    with pytest.raises(UsageError, match="nothing to grade"):
        class_in([], scratch)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read(tmp_path, scratch):
    """A folder that is closed is an entry, about which submission.find complains, and stops nobody else."""
    folder = lay(tmp_path / "class", f"ada/{SERVER}", f"bob/{SERVER}")
    (folder / "bob").chmod(0)
    for paths in ([folder], [folder / "ada", folder / "bob"]):
        assert [one.entry.notes for one in class_in(paths, scratch).entries] == [(), ()]


def test_links_that_lead_out(tmp_path, scratch):
    """A link out of the class is not followed, which is said."""
    lay(tmp_path / "secret", SERVER)
    folder = lay(tmp_path / "class", f"ada/{SERVER}")
    (folder / "bob").symlink_to(tmp_path / "secret")
    found = class_in([folder], scratch)
    assert keys(found) == ["ada"]
    assert "left out bob: a link that leads out of the folder" in found.notes


# -- whose it is -------------------------------------------------------------------------------------------------------


def entries(path: Path, scratch: Path, layout: str = "auto") -> dict[str, Handed]:
    """The hand-ins of a class by their keys."""
    return {one.entry.key: one for one in class_in([path], scratch, layout, USUAL).entries}


def test_canvas_identity(tmp_path, scratch):
    """Canvas's user id and the late flag are kept; of an anonymous class there is only an id."""
    found = entries(lay(tmp_path / "class", *CANVAS), scratch)
    assert found["müllerjürgen_102"].entry.people == (Person("müllerjürgen", "102"),)
    assert [key for key, one in found.items() if one.entry.late] == ["müllerjürgen_102"]
    assert found["linktree_105"].entry.notes == ("a text or a link was handed in, no file",)
    anonymous = lay(
        tmp_path / "anonymous", f"anon_aB3xZ_11_{SERVER}", f"LATE_anon_4x4x4_12_{SERVER}", "anon_Q_text.html"
    )
    found = entries(anonymous, scratch)
    assert {key: (one.entry.people, one.entry.late) for key, one in found.items()} == {
        "anon_aB3xZ": ((Person("", "aB3xZ"),), False),
        "anon_4x4x4": ((Person("", "4x4x4"),), True),
        "anon_Q": ((Person("", "Q"),), False),
    }


def test_moodle_identity(tmp_path, scratch):
    """Moodle's number is kept, underscores in the name are blanks again, and a second place is reported."""
    found = entries(lay(tmp_path / "class", *MOODLE), scratch)
    assert found["Jonathan Hoyte_203"].entry.people == (Person("Jonathan Hoyte", "203"),)
    assert found["Jürgen Müller_201"].entry.notes == (
        "also handed in, and not taken: Jürgen Müller_201_assignsubmission_onlinetext_",
    )
    assert found["Only Text_205"].entry.notes == ("a text was handed in, no file",)


def test_gradescope_identity(tmp_path, scratch):
    """A group is one entry of several people; who is in no folder handed in nothing; a folder of nobody is told."""
    found = entries(lay(tmp_path / "class", *GRADESCOPE), scratch)
    group = found["Alice Fontaine, Bob_ O'Neill_301"].entry
    assert group.people == (
        Person("Alice Fontaine", "06758767", "alice@example.edu"),
        Person("Bob: O'Neill", "0042", "bob@example.edu"),
    )
    assert group.submitted == "2023-12-02T02:52:07Z"
    assert found["王小明 ü_302"].entry.people == (Person("王小明 ü", "", "wang@example.edu"),)
    assert found["Nobody There_303"].entry.notes == (NOTHING,)
    assert found["submission_304"].entry.notes == ("Gradescope does not say whose this is",)


def test_logins_of_repositories(tmp_path, scratch):
    """What the names of all clones begin with is the assignment; the rest is the login."""
    found = entries(lay(tmp_path / "class", *CLASSES["repositories"]), scratch)
    assert [person for one in found.values() for person in one.entry.people] == [
        Person("chat-lab-ada", "ada"),
        Person("chat-lab-b-ob", "b-ob"),
        Person("chat-lab-cy", "cy"),
    ]


def test_one_id_twice(tmp_path, scratch):
    """A name that is made to look as if it had another's id in it is told on both."""
    folder = lay(tmp_path / "class", f"ada_101_9001_{SERVER}", f"mallory_101_102_9002_{SERVER}")
    notes = {key: one.entry.notes for key, one in entries(folder, scratch).items()}
    assert notes == {
        "ada_101": ("the id 101 is that of mallory, too",),
        "mallory_101": ("the id 101 is that of ada, too",),
    }


def test_namesakes(tmp_path, scratch):
    """Two students of one name have two keys; so have two whose names some file system takes for one."""
    moodle = lay(tmp_path / "moodle", *(f"Max Müller_{n}_assignsubmission_file_/{SERVER}" for n in (1, 2)))
    assert list(entries(moodle, scratch)) == ["Max Müller_1", "Max Müller_2"]
    composed, decomposed = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))
    folder = lay(
        tmp_path / "class", f"Ada/{SERVER}", f"ada/{SERVER}", f"{composed}/x.py", f"{decomposed}/x.py", "cy/x.py"
    )
    found = entries(folder, scratch)
    assert len({key.casefold() for key in found}) == 5
    assert {key.split("-")[0] for key in found} == {"Ada", "ada", "Zoë", "cy"}
    (tmp_path / "other").mkdir()
    moved = folder.rename(tmp_path / "other" / "place")
    assert list(entries(moved, scratch)) == list(found)


def test_two_archives_of_one_name(tmp_path, scratch):
    """Two archives that differ in their endings are two hand-ins."""
    found = entries(lay(tmp_path / "class", "ada.zip", "ada.ZIP", "bob.zip"), scratch)
    assert len(found) == 3
    assert sum(key.startswith("ada-") for key in found) == 2


# -- what is opened ----------------------------------------------------------------------------------------------------


def only(folder: Path, scratch: Path) -> Handed:
    """The one hand-in of a class."""
    (one,) = class_in([folder], scratch, usual=USUAL).entries
    return one


REUPLOADS: dict[str, tuple[dict[str, str | None], list[str]]] = {
    "a later upload alone": (
        {f"a_1_5_{SERVER[:-3]}-1.py": SERVER}, [f"took {SERVER[:-3]}-1.py as {SERVER}, of which it is a later upload"]
    ),
    "both": (
        {f"a_1_5_{SERVER}": None, f"a_1_6_{SERVER[:-3]}-1.py": SERVER},
        [f"took a_1_6_{SERVER[:-3]}-1.py for {SERVER}, not the older a_1_5_{SERVER}"],
    ),
    "the number of the upload counts": (
        {f"a_1_9_{SERVER}": None, f"a_1_10_{SERVER}": SERVER},
        [f"took a_1_10_{SERVER} for {SERVER}, not the older a_1_9_{SERVER}"],
    ),
    "a helper": ({"a_1_5_helper-2.py": "helper.py"}, ["took helper-2.py as helper.py, of which it is a later upload"]),
    "x-1.py beside x.py": (
        {"a_1_5_x.py": "x.py", "a_1_6_x-1.py": "x-1.py"},
        ["x-1.py and x.py may be versions of one file: each is taken under its own name"],
    ),
    "parts": (
        {"a_1_5_task-1.py": "task-1.py", "a_1_6_task-2.py": "task-2.py"},
        ["task-1.py and task-2.py may be versions of one file: each is taken under its own name"],
    ),
    "a year": ({"a_1_5_report-2024.txt": "report-2024.txt"}, []),
    "answers": ({"a_1_5_answers-1.md": "answers.md"}, ["took answers-1.md as answers.md, of which it is a later upload"]),
    "a version of a version": (
        {"a_1_5_x-1.py": "x-1.py", "a_1_6_x.py": "x.py", "a_1_7_x-1-1.py": "x-1-1.py"},
        ["x-1.py and x.py may be versions of one file: each is taken under its own name"],
    ),
    "hidden": ({"a_1_5_..": None, "a_1_6_.bashrc": None, "a_1_7_x.py": "x.py"}, []),
    "control signs": ({"a_1_5_x\x1b[2J.py": "x_[2J.py"}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", REUPLOADS)
def test_reuploads(tmp_path, scratch, case):
    """Files have the names that students gave them; of one name the newest counts, which is reported."""
    files, notes = REUPLOADS[case]
    handed = only(lay(tmp_path / "class", *((name, name.encode()) for name in files)), scratch)
    with opened(handed, scratch) as taken:
        there = {one.name: one.read_bytes().decode() for one in taken.place.iterdir()}
    assert there == {target: name for name, target in files.items() if target}
    assert list(handed.entry.notes) == notes


def test_moodle_keeps_numbers(tmp_path, scratch):
    """Moodle renames nothing, so x-1.py is what the student called it."""
    folder = lay(tmp_path / "class", f"A B_1_assignsubmission_file_{SERVER[:-3]}-1.py")
    assert contents(only(folder, scratch), scratch)[0] == [f"{SERVER[:-3]}-1.py"]


ARCHIVES = {
    "alone": (("a_1_2_chat.zip",), [SERVER], ()),
    "beside its like": (("a_1_2_chat.zip", f"a_1_3_{SERVER}"), [f"chat/{SERVER}", SERVER], ()),
    "beside another": (
        ("a_1_2_chat.zip", (f"a_1_3_{SERVER}", b"other")), [f"chat/{SERVER}", SERVER],
        (f"{SERVER} lies beside chat.zip, and another in it: the one beside it counts",),
    ),
    "two": (("a_1_2_chat.zip", "a_1_3_more.zip"), [f"chat/{SERVER}", f"more/{SERVER}"], ()),
    "a broken one beside": (
        (("a_1_2_chat.zip", b"PK\3\4"), f"a_1_3_{SERVER}"), [SERVER],
        ("left out chat.zip: is damaged, or not a whole archive.",),
    ),
    "with traps": (
        (("a_1_2_chat.zip", zipped(f"chat/{SERVER}", "../x.py", "/tmp/x.py")),), [SERVER],
        ("left out ../x.py: a path that leads out of the archive", "left out /tmp/x.py: an absolute path"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ARCHIVES)
@pytest.mark.parametrize("layout", ["canvas", "moodle", "folders"])
def test_archives_in_hand_ins(tmp_path, scratch, case, layout):
    """An archive in a hand-in is unpacked: alone it is the hand-in, else it has a folder of its own."""
    paths, files, notes = ARCHIVES[case]
    folder = {"canvas": "", "moodle": "A B_1_assignsubmission_file_/", "folders": "ada/"}[layout]
    pairs = [(path, None) if isinstance(path, str) else path for path in paths]
    laid = [(name if layout == "canvas" else folder + name.split("_", 3)[3], data) for name, data in pairs]
    handed = only(lay(tmp_path / "class", *((name, data) if data else name for name, data in laid)), scratch)
    assert contents(handed, scratch) == (sorted(files), notes)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("ada.zip", b"PK\3\4"), r"^ada: is damaged, or not a whole archive\."),
        (("ada.rar", b"Rar!"), r"^ada: is an archive of a kind that is not read here"),
        (("a_1_2_x.zip", zipped(("x.py", bytes(9 << 20)))), r"^a_1: x\.zip unpacks to more than 4 MB"),
    ],
)
def test_what_cannot_be_opened(tmp_path, scratch, path, said):
    """A bad archive is the matter of its own entry, and is called what its owner calls it."""
    folder = lay(tmp_path / "class", path)
    for whole in (folder, archive_of(folder, tmp_path / "all.tar.gz")):
        with pytest.raises(UsageError, match=said) as caught:
            contents(only(whole, scratch), scratch)
        assert str(scratch) not in str(caught.value)


def test_errors_while_it_is_open(tmp_path, scratch):
    """What is said of an opened hand-in is said in the words of whoever handed it in."""
    handed = only(lay(tmp_path / "class", f"a_1_2_{SERVER}"), scratch)
    with pytest.raises(UsageError, match=r"^a_1/x\.py: no$"), opened(handed, scratch) as taken:
        raise UsageError(f"{taken.place}/x.py: no")


def test_links_among_flat_files(tmp_path, scratch):
    """A link that leads out, a pipe and what has been replaced since are left out."""
    folder = lay(tmp_path / "class", f"a_1_2_{SERVER}", "a_1_5_x.py")
    (folder / "a_1_3_secret.py").symlink_to("/etc/passwd")
    os.mkfifo(folder / "a_1_4_pipe.py")
    found = class_in([folder], scratch)
    assert "left out a_1_3_secret.py: a link that leads out of the folder" in found.notes
    assert "left out a_1_4_pipe.py: not a regular file" in found.notes
    (folder / "a_1_5_x.py").unlink()
    os.mkfifo(folder / "a_1_5_x.py")
    assert contents(found.entries[0], scratch) == ([SERVER], ("left out x.py: not a regular file",))


@pytest.mark.machine
def test_a_class_has_larger_caps(tmp_path, scratch, monkeypatch):
    """An archive of a class may hold more files than a hand-in; it has bounds all the same."""
    monkeypatch.setattr(archives, "CLASS", archives.Caps(written=3_000, advice="unpack it."))
    for count in (2_500, 3_500):
        data = zipped(*((f"{number % 50}/{number}.py", b"x") for number in range(count)))
        (tmp_path / f"{count}.zip").write_bytes(data)
    assert len(class_in([tmp_path / "2500.zip"], scratch).entries) == 50
    with pytest.raises(UsageError, match=r"holds more than 3,000 files; unpack it\."):
        class_in([tmp_path / "3500.zip"], scratch)


# -- whatever it is ----------------------------------------------------------------------------------------------------

_words = st.text(st.characters(codec="utf-8", exclude_characters="/\0\n"), min_size=1, max_size=30)
_hostile = st.sampled_from(
    ["..", ".", "-rf", "CON", "a" * 300, "\u202ea", "\x1b[2J", "a/../../b", "~root", "Ada", "ada", " "]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(_words | _hostile, unique=True, max_size=8))
def test_keys(texts):
    """Keys are safe as names of files, no two are the same for any file system, and their order changes nothing."""
    made = names.unique([(names.key(text), text) for text in texts])
    assert len({unicodedata.normalize("NFC", key).casefold() for key in made}) == len(texts)
    for key in made:
        assert key.isprintable()
        assert not set(key) & set('/\\:*?"<>|')
        assert key[0] not in "-~."
        assert len(key.encode()) < 200
    again = names.unique([(names.key(text), text) for text in reversed(texts)])
    assert again[::-1] == made


def test_keys_made_to_collide():
    """A folder that is named as another's key would be is told from it."""
    first = names.unique([("ada", "1"), ("Ada", "2")])
    assert len(set(names.unique([("ada", "1"), ("Ada", "2"), *((key, key) for key in first)]))) == 4


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.text(st.characters(categories=["L"]), min_size=1, max_size=20).map(str.lower),
    st.booleans(),
    st.integers(0, 10**18),
    st.integers(0, 10**18),
    _words,
)
@example("late", True, 1, 2, "LATE_3_4_x.py")
def test_canvas_names(name, late, user, number, file):
    """What Canvas writes into a name is read out of it again, whatever the file is called."""
    written = f"{name}{'_LATE' if late else ''}_{user}_{number}_{file}"
    assert names.canvas(written) == names.Encoded(name, str(user), file, number, late)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(_words.filter(lambda word: "_" not in word), st.integers(0, 10**18), _words)
def test_moodle_names(name, number, file):
    """What Moodle writes into a name is read out of it again."""
    assert names.moodle(f"{name}_{number}_assignsubmission_file_") == names.Encoded(name, str(number))
    assert names.moodle(f"{name}_{number}_assignsubmission_file_{file}") == names.Encoded(name, str(number), file)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            ["x.py", "x-1.py", "x-1-1.py", "x-2.py", SERVER, "simple_chat_server-1.py", "-1.py", "y", "y-3"]
        )
    )
)
def test_nothing_is_lost(uploads):
    """Every file is taken under a name that no other has, or a note says which newer one stands for it."""
    pieces = [names.Uploaded(Path(f"{n}_{file}"), file, n) for n, file in enumerate(uploads)]
    taken, notes = names.restored(pieces, USUAL, renumbered=True)
    assert len({name for _, name in taken}) == len(taken)
    left = {piece.path for piece in pieces} - {path for path, _ in taken}
    assert all(any(path.name in note.partition(", not the older ")[2].split(", ") for note in notes) for path in left)


FORMS = {
    "folders": "s{0}/{1}",
    "canvas": "s{0}_{0}_{0}_{1}",
    "moodle": "S_{0}_assignsubmission_file_/{1}",
    "gradescope": "submission_{0}/{1}",
}


@pytest.mark.parametrize("layout", FORMS)
def test_large_classes(tmp_path, scratch, layout):
    """To find twenty times as many hand-ins costs about twenty times as much, whatever the layout."""
    for count in (25, 500):
        folder = tmp_path / str(count)
        lay(folder, *(FORMS[layout].format(n, name) for n in range(count) for name in USUAL))
        if layout == "gradescope":
            lay(folder, ("submission_metadata.yml", "".join(map(loud_metadata, range(count))).encode()))

    def find(count: int) -> None:
        assert len(class_in([tmp_path / str(count)], scratch, usual=USUAL).entries) == count

    assert grows_linearly(find, 500)


def loud_metadata(number: int) -> str:
    """What Gradescope tells of a hand-in whose tests have printed much."""
    return (
        f"submission_{number}:\n  :submitters:\n  - :name: N{number}\n  :results:\n    tests:\n"
        + "    - output: |\n        x\n" * 500
    )
