"""Series questions as the JSON that they are asked in."""

from typing import TYPE_CHECKING, Any

from ..durations import duration_text
from ..ranges import QuestionRange
from ..told import told_condition, told_range
from .measures import Measure

if TYPE_CHECKING:
    from .query import SeriesQuery


def written(query: "SeriesQuery") -> dict[str, Any]:
    """A question with every default spelled out; its cursor left out."""
    compared = query.compare_to
    return {
        "range": told_range(query.range),
        "measures": [_measure(one) for one in query.measures],
        "dimensions": list(query.dimensions),
        "interval": query.interval and query.interval.value,
        "week_start": query.week_start.value,
        "filters": told_condition(query.filters),
        "cumulative": query.cumulative,
        "range_rounding": query.range_rounding.value,
        "compare_to": told_range(compared) if isinstance(compared, QuestionRange) else compared,
        "totals": query.totals.value,
        "order": [{"by": one.by, "direction": one.direction.value} for one in query.order],
        "limit": query.limit,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    types = measure.event_type
    return {
        "name": measure.name,
        "event_type": list(types) if isinstance(types, tuple) else types,
        "aggregate": measure.aggregate.value,
        "property": measure.property,
        "filters": told_condition(measure.filters),
        "trailing": measure.trailing and duration_text(measure.trailing),
    }
