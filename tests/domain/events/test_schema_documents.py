"""Which documents an event type may have: nothing that reaches outside or has no end."""

# ruff: noqa: E501  (one case, one line)

import json
import time
from typing import Any

import pytest

from sightline.domain.events.schema_changes import schema_changes
from sightline.domain.events.schema_documents import (
    DIALECT,
    LARGEST_DOCUMENT,
    MOST_PROPERTIES,
    document_flaws,
)


def of(**schema: Any) -> dict[str, Any]:
    return {"type": "object", **schema}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"not": schema}
    return of(**schema)


def doubling(levels: int) -> dict[str, Any]:
    """A small document whose last definition stands for 2 ** levels schemas."""
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(levels):
        twice = [{"$ref": f"#/$defs/d{level}"}, {"$ref": f"#/$defs/d{level}"}]
        definitions[f"d{level + 1}"] = {"anyOf": twice}
    return of(**{"$defs": definitions, "properties": {"a": {"$ref": f"#/$defs/d{levels}"}}})


@pytest.mark.parametrize(
    "document",
    [
        of(),
        of(**{"$schema": DIALECT, "x-owner": {"$ref": "http://anywhere"}, "title": "t"}),
        of(properties={"$id": {}, "$ref": {"type": "string"}, "requried": {}}),
        of(**{"$defs": {"t": {}}, "properties": {"a": {"$ref": "#/$defs/t"}}}),
        of(properties={"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}}),
        of(definitions={"a/b": {}}, allOf=[{"$ref": "#/definitions/a~1b"}]),
        of(allOf=[{}, {"$ref": "#/allOf/0"}]),
        of(enum=[{"$ref": "http://anywhere"}], default={"$id": "x"}),
        of(properties={"country": {"enum": [f"C{n:03}" for n in range(250)]}}),
        nested(20),
    ],
    ids=lambda one: str(one)[:50],
)
def test_a_document_that_stands_alone_is_taken(document: dict[str, Any]) -> None:
    assert document_flaws(document) == ()


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        ({}, ("type",), "not_an_object"),
        ({"type": ["object", "null"]}, ("type",), "not_an_object"),
        (of(**{"$schema": "http://json-schema.org/draft-07/schema#"}), ("$schema",), "foreign_schema"),
        (of(properties={"a": {"$schema": DIALECT}}), ("properties", "a", "$schema"), "foreign_schema"),
        (of(**{"$id": "https://anywhere/x"}), ("$id",), "foreign_reference"),
        (of(properties={"a": {"$anchor": "x"}}), ("properties", "a", "$anchor"), "foreign_reference"),
        (of(**{"$dynamicRef": "#x"}), ("$dynamicRef",), "foreign_reference"),
        (of(allOf=[{"$ref": "https://anywhere/x"}]), ("allOf", 0, "$ref"), "foreign_reference"),
        (of(items={"$ref": "file:///etc/passwd"}), ("items", "$ref"), "foreign_reference"),
        (of(items={"$ref": "other.json#/a"}), ("items", "$ref"), "foreign_reference"),
        (of(items={"$ref": 5}), ("items", "$ref"), "foreign_reference"),
        (of(contentSchema={"$ref": "//x"}), ("contentSchema", "$ref"), "foreign_reference"),
        (of(items={"$ref": "#/$defs/none"}), ("items", "$ref"), "dangling_reference"),
        (of(const={"a": {}}, items={"$ref": "#/const/a"}), ("items", "$ref"), "dangling_reference"),
        (of(properties={"a": {"$ref": "#/properties/a"}}), ("properties", "a", "$ref"), "endless_reference"),
        (of(requried=["a"]), ("requried",), "unknown_keyword"),
        (of(properties={"a": {"nullable": True}}), ("properties", "a", "nullable"), "unknown_keyword"),
        (of(const="a\x00"), ("const",), "null_byte"),
        (of(const="\ud800"), ("const",), "encoding"),
        (of(properties={"\ud800": {}}), ("properties",), "encoding"),
        (of(maximum=2**53), ("maximum",), "out_of_range"),
        (of(description="x" * LARGEST_DOCUMENT), (), "too_large"),
        (of(properties={f"p{n}": {} for n in range(MOST_PROPERTIES + 1)}), ("properties",), "too_many"),
        (doubling(11), (), "too_much_work"),
        (of(items={"enum": list(range(10_000))}), (), "too_much_work"),
    ],
    ids=lambda one: str(one)[:50],
)  # fmt: skip
def test_a_document_that_does_not_is_refused_where_the_flaw_is(
    document: dict[str, Any], path: tuple[str | int, ...], code: str
) -> None:
    flaw = document_flaws(document)[0]
    assert (flaw.path, flaw.code) == (path, code)


def test_a_document_too_deep_is_refused_without_being_walked() -> None:
    document = json.loads('{"type":"object","not":' + '{"not":' * 900 + "{}" + "}" * 901)
    assert [flaw.code for flaw in document_flaws(document)] == ["too_deep"]


def test_a_chain_of_references_is_as_deep_as_what_it_leads_to() -> None:
    chain = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(1500)} | {"d1500": {}}
    (flaw,) = document_flaws(of(**{"$defs": chain, "not": {"$ref": "#/$defs/d0"}}))
    assert flaw.code == "endless_reference"


def test_a_circle_through_two_definitions_is_found() -> None:
    circle = {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"not": {"$ref": "#/$defs/a"}}}
    (flaw,) = document_flaws(of(**{"$defs": circle, "not": {"$ref": "#/$defs/a"}}))
    assert (flaw.code, flaw.path[-1]) == ("endless_reference", "$ref")


def test_references_that_double_cost_no_time_to_refuse_nor_to_compare() -> None:
    started = time.perf_counter()
    for levels in (11, 30):
        assert document_flaws(doubling(levels))
    largest = doubling(9)
    assert document_flaws(largest) == ()
    assert schema_changes(largest, {**largest, "$defs": {**largest["$defs"], "d0": {}}})
    assert time.perf_counter() - started < 20  # two to the power of thirty steps would take hours
