"""Values of metrics as they arrive, and what they change."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import date

from attrs import frozen

from ..errors import Flaw, InvalidFields, InvalidWindow
from ..outcomes import Outcome
from ..windows import check_day
from .definitions import BUILT_IN, MetricDefinition

MOST_VALUES_AT_ONCE = 1_000
"""Most values of one batch."""

_LARGEST = 1e18

ValueKey = tuple[str, date]


@frozen
class MetricValue:
    """One figure of one metric on one day.

    Args:
        date: The day, by whatever calendar day the metric is counted.
        metric_name: A declared metric.
        value: The figure, within ±10^18. [the metric's unit]

    Raises:
        InvalidFields: If the day or the figure is out of range.
    """

    date: date
    metric_name: str
    value: float

    def __attrs_post_init__(self) -> None:
        flaws: list[Flaw] = []
        try:
            check_day("date", self.date)
        except InvalidWindow as error:
            flaws += error.flaws
        if not -_LARGEST <= self.value <= _LARGEST:
            flaws.append(Flaw(("value",), "out_of_range", "must lie within ±10^18"))
        if flaws:
            raise InvalidFields(flaws)

    @property
    def key(self) -> ValueKey:
        """What there is one value for."""
        return self.metric_name, self.date


def recorded(
    present: MutableMapping[ValueKey, float], values: Sequence[MetricValue]
) -> tuple[Outcome, ...]:
    """Put values in the place of those that were there, in order; the last one counts.

    Returns:
        What became of each.
    """
    outcomes = []
    for one in values:
        before = present.get(one.key)
        if before is None:
            outcomes.append(Outcome.CREATED)
        else:
            outcomes.append(Outcome.UNCHANGED if before == one.value else Outcome.CHANGED)
        present[one.key] = one.value
    return tuple(outcomes)


def undeclared_flaws(
    known: Mapping[str, MetricDefinition], values: Sequence[MetricValue]
) -> Iterator[Flaw]:
    """Values that cannot be kept: of no declared metric, or of one that is computed."""
    for index, one in enumerate(values):
        path = ("metrics", index, "metric_name")
        name = one.metric_name[:64]
        found = BUILT_IN.get(one.metric_name) or known.get(one.metric_name)
        if found is None:
            rule = "is not declared; say how it adds up: PUT /api/v1/metric-definitions/{name}"
            yield Flaw(path, "undeclared_metric", f"{name!r} {rule}")
        elif not found.takes_values:
            what = "your events" if found.built_in else "its parts"
            yield Flaw(path, "computed_metric", f"{name!r} is computed from {what}")
