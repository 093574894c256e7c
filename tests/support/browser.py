"""Opens pages in the Chromium of this system, headless; whatever a page complains of or tries to load fails the test."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, FloatRect, Locator, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_LIMIT = 120_000  # milliseconds: only ends a test that has failed
PHONE, LAPTOP, WALL = 390, 1280, 2000  # pixels of width


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A browser of our own, for as many pages as one likes; without one on this system, the test is skipped."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=_LIMIT
        )  # root has no other way
        try:
            yield chromium
        finally:
            chromium.close()
    with contextlib.suppress(ChildProcessError):  # its orphans are ours where a test has made this process their owner
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@contextlib.contextmanager
def opened(chromium: Browser, file: Path, *, width: int = LAPTOP, dark: bool = False, **more: Any) -> Iterator[Page]:
    """A page from a file. Asserts at the end that no error was logged and that nothing but files beside it was asked for."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", offline=True, **more
    )
    context.set_default_timeout(_LIMIT)
    page = context.new_page()
    complaints: list[str] = []
    asked_for: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", dismissed)
    page.on("request", lambda request: asked_for.append(request.url))
    try:
        page.goto(file.resolve().as_uri())
        yield page
        assert complaints == []
        folder = file.resolve().parent.as_uri()
        assert [url for url in asked_for if not url.startswith((folder, "data:"))] == []
    finally:
        context.close()


def box_of(shown: Locator) -> FloatRect:
    """Where an element stands on the page, in CSS pixels; AssertionError if it is not seen."""
    box = shown.bounding_box()
    assert box is not None
    return box
