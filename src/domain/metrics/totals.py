"""What the days of a range come to, in words as well: how it was made, or why it is not."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from attrs import frozen

from .definitions import MetricDefinition, OverDays
from .figures import DailySeries, as_number, decimal, exact_sum, quotient, total

_NO_DAY = "no day of the range has a value"
_REASONS = {
    OverDays.DISTINCT: "distinct counts of single days do not tell that of several: somebody may "
    "be counted on each",
    OverDays.NONE: "the metric was declared as one whose days do not add up",
}


@frozen(slots=False)
class MetricTotal:
    """What the days of a range come to.

    Args:
        value: The total; null if there is none that is true. [the metric's unit]
        how: What was done to the days; null without a total.
        reason: Why there is no total; null where there is one.
        days_with_value: Days of the range that have a figure.
        days: Days of the range.
    """

    value: float | None
    how: str | None
    reason: str | None
    days_with_value: int
    days: int


@frozen
class RatioPart:
    """One side of a ratio.

    Args:
        name: Of its metric.
        values: By day.
        whole: Its own total where days do not add up to it; None where they do.
        broken: Why it has no total; None if it has one.
    """

    name: str
    values: Mapping[date, float]
    whole: float | None
    broken: str | None

    def over(self, days: Sequence[date]) -> Decimal:
        """What these days come to."""
        if self.whole is not None:
            return decimal(self.whole)
        return exact_sum([decimal(self.values[day]) for day in days])

    @property
    def words(self) -> str:
        """What `over` is, such as ``sum(orders)``."""
        return f"{'sum' if self.whole is None else 'distinct'}({self.name})"

    def flaw(self, days: Sequence[date]) -> str | None:
        """Why there is no total over some days, if so."""
        if self.broken is None and self.whole is not None and len(days) < len(self.values):
            return f"{self.words} counts days on which the other part has no value"
        return self.broken


def computed_part(metric: MetricDefinition, series: DailySeries) -> RatioPart:
    """A built-in metric as one side of a ratio."""
    if metric.over_days is not OverDays.DISTINCT:
        return RatioPart(metric.name, series.values, None, None)
    broken = None if series.total is not None else f"{metric.name!r} has no total"
    return RatioPart(metric.name, series.values, series.total, broken)


def ratios(numerator: RatioPart, denominator: RatioPart) -> dict[date, float | None]:
    """The ratio of each day that both sides know; None where the denominator is 0."""
    above, below = numerator.values, denominator.values
    return {
        day: as_number(quotient(decimal(above[day]), decimal(below[day])))
        for day in sorted(set(above) & set(below))
    }


def ratio_total(numerator: RatioPart, denominator: RatioPart, asked: int) -> MetricTotal:
    """The ratio of both totals over the days that both know; never a mean of ratios."""
    both = sorted(set(numerator.values) & set(denominator.values))
    if not both:
        return _no_total(numerator.broken or denominator.broken or _NO_DAY, 0, asked)
    if flaw := numerator.flaw(both) or denominator.flaw(both):
        return _no_total(flaw, len(both), asked)
    value = quotient(numerator.over(both), denominator.over(both))
    if value is None:
        return _no_total(f"{denominator.words} is 0", len(both), asked)
    how = f"{numerator.words} / {denominator.words} over {_days(len(both))}"
    return _a_total(value, how, len(both), asked)


def computed_total(metric: MetricDefinition, series: DailySeries, asked: int) -> MetricTotal:
    """The total that came with a built-in metric."""
    counted = len(series.values)
    if series.total is None:
        return _no_total("nothing is computed for these days", counted, asked)
    what = "distinct users" if metric.over_days is OverDays.DISTINCT else "sum"
    return _a_total(decimal(series.total), f"{what} of {_days(counted)}", counted, asked)


def stored_total(metric: MetricDefinition, values: Mapping[date, float], asked: int) -> MetricTotal:
    """The total of values that were given, as the metric says that they add up."""
    if metric.over_days in _REASONS:
        return _no_total(_REASONS[metric.over_days], len(values), asked)
    value = total(metric.over_days, values)
    if value is None:
        return _no_total(_NO_DAY, 0, asked)
    return _a_total(value, _how(metric.over_days, values), len(values), asked)


def _how(over_days: OverDays, values: Mapping[date, float]) -> str:
    if over_days is OverDays.LAST:
        return f"value of {max(values)}, the last day that has one"
    words = {OverDays.MIN: "smallest", OverDays.MAX: "largest"}.get(over_days, over_days.value)
    return f"{words} of {_days(len(values))}"


def _a_total(value: Decimal, how: str, counted: int, asked: int) -> MetricTotal:
    number = as_number(value)
    if number is None:
        return _no_total("it is too large for a number of JSON", counted, asked)
    return MetricTotal(number, how, None, counted, asked)


def _no_total(reason: str, counted: int, asked: int) -> MetricTotal:
    return MetricTotal(None, None, reason, counted, asked)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
