"""What holds of every health score, numbered as in the specification of SH1."""

from collections.abc import Mapping
from datetime import date
from math import exp, inf, log, nan
from random import Random

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.measures import PROPERTY_METRICS, Metric
from sightline.domain.portfolio.benchmarks import Confidence, MarketBenchmark
from sightline.domain.portfolio.health_arithmetic import (
    combined,
    combined_value,
    predicted_sub_score,
)
from sightline.domain.portfolio.health_evidence import (
    Evidence,
    HealthInputs,
    MarketView,
    replaced_values,
    standard_error,
)
from sightline.domain.portfolio.health_model import (
    Averaging,
    HealthModel,
    TargetBand,
    Transform,
    reweighted,
)
from sightline.domain.portfolio.health_momentum import momenta, momentum
from sightline.domain.portfolio.health_score import HealthScore, health_line, health_score
from sightline.domain.portfolio.health_thresholds import GradeBounds
from sightline.domain.portfolio.history import HistoryRequest, market_history
from sightline.domain.portfolio.observations import Observation
from sightline.domain.portfolio.property import MonthlyRecord, ordered_records
from sightline.domain.statistics import theil_sen
from sightline.domain.windows import Interval
from sightline.testing.strategies import (
    grade_bounds,
    health_inputs,
    health_models,
    histories,
    market_benchmarks,
    whole_inputs,
)

from .health_cases import CHICAGO, GOOD, WILLIS, inputs_of, market_of, seen

SH1 = HealthModel()
NO_BAND: st.SearchStrategy[TargetBand | None] = st.none()
plain_models = health_models(bands=NO_BAND)
compensatory = health_models(averaging=st.just(Averaging.COMPENSATORY), bands=NO_BAND)
still = health_inputs(momentum=st.just({}))
sub_scores = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.5]), st.none() | st.floats(0.11, 99.89)), min_size=1
)


def points(found: HealthScore) -> float:
    assume(found.score is not None)
    assert found.score is not None
    return found.score


def values_of(observed: Mapping[Metric, Observation]) -> dict[str, float | None]:
    return {metric.value: one.value for metric, one in observed.items()}


@given(model=health_models(), inputs=health_inputs())
def test_01_a_score_lies_between_0_and_100(model: HealthModel, inputs: HealthInputs) -> None:
    found = health_score(model, inputs)
    assert 0 <= points(found) <= 100
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= points(found) <= found.high <= 100


@given(model=health_models(), inputs=health_inputs())
def test_02_contributions_sum_to_the_score_less_50(
    model: HealthModel, inputs: HealthInputs
) -> None:
    found = health_score(model, inputs)
    parts = [row.contribution for row in found.metrics]
    assert sum(parts) == pytest.approx(points(found) - 50, abs=1e-9)
    for row in found.metrics:
        both = row.level_contribution + row.momentum_contribution
        assert row.contribution == pytest.approx(both, abs=1e-12)


@given(model=health_models(), inputs=health_inputs())
def test_03_a_contribution_has_the_sign_of_its_sub_score_less_50(
    model: HealthModel, inputs: HealthInputs
) -> None:
    found = health_score(model, inputs)
    points(found)
    for row in found.metrics:
        if row.sub_score is None:
            assert row.level_contribution == 0
        elif found.momentum_share < 1:
            assert (row.level_contribution > 0) == (row.sub_score > 50)
            assert (row.level_contribution < 0) == (row.sub_score < 50)
        if found.momentum is not None and row.momentum and found.momentum_share > 0:
            assert (row.momentum_contribution > 0) == (row.momentum.sub_score > 50)
            assert (row.momentum_contribution < 0) == (row.momentum.sub_score < 50)


@given(listed=sub_scores, averaging=st.sampled_from(Averaging))
def test_04_the_mean_lies_among_the_sub_scores(
    listed: list[tuple[float, float | None]], averaging: Averaging
) -> None:
    weights, scores = [weight for weight, _ in listed], [score for _, score in listed]
    found = combined(weights, scores, [0.0] * len(listed), averaging, 0.3)
    known = [score for weight, score in listed if weight > 0 and score is not None]
    assert (found is None) == (not known)
    if found is not None:
        assert min(known) - 1e-9 <= found.mean <= max(known) + 1e-9
        assert combined_value(weights, scores, averaging, 0.3) == pytest.approx(found.value)
    else:
        assert combined_value(weights, scores, averaging, 0.3) == 50


