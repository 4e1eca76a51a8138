"""What a property may be, how it changes, and how lists of properties are made."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import asdict, evolve, fields_dict
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields, InvalidInput
from sightline.domain.identifiers import MarketId, PropertyId
from sightline.domain.portfolio.property import (
    MonthlyRecord,
    Property,
    PropertyDraft,
    changed,
    folded,
    identified,
    ordered_records,
)
from sightline.domain.portfolio.selection import (
    PageKey,
    PropertyFilter,
    PropertyOrder,
    PropertyQuery,
    page,
    sort_value,
)
from sightline.testing.strategies import (
    histories,
    properties,
    property_drafts,
    property_filters,
    property_queries,
)

NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
WILLIS: dict[str, Any] = {
    "name": "Willis Tower",
    "address": "233 S Wacker Dr, Chicago, IL",
    "market_id": MarketId(1),
    "area_sqft": 4_200_000,
    "year_built": 1973,
    "property_class": "A",
    "current_occupancy_rate": 92.5,
}


@given(draft=property_drafts())
def test_what_is_said_is_kept(draft: PropertyDraft) -> None:
    kept = draft.kept(PropertyId(7), 3, NOON)
    assert (kept.id, kept.version, kept.updated_at) == (7, 3, NOON)
    for name in set(fields_dict(PropertyDraft)) - {"id"}:
        assert getattr(kept, name) == getattr(draft, name)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("id", 0, "out_of_range"),
        ("id", 2**53, "out_of_range"),
        ("name", "  ", "empty"),
        ("name", "x" * 201, "too_long"),
        ("name", "a\nb", "characters"),
        ("name", "a\x00b", "characters"),
        ("name", "\ud800", "characters"),
        ("address", "x" * 401, "too_long"),
        ("market_id", 0, "out_of_range"),
        ("area_sqft", 0.0, "out_of_range"),
        ("area_sqft", float("nan"), "out_of_range"),
        ("area_sqft", float("inf"), "out_of_range"),
        ("year_built", 1599, "out_of_range"),
        ("year_built", 2201, "out_of_range"),
        ("property_class", "a", "property_class"),
        ("property_class", "A++", "property_class"),
        ("property_type", "Office", "property_type"),
        ("property_type", "", "property_type"),
        ("current_occupancy_rate", None, "required"),
        ("current_occupancy_rate", 100.1, "out_of_range"),
        ("current_occupancy_rate", -0.1, "out_of_range"),
        ("current_avg_rent_per_sqft", float("nan"), "not_finite"),
        ("current_avg_rent_per_sqft", float("inf"), "not_finite"),
        ("current_avg_rent_per_sqft", 2000.1, "out_of_range"),
        ("avg_lease_term_months", -1.0, "out_of_range"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: Any, code: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        PropertyDraft(**{**WILLIS, name: value})
    (flaw,) = refused.value.flaws
    assert (flaw.path, flaw.code) == ((name,), code)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(InvalidFields) as refused:
        PropertyDraft(**{**WILLIS, "name": "", "year_built": 1, "renewal_rate_ytd": 101.0})
    assert [flaw.path for flaw in refused.value.flaws] == [
        ("name",), ("year_built",), ("renewal_rate_ytd",),
    ]  # fmt: skip


@given(subject=properties())
def test_a_change_touches_only_what_it_names(subject: Property) -> None:
    after = changed(subject, {"name": "New", "current_avg_rent_per_sqft": None}, 9, NOON)
    assert (after.name, after.current_avg_rent_per_sqft, after.version) == ("New", None, 9)
    same = {"name": subject.name, "current_avg_rent_per_sqft": subject.current_avg_rent_per_sqft}
    assert changed(after, same, subject.version, subject.updated_at) == subject


@given(subject=properties(), name=st.sampled_from(["id", "version", "updated_at", "tenant_id"]))
def test_some_fields_cannot_be_changed(subject: Property, name: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        changed(subject, {name: 7}, 9, NOON)
    assert refused.value.flaws[0].code == "not_changeable"


def test_a_change_must_leave_a_property_that_can_be() -> None:
    subject = PropertyDraft(**WILLIS).kept(PropertyId(1), 1, NOON)
    with pytest.raises(InvalidFields):
        changed(subject, {"current_occupancy_rate": None}, 2, NOON)


@given(records=histories(), seed=st.randoms())
def test_histories_are_put_in_order(records: tuple[MonthlyRecord, ...], seed: Any) -> None:
    shuffled = list(records)
    seed.shuffle(shuffled)
    assert ordered_records(tuple(shuffled)) == records


def test_a_month_comes_once_and_starts_on_its_first() -> None:
    with pytest.raises(InvalidFields) as refused:
        ordered_records((MonthlyRecord(date(2025, 1, 1)), MonthlyRecord(date(2025, 1, 1))))
    assert refused.value.flaws[0].path == ("records", 1, "month")
    with pytest.raises(InvalidFields):
        MonthlyRecord(date(2025, 1, 2))
    with pytest.raises(InvalidFields):
        MonthlyRecord(date(2025, 1, 1), occupancy_rate=float("nan"))
    with pytest.raises(InvalidInput, match="601 months"):
        ordered_records((MonthlyRecord(date(2025, 1, 1)),) * 601)


def test_imports_need_ids() -> None:
    with pytest.raises(InvalidInput) as refused:
        identified([PropertyDraft(**WILLIS, id=PropertyId(3)), PropertyDraft(**WILLIS)])
    assert refused.value.flaws[0].path == (1, "id")


@given(text=st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(kept=st.lists(properties(), unique_by=lambda one: one.id), where=property_filters())
def test_a_filter_with_more_conditions_fits_less(
    kept: list[Property], where: PropertyFilter
) -> None:
    looser = evolve(where, text=None, market_id=None)
    assert {one.id for one in kept if where.fits(one)} <= {
        one.id for one in kept if looser.fits(one)
    }


@given(kept=st.lists(properties(), unique_by=lambda one: one.id), query=property_queries())
def test_pages_together_are_the_whole_list(kept: list[Property], query: PropertyQuery) -> None:
    whole = evolve(query, limit=None).reference(kept)
    walked: list[Property] = []
    after: PageKey | None = None
    while True:
        rest = evolve(query, after=after, limit=None).reference(kept)
        part = page(query, rest, 1)
        walked += part.items
        if part.next is None:
            break
        after = part.next
    assert tuple(walked) == whole
    assert sorted(one.id for one in whole) == sorted(
        one.id for one in kept if query.where.fits(one)
    )


@given(kept=st.lists(properties(), unique_by=lambda one: one.id), query=property_queries())
def test_ties_go_by_id_and_nothing_comes_last(kept: list[Property], query: PropertyQuery) -> None:
    found = evolve(query, limit=None).reference(kept)
    values = [sort_value(one, query.order) for one in found]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    assert known == sorted(known, reverse=query.descending)
    for value in values:
        ids = [one.id for one in found if sort_value(one, query.order) == value]
        assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"market_id": 0}, "market_id"),
        ({"text": ""}, "text"),
        ({"text": "a\nb"}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"minimum_area_sqft": -1.0}, "minimum_area_sqft"),
        ({"maximum_area_sqft": float("nan")}, "maximum_area_sqft"),
        ({"minimum_area_sqft": 2.0, "maximum_area_sqft": 1.0}, "maximum_area_sqft"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        PropertyFilter(**wrong)
    assert refused.value.flaws[0].path == (path,)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_one_to_a_thousand_properties(limit: int) -> None:
    with pytest.raises(InvalidFields):
        PropertyQuery(limit=limit)
    assert PropertyQuery(order=PropertyOrder.RENT, limit=1000).limit == 1000


@given(subject=properties())
def test_a_property_is_plain_data(subject: Property) -> None:
    assert Property(**asdict(subject)) == subject
