"""What is called compatible must be so; what is not must be said why."""

import itertools
from typing import Any

import pytest
from hypothesis import assume, example, given, settings

from sightline.adapters.json_schema import OfflineSchemaChecker
from sightline.domain.events.schema_changes import MOST_CHANGES, schema_changes
from sightline.domain.events.schema_documents import document_flaws, meaning
from sightline.testing.strategies import document_pairs, schema_pairs, schema_properties

CHECKER = OfflineSchemaChecker()

#: Every shape that the keywords of the strategies can tell apart.
_LEAVES: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, 1.5, 0.5, -1, "", "a", "b", "ab", "abc", "2025-01-01",
    "10.0.0.1",
)  # fmt: skip
_LISTS = [list(items) for size in range(4) for items in itertools.product((0, 1, "a"), repeat=size)]
_INSIDE: tuple[Any, ...] = (..., 0, 1, "a", "ab", None, [1], {})
_OBJECTS: list[dict[str, Any]] = [
    {name: value for name, value in zip(("a", "b", "ab"), values, strict=True) if value is not ...}
    for values in itertools.product(_INSIDE, repeat=3)
]
INSTANCES = (*_LEAVES, *_LISTS, *_OBJECTS)
PROPERTIES = (
    *_OBJECTS,
    *({name: inner} for name in ("a", "b") for inner in (*_LEAVES, *_LISTS, *_OBJECTS)),
)


def of(schema: Any, **beside: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, **beside}


CLOSED = {"additionalProperties": False}


def breaking(old: Any, new: Any) -> bool:
    return any(change.breaking for change in schema_changes(old, new))


def valid(schema: Any) -> bool:
    return not document_flaws(schema) and not CHECKER.flaws(schema)


@given(pair=schema_pairs())
@settings(max_examples=300)
# What each of these rules is for; without it one of these is found to be "compatible".
@example(pair=({}, {"properties": {"a": {"type": "string"}}}))
@example(
    pair=(
        {"patternProperties": {"a": {}}, "additionalProperties": False},
        {
            "patternProperties": {"a": {}},
            "additionalProperties": False,
            "properties": {"ab": {"type": "string"}},
        },
    )
)
@example(
    pair=({"properties": {"a": {}}, "additionalProperties": False}, {"additionalProperties": False})
)
@example(pair=({"exclusiveMinimum": 0}, {"minimum": 1}))
@example(pair=({"minimum": 1}, {"exclusiveMinimum": 1}))
@example(pair=({"maximum": 1}, {"exclusiveMaximum": 1}))
@example(pair=({"type": "number"}, {"type": "integer"}))
@example(pair=({"const": 1}, {"const": True}))
@example(pair=({"prefixItems": [{}], "items": {"type": "string"}}, {"items": {"type": "string"}}))
@example(pair=({"items": {"type": "integer"}}, {"prefixItems": [{"type": "string"}]}))
@example(pair=({"allOf": [{"type": "string"}]}, {"allOf": [{"type": "string"}, {"const": "a"}]}))
@example(pair=({"anyOf": [{"type": "string"}, {"const": 1}]}, {"anyOf": [{"type": "string"}]}))
@example(
    pair=(
        {"properties": {"a": {}}, "unevaluatedProperties": False},
        {"unevaluatedProperties": False},
    )
)
@example(pair=({"multipleOf": 0.5}, {"multipleOf": 1}))
@example(pair=({"dependentSchemas": {"a": {}}}, {"dependentSchemas": {"a": {"required": ["b"]}}}))
@example(pair=({"contains": {"const": 1}}, {"contains": {"const": 1}, "maxContains": 1}))
@example(pair=({"if": {"const": 1}}, {"if": {"const": 1}, "then": False}))
def test_what_is_compatible_takes_every_instance_that_was_valid(pair: tuple[Any, Any]) -> None:
    old, new = (of(one, required=["a"], **CLOSED) for one in pair)
    assume(valid(old) and valid(new))
    if breaking(old, new):
        return
    before, after = CHECKER.compiled(old), CHECKER.compiled(new)
    refused = [one for one in INSTANCES if not before({"a": one}) and after({"a": one})]
    assert refused == []


@given(pair=document_pairs())
@settings(max_examples=200)
def test_so_do_whole_documents(pair: tuple[Any, Any]) -> None:
    old, new = pair
    assume(valid(old) and valid(new) and not breaking(old, new))
    before, after = CHECKER.compiled(old), CHECKER.compiled(new)
    assert [one for one in PROPERTIES if not before(one) and after(one)] == []


@given(pair=document_pairs())
def test_nothing_changes_without_a_change(pair: tuple[Any, Any]) -> None:
    assert schema_changes(pair[0], pair[0]) == ()
    again = {name: pair[0][name] for name in reversed(pair[0])}
    assert schema_changes(pair[0], again) == ()


