"""Long quotas: units per calendar day or month, in UTC.

Beside a rate limit, which refills evenly, a quota is what a contract says: it
comes back whole when its period ends, whenever the units were spent.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from attrs import frozen

from .rate_limits import MICROSECONDS, Verdict, check_cost, check_policy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Period(StrEnum):
    """What a quota is counted over, from midnight UTC."""

    DAY = "day"
    MONTH = "month"


@frozen
class Quota:
    """So many units a calendar day or month.

    Args:
        name: What clients call it: a-z, 0-9 and -, at most 32.
        quota: Units of a period. [1..10^9]
        period: Day or month.

    Raises:
        InvalidInput: If it cannot be kept.
    """

    name: str
    quota: int
    period: Period

    def __attrs_post_init__(self) -> None:
        check_policy(self.name, self.quota)

    @property
    def most(self) -> int:
        """The largest cost that can ever pass."""
        return self.quota

    @property
    def window_seconds(self) -> int:
        """Length of a day, or of the longest month. [s]"""
        return 86_400 * (1 if self.period is Period.DAY else 31)


def period_start(period: Period, now: int) -> str:
    """The date on which the period of an instant began, which names the period."""
    return _start(period, now).date().isoformat()


def period_left(period: Period, now: int) -> int:
    """Time until the period of an instant ends; never 0. [µs]"""
    # The 1st plus 32 days lies in the next month, a day plus 25 hours on the next day.
    step = timedelta(hours=25) if period is Period.DAY else timedelta(days=32)
    start = _start(period, now)
    end = _start(period, _microseconds(start + step))
    return _microseconds(end) - now


def spend(quota: Quota, used: int, cost: int, now: int) -> tuple[int, Verdict]:
    """The units used after it and the verdict; a refusal leaves them as they were.

    Args:
        used: Units used so far in the period of `now`.
        cost: Units, 1 or more.
        now: The present. [µs since 1970]

    Raises:
        InvalidInput: If the cost is less than 1 or can never pass.
    """
    check_cost(cost, quota.most, quota.name)
    left = period_left(quota.period, now)
    if used + cost <= quota.quota:
        return used + cost, Verdict(quota.name, True, quota.quota - used - cost, left, 0)
    return used, Verdict(quota.name, False, max(quota.quota - used, 0), left, left)


def peek(quota: Quota, used: int, cost: int, now: int) -> Verdict:
    """The verdict on a request that is let through by this quota but not made."""
    left = max(quota.quota - used, 0)
    return Verdict(quota.name, left >= cost, left, period_left(quota.period, now), 0)


def _start(period: Period, now: int) -> datetime:
    day = (_EPOCH + timedelta(microseconds=now)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if period is Period.DAY else day.replace(day=1)


def _microseconds(at: datetime) -> int:
    whole = at - _EPOCH
    return (whole.days * 86_400 + whole.seconds) * MICROSECONDS + whole.microseconds
