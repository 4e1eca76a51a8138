"""Which intervals of a question are over."""

from datetime import datetime

from ..windows import TimeWindow
from .grains import Axis


def closed(axis: Axis, window: TimeWindow, now: datetime) -> tuple[bool, ...]:
    """Per interval, whether it is over and all of what is left of it lies in the range.

    Args:
        axis: The intervals that touch the range.
        window: The range; an interval that its end cuts never counts as over.
        now: When it is asked. [UTC]
    """
    seen = min(now, window.end)
    return tuple(end <= seen for end in axis.bounds[1:])


def closed_until(axis: Axis, window: TimeWindow, now: datetime) -> datetime:
    """The instant up to which no interval is open; the start of the range if the first is. [UTC]"""
    if now >= window.end:
        return window.end
    ended = [bound for bound in axis.bounds if window.start < bound <= now]
    return max(ended, default=window.start)
