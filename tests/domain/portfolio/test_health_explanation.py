"""A score can be worked out again from its explanation alone."""

from math import exp, inf, log, sqrt

import pytest
from attrs import evolve
from hypothesis import given

from sightline.domain.measures import Direction, Metric
from sightline.domain.portfolio.health_evidence import HealthInputs
from sightline.domain.portfolio.health_explanation import (
    Explanation,
    WorkedMean,
    WorkedMetric,
    WorkedMomentum,
    explanation,
)
from sightline.domain.portfolio.health_model import Averaging, HealthModel, Transform
from sightline.domain.portfolio.health_score import health_score
from sightline.domain.portfolio.what_if import levers
from sightline.testing.strategies import health_inputs, health_models

from .health_cases import CHICAGO, WILLIS, inputs_of

SH1 = HealthModel()


def again(told: Explanation) -> float:
    """The score by `formulas`, from the given numbers; nothing of the product's arithmetic."""
    level = _mean(told, [(row.weight, _sub_score(row)) for row in told.metrics])
    if not told.momentum_metrics:
        return level
    moving: list[tuple[float, float | None]] = [
        (row.weight, _logistic(_cut(row.slope_per_year / row.typical_change * (1 - row.p_value))))
        for row in told.momentum_metrics
    ]
    share = told.momentum_share
    return (1 - share) * level + share * _mean(told, moving)


def consistent(model: HealthModel, inputs: HealthInputs) -> HealthInputs:
    """Inputs whose momenta have the z that comes of their slope, which strategies draw freely."""
    momenta = {}
    for metric, found in inputs.momentum.items():
        if metric in model.metrics:
            change = model.metrics[metric].typical_change
            z = _cut(found.slope_per_year / change * (1 - found.p_value))
            momenta[metric] = evolve(found, z=z, sub_score=_logistic(z))
    return HealthInputs(inputs.own, inputs.market, momenta)


def _sub_score(row: WorkedMetric) -> float | None:
    if row.sub_score is None or row.property_value is None or row.market_value is None:
        return None
    own, market = row.property_value, row.market_value
    if row.transform is Transform.DIFFERENCE:
        far = own - market
    else:
        far = log(own / market) if own else -inf
    if row.target_band:
        outside = max(0.0, row.target_band.low - far, far - row.target_band.high)
        return _logistic(_cut(0.5 - outside / row.typical_deviation))
    sign = -1 if row.direction is Direction.LOWER_IS_BETTER else 1
    return _logistic(_cut(sign * far / row.typical_deviation))


def _cut(z: float) -> float:
    return max(-4.0, min(z, 4.0))


def _logistic(z: float) -> float:
    return 100 / (1 + exp(-1.702 * z))


def _mean(told: Explanation, rows: list[tuple[float, float | None]]) -> float:
    known = [(weight, score) for weight, score in rows if score is not None]
    coverage = sum(weight for weight, _ in known)
    if told.averaging is Averaging.SQUARE_ROOT:
        mean = sum(weight / coverage * sqrt(score) for weight, score in known) ** 2
    else:
        mean = sum(weight / coverage * score for weight, score in known)
    count, rho = len(known), told.correlation
    shrinkage = coverage + (1 - coverage) * count * rho / (1 + (count - 1) * rho)
    return 50 + shrinkage * (mean - 50)


@given(model=health_models(), inputs=health_inputs())
def test_the_score_is_worked_out_again_from_the_explanation_alone(
    model: HealthModel, inputs: HealthInputs
) -> None:
    made = consistent(model, inputs)
    told = explanation(model, made)
    score = health_score(model, made).score
    assert told.score == score
    if score is not None:
        assert again(told) == pytest.approx(score, abs=1e-9)
    else:
        assert told.level is None or told.level.coverage < told.coverage_limit


@given(model=health_models(), inputs=health_inputs())
def test_every_step_follows_from_the_one_before(model: HealthModel, inputs: HealthInputs) -> None:
    told = explanation(model, inputs)
    steps = [(row.z, row.sub_score) for row in told.metrics]
    steps += [(one.z, one.sub_score) for one in told.momentum_metrics]
    for z, sub_score in steps:
        assert (z is None) == (sub_score is None)
        assert z is None or sub_score == pytest.approx(_logistic(z))
    _check_mean(told, told.level, told.metrics)
    _check_mean(told, told.momentum, told.momentum_metrics)
    if told.score is None or told.level is None:
        assert told.score is None
    elif told.momentum is None:
        assert (told.score, told.momentum_share) == (told.level.value, 0.0)
    else:
        share = told.momentum_share
        parts = (1 - share) * told.level.value + share * told.momentum.value
        assert told.score == pytest.approx(parts)


def _check_mean(
    told: Explanation,
    found: WorkedMean | None,
    rows: tuple[WorkedMetric, ...] | tuple[WorkedMomentum, ...],
) -> None:
    known = [(row.share, row.term, row.sub_score) for row in rows if row.term is not None]
    if found is None:
        assert known == []
        return
    assert found.known == len(known)
    assert found.term_sum == pytest.approx(sum(term for _, term, _ in known))
    assert sum(share or 0.0 for share, _, _ in known) == pytest.approx(1)
    rooted = told.averaging is Averaging.SQUARE_ROOT
    assert found.mean == pytest.approx(found.term_sum**2 if rooted else found.term_sum)
    for share, term, score in known:
        assert share is not None
        assert score is not None
        assert term == pytest.approx(share * (sqrt(score) if rooted else score))
    assert found.value == pytest.approx(50 + found.shrinkage * (found.mean - 50))


@given(model=health_models(), inputs=health_inputs())
def test_levers_are_those_of_the_what_if(model: HealthModel, inputs: HealthInputs) -> None:
    assert explanation(model, inputs).levers == levers(model, inputs)


def test_property_1_by_hand_without_rent_and_renewals() -> None:
    told = explanation(SH1, inputs_of({**WILLIS, "rent_per_sqft": None, "renewal_rate": None}))
    rows = {row.metric: row for row in told.metrics}
    occupancy = rows[Metric.OCCUPANCY_RATE]
    assert occupancy.deviation == pytest.approx(3.3)
    assert occupancy.z == pytest.approx(0.55)
    assert occupancy.share == pytest.approx(0.30 / 0.55)
    assert occupancy.term == pytest.approx(0.30 / 0.55 * sqrt(71.83), abs=1e-3)
    rent = rows[Metric.RENT_PER_SQFT]
    assert (rent.property_value, rent.market_value) == (None, CHICAGO["rent_per_sqft"])
    assert (rent.z, rent.sub_score, rent.share, rent.term) == (None,) * 4
    assert told.level is not None
    assert (told.level.known, round(told.level.coverage, 9)) == (3, 0.55)
    # λ = 0.55 + 0.45 · 0.9 / 1.6
    assert told.level.shrinkage == pytest.approx(0.803125)
    assert round(told.level.value, 2) == 67.21
    assert told.score == told.level.value
    assert again(told) == pytest.approx(told.level.value)
