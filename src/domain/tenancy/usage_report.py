"""What a tenant used in some days, with totals: the numbers that bill."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from attrs import frozen

from ..errors import InvalidWindow
from ..identifiers import TenantId
from .usage import Usage

LONGEST_REPORT = timedelta(days=92)
"""Most days of one report."""


@frozen(slots=False)
class UsageTotal:
    """What came together under one name.

    Args:
        name: The day, the operation or the key.
        requests: Requests that were let through.
        units: What they cost together. [units]
    """

    name: str
    requests: int
    units: int


@frozen(slots=False)
class UsageLine:
    """What one key used of one operation on one day.

    Args:
        day: The day, from midnight to midnight UTC.
        operation: The operation's id.
        key: The key's id; of a user the issuer's name, a colon and the subject.
        requests: Requests that were let through.
        units: What they cost together. [units]
    """

    day: date
    operation: str
    key: str
    requests: int
    units: int


@frozen(slots=False)
class UsageReport:
    """What a tenant used, as it is billed; what was served in the last seconds may be missing.

    Args:
        tenant: Whose usage it is.
        start: First day.
        end: The day after the last.
        requests: Requests that were let through.
        units: What they cost together. [units]
        by_day: Totals of each day on which anything was used.
        by_operation: Totals of each operation, by name.
        by_key: Totals of each key, by id.
        items: Every count, by day, operation and key.
    """

    tenant: str
    start: date
    end: date
    requests: int
    units: int
    by_day: tuple[UsageTotal, ...]
    by_operation: tuple[UsageTotal, ...]
    by_key: tuple[UsageTotal, ...]
    items: tuple[UsageLine, ...]


def usage_days(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    """The days of a report, half-open: from the first of this month through today if unsaid.

    Raises:
        InvalidWindow: If there is no day in it, or more than 92.
    """
    last = end or today + timedelta(days=1)
    first = start
    if first is None:  # before the first of all days there is none
        first = last if last == date.min else (last - timedelta(days=1)).replace(day=1)
    if first >= last:
        raise InvalidWindow("the end must lie after the start")
    if last - first > LONGEST_REPORT:
        raise InvalidWindow(f"a report has at most {LONGEST_REPORT.days} days")
    return first, last


def usage_report(tenant: TenantId, start: date, end: date, counts: Iterable[Usage]) -> UsageReport:
    """The report of counts, which are all of this tenant and of these days."""
    counts = tuple(counts)
    return UsageReport(
        tenant,
        start,
        end,
        sum(one.requests for one in counts),
        sum(one.units for one in counts),
        _totals(counts, lambda one: one.day.isoformat()),
        _totals(counts, lambda one: one.operation),
        _totals(counts, lambda one: one.key),
        tuple(
            UsageLine(one.day, one.operation, one.key, one.requests, one.units) for one in counts
        ),
    )


def _totals(counts: Iterable[Usage], name: Callable[[Usage], str]) -> tuple[UsageTotal, ...]:
    sums: dict[str, tuple[int, int]] = {}
    for one in counts:
        requests, units = sums.get(name(one), (0, 0))
        sums[name(one)] = requests + one.requests, units + one.units
    return tuple(UsageTotal(one, *sums[one]) for one in sorted(sums))
