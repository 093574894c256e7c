"""The submissions of tests/corpus: where they are kept, what is expected of them, and their files.

A submission that is another one with a fault is kept as that: `base` in its `expected.toml` names the other, and
`fault.patch` is the change. Its files are made here; nothing else reads `fault.patch`.

    python tests corpus NAME                 print its files
    python tests corpus NAME --into FOLDER   write them there
    python tests corpus NAME --from FOLDER   keep these files as NAME: its patch is made anew
    python tests corpus NAME --renew         its base has changed elsewhere: carry the fault over
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import functools
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support import corpus_patches as patches
from support.corpus_patches import PatchError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parent.parent.parent
TESTS = PROJECT / "tests"
CORPUS = TESTS / "corpus"
REFERENCE = "reference"  # no part of the corpus, but graded like one
PROGRAMS = ("simple_chat_server.py", "threaded_chat_client.py", "length_prefix_server.py", "length_prefix_client.py")
KINDS = {
    "server": PROGRAMS[0:1],
    "client": PROGRAMS[1:2],
    "framed_server": PROGRAMS[2:3],
    "framed_client": PROGRAMS[3:4],
    "both": PROGRAMS,
}
"""The folders of the corpus, with the programs that a submission in them may have."""

EXPECTED, PATCH = "expected.toml", "fault.patch"
ADVICE = """\
{patch} of {name} does not apply to {base}: {error}.
- If the change of {base} is meant for {name} too: `python tests corpus {name} --renew` carries the fault
  over to it. Look at the new patch, and grade both: `python tests verdicts {base} {name}`.
- If {name} is to stay as it was: undo the change of {base} (`git stash`), write the files of {name} into its own folder
  (`--into`), remove its {patch}, and `base` from its {expected}; then do the change again (`git stash pop`).
"""

_KEPT = {path.parent.name: path.parent for path in sorted(CORPUS.glob(f"*/*/{EXPECTED}"))}
NAMES = sorted(_KEPT)


class CorpusError(Exception):
    """A submission whose files cannot be made."""


# -- what is kept ------------------------------------------------------------------------------------------------------


def kept_in(name: str) -> Path:
    """The folder that describes a submission; its programs are in it unless it has a base. Raises CorpusError for other names."""
    if name not in _KEPT:
        raise CorpusError(f"there is no submission {name!r} in {CORPUS}")
    return _KEPT[name]


@functools.cache
def description(name: str) -> dict[str, Any]:
    """Its expected.toml."""
    return tomllib.loads((kept_in(name) / EXPECTED).read_text("utf-8"))


def bases(name: str) -> list[str]:
    """The submissions whose files it takes over: none, or one, or one for each of its programs."""
    told = [] if name == REFERENCE else description(name).get("base", [])
    return [told] if isinstance(told, str) else told


def patch_of(name: str) -> list[patches.FilePatch]:
    """How it changes the files of its bases; raises PatchError when its patch is malformed."""
    path = kept_in(name) / PATCH
    return patches.parse(path.read_bytes().decode()) if path.exists() else []


# -- its files ---------------------------------------------------------------------------------------------------------


@functools.cache
def files(name: str) -> Mapping[str, bytes]:
    """All files that are handed in, by their names; raises CorpusError when a patch does not apply exactly."""
    if name == REFERENCE:
        return {file: (PROJECT / REFERENCE / file).read_bytes() for file in PROGRAMS}
    own = _files_in(kept_in(name))
    if own.keys() & (inherited := _inherited(name)).keys():
        raise CorpusError(f"{name} has files of its own that {', '.join(bases(name))} has too")
    try:
        changed = {patch.file: patches.applied(patch, inherited.get(patch.file, b"")) for patch in patch_of(name)}
    except PatchError as error:
        base = " ".join(bases(name)) or "no base"
        raise CorpusError(ADVICE.format(name=name, base=base, error=error, patch=PATCH, expected=EXPECTED)) from error
    return dict(sorted({**inherited, **changed, **own}.items()))


def _files_in(folder: Path) -> dict[str, bytes]:
    """The files in a folder that are handed in."""
    paths = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in (EXPECTED, PATCH)]
    return {path.name: path.read_bytes() for path in paths}


def _inherited(name: str) -> dict[str, bytes]:
    """The files of its bases."""
    return {file: content for base in bases(name) for file, content in files(base).items()}


def programs(name: str) -> list[str]:
    """The names of the programs that are handed in."""
    return [file for file in PROGRAMS if file in files(name)]


def copy(name: str, folder: Path) -> Path:
    """Write all its files into a folder, which may be there already; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files(name).items():
        (folder / file).write_bytes(content)
    return folder


