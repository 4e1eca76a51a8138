"""The model of the health score: what may be set, and every flaw at once."""

from math import fsum, inf, nan

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields, InvalidInput
from sightline.domain.measures import PROPERTY_METRICS, Direction, Metric
from sightline.domain.portfolio.health_model import (
    DEFAULT_METRICS,
    Averaging,
    HealthModel,
    MetricRule,
    TargetBand,
    Transform,
    require_metrics,
    reweighted,
)
from sightline.testing.strategies import health_models

OCCUPANCY = DEFAULT_METRICS[Metric.OCCUPANCY_RATE]


def codes(refused: pytest.ExceptionInfo[InvalidFields]) -> dict[tuple[str | int, ...], str]:
    return {flaw.path: flaw.code for flaw in refused.value.flaws}


@given(model=health_models())
def test_the_weights_of_every_model_sum_to_1(model: HealthModel) -> None:
    assert fsum(model.weights) == pytest.approx(1, abs=1e-9)
    assert all(planned.weight > 0 for planned in model.plan)
    order = [metric for metric in PROPERTY_METRICS if metric in model.metrics]
    assert list(model.metrics) == order


def test_the_built_in_model_is_version_0_and_is_allowed() -> None:
    assert HealthModel().version == 0
    assert tuple(HealthModel().metrics) == PROPERTY_METRICS
    assert HealthModel() == HealthModel(
        {metric: DEFAULT_METRICS[metric] for metric in PROPERTY_METRICS[::-1]}
    )


def test_every_flaw_of_a_model_is_named_at_once() -> None:
    wrong = MetricRule(nan, Direction.CONTEXT, 0.0, inf, "ratio", TargetBand(1.0, 0.0))  # type: ignore[arg-type]
    with pytest.raises(InvalidFields) as refused:
        HealthModel(
            {
                Metric.OCCUPANCY_RATE: wrong,
                Metric.RENT_PER_SQFT: evolve(OCCUPANCY, target_band=TargetBand(-inf, nan)),
                Metric.NEW_DEAL_RATE: evolve(OCCUPANCY, weight=-0.1),
                "vacancy": evolve(OCCUPANCY, weight=1.5),  # type: ignore[dict-item]
            },
            averaging="geometric",  # type: ignore[arg-type]
            correlation=-0.1,
            coverage_limit=0.0,
            momentum_share=nan,
            version=-1,
        )
    assert codes(refused) == {
        ("metrics", "occupancy_rate", "weight"): "out_of_range",
        ("metrics", "occupancy_rate", "direction"): "direction",
        ("metrics", "occupancy_rate", "transform"): "transform",
        ("metrics", "occupancy_rate", "typical_deviation"): "out_of_range",
        ("metrics", "occupancy_rate", "typical_change"): "out_of_range",
        ("metrics", "occupancy_rate", "target_band"): "reversed",
        ("metrics", "rent_per_sqft", "target_band"): "not_finite",
        ("metrics", "new_deal_rate"): "not_scored",
        ("metrics", "new_deal_rate", "weight"): "out_of_range",
        ("metrics", "vacancy"): "unknown_metric",
        ("metrics", "vacancy", "weight"): "out_of_range",
        ("averaging",): "averaging",
        ("correlation",): "out_of_range",
        ("coverage_limit",): "out_of_range",
        ("momentum_share",): "out_of_range",
        ("version",): "out_of_range",
    }


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ((0.5, 0.499), "0.999"),
        ((0.5, 0.4), "0.9"),
        ((0.5, 0.6), "1.1"),
        ((0.0, 0.0), "0"),
        ((), "0"),
    ],
)
def test_weights_that_do_not_sum_are_refused_with_their_sum(
    weights: tuple[float, ...], said: str
) -> None:
    pairs = zip(PROPERTY_METRICS, weights, strict=False)
    rules = {metric: evolve(OCCUPANCY, weight=weight) for metric, weight in pairs}
    with pytest.raises(InvalidFields, match=rf"sum to {said}, not to 1") as refused:
        HealthModel(rules)
    assert codes(refused) == {("metrics",): "weights_sum"}


def test_weights_in_tenths_sum_although_they_do_not_in_binary() -> None:
    parts = dict(zip(PROPERTY_METRICS, (0.1, 0.2, 0.3, 0.3, 0.1), strict=True))
    rules = {metric: evolve(OCCUPANCY, weight=weight) for metric, weight in parts.items()}
    assert HealthModel(rules).weights == tuple(parts.values())


@given(
    model=health_models(),
    parts=st.lists(st.sampled_from([0.0, 1.0, 5e-324, 1e308]), min_size=5, max_size=5),
)
def test_weights_of_any_scale_become_shares(model: HealthModel, parts: list[float]) -> None:
    weights = dict(zip(model.metrics, parts, strict=False))
    if not any(weights.values()):
        with pytest.raises(InvalidFields, match="must not all be 0"):
            reweighted(model, weights)
        return
    found = reweighted(model, weights)
    assert fsum(found.weights) == pytest.approx(1, abs=1e-9)
    largest = max(weights, key=lambda metric: weights[metric])
    assert found.metrics[largest].weight == max(rule.weight for rule in found.metrics.values())


def test_wrong_weights_are_all_named() -> None:
    model = HealthModel({Metric.OCCUPANCY_RATE: evolve(OCCUPANCY, weight=1.0)})
    with pytest.raises(InvalidFields) as refused:
        reweighted(model, {Metric.OCCUPANCY_RATE: nan, Metric.RENEWAL_RATE: -1.0})
    assert [(flaw.path[-1], flaw.code) for flaw in refused.value.flaws] == [
        ("renewal_rate", "unknown_metric"),
        ("occupancy_rate", "out_of_range"),
        ("renewal_rate", "out_of_range"),
    ]
    with pytest.raises(InvalidInput, match="does not score 'renewal_rate'"):
        require_metrics(model, [Metric.RENEWAL_RATE])


def test_a_model_cannot_be_changed_behind_its_back() -> None:
    rules = dict(DEFAULT_METRICS)
    model = HealthModel(rules)
    rules.clear()
    assert tuple(model.metrics) == PROPERTY_METRICS
    assert model.averaging is Averaging.SQUARE_ROOT
    assert model.metrics[Metric.RENT_PER_SQFT].transform is Transform.LOG_RATIO
