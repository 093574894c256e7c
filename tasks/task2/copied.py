"""Is an answer somebody's own words, or the codelab's? Pure: text in, a share out.

The codelab's prose is known here only by the fingerprints of its runs of three words, in `codelab_fingerprints.txt`.
`python -m tasks.task2.copied CODELAB.md` makes that file anew.
"""

from __future__ import annotations

import re
import sys
import zlib
from functools import cache
from itertools import pairwise
from pathlib import Path

from tasks.task2.letters import skeleton

THRESHOLD = 0.5
"""An answer of whose three-word runs this share stands in the codelab is a copy. One's own words come to about a tenth."""

_FILE = Path(__file__).with_name("codelab_fingerprints.txt")
_RUN = 3  # words


def fingerprints(text: str) -> list[str]:
    """One fingerprint (six hexadecimal digits) for each run of three words, in order; of what looks alike it is the same."""
    words = re.findall(r"[^\W_]+", skeleton(text))
    runs = zip(*(words[start:] for start in range(_RUN)), strict=False)
    return [f"{zlib.crc32(' '.join(run).encode()) & 0xFFFFFF:06x}" for run in runs]


def share_copied(answer: str) -> float:
    """The share of the answer's runs of three words that stand in the codelab, from 0 to 1."""
    found = fingerprints(answer)
    if not found:
        return 0.0
    known = _known()
    return sum(one in known for one in found) / len(found)


@cache
def _known() -> frozenset[str]:
    return frozenset(_FILE.read_text("ascii").split())


def prose(markdown: str) -> str:
    """The text of a codelab up to its troubleshooting, with the comments and docstrings of its listings."""
    return re.split(r"(?m)^## \d+ \W+ Troubleshooting", markdown)[0]


def main() -> None:
    """Write the fingerprints of a codelab."""
    found = sorted(set(fingerprints(prose(Path(sys.argv[1]).read_text("utf-8")))))
    rows = [*range(0, len(found), 16), len(found)]
    _FILE.write_text("".join(" ".join(found[start:end]) + "\n" for start, end in pairwise(rows)), "ascii")


if __name__ == "__main__":
    main()
