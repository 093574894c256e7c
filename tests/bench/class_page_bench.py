"""The page of a class of a thousand: its size, and how fast it is made, opened, sorted and filtered.

    python tests class_page_bench RESULTS [--count N] [--made N] [--page FILE]

RESULTS is the folder of results of the hand-ins that the class is multiplied from; where there are none yet, they are made
of tests/corpus and graded into it, which takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import CDPSession
from support.browser import browser
from support.class_of_many import class_of, make_hand_ins

from grader.batch.store import NAME, Store
from grader.reports.html.overview import class_page
from grader.reports.registry import file_name
from grader.results.graded import Graded
from grader.results.overview import overview

ROUNDS = 5


def made(results: Path, count: int) -> list[Graded]:
    """The hand-ins of these results, graded now if they are not there."""
    if not (results / NAME).is_file():
        with tempfile.TemporaryDirectory() as folder:
            make_hand_ins(Path(folder) / "class", count)
            command = [sys.executable, "-m", "grader", "batch", f"{folder}/class", "-o", str(results), "--seed", "1"]
            subprocess.run(command, check=False)
    with Store(results) as store:
        return [one for one in store.graded() if one.report]


def in_browser(file: Path) -> None:
    """Open it, sort it, filter it, several times each: on the clock, and by the processor time that the page took."""
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with browser() as chromium:
        for _ in range(ROUNDS):
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})

            def busy(session: CDPSession = session) -> float:
                return next(
                    one["value"]
                    for one in session.send("Performance.getMetrics")["metrics"]
                    if one["name"] == "TaskDuration"
                )

            before, began = busy(), time.perf_counter()
            page.goto(file.resolve().as_uri())
            page.wait_for_selector("td.v a")
            took["open"].append((time.perf_counter() - began, busy() - before))
            for what, button in ACTIONS:
                before = busy()
                seconds = page.evaluate(ACT, button)
                took[what].append((seconds, busy() - before))
            elements = page.evaluate("document.querySelectorAll('*').length")
            page.close()
    for what, times in took.items():
        clock, processor = (sorted(1000 * one for one in column) for column in zip(*times, strict=True))
        print(
            f"{what}: {statistics.median(clock):.0f} ms (longest {clock[-1]:.0f}), "
            f"of processor time {statistics.median(processor):.0f} ms (longest {processor[-1]:.0f})"
        )
    print(f"{elements:,} elements; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


ACTIONS = (
    *(("sort", f"[data-sort={kind}]") for kind in ("number", "text", "check")),
    ("filter", "[data-letter-of=f]"),
)
ACT = """async (selector) => {
  const began = performance.now();
  document.querySelector(selector).click();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));  // painted once
  while (!document.querySelector("tbody tr:not([hidden]) td.v a")) {
    await new Promise((done) => requestAnimationFrame(done));
  }
  return (performance.now() - began) / 1000;
}"""


def main() -> None:
    """Make the class and its page, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--made", type=int, default=40)
    parser.add_argument("--page", type=Path, default=Path(tempfile.gettempdir()) / "class.html")
    asked = parser.parse_args()
    class_ = class_of(made(asked.results, asked.made), asked.count)
    began = time.perf_counter()
    told = overview(class_.graded, class_.check_points)
    collected = time.perf_counter()
    text = class_page(told, lambda key: f"students/{file_name(key)}.html")
    written = time.perf_counter()
    asked.page.write_text(text, "utf-8")
    print(f"{asked.page}: {len(text.encode()):,} bytes")
    print(f"made in {written - began:.2f} s, of which {collected - began:.2f} s to go through the reports")
    in_browser(asked.page)


if __name__ == "__main__":
    main()
