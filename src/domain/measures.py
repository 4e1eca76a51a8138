"""The metrics of a property and its market: unit, direction and behaviour over time.

References:
    Additivity: Kimball & Ross, *The Data Warehouse Toolkit*, 3rd ed., ch. 3.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import frozen

from .errors import UnknownMetric


class Metric(StrEnum):
    """The key of a metric, as answers and parameters name it."""

    OCCUPANCY_RATE = "occupancy_rate"
    RENT_PER_SQFT = "rent_per_sqft"
    RENEWAL_RATE = "renewal_rate"
    LEASE_TERM_MONTHS = "lease_term_months"
    TIME_TO_LEASE_DAYS = "time_to_lease_days"
    NEW_DEAL_RATE = "new_deal_rate"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"
    CONTEXT = "context"

    @property
    def sign(self) -> int:
        """+1, -1, or 0 for context. [1]"""
        return {"higher_is_better": 1, "lower_is_better": -1}.get(self.value, 0)


class Kind(StrEnum):
    """How differences are expressed: rates also in points, magnitudes also as log ratio."""

    RATE = "rate"
    MAGNITUDE = "magnitude"


class OverTime(StrEnum):
    """What one value for a month, quarter or year is, given its months."""

    LAST = "last"
    MEAN = "mean"
    LAST_IN_YEAR = "last_in_year"


@frozen(slots=False)
class MetricDefinition:
    """What a metric is.

    Args:
        metric: Its key.
        title: Its name for people.
        unit: Its unit, in words.
        kind: Rate (percent) or positive magnitude.
        direction: Which way is better.
        over_time: What a bucket of several months holds.
        property_field: The property's field, or None where a property has none.
        market_series: The market API's name of the series.
        lowest: Smallest value that can be true, inclusive.
        highest: Largest value that can be true, inclusive.
    """

    metric: Metric
    title: str
    unit: str
    kind: Kind
    direction: Direction
    over_time: OverTime
    property_field: str | None
    market_series: str
    lowest: float
    highest: float


_DEFINITIONS = (
    MetricDefinition(
        Metric.OCCUPANCY_RATE,
        "Occupancy rate",
        "percent",
        Kind.RATE,
        Direction.HIGHER_IS_BETTER,
        OverTime.LAST,
        "current_occupancy_rate",
        "avg_occupancy_rate",
        0.0,
        100.0,
    ),
    MetricDefinition(
        Metric.RENT_PER_SQFT,
        "Average rent per square foot",
        "USD per square foot and year",
        Kind.MAGNITUDE,
        Direction.HIGHER_IS_BETTER,
        OverTime.LAST,
        "current_avg_rent_per_sqft",
        "avg_rent_per_sqft",
        0.0,
        2_000.0,
    ),
    MetricDefinition(
        Metric.RENEWAL_RATE,
        "Renewal rate, year to date",
        "percent",
        Kind.RATE,
        Direction.HIGHER_IS_BETTER,
        OverTime.LAST_IN_YEAR,
        "renewal_rate_ytd",
        "renewal_rate",
        0.0,
        100.0,
    ),
    MetricDefinition(
        Metric.LEASE_TERM_MONTHS,
        "Average lease term",
        "months",
        Kind.MAGNITUDE,
        Direction.HIGHER_IS_BETTER,
        OverTime.MEAN,
        "avg_lease_term_months",
        "avg_lease_term_months",
        0.0,
        1_200.0,
    ),
    MetricDefinition(
        Metric.TIME_TO_LEASE_DAYS,
        "Average time to lease",
        "days",
        Kind.MAGNITUDE,
        Direction.LOWER_IS_BETTER,
        OverTime.MEAN,
        "avg_time_to_lease_days",
        "avg_time_to_lease_days",
        0.0,
        3_650.0,
    ),
    MetricDefinition(
        Metric.NEW_DEAL_RATE,
        "New deal rate",
        "percent",
        Kind.RATE,
        Direction.CONTEXT,
        OverTime.LAST,
        None,
        "new_deal_rate",
        0.0,
        100.0,
    ),
)

CATALOGUE: Mapping[Metric, MetricDefinition] = MappingProxyType(
    {definition.metric: definition for definition in _DEFINITIONS}
)
"""Every metric, in the order in which answers list them."""

PROPERTY_METRICS: tuple[Metric, ...] = tuple(
    definition.metric for definition in _DEFINITIONS if definition.property_field
)
"""The metrics that a property itself has."""

_BY_NAME = {
    name: definition.metric
    for definition in _DEFINITIONS
    for name in (definition.metric.value, definition.market_series, definition.property_field)
    if name
}


def metrics_named(names: Iterable[str]) -> tuple[Metric, ...]:
    """The metrics of these names, each once, in the catalogue's order.

    A metric answers to its key, to the market's name of its series and to the
    property's name of its field.

    Raises:
        UnknownMetric: If any name is unknown; it lists them all.

    >>> metrics_named(["avg_rent_per_sqft", "occupancy_rate"])
    (<Metric.OCCUPANCY_RATE: 'occupancy_rate'>, <Metric.RENT_PER_SQFT: 'rent_per_sqft'>)
    """
    wanted = list(names)
    unknown = [name for name in wanted if name not in _BY_NAME]
    if unknown:
        raise UnknownMetric(unknown, [metric.value for metric in Metric])
    found = {_BY_NAME[name] for name in wanted}
    return tuple(metric for metric in CATALOGUE if metric in found)