@given(
    model=health_models(),
    inputs=still,
    metric=st.sampled_from(PROPERTY_METRICS),
    better=st.sampled_from([0.5, 3.0, 20.0]),
)
def test_05_improving_a_metric_never_lowers_the_score(
    model: HealthModel, inputs: HealthInputs, metric: Metric, better: float
) -> None:
    assume(metric in model.metrics)
    rule, now = model.metrics[metric], inputs.own[metric].value
    before = health_score(model, inputs)
    row = next((row for row in before.metrics if row.metric is metric), None)
    if now is None or row is None or row.deviation is None:
        return
    up = rule.direction.sign > 0
    then = now + better if up else max(0.0, now - better)
    if rule.target_band:
        # With a band, better is towards it.
        assume(row.deviation < rule.target_band.low or row.deviation > rule.target_band.high)
        b = inputs.market.values[metric].value
        assert b is not None
        logs = rule.transform is Transform.LOG_RATIO
        edge = (
            rule.target_band.low
            if row.deviation < rule.target_band.low
            else (rule.target_band.high)
        )
        then = b * exp(edge) if logs else b + edge
        assume(then >= 0)
    after = health_score(model, replaced_values(inputs, {metric: then}))
    assert points(after) >= points(before) - 1e-9


@given(inputs=whole_inputs(), model=plain_models, unit=st.sampled_from([0.092903, 8.0, 1e-3]))
def test_06_the_unit_of_a_ratio_does_not_matter(
    inputs: HealthInputs, model: HealthModel, unit: float
) -> None:
    logs = [m for m, rule in model.metrics.items() if rule.transform is Transform.LOG_RATIO]
    own, market = values_of(inputs.own), values_of(inputs.market.values)
    for metric in logs:
        own[metric.value] = unit * (own[metric.value] or 0.0)
        market[metric.value] = unit * (market[metric.value] or 0.0)
    before = health_score(model, inputs)
    view = evolve(inputs.market, values=seen(market))
    after = health_score(model, HealthInputs(seen(own), view))
    assert points(after) == pytest.approx(points(before), abs=1e-9)


@given(inputs=health_inputs(), model=health_models(), scale=st.sampled_from([1e-300, 0.1, 7.0]))
def test_07_the_scale_of_weights_does_not_matter(
    inputs: HealthInputs, model: HealthModel, scale: float
) -> None:
    weights = {metric: scale * rule.weight for metric, rule in model.metrics.items()}
    before, after = health_score(model, inputs), health_score(reweighted(model, weights), inputs)
    assert after.status is before.status
    assert points(after) == pytest.approx(points(before), abs=1e-9)


@given(inputs=health_inputs(), model=health_models(), seed=st.integers(0, 9))
def test_08_the_order_of_metrics_does_not_matter(
    inputs: HealthInputs, model: HealthModel, seed: int
) -> None:
    order = list(model.metrics)
    Random(seed).shuffle(order)
    other = evolve(model, metrics={metric: model.metrics[metric] for metric in order})
    own = {metric: inputs.own[metric] for metric in reversed(list(inputs.own))}
    assert health_score(other, evolve(inputs, own=own)) == health_score(model, inputs)


@given(inputs=whole_inputs(), model=plain_models)
def test_09_a_property_like_its_market_has_50(inputs: HealthInputs, model: HealthModel) -> None:
    found = health_score(model, evolve(inputs, own=inputs.market.values))
    assert found.score == pytest.approx(50, abs=1e-12)


@given(inputs=whole_inputs(), model=compensatory)
def test_10_the_market_against_the_property_has_the_mirrored_score(
    inputs: HealthInputs, model: HealthModel
) -> None:
    view = evolve(inputs.market, values=inputs.own)
    swapped = HealthInputs(inputs.market.values, view)
    both = points(health_score(model, inputs)) + points(health_score(model, swapped))
    assert both == pytest.approx(100, abs=1e-9)


@given(inputs=still, model=health_models(), likeness=st.sampled_from([0.0, 0.3, 1.0]))
def test_11_the_square_root_mean_is_not_above_the_arithmetic_one(
    inputs: HealthInputs, model: HealthModel, likeness: float
) -> None:
    rooted, summed = (
        health_line(evolve(model, averaging=one, correlation=likeness), inputs)
        for one in (Averaging.SQUARE_ROOT, Averaging.COMPENSATORY)
    )
    assume(rooted.level is not None)
    assert rooted.level is not None
    assert summed.level is not None
    assert rooted.level.mean <= summed.level.mean + 1e-9


