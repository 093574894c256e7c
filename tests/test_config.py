"""chatgrade.toml: what is taken over, and what is said about what is wrong."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from grader import installed
from grader.config import find, find_above, find_for_class, load
from grader.model.errors import UsageError
from grader.model.settings import SETTINGS_FILE, Settings

LAB = installed.load()


def loaded(folder, text: str | bytes) -> Settings:
    """Load settings with this text."""
    path = folder / SETTINGS_FILE
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path, LAB)


# -- good ones ---------------------------------------------------------------------------------------------------------


def test_no_file_means_the_codelab_itself():
    """Without a file everything is as the codelab has it, and no points are changed."""
    settings = load(None, LAB)
    assert (settings.port, settings.files, settings.wording) == (LAB.port, LAB.files, LAB.wording)
    assert settings.points == {}


@pytest.mark.parametrize("text", ["", "# nothing\n", "[files]\n[network]\n[wording]\n[points]\n[limits]\n[batch]\n"])
def test_empty_tables_change_nothing(tmp_path, text):
    """A file without settings is as good as none."""
    assert loaded(tmp_path, text) == load(None, LAB)


def test_what_is_set_is_taken_over(tmp_path):
    """Each setting replaces the codelab's own; the others stay."""
    settings = loaded(
        tmp_path,
        """
        [files]
        server = "serveur.py"
        [network]
        port = 4000
        [wording]
        joined = ["{name} est là", "SERVER: {name} joined"]
        chat = "<{name}> {text}"
        prompt = "Nom? "
        [points]
        "task1.join" = 0
        "task3.announce" = 12
        """,
    )
    assert settings.files == {**LAB.files, "server": "serveur.py"}
    assert settings.port == 4000
    assert settings.wording == {
        **LAB.wording,
        "joined": ["{name} est là", "SERVER: {name} joined"],
        "chat": "<{name}> {text}",
        "prompt": "Nom? ",
    }
    assert settings.points == {"task1.join": 0, "task3.announce": 12}


@pytest.mark.parametrize("port", [1, 1024, 65535])
def test_every_port_can_be_set(tmp_path, port):
    """The whole range of ports is allowed."""
    assert loaded(tmp_path, f"[network]\nport = {port}\n").port == port


@pytest.mark.parametrize("word", sorted(LAB.wording))
def test_every_word_can_be_set_to_the_codelab_s_own(tmp_path, word):
    """Each word of the codelab is itself a valid setting."""
    value = LAB.wording[word] or "Your name: "
    text = f'[wording]\n{word} = "{value}"\n'
    assert loaded(tmp_path, text).wording[word] == value


