"""What something costs, compared within one run: no machine has a usual speed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

_TURNS = 3


def cost(action: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time, of the cheapest of some turns."""

    def once() -> float:
        gc.collect()
        gc.disable()  # its collections go through all that the tests before have left
        try:
            started = time.process_time()
            action()
            return time.process_time() - started
        finally:
            gc.enable()

    return min(once() for _ in range(times))


def grows_linearly(action: Callable[[int], object], size: int, span: int = 20) -> bool:
    """Whether `span` times the size costs about as many times as much, and not the square of that.

    There is room for memory that no cache holds any more; the larger the span, the more. What grows with the square does so
    each time; a machine that was held up in one of the turns is asked again.
    """
    return any(
        cost(lambda: action(size), times=1) < span**1.6 * cost(lambda: action(size // span)) for _ in range(_TURNS)
    )