@given(pair=document_pairs(), properties=schema_properties())
def test_references_put_in_place_mean_the_same(
    pair: tuple[Any, Any], properties: dict[str, Any]
) -> None:
    inner, beside = pair
    document = {**beside, "$defs": {"inner/~1": inner}, "$ref": "#/$defs/inner~1~01"}
    assume(valid(document))
    assert bool(CHECKER.compiled(document)(properties)) == bool(
        CHECKER.compiled(meaning(document))(properties)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (of({}, **CLOSED), of({}, **CLOSED) | {"properties": {"a": {}, "b": {"type": "string"}}}),
        (of({"type": "string"}), of({"type": ["string", "null"]})),
        (of({"type": "integer"}), of({"type": "number"})),
        (of({"type": "string"}), of({"type": ["string", "number"], "minimum": 3})),
        (of({"enum": [1, 2]}), of({"enum": [3, 2, 1]})),
        (of({"const": 1}), of({"enum": [1, 2]})),
        (of({"minimum": 3}), of({"minimum": 2})),
        (of({"minimum": 3}), of({"exclusiveMinimum": 2.5})),
        (of({"exclusiveMaximum": 3}), of({"maximum": 3})),
        (of({"maxLength": 3}), of({"maxLength": 4})),
        (of({"multipleOf": 6}), of({"multipleOf": 3})),
        (of({"pattern": "a"}), of({})),
        (of({}, required=["a", "b"]), of({}, required=["b"])),
        (of({}, **CLOSED), of({})),
        (of({"anyOf": [{"const": 1}]}), of({"anyOf": [{"const": 2}, {"const": 1}]})),
        (of({"allOf": [{"const": 1}, {"minimum": 0}]}), of({"allOf": [{"const": 1}]})),
        (of({"not": {"const": 1}}), of({})),
        (of({"items": {"type": "integer"}}), of({"items": {"type": "number"}})),
        (of({}), of({}, title="other words")),
        (of({"type": "string"}), {**of({"$ref": "#/$defs/t"}), "$defs": {"t": {"type": "string"}}}),
        (of({"uniqueItems": True}), of({"uniqueItems": False})),
        (of({}, dependentRequired={"a": ["b", "c"]}), of({}, dependentRequired={"a": ["c"]})),
    ],
    ids=lambda one: str(one["properties"])[:40],
)
def test_what_only_loosens_is_compatible(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert [one for one in schema_changes(old, new) if one.breaking] == []
    assert schema_changes(old, new)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (of({}), of({}) | {"properties": {"a": {}, "b": {"type": "string"}}}, ("properties", "b")),
        (of({}, **CLOSED), {"type": "object", **CLOSED}, ("properties", "a")),
        (of({}), of({}, required=["a"]), ("required",)),
        (of({}), of({}, **CLOSED), ("additionalProperties",)),
        (of({"type": "number"}), of({"type": "integer"}), ("properties", "a", "type")),
        (of({"enum": [1, 2]}), of({"enum": [1, 3]}), ("properties", "a", "enum")),
        (of({"minimum": 1}), of({"minimum": 2}), ("properties", "a", "minimum")),
        (of({"format": "date"}), of({"format": "ipv4"}), ("properties", "a", "format")),
        (of({"not": {"const": 1}}), of({"not": {"const": 2}}), ("properties", "a", "not")),
        (of({"oneOf": [{}]}), of({"oneOf": [{}, {"const": 1}]}), ("properties", "a", "oneOf")),
        (of({}, patternProperties={"^x": {}}), of({}, patternProperties={"^y": {}}),
         ("patternProperties",)),
        (of({"multipleOf": 0.2}), of({"multipleOf": 0.1}), ("properties", "a", "multipleOf")),
    ],
    ids=lambda one: str(one)[:40],
)  # fmt: skip
def test_what_may_refuse_is_breaking_and_is_pointed_at(
    old: dict[str, Any], new: dict[str, Any], path: tuple[str, ...]
) -> None:
    assert [one.path for one in schema_changes(old, new) if one.breaking] == [path]


def test_a_definition_that_changes_is_seen_wherever_it_is_used() -> None:
    old = {**of({"$ref": "#/$defs/t"}), "$defs": {"t": {"type": "string"}}}
    new = {**old, "$defs": {"t": {"type": "string", "maxLength": 3}}}
    (change,) = schema_changes(old, new)
    assert (change.path, change.breaking) == (("properties", "a", "maxLength"), True)


def test_of_many_changes_the_breaking_ones_are_told_first_and_the_rest_is_counted() -> None:
    names = [f"n{number:03}" for number in range(150)]
    old = {"type": "object", "properties": {name: {"minimum": 1} for name in names}}
    new = {"type": "object", "properties": {name: {} for name in names[:-1]} | {"n149": False}}
    changes = schema_changes(old, new)
    assert len(changes) == MOST_CHANGES + 1
    assert [one.path for one in changes if one.breaking] == [("properties", "n149")]
    assert changes[0].breaking
    assert changes[-1].message == "and 50 more changes"
