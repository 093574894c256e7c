"""The harness for pages: what a page does wrong is noticed."""

from __future__ import annotations

import pytest
from support.browser import opened


@pytest.mark.parametrize(
    "body",
    [
        "<script>console.error('oh')</script>",
        "<script>undefined_function()</script>",
        "<script>alert(1)</script>",
        "<img src='https://example.org/a.png'>",
        "<link rel='stylesheet' href='../elsewhere.css'>",
    ],
)
def test_what_a_page_does_wrong_is_noticed(chromium, tmp_path, body):
    """An error, a dialog, and anything loaded from elsewhere fail a test."""
    (tmp_path / "pages").mkdir()
    file = tmp_path / "pages" / "page.html"
    file.write_text(f"<!doctype html><title>t</title><body>{body}")
    with pytest.raises(AssertionError), opened(chromium, file):
        pass


def test_a_good_page_passes(chromium, tmp_path):
    """A page that only shows something is fine, at any width, light and dark."""
    file = tmp_path / "page.html"
    file.write_text("<!doctype html><title>t</title><p>hello")
    for dark in (False, True):
        with opened(chromium, file, width=390, dark=dark) as page:
            assert page.inner_text("p") == "hello"
            assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is dark
