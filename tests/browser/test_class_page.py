"""The page of a class in a browser: open, sort, filter, follow links; on every width, in the dark, and without its script."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
from support.browser import LAPTOP, PHONE, WALL, box_of, opened
from support.class_of_many import class_of, invented
from support.class_pages import page, page_of
from support.class_samples import csv_rows, graded, hostile, sample_class
from support.report_samples import failed, report, result

from grader.results.graded import Class, Entry, Person
from grader.results.overview import HandInRow, overview
from grader.text import sinks

SMALL = class_of(invented(), 60)
ROWS = "#table tbody tr:not([hidden])"
STUDENT = "<!doctype html><html lang=en><meta charset=utf-8><title>{}</title><p id='task1.broadcast'>the check</p>"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The page of a class of a thousand."""
    file = tmp_path_factory.mktemp("large") / "index.html"
    file.write_text(page(class_of(invented(), 1000)), "utf-8")
    return file


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The page of a class of sixty."""
    return written(tmp_path_factory.mktemp("small"), SMALL)


def written(folder, class_):
    """The page of a class, and beside it a page for each hand-in."""
    for one in class_.graded:
        file = folder / page_of(one.entry.key)
        file.parent.mkdir(exist_ok=True)
        file.write_text(STUDENT.format(sinks.html(one.entry.key)), "utf-8")
    (folder / "index.html").write_text(page(class_), "utf-8")
    return folder / "index.html"


def texts(shown, column=1):
    """What stands in a column of the rows that are shown; the key, if no other is asked for."""
    return shown.evaluate(
        "([rows, column]) => Array.from(document.querySelectorAll(rows), (row) => row.cells[column].textContent)",
        [ROWS, column],
    )


def keys(rows):
    """The keys of rows of an overview."""
    return [row.key for row in rows]


def told(shown):
    """How many rows are shown, as it is announced."""
    return shown.inner_text("#shown")


def by_score(sign: int, row: HandInRow) -> tuple[float, str]:
    """The key to sort by score, ascending with 1, descending with -1; equal ones by name."""
    return (sign * row.score, row.key)


def head(shown, title):
    """The button at the head of a column, by the beginning of its name."""
    return shown.locator(f"#table thead th button:has-text('{title}')").first


OF_SMALL = overview(SMALL.graded, SMALL.check_points)


# -- how it looks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, LAPTOP, WALL])
def test_it_fits(chromium, small, width, dark):
    """Nothing is wider than the window but the table, which scrolls in its own box; names and heads stay in sight there."""
    with opened(chromium, small, width=width, dark=dark) as shown:
        shown.wait_for_selector("td.v a")
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        background = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
        shown.evaluate("document.getElementById('box').scrollTo(200, 300)")
        box, name, column = (
            box_of(shown.locator(what).first) for what in ("#box", f"{ROWS} th", "#table thead th[data-check]")
        )
        assert name["x"] == pytest.approx(box["x"], abs=2)
        assert column["y"] == pytest.approx(box["y"] + 20, abs=20)


def test_failures_stand_out(chromium, small):
    """Each verdict has a sign and a colour of its own."""
    with opened(chromium, small) as shown:
        shown.wait_for_selector("td.v a")
        looks = shown.evaluate(
            "Array.from(document.querySelectorAll('.legend i'),"
            " (one) => [one.textContent, getComputedStyle(one).backgroundColor])"
        )
        assert len({sign for sign, _ in looks}) == len(looks) == 7
        colours = Counter(colour for _, colour in looks)
        assert set(colours.values()) == {1}


# -- numbers -----------------------------------------------------------------------------------------------------------


def ending(line, check, points):
    """How a cell's name ends that has what the line of the CSV has."""
    return rf", {line[check]} of \d+$" if points and line[check] else ".*"


