"""Exports of a class: each is read back by a parser of its format, and nothing of a student's is obeyed in it."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from markdown_it import MarkdownIt
from support.class_samples import ADA, CYD, DAN, graded, hostile, sample_class, scored
from support.fuzzing import ANYTHING, FORMULA, fuzz_reports
from support.report_samples import failed, failure, full_report, report, result

from grader.model.errors import GraderError, UsageError
from grader.model.verdict import Status
from grader.reports.junit import junit
from grader.reports.registry import Choices, Export, export, file_name, formats
from grader.results.graded import Class, Graded, Person, Review
from grader.text import sinks

RUNNER = {
    "CLASSROOM": "networks",
    "ASSIGNMENT": "chat",
    "SUBMISSION_TAG": "submit/2024-05-06T07-00-00Z-a1b2c3d",
    "COMMIT_URL": "https://github.example/commit/1",
    "RELEASE_URL": "https://github.example/releases/1",
    "OWNER": "ada",
}


def one(class_: Class, name: str, **choices: Any) -> str:
    """Export into one file, and read it."""
    (data,) = export(class_, name, choices=Choices(**choices)).files.values()
    return data.decode()


def alone(one_graded: Graded, name: str, **choices: object) -> str:
    """Export a class of one."""
    return one(Class((one_graded,)), name, **choices)


# -- the command -------------------------------------------------------------------------------------------------------


def each(*keys: str, **schema: object) -> dict[str, object]:
    """Give several properties the same schema."""
    return dict.fromkeys(keys, schema)


def test_the_same_class_gives_the_same_bytes():
    """The order in which submissions were graded does not show."""
    class_ = sample_class()
    turned = replace(class_, graded=class_.graded[::-1])
    for name, form in formats().items():
        if form.exports and not form.filled and not form.alone:
            assert export(class_, name) == export(turned, name), name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cvs",), "There is no format 'cvs'; did you mean 'csv'?"),
        (("canvas",), "The format canvas fills in a file: name the one that the platform exported."),
        (("classroom50",), "result.json is about one submission, and there are 4."),
    ],
)
def test_what_cannot_be_exported(arguments, said):
    """A wrong call is told in a sentence."""
    with pytest.raises(UsageError, match=re.escape(said)):
        export(sample_class(), *arguments)


def test_a_file_to_fill_in_must_be_asked_for_and_there(tmp_path):
    """A file that cannot be read, or that nothing fills in, is told of."""
    with pytest.raises(UsageError, match=r"no such book\.csv: cannot be read"):
        export(sample_class(), "canvas", tmp_path / "no such book.csv")
    with pytest.raises(UsageError, match="The format csv fills in no file"):
        export(sample_class(), "csv", tmp_path / "book.csv")


def test_names_of_folders():
    """A key names a folder inside the one it is put in, and two keys never the same."""
    keys = [
        "ada",
        "..",
        ".",
        "../x",
        "a/b",
        "a%2Fb",
        "Grüße 1",
        "",
        "x.",
        "x%2E",
        "\udcff",
        "\ud800",
        "a\nb",
        "-x",
        "C:x",
    ]
    names = [file_name(key) for key in keys]
    assert names[0] == "ada"
    assert names[6] == "Grüße 1"
    assert len(set(names)) == len(keys)
    for name in names:
        assert re.fullmatch(r"(?!\.)[^/\\:\0\n]+", name)
        name.encode()


# -- tables ------------------------------------------------------------------------------------------------------------


def rows(class_: Class) -> list[dict[str, str]]:
    """Read the CSV export as a spreadsheet would."""
    text = one(class_, "csv")
    assert text.startswith("\ufeffname,id,email,score,max_score,status,")
    read = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    assert all(None not in row and None not in row.values() for row in read), "every row has as many cells as the first"
    return read


def test_csv():
    """One row a student, each member of a group; an error is an empty cell and a status, never a 0."""
    ada, bob, cyd, dan, eve = rows(sample_class())
    assert (ada["name"], ada["id"], bob["name"], bob["submission"]) == ("Ada Lovelace", "101", "Bob Ross", "ada+bob")
    assert {key: value for key, value in ada.items() if value != bob[key]}.keys() == {"name", "id", "email"}
    assert (ada["score"], ada["max_score"], ada["bonus"], ada["max_bonus"], ada["status"]) == (
        "14",
        "20",
        "3",
        "3",
        "final",
    )
    assert (cyd["score"], cyd["max_score"], cyd["task1.listens"]) == ("", "", "")
    assert cyd["status"] == "not graded: the archive is broken"
    assert (eve["score"], eve["awaiting_review"], eve["penalty"], eve["late"]) == ("7", "4", "2", "yes")
    assert eve["status"] == "not final: 4 points awaiting review"
    assert (dan["task1.explains"], dan["task4.rejoin"], dan["task4.stalled-reader"]) == ("1", "", "fail")
    assert dan["status"] == "not final: grader error in task4.rejoin"
    assert (ada["task1.listens"], ada["task1.broadcast"], dan["task5.frames (bonus)"]) == ("14", "0", "0")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "@SUM(A1)", "-2", "a,=1", '"=1', "line\n=1", "\t=1"])
def test_csv_has_no_formulas(cell):
    """A spreadsheet takes no student's name for a formula, whatever separates its cells."""
    (row,) = rows(Class((graded("x", scored(1), Person(cell, cell)),)))
    for value in row.values():
        assert not value.startswith(FORMULA)
        assert not re.search(r"[;,|][\s\"]*[=+\-@]", value)


