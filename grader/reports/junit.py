"""JUnit XML: one suite per submission, one case per check, as Jenkins, GitLab and pytest read it (junit-10.xsd).

A check that costs the student points is a failure; a grader's fault is an error; a check that awaits a person, was skipped or
only advises is skipped, with its reason. All in ASCII, which no encoding of standard output can break.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import Any

from grader.model.report import Report
from grader.reports import json
from grader.reports.format import Format
from grader.results.graded import Class, Entry, Graded
from grader.results.standing import Choices, evidence_text, in_order, max_bonus, status, worth
from grader.text import sinks


def junit(report: Report) -> str:
    """One submission's report."""
    return _document([Graded(Entry(report.submission.name, ()), json.to_dict(report))])


def as_junit(class_: Class, _: Choices) -> str:
    """The reports of a class."""
    return _document(in_order(class_))


def _document(all_graded: Iterable[Graded]) -> str:
    suites = [_suite(graded) for graded in all_graded]
    totals = {key: sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors")}
    seconds = sum(float(suite.get("time", "0")) for suite in suites)
    root = _element("testsuites", name="chatgrade", time=f"{seconds:.3f}", **totals)
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="us-ascii").decode()}\n'


def _suite(graded: Graded) -> ET.Element:
    key = graded.entry.key
    cases = [_case(key, check) for check in graded.checks()]
    if graded.report is None:
        cases = [_element("testcase", name="graded", classname=key, time="0.000")]
        _tell(cases[0], "error", "not graded", status(graded), "")
    counts = {f"{kind}s": sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error")}
    skipped = sum(case.find("skipped") is not None for case in cases)
    suite = _element("testsuite", name=key, tests=len(cases), **counts, skipped=skipped)
    if graded.report is not None:
        run, properties = graded.report["run"], ET.SubElement(suite, "properties")
        suite.set("time", f"{run['seconds']:.3f}")
        suite.set("timestamp", sinks.xml(run["started"]))
        properties.extend(_element("property", name=name, value=value) for name, value in _properties(graded).items())
    suite.extend(cases)
    return suite


def _properties(graded: Graded) -> dict[str, object]:
    return {
        "score": graded.score,
        "max_score": graded.max_score,
        "bonus": graded.bonus,
        "max_bonus": max_bonus(graded),
        "awaiting_review": graded.awaiting_review,
        "penalty": graded.penalty,
        "status": status(graded),
    }


def _case(key: str, check: Mapping[str, Any]) -> ET.Element:
    name = f"{check['id']}: {check['title']}"
    case = _element("testcase", name=name, classname=key, time=f"{check['seconds']:.3f}")
    text = evidence_text(check)
    reason = check["summary"] or check["hint"]
    if check["status"] == "error":
        _tell(case, "error", "grader error", reason, text)
    elif check["status"] == "review":
        _tell(case, "skipped", "review", f"awaits review ({worth(check)})", text)
    elif check["status"] == "skip":
        _tell(case, "skipped", "skip", reason, text)
    elif check["status"] == "fail" and check["points"]:
        _tell(case, "failure", f"{worth(check)} points", reason, text)
    elif check["status"] == "fail":
        _tell(case, "skipped", "advice", f"advice, gives no points: {reason}", text)
    if check["program_output"] and check["status"] != "pass":
        ET.SubElement(case, "system-out").text = sinks.xml(check["program_output"])
    return case


def _tell(case: ET.Element, kind: str, type_: str, message: str, text: str) -> None:
    outcome = _element(kind, type=type_, message=message)
    outcome.text = text or None
    case.append(outcome)


def _element(tag: str, **attributes: object) -> ET.Element:
    return ET.Element(tag, {key: sinks.xml(str(value)) for key, value in attributes.items()})


FORMAT = Format("junit", "JUnit XML", "junit.xml", of_report=junit, of_class=as_junit, place=2)
