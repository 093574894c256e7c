"""Grade the attackers of tests/hostile, each inside an enclosure with baits, and tell what every one of them reached.

`python tests hostile [NAME...] [--isolation LEVEL] [--as root|user]` prints what got through; `--table` measures all levels
and writes the table into grader/isolation/README.md. An attacker says `TRIES x` before and `REACHED x` after it got
somewhere; what it did outside is measured by the harness itself: files, processes, baits, the report, the submission graded next.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import pwd
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from grader import installed
from support import enclosure
from support.corpus import PROJECT, TESTS

ATTACKS, RIGHT_CHAT = TESTS / "hostile", TESTS / "hostile" / "right_chat.py"
CATALOGUE = installed.load().catalogue
RESULTS, CHAPTER = ATTACKS / "results.json", PROJECT / "grader" / "isolation" / "README.md"
NAMES = sorted(folder.name for folder in ATTACKS.iterdir() if (folder / "attack.toml").is_file())
LEVELS = ("full", "network", "none")
LIBRARIES = (
    "click",
    "rich",
    "pexpect",
    "ptyprocess",
    "pyte",
    "wcwidth",
    "tomli",
    "psutil",
    "confusable_homoglyphs",
)
SECRET, TOKEN = "the-secret-of-the-one-who-grades", "token-4711-of-the-graders-environment"
MARK = "written-by-an-attacker"
ORDINARY_USER = 61_001
MOST_MEMORY, LARGEST_REPORT = 400 << 20, 2 << 20  # bytes that the grader itself may take, whatever it is shown
OUTER_LIMIT = 60  # seconds more than the commands may take: the last resort against an enclosure that hangs
MARKERS = ("<!-- what each level stops: begin -->", "<!-- what each level stops: end -->")


@dataclass(frozen=True)
class Attack:
    """One folder of tests/hostile, as its attack.toml describes it."""

    name: str
    kind: str  # the row of the table
    about: str
    tries: tuple[str, ...] = ()  # what it says it tries; all must be seen
    only: tuple[str, ...] = ("task1.broadcast",)
    fail: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fail_or_pass: tuple[str, ...] = ()  # the program harms itself, or is let: the machine decides
    status: int | None = None  # the grader's exit status, where there is no report
    seconds: float = 20.0
    bomb: bool = False  # run at full only
    after: str = ""  # a bounded attack that must have been stopped before this one is run
    limits: Mapping[str, int] = field(default_factory=dict)  # of the run's settings, where they are not the usual ones
    as_usual: bool = (
        False  # run as a course does, `chatgrade all` with the settings above the class, and not by --config
    )
    most_processes: int = 0  # that there may be in the enclosure at a time; 0: any number

    @classmethod
    def load(cls, name: str) -> Attack:
        """Read it."""
        told: dict[str, Any] = tomllib.loads((ATTACKS / name / "attack.toml").read_text("utf-8"))
        lists = {key: tuple(value) for key, value in told.items() if isinstance(value, list)}
        return cls(name, **told | lists)


@dataclass
class World:
    """What belongs to somebody who grades: the grader, submissions, results, a home. One for each user."""

    folder: Path
    uid: int
    gid: int
    python: str
    enclosures: Enclosures | None  # None: nothing is graded in it
    digests: dict[str, str] = field(default_factory=dict)
    known: dict[tuple[object, ...], str] = field(default_factory=dict)  # digests by path, inode, size and times

    def path(self, name: str) -> Path:
        """Something in it."""
        return self.folder / name

    def furnish(self, attack: Attack) -> None:
        """Put everything in its place, as it is before this attack."""
        if not self.path("app").exists():
            _install(self.path("app"), self.python)
        for name in ("class", "results", "home", "tmp"):
            shutil.rmtree(self.path(name), ignore_errors=True)
            self.path(name).mkdir(parents=True)
        for name, text in (
            ("class/neighbour/simple_chat_server.py", (PROJECT / "reference/simple_chat_server.py").read_text()),
            ("results/grades.json", '{"everyone": 100}\n'),
            ("class/chatgrade.toml" if attack.as_usual else "results/rubric.toml", _rubric(attack.limits)),
            ("home/secret.py", f"{SECRET!r} +\n"),  # a fault in line 1: whoever takes it for a program may show it
            ("home/.profile", "umask 022\n"),
        ):
            self.path(name).parent.mkdir(exist_ok=True)
            self.path(name).write_text(text)
        self.path("home").chmod(0o700)
        self._own()

    def add(self, name: str) -> Path:
        """Hand in an attack: its files, and whom it may rely on to find its targets; returns the folder."""
        folder = self.path("class") / name
        shutil.copytree(ATTACKS / name, folder, ignore=shutil.ignore_patterns("attack.toml", "__pycache__"))
        shutil.copy(RIGHT_CHAT, folder)
        (folder / "targets.py").write_text(self._targets(folder))
        make = folder / "make.py"
        if make.exists():
            make.chmod(0o644)
            subprocess.run([sys.executable, str(make)], check=True, cwd=folder)
            make.unlink()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        return folder

    def _targets(self, folder: Path) -> str:
        values = {
            "RESULTS": self.path("results/grades.json"), "RUBRIC": self.path("results/rubric.toml"),
            "REPORT": self.path("results/report.json"), "NEIGHBOUR": self.path("class/neighbour/simple_chat_server.py"),
            "OWN": folder, "HOME": self.path("home"), "SECRET_FILE": self.path("home/secret.py"),
            "GRADER": self.path("app/grader/cli/__init__.py"), "SCRATCH": self.path("tmp"), "WORLD": self.folder,
            "SOCKET": self.path("home/socket"), "SECRET": SECRET, "TOKEN": TOKEN, "MARK": MARK,
            "TCP_PORT": enclosure.TCP_BAIT, "DNS_PORT": enclosure.DNS_BAIT, "ABSTRACT": enclosure.ABSTRACT_BAIT,
            "TERMINAL": enclosure.TERMINAL,
        }  # fmt: skip
        return "".join(
            f"{name} = {(str(value) if isinstance(value, Path) else value)!r}\n" for name, value in values.items()
        )

    def remember(self) -> None:
        """Note what everything is like."""
        self.digests = self._look()

    def changes(self) -> list[str]:
        """What is not byte for byte as it was, new or gone, but for the report; repairs the grader."""
        now = self._look()
        changed = sorted(name for name in now.keys() | self.digests.keys() if now.get(name) != self.digests.get(name))
        if any(name.startswith("app/") for name in changed):
            shutil.rmtree(self.path("app"))
        return [name for name in changed if name != "results/report.json"]

    def _look(self) -> dict[str, str]:
        found = {}
        for entry in _entries_below(self.folder):
            status = entry.stat(follow_symlinks=False)
            digest = self._digest(entry.path, status) if stat.S_ISREG(status.st_mode) else ""
            found[entry.path.removeprefix(f"{self.folder}/")] = f"{status.st_mode:o} {status.st_uid} {digest}"
        return found

    def _digest(self, path: str, status: os.stat_result) -> str:
        """The SHA-256 of a file, which is read again only if it may have changed.

        A program that has written to a file can set its `mtime` back; its `ctime` only by setting the clock of the machine.
        """
        same = (path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if same not in self.known:
            self.known[same] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return self.known[same]

    def _own(self) -> None:
        if self.folder.stat().st_uid == self.uid and self.path("app/grader").stat().st_uid == self.uid != 0:
            names = [self.path(name) for name in ("class", "results", "home", "tmp")]
        else:
            names = [self.folder]
        for base in names:
            for path in (base, *base.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)


def _entries_below(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """All files and folders in a folder and in those in it; links are not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries_below(entry.path)


