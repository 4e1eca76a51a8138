"""The rules that an answer was given under."""

from typing import TYPE_CHECKING

from ...attributes import Attributes
from ..durations import duration_text
from ..told import told_condition, told_pattern, told_range
from .figures import NO_TOUCH

if TYPE_CHECKING:
    from .query import AttributionQuery


def attribution_rules(question: "AttributionQuery") -> Attributes:
    """Every rule, with defaults spelled out."""
    since = question.since_previous_conversion
    return {
        "range": told_range(question.range),
        "conversion": {
            **told_pattern(question.conversion),
            "value_property": question.conversion.value_property,
        },
        "touchpoint": {
            **told_pattern(question.touchpoint),
            "property": question.touchpoint.property,
        },
        "filters": told_condition(question.filters),
        "conversions": "start <= conversion < end; touches may lie before the range",
        "lookback": duration_text(question.lookback),
        "lookback_bounds": "both inclusive",
        "since_previous_conversion": since,
        "touches_of_earlier_conversions": "left out" if since else "count again",
        "models": [str(model) for model in question.models],
        "half_life": duration_text(question.half_life),
        "weights": {"first": question.weights.first, "last": question.weights.last},
        "weights_of_two_touches": "scaled to sum to 1",
        "counting": str(question.counting),
        "qualifying_conversion": str(question.qualifying_conversion),
        "value": _value(question),
        "missing_touch_value": "",
        "no_touch": NO_TOUCH,
        "direct_values": list(question.direct_values),
        "direct_values_compare": "whole value, upper and lower case alike",
        "participation": "each different value on the path gets the whole conversion",
        "shapley": "each path is shared equally among its different values",
        "markov": "first order, values that follow themselves once, exact solution",
        "shapley_rate": "worth of a set of values: rate of conversion of journeys within it",
        "unconverted": "touches of the range on the path of no conversion of the range, cut "
        "where more than the lookback lies between two",
        "same_instant": "in order of acknowledgement; a touch at the instant of the conversion "
        "counts, and so does an event that is both",
    }


def _value(question: "AttributionQuery") -> str:
    named = question.conversion.value_property
    if named is None:
        return "every conversion counts 1"
    return f"number in {named!r}; 0 where it is none or beyond 2^53 - 1"
