"""The rules that a series is made by."""

from typing import TYPE_CHECKING, Any

from .wire import written

if TYPE_CHECKING:
    from .query import SeriesQuery


def series_rules(query: "SeriesQuery") -> dict[str, Any]:
    """Every rule that a series was made by, defaults spelled out."""
    asked = written(query)
    shown = ("week_start", "cumulative", "range_rounding", "totals", "order", "limit")
    return {
        "timezone": query.range.timezone,
        "interval": asked["interval"],
        **{name: asked[name] for name in shown},
        "compare_to": asked["compare_to"],
        "default_order": "start, then dimensions as they are named; sums before what they sum up",
        "rolled_up_in_order": [*(["interval"] if query.interval else []), *query.dimensions],
        "groups": "those with an event that a measure counts",
        "missing_dimension": "",
        "empty_intervals": "0 for count, unique_users, active_users and sum; null for the rest",
        "numbers": "texts, null, true and false are ignored",
        "quantiles": "interpolated between the two numbers beside them",
        "parents": "computed from their events, never summed",
        "trailing": "whole days are days of the time zone, ending with the interval",
        "approximate": False,
    }