@given(inputs=still, model=health_models(), likeness=st.sampled_from([0.1, 0.3, 0.9]))
def test_12_believing_more_moves_a_score_away_from_50(
    inputs: HealthInputs, model: HealthModel, likeness: float
) -> None:
    none, some, all_ = (
        abs(points(health_score(evolve(model, correlation=rho), inputs)) - 50)
        for rho in (0.0, likeness, 1.0)
    )
    assert none <= some + 1e-9
    assert some <= all_ + 1e-9


@given(inputs=health_inputs(), model=health_models())
def test_13_a_metric_without_weight_is_ignored(inputs: HealthInputs, model: HealthModel) -> None:
    without = {metric: rule for metric, rule in model.metrics.items() if rule.weight > 0}
    with_all = {
        metric: model.metrics.get(metric) or evolve(SH1.metrics[metric], weight=0.0)
        for metric in PROPERTY_METRICS
    }
    assert health_score(evolve(model, metrics=without), inputs) == health_score(model, inputs)
    assert health_score(evolve(model, metrics=with_all), inputs) == health_score(model, inputs)


@given(listed=sub_scores, averaging=st.sampled_from(Averaging))
def test_13_splitting_a_metric_into_halves_changes_nothing(
    listed: list[tuple[float, float | None]], averaging: Averaging
) -> None:
    known = [(weight, 50.0 if score is None else score) for weight, score in listed]
    assume(any(weight > 0 for weight, _ in known))
    (weight, score), *rest = known
    split = [(weight / 2, score), (weight / 2, score), *rest]
    before, after = (
        combined([w for w, _ in of], [s for _, s in of], [0.0] * len(of), averaging, 0.3)
        for of in (known, split)
    )
    assert before is not None
    assert after is not None
    assert after.value == pytest.approx(before.value, abs=1e-9)
    halves = after.contributions[0] + after.contributions[1]
    assert halves == pytest.approx(before.contributions[0], abs=1e-9)


@given(inputs=health_inputs(), model=health_models(), wrong=st.sampled_from([nan, inf, -inf]))
def test_14_no_number_is_the_same_as_none(
    inputs: HealthInputs, model: HealthModel, wrong: float
) -> None:
    def spoilt(
        said: Mapping[Metric, Observation], value: float | None
    ) -> dict[Metric, Observation]:
        return {
            metric: Observation(value, None, ()) if one.value is None else one
            for metric, one in said.items()
        }

    answers = [
        health_score(
            model,
            evolve(
                inputs,
                own=spoilt(inputs.own, value),
                market=evolve(inputs.market, values=spoilt(inputs.market.values, value)),
            ),
        )
        for value in (None, wrong)
    ]
    assert answers[0] == answers[1]


@given(inputs=whole_inputs(), model=health_models(), shift=st.sampled_from([0.25, 40.0]))
def test_15_lifting_both_sides_of_a_rate_changes_nothing(
    inputs: HealthInputs, model: HealthModel, shift: float
) -> None:
    rates = [m for m, rule in model.metrics.items() if rule.transform is Transform.DIFFERENCE]
    own, market = values_of(inputs.own), values_of(inputs.market.values)
    for metric in rates:
        own[metric.value] = (own[metric.value] or 0.0) + shift
        market[metric.value] = (market[metric.value] or 0.0) + shift
    view = evolve(inputs.market, values=seen(market))
    before = health_score(model, inputs)
    after = health_score(model, HealthInputs(seen(own), view))
    assert points(after) == pytest.approx(points(before), abs=1e-9)


@given(
    inputs=still,
    sample=st.integers(0, 100),
    quality=st.sampled_from([0.0, 0.5, 1.0]),
    age=st.sampled_from([0.0, 6.0, 24.0]),
    less=st.sampled_from(["sample", "quality", "age", "confidence"]),
)
def test_16_better_knowledge_never_widens_the_interval(
    inputs: HealthInputs, sample: int, quality: float, age: float, less: str
) -> None:
    worse = Evidence(sample, quality, Confidence.MEDIUM, age)
    better = {
        "sample": evolve(worse, sample_size=sample + 7),
        "quality": evolve(worse, data_quality=quality / 2 + 0.5),
        "age": evolve(worse, age_months=age / 2),
        "confidence": evolve(worse, confidence=Confidence.HIGH),
    }[less]
    errors = []
    for evidence in (worse, better):
        view = evolve(
            inputs.market,
            errors=dict.fromkeys(PROPERTY_METRICS, standard_error(evidence)),
            evidence=evidence,
        )
        found = health_score(SH1, evolve(inputs, market=view))
        points(found)
        errors.append(found.standard_error or 0.0)
    assert errors[1] <= errors[0] + 1e-12


