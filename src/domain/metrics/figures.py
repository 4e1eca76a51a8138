"""Figures by the day, and what several days come to.

Sums are made of the decimals that were written, so that they do not depend on the order
and the totals of parts add up to the total of the whole, to the last digit.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal
from functools import reduce
from math import isfinite

from attrs import frozen

from .definitions import OverDays

#: More digits than any sum of doubles has: adding never rounds.
_EXACT = Context(prec=1_500)
#: Divisions are rounded once, far behind the digits of a double.
_ROUNDED = Context(prec=40)


@frozen
class DailySeries:
    """Figures of one metric that somebody else computed, and what they come to together.

    Args:
        values: By day; a day without a figure is not in it.
        total: Of the whole range, such as the distinct users of all its days; None if
            there is none.
    """

    values: Mapping[date, float]
    total: float | None


@frozen
class ComputedFigures:
    """What was computed from events, and from which of them.

    Args:
        series: By the name of the metric.
        through: Position up to which events were counted.
    """

    series: Mapping[str, DailySeries]
    through: int


def total(over_days: OverDays, values: Mapping[date, float]) -> Decimal | None:
    """What days come to; None without any, and where days tell nothing of their total.

    Args:
        over_days: How they add up; not a ratio, which `quotient` makes of two totals.
        values: By day.

    >>> days = {date(2026, 3, 1): 0.1, date(2026, 3, 2): 0.2}
    >>> str(total(OverDays.SUM, days)), str(total(OverDays.LAST, days))
    ('0.3', '0.2')
    """
    every = [decimal(values[day]) for day in sorted(values)]
    made = _TOTALS.get(over_days)
    return made(every) if made and every else None


def quotient(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """One total divided by another; None if that is 0."""
    return _ROUNDED.divide(numerator, denominator) if denominator else None


def exact_sum(values: Sequence[Decimal]) -> Decimal:
    """The sum of decimals, never rounded."""
    return reduce(_EXACT.add, values, Decimal(0))


def mean(values: Sequence[Decimal]) -> Decimal:
    """The mean of at least one decimal, rounded once."""
    return _ROUNDED.divide(exact_sum(values), Decimal(len(values)))


def decimal(value: float) -> Decimal:
    """The shortest decimal that reads as a number: the one that was written."""
    return Decimal(repr(value))


def as_number(value: Decimal | None) -> float | None:
    """A decimal as JSON has it, rounded once; None if it is beyond all doubles."""
    if value is None:
        return None
    made = float(value)
    return made if isfinite(made) else None


def _last(values: Sequence[Decimal]) -> Decimal:
    return values[-1]


#: Of the days, oldest first; what is not here cannot be told from single days.
_TOTALS: Mapping[OverDays, Callable[[Sequence[Decimal]], Decimal]] = {
    OverDays.SUM: exact_sum,
    OverDays.MEAN: mean,
    OverDays.LAST: _last,
    OverDays.MIN: min,
    OverDays.MAX: max,
}
