"""Schemas of event types, pairs of them that differ a little, and lists of what is registered."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from ...domain.events.schema_listing import SchemaQuery
from ...domain.events.schemas import (
    SchemaMode,
    SchemaRegistration,
    first_registration,
    next_registration,
)
from .time import instants

#: Order by code point differs here from order by any language's rules.
_TYPES = ("Order Completed", "plan_changed", "signup", "Z", "ähnlich")
_NAMES = ("a", "b")
_VALUES: tuple[Any, ...] = (None, True, 0, 1, 2, "", "a", "ab", [], {})


#: Keywords without schemas inside, with values that meet in the middle.
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "type": (
        "integer", "number", "string", "array", "object", ["string", "null"], ["array", "object"],
    ),
    "enum": ([0, 1], [0, 1, 2], ["a", "ab"], ["a", 1, None]),
    "const": (1, "a"),
    "minimum": (0, 1, 1.5),
    "exclusiveMinimum": (0, 1),
    "maximum": (1, 2),
    "exclusiveMaximum": (1.5, 2),
    "multipleOf": (1, 2, 0.5),
    "minLength": (0, 1, 2),
    "maxLength": (1, 2),
    "pattern": ("^a", "b"),
    "format": ("date", "ipv4"),
    "minItems": (0, 1, 2),
    "maxItems": (0, 1),
    "uniqueItems": (True, False),
    "minProperties": (0, 1),
    "maxProperties": (0, 1),
    "required": ([], ["a"], ["b"], ["a", "b"]),
    "dependentRequired": ({"a": ["b"]}, {"a": []}),
    "minContains": (0, 2),
    "maxContains": (1,),
    "title": ("one", "other"),
}  # fmt: skip
_SINGLE = (
    "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else",
    "unevaluatedProperties", "unevaluatedItems",
)  # fmt: skip
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED: Mapping[str, tuple[str, ...]] = {
    "properties": _NAMES,
    "dependentSchemas": ("a",),
    "patternProperties": ("^a", "b$"),
}

Pair = tuple[Any, Any]


def schema_event_types() -> st.SearchStrategy[str]:
    """A handful of event types, with spaces and in upper and lower case."""
    return st.sampled_from(_TYPES)


@st.composite
def schema_pairs(draw: st.DrawFn, depth: int = 2) -> Pair:
    """Two JSON Schemas of any values that have much in common."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return _twice(draw, lambda: draw(st.sampled_from(({}, True, False, {"type": "string"}))))
    pair: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for keyword in draw(st.lists(st.sampled_from(sorted(_PLAIN)), max_size=3, unique=True)):
        values = _PLAIN[keyword]
        _put(draw, pair, keyword, _twice(draw, lambda: draw(st.sampled_from(values))))  # noqa: B023
    inside = sorted((*_SINGLE, *_LISTED, *_NAMED, "properties", "additionalProperties"))
    for keyword in draw(st.lists(st.sampled_from(inside), max_size=3, unique=True)):
        _put(draw, pair, keyword, _inside(draw, keyword, depth - 1))
    return pair


@st.composite
def document_pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two documents that an event type may have, the second made from the first."""
    old, new = draw(schema_pairs(depth=3))
    named = [one if isinstance(one, dict) else {} for one in (old, new)]
    first, second = ({**one, "type": "object"} for one in named)
    return first, second


def event_schema_documents() -> st.SearchStrategy[dict[str, Any]]:
    """Documents that an event type may have."""
    return document_pairs().map(lambda pair: pair[0])


def schema_properties() -> st.SearchStrategy[dict[str, Any]]:
    """Properties of events, as poor as the schemas of this module."""
    leaves = st.sampled_from(_VALUES)
    nested = st.one_of(
        leaves,
        st.lists(leaves, max_size=3),
        st.dictionaries(st.sampled_from(("a", "b", "ab")), leaves, max_size=2),
    )
    return st.dictionaries(st.sampled_from(("a", "b", "ab")), nested, max_size=3)


@st.composite
def schema_registrations(
    draw: st.DrawFn, event_type: st.SearchStrategy[str] | None = None
) -> SchemaRegistration:
    """Registrations with a version or two, in any mode, some of them retired."""
    modes, name = st.sampled_from(SchemaMode), draw(event_type or schema_event_types())
    old, new = draw(document_pairs())
    made = first_registration(name, old, draw(modes), draw(instants())).registration
    if draw(st.booleans()):
        made = next_registration(made, new, draw(modes), draw(instants())).registration
    return made.retired(draw(instants())) if draw(st.booleans()) else made


def schema_queries() -> st.SearchStrategy[SchemaQuery]:
    """Lists with every filter, in pages of one to three."""
    return st.builds(
        SchemaQuery,
        mode=st.none() | st.sampled_from(SchemaMode),
        retired=st.none() | st.booleans(),
        limit=st.integers(1, 3),
        after=st.none() | schema_event_types(),
    )


def _inside(draw: st.DrawFn, keyword: str, depth: int) -> Pair:
    inner = schema_pairs(depth)
    if keyword in _SINGLE:
        return draw(inner)
    if keyword in _LISTED:
        pairs = draw(st.lists(inner, min_size=1, max_size=2))
        old, new = [one for one, _ in pairs], [one for _, one in pairs]
        return old, new[: draw(st.integers(1, 2))]
    pair: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name in _NAMED[keyword]:
        _put(draw, pair, name, draw(inner))
    return pair


def _put(
    draw: st.DrawFn, pair: tuple[dict[str, Any], dict[str, Any]], name: str, values: Pair
) -> None:
    """Into both, or into one of them only."""
    where = draw(st.sampled_from(("both", "both", "both", "old", "new")))
    for one, value, other in zip(pair, values, ("new", "old"), strict=True):
        if where != other:
            one[name] = value


def _twice(draw: st.DrawFn, one: Callable[[], Any]) -> Pair:
    first = one()
    return first, one() if draw(st.booleans()) else first