@given(
    own=st.fixed_dictionaries({name: st.sampled_from([0.8, 0.95, 1.0, 1.04]) for name in WILLIS}),
    missing=st.sets(st.sampled_from(sorted(WILLIS)), min_size=1, max_size=3),
    data=st.data(),
)
def test_16_a_metric_at_its_predicted_value_narrows_the_interval(
    own: dict[str, float], missing: set[str], data: st.DataObject
) -> None:
    values: dict[str, float | None] = {
        name: None if name in missing else (CHICAGO[name] or 0.0) * part
        for name, part in own.items()
    }
    filled = Metric(data.draw(st.sampled_from(sorted(missing))))
    before = health_line(SH1, inputs_of(values))
    assume(before.score is not None and before.level is not None)
    assert before.level is not None
    count = sum(score is not None for score in before.sub_scores)
    score = predicted_sub_score(before.level, count, SH1.correlation)
    rule, b = SH1.metrics[filled], CHICAGO[filled.value] or 0.0
    step = rule.direction.sign * rule.typical_deviation * log(score / (100 - score)) / 1.702
    x = b * exp(step) if rule.transform is Transform.LOG_RATIO else b + step
    after = health_line(SH1, inputs_of({**values, filled.value: x}))
    assert before.standard_error is not None
    assert after.standard_error is not None
    assert after.standard_error < before.standard_error


@given(height=st.lists(st.integers(20, 60), min_size=6, max_size=12), lead=st.integers(-9, 9))
def test_20_a_property_that_moves_with_its_market_has_no_momentum(
    height: list[int], lead: int
) -> None:
    for metric, rule in SH1.metrics.items():
        logs = rule.transform is Transform.LOG_RATIO
        pairs = [(b * (1 + lead / 10) if logs else float(b + lead), float(b)) for b in height]
        found = momentum(rule, pairs, 12)
        assert found is not None
        assert (found.z, found.sub_score) == (0.0, 50.0), metric


@given(
    y=st.lists(st.integers(-20, 20).map(lambda q: q / 4), min_size=2, max_size=10),
    a=st.sampled_from([-2.0, 0.5, 4.0]),
    b=st.sampled_from([-1.5, 0.0, 3.0]),
    c=st.sampled_from([-7.0, 2.5]),
)
def test_21_the_slope_follows_stretching_tilting_and_lifting(
    y: list[float], a: float, b: float, c: float
) -> None:
    t = [float(at) for at in range(len(y))]
    before = theil_sen(t, y)
    after = theil_sen(t, [a * value + b * at + c for value, at in zip(y, t, strict=True)])
    assert before is not None
    assert after is not None
    assert after.slope == pytest.approx(a * before.slope + b, abs=1e-9)


@given(
    inputs=health_inputs(),
    model=health_models(),
    records=histories(),
    benchmark=market_benchmarks(metrics=st.just(frozenset(PROPERTY_METRICS))),
    seed=st.integers(0, 9),
)
def test_22_scoring_twice_or_a_shuffled_history_is_the_same(
    inputs: HealthInputs,
    model: HealthModel,
    records: tuple[MonthlyRecord, ...],
    benchmark: MarketBenchmark,
    seed: int,
) -> None:
    assert health_score(model, inputs) == health_score(model, inputs)
    shuffled = list(records)
    Random(seed).shuffle(shuffled)
    request = HistoryRequest(Interval.MONTH, date(2024, 11, 1), date(2025, 11, 30))
    first, second = (
        momenta(
            model,
            market_history(
                request,
                PROPERTY_METRICS,
                ordered_records(tuple(rows)),
                benchmark,
                request.end or date.max,
            ),
        )
        for rows in (records, shuffled)
    )
    assert first == second


@given(grades=grade_bounds(), a=st.floats(0, 100), b=st.floats(0, 100))
def test_23_a_higher_score_never_has_a_worse_grade(grades: GradeBounds, a: float, b: float) -> None:
    assume(a <= b)
    assert grades.grade(b) <= grades.grade(a)  # A is the first letter


def test_the_market_view_of_a_case_is_the_one_of_its_evidence() -> None:
    view: MarketView = market_of(CHICAGO)
    assert set(view.errors.values()) == {standard_error(GOOD)}