GRADE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "submission", "people", "status", "final", "score", "max_score", "checks"],
    "properties": {
        "schema": {"const": "chatgrade/grade/1"},
        "submission": {"type": "string"},
        "people": {"type": "array", "minItems": 1, "items": {"required": ["name", "id", "email"]}},
        "late": {"type": "boolean"},
        "submitted": {"type": ["string", "null"]},
        "notes": {"type": "array", "items": {"type": "string"}},
        "status": {"type": "string", "pattern": "^(final|not final: .+|not graded: .+)$"},
        "final": {"type": "boolean"},
        "penalty": {"type": "integer"},
        **{
            key: {"type": ["integer", "null"], "minimum": 0}
            for key in ("score", "max_score", "bonus", "max_bonus", "awaiting_review")
        },
        "checks": {
            "type": "array",
            "items": {"required": ["id", "title", "status", "points", "earned", "seconds", "summary"]},
        },
    },
}


def test_json_lines():
    """One object a submission, in a line; what is not known is null."""
    lines = [json.loads(line) for line in one(sample_class(), "jsonl").splitlines()]
    for line in lines:
        jsonschema.validate(line, GRADE)
    pair, cyd, dan, _ = lines
    assert [person["name"] for person in pair["people"]] == ["Ada Lovelace", "Bob Ross"]
    assert (cyd["score"], cyd["checks"], cyd["final"]) == (None, [], False)
    assert {check["id"]: check["earned"] for check in dan["checks"]}["task1.explains"] == 1


def markdown_rows(text: str) -> list[list[str]]:
    """Read the cells of Markdown tables."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    cells: list[list[str]] = []
    for token, inner in pairwise(tokens):
        if token.type == "tr_open":
            cells.append([])
        elif token.type in ("td_open", "th_open"):
            cells[-1].append("".join(child.content for child in inner.children or ()))
    return cells


def test_markdown():
    """A table with one row a student."""
    read = markdown_rows(one(sample_class(), "markdown"))
    assert read[0] == ["Student", "Submission", "Score", "Bonus", "Status"]
    assert read[1] == ["Ada Lovelace", "ada+bob", "14/20", "3/3", "final"]
    assert read[3] == ["Cyd Ö", "cyd", "", "", "not graded: the archive is broken"]
    assert len(read) == 6


# -- JUnit -------------------------------------------------------------------------------------------------------------

JUNIT = {  # element: its attributes (* is required), and its children
    "testsuites": ("name time tests failures errors", "testsuite"),
    "testsuite": (
        "name* tests* failures* errors* skipped time timestamp hostname id package",
        "properties testcase system-out system-err",
    ),
    "properties": ("", "property"),
    "property": ("name* value*", ""),
    "testcase": ("name* classname time", "skipped failure error system-out system-err"),
    **dict.fromkeys(("skipped", "failure", "error"), ("type message", "")),
    **dict.fromkeys(("system-out", "system-err"), ("", "")),
}


def read_junit(text: str) -> ET.Element:
    """Parse JUnit XML, and hold it against the schema that its readers share."""
    assert text.isascii()
    root = ET.fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = (part.split() for part in JUNIT[element.tag])
        assert set(element.keys()) <= {name.rstrip("*") for name in attributes}
        assert set(element.keys()) >= {name[:-1] for name in attributes if name.endswith("*")}
        assert {child.tag for child in element} <= set(children)
        for name in {"tests", "failures", "errors", "skipped"} & set(element.keys()):
            assert element.get(name, "").isdigit()
        assert re.fullmatch(r"\d+\.\d{3}", element.get("time", "0.000"))
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(name) == str(sum(case.find(tag) is not None for case in cases))
        for case in cases:
            assert len([child for child in case if child.tag in ("skipped", "failure", "error")]) <= 1
    for name in ("tests", "failures", "errors"):
        assert root.get(name) == str(sum(int(suite.get(name, "")) for suite in root))
    return root


def outcomes(root: ET.Element) -> dict[str, str]:
    """Tell each case's outcome and type."""
    return {
        case.get("name", "").partition(":")[0]: next(
            (f"{child.tag} {child.get('type')}" for child in case if child.tag != "system-out"), "passed"
        )
        for case in root.iter("testcase")
    }


