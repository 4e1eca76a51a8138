"""Input becomes values strictly, and every flaw is reported with its path."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import pytest
from attrs import Attribute, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields, InvalidInput
from sightline.entrypoints.structuring import from_json, from_text


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def _positive(_: object, attribute: "Attribute[float]", value: float) -> None:
    if value <= 0:
        raise InvalidInput("must be positive", path=(attribute.name,), code="not_positive")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@frozen
class Part:
    size: float = field(validator=_positive)
    colour: Colour = Colour.RED


@frozen
class Whole:
    name: str
    count: int
    parts: tuple[Part, ...] = ()
    at: datetime | None = None
    on: date | None = None
    id: UUID | None = None
    fine: bool = True

    def __attrs_post_init__(self) -> None:
        if self.count > 100:
            raise InvalidInput("too many", path=("count",), code="too_many")


@frozen
class Circle:
    kind: Literal["circle"]
    radius: float


@frozen
class Square:
    kind: Literal["square"]
    side: float


@frozen
class Drawing:
    shape: Circle | Square


@frozen
class Box:
    parts: Mapping[str, Part]


@frozen
class Asked:
    start: datetime
    limit: int = 50
    ratio: float | None = None
    colours: tuple[Colour, ...] = ()
    deep: bool = False


def flaws(call: Callable[[], object]) -> set[tuple[str, str]]:
    with pytest.raises(InvalidFields) as caught:
        call()
    return {("/".join(map(str, flaw.path)), flaw.code) for flaw in caught.value.flaws}


def test_everything_wrong_is_reported_at_once_with_its_path() -> None:
    body = {
        "name": 7,
        "parts": [{"size": 1, "colour": "green"}, {"size": -1}, {"sise": 2, "size": True}, []],
        "at": "2025-09-01 00:00",
        "on": "2025-02-30",
        "extra": 1,
    }
    assert flaws(lambda: from_json(body, Whole)) == {
        ("name", "type"),
        ("count", "missing"),
        ("parts/0/colour", "unknown_value"),
        ("parts/1/size", "not_positive"),
        ("parts/2/size", "type"),
        ("parts/2/sise", "unknown_field"),
        ("parts/3", "type"),
        ("at", "instant"),
        ("on", "date"),
        ("extra", "unknown_field"),
    }


def test_a_rule_over_several_fields_keeps_its_path() -> None:
    assert flaws(lambda: from_json({"name": "x", "count": 101}, Whole)) == {("count", "too_many")}


@pytest.mark.parametrize("count", ["7", 7.0, True, None, 2**53, -(2**53), [7], {"a": 7}], ids=repr)
def test_a_whole_number_is_nothing_else(count: object) -> None:
    assert flaws(lambda: from_json({"name": "x", "count": count}, Whole)) in (
        {("count", "type")},
        {("count", "out_of_range")},
    )


@pytest.mark.parametrize("size", ["1", float("nan"), float("inf"), True, 10**400, None], ids=str)
def test_a_number_is_finite_and_not_a_text(size: object) -> None:
    body = {"name": "x", "count": 1, "parts": [{"size": size}]}
    assert flaws(lambda: from_json(body, Whole)) in (
        {("parts/0/size", "type")},
        {("parts/0/size", "out_of_range")},
    )


@pytest.mark.parametrize("name", ["a\x00b", "\ud800"], ids=["null byte", "lone surrogate"])
def test_text_that_no_store_can_hold_is_refused(name: str) -> None:
    assert len(flaws(lambda: from_json({"name": name, "count": 1}, Whole))) == 1


@pytest.mark.parametrize(
    "at",
    ["2025-09-01", "2025-09-01T00:00:00", "2025-09-01T24:00:00Z", "2025-02-30T00:00:00Z",
     "2025-09-01T00:00:00+25:00", "1725148800", "0001-01-01T00:00:00+14:00", 1725148800],
)  # fmt: skip
def test_an_instant_has_a_date_a_time_and_an_offset(at: object) -> None:
    assert flaws(lambda: from_json({"name": "x", "count": 1, "at": at}, Whole)) in (
        {("at", "instant")},
        {("at", "type")},
    )


def test_instants_come_out_in_utc() -> None:
    whole = from_json({"name": "x", "count": 1, "at": "2025-09-01T02:00:00+02:00"}, Whole)
    assert whole.at == datetime(2025, 9, 1, tzinfo=UTC)
    assert whole.at is not None
    assert whole.at.tzinfo is UTC


def test_a_mapping_keeps_its_names_and_reports_by_them() -> None:
    found = from_json({"parts": {"a": {"size": 1}, "b": {"size": 2}}}, Box)
    assert found == Box({"a": Part(1.0), "b": Part(2.0)})
    assert flaws(lambda: from_json({"parts": [{"size": 1}]}, Box)) == {("parts", "type")}
    assert flaws(lambda: from_json({"parts": None}, Box)) == {("parts", "type")}
    both = {"a": {"size": 0}, "x" * 5000: {"size": "1"}, "b\x00": {"size": 1}}
    assert flaws(lambda: from_json({"parts": both}, Box)) == {
        ("parts/a/size", "not_positive"),
        (f"parts/{'x' * 64}/size", "type"),
        ("parts/b\x00", "null_byte"),
    }


@frozen
class Shelf:
    boxes: Mapping[str, Box] | None = None
    sizes: dict[str, float] | None = None


@given(value=ANY_JSON, name=st.sampled_from(["boxes", "sizes"]))
def test_any_json_for_an_optional_mapping_is_taken_or_refused_in_words(
    value: Any, name: str
) -> None:
    if value is None or value == {}:
        assert from_json({name: value}, Shelf) == Shelf(**{name: value})
        return
    body = {name: value, "unknown": 1}  # so that whatever it is, it is refused
    with pytest.raises(InvalidFields) as refused:
        from_json(body, Shelf)
    assert all(flaw.message and flaw.path[0] in body for flaw in refused.value.flaws)


@pytest.mark.parametrize("value", [[], [1], [{}], "x", "", 1, True])
def test_a_list_is_no_mapping(value: Any) -> None:
    for name in ("boxes", "sizes"):
        assert flaws(lambda name=name: from_json({name: value}, Shelf)) == {(name, "type")}  # type: ignore[misc]


def test_the_root_must_be_an_object() -> None:
    roots: tuple[Any, ...] = ([], 1, "x", None)
    for root in roots:
        assert flaws(lambda root=root: from_json(root, Whole)) == {("", "type")}  # type: ignore[misc]


def test_a_union_is_told_apart_by_its_tag() -> None:
    assert from_json({"shape": {"kind": "circle", "radius": 1}}, Drawing).shape == Circle(
        "circle", 1
    )
    assert flaws(lambda: from_json({"shape": {"kind": "star"}}, Drawing)) == {
        ("shape/kind", "unknown_value")
    }


def test_texts_become_values() -> None:
    asked = from_text(
        {"start": "2025-09-01T00:00:00Z", "limit": "7", "ratio": "1.5", "colours": "red, blue",
         "deep": "true"},
        Asked,
    )  # fmt: skip
    assert asked == Asked(
        datetime(2025, 9, 1, tzinfo=UTC), 7, 1.5, (Colour.RED, Colour.BLUE), deep=True
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("limit", "1e2"), ("limit", "1.0"), ("limit", "٣"), ("limit", ""), ("limit", "9" * 17),
     ("ratio", "nan"), ("ratio", "1e5"), ("ratio", "inf"), ("deep", "1"), ("deep", "True"),
     ("start", "0.5"), ("colours", "red,green"), ("colours", "")],
)  # fmt: skip
def test_texts_are_not_coerced(name: str, text: str) -> None:
    asked = {"start": "2025-09-01T00:00:00Z", name: text}
    (flaw,) = flaws(lambda: from_text(asked, Asked))
    assert flaw[0].split("/")[0] == name


@given(ANY_JSON)
def test_any_json_is_taken_or_refused_in_words(value: Any) -> None:
    body = {"name": "x", "count": 1, "parts": value}
    if isinstance(value, list) and not value:
        assert from_json(body, Whole).parts == ()
        return
    with pytest.raises(InvalidFields) as refused:
        from_json(body, Whole)
    assert all(flaw.message and flaw.path[0] == "parts" for flaw in refused.value.flaws)