def test_settings_do_not_change():
    """Settings are frozen: no check can alter them for the next."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(None, LAB).port = 1  # type: ignore[misc]  # that it cannot be set is the matter


# -- broken ones -------------------------------------------------------------------------------------------------------

BROKEN = [
    pytest.param("[files\n", ["is not valid TOML", "line 1"], id="no TOML"),
    pytest.param("[network]\nport = 1\nport = 2\n", ["is not valid TOML"], id="a key twice"),
    pytest.param(b"[files]\nserver = '\xff'\n", ["is not valid TOML"], id="no UTF-8"),
    pytest.param("[netwrok]\nport = 1\n", ["[netwrok]", "did you mean 'network'?"], id="misspelt table"),
    pytest.param(
        "[xyzzy]\n", ["[xyzzy]", "known: batch, files, limits, network, points, wording."], id="unknown table"
    ),
    pytest.param("port = 4000\n", ["there is no table [port]"], id="a key outside its table"),
    pytest.param('files = "x"\n', ["'files' must be a table", "[files]"], id="table is a text"),
    pytest.param("[[network]]\nport = 1\n", ["'network' must be a table"], id="table is a list"),
    pytest.param('[files]\nsever = "x.py"\n', ["[files]", "'sever'", "did you mean 'server'?"], id="misspelt file"),
    pytest.param("[files]\nserver = 3\n", ["[files] server", "a text in quotes", "3"], id="file is a number"),
    pytest.param("[files]\nserver = ['a.py']\n", ["[files] server", "a text in quotes"], id="file is a list"),
    pytest.param("[network]\nprot = 1\n", ["[network]", "'prot'", "did you mean 'port'?"], id="misspelt port"),
    pytest.param("[network]\nport = '4000'\n", ["[network] port", "a whole number", "'4000'"], id="port is a text"),
    pytest.param("[network]\nport = 4000.0\n", ["[network] port", "a whole number", "4000.0"], id="port is a fraction"),
    pytest.param("[network]\nport = true\n", ["[network] port", "a whole number", "True"], id="port is true"),
    pytest.param("[network]\nport = 0\n", ["[network] port", "between 1 and 65535", "0"], id="port too small"),
    pytest.param("[network]\nport = 65536\n", ["[network] port", "between 1 and 65535", "65536"], id="port too large"),
    pytest.param("[network]\nport = -1\n", ["[network] port", "between 1 and 65535", "-1"], id="port negative"),
    pytest.param("[points]\n'task1.jion' = 1\n", ["[points]", "did you mean 'task1.join'?"], id="misspelt check"),
    pytest.param("[points]\nxyzzy = 1\n", ["[points]", "`chatgrade checks` lists them all"], id="unknown check"),
    pytest.param("[points]\ntask1.join = 1\n", ["[points]", "'task1'"], id="check without quotes"),
    pytest.param(
        "[points]\n'task1.join' = 1.5\n", ["[points] task1.join", "a whole number"], id="points are a fraction"
    ),
    pytest.param("[points]\n'task1.join' = -1\n", ["[points] task1.join", "not be negative"], id="points are negative"),
    pytest.param("[wording]\njoind = 'x'\n", ["[wording]", "'joind'", "did you mean 'joined'?"], id="misspelt word"),
    pytest.param("[wording]\njoined = ''\n", ["[wording] joined", "text in quotes"], id="word is empty"),
    pytest.param("[wording]\njoined = []\n", ["[wording] joined", "list of texts"], id="no words"),
    pytest.param("[wording]\njoined = ['x', 1]\n", ["[wording] joined", "list of texts"], id="a word is a number"),
    pytest.param("[wording]\njoined = {a = 'x'}\n", ["[wording] joined", "list of texts"], id="word is a table"),
    pytest.param("[wording]\njoined = '{name} {nmae} came'\n", ["[wording] joined", "nmae"], id="unknown placeholder"),
    pytest.param(
        "[wording]\njoined = '{name} {} came'\n", ["[wording] joined", "placeholder"], id="nameless placeholder"
    ),
    pytest.param("[wording]\njoined = '{name came'\n", ["[wording] joined", "placeholder"], id="open brace"),
    pytest.param("[wording]\njoined = '{name:d} came'\n", ["[wording] joined", "placeholder"], id="number format"),
    pytest.param("[limits]\nsecond = 1\n", ["[limits]", "'second'", "did you mean 'seconds'"], id="a misspelt limit"),
    pytest.param("[limits]\nmemory = 0\n", ["[limits] memory", "between 1 and"], id="a limit of nothing"),
    pytest.param("[limits]\nmemory = '1G'\n", ["[limits] memory", "a whole number"], id="a limit in words"),
    pytest.param("[batch]\njob = 1\n", ["[batch]", "'job'", "did you mean 'jobs'"], id="a misspelt batch setting"),
    pytest.param(
        "[batch]\nlate_points = -1\n", ["[batch] late_points", "between 0 and"], id="points given for being late"
    ),
]

NO_PLACEHOLDERS = [
    pytest.param("joined = '{name.first} came'", id="attribute"),
    pytest.param("joined = '{name[first]} came'", id="item"),
    pytest.param("joined = '{old} came'", id="of another word"),
    pytest.param("done = 'DONE {name}'", id="where there is none"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_broken_settings(tmp_path, text, said):
    """What is wrong is told in one sentence that names the file, the key and, if misspelt, the nearest right one."""
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, text)
    sentence = str(caught.value)
    assert sentence.startswith(f"{tmp_path / SETTINGS_FILE}: ")
    assert [part for part in said if part not in sentence] == []


@pytest.mark.parametrize("line", NO_PLACEHOLDERS)
def test_placeholders_that_mean_nothing(tmp_path, line):
    """A placeholder that the word cannot fill is a wrong setting, not a wrong check."""
    with pytest.raises(UsageError, match=r"\[wording\]"):
        loaded(tmp_path, f"[wording]\n{line}\n")


@pytest.mark.parametrize("make", [lambda _path: None, lambda path: path.mkdir()], ids=["missing", "a folder"])
def test_file_that_cannot_be_read(tmp_path, make):
    """A settings file that is named and cannot be read is told, with the reason."""
    path = tmp_path / "course.toml"
    make(path)
    with pytest.raises(UsageError, match=r"course\.toml: cannot be read \(.+\)\."):
        load(path, LAB)


# -- where it is looked for --------------------------------------------------------------------------------------------


OWN, CLASS, COURSE, DESK, ABOVE_DESK = "course/class/ada", "course/class", "course", "home/desk", "home"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A submission in a class in a course, and the working directory elsewhere; writes settings into the folders named."""
    for folder in (OWN, f"{OWN}/src", f"{CLASS}/bob", DESK):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / OWN / "server.py").touch()
    monkeypatch.chdir(tmp_path / DESK)

    def write(*folders):
        for folder in folders:
            (tmp_path / folder / SETTINGS_FILE).touch()
        return tmp_path

    return write


