"""Which value of a property and of its market an answer rests on, or why there is none."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from math import isfinite

from attrs import frozen

from ..measures import CATALOGUE, Metric
from ..windows import add_months
from .benchmarks import MarketBenchmark, MonthlyBenchmark
from .property import MonthlyRecord, Property

OLDEST_SUBSTITUTE_MONTHS = 3
"""How much older a month may be that stands in for one without a value. [months]"""


class Reason(StrEnum):
    """Why a value is missing, is set aside, or is older than it should be."""

    PROPERTY_VALUE_MISSING = "property_value_missing"
    PROPERTY_MONTH_OLDER = "property_month_older"
    VALUE_NEGATIVE = "value_negative"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    MARKET_NOT_FOUND = "market_not_found"
    MARKET_UNAVAILABLE = "market_unavailable"
    MARKET_VALUE_MISSING = "market_value_missing"
    MARKET_MONTH_OLDER = "market_month_older"
    QUARANTINED = "quarantined"
    BENCHMARK_NOT_POSITIVE = "benchmark_not_positive"
    BENCHMARK_OUT_OF_RANGE = "benchmark_out_of_range"


@frozen
class Observation:
    """One value of one metric, or why there is none.

    Args:
        value: In the catalogue's unit; None where there is none to be believed.
        month: The month it belongs to; None for a present value or for none.
        reasons: Why it is missing or older than it should be.
    """

    value: float | None
    month: date | None
    reasons: tuple[Reason, ...]


def present_value(subject: Property, metric: Metric) -> Observation:
    """What a property's own record says now."""
    return _believed(metric, subject.value(metric), None)


def recorded_value(
    records: Sequence[MonthlyRecord], metric: Metric, as_of: date, anchor: date | None
) -> Observation:
    """What a property's history says at a date.

    The latest month up to the date counts. Where it lacks the metric, one at most
    three months older than the market's month stands in, and the answer says so.

    Args:
        records: Ascending.
        metric: Which metric.
        as_of: Months that begin later are not seen.
        anchor: The market's latest month; without one, the property's own.
    """
    visible = [record for record in records if record.month <= as_of]
    if not visible:
        return Observation(None, None, (Reason.PROPERTY_VALUE_MISSING,))
    newest = anchor or visible[-1].month
    oldest = add_months(newest, -OLDEST_SUBSTITUTE_MONTHS)
    for record in reversed(visible):
        if record.month < oldest:
            break
        value = record.value(metric)
        if value is not None:
            older = (Reason.PROPERTY_MONTH_OLDER,) if record.month < newest else ()
            found = _believed(metric, value, record.month)
            return Observation(found.value, found.month, found.reasons + older)
    return Observation(None, None, (Reason.PROPERTY_VALUE_MISSING,))


def _believed(metric: Metric, value: float | None, month: date | None) -> Observation:
    if value is None or not isfinite(value):
        return Observation(None, None, (Reason.PROPERTY_VALUE_MISSING,))
    if value < 0:
        return Observation(None, month, (Reason.VALUE_NEGATIVE,))
    if not CATALOGUE[metric].lowest <= value <= CATALOGUE[metric].highest:
        return Observation(None, month, (Reason.VALUE_OUT_OF_RANGE,))
    return Observation(value, month, ())


def benchmark_month(benchmark: MarketBenchmark, as_of: date | None) -> date | None:
    """The latest month of a market, up to a date if one is given."""
    visible = _visible(benchmark, as_of)
    return visible[-1].month if visible else None


def benchmark_value(benchmark: MarketBenchmark, metric: Metric, as_of: date | None) -> Observation:
    """What a market says at its latest month, or at most three months before it.

    An older month that stands in for the latest is named and marked. Where values
    were set aside on reading, the reasons say so.
    """
    visible = _visible(benchmark, as_of)
    if not visible:
        return _no_benchmark(benchmark, metric)
    newest = visible[-1].month
    oldest = add_months(newest, -OLDEST_SUBSTITUTE_MONTHS)
    for found in reversed(visible):
        if found.month < oldest:
            break
        value = found.values.get(metric)
        if value is not None and isfinite(value):
            older = _older(benchmark, metric, newest) if found.month < newest else ()
            if value > CATALOGUE[metric].highest:
                return Observation(None, found.month, (Reason.BENCHMARK_OUT_OF_RANGE, *older))
            return Observation(value, found.month, older)
    return _no_benchmark(benchmark, metric)


def _visible(benchmark: MarketBenchmark, as_of: date | None) -> Sequence[MonthlyBenchmark]:
    if as_of is None:
        return benchmark.months
    return [month for month in benchmark.months if month.month <= as_of]


def _older(benchmark: MarketBenchmark, metric: Metric, newest: date) -> tuple[Reason, ...]:
    aside = _set_aside(benchmark, metric, {newest, None})
    return (Reason.MARKET_MONTH_OLDER, *aside)


def _no_benchmark(benchmark: MarketBenchmark, metric: Metric) -> Observation:
    aside = _set_aside(benchmark, metric, None)
    return Observation(None, None, (Reason.MARKET_VALUE_MISSING, *aside))


def _set_aside(
    benchmark: MarketBenchmark, metric: Metric, months: Iterable[date | None] | None
) -> tuple[Reason, ...]:
    hit = any(
        bad.metric is metric and (months is None or bad.month in months)
        for bad in benchmark.quarantined
    )
    return (Reason.QUARANTINED,) if hit else ()
