"""Where the Python that runs students' programs lies, and the system that it stands on: what every program reads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from grader.model.errors import GraderError

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
"""The system's programs and libraries."""


def asked(python: str) -> list[str]:
    """The interpreter's executable and its folders, in its own words."""
    if python == getattr(sys, "_base_executable", ""):  # our own: no need to start it
        return [python, sys.base_prefix, sys.base_exec_prefix]
    names = "executable prefix exec_prefix base_prefix base_exec_prefix"
    code = f"import json, sys; print(json.dumps([getattr(sys, name) for name in '{names}'.split()]))"
    answer = subprocess.run([python, "-I", "-c", code], capture_output=True, check=False)
    try:
        told: list[str] = json.loads(answer.stdout)
    except ValueError as error:
        raise GraderError(f"{python}: does not run") from error
    return told


def own_parts(prefixes: Iterable[str]) -> list[Path]:
    """The interpreter's files and folders that are in none of the system's folders."""
    found: list[Path] = []
    for prefix in dict.fromkeys(prefixes):
        for part in (Path(prefix) / name for name in ("bin", "lib", "lib64", "pyvenv.cfg")):
            if part.exists() and not any(part.is_relative_to(folder) for folder in [*map(Path, SYSTEM), *found]):
                found.append(part)
    return found
