"""Test that the picture in the README is what the program shows today."""

from __future__ import annotations

import pytest
from support import picture


def test_the_picture_is_up_to_date() -> None:
    """A run on the example that the README shows looks as it does there."""
    if picture.draw() != picture.PICTURE.read_text(encoding="utf-8"):
        pytest.fail("the program's report looks different now: run `python tests picture`", pytrace=False)
