"""Intervals of a question, cut in local time."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from attrs import frozen

from ..errors import Flaw, InvalidFields
from ..windows import (
    Interval,
    TimeWindow,
    calendar_end,
    calendar_floor,
    calendar_next,
    calendar_start,
    clock_end,
    clock_floor,
)

MOST_INTERVALS = 5_000
"""Most intervals of one question."""


class Grain(StrEnum):
    """How long an interval of a question is, by the local clock or calendar."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class WeekStart(StrEnum):
    """The first day of a week."""

    MONDAY = "monday"
    SUNDAY = "sunday"


_STEPS: Mapping[Grain, timedelta] = {
    Grain.MINUTE: timedelta(minutes=1),
    Grain.HOUR: timedelta(hours=1),
}

#: No interval is shorter.
_SHORTEST: Mapping[Grain, timedelta] = {
    **_STEPS,
    Grain.DAY: timedelta(hours=22),
    Grain.WEEK: timedelta(days=6),
    Grain.MONTH: timedelta(days=27),
    Grain.QUARTER: timedelta(days=89),
    Grain.YEAR: timedelta(days=364),
}


@frozen
class Calendar:
    """How time is cut into intervals.

    A bucket is half-open; days of 23 or 25 hours come out right, a day that a zone skipped
    has no bucket.

    Args:
        grain: How long an interval is.
        zone: Whose clock and calendar.
        week_start: The first day of a week.
    """

    grain: Grain
    zone: ZoneInfo
    week_start: WeekStart = WeekStart.MONDAY

    def floor(self, at: datetime) -> datetime:
        """The start of the interval that holds an instant. [UTC]"""
        at = at.astimezone(UTC)
        if step := _STEPS.get(self.grain):
            return clock_floor(at, step, self.zone)
        return calendar_floor(at, self.zone, self._start_of, self._next_of)

    def following(self, start: datetime) -> datetime:
        """The start of the interval after the one that begins at an instant. [UTC]"""
        if step := _STEPS.get(self.grain):
            return clock_end(start, step, self.zone)
        return calendar_end(start, self.zone, lambda day: self._next_of(self._start_of(day)))

    def axis(self, window: TimeWindow) -> "Axis":
        """The intervals that touch a window, whole and in order.

        Raises:
            InvalidFields: If there are more than 5,000.
        """
        if (window.end - window.start) / _SHORTEST[self.grain] > 2 * MOST_INTERVALS:
            raise _too_many()
        bounds = [self.floor(window.start)]
        while bounds[-1] < window.end:
            bounds.append(self.following(bounds[-1]))
            if len(bounds) > MOST_INTERVALS + 1:
                raise _too_many()
        return Axis(tuple(bounds))

    def _start_of(self, day: date) -> date:
        if self.grain is Grain.WEEK and self.week_start is WeekStart.SUNDAY:
            return day - timedelta(days=(day.weekday() + 1) % 7)
        return calendar_start(day, Interval(self.grain))

    def _next_of(self, start: date) -> date:
        return calendar_next(start, Interval(self.grain))


@frozen
class Axis:
    """Intervals that follow one another.

    Args:
        bounds: The start of each, and the end of the last. [UTC]
    """

    bounds: tuple[datetime, ...]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def starts(self) -> tuple[datetime, ...]:
        """The start of each interval. [UTC]"""
        return self.bounds[:-1]

    def index(self, at: datetime) -> int | None:
        """Which interval holds an instant, from 0; None if none does.

        >>> from datetime import UTC
        >>> Axis((datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))).index(
        ...     datetime(2026, 1, 1, 23, 59, tzinfo=UTC))
        0
        """
        if not self.bounds[0] <= at < self.bounds[-1]:
            return None
        return bisect_right(self.bounds, at) - 1


def _too_many() -> InvalidFields:
    message = f"the range holds more than {MOST_INTERVALS} intervals"
    return InvalidFields([Flaw(("interval",), "too_many", message)])