@pytest.mark.parametrize("class_", [sample_class(), SMALL], ids=["sample", "small"])
def test_numbers_are_those_of_the_csv(chromium, tmp_path, class_):
    """Every number that the browser shows in a row is that of the CSV, check by check; what is empty there is empty here."""
    lines = {line["submission"]: line for line in csv_rows(class_)}
    with opened(chromium, written(tmp_path, class_)) as shown:
        shown.evaluate("window.dispatchEvent(new Event('beforeprint'))")  # fills all rows
        titles = shown.evaluate(
            "Array.from(document.querySelectorAll('#table [data-sort=number]'), (one) => one.textContent.trim())"
        )
        checks = shown.evaluate(
            "Array.from(document.querySelectorAll('#table th[data-check]'), (th) => [th.dataset.check, +th.dataset.points])"
        )
        table = shown.evaluate(
            "(rows) => Array.from(document.querySelectorAll(rows), (row) => Array.from(row.cells, (cell) =>"
            " (cell.querySelector('td a') || {ariaLabel: cell.textContent}).ariaLabel))",
            ROWS,
        )
    in_csv = {"score": "score", "bonus": "bonus", "open": "awaiting_review", "penalty": "penalty"}
    assert {row[1] for row in table} == lines.keys()
    for name, key, *cells in table:
        line = lines[key]
        numbers = dict(zip(titles, cells, strict=False))
        assert {title: numbers[title] for title in titles if title in in_csv} == {
            title: line[in_csv[title]] for title in titles if title in in_csv
        }
        assert line["name"] in name or not line["name"]
        for (check, points), cell in zip(checks, cells[len(titles) :], strict=True):
            assert re.search(ending(line, check, points), cell)
            word = {"pass": "passed", "fail": "failed", "skip": "not"}.get(line[check])
            assert word is None or f"{check}: {word}" in cell
            if points:
                assert (" of " in cell.rpartition(": ")[2]) == bool(line[check])


def test_the_numbers_of_checks_are_those_of_the_rows(chromium, small):
    """As many rows are shown as a count said that it is about."""
    with opened(chromium, small) as shown:
        buttons = shown.locator("#checks + div [data-letter-of], #table [data-letter-of]")
        assert buttons.count() > 10
        for place in range(0, buttons.count(), 3):
            button = buttons.nth(place)
            count = (button.get_attribute("title") or button.inner_text()).split()[0]
            button.click()
            assert told(shown) == f"{count} of 60 shown"
            assert len(texts(shown)) == int(count)


# -- sorting -----------------------------------------------------------------------------------------------------------


def test_sorting_by_numbers(chromium, small):
    """The highest first, then the lowest; who has no number comes last both times; the head says which way."""
    with opened(chromium, small) as shown:
        assert texts(shown) == keys(OF_SMALL.rows)
        score = head(shown, "score")
        missing = keys(row for row in OF_SMALL.rows if not row.graded)
        for sign, order in ((-1, "descending"), (1, "ascending")):
            score.click()
            wanted = sorted(OF_SMALL.graded, key=partial(by_score, sign))
            assert texts(shown) == keys(wanted) + missing
            assert score.locator("..").get_attribute("aria-sort") == order
        assert shown.locator("#table [aria-sort=ascending], #table [aria-sort=descending]").count() == 1


def test_sorting_by_text(chromium, small):
    """Names go by the alphabet, whatever their accents; a second click turns them round."""
    with opened(chromium, small) as shown:
        head(shown, "name").click()
        names = texts(shown, 0)
        plain = shown.evaluate(
            "(names) => names.map((one) => one.normalize('NFKD').replace(/\\p{M}/gu, '').toLowerCase())", names
        )
        assert [name[0] for name in plain] == sorted(name[0] for name in plain)
        assert names[0] != texts(shown, 0)[-1]
        head(shown, "key").click()
        assert texts(shown) == keys(OF_SMALL.rows)
        head(shown, "key").click()
        assert texts(shown) == keys(OF_SMALL.rows)[::-1]


