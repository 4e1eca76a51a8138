"""The wire form of filters: what is taken, and what is refused where."""

from typing import Any

import pytest
from hypothesis import given

from sightline.domain.attributes import Json
from sightline.domain.errors import InvalidFields
from sightline.domain.events import AllOf, AnyOf, Condition, Leaf, Not, Op, Scope, condition, leaves
from sightline.testing.strategies import event_conditions

PRO: dict[str, Json] = {"property": "plan", "op": "eq", "value": "pro"}


def wire(one: Condition) -> Json:
    """The form in which a condition is sent."""
    match one:
        case Leaf():
            value = list(one.value) if isinstance(one.value, tuple) else one.value
            sent: dict[str, Json] = {"property": one.property, "op": str(one.op)}
            if value is not None:
                sent["value"] = value
            return sent if one.scope is Scope.EVENT else {**sent, "scope": str(one.scope)}
        case Not():
            return {"not": wire(one.condition)}
        case AllOf():
            return {"and": [wire(part) for part in one.conditions]}
        case AnyOf():
            return {"or": [wire(part) for part in one.conditions]}


def refused(value: Json) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    with pytest.raises(InvalidFields) as caught:
        condition(value)
    return [("/".join(map(str, flaw.path)), flaw.code) for flaw in caught.value.flaws]


def nested(depth: int) -> Json:
    value: Json = PRO
    for _ in range(depth - 1):
        value = {"not": value}
    return value


@given(one=event_conditions())
def test_what_is_sent_is_what_is_meant(one: Condition) -> None:
    assert condition(wire(one)) == one


@given(one=event_conditions())
def test_the_comparisons_of_a_condition_are_those_sent(one: Condition) -> None:
    assert str(wire(one)).count("'property'") == len(leaves(one))


def test_one_may_ask_about_the_user() -> None:
    assert condition({**PRO, "scope": "user"}) == Leaf("plan", Op.EQ, "pro", Scope.USER)


def test_fifty_comparisons_at_most() -> None:
    assert len(leaves(condition({"or": [PRO] * 50}))) == 50
    assert refused({"or": [PRO] * 51}) == [("filters", "too_many")]
    assert refused({"and": [{"or": [PRO] * 26}, {"not": {"or": [PRO] * 25}}]}) == [
        ("filters", "too_many")
    ]


def test_eight_levels_at_most() -> None:
    assert len(leaves(condition(nested(8)))) == 1
    assert refused(nested(9)) == [("filters/" + "not/" * 7 + "not", "too_deep")]


def test_a_thousand_alternatives_at_most() -> None:
    many: list[Json] = [*range(1_001)]
    assert condition({"property": "n", "op": "in", "value": many[:1_000]})
    assert refused({"property": "n", "op": "in", "value": many}) == [("filters/value", "type")]


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        (None, [("filters", "type")]),
        ([], [("filters", "type")]),
        ({}, [("filters/property", "property"), ("filters/op", "unknown_value")]),
        ({"and": []}, [("filters/and", "type")]),
        ({"or": PRO}, [("filters/or", "type")]),
        ({"not": []}, [("filters/not", "type")]),
        ({"and": [PRO], "or": [PRO]}, [("filters", "ambiguous")]),
        ({"not": PRO, "op": "eq"}, [("filters", "ambiguous")]),
        (
            {"and": [PRO, 7, {"or": [None]}]},
            [("filters/and/1", "type"), ("filters/and/2/or/0", "type")],
        ),
        ({**PRO, "valeu": 1}, [("filters/valeu", "unknown_field")]),
        ({**PRO, "op": "equals"}, [("filters/op", "unknown_value")]),
        ({**PRO, "op": ["eq"]}, [("filters/op", "unknown_value")]),
        ({**PRO, "scope": "session"}, [("filters/scope", "unknown_value")]),
        ({**PRO, "property": ""}, [("filters/property", "property")]),
        ({**PRO, "property": "a" * 129}, [("filters/property", "property")]),
        ({**PRO, "property": "a\0"}, [("filters/property", "property")]),
        ({**PRO, "property": 7}, [("filters/property", "property")]),
        ({**PRO, "value": None}, [("filters/value", "type")]),
        ({**PRO, "value": ["pro"]}, [("filters/value", "type")]),
        ({**PRO, "value": "a\0"}, [("filters/value", "text")]),
        ({**PRO, "value": "a" * 1_001}, [("filters/value", "text")]),
        ({**PRO, "op": "in"}, [("filters/value", "type")]),
        ({**PRO, "op": "in", "value": []}, [("filters/value", "type")]),
        ({**PRO, "op": "in", "value": ["a", [1]]}, [("filters/value/1", "type")]),
        ({**PRO, "op": "gt", "value": True}, [("filters/value", "type")]),
        ({**PRO, "op": "contains", "value": ""}, [("filters/value", "type")]),
        ({**PRO, "op": "contains", "value": 7}, [("filters/value", "type")]),
        ({**PRO, "op": "is_set"}, [("filters/value", "not_expected")]),
    ],
)  # fmt: skip
def test_refused_with_the_place(sent: Any, where: list[tuple[str, str]]) -> None:
    assert refused(sent) == where


def test_the_place_begins_where_the_caller_says() -> None:
    with pytest.raises(InvalidFields) as caught:
        condition({"or": [7]}, ("query", "steps", 2))
    assert [flaw.path for flaw in caught.value.flaws] == [("query", "steps", 2, "or", 0)]


def test_twenty_flaws_are_told_at_most() -> None:
    assert len(refused({"and": [7] * 40})) == 20
