"""When people of a sample organization are about: its ninety days, cut at local midnights."""

import math
from bisect import bisect_right
from datetime import datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from attrs import frozen

from .organizations import DAYS, SampleOrganization

DAY = 86_400_000  # [ms]
MINUTE = 60_000  # [ms]

_GROWTH = 1.9  # arrivals of the last day over those of the first
_CAMPAIGN = 3.0
_OUTAGE = 0.4
_WEEKEND = 0.45
#: How busy each hour of a working day and of a weekend day is.
_HOURS = (
    (1, 1, 1, 1, 1, 2, 5, 9, 16, 22, 24, 22, 17, 20, 23, 22, 19, 14, 10, 9, 8, 6, 4, 2),
    (2, 1, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 15, 14, 14, 14, 13, 13, 14, 15, 14, 11, 7, 4),
)
_TABLE = 4_096


@frozen
class Season:
    """The days of the range, in the time of the organization.

    Args:
        start, end: The range, half-open. [ms since 1970]
        midnights: When each local day begins, the first at or before ``start``. [ms since 1970]
        busy: How likely people are to come back on each day, 1 on a working day.
        arrivals: How many come for the first time on each day, in no unit.
        campaign: Whether the campaign ran on the day.
        down: Whether it was the day of the outage.
        minutes: For each day a table that turns a uniform number into a minute of the day.
    """

    start: int
    end: int
    midnights: tuple[int, ...]
    busy: tuple[float, ...]
    arrivals: tuple[float, ...]
    campaign: tuple[bool, ...]
    down: tuple[bool, ...]
    minutes: tuple[tuple[int, ...], ...]

    def day(self, at: int) -> int:
        """The local day of an instant in the range."""
        return bisect_right(self.midnights, at) - 1


def season(organization: SampleOrganization, until: datetime) -> Season:
    """The ninety days before ``until``, as the organization lives through them."""
    zone = ZoneInfo(organization.time_zone)
    start, end = milliseconds(until - timedelta(days=DAYS)), milliseconds(until)
    first = (until - timedelta(days=DAYS)).astimezone(zone).date()
    dates = [first + timedelta(days=number) for number in range(DAYS + 2)]
    midnights = [milliseconds(datetime(one.year, one.month, one.day, tzinfo=zone)) for one in dates]
    days = [number for number, midnight in enumerate(midnights) if midnight < end]
    weekend = [dates[number].weekday() >= 5 for number in days]
    failing = organization.outage
    while weekend[failing]:  # nobody would notice
        failing += 1
    down = [number == failing for number in days]
    campaign = [number - organization.campaign in {0, 1} for number in days]
    busy = [
        (_WEEKEND if off else 1.0) * (_OUTAGE if failed else 1.0)
        for off, failed in zip(weekend, down, strict=True)
    ]
    arrivals = [
        busy[number] * _GROWTH ** (number / DAYS) * (_CAMPAIGN if campaign[number] else 1.0)
        for number in days
    ]
    return Season(
        start,
        end,
        tuple(midnights[: len(days)]),
        tuple(busy),
        _within(arrivals, midnights, start, end),
        tuple(campaign),
        tuple(down),
        tuple(_minutes()[off] for off in weekend),
    )


def milliseconds(at: datetime) -> int:
    """Since 1970. [ms]"""
    return math.floor(at.timestamp() * 1_000)


def _within(arrivals: list[float], midnights: list[int], start: int, end: int) -> tuple[float, ...]:
    # A day that the range cuts has its part only.
    return tuple(
        weight * max(min(end, midnight + DAY) - max(start, midnight), 0) / DAY
        for weight, midnight in zip(arrivals, midnights, strict=False)
    )


@cache
def _minutes() -> tuple[tuple[int, ...], ...]:
    random = Random("minutes")
    return tuple(
        tuple(
            hour * 60 + random.randrange(60)
            for hour in random.choices(range(24), weights, k=_TABLE)
        )
        for weights in _HOURS
    )
