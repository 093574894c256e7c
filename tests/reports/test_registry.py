"""The registry of formats: each is one module that declares itself, and a new one touches no other file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.class_samples import sample_class
from support.report_samples import full_report

from grader import reports
from grader.batch.store import Store
from grader.model.errors import UsageError
from grader.reports import registry
from grader.reports.files import Files, forms
from grader.results.graded import Entry

NEW = '''
"""The names of all hand-ins, a line each."""

from grader.reports.format import Format
from grader.results.standing import in_order


def of_class(class_, choices):
    return "".join(f"{graded.entry.key}\\n" for graded in in_order(class_))


def of_report(report):
    return f"{report.submission.name}\\n"


FORMAT = Format("hand-in-names", "a list of names", "names.txt", of_class=of_class, of_report=of_report)
'''
WITH_FOLDER = (
    "import sys, grader.reports; grader.reports.__path__.append(sys.argv.pop(1)); from grader.cli import main; main()"
)
SLOW = ("jinja2", "pygments", "grader.reports.html")


@pytest.fixture
def new_format(tmp_path):
    """A folder with one module, which declares a format."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "added_by_a_test.py").write_text(NEW)
    return folder


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a line of Python in a new process, into which nothing is loaded yet."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False
    )


# -- a new format is one new file ---------------------------------------------------------------------------------------


def test_one_new_file_adds_a_format_of_a_class(new_format, tmp_path):
    """The command exports a class in it, and names it among the formats that there are."""
    with Store(tmp_path / "out", create=True) as store:
        store.expect({key: Entry(key, ()) for key in ("bob", "ada")}, {})
    done = python(WITH_FOLDER, new_format, "export", tmp_path / "out", "--format", "hand-in-names")
    assert (done.stdout, done.stderr, done.returncode) == ("ada\nbob\n", "", 0)
    wrong = python(WITH_FOLDER, new_format, "export", tmp_path / "out", "--format", "?")
    assert ", gradescope, hand-in-names, html, " in wrong.stderr
    assert wrong.returncode == 2


def test_one_new_file_adds_a_format_of_a_report(new_format, tmp_path):
    """Commands that grade have an option for it, which comes after those that declare a place, and write it."""
    told = python(WITH_FOLDER, new_format, "task1", "--help").stdout
    assert "Write the report as a list of names;" in " ".join(told.split())
    assert told.index("--json") < told.index("--junit") < told.index("--html") < told.index("--hand-in-names")
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "simple_chat_server.py").write_text("print()\n")
    done = python(WITH_FOLDER, new_format, "task1", folder, "--only", "task1.listens", "--hand-in-names", "-")
    assert (done.stdout, done.stderr) == ("ada\n", "")


def test_two_modules_of_one_format(new_format, monkeypatch):
    """A name that is declared twice is told to its author."""
    (new_format / "added_by_a_test_again.py").write_text(NEW)
    monkeypatch.setattr(reports, "__path__", [*reports.__path__, str(new_format)])
    with pytest.raises(AssertionError, match="two modules declare the format hand-in-names"):
        registry.formats.__wrapped__()


# -- the formats that there are -----------------------------------------------------------------------------------------


def test_formats_are_found():
    """Those that declare a place come first, the others by name; each makes something, and an export has a file name."""
    names = ["json", "junit", "html", "canvas", "classroom50", "csv", "github-annotations", "github-summary"]
    names += ["gradescope", "jsonl", "markdown", "moodle"]
    assert [name for name in registry.formats() if name in names] == names
    for declared in registry.formats().values():
        assert declared.exports or declared.of_report
        assert bool(declared.file) == declared.exports


def test_forms_of_a_report(tmp_path):
    """A single report takes those that declare how, and is written in each."""
    known = {"json": "JSON", "junit": "JUnit XML", "html": "a page for the student"}
    assert known.items() <= forms().items()
    assert "csv" not in forms()
    assert len(forms()) == len(list(forms()))
    with Files({form: str(tmp_path / form) for form in known}) as files:
        files.write(full_report())
    assert [(tmp_path / form).read_text("utf-8")[:9] for form in known] == ['{\n  "sche', "<?xml ver", "<!doctype"]


def test_a_format_of_reports_alone_exports_no_class():
    """A class has no report, so it is not exported as one."""
    with pytest.raises(UsageError, match="There is no format 'json'; did you mean 'jsonl'"):
        registry.export(sample_class(), "json")


# -- what is slow is loaded when it is used -----------------------------------------------------------------------------


def format_modules() -> list[str]:
    """The modules that declare a format."""
    return [
        f"grader.reports.{path.stem}"
        for path in Path(reports.__path__[0]).glob("*.py")
        if "\nFORMAT = " in path.read_text()
    ]


def loaded(code: str) -> list[str]:
    """The modules that this code has loaded."""
    done = python(f"import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {code}")
    assert done.returncode == 0, done.stderr
    return done.stderr.split()


def test_help_loads_no_format():
    """`chatgrade --help` looks for no formats."""
    modules = loaded("sys.argv = ['chatgrade', '--help']; from grader.cli import main; main()")
    assert not {"grader.reports.registry", *format_modules()} & {*modules}


def test_to_find_the_formats_loads_no_pages():
    """What makes pages is not loaded to find the formats, nor for another export; it is for a page."""
    make = "from grader.results.graded import Class; from grader.reports.registry import export; export(Class(()), %r)"
    assert not {*SLOW} & {*loaded(make % "csv")}
    page = "from grader.results.graded import Class, Entry, Graded; from grader.reports.registry import export; "
    assert {*SLOW} <= {*loaded(page + "export(Class((Graded(Entry('ada', ())),)), 'html')")}