def test_sorting_by_a_check_with_the_keyboard(chromium, small):
    """Those who fail it come first, and those without a report last."""
    with opened(chromium, small) as shown:
        head(shown, "announce").focus()
        shown.keyboard.press("Enter")
        found = {row.key: row.cells["task3.announce"].status if row.graded else "-" for row in OF_SMALL.rows}
        statuses = [found[key] for key in texts(shown)]
        assert statuses == sorted(statuses, key=("fail", "pass", "-").index)
        assert len(set(statuses)) == 3
        assert shown.locator("th[data-check='task3.announce']").get_attribute("aria-sort") == "ascending"


# -- filtering ---------------------------------------------------------------------------------------------------------


def test_filtering_by_words(chromium, small):
    """A part of a name or key, in any case and without its accents, finds rows; how many is announced."""
    with opened(chromium, small) as shown:
        assert told(shown) == "60 of 60 shown"
        assert shown.get_attribute("#shown", "aria-live") == "polite"
        named = [row for row in OF_SMALL.rows if "müller" in " ".join((*row.names, row.key)).lower()]
        shown.fill("#words", "MULLER")
        assert texts(shown) == keys(named) != []
        assert told(shown) == f"{len(named)} of 60 shown"
        shown.fill("#words", OF_SMALL.rows[7].key)
        assert texts(shown) == [OF_SMALL.rows[7].key]
        shown.fill("#words", "nobody is called so")
        assert told(shown) == "0 of 60 shown"


def test_filtering_by_what_is_to_be_done(chromium, small):
    """Those who await a review, were late, or need a person."""
    with opened(chromium, small) as shown:
        for flag, wanted in {
            "review": [row for row in OF_SMALL.rows if row.awaiting_review],
            "late": [row for row in OF_SMALL.rows if row.late],
        }.items():
            shown.select_option("#flag", flag)
            assert texts(shown) == keys(wanted) != []
        shown.select_option("#flag", "")
        assert told(shown) == "60 of 60 shown"


def test_filtering_by_a_check(chromium, small):
    """A check's count shows its rows, and scrolls to its column; the filter is named, and a click takes it away."""
    with opened(chromium, small, width=PHONE) as shown:
        shown.click("#check-task5\\.frames [data-letter-of=a]")
        wanted = [row for row in OF_SMALL.rows if row.graded and row.cells["task5.frames"].status == "absent"]
        assert texts(shown) == keys(wanted) != []
        assert shown.inner_text("#group").startswith("task5.frames: not handed in")
        column, box = (box_of(shown.locator(what)) for what in ("th[data-check='task5.frames']", "#box"))
        assert box["x"] < column["x"] < box["x"] + box["width"]
        shown.fill("#words", wanted[0].key)
        assert texts(shown) == [wanted[0].key]
        shown.click("#group")
        shown.fill("#words", "")
        assert told(shown) == "60 of 60 shown"
        assert shown.locator("#group").is_hidden()


def test_filtering_by_a_cause(chromium, small):
    """The hand-ins that share a mistake are shown alone."""
    with opened(chromium, small) as shown:
        cause = shown.locator(".cluster", has_text="skip the sender's connection").first
        cause.get_by_role("button", name="show in the table").click()
        (cluster,) = (one for one in OF_SMALL.clusters if "skip the sender" in str(one.symptom.hint))
        assert texts(shown) == list(cluster.first_checks)
        assert "skip the sender's connection" in shown.inner_text("#group")
        assert box_of(shown.locator("#students"))["y"] < 100


# -- links -------------------------------------------------------------------------------------------------------------


def test_a_cell_leads_to_the_check(chromium, small):
    """From a failed check to the page of the hand-in, at that check."""
    with opened(chromium, small) as shown:
        link = shown.locator("a.v-f[aria-label*='task1.broadcast: failed, 0 of 4']").first
        key = link.locator("xpath=ancestor::tr").locator("td").first.text_content()
        link.click()
        shown.wait_for_url("**/students/**")
        assert shown.title() == key
        assert shown.url.endswith("#task1.broadcast")
        assert shown.locator(":target").inner_text() == "the check"


