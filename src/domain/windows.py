"""Half-open stretches of time and their buckets in local time.

A bucket is ``[start, next start)``; its start is the first instant whose local
clock shows the bucket's label. Days of 23, 24½ or 25 hours come out right, a
day that a zone skipped (Apia, 2011-12-30) has no bucket, and a day without a
midnight (São Paulo, 2018-11-04) starts with the first instant it has.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from attrs import frozen

from .errors import InvalidWindow, UnknownTimezone

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@frozen
class TimeWindow:
    """A half-open stretch of time, ``start <= t < end``.

    Raises:
        InvalidWindow: If ``end`` is not after ``start``, a bound is naive, or a
            bound lies outside the years 1970 to 2199.
    """

    start: datetime
    end: datetime

    def __attrs_post_init__(self) -> None:
        for name, bound in (("start", self.start), ("end", self.end)):
            if bound.tzinfo is None:
                raise InvalidWindow(f"{name} must carry a UTC offset", path=(name,), code="naive")
            if not EARLIEST <= bound <= LATEST:
                raise InvalidWindow(
                    f"{name} must lie in the years 1970 to 2199", path=(name,), code="out_of_range"
                )
        if self.end <= self.start:
            raise InvalidWindow(
                f"end ({self.end.isoformat()}) must be after start ({self.start.isoformat()})",
                path=("end",),
                code="reversed",
            )

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    @property
    def seconds(self) -> float:
        """Length. [s]"""
        return (self.end - self.start).total_seconds()


def check_day(name: str, day: date | None) -> None:
    """Refuse a date that nothing can be known of.

    Raises:
        InvalidWindow: If it lies outside the years 1970 to 2199; it names the field.
    """
    if day is not None and not EARLIEST.date() <= day < LATEST.date():
        raise InvalidWindow(
            f"{name} must lie in the years 1970 to 2199", path=(name,), code="out_of_range"
        )


class Interval(StrEnum):
    """How long a bucket is, by the local clock or calendar."""

    QUARTER_HOUR = "quarter_hour"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_CLOCK_STEPS = {
    Interval.QUARTER_HOUR: timedelta(minutes=15),
    Interval.HOUR: timedelta(hours=1),
}


@frozen(slots=False)
class Bucket:
    """One bucket of a time axis.

    Args:
        start: First instant. [UTC]
        end: First instant after it. [UTC]
        local_start: ``start`` by the local clock, with its offset.
        hours: Length. [h]
    """

    start: datetime
    end: datetime
    local_start: datetime
    hours: float


def timezone(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        UnknownTimezone: If the database does not hold the name.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise UnknownTimezone(name) from None


def floor(at: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    """The start of the bucket that holds an instant. [UTC]

    Weeks start on Monday (ISO 8601).

    >>> at = datetime(2025, 3, 9, 7, tzinfo=UTC)
    >>> floor(at, Interval.DAY, ZoneInfo("America/New_York")).isoformat()
    '2025-03-09T05:00:00+00:00'
    """
    at = at.astimezone(UTC)
    if interval in _CLOCK_STEPS:
        return clock_floor(at, _CLOCK_STEPS[interval], zone)
    return calendar_floor(
        at,
        zone,
        lambda day: calendar_start(day, interval),
        lambda start: calendar_next(start, interval),
    )


def calendar_floor(
    at: datetime,
    zone: ZoneInfo,
    start_of: Callable[[date], date],
    next_of: Callable[[date], date],
) -> datetime:
    """The start of the calendar period that holds an instant. [UTC]

    Args:
        at: The instant, in UTC.
        zone: Whose calendar.
        start_of: The first day of the period that holds a day.
        next_of: The first day of the period after the one that starts on a day.
    """
    label = start_of(at.astimezone(zone).date())
    # A clock set back over midnight shows yesterday's date again after today has
    # begun, so the date alone may name one bucket too few.
    following = midnight(next_of(label), zone)
    if following <= at:
        return following
    start = midnight(label, zone)
    if start <= at:
        return start
    return midnight(start_of(label - timedelta(days=1)), zone)


def calendar_end(start: datetime, zone: ZoneInfo, next_of: Callable[[date], date]) -> datetime:
    """The end of the calendar period that begins at an instant; skipped ones have none. [UTC]

    Args:
        start: Where it begins, in UTC.
        zone: Whose calendar.
        next_of: The first day of the period after the one that holds a day.
    """
    following = next_of(start.astimezone(zone).date())
    while (end := midnight(following, zone)) <= start:  # a period that the zone skipped
        following = next_of(following)
    return end


def buckets(window: TimeWindow, interval: Interval, zone: ZoneInfo) -> tuple[Bucket, ...]:
    """The buckets that touch a window, whole and in order; together they cover it."""
    return tuple(_buckets(window, interval, zone))


def _buckets(window: TimeWindow, interval: Interval, zone: ZoneInfo) -> Iterator[Bucket]:
    start = floor(window.start, interval, zone)
    while start < window.end:
        end = _next(start, interval, zone)
        hours = (end - start) / timedelta(hours=1)
        yield Bucket(start, end, start.astimezone(zone), hours)
        start = end


def calendar_start(day: date, interval: Interval) -> date:
    """The first day of the day, week, month, quarter or year that holds a date."""
    match interval:
        case Interval.WEEK:
            return day - timedelta(days=day.weekday())
        case Interval.MONTH:
            return day.replace(day=1)
        case Interval.QUARTER:
            return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        case Interval.YEAR:
            return date(day.year, 1, 1)
        case _:
            return day


def calendar_next(start: date, interval: Interval) -> date:
    """The first day after the period that starts on a date."""
    match interval:
        case Interval.WEEK:
            return start + timedelta(weeks=1)
        case Interval.MONTH:
            return add_months(start, 1)
        case Interval.QUARTER:
            return add_months(start, 3)
        case Interval.YEAR:
            return date(start.year + 1, start.month, 1)
        case _:
            return start + timedelta(days=1)


def add_months(first: date, months: int) -> date:
    """The first of a month, so many months later (or earlier, if negative)."""
    return month_numbered(month_number(first) + months)


def month_number(day: date) -> int:
    """The number of the month that holds a date; the one after it has the next. [months]

    >>> month_number(date(2025, 10, 31)) - month_number(date(2024, 12, 1))
    10
    """
    return day.year * 12 + day.month - 1


def month_numbered(number: int) -> date:
    """The first day of the month with a number."""
    return date(number // 12, number % 12 + 1, 1)


def _next(start: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    if interval in _CLOCK_STEPS:
        return clock_end(start, _CLOCK_STEPS[interval], zone)
    return calendar_end(
        start, zone, lambda day: calendar_next(calendar_start(day, interval), interval)
    )


def clock_floor(at: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    """The last instant at or before one at which the local clock showed a multiple of a step. [UTC]

    A change of the clock begins a bucket, too.
    """
    offset = _offset(at, zone)
    midnight = datetime(at.year, at.month, at.day, tzinfo=UTC)
    start = at - (at - midnight + offset) % step
    if _offset(start, zone) == offset:
        return start
    return max(start, _change(start, at, zone))


def clock_end(start: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    """The end of the bucket of a step that begins at an instant. [UTC]"""
    offset = _offset(start, zone)
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    end = start + step - (start - midnight + offset) % step
    return end if _offset(end, zone) == offset else min(end, _change(start, end, zone))


@lru_cache(maxsize=16_384)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day; of a skipped day, that of the next. [UTC]"""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone)
    start = wall.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return start
    # No such midnight: fold 0 and fold 1 lie on either side of the clock change.
    return _change(wall.replace(fold=1).astimezone(UTC), start, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant in (before, after] at which the zone's offset changes, to the second."""
    offset = _offset(after, zone)
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        middle = max(middle, before + timedelta(seconds=1))
        if _offset(middle, zone) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
