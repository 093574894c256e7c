"""What students' pages cost: `python tests page_bench NAME...` grades submissions, and prints size and rendering time."""

from __future__ import annotations

import sys
import time

from support.pages import run

from grader.reports.html.student import html


def main() -> None:
    """Print a line for each submission; the first page, which compiles the templates, is rendered twice."""
    for name in sys.argv[1:] or ("../../reference", "echoes_to_sender", "codelab_two_faults", "no_buffer"):
        report = run(name)
        html(report)
        started = time.process_time()
        page = html(report)
        print(f"{name:24} {len(page.encode()) / 1000:6.1f} kB {(time.process_time() - started) * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
