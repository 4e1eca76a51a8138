"""Scores as they are kept: what replaces what, and that nothing is lost on the way."""

from datetime import UTC, date, datetime

import pytest
from attrs import evolve
from hypothesis import given

from sightline.domain.identifiers import MarketId
from sightline.domain.portfolio.health_evidence import HealthInputs
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_score import health_score
from sightline.domain.portfolio.kept_health import (
    MarketNames,
    PropertyScore,
    ScoreInputs,
    property_score,
)
from sightline.domain.portfolio.property import Property
from sightline.testing.strategies import (
    health_inputs,
    health_models,
    properties,
    property_scores,
    score_inputs,
)

NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)


@given(model=health_models(), subject=properties(), made_of=health_inputs(), inputs=score_inputs())
def test_a_kept_score_is_the_score(
    model: HealthModel, subject: Property, made_of: HealthInputs, inputs: ScoreInputs
) -> None:
    kept = property_score(model, subject, MarketNames(), made_of, inputs, now=NOON)
    whole = health_score(model, made_of)
    assert (kept.score, kept.status, kept.grade) == (whole.score, whole.status, whole.grade)
    assert kept.bounds == (whole.low, whole.high)
    assert kept.grade_at_low == whole.grade_at_low
    assert kept.grade_at_high == whole.grade_at_high
    assert (kept.confidence, kept.coverage) == (whole.confidence, whole.coverage)
    assert (kept.level, kept.momentum) == (whole.level, whole.momentum)
    assert [part.metric for part in kept.parts] == [row.metric for row in whole.metrics]
    if kept.score is not None:
        assert sum(kept.contributions.values()) == pytest.approx(kept.score - 50, abs=1e-9)


@given(one=score_inputs(), other=score_inputs(), third=score_inputs())
def test_of_two_scores_the_one_that_saw_more_stays_whatever_the_order(
    one: ScoreInputs, other: ScoreInputs, third: ScoreInputs
) -> None:
    assert one.supersedes(one)
    if one.supersedes(other) and other.supersedes(one):
        assert evolve(one, market_id=other.market_id) == other
    if one.supersedes(other) and other.supersedes(third):
        assert one.supersedes(third)


def test_another_day_changes_the_score_but_not_its_history() -> None:
    one = ScoreInputs(3, MarketId(1), 2, 1, date(2025, 9, 15))
    assert one.history_key == evolve(one, day=date(2025, 9, 30)).history_key
    for other in (
        evolve(one, property_version=4),
        evolve(one, market_id=MarketId(2)),
        evolve(one, market_position=3),
        evolve(one, model_version=2),
        evolve(one, day=date(2025, 10, 1)),  # another month may be seen
    ):
        assert other.history_key != one.history_key


@given(kept=property_scores())
def test_a_score_is_told_with_grade_and_interval_or_not_at_all(kept: PropertyScore) -> None:
    low, high = kept.bounds
    if kept.score is None:
        assert (kept.grade, kept.confidence, low, high) == (None, None, None, None)
        assert (kept.grade_at_low, kept.grade_at_high) == (None, None)
        assert kept.contributions == {}
    else:
        assert low is not None
        assert high is not None
        assert 0 <= low <= kept.score <= high <= 100
        assert kept.grade_at_low is not None
        assert kept.grade is not None
        assert kept.grade_at_high is not None
        assert kept.grade_at_high <= kept.grade <= kept.grade_at_low  # A is the first letter
