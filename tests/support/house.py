"""The table of packages in grader/README.md, made from what the packages say of themselves.

`python tests house` writes it anew.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from support.corpus import PROJECT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHAPTER = PROJECT / "grader" / "README.md"
BEGIN, END = "<!-- the packages: begin -->\n", "<!-- the packages: end -->\n"
ABOVE_TASKS = "grader.installed"
"""The package that names `tasks`, which is no part of the contract's layers: it stands below this one in the table."""


def layers() -> list[str]:
    """The packages and modules that the layers' contract names, from top to bottom."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    [contract] = [one for one in contracts if one["type"] == "layers"]
    [container] = contract["containers"]
    return [f"{container}.{name}" for layer in contract["layers"] for name in layer.replace(":", "|").split(" | ")]


def rule(source: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    docstring = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    return " ".join(docstring.partition("\n\n")[0].split()).replace("|", "\\|")


def rows(name: str) -> Iterator[str]:
    """The row of a module; of a package, those of the packages in it, too."""
    place = PROJECT.joinpath(*name.split("."))
    if not place.is_dir():
        yield f"| `{name}` | {rule(place.with_suffix('.py'))} |"
        return
    for source in sorted(place.rglob("__init__.py")):
        package = ".".join(source.parent.relative_to(PROJECT).parts)
        yield f"| `{package}` | {rule(source)} |"


def table() -> str:
    """The whole table, as Markdown."""
    lines = ["| package | its rule |", "|---|---|"]
    for name in layers():
        lines += rows(name)
        if name == ABOVE_TASKS:
            lines += rows("tasks")
    lines += rows("reference")
    return "\n".join(lines) + "\n"


def parted() -> tuple[str, str, str]:
    """The chapter: what stands before the table, the table, what stands after it."""
    before, _, rest = CHAPTER.read_text("utf-8").partition(BEGIN)
    written, _, after = rest.partition(END)
    return before, written, after


if __name__ == "__main__":
    start, _, rest = parted()
    CHAPTER.write_text(f"{start}{BEGIN}{table()}{END}{rest}", encoding="utf-8")
