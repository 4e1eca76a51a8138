"""What callers may attach to things, held against a slow reading of the same rules."""

import json
import math
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.attributes import (
    DEEPEST,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_ITEMS,
    MOST_NAMES,
    Attributes,
    Json,
    attribute_flaws,
    canonical,
    canonical_text,
    may_all_be_kept,
    scalar_text,
)
from sightline.domain.identifiers import LARGEST_INTEGER
from sightline.testing.strategies import event_properties, json_values


def codes(attributes: object) -> set[str]:
    return {flaw.code for flaw in attribute_flaws(attributes, ("properties",))}


def nested(depth: int) -> Json:
    """An object with so many levels, itself included."""
    value: Json = 1
    for level in range(depth - 1):
        value = [value] if level % 2 else {"inner": value}
    return {"outer": value}


def same(one: Json, other: Json) -> bool:
    """Whether two values say the same; numbers by what they are worth, true is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@given(value=json_values())
def test_the_one_form_is_its_own_and_says_the_same(value: Json) -> None:
    once = canonical(value)
    assert canonical(once) == once
    assert canonical_text(once) == canonical_text(value)
    assert same(once, value)


@given(value=json_values())
def test_the_one_text_reads_back_as_the_one_form(value: Json) -> None:
    text = canonical_text(value)
    assert same(json.loads(text), value)
    assert canonical_text(json.loads(text)) == text


@given(one=json_values(), other=json_values())
def test_texts_are_equal_where_values_say_the_same(one: Json, other: Json) -> None:
    assert (canonical_text(one) == canonical_text(other)) is same(one, other)


@given(properties=event_properties(), order=st.randoms(use_true_random=False))
def test_the_order_of_names_does_not_matter(properties: Attributes, order: Any) -> None:
    names = list(properties)
    order.shuffle(names)
    shuffled: Json = {name: properties[name] for name in names}
    assert canonical_text(shuffled) == canonical_text(dict(properties))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e15, "1000000000000000"),
        (float(LARGEST_INTEGER), str(LARGEST_INTEGER)),
        (2.0**53, "9007199254740992.0"),
        (0.1, "0.1"),
        (True, "true"),
        ("1", '"1"'),
        ({"b": None, "a": ["é", {}]}, '{"a":["é",{}],"b":null}'),
    ],
)
def test_every_number_has_one_text(value: Json, text: str) -> None:
    assert canonical_text(value) == text


@given(properties=event_properties())
def test_what_the_strategies_make_may_be_kept(properties: Attributes) -> None:
    assert attribute_flaws(properties, ("properties",)) == []


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ([], "type"),
        (None, "type"),
        ("text", "type"),
        ({"": 1}, "name"),
        ({7: 1}, "name"),
        ({"n" * (LONGEST_NAME + 1): 1}, "too_long"),
        ({"a": "t" * (LONGEST_TEXT + 1)}, "too_long"),
        ({"a": ["é" * (LONGEST_TEXT + 1)]}, "too_long"),
        ({"a": LARGEST_INTEGER + 1}, "out_of_range"),
        ({"a": -LARGEST_INTEGER - 1}, "out_of_range"),
        ({"a": [10**400]}, "out_of_range"),
        ({"a": math.nan}, "out_of_range"),
        ({"a": {"b": [math.inf]}}, "out_of_range"),
        ({"a": -math.inf}, "out_of_range"),
        ({"a": "nu\x00ll"}, "null_byte"),
        ({"nu\x00ll": 1}, "null_byte"),
        ({"a": ["\ud800"]}, "encoding"),
        ({"\udfff": 1}, "encoding"),
        ({"a": object()}, "type"),
        ({"a": b"bytes"}, "type"),
        ({"a": nested(DEEPEST)}, "too_deep"),
        ({f"n{number}": 1 for number in range(MOST_NAMES + 1)}, "too_many"),
        ({"a": {"b": {f"n{number}": 1 for number in range(MOST_NAMES - 1)}}}, "too_many"),
        ({"a": [1] * MOST_ITEMS}, "too_many"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_each_limit_refuses_by_its_name(attributes: object, code: str) -> None:
    assert codes(attributes) == {code}


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"n" * LONGEST_NAME: "t" * LONGEST_TEXT},
        {"é" * LONGEST_NAME: ["é" * LONGEST_TEXT, "\n\t\x7f"]},
        {"a": [LARGEST_INTEGER, -LARGEST_INTEGER, 1e308, -5e-324, True, None]},
        nested(DEEPEST),
        {f"n{number}": 1 for number in range(MOST_NAMES)},
        {"a": {f"n{number}": 1 for number in range(MOST_NAMES - 1)}},
        {"a": [1] * (MOST_ITEMS - 2)},
    ],
    ids=["empty", "longest", "longest é", "numbers", "deepest", "names", "names inside", "values"],
)
def test_what_just_keeps_a_limit_may_be_kept(attributes: object) -> None:
    assert attribute_flaws(attributes, ()) == []


ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -0.0, 0.5, LARGEST_INTEGER, -LARGEST_INTEGER, LARGEST_INTEGER + 1,
    -LARGEST_INTEGER - 1, 2**52, 2.0**53, 1e308, -1e308, 2**64, 10**400, math.nan, math.inf,
    "", "é", "\n\x7f", "nu\x00ll", "\ud800", "\U0001f600", "t" * LONGEST_TEXT,
    "é" * (LONGEST_TEXT + 1), b"bytes", (1,), [], {}, [1, {"a": "é"}], {"a": math.nan},
    nested(DEEPEST - 1), nested(DEEPEST), [1] * MOST_ITEMS,
)  # fmt: skip
ODD_NAMES = ("", "é", "nu\x00ll", "\udfff", "n" * LONGEST_NAME, "n" * (LONGEST_NAME + 1), 1, True)
ODD_OBJECTS: tuple[Any, ...] = (
    *({"a": value} for value in ODD_VALUES),
    *({"b": 0, name: 0} for name in ODD_NAMES),
    *(dict.fromkeys(map(str, range(MOST_NAMES + more))) for more in (0, 1)),
    OrderedDict(a=1),
    [],
    None,
)


def judged_each(objects: list[Any]) -> bool:
    return not any(attribute_flaws(one, ()) for one in objects)


def test_an_odd_one_is_found_among_many() -> None:
    for odd in ODD_OBJECTS:
        for objects in ([odd], [{"a": 1}, odd, {"a": "b"}]):
            assert may_all_be_kept(objects) is judged_each(objects)


@given(st.lists(event_properties() | st.sampled_from(ODD_OBJECTS), max_size=3))
def test_many_are_judged_as_one_by_one(objects: list[Any]) -> None:
    assert may_all_be_kept(objects) is judged_each(objects)


def test_any_depth_is_refused_without_being_walked() -> None:
    assert codes(nested(100_000)) == {"too_deep"}


def test_a_flaw_says_where_it_is() -> None:
    (flaw,) = attribute_flaws({"a": [0, {"b": math.nan}]}, ("events", 3, "properties"))
    assert flaw.path == ("events", 3, "properties", "a", 1, "b")


def test_twenty_flaws_are_enough() -> None:
    assert len(attribute_flaws({"a": [math.nan] * 500}, ())) == 20


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("pro", "pro"), ("", ""), (True, "true"), (2.0, "2"), ([1.0], "[1]")],
)
def test_values_are_compared_as_texts(value: Json, text: str | None) -> None:
    assert scalar_text(value) == text
