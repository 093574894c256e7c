"""Grade the submissions of tests/submissions and compare with the verdicts written beside them.

`python tests/verdicts.py [--times N] [--isolation LEVEL] [--at-once N] [NAME...]` prints every difference; the tests use the
same functions.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SUBMISSIONS = Path(__file__).parent / "submissions"
PROGRAMS = ("simple_chat_server.py", "threaded_chat_client.py", "length_prefix_server.py", "length_prefix_client.py")
SERVERS = PROGRAMS[::2]
ADVICE = {"task1.client-server-gone", "task2.only-newline", "task4.stalled-reader"}
STATUSES = ("skip", "review", "error", "fail")  # a later one counts
NAMES = sorted(folder.name for folder in SUBMISSIONS.iterdir() if (folder / "expected.toml").is_file())


def path_of(name: str) -> Path:
    """What is graded: the folder, or the only program in it, so that nothing is asked of the one that is not there."""
    folder = SUBMISSIONS / name
    programs = [folder / file for file in PROGRAMS if (folder / file).exists()]
    return programs[0] if len(programs) == 1 else folder


def expected(name: str) -> dict[str, str]:
    """Check id -> status of every check that must not pass; "*" among the skips stands for all others of its kind."""
    told = tomllib.loads((SUBMISSIONS / name / "expected.toml").read_text("utf-8"))
    verdicts = {check: status for status in STATUSES for check in told.get(status, [])}
    if verdicts.pop("*", None):
        verdicts = {check: verdicts.get(check, "skip") for check in graded(name)}
    return verdicts


def graded(name: str) -> list[str]:
    """The ids of the checks that are run on it."""
    from grader.codelab import load

    programs = [file for file in PROGRAMS if (SUBMISSIONS / name / file).exists()]
    kinds = {"server" if file in SERVERS else "client" for file in programs}
    kinds |= {"both"} if len(programs) > 1 else set()
    kinds |= {"answers"} if path_of(name).is_dir() else set()
    bonus = is_framed(name)
    return [check.id for check in load().catalogue if check.runs in kinds and (check.task == "task5") is bonus]


def is_framed(name: str) -> bool:
    """Whether it is a submission for Task 5 alone."""
    return not any((SUBMISSIONS / name / file).exists() for file in PROGRAMS[:2])


def is_right(name: str) -> bool:
    """Whether it must score full marks, or wait for a person."""
    return all(check in ADVICE or status == "review" for check, status in expected(name).items())


def report(name: str, *options: str) -> dict:
    """The report of `chatgrade all`, run as a user runs it."""
    task = "task5" if is_framed(name) else "all"
    command = [sys.executable, "-m", "grader", task, str(path_of(name)), "--json", "-", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if not done.stdout:
        raise AssertionError(f"no report, status {done.returncode}: {done.stderr}")
    return json.loads(done.stdout) | {"exit_status": done.returncode}


def verdicts(graded: dict) -> dict[str, str]:
    """Check id -> status of every check that did not pass; what may be left out, and was, is no verdict."""
    checks = (check for task in graded["tasks"] for check in task["checks"])
    return {
        check["id"]: check["status"]
        for check in checks
        if check["status"] != "pass" and not check["summary"].startswith("not handed in")
    }


def difference(name: str, graded: dict) -> list[str]:
    """One line for each check whose verdict is not the expected one."""
    wanted, got = expected(name), verdicts(graded)
    checks = {check["id"]: check for task in graded["tasks"] for check in task["checks"]}
    return [
        f"{name}: {check_id} must be {wanted.get(check_id, 'pass')}, is {got.get(check_id, 'pass')}: "
        f"{checks[check_id]['summary']} | {checks[check_id]['observed']} | {checks[check_id]['hint']}"
        for check_id in sorted(wanted.keys() | got.keys())
        if wanted.get(check_id, "pass") != got.get(check_id, "pass")
    ]


def main() -> int:
    """Grade all, or those named, some times over; print what differs and how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--terminal", default="auto", help="pty or pipes")
    parser.add_argument("--isolation", default="auto", help="full, network or none")
    parser.add_argument("--python", help="the Python that runs the submissions, if not the usual one")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="submissions graded beside each other")
    arguments = parser.parse_args()
    names = arguments.names or NAMES
    options = ["--terminal", arguments.terminal, "--isolation", arguments.isolation]
    options += ["--python", arguments.python] if arguments.python else []
    wrong = 0
    for turn in range(1, arguments.times + 1):
        started = time.monotonic()
        with ThreadPoolExecutor(arguments.at_once) as pool:
            lines = [
                line
                for lines in pool.map(lambda name: difference(name, report(name, *options)), names)
                for line in lines
            ]
        wrong += len(lines)
        print(*lines, sep="\n", end="\n" if lines else "")
        seconds = time.monotonic() - started
        print(f"turn {turn}: {len(names)} submissions, {len(lines)} differences, {seconds:.0f} s", flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