def test_junit_of_one_report():
    """Lost points are a failure, the grader's fault an error; review, skip and advice are skipped with a reason."""
    root = read_junit(junit(full_report()))
    assert outcomes(root) == {
        "task1.listens": "passed",
        "task1.broadcast": "failure 0/4 points",
        "task1.client-shows-while-typing": "passed",
        "task1.explains": "skipped review",
        "task4.reset-mid-broadcast": "failure 0/4 points",
        "task4.mass-death": "failure 0/4 points",
        "task4.rejoin": "error grader error",
        "task4.stalled-reader": "skipped advice",
        "task5.frames": "skipped skip",
    }
    assert {item.get("name"): item.get("value") for item in root.iter("property")}["score"] == str(full_report().score)


def test_junit_of_a_class():
    """One suite a submission; one without a report is an error, and a reviewed check has its points."""
    root = read_junit(one(sample_class(), "junit"))
    assert [suite.get("name") for suite in root] == ["ada+bob", "cyd", "dan", "eve"]
    error = root[1].find("testcase/error")
    assert error is not None
    assert error.get("message") == "not graded: the archive is broken"
    assert outcomes(root[2])["task1.explains"] == "failure 1/2 points"


# -- Gradescope and Classroom 50 ---------------------------------------------------------------------------------------

RESULTS = {  # gradescope/autograder_samples, docs/specs.md
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "tests"],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        **each(
            "output_format",
            "test_output_format",
            "test_name_format",
            enum=["text", "html", "simple_format", "md", "ansi"],
        ),
        **each("visibility", "stdout_visibility", enum=["visible", "hidden", "after_due_date", "after_published"]),
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "max_score"],
                "properties": {
                    **each("score", "max_score", type="number", minimum=0),
                    **each("name", "output", type="string"),
                    "status": {"enum": ["passed", "failed"]},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def gradescope(of: Graded, **choices: object) -> dict:
    """Export for Gradescope, validate and read."""
    data = json.loads(alone(of, "gradescope", **choices))
    jsonschema.validate(data, RESULTS)
    return data


def test_gradescope():
    """Every verdict has a status, also for 0 of 0 points; a check without a verdict has neither that nor a score."""
    data = gradescope(graded("dan", full_report(), DAN))
    tests = {test["name"].partition(":")[0]: test for test in data["tests"]}
    assert data["score"] == full_report().score
    assert (tests["task1.listens"]["score"], tests["task1.listens"]["status"]) == (2, "passed")
    assert (tests["task4.stalled-reader"]["score"], tests["task4.stalled-reader"]["status"]) == (0, "failed")
    for open_, remark in (("task1.explains", "awaiting review"), ("task4.rejoin", "grader error, no verdict")):
        assert not {"score", "status"} & set(tests[open_])
        assert tests[open_]["name"].endswith(f"({remark})")
    assert tests["task5.frames"]["name"].endswith("(bonus 0/3)")
    assert sum(test["max_score"] for test in data["tests"]) == full_report().max_score
    assert "Not final: 2 points awaiting review; grader error in task4.rejoin" in data["output"]


def test_gradescope_counts_what_was_decided():
    """Reviews and penalties are in the score, the bonus only where a course wants it."""
    eve = replace(
        graded("eve", scored(9, review=4, bonus=3), penalty=2), reviews={"task1.explains": Review(3, "Good.")}
    )
    assert gradescope(eve)["score"] == 10
    assert "penalty of 2 points" in gradescope(eve)["output"]
    assert "Bonus 3/3, not counted in the grade" in gradescope(eve)["output"]
    assert gradescope(eve, bonus=True)["score"] == 13
    assert gradescope(eve)["tests"][2]["output"].endswith("likely: Good.")


def test_gradescope_visibility():
    """A visibility is written where one is chosen, and must be one that Gradescope knows."""
    assert gradescope(graded("x", scored(1)), visibility="after_due_date")["visibility"] == "after_due_date"
    assert "visibility" not in gradescope(graded("x", scored(1)))
    with pytest.raises(UsageError, match="no visibility later; it has visible, hidden"):
        gradescope(graded("x", scored(1)), visibility="later")


def test_gradescope_of_a_class():
    """Each submission has a folder; the one without a report has none, which is told."""
    made = export(sample_class(), "gradescope")
    assert list(made.files) == [f"{key}/results.json" for key in ("ada+bob", "dan", "eve")]
    assert made.notes == ("cyd: not graded: the archive is broken; no results.json was written",)


CLASSROOM = {  # foundation50/classroom50, wiki/Advanced-Autograding.md
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release", "review"),
        *("datetime", "score", "max-score", "tests"),
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **each(
            "classroom", "assignment", "owner", "submission", "commit", "release", "review", type="string", minLength=1
        ),
        "assignment_type": {"enum": ["individual", "group"]},
        **{
            key: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
            for key in ("datetime", "graded_at")
        },
        **each("score", "max-score", type="integer", minimum=0),
        "tests": {
            "type": "array",
            "items": {
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": {"type": "string", "minLength": 1},
                    "passed": {"type": "boolean"},
                    **each("score", "max-score", type="integer"),
                },
            },
        },
    },
}


