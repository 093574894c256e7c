"""A student's page in a browser: at every width, light and dark, on paper, by keyboard; and nothing that a student wrote acts."""

from __future__ import annotations

import re

import pytest
from support.browser import LAPTOP, PHONE, WALL, box_of, opened
from support.evidence_samples import EXCERPT, HOSTILE, SCREEN, STUCK, everywhere
from support.pages import contrast, graded, run
from support.report_samples import CROWD, GUIDE, failed, failure, full_report, report, result

from grader.model.evidence import Evidence, Excerpt
from grader.model.verdict import Event
from grader.reports.html.student import html, student_page

CHECK = "task1.broadcast"
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A page with a bit of everything: a crowd, long lines, a screen, threads, much output."""
    event = Event(0.2, "guest7", "in", "hello" * 99, "should not have come")
    check = failed(
        failure=failure("x" * 300, "y" * 300, hint="z" * 200),
        transcript=(*CROWD[:200], event, *CROWD[200:]),
        program_output="w" * 1_000,
        notes=("n" * 200,),
    )
    long = tuple(line * 40 for line in EXCERPT.lines)
    exhibits = Evidence((EXCERPT, Excerpt("b.py", 1, long, (2,))), (STUCK,), (SCREEN,), "guest20")
    made = graded(report(result("task1.listens"), check, *full_report().tasks[1].checks), {CHECK: exhibits})
    path = tmp_path_factory.mktemp("pages") / "ada.html"
    path.write_text(student_page(made, {CHECK: GUIDE, "task1.listens": GUIDE}, "class.html"))
    return path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, PHONE, LAPTOP, WALL])
def test_it_fits_every_width(chromium, file, width, dark):
    """Folded and unfolded, the page never scrolls sideways; what is wider scrolls in a box of its own."""
    with opened(chromium, file, width=width, dark=dark) as page:
        assert page.evaluate(TOO_WIDE) <= 0
        page.evaluate(OPEN_ALL)
        assert page.evaluate(TOO_WIDE) <= 0
        boxes = page.locator(".scrolls:visible, pre:visible")
        assert boxes.evaluate_all("all => all.some(one => one.scrollWidth > one.clientWidth)")


def test_a_phone_has_its_own_drawing(chromium, file):
    """On a phone the narrow drawing is shown, elsewhere the roomy one; neither is ever scaled."""
    for width, shown, hidden in ((PHONE, ".narrow", ".roomy"), (LAPTOP, ".roomy", ".narrow")):
        with opened(chromium, file, width=width) as page:
            drawing = page.locator(f"{shown} svg").first
            assert box_of(drawing)["width"] == drawing.evaluate("drawing => Number(drawing.getAttribute('width'))")
            assert not page.locator(hidden).first.is_visible()


def test_dark_and_light(chromium, file):
    """The scheme of the reader's system decides about the colours."""
    grounds = set()
    for dark in (False, True):
        with opened(chromium, file, dark=dark) as page:
            grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_a_link_opens_its_check(chromium, file):
    """A link to a folded check opens it, from elsewhere and within the page."""
    with opened(chromium, file) as page:
        check = page.locator('[id="task1.listens"]')
        assert check.get_attribute("open") is None
        page.evaluate("location.hash = '#task1.listens'")
        page.wait_for_function("document.getElementById('task1.listens').open")
    with opened(chromium, file) as page:
        page.goto("about:blank")
        page.goto(f"{file.as_uri()}#task1.listens")
        assert page.locator('[id="task1.listens"]').get_attribute("open") is not None
        assert page.locator('[id="task1.listens"] .body').is_visible()


def test_without_a_script(chromium, file):
    """Everything is there without a script: failed checks are open, others unfold."""
    with opened(chromium, file, java_script_enabled=False) as page:
        assert page.locator(f'[id="{CHECK}"] .body').is_visible()
        page.locator('[id="task1.listens"] > summary').click()
        assert page.locator('[id="task1.listens"] .body').is_visible()


