"""What would change, and which input moves a score most."""

from math import nan

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields, InvalidInput
from sightline.domain.identifiers import PropertyId
from sightline.domain.measures import CATALOGUE, PROPERTY_METRICS, Metric
from sightline.domain.portfolio.health_evidence import HealthInputs, replaced_values
from sightline.domain.portfolio.health_model import (
    Averaging,
    HealthModel,
    TargetBand,
    reweighted,
)
from sightline.domain.portfolio.health_score import health_line, health_score
from sightline.domain.portfolio.health_thresholds import Grade
from sightline.domain.portfolio.what_if import levers, portfolio_what_if, what_if
from sightline.testing.strategies import health_inputs, health_models

from .health_cases import CHICAGO, WILLIS, inputs_of

SH1 = HealthModel()


@given(model=health_models(), other=health_models(), inputs=health_inputs())
def test_the_changes_of_metrics_sum_to_the_change_of_the_score(
    model: HealthModel, other: HealthModel, inputs: HealthInputs
) -> None:
    found = what_if(model, inputs, other=other)
    assert found.before == health_score(model, inputs)
    assert found.after == health_score(other, inputs)
    if found.change is None:
        assert found.before.score is None or found.after.score is None
    else:
        parts = [one.change for one in found.changes]
        assert sum(parts) == pytest.approx(found.change, abs=1e-9)
        assert [abs(part) for part in parts] == sorted(map(abs, parts), reverse=True)


@given(model=health_models(), inputs=health_inputs())
def test_nothing_else_changes_nothing(model: HealthModel, inputs: HealthInputs) -> None:
    found = what_if(model, inputs)
    assert found.change in {None, 0.0}
    assert found.before == found.after


def test_other_values_and_other_weights_are_taken_apart() -> None:
    empty = inputs_of({**WILLIS, "occupancy_rate": 61.0})
    found = what_if(SH1, empty, values={Metric.OCCUPANCY_RATE: 89.2})
    assert found.change is not None
    assert found.change > 20
    assert found.changes[0].metric is Metric.OCCUPANCY_RATE
    rents_only = reweighted(SH1, {Metric.RENT_PER_SQFT: 1.0})
    assert what_if(SH1, empty, other=rents_only).after.score == pytest.approx(78.4171790757)


def test_a_value_that_cannot_be_true_and_a_metric_that_is_not_scored_are_refused() -> None:
    wrong = {Metric.OCCUPANCY_RATE: 101.0, Metric.RENT_PER_SQFT: nan}
    with pytest.raises(InvalidFields) as refused:
        what_if(SH1, inputs_of(WILLIS), values=wrong)
    assert [flaw.path for flaw in refused.value.flaws] == [
        ("values", "occupancy_rate"),
        ("values", "rent_per_sqft"),
    ]
    with pytest.raises(InvalidInput, match="does not score 'new_deal_rate'"):
        what_if(SH1, inputs_of(WILLIS), values={Metric.NEW_DEAL_RATE: 5.0})
    portfolio = {PropertyId(1): inputs_of(WILLIS)}
    with pytest.raises(InvalidFields):
        portfolio_what_if(SH1, SH1, portfolio, {PropertyId(1): {Metric.RENT_PER_SQFT: -1.0}})


@given(model=health_models(), inputs=health_inputs())
def test_a_lever_never_lowers_a_score_and_says_what_would_come_of_it(
    model: HealthModel, inputs: HealthInputs
) -> None:
    now = health_score(model, inputs)
    found = levers(model, inputs)
    if now.score is None:
        assert found == ()
        return
    known = [row.metric for row in now.metrics if row.sub_score is not None]
    assert {one.metric for one in found} == set(known)
    assert [one.gain for one in found] == sorted((one.gain for one in found), reverse=True)
    for one in found:
        assert one.gain >= -1e-9
        assert CATALOGUE[one.metric].lowest <= one.better_value <= CATALOGUE[one.metric].highest
        moved = replaced_values(inputs, {one.metric: one.better_value})
        assert health_line(model, moved).score == one.score
        assert one.score == pytest.approx(now.score + one.gain)


def test_the_largest_lever_of_an_empty_property_is_its_occupancy() -> None:
    first, *_ = levers(SH1, inputs_of({**WILLIS, "occupancy_rate": 80.0}))
    assert (first.metric, first.better_value) == (Metric.OCCUPANCY_RATE, 86.0)
    assert first.gain > 5
    assert first.grade in {Grade.B, Grade.C}
    full = {one.metric: one for one in levers(SH1, inputs_of(WILLIS))}
    assert full[Metric.OCCUPANCY_RATE].better_value == 98.5
    assert full[Metric.TIME_TO_LEASE_DAYS].better_value < 85


def test_within_a_target_band_there_is_nothing_to_gain() -> None:
    rule = evolve(SH1.metrics[Metric.RENT_PER_SQFT], target_band=TargetBand(0.0, 0.2))
    model = evolve(SH1, metrics={**SH1.metrics, Metric.RENT_PER_SQFT: rule})
    inside = {one.metric: one for one in levers(model, inputs_of(WILLIS))}
    assert inside[Metric.RENT_PER_SQFT].gain == pytest.approx(0, abs=1e-12)
    above = {one.metric: one for one in levers(model, inputs_of({**WILLIS, "rent_per_sqft": 55.0}))}
    assert above[Metric.RENT_PER_SQFT].better_value < 55
    assert above[Metric.RENT_PER_SQFT].gain > 0


@given(
    model=health_models(),
    other=health_models(),
    listed=st.lists(health_inputs(), max_size=5),
)
def test_a_portfolio_is_ranked_before_and_after(
    model: HealthModel, other: HealthModel, listed: list[HealthInputs]
) -> None:
    portfolio = {PropertyId(at): one for at, one in enumerate(listed, start=1)}
    found = portfolio_what_if(model, other, portfolio)
    assert [row.id for row in found] == list(portfolio)
    for row in found:
        assert row.before == health_line(model, portfolio[row.id]).score
        assert row.after == health_line(other, portfolio[row.id]).score
        assert (row.rank_before is None) == (row.before is None)
        assert (row.rank_after is None) == (row.after is None)
        if row.before is not None and row.after is not None:
            assert row.change == row.after - row.before


def test_one_property_that_mends_itself_overtakes() -> None:
    portfolio = {
        PropertyId(1): inputs_of(CHICAGO),
        PropertyId(2): inputs_of({**WILLIS, "occupancy_rate": 61.0}),
    }
    mended = {PropertyId(2): {metric: WILLIS[metric.value] or 0.0 for metric in PROPERTY_METRICS}}
    first, second = portfolio_what_if(SH1, SH1, portfolio, mended)
    assert (first.rank_before, first.rank_after, first.change) == (1, 2, 0.0)
    assert (second.rank_before, second.rank_after) == (2, 1)
    summed = evolve(SH1, averaging=Averaging.COMPENSATORY)
    assert portfolio_what_if(SH1, summed, portfolio)[1].change is not None


def test_the_largest_change_comes_first_whatever_its_sign() -> None:
    values = {Metric.OCCUPANCY_RATE: 61.0, Metric.LEASE_TERM_MONTHS: 120.0}
    found = what_if(SH1, inputs_of(WILLIS), values=values)
    assert found.changes[0].metric is Metric.OCCUPANCY_RATE
    assert found.changes[0].change < 0


def test_a_lever_goes_no_further_than_can_be_true() -> None:
    found = {one.metric: one for one in levers(SH1, inputs_of({**WILLIS, "occupancy_rate": 98.0}))}
    assert found[Metric.OCCUPANCY_RATE].better_value == 100.0
