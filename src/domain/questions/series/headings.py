"""What the rows of a series stand under: a stretch of time, and a group of events."""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from .cells import Level
from .timelines import Span


@frozen(eq=False)
class Stretch:
    """What all rows of a level and a stretch have in common.

    Args:
        level: Their level.
        span: What is counted.
        start: Where their interval begins; None where intervals are summed up. [UTC]
        complete: Whether the stretch lies in the past.
        beside: The stretch that it is compared with; None without.
        compared_start: Where the interval begins that it is compared with; None without. [UTC]
    """

    level: Level
    span: Span
    start: datetime | None
    complete: bool
    beside: Span | None
    compared_start: datetime | None


@frozen(eq=False)
class Group:
    """What all rows of a level and a group have in common.

    Args:
        level: Their level.
        dimensions: Their dimensions and their values.
    """

    level: Level
    dimensions: Mapping[str, str]
