"""The files that every program reads: the Python interpreter that runs it, and the system."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from grader.model.errors import GraderError

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
"""The system's programs and libraries."""


def interpreter_paths(python: str) -> list[str]:
    """The interpreter's executable and then its prefixes, from its `sys` module. Raises GraderError when it does not run."""
    if python == getattr(sys, "_base_executable", ""):  # our own: no need to start it
        return [python, sys.base_prefix, sys.base_exec_prefix]
    names = "executable prefix exec_prefix base_prefix base_exec_prefix"
    code = f"import json, sys; print(json.dumps([getattr(sys, name) for name in '{names}'.split()]))"
    answer = subprocess.run([python, "-I", "-c", code], capture_output=True, check=False)
    try:
        paths: list[str] = json.loads(answer.stdout)
    except ValueError as error:
        raise GraderError(f"{python}: does not run") from error
    return paths


def own_parts(prefixes: Iterable[str]) -> list[Path]:
    """The interpreter's files and folders that lie outside the system's folders."""
    parts: list[Path] = []
    for prefix in dict.fromkeys(prefixes):
        for part in (Path(prefix) / name for name in ("bin", "lib", "lib64", "pyvenv.cfg")):
            if part.exists() and not any(part.is_relative_to(folder) for folder in [*map(Path, SYSTEM), *parts]):
                parts.append(part)
    return parts
