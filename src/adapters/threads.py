"""Threads that compute, and step back when the event loop has something to do (ADR 42)."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

#: How much nicer these threads are than the event loop; on one core beside it they get a tenth.
STEPS_BACK = 10


def computing_threads(most: int | None = None, name: str = "computing") -> ThreadPoolExecutor:
    """Threads for work that takes a while; threads of libraries begun in them are alike.

    Args:
        most: Most threads; what Python takes for good where left out.
        name: What their names begin with.
    """
    return ThreadPoolExecutor(most, name, _step_back)


def _step_back() -> None:
    if sys.platform == "linux":  # there of this thread, elsewhere of the whole process
        os.nice(STEPS_BACK)
