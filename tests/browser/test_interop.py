"""The page of who can chat with whom in a browser: on every width, in the dark, and full of somebody's markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.browser import LAPTOP, PHONE, WALL, box_of, opened
from support.matrices import EVIL, crowd, failed, made, sample

from grader.reports.html.interop import as_page
from grader.results.blame import Pair
from grader.results.matrix import Interop

pages = pytest.fixture(scope="module")(lambda tmp_path_factory: tmp_path_factory.mktemp("pages"))


def written(folder: Path, name: str, interop: Interop) -> Path:
    """The page as a file."""
    file = folder / name
    file.write_text(as_page(interop), "utf-8")
    return file


@pytest.mark.parametrize("width", [PHONE, LAPTOP, WALL])
@pytest.mark.parametrize("dark", [False, True])
def test_a_large_class_fits(chromium, pages, width, dark):
    """Forty by forty scroll in a box of their own: the page itself never gets wider than the window."""
    file = written(pages, "crowd.html", crowd(40))
    with opened(chromium, file, width=width, dark=dark) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = page.locator(".scroll")
        box.evaluate("box => box.scrollTo(400, 400)")
        head, name = box_of(page.locator("thead")), box_of(page.locator("tbody th").nth(20))
        edge = box_of(box)
        assert abs(head["y"] - edge["y"]) <= 2  # both stay in sight
        assert abs(name["x"] - edge["x"]) <= 2


def test_a_letter_leads_to_its_reason(chromium, pages):
    """Pressing Enter on a cell shows the reason with what was expected and seen; before, it was one line."""
    with opened(chromium, written(pages, "sample.html", sample())) as page:
        more = page.locator(".reasons li", has_text="Bob's client").locator(".more")
        assert not more.is_visible()
        page.locator("tbody tr", has_text="Bob").locator("td a").first.press("Enter")
        assert more.is_visible()
        assert "expected" in more.inner_text()
        more.locator("summary").first.press("Enter")
        assert more.locator(".marked").is_visible()


def test_colours_are_strong_enough(chromium, pages):
    """Each sign stands out from its cell (WCAG 2, 4.5 to 1), light and dark."""
    file = written(pages, "sample.html", sample())
    for dark in (False, True):
        with opened(chromium, file, dark=dark) as page:
            shown = page.eval_on_selector_all(
                ".matrix td[class], .legend td[class]",
                "cells => cells.map(cell => [cell.className, getComputedStyle(cell).color, "
                "getComputedStyle(cell).backgroundColor, getComputedStyle(document.body).backgroundColor])",
            )
        assert len(shown) > 20
        for name, colour, background, body in shown:
            behind = body if background.endswith(", 0)") else background
            assert contrast(colour, behind) >= 4.5, (name, dark)


def contrast(one: str, other: str) -> float:
    """How much two colours differ in lightness."""
    lights = sorted(map(luminance, (one, other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of `rgb(...)`."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_hostile_text_runs_nowhere(chromium, pages):
    """A browser finds nothing to run in a page full of somebody's markup."""
    evil = made({Pair(EVIL, ""): failed(2, EVIL)}, [EVIL], notes=(EVIL,), missing=(EVIL,))
    with opened(chromium, written(pages, "evil.html", evil)) as page:
        assert page.locator("img, script").count() == 0