def relative(found, root):
    """The folder of the file that was found, as the tests call it; empty if none was."""
    return str(found.parent.relative_to(root)) if found else ""


@pytest.mark.parametrize(
    ("lie_in", "counts"),
    [
        pytest.param((OWN, CLASS, COURSE, DESK, ABOVE_DESK), DESK, id="the working directory before all others"),
        pytest.param((OWN, CLASS, COURSE, ABOVE_DESK), ABOVE_DESK, id="above the working directory"),
        pytest.param((OWN, CLASS, COURSE), CLASS, id="then strictly above the submission, the nearest"),
        pytest.param((OWN, COURSE), COURSE, id="two above the submission"),
        pytest.param((OWN, f"{OWN}/src"), "", id="never in the submission"),
    ],
)
def test_whose_settings_count(places, lie_in, counts):
    """The user's come first, then those above the submission; those that were handed in do not count, be there others or not."""
    root = places(*lie_in)
    assert relative(find(root / OWN), root) == counts
    assert relative(find_for_class([root / OWN, root / CLASS / "bob"]), root) == counts
    assert relative(find_for_class([root / CLASS]), root) == counts


@pytest.mark.parametrize(
    ("here", "lie_in", "counts"),
    [
        pytest.param(OWN, (OWN, CLASS), OWN, id="the submission is the working directory"),
        pytest.param(
            f"{OWN}/src", (OWN, f"{OWN}/src", CLASS), CLASS, id="the working directory lies in the submission"
        ),
        pytest.param(CLASS, (OWN, CLASS, COURSE), CLASS, id="the working directory is the class"),
    ],
)
def test_settings_seen_from_within(places, monkeypatch, here, lie_in, counts):
    """A student in the own folder has the settings there; from a folder in it, they are a part of what is handed in."""
    root = places(*lie_in)
    monkeypatch.chdir(root / here)
    assert relative(find(root / OWN), root) == counts
    assert relative(find(Path(os.path.relpath(root / OWN))), root) == counts


def test_nobody_in_a_class_decides_for_it(places, monkeypatch):
    """A hand-in's own settings are not the class's, not even for somebody who stands in it."""
    root = places(OWN)
    monkeypatch.chdir(root / OWN)
    assert find_for_class([root / CLASS]) is None
    assert find_for_class([root / OWN, root / CLASS / "bob"]) is None


def test_settings_beside_a_program_named_alone(places):
    """The folder of a program that is named beside the submission is a part of it."""
    root = places(OWN)
    assert find(root / OWN / "src", root / OWN / "server.py") is None
    assert relative(find(root / OWN / "src"), root) == OWN


def test_settings_of_an_archive(places):
    """Beside an archive is above it, be it a submission or a class."""
    root = places(CLASS)
    assert relative(find(root / CLASS / "ada.zip"), root) == CLASS
    assert relative(find_for_class([root / CLASS / "all.zip"]), root) == CLASS


def test_settings_behind_a_link(places):
    """What counts is where a submission lies, not where a link to it does."""
    root = places(CLASS, COURSE)
    (root / COURSE / "link").symlink_to(root / OWN)
    assert relative(find(root / COURSE / "link"), root) == CLASS


def test_a_folder_is_no_file(places):
    """A folder of the name of the settings is passed over."""
    root = places(COURSE)
    (root / CLASS / SETTINGS_FILE).mkdir()
    assert relative(find(root / OWN), root) == COURSE


def test_settings_of_a_folder_to_be_made(places):
    """Where no submission is meant, a folder's own settings count, or else the nearest above it."""
    root = places(CLASS)
    assert relative(find_above(root / CLASS), root) == relative(find_above(root / OWN / "new"), root) == CLASS
