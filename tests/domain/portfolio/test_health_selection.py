"""Which scores a list shows, and in which order."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields, InvalidInput, InvalidWindow
from sightline.domain.identifiers import MarketId, PropertyId
from sightline.domain.portfolio.health_selection import (
    MOST_NAMED,
    HealthFilter,
    HealthOrder,
    HealthQuery,
    PeriodRequest,
    health_page,
    sort_value,
)
from sightline.domain.portfolio.health_thresholds import Grade, GradeBounds, ScoreConfidence
from sightline.domain.portfolio.kept_health import (
    KeptHealth,
    MarketNames,
    PropertyScore,
    ScoreInputs,
)
from sightline.domain.windows import Interval
from sightline.testing.strategies import grade_bounds, health_queries, property_scores, standings
from sightline.testing.strategies.health import GRID

ONE = PropertyScore(
    PropertyId(1), "One", MarketNames("Loop", "Chicago", None), "office", "A", 1.0,
    ScoreInputs(1, MarketId(1), 1, 0, date(2025, 9, 15)), datetime(2025, 9, 15, tzinfo=UTC),
    40.0, Grade.C, Grade.D, Grade.C, ScoreConfidence.HIGH, 4.0, 1.0, 40.0, None, (),
)  # fmt: skip


@st.composite
def kept_portfolios(draw: st.DrawFn) -> list[KeptHealth]:
    chosen = draw(st.lists(st.integers(1, 6).map(PropertyId), unique=True, max_size=6))
    return [
        KeptHealth(
            draw(property_scores(st.just(one))),
            draw(st.none() | standings(one)),
            None,
            draw(st.none() | st.sampled_from([-10.0, 0.0, 7.5])),
        )
        for one in chosen
    ]


@given(kept=kept_portfolios(), query=health_queries())
def test_pages_part_the_list_in_order(kept: list[KeptHealth], query: HealthQuery) -> None:
    whole = evolve(query, limit=None).reference(kept)
    assert set(whole) == {one for one in kept if query.where.fits(one)}
    walked: list[KeptHealth] = []
    after = None
    while True:
        asked = evolve(query, limit=2, after=after)
        page = health_page(asked, evolve(asked, limit=None).reference(kept))
        walked += page.items
        if (after := page.next) is None:
            break
    assert tuple(walked) == whole
    values = [sort_value(one, query.order) for one in whole]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=query.descending)
    assert values == known + [None] * (len(values) - len(known))


def test_a_fall_of_exactly_the_bound_is_meant() -> None:
    fell = HealthFilter(maximum_change=-10.0)
    changes = {-10.001: True, -10.0: True, -9.999: False, None: False}
    for change, meant in changes.items():
        assert fell.fits(KeptHealth(ONE, None, 30.0, change)) == meant


@given(grades=grade_bounds(), score=st.sampled_from(GRID), wanted=st.sets(st.sampled_from(Grade)))
def test_a_score_is_found_by_the_grade_that_its_own_model_gave_it(
    grades: GradeBounds, score: float, wanted: set[Grade]
) -> None:
    found = grades.grade(score)
    kept = KeptHealth(evolve(ONE, score=score, grade=found), None, None, None)
    assert HealthFilter(grade=tuple(wanted)).fits(kept) == (not wanted or found in wanted)


def test_cities_are_found_whatever_the_case() -> None:
    kept = KeptHealth(evolve(ONE, market=MarketNames("M", "Köln", None)), None, None, None)
    assert HealthFilter(city=("KÖLN", "Bonn")).fits(kept)
    assert not HealthFilter(city=("Bonn",)).fits(kept)
    nowhere = KeptHealth(evolve(ONE, market=MarketNames()), None, None, None)
    assert not HealthFilter(city=("Köln",)).fits(nowhere)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"minimum_score": 101.0}, "minimum_score"),
        ({"maximum_score": float("nan")}, "maximum_score"),
        ({"minimum_score": 60.0, "maximum_score": 50.0}, "maximum_score"),
        ({"minimum_change": 0.0, "maximum_change": -1.0}, "maximum_change"),
        ({"city": ("x",) * (MOST_NAMED + 1)}, "city"),
    ],
)
def test_filters_that_cannot_be_meant_are_refused_by_name(
    said: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        HealthFilter(**said)  # type: ignore[arg-type]
    assert [flaw.path for flaw in refused.value.flaws] == [(field,)]


@given(day=st.integers(0, 800).map(lambda n: date(2024, 1, 1) + timedelta(days=n)))
def test_a_day_stands_for_the_period_it_lies_in(day: date) -> None:
    found = PeriodRequest(Interval.QUARTER, day).start
    assert found
    assert found <= day
    assert (found.day, found.month % 3) == (1, 1)
    assert PeriodRequest(Interval.QUARTER, found).start == found


def test_periods_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInput):
        PeriodRequest(Interval.HOUR)
    with pytest.raises(InvalidWindow):
        PeriodRequest(Interval.YEAR, date(1969, 12, 31))
    with pytest.raises(InvalidFields):
        HealthQuery(limit=0)
    assert HealthQuery().order is HealthOrder.SCORE
