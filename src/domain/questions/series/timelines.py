"""The stretches of time that the cells of a series count."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from ...windows import EARLIEST, TimeWindow, midnight
from ..grains import Axis, Calendar, Grain, WeekStart
from ..ranges import QuestionRange
from .measures import Measure

Span: TypeAlias = tuple[datetime, datetime]

_DAY = timedelta(days=1)


@frozen
class Timeline:
    """The intervals of a range.

    Args:
        window: What is counted: the range, or more where its start was widened.
        starts: Where each interval begins, be it before the window; alone the window's start
            where there is no interval.
        spans: The part of each interval that lies in the window.
        end: Where the last interval ends, be it after the window.
        zone: Whose clock and calendar.
    """

    window: TimeWindow
    starts: tuple[datetime, ...]
    spans: tuple[Span, ...]
    end: datetime
    zone: ZoneInfo

    @property
    def whole(self) -> tuple[Span, ...]:
        """The window as one stretch."""
        return ((self.window.start, self.window.end),)

    def counted(
        self, measure: Measure, spans: tuple[Span, ...], *, cumulative: bool
    ) -> tuple[Span, ...]:
        """What a measure counts for each of some stretches: neither bound ever goes back.

        Args:
            measure: What is measured.
            spans: The stretches, in order.
            cumulative: Whether each counts from the beginning of the window.
        """
        if measure.trailing is not None:
            return tuple((before(end, measure.trailing, self.zone), end) for _, end in spans)
        if cumulative:
            return tuple((self.window.start, end) for _, end in spans)
        return spans


def timeline(
    asked: QuestionRange, interval: Grain | None, week_start: WeekStart, *, widened: bool
) -> Timeline:
    """The intervals of a range.

    Args:
        asked: The range.
        interval: How long an interval is; None for the range as one.
        week_start: The first day of a week.
        widened: Whether the first interval counts whole, be it begun before the range.

    Raises:
        InvalidFields: If there are more than 5,000.
    """
    window = asked.window
    if interval is None:
        whole = ((window.start, window.end),)
        return Timeline(window, (window.start,), whole, window.end, asked.zone)
    axis = Calendar(interval, asked.zone, week_start).axis(window)
    start = max(axis.bounds[0], EARLIEST)
    if widened and start < window.start:
        window = TimeWindow(start, window.end)
    return Timeline(window, axis.starts, _cut(axis, window), axis.bounds[-1], asked.zone)


def _cut(axis: Axis, window: TimeWindow) -> tuple[Span, ...]:
    bounds = (window.start, *axis.bounds[1:-1], window.end)
    return tuple(pairwise(bounds))


def compared_range(
    asked: QuestionRange, interval: Grain | None, week_start: WeekStart
) -> QuestionRange:
    """The period before a range.

    As many intervals before it, where the range is made of whole ones; else as many local
    days, where it begins and ends with one; else as long a stretch.

    Raises:
        InvalidFields: If it begins before 1970.
    """
    start, end, zone = asked.window.start, asked.window.end, asked.zone
    for grain in (interval, Grain.DAY):
        if grain is not None and grain not in {Grain.MINUTE, Grain.HOUR}:
            calendar = Calendar(grain, zone, week_start)
            if calendar.floor(start) == start and calendar.floor(end) == end:
                return _range(_earlier(calendar, start, len(calendar.axis(asked.window))), asked)
    return _range(start - (end - start), asked)


def _earlier(calendar: Calendar, start: datetime, count: int) -> datetime:
    for _ in range(count):
        start = calendar.floor(start - timedelta(microseconds=1))
    return start


def _range(start: datetime, asked: QuestionRange) -> QuestionRange:
    return QuestionRange(start.isoformat(), asked.window.start.isoformat(), asked.timezone)


def before(end: datetime, trailing: timedelta, zone: ZoneInfo) -> datetime:
    """Where a trailing window begins, not before 1970. [UTC]

    Whole days are local ones: it begins as long after midnight as it ends, or at the midnight
    after, if that day is shorter. A later end never begins earlier.

    >>> berlin = ZoneInfo("Europe/Berlin")  # whose clocks went forward on March 29
    >>> before(datetime(2026, 3, 31, tzinfo=berlin), timedelta(days=2), berlin).isoformat()
    '2026-03-28T23:00:00+00:00'
    """
    if end - EARLIEST <= trailing:
        return EARLIEST
    if trailing % _DAY:
        return end - trailing
    today = Calendar(Grain.DAY, zone).floor(end)
    day = today.astimezone(zone).date() - trailing
    return max(min(midnight(day, zone) + (end - today), midnight(day + _DAY, zone)), EARLIEST)
