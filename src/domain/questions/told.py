"""Parts of questions as the JSON that asks for them: what answers repeat as their rules."""

from ..attributes import Json
from ..events import AllOf, AnyOf, Condition, Leaf, Not, Op
from .patterns import EventPattern, Field
from .ranges import QuestionRange


def told_condition(condition: Condition | None) -> dict[str, Json] | None:
    """A condition in its wire form, every default spelled out."""
    match condition:
        case None:
            return None
        case Not():
            return {"not": told_condition(condition.condition)}
        case AllOf():
            return {"and": [told_condition(one) for one in condition.conditions]}
        case AnyOf():
            return {"or": [told_condition(one) for one in condition.conditions]}
        case Leaf():
            return _told_leaf(condition)


def told_pattern(pattern: EventPattern) -> dict[str, Json]:
    """Which events are meant, in wire form."""
    named = pattern.event_type
    return {
        "event_type": list(named) if isinstance(named, tuple) else named,
        "filters": told_condition(pattern.filters),
    }


def told_range(window: QuestionRange) -> dict[str, Json]:
    """A range in wire form."""
    return {"start": window.start, "end": window.end, "timezone": window.timezone}


def told_field(field: Field) -> dict[str, Json]:
    """A property or an attribute in wire form."""
    return {"property": field.property, "scope": field.scope.value}


def narrowed(pattern: EventPattern, filters: Condition | None) -> EventPattern:
    """The events that a pattern means and a condition holds for."""
    if filters is None:
        return pattern
    joined = filters if pattern.filters is None else AllOf((filters, pattern.filters))
    return EventPattern(pattern.event_type, joined)


def _told_leaf(leaf: Leaf) -> dict[str, Json]:
    told: dict[str, Json] = {"property": leaf.property, "op": leaf.op.value}
    if leaf.op not in {Op.IS_SET, Op.IS_NOT_SET}:
        told["value"] = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    return {**told, "scope": leaf.scope.value}