# -- laid out for those who need a path --------------------------------------------------------------------------------


def folder_of(name: str) -> Path:
    """A folder of its name with all its files: where it is kept, or else where it was laid out."""
    if name == REFERENCE:
        return PROJECT / REFERENCE
    return _laid_out(name) if bases(name) else kept_in(name)


def places() -> tuple[Path, ...]:
    """The folders that have those of all submissions in them, for an isolation that must reach them."""
    return (PROJECT, laid_out_in())


def lay_out_in(folder: Path) -> None:
    """Use this folder, which several processes may share, for what is laid out from now on; the caller removes it."""
    global _folder
    folder.mkdir(parents=True, exist_ok=True)
    _folder = folder


_folder: Path | None = None


def laid_out_in() -> Path:
    """The folder for what is laid out; unless the caller has told one, a temporary one that goes when the process ends."""
    if _folder is None:
        folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="chatgrade-corpus-")))
        atexit.register(_remove, folder, os.getpid())
        lay_out_in(folder)
        return folder
    return _folder


def _remove(folder: Path, process: int) -> None:
    """Remove a temporary folder at the end of the process that made it, not of its forks."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _laid_out(name: str) -> Path:
    """Its folder, made unless it is there; other processes see it complete or not at all."""
    place = laid_out_in() / name
    if not place.exists():
        making = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=place.parent))
        copy(name, making)
        making.chmod(0o755)
        try:
            making.rename(place)
        except OSError:  # another process was faster
            shutil.rmtree(making)
            if not place.exists():
                raise
    return place


# -- the command -------------------------------------------------------------------------------------------------------


def keep(name: str, wanted: Mapping[str, bytes]) -> None:
    """Keep these files as a submission that names its base; raises CorpusError when one of the base's files is not among them."""
    inherited, folder = _inherited(name), kept_in(name)
    if not inherited or inherited.keys() - wanted.keys():
        raise CorpusError(f"{name} cannot be kept as a patch of {' '.join(bases(name)) or 'no base'}")
    changed = [file for file in inherited if wanted[file] != inherited[file]]
    text = "".join(patches.made(file, inherited[file], wanted[file]) for file in changed)
    (folder / PATCH).write_bytes(text.encode())
    if not text:
        (folder / PATCH).unlink()
    for file, content in wanted.items():
        if file not in inherited:
            (folder / file).write_bytes(content)
        else:
            (folder / file).unlink(missing_ok=True)
    files.cache_clear()


def renew(name: str) -> None:
    """Carry the fault of a submission over to its base as it is now."""
    inherited = _inherited(name)
    changed = {patch.file: patches.carried_over(patch, inherited[patch.file]) for patch in patch_of(name)}
    keep(name, {**inherited, **changed})


def main() -> None:
    """Print a submission's files, write them, or make its patch anew."""
    parser = argparse.ArgumentParser(prog="python tests corpus", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--into", type=Path, metavar="FOLDER", help="write its files there")
    how.add_argument("--from", type=Path, metavar="FOLDER", dest="source", help="make its patch anew from these files")
    how.add_argument("--renew", action="store_true", help="carry its fault over to its base as it is now")
    asked = parser.parse_args()
    try:
        if asked.into:
            print(copy(asked.name, asked.into))
        elif asked.source:
            keep(asked.name, _files_in(asked.source))
        elif asked.renew:
            renew(asked.name)
        else:
            with contextlib.suppress(BrokenPipeError):
                _print(asked.name)
    except (CorpusError, PatchError) as error:
        sys.exit(str(error))


def _print(name: str) -> None:
    """Print all files of a submission; where there are several, each under its name."""
    for file, content in files(name).items():
        if len(files(name)) > 1:
            print(f"# -- {file} --", flush=True)
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
