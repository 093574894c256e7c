"""The codelab of this installation: the one place that names `tasks`."""

from __future__ import annotations

from grader.model.codelab import Codelab


def load() -> Codelab:
    """The codelab of this installation."""
    from tasks import CODELAB

    return CODELAB
