"""Run a tool of the tests from the project's root: `python tests NAME ...`; without a name, list the tools.

A tool is a module of `tests/support/` or `tests/bench/` that can be run; its name is the module's.
"""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
MODULES = {path.stem: path for folder in ("support", "bench") for path in sorted((TESTS / folder).glob("*.py"))}
RUN = '\nif __name__ == "__main__":\n'


def tools() -> dict[str, str]:
    """The tools by name, each with the first line of its docstring."""
    sources = {name: path.read_text("utf-8") for name, path in MODULES.items()}
    return {
        name: (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
        for name, source in sources.items()
        if RUN in source
    }


def main() -> None:
    """Run the tool that the first argument names, with all other arguments."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    known = tools()
    if name not in known:
        print("usage: python tests NAME ...\n", *(f"  {tool:18}{known[tool]}" for tool in known), sep="\n")
        sys.exit(name != "")
    del sys.argv[1]
    sys.path[0] = str(TESTS)  # it was as relative as the command that was typed
    runpy.run_module(f"{MODULES[name].parent.name}.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