def test_by_keyboard(chromium, file):
    """The first stop leads to the content; a check is unfolded by its line; every stop can be seen."""
    with opened(chromium, file) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        page.keyboard.press("Enter")
        page.locator('[id="task1.listens"] > summary').focus()
        page.keyboard.press("Enter")
        assert page.locator('[id="task1.listens"] .body').is_visible()
        stops = 0
        while page.evaluate("document.activeElement !== document.body"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            page.keyboard.press("Tab")
            stops += 1
        assert stops > 10


def test_for_screen_readers(chromium, file):
    """Landmarks, headings, the drawing and its table have roles and names."""
    with opened(chromium, file) as page:
        for landmark in (
            page.get_by_role("banner"),
            page.get_by_role("main"),
            page.get_by_role("contentinfo"),
            page.get_by_role("navigation", name="Tasks"),
        ):
            assert landmark.count() == 1
        assert page.get_by_role("heading", level=1).inner_text() == "ada"
        assert page.get_by_role("heading", level=3).count() == 6
        assert page.get_by_role("img", name="Sequence diagram").count() == 2
        page.evaluate(OPEN_ALL)
        assert page.get_by_role("columnheader").count() == 3 * 4


def visible(page, selector: str) -> set[bool]:
    """Whether such elements are drawn."""
    return set(page.locator(selector).evaluate_all("all => all.map(one => one.checkVisibility())"))


def test_on_paper(chromium, file):
    """In print all of a failed check is unfolded, black on white whatever the screen; what passed stays a line."""
    with opened(chromium, file, dark=True) as page:
        inner = f'[id="{CHECK}"] details table, [id="{CHECK}"] .guide, [id="{CHECK}"] .stack'
        assert False in visible(page, inner)
        page.emulate_media(media="print", color_scheme="dark")
        assert visible(page, inner) == {True}
        assert visible(page, '[id="task1.listens"] .body') == {False}
        assert visible(page, ".back") == {False}
        style = "(one => [one.backgroundColor, one.color])(getComputedStyle(document.body))"
        assert page.evaluate(style) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        red = page.locator(f'[id="{CHECK}"] .word').evaluate("one => getComputedStyle(one).color")
        assert contrast("#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", red)), "#ffffff") >= 4.5
        assert page.locator("pre:visible").evaluate_all(
            "all => all.every(one => one.scrollHeight <= one.clientHeight + 1)"
        )


def test_what_a_student_writes_never_acts(chromium, tmp_path):
    """Scripts, handlers, ends of styles and other markup are seen as text in every place, and nothing of them runs or loads."""
    path = tmp_path / "hostile.html"
    path.write_text(student_page(everywhere(HOSTILE), {}))
    with opened(chromium, path) as page:
        page.evaluate(OPEN_ALL)
        assert "<script>alert(1)</script><img src=x onerror=alert(2)>" in page.inner_text("h1")
        assert page.locator("img, iframe, object, embed, base, form").count() == 0
        assert page.locator("script").count() == 1
        assert "{{ 7 * 7 }}" in page.inner_text("body")
        for selector in (
            "svg text.label",
            "svg text.mark",
            "table td",
            ".code .text",
            ".screen",
            ".printed",
            "footer dd",
        ):
            assert page.locator(selector, has_text="<script>alert(1)").count() or "…" in (
                page.locator(selector).first.text_content() or ""
            )


@pytest.mark.parametrize(
    "injected",
    [
        "<script>document.title = 'run'</script>",
        "<b onclick='document.title = 1'>x</b>",
        "<b style='color: red'>x</b>",
        "<style>b { color: red }</style>",
        "<img src='x.png'>",
    ],
)
def test_the_policy_holds(chromium, file, tmp_path, injected):
    """Even markup that got into a page would not act: only our own style and script may, and the browser complains."""
    path = tmp_path / "injected.html"
    path.write_text(file.read_text().replace("</h1>", f"</h1>{injected}"))
    complaints: list[str] = []
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(path.as_uri())
    title = page.title()
    page.locator("h1 + *").dispatch_event("click")
    assert page.title() == title
    assert page.locator("h1 + b").evaluate_all(
        "all => all.every(one => getComputedStyle(one).color != 'rgb(255, 0, 0)')"
    )
    assert any("Content Security Policy" in said for said in complaints)
    context.close()


def test_a_real_page(chromium, tmp_path):
    """The page of a real run opens without a complaint, shows what went wrong, and is small."""
    path = tmp_path / "echoes.html"
    path.write_text(html(run("echoes_to_sender", CHECK, "task1.leave")))
    with opened(chromium, path, width=PHONE) as page:
        mark = page.locator(f'[id="{CHECK}"] .narrow text.mark')
        assert mark.text_content() == "should not have come"
        box = box_of(mark)
        assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE
    assert path.stat().st_size < 100_000
