"""What something costs, compared within one run: no machine has a usual speed."""

from __future__ import annotations

import time
from collections.abc import Callable


def cost(action: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time, of the cheapest of some turns."""

    def once() -> float:
        started = time.process_time()
        action()
        return time.process_time() - started

    return min(once() for _ in range(times))


def grows_linearly(action: Callable[[int], object], size: int, span: int = 20) -> bool:
    """Whether `span` times the size costs about as many times as much, and not the square of that.

    There is room for memory that no cache holds any more; the larger the span, the more.
    """
    small, large = cost(lambda: action(size // span)), cost(lambda: action(size), times=1)
    return large < span**1.6 * small
