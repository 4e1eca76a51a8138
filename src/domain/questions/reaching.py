"""How far a question reaches, from the events that it tells apart."""

from collections.abc import Iterable
from datetime import datetime

from .patterns import EventPattern
from .question import Reach


def reach_of(
    patterns: Iterable[EventPattern], start: datetime | None, end: datetime | None
) -> Reach:
    """The events that fit any of some patterns, at most.

    Args:
        patterns: What is told apart.
        start: Only events at or after this instant; None for all before.
        end: Only events before this instant; None for all after.
    """
    types = [one.types for one in patterns]
    if None in types:
        return Reach(start, end, None)
    return Reach(start, end, frozenset().union(*(one for one in types if one)))
