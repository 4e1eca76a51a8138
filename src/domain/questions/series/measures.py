"""What a series measures, and what each aggregate says of some events."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import chain

from attrs import frozen

from ...attributes import LONGEST_NAME
from ...errors import Flaw, InvalidFields
from ...events import AllOf, Condition
from ..patterns import EventPattern

LONGEST_TRAILING = timedelta(days=366)
"""Longest trailing window."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_TAKEN = frozenset({"start", "event_type"})


class Aggregate(StrEnum):
    """What is said of the events of a cell."""

    COUNT = "count"
    UNIQUE_USERS = "unique_users"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"
    ACTIVE_USERS = "active_users"


#: The share of the numbers that lies below.
QUANTILES: Mapping[Aggregate, float] = {
    Aggregate.MEDIAN: 0.5,
    Aggregate.P90: 0.9,
    Aggregate.P95: 0.95,
    Aggregate.P99: 0.99,
}

ADDITIVE = frozenset({Aggregate.COUNT, Aggregate.SUM})
"""Aggregates whose parents are the sums of their children."""

_NUMERIC = frozenset({Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX, *QUANTILES})


@frozen
class Measure:
    """One figure of every row.

    Args:
        name: What the figure is called: letters, digits and underscores, at most 64.
        aggregate: What is said of the events.
        event_type: One name, several of which any will do, or null for any event.
        property: The property of events whose numbers are taken; of `sum`, `avg`, `min`,
            `max` and quantiles alone. What is no number is ignored.
        filters: A condition on the events; null for none.
        trailing: How far before the end of an interval users count as active; of
            `active_users` alone. Whole days are days of the local calendar.

    Raises:
        InvalidFields: If the name cannot be, or a part is missing or not taken.
    """

    name: str
    aggregate: Aggregate = Aggregate.COUNT
    event_type: str | tuple[str, ...] | None = None
    property: str | None = None
    filters: Condition | None = None
    trailing: timedelta | None = None

    def __attrs_post_init__(self) -> None:
        flaws = [*self._name_flaws(), *self._property_flaws(), *self._trailing_flaws()]
        try:
            EventPattern(self.event_type, self.filters)
        except InvalidFields as error:
            flaws.extend(error.flaws)
        if flaws:
            raise InvalidFields(flaws)

    def pattern(self, filters: Condition | None) -> EventPattern:
        """The events that are measured, where a condition holds as well."""
        held = tuple(one for one in (filters, self.filters) if one is not None)
        return EventPattern(self.event_type, AllOf(held) if len(held) > 1 else (*held, None)[0])

    def _name_flaws(self) -> Iterator[Flaw]:
        if not _NAME.fullmatch(self.name) or self.name in _TAKEN:
            message = "must be letters, digits and underscores, at most 64; not start or event_type"
            yield Flaw(("name",), "name", message)

    def _property_flaws(self) -> Iterator[Flaw]:
        numeric = self.aggregate in _NUMERIC
        if numeric and self.property is None:
            yield Flaw(("property",), "missing", f"{self.aggregate} needs a property")
        elif not numeric and self.property is not None:
            yield Flaw(("property",), "not_taken", f"{self.aggregate} takes no property")
        elif self.property is not None and not 0 < len(self.property) <= LONGEST_NAME:
            yield Flaw(("property",), "length", f"must have 1 to {LONGEST_NAME} characters")

    def _trailing_flaws(self) -> Iterator[Flaw]:
        active = self.aggregate is Aggregate.ACTIVE_USERS
        if active and self.trailing is None:
            yield Flaw(("trailing",), "missing", "active_users needs a trailing window")
        elif not active and self.trailing is not None:
            yield Flaw(("trailing",), "not_taken", f"{self.aggregate} takes no trailing window")
        elif self.trailing is not None and not timedelta(0) < self.trailing <= LONGEST_TRAILING:
            yield Flaw(("trailing",), "out_of_range", "must be over 0 and at most 366 days")


def number_figure(aggregate: Aggregate, numbers: Sequence[float]) -> float | None:
    """What a numeric aggregate says of numbers, in any order.

    A sum of none is 0, everything else of none is None, and so is a sum beyond the largest
    double and its mean. Quantiles interpolate between the two numbers beside them.

    >>> number_figure(Aggregate.P90, [1.0, 2.0])
    1.9
    """
    match aggregate:
        case Aggregate.SUM:
            return _total(numbers)
        case Aggregate.AVG:
            total = _total(numbers)
            return None if total is None or not numbers else total / len(numbers)
        case Aggregate.MIN:
            return min(numbers, default=None)
        case Aggregate.MAX:
            return max(numbers, default=None)
    return _quantile(numbers, QUANTILES[aggregate])


def _total(numbers: Sequence[float]) -> float | None:
    """Their sum, rounded once."""
    try:
        return float(sum(map(Fraction, numbers), Fraction()))
    except OverflowError:
        return None


def _quantile(numbers: Sequence[float], share: float) -> float | None:
    if not numbers:
        return None
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * share
    below = int(place)
    low, high = list(chain(ordered, ordered[-1:]))[below : below + 2]
    return low * (1 - (place - below)) + high * (place - below)
