"""Histories of many properties beside a market that they share, as plain columns of numbers.

`market_history` says everything about one property. Here is what the scores of a whole
portfolio need of the same window: the market is cut into buckets once for all of its
properties, and a property's months are laid beside it.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

from attrs import frozen

from ..measures import CATALOGUE, PROPERTY_METRICS
from ..windows import Interval, month_number
from .benchmarks import MarketBenchmark
from .health_evidence import MarketView, market_view, unknown_market_view
from .history import BUCKETS_PER_YEAR, DEFAULT_MONTHS, bucket_value
from .observations import Reason
from .property import MonthlyRecord

Column = tuple[float | None, ...]
"""A metric's values of consecutive buckets; None where there is none to be believed."""

MONTHS_PER_BUCKET: Mapping[Interval, int] = MappingProxyType(
    {interval: 12 // per_year for interval, per_year in BUCKETS_PER_YEAR.items()}
)
"""How many months a bucket of a history has."""

_RULES = tuple(CATALOGUE[metric].over_time for metric in PROPERTY_METRICS)
_RANGES = tuple(
    (CATALOGUE[metric].lowest, CATALOGUE[metric].highest) for metric in PROPERTY_METRICS
)
_NOTHING: Column = (None,) * len(PROPERTY_METRICS)


class MonthlyValues(NamedTuple):
    """A month of a property as it is kept; it was checked before it was kept.

    Args:
        month: The first of the month.
        values: In the order of PROPERTY_METRICS; None where there is none.
    """

    month: date
    values: Column


def monthly_values(record: MonthlyRecord) -> MonthlyValues:
    """The values of a month without their rules."""
    return MonthlyValues(record.month, tuple(record.value(metric) for metric in PROPERTY_METRICS))


@frozen
class MarketSide:
    """What the properties of one market share when they are scored; made once for all of them.

    Args:
        view: The market as scores of the present see it.
        name: Its name; None where nothing is known of the market.
        city: Its city; None likewise.
        state: Its state; None likewise.
        today: The last day that is seen; None likewise.
        last_month: Its latest month up to that day; None where it has none.
        columns: Its values by interval, then in the order of PROPERTY_METRICS; every
            column begins with the year of the first month of the market's own window
            and ends with the year of its latest month. Empty without months.
    """

    view: MarketView
    name: str | None
    city: str | None
    state: str | None
    today: date | None
    last_month: date | None
    columns: Mapping[Interval, tuple[Column, ...]]


def market_side(benchmark: MarketBenchmark, today: date) -> MarketSide:
    """What the properties of a market share today."""
    seen = [month for month in benchmark.months if month.month <= today]
    columns: dict[Interval, tuple[Column, ...]] = {}
    if seen:
        months = [
            MonthlyValues(month.month, tuple(map(month.values.get, PROPERTY_METRICS)))
            for month in seen
        ]
        by_month = _by_month(months, *_years(month_number(seen[-1].month)))
        columns = {interval: bucketed(by_month, interval) for interval in BUCKETS_PER_YEAR}
    return MarketSide(
        market_view(benchmark, None, today),
        benchmark.name,
        benchmark.city,
        benchmark.state,
        today,
        seen[-1].month if seen else None,
        MappingProxyType(columns),
    )


def unknown_market_side(reason: Reason) -> MarketSide:
    """What the properties of a market share of which nothing is known, and why."""
    view = unknown_market_view(reason)
    return MarketSide(view, None, None, None, None, None, MappingProxyType({}))


class CommonMonths(NamedTuple):
    """The months of one property laid beside those of its market. [months are numbers]

    Args:
        start: Month with which every column begins, a January.
        first: First month of the window, 36 months up to its last.
        last: Latest month that either side has.
        whole_until: First month that the data of one side no longer reach.
        own: The property's values by month, in the order of PROPERTY_METRICS.
    """

    start: int
    first: int
    last: int
    whole_until: int
    own: tuple[Column, ...]

    def market(self, side: MarketSide, interval: Interval) -> tuple[Column, ...]:
        """The market's values by bucket, as many as the property's."""
        columns = side.columns[interval]
        if side.last_month is None or month_number(side.last_month) == self.last:
            return columns
        # The property has later months: its window begins and ends later.
        per_bucket = MONTHS_PER_BUCKET[interval]
        skipped = (self.start - _years(month_number(side.last_month))[0]) // per_bucket
        length = len(self.own[0]) // per_bucket
        cut = [column[skipped : skipped + length] for column in columns]
        return tuple(column + (None,) * (length - len(column)) for column in cut)


def common_months(months: Sequence[MonthlyValues], side: MarketSide) -> CommonMonths | None:
    """A property's months beside its market's; None where one side has none up to today.

    The window is that of a `market_history` that is asked for no dates.

    Args:
        months: Of the property, ascending.
        side: Its market.
    """
    if side.today is None or side.last_month is None:
        return None
    seen = bisect_right(months, side.today, key=_month)
    if not seen:
        return None
    own, market = month_number(months[seen - 1].month), month_number(side.last_month)
    last = max(own, market)
    start, end = _years(last)
    tomorrow = month_number(side.today + timedelta(days=1))
    return CommonMonths(
        start,
        last - DEFAULT_MONTHS + 1,
        last,
        min(own + 1, market + 1, tomorrow),
        _by_month(months[max(0, seen - (end - start)) : seen], start, end),
    )


def bucketed(months: tuple[Column, ...], interval: Interval) -> tuple[Column, ...]:
    """Columns by month as columns by bucket, each metric by its own rule.

    Args:
        months: In the order of PROPERTY_METRICS, whole years.
        interval: month, quarter or year.
    """
    length = MONTHS_PER_BUCKET[interval]
    if length == 1:
        return months
    return tuple(
        tuple(
            bucket_value([value for value in column[at : at + length] if value is not None], rule)
            for at in range(0, len(column), length)
        )
        for column, rule in zip(months, _RULES, strict=True)
    )


def _month(values: MonthlyValues) -> date:
    return values.month


def _years(last: int) -> tuple[int, int]:
    """The whole years round the window that ends with a month: first month, month after."""
    return (last - DEFAULT_MONTHS + 1) // 12 * 12, last // 12 * 12 + 12


def _by_month(months: Sequence[MonthlyValues], start: int, end: int) -> tuple[Column, ...]:
    """Values from one month to the month before another; those that cannot be true are none."""
    rows = [_NOTHING] * (end - start)
    for month, values in months:
        at = month_number(month) - start
        if at >= 0:
            rows[at] = values
    return tuple(
        tuple([v if v is not None and lowest <= v <= highest else None for v in column])
        for column, (lowest, highest) in zip(zip(*rows, strict=True), _RANGES, strict=True)
    )