def _install(target: Path, python: str) -> None:
    """A copy of the grader and the libraries it needs, compiled, and readable by everybody who may read the folder."""
    shutil.rmtree(target, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__", "*.so")
    for name in ("grader", "tasks"):
        shutil.copytree(PROJECT / name, target / name, ignore=ignore)
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec and spec.submodule_search_locations:
            shutil.copytree(spec.submodule_search_locations[0], target / name, ignore=ignore)
    subprocess.run([python, "-I", "-m", "compileall", "-q", str(target)], check=True)


def _rubric(limits: Mapping[str, int]) -> str:
    """The settings of a run, as a course would write them."""
    return "[points]\n[limits]\n" + "".join(f"{name} = {value}\n" for name, value in limits.items())


@contextlib.contextmanager
def world(user: str):
    """A world of root's, or of an ordinary user's; LookupError when there is no Python that the user may run."""
    uid = gid = os.getuid()
    if os.getuid() == 0 and user == "user":
        uid = gid = ORDINARY_USER
    folder = Path(tempfile.mkdtemp(prefix="chatgrade-hostile-"))
    folder.chmod(0o755)
    try:
        with contextlib.closing(Enclosures()) as enclosures:
            yield World(folder, uid, gid, _python_for(uid), enclosures)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if uid == ORDINARY_USER:
            Path(f"/tmp/chatgrade-{uid}-65433.lock").unlink(missing_ok=True)  # from runs without isolation


def users() -> list[str]:
    """As whom attacks can be run here: root can be both."""
    return ["user", "root"] if os.getuid() == 0 else ["user"]


def _python_for(uid: int) -> str:
    """A Python that the user may run and that is new enough."""
    new_enough = "import sys; sys.exit(sys.version_info < (3, 10))"
    for python in (
        sys.executable,
        *(shutil.which(f"python3{end}", path=os.defpath) for end in ("", ".13", ".12", ".11")),
    ):
        if not python:
            continue
        with contextlib.suppress(OSError):  # it, or a folder above it, may not be entered
            asked = subprocess.run(
                [python, "-I", "-c", new_enough],
                user=uid if os.getuid() == 0 else None,
                capture_output=True,
                check=False,
            )
            if asked.returncode == 0:
                return python
    raise LookupError(f"there is no Python here that {pwd.getpwuid(os.getuid()).pw_name} could let uid {uid} run")


class Enclosures:
    """The process that makes an enclosure for each order. It is kept, since Python starts more slowly than an enclosure."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(TESTS), "enclosure"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )  # fmt: skip

    def carry_out(self, order: dict) -> dict:
        """The measurements; AssertionError if the enclosure breaks or hangs."""
        seconds = OUTER_LIMIT + sum(command["seconds"] for command in order["commands"])
        orders, answers = self._process.stdin, self._process.stdout
        assert orders is not None
        assert answers is not None
        with contextlib.suppress(BrokenPipeError):  # then there is no answer
            orders.write(json.dumps(order).encode() + b"\n")
            orders.flush()
        said = answers.readline() if select.select([answers], [], [], seconds)[0] else b""
        if not said:
            self._process.kill()  # and so everything in the enclosure
            self.close()
            self._start()
        measured: dict = json.loads(said or b'{"broke": "no answer"}')
        if "broke" in measured:
            raise AssertionError(f"the enclosure broke: {measured['broke']}")
        return measured

    def close(self) -> None:
        """Let the process end, and wait until it has."""
        self._process.communicate()


# -- running ---------------------------------------------------------------------------------------------------------------


def run(place: World, attack: Attack, level: str, cuts: Iterable[tuple[int, float]] = ()) -> dict:
    """Grade an attack and then a right server; all that was measured.

    For each of the `cuts`, a signal and a share of the time that the grading took, the attack is graded once more before the
    right server, and the grader gets that signal at that moment.
    """
    place.furnish(attack)
    folder = place.add(attack.name)
    options = [part for one in attack.only for part in ("--only", one)]
    command = "all" if attack.as_usual else "task1"
    config = [] if attack.as_usual else ["--config", str(place.path("results/rubric.toml"))]
    report = place.path("results/report.json")
    hostile = _command(place, command, folder, level, *options, *config, "--json", str(report))
    neighbour = place.path("class/neighbour")
    following = _command(
        place, command, neighbour, level, "--only", "task1.broadcast", *config, "--json", "-", "--jobs", "1"
    )
    report.write_text("")
    os.chown(report, place.uid, place.gid)
    place.remember()
    order = {
        "uid": place.uid, "gid": place.gid, "folder": str(place.folder), "socket": str(place.path("home/socket")),
        "environment": {
            "PATH": os.defpath, "HOME": str(place.path("home")), "TMPDIR": str(place.path("tmp")), "LANG": "C.UTF-8",
            "PYTHONPATH": str(place.path("app")), "PYTHONDONTWRITEBYTECODE": "1", "CHATGRADE_TOKEN": TOKEN,
        },
        "commands": [
            {"argv": hostile, "seconds": attack.seconds},
            *({"argv": hostile, "seconds": attack.seconds, "sends": number, "at": share} for number, share in cuts),
            {"argv": following, "seconds": 20},
        ],
    }  # fmt: skip
    assert place.enclosures is not None
    measured = place.enclosures.carry_out(order)
    place.path("home/socket").unlink(missing_ok=True)
    measured["report"] = report.read_text("utf-8", "replace") if report.is_file() else ""
    measured["changes"] = place.changes()
    return measured


def _command(place: World, command: str, path: Path, level: str, *options: str) -> list[str]:
    return [place.python, "-m", "grader", command, str(path), "--isolation", level, "--no-color", *options]


def unavailable(measured: dict) -> str:
    """Why the level cannot be had here, if that is so."""
    first = measured["runs"][0]
    return first["err"].strip() if first["status"] == 3 and "isolation" in first["err"] else ""


# -- judging ---------------------------------------------------------------------------------------------------------------


def problems(attack: Attack, measured: dict) -> list[str]:
    """What an attack achieved, or what else is not as it must be; empty: it was stopped."""
    first = measured["runs"][0]
    found = _outside(attack, measured)
    text = measured["report"]
    if attack.status is not None:
        if first["status"] != attack.status:
            found.append(f"exit status {first['status']}, not {attack.status}: {first['err'].strip()[-300:]}")
        return found
    try:
        report = json.loads(text)
    except ValueError:
        return [*found, f"no report; exit status {first['status']}: {first['err'].strip()[-300:]}"]
    checks = {check["id"]: check for task in report["tasks"] for check in task["checks"]}
    printed = "\n".join(str(check["program_output"]) for check in checks.values())
    found += sorted(set(re.findall(r"^REACHED .*", printed, re.MULTILINE)))
    found += [f"never tried: {one}" for one in attack.tries if f"TRIES {one}\n" not in printed]
    for check_id in attack.only:
        wanted = "fail" if check_id in attack.fail else "skip" if check_id in attack.skip else "pass"
        check = checks.get(check_id)
        got = check["status"] if check else "missing"
        if got != wanted and not (check_id in attack.fail_or_pass and got in ("fail", "pass", "skip")):
            found.append(f"{check_id} must be {wanted}, is {got}: {check and (check['summary'], check['observed'])}")
        if check and check["points"] != CATALOGUE[check_id].points:
            found.append(f"{check_id} gives {check['points']} points, not {CATALOGUE[check_id].points}")
    if first["status"] not in (0, 1):
        found.append(f"exit status {first['status']}")
    return found + [f"{check_id}: {one['summary']}" for check_id, one in checks.items() if one["status"] == "error"]


def _outside(attack: Attack, measured: dict) -> list[str]:
    """Effects that nobody needs the attacker's word for."""
    first, following = measured["runs"]
    found = [f"changed: {name}" for name in measured["changes"]]
    found += [f"left running: {one}" for one in first["left"]]
    found += [f"reached by {name}" for name in measured["called"]]
    if not measured["victim_alive"]:
        found.append("another process of the user was killed or stopped")
    if MARK in measured["terminal"]:
        found.append("wrote to the grader's terminal")
    if first["late"]:
        found.append(f"the grader did not end within {first['seconds']:.0f} s")
    if first["memory"] > MOST_MEMORY:
        found.append(f"the grader took {first['memory'] >> 20} MB of memory")
    if attack.most_processes and first["processes"] > attack.most_processes:
        found.append(f"there were {first['processes']} processes at a time")
    if len(measured["report"]) > LARGEST_REPORT:
        found.append(f"the report has {len(measured['report'])} characters")
    if SECRET in measured["report"] + first["out"] + first["err"]:
        found.append("the report holds the secret of the one who grades")
    if following["status"] != 0:
        found.append(f"the next submission got status {following['status']}: {following['err'][-300:]}")
    return found


# -- the chapter's table -------------------------------------------------------------------------------------------------------


def measure(level: str, user: str, names: list[str]) -> dict[str, list[str] | None]:
    """Name -> what it achieved; None for what was not run, since nothing would stop it."""
    outcomes: dict[str, list[str] | None] = {}
    with world(user) as place:
        for name in names:
            attack = Attack.load(name)
            if attack.bomb and (level != "full" or not may_follow(attack, outcomes)):
                outcomes[name] = None
                continue
            measured = run(place, attack, level)
            if reason := unavailable(measured):
                print(f"{level}: {reason}")
                return dict.fromkeys(names)
            outcomes[name] = problems(attack, measured)
            seconds = sum(one["seconds"] for one in measured["runs"])
            print(f"{level}: {name}: {word(outcomes[name])} ({seconds:.1f} s)", file=sys.stderr, flush=True)
    return outcomes


def may_follow(attack: Attack, outcomes: Mapping[str, list[str] | None]) -> bool:
    """Whether the attack that must have been stopped before this one was stopped."""
    return not attack.after or outcomes.get(attack.after) == []


def in_order(names: list[str]) -> list[str]:
    """A bounded attack comes before the one that it must have proved a limit for."""
    return sorted(names, key=lambda name: (bool(Attack.load(name).after), name))


def table(results: dict[str, dict[str, str]]) -> str:
    """Markdown: kinds of attacks, and what each level does about them."""
    lines = ["| what a hostile submission may try | " + " | ".join(f"`{level}`" for level in LEVELS) + " |"]
    lines.append("|---" * (len(LEVELS) + 1) + "|")
    kinds: dict[str, list[str]] = {}
    for name in results:
        kinds.setdefault(Attack.load(name).kind, []).append(name)
    for kind, names in sorted(kinds.items()):
        cells = [_cell([results[name][level] for name in names]) for level in LEVELS]
        lines.append(f"| {kind} ({len(names)}) | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(outcomes: list[str]) -> str:
    """One word for several attacks of one kind."""
    if set(outcomes) == {"not run"}:
        return "not run"
    ran = [outcome for outcome in outcomes if outcome != "not run"]
    stopped = ran.count("stopped")
    if stopped == len(ran):
        return "stopped" if len(ran) == len(outcomes) else f"{stopped} of {len(outcomes)} stopped, others not run"
    return "not stopped" if not stopped else f"{stopped} of {len(ran)} stopped"


def chapter_table() -> str:
    """The table that stands in the chapter on isolation."""
    return CHAPTER.read_text("utf-8").partition(MARKERS[0])[2].partition(MARKERS[1])[0].strip() + "\n"


def kept_results() -> dict[str, dict[str, str]]:
    """Name -> level -> what the last measurement of all levels found."""
    kept: dict[str, dict[str, str]] = json.loads(RESULTS.read_text("utf-8"))
    return kept


def write_table(results: dict[str, dict[str, str]]) -> None:
    """Keep the results, and put their table into the chapter on isolation."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    before, begin, rest = CHAPTER.read_text("utf-8").partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    if begin and end:
        CHAPTER.write_text(f"{before}{begin}\n{table(results)}{end}{after}")


def word(outcome: list[str] | None) -> str:
    """What the table says of an outcome."""
    return "not run" if outcome is None else "not stopped" if outcome else "stopped"


def main() -> int:
    """Run attacks and print what got through."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--isolation", choices=LEVELS, default="full")
    parser.add_argument("--as", dest="user", choices=("user", "root"), default="user")
    parser.add_argument("--table", action="store_true", help="measure every level and write the table")
    parser.add_argument("--measured", action="store_true", help="print all that was measured")
    arguments = parser.parse_args()
    names = in_order(arguments.names or NAMES)
    if arguments.table:
        with ThreadPoolExecutor() as pool:
            levels = dict(zip(LEVELS, pool.map(lambda level: measure(level, "user", names), LEVELS), strict=True))
        results = {name: {level: word(levels[level][name]) for level in LEVELS} for name in sorted(names)}
        write_table(results)
        print(table(results), end="")
        return 0
    outcomes: dict[str, list[str]] = {}
    with world(arguments.user) as place:
        for name in names:
            attack = Attack.load(name)
            if attack.after and (arguments.isolation != "full" or not may_follow(attack, outcomes)):
                print(f"{name}: not run: {attack.after} must be stopped first, at full isolation", flush=True)
                continue
            measured = run(place, attack, arguments.isolation)
            found = [unavailable(measured)] if unavailable(measured) else problems(attack, measured)
            outcomes[name] = found
            seconds = "+".join(f"{one['seconds']:.1f}" for one in measured["runs"])
            print(f"{name}: {'; '.join(found) or 'stopped'} ({seconds} s)", flush=True)
            if arguments.measured:
                print(json.dumps(measured, indent=1))
    return int(any(outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