def test_a_cause_leads_to_its_students(chromium, small):
    """Under each cause stand its students, each with the check."""
    with opened(chromium, small) as shown:
        cause = shown.locator(".cluster", has_text="skip the sender's connection").first
        cause.locator("summary").click()
        cause.locator(".who a").first.click()
        shown.wait_for_url("**/students/**")
        assert shown.url.endswith("#task1.broadcast")


def test_arrows_go_from_cell_to_cell(chromium, small):
    """One stop of the tab key for each row, arrows within; cells say whose they are, and of which check."""
    with opened(chromium, small) as shown:
        shown.wait_for_selector("td.v a")
        shown.locator(f"{ROWS} th a").first.focus()
        shown.keyboard.press("ArrowRight")
        here = "document.activeElement.ariaLabel || document.activeElement.textContent"
        first, second = (", ".join(row.names) for row in OF_SMALL.rows[:2])
        assert shown.evaluate(here).startswith(f"{first}, task1.listens: passed, 2 of 2")
        assert shown.inner_text("#pointed").startswith(f"{first}, task1.listens")
        shown.keyboard.press("ArrowDown")
        assert shown.evaluate(here).startswith(f"{second}, task1.listens")
        shown.keyboard.press("ArrowLeft")
        assert shown.evaluate(here) == second
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.closest('tr').rowIndex") == 5
        for _ in range(60):
            shown.keyboard.press("ArrowDown")
        assert shown.evaluate("document.activeElement.closest('tr').rowIndex") == 62


KEYS = ["a b", "a#b?c", "..", "%41", "a:b", 'x"y', "Ünï", "javascript:alert(1)"]


def test_odd_keys_lead_to_their_pages(chromium, tmp_path):
    """A key may hold whatever a file's name may: its link leads to its page, at the check."""
    people = (Person("Ada"),)
    made = [replace(graded(key, report(failed("task1.broadcast"))), entry=Entry(key, people)) for key in KEYS]
    with opened(chromium, written(tmp_path, Class(tuple(made)))) as shown:
        for key in KEYS:
            row = shown.locator(ROWS, has=shown.locator(f"td.key >> text={quote_text(key)}"))
            row.locator("td.v a").click()
            shown.wait_for_url("**/students/**")
            assert shown.title() == key
            assert shown.evaluate("location.hash") == "#task1.broadcast"
            shown.go_back()