@pytest.mark.parametrize("bonus", [False, True])
def test_classroom50(bonus):
    """Identity comes from the runner, the time of submission from the platform; scores are the sums of the tests'."""
    eve = graded("eve", scored(9, review=4, bonus=3), penalty=2)
    data = json.loads(alone(eve, "classroom50", environ=RUNNER, bonus=bonus))
    jsonschema.validate(data, CLASSROOM)
    assert (data["owner"], data["datetime"]) == ("ada", "2024-05-06T07:00:00Z")
    assert (data["score"], data["max-score"]) == (10 if bonus else 7, 20)
    for key in ("score", "max-score"):
        assert data[key] == sum(test[key] for test in data["tests"])
    assert any(test["test-name"].endswith("(awaiting review)") for test in data["tests"])


def test_classroom50_without_its_runner():
    """What only the runner knows is not guessed; a submission without a report is the grader's fault."""
    with pytest.raises(UsageError, match="sets SUBMISSION_TAG, and here it is not set"):
        alone(graded("x", scored(1)), "classroom50", environ={**RUNNER, "SUBMISSION_TAG": ""})
    with pytest.raises(GraderError, match="cyd: not graded: it is broken"):
        alone(graded("cyd", None, CYD, error="it is broken"), "classroom50", environ=RUNNER)


# -- GitHub ------------------------------------------------------------------------------------------------------------

COMMAND = re.compile(
    r"::(?P<kind>error|warning|notice) (?:file=(?P<file>[^,:]*),line=\d+,)?title=(?P<title>[^,:]*)::.*"
)


def test_annotations():
    """Lost points are errors at their line, the rest warnings, the score a notice."""
    lines = alone(graded("dan", full_report(), DAN), "github-annotations").splitlines()
    found = [COMMAND.fullmatch(line) for line in lines]
    assert all(found)
    assert [one["kind"] for one in found if one] == ["error"] * 3 + ["warning"] * 2 + ["notice"]
    assert "file=simple_chat_server.py,line=57,title=task1.broadcast (0/4)::" in lines[0]
    assert lines[-1].startswith("::notice title=chatgrade::Score 4/")


def test_annotations_are_few():
    """GitHub shows ten of a kind: the last one counts those that have no place."""
    many = report(*(failed(f"task1.check-{number}") for number in range(30)))
    lines = alone(graded("x", many), "github-annotations").splitlines()
    assert [line.split()[0] for line in lines] == ["::error"] * 10 + ["::notice"]
    assert lines[9] == "::error title=chatgrade::21 more findings: see the report"


