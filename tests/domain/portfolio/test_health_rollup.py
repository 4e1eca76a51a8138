"""Roll-ups: ratios of sums, scores by area, distributions and same-store changes."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.identifiers import MarketId, PropertyId
from sightline.domain.measures import PROPERTY_METRICS, Metric
from sightline.domain.portfolio.health_rollup import (
    Distribution,
    OwnedArea,
    ScoredArea,
    distribution,
    group_roll_ups,
    portfolio_values,
    roll_up,
    same_store_change,
)
from sightline.domain.portfolio.health_thresholds import Grade, GradeBounds
from sightline.domain.portfolio.property import Property, PropertyDraft
from sightline.testing.strategies import grade_bounds, properties, scored_areas

from .health_cases import CASES

BUILT_IN = GradeBounds()


def from_case(name: str) -> list[float]:
    found: list[float] = CASES["portfolio_rollup"]["inputs"][name]
    return found


def owned(subject: Property) -> OwnedArea:
    return OwnedArea(subject.area_sqft, tuple(map(subject.value, PROPERTY_METRICS)))


def test_the_reference_numbers_of_roll_ups() -> None:
    expected = CASES["portfolio_rollup"]["expected"]
    rows = zip(
        from_case("area_sqft"), from_case("occupancy_rate"), from_case("rent_per_sqft"), strict=True
    )
    listed = [
        PropertyDraft(
            "Tower", "1 Sample Street", MarketId(1), area, 1973, "A", let,
            current_avg_rent_per_sqft=rent,
        ).kept(PropertyId(at), 1, datetime(2025, 10, 1, tzinfo=UTC))
        for at, (area, let, rent) in enumerate(rows, start=1)
    ]  # fmt: skip
    found = portfolio_values(map(owned, listed))
    assert found[Metric.OCCUPANCY_RATE] == pytest.approx(expected["occupancy"], abs=1e-9)
    rent = found[Metric.RENT_PER_SQFT]
    assert rent == pytest.approx(expected["rent_by_occupied_area"], abs=1e-9)
    assert rent != pytest.approx(expected["rent_by_area"], abs=1e-3)
    assert found[Metric.RENEWAL_RATE] is None
    scores = [
        ScoredArea(PropertyId(at), area, score, {})
        for at, (area, score) in enumerate(
            zip(from_case("area_sqft"), from_case("score"), strict=True), start=1
        )
    ]
    assert roll_up(BUILT_IN, scores).score == pytest.approx(expected["score"], abs=1e-9)


@given(grades=grade_bounds(), members=scored_areas())
def test_18_the_score_lies_among_its_parts_and_contributions_roll_up(
    grades: GradeBounds, members: list[ScoredArea]
) -> None:
    found = roll_up(grades, members)
    known = [one.score for one in members if one.score is not None]
    assert (found.properties, found.scored) == (len(members), len(known))
    if found.score is None:
        assert not known
        assert (found.grade, found.contributions, found.scored_area_sqft) == (None, {}, 0.0)
        return
    assert min(known) - 1e-9 <= found.score <= max(known) + 1e-9
    assert found.grade is grades.grade(found.score)
    assert sum(found.contributions.values()) == pytest.approx(found.score - 50, abs=1e-9)


@given(members=scored_areas(), groups=st.lists(st.sampled_from("ABC"), min_size=9, max_size=9))
def test_18_a_union_is_the_mean_of_its_parts_by_area(
    members: list[ScoredArea], groups: list[str]
) -> None:
    whole = roll_up(BUILT_IN, members)
    found = group_roll_ups(BUILT_IN, members, lambda identifier: groups[identifier - 1])
    assert [one.group for one in found] == sorted({groups[one.id - 1] for one in members})
    assert sum(one.roll_up.properties for one in found) == len(members)
    assume(whole.score is not None)
    assert whole.score is not None
    assert sum(one.share for one in found) == pytest.approx(1)
    assert sum(one.contribution for one in found) == pytest.approx(whole.score - 50, abs=1e-9)
    for metric in PROPERTY_METRICS:
        parts = sum(one.share * one.roll_up.contributions.get(metric, 0.0) for one in found)
        assert parts == pytest.approx(whole.contributions[metric], abs=1e-9)


@given(listed=st.lists(properties(), max_size=5))
def test_a_portfolio_lies_among_its_properties(listed: list[Property]) -> None:
    found = portfolio_values(map(owned, listed))
    for metric in PROPERTY_METRICS:
        known = [value for one in listed if (value := one.value(metric)) is not None]
        if found[metric] is not None:
            assert min(known) - 1e-9 <= (found[metric] or 0.0) <= max(known) + 1e-9
    if listed:
        assert found[Metric.OCCUPANCY_RATE] is not None
    doubled = portfolio_values(map(owned, listed * 2))
    assert doubled == pytest.approx(found)


def test_the_rent_of_an_empty_portfolio_is_unknown() -> None:
    empty = PropertyDraft(
        "Tower", "1 Sample Street", MarketId(1), 1_000.0, 1973, "A", 0.0,
        current_avg_rent_per_sqft=30.0, renewal_rate_ytd=50.0,
    ).kept(PropertyId(1), 1, datetime(2025, 10, 1, tzinfo=UTC))  # fmt: skip
    found = portfolio_values([owned(empty)])
    assert found[Metric.RENT_PER_SQFT] is None
    assert (found[Metric.OCCUPANCY_RATE], found[Metric.RENEWAL_RATE]) == (0.0, 50.0)


def graded(grades: GradeBounds, scores: Sequence[float | None]) -> Distribution:
    return distribution(scores, [None if one is None else grades.grade(one) for one in scores])


@given(
    grades=grade_bounds(),
    scores=st.lists(st.none() | st.integers(0, 200).map(lambda half: half / 2)),
)
def test_a_distribution_counts_every_property_once(
    grades: GradeBounds, scores: list[float | None]
) -> None:
    found = graded(grades, scores)
    assert found.grades[Grade.A] == sum(one is not None and one >= grades.a for one in scores)
    assert found.count + found.unscored == len(scores)
    assert sum(found.bins) == sum(found.grades.values()) == found.count
    places = [
        found.lowest, found.first_quartile, found.median, found.third_quartile, found.highest
    ]  # fmt: skip
    known = [place for place in places if place is not None]
    assert len(known) in {0, 5}
    assert known == sorted(known)


def test_the_bounds_of_a_distribution_belong_to_the_bar_above() -> None:
    found = graded(BUILT_IN, [0.0, 10.0, 75.0, 99.9, 100.0])
    assert found.bins == (1, 1, 0, 0, 0, 0, 0, 1, 0, 2)
    assert found.grades[Grade.A] == 3
    assert graded(BUILT_IN, [42.0]).median == 42.0


@given(members=scored_areas(), gone=st.sets(st.integers(1, 9)))
def test_a_change_counts_only_who_was_there_both_times(
    members: list[ScoredArea], gone: set[int]
) -> None:
    before = {one.id: one.score for one in members}
    assert same_store_change(before, members).change in {None, 0.0}
    earlier = {
        one.id: None if one.score is None else one.score - 7
        for one in members
        if one.id not in gone
    }
    found = same_store_change(earlier, members)
    both = [one for one in members if one.id not in gone and one.score is not None]
    assert found.properties == len(both)
    if found.change is not None:
        assert found.change == pytest.approx(7)
