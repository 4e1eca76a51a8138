"""Which of a market's figures are believed: ranges, units, and whether an answer is progress.

A figure that cannot be true is set aside with its reason and the rest is used.
A series in the wrong unit is worse, because each of its figures could be true:
it is recognised by its height, compared with itself, with what was believed
before, and with the other series of the same answer.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from statistics import median

from attrs import evolve

from ..measures import CATALOGUE, Kind, Metric, MetricDefinition
from .benchmarks import MarketBenchmark, QuarantinedValue

SHIFT = 5.0
"""A magnitude this many times higher or lower is in another unit. [1]"""

_Series = Mapping[date, float]


def believed(
    told: MarketBenchmark, today: date, kept: MarketBenchmark | None = None
) -> MarketBenchmark:
    """What of an answer is believed; everything else is listed as quarantined.

    Single figures are set aside as ``not_finite``, ``negative``, ``out_of_range``
    or ``in_future`` (a month that has not begun). As ``unit_suspect`` are set aside:

    - a rate whose figures above 0 have a median of at most 1: fractions, not percent;
    - one figure of at most 1 in a rate that is otherwise 20 or more;
    - a magnitude at least `SHIFT` times higher or lower than the kept one, by the
      medians of the months that both have, or of all if they share none;
    - one figure at least `SHIFT` times away from the median of its series of
      three or more;
    - beside a suspect series, any magnitude that nothing kept can vouch for.

    Args:
        told: The answer as it came, with any float in it.
        today: Months may begin up to a day later, for clocks that differ.
        kept: The last benchmark that was believed.
    """
    series: dict[Metric, _Series] = {}
    aside: list[QuarantinedValue] = []
    for metric in sorted(told.metrics):
        found = _series(told, metric)
        impossible = dict(_impossible(CATALOGUE[metric], found, today))
        series[metric] = {month: found[month] for month in found if month not in impossible}
        aside += _listed(metric, found, impossible)
    suspects = dict(_wrong_units(series, kept))
    for metric, why in suspects.items():
        series[metric] = {}
        aside.append(QuarantinedValue(metric, None, "unit_suspect", why))
    for metric, values in series.items():
        strays = dict(_strays(CATALOGUE[metric].kind, values))
        series[metric] = {month: values[month] for month in values if month not in strays}
        aside += _listed(metric, values, strays)
    months = tuple(
        evolve(
            row,
            values={
                metric: value for metric, value in row.values.items() if row.month in series[metric]
            },
        )
        for row in told.months
    )
    return evolve(told, months=months, quarantined=tuple(aside))


def objection(answer: MarketBenchmark, kept: MarketBenchmark | None) -> str | None:
    """Why a believed answer may not be given out in place of what is kept, or None.

    ``went_backwards`` if it was updated earlier than the kept one; the reason of
    the quarantine if nothing else is left of it, or if a whole series was set
    aside that the kept one has; ``nothing_usable`` if it holds no figure where
    the kept one does. A market without any figure at all is no objection: that
    may be so.
    """
    present = _with_values(answer)
    before = _with_values(kept) if kept else set()
    if kept and answer.last_updated < kept.last_updated:
        return "went_backwards"
    lost = (before & answer.metrics) - present if present else answer.metrics
    for value in answer.quarantined:
        if value.metric in lost:
            return value.reason
    return "nothing_usable" if before and not present else None


def _with_values(benchmark: MarketBenchmark) -> set[Metric]:
    return {metric for row in benchmark.months for metric in row.values}


def _series(benchmark: MarketBenchmark, metric: Metric) -> _Series:
    return {row.month: row.values[metric] for row in benchmark.months if metric in row.values}


def _impossible(
    definition: MetricDefinition, series: _Series, today: date
) -> Iterator[tuple[date, tuple[str, str]]]:
    for month, value in series.items():
        if not math.isfinite(value):
            yield month, ("not_finite", "not a finite number")
        elif value < 0 <= definition.lowest:
            yield month, ("negative", f"{value:g} {definition.unit} is negative")
        elif not definition.lowest <= value <= definition.highest:
            allowed = f"{definition.lowest:g} to {definition.highest:g}"
            yield month, ("out_of_range", f"{value:g} {definition.unit} is not in {allowed}")
        elif month > today + timedelta(days=1):
            yield month, ("in_future", "the month has not begun")


def _wrong_units(
    series: Mapping[Metric, _Series], kept: MarketBenchmark | None
) -> Iterator[tuple[Metric, str]]:
    suspects = {}
    unvouched = []
    for metric, values in series.items():
        if CATALOGUE[metric].kind is Kind.RATE:
            positive = [value for value in values.values() if value > 0]
            if positive and median(positive) <= 1:
                suspects[metric] = f"{median(positive):g} is usual: fractions, not percent"
            continue
        before = _series(kept, metric) if kept else {}
        factor = _factor(values, before)
        if factor is None:
            unvouched.append(metric)
        elif not 1 / SHIFT < factor < SHIFT:
            suspects[metric] = f"{factor:.3g} times what was believed before"
    yield from suspects.items()
    if suspects:
        for metric in unvouched:
            if series[metric]:
                yield metric, "another series of the answer is in the wrong unit, none vouches"


def _factor(values: _Series, before: _Series) -> float | None:
    """How much higher a series is than before, or None if that cannot be said. [1]"""
    shared = values.keys() & before.keys()
    now = [values[month] for month in shared or values if values[month] > 0]
    then = [before[month] for month in shared or before if before[month] > 0]
    return median(now) / median(then) if now and then else None


def _strays(kind: Kind, series: _Series) -> Iterator[tuple[date, tuple[str, str]]]:
    """Single figures in another unit than the rest; zeros say nothing about units."""
    positive = [value for value in series.values() if value > 0]
    if len(positive) < 3:
        return
    usual = median(positive)
    for month, value in series.items():
        if kind is Kind.RATE:
            stray = 0 < value <= 1 and usual >= 20
        else:
            stray = value > 0 and not 1 / SHIFT < value / usual < SHIFT
        if stray:
            yield month, ("unit_suspect", f"{value:g} where {usual:g} is usual")


def _listed(
    metric: Metric, series: _Series, aside: Mapping[date, tuple[str, str]]
) -> Iterator[QuarantinedValue]:
    """One line per figure, or a single one where a whole series goes for one reason."""
    reasons = {reason for reason, _ in aside.values()}
    if len(aside) > 1 and len(aside) == len(series) and len(reasons) == 1:
        detail = next(iter(aside.values()))[1]
        yield QuarantinedValue(
            metric, None, reasons.pop(), f"all {len(aside)} figures, for example {detail}"
        )
        return
    for month, (reason, detail) in aside.items():
        yield QuarantinedValue(metric, month, reason, detail)