def quote_text(text):
    """A text to look for, exactly."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# -- a large class -----------------------------------------------------------------------------------------------------


def test_a_thousand(chromium, large):
    """All rows are there at once, and cells where one looks: what is not seen costs nothing, in any order."""
    cells = "document.querySelectorAll('td.v').length"
    with opened(chromium, large) as shown:
        shown.wait_for_selector("td.v a")
        assert len(texts(shown)) == 1000
        assert 0 < shown.evaluate(cells) < 64 * 200
        last = texts(shown)[-1]
        shown.locator(f"{ROWS}:last-child td.key").scroll_into_view_if_needed()
        shown.wait_for_selector(f"{ROWS}:last-child td.v a")
        assert 0 < shown.evaluate(cells) < 64 * 200
        head(shown, "key").click()
        assert texts(shown)[0] == last
        shown.wait_for_selector(f"{ROWS}:first-child td.v a")
        assert 0 < shown.evaluate(cells) < 64 * 200


def test_sorting_a_thousand_is_as_cheap_as_reading_it(chromium, large):
    """To sort does not take longer than to read and lay out the page in the first place."""
    with opened(chromium, large) as shown:
        shown.wait_for_selector("td.v a")
        opening = shown.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
        sorting = min(
            shown.evaluate(
                """async (selector) => {
                  const began = performance.now();
                  document.querySelector(selector).click();
                  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                  return performance.now() - began;
                }""",
                f"[data-sort={kind}]",
            )
            for kind in ("number", "text", "check")
        )
        assert sorting < opening


# -- hostile text, no script, paper ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script><!--",
        '"><img src=https://example.org/x.png onerror=alert(1)>',
        "\u2028\u202egnp.exe\x1b[2J\x00",
        "&lt;b&gt; <b>bold</b> ${alert(1)} {{ 7 * 7 }}",
    ],
)
def test_hostile_text_is_text(chromium, tmp_path, text):
    """What a student writes stands there, spelled out where it would hide, also where the script puts it."""
    bad = hostile(text)
    again = replace(bad, entry=replace(bad.entry, key=f"{text}2"))
    with opened(chromium, written(tmp_path, Class((bad, again)))) as shown:
        shown.wait_for_selector("td.v a")
        visible = sinks.xml(text)
        assert (shown.locator(f"{ROWS} th a").first.text_content() or "").startswith(visible)
        shown.locator(".cluster button").first.click()
        assert visible in shown.inner_text("#group")
        shown.locator("td.v a").first.hover()
        assert shown.inner_text("#pointed").startswith(visible.strip())
        assert (shown.locator("td.v a").first.get_attribute("aria-label") or "").startswith(visible)
        assert shown.evaluate("document.images.length + document.scripts.length") == 1
        assert shown.locator("b:has-text('bold')").count() == 0


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_name_without_blanks_wraps(chromium, tmp_path, script):
    """However long a name is, and wherever it stands, the page of a phone does not scroll sideways."""
    long = hostile("n" * 300)
    again = replace(long, entry=replace(long.entry, key="m" * 200))
    broken = replace(long, entry=replace(long.entry, key="k" * 200), report=None, error="e" * 300)
    file = tmp_path / "index.html"
    file.write_text(page(Class((long, again, broken))), "utf-8")
    with opened(chromium, file, width=PHONE, java_script_enabled=script) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        if script:
            shown.locator(".cluster button").first.click()
            shown.locator("td.v a").first.hover()
        assert "n" * 300 in shown.inner_text("main")
        assert shown.evaluate("document.documentElement.scrollWidth") == PHONE


def test_without_its_script(chromium, small):
    """Scores, causes and links are there; that the table of checks is not is said."""
    with opened(chromium, small, java_script_enabled=False) as shown:
        assert (
            shown.locator("noscript")
            .inner_text()
            .startswith("The table of checks, sorting and filtering need the script")
        )
        rows = shown.locator(ROWS)
        assert rows.count() == 60
        assert rows.first.inner_text().split("\t")[1:3] == [OF_SMALL.rows[0].key, str(OF_SMALL.rows[0].score)]
        assert shown.locator(".tools").is_hidden()
        assert shown.locator("#table thead th[data-check]").first.is_hidden()
        rows.first.locator("a").click()
        shown.wait_for_url("**/students/**")
        assert shown.title() == OF_SMALL.rows[0].key


def test_on_paper(chromium, small):
    """All rows are printed with their cells, black on white, and fit across a page."""
    with opened(chromium, small, width=1047, dark=True) as shown:
        shown.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        shown.emulate_media(media="print")
        assert shown.locator("td.v").count() == 60 * 64
        assert shown.evaluate("document.documentElement.scrollWidth") <= 1047
        assert shown.evaluate("document.getElementById('table').offsetHeight") > 60 * 5
        assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_class_without_other_names(chromium, tmp_path):
    """Where the keys are all there is, there is no second column for them, and cells stand under their heads."""
    class_ = Class(tuple(graded(key, report(result("a"), failed("b"))) for key in ("ada", "bob")))
    with opened(chromium, written(tmp_path, class_)) as shown:
        shown.wait_for_selector("td.v a")
        assert shown.locator("td.key").count() == 0
        for check, letter in (("a", "p"), ("b", "f")):
            over, under = (
                box_of(shown.locator(what).first) for what in (f"th[data-check={check}]", f"td.v a.v-{letter}")
            )
            assert over["x"] == pytest.approx(under["x"], abs=1)
            assert over["width"] == pytest.approx(under["width"], abs=2)