def test_annotations_without_a_report():
    """That there is no report is a warning, and no score is told."""
    text = alone(graded("cyd", None, CYD, error="broken"), "github-annotations")
    assert text.splitlines() == [
        "::warning title=chatgrade%3A not graded::not graded: broken",
        "::notice title=chatgrade::Not graded: broken",
    ]


def test_summary():
    """The page has all checks in a table, and the evidence under it."""
    text = alone(graded("dan", full_report(), DAN), "github-summary")
    read = markdown_rows(text)
    assert read[2][:2] == ["✗ fail", "task1.broadcast"]
    assert [row[3] for row in read[1:]] == ["2/2", "0/4", "2/2", "?/2", "0/4", "0/4", "?/2", "advice", "0/3 bonus"]
    assert "copper lantern 41" in text
    assert "KeyError: 'mira'" in text


@pytest.mark.machine
def test_summary_fits():
    """A summary above 1024 KiB would be dropped whole: what has no place is counted."""
    loud = [failed(f"task1.check-{number}", program_output="ä|" * 100_000) for number in range(9)]
    text = alone(graded("x", report(*loud)), "github-summary")
    assert len(text.encode()) < 1024 * 1024
    assert "The evidence of 6 more checks is left out" in text


# -- what students write -----------------------------------------------------------------------------------------------


def plain(text: str) -> bool:
    """Whether nothing hides in a text: it stays as it is when it is made harmless again."""
    return sinks.xml(text) == text


@pytest.mark.parametrize("name", [name for name, form in formats().items() if form.of_class or form.of_submission])
@fuzz_reports
@given(text=ANYTHING)
@example(text="| a | b |\x00\x1b[2J\u202e")
def test_nothing_hides_in_any_format(name, text):
    """Of what a student wrote, no control character and no change of direction comes through, whatever the format."""
    (data,) = export(Class((hostile(text),)), name, choices=Choices(environ=RUNNER)).files.values()
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", data.decode("utf-8-sig"))


@fuzz_reports
@given(ANYTHING)
@example("=1+1\n::error::no\n%0A::error::no")
@example("| a | b |\n| --- | --- |\n<script>x</script>\x00\x1b[2J\u202e")
def test_hostile_students(text):
    """Whatever stands in every field, each format is well formed, and nothing of it is obeyed or hidden."""
    made = hostile(text)
    (row,) = rows(Class((made,)))
    assert all(plain(value) and not value.startswith(FORMULA) for value in row.values())
    jsonschema.validate(json.loads(alone(made, "jsonl")), GRADE)
    assert len(alone(made, "jsonl").splitlines()) == 1
    root = read_junit(alone(made, "junit"))
    assert len(list(root.iter("testcase"))) == 4
    data = gradescope(made)
    assert all(plain(test["name"]) and plain(test["output"]) for test in data["tests"])
    lines = alone(made, "github-annotations").split("\n")[:-1]
    assert all(COMMAND.fullmatch(line) and plain(line) for line in lines)
    assert len(lines) == (5 if made.reviews else 4)
    for name, expected in (("markdown", 2), ("github-summary", 5)):
        page = alone(made, name)
        read = markdown_rows(page)
        assert len(read) == expected
        assert {len(cells) for cells in read} == {len(read[0])}
        tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
        inline = [child for token in tokens for child in token.children or ()]
        assert not {"html_block", "html_inline", "link_open", "image"} & {token.type for token in [*tokens, *inline]}


def test_export_is_bytes():
    """Files are given as bytes, by names that stay where they are put."""
    made = export(Class((hostile("../../etc/passwd"), graded("ada", scored(1), ADA))), "gradescope")
    assert isinstance(made, Export)
    assert list(made.files) == ["%2E.%2F..%2Fetc%2Fpasswd/results.json", "ada/results.json"]


def test_advice_is_no_verdict_on_the_grade():
    """A check without points leaves the score final."""
    made = graded("x", report(result("task1.listens", points=2), failed("task4.stalled-reader", failure(), points=0)))
    (row,) = rows(Class((made,)))
    assert (row["score"], row["status"], row["task4.stalled-reader"]) == ("2", "final", "fail")
    assert outcomes(read_junit(alone(made, "junit")))["task4.stalled-reader"] == "skipped advice"
    assert result("x", Status.PASS).earned == 4
