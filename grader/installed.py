"""The codelab of this installation: the one place that names `tasks`."""

from __future__ import annotations

from collections.abc import Mapping

from grader.model.codelab import Codelab


def tasks() -> Mapping[str, tuple[str, str]]:
    """The id of each task, with its name and its subject ("Task 1", "connect and chat"); no check is loaded for that."""
    from tasks import TASKS

    return TASKS


def load() -> Codelab:
    """The codelab of this installation."""
    from tasks.codelab import CODELAB

    return CODELAB
