"""The health score: reference numbers and edges; its invariants have a file of their own."""

from datetime import UTC, date, datetime
from math import exp, inf, nan
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.identifiers import MarketId
from sightline.domain.measures import Direction, Metric
from sightline.domain.portfolio.benchmarks import (
    Confidence,
    MarketBenchmark,
    MonthlyBenchmark,
)
from sightline.domain.portfolio.health_arithmetic import (
    Combined,
    lever,
    sub_score,
)
from sightline.domain.portfolio.health_calibration import (
    calibrated,
    comparable_deviations,
    robust_spread,
    shrunken_deviation,
)
from sightline.domain.portfolio.health_evidence import (
    Evidence,
    HealthInputs,
    market_view,
    present_inputs,
    replaced_values,
    standard_error,
    unknown_market_view,
)
from sightline.domain.portfolio.health_model import (
    Averaging,
    HealthModel,
    MetricRule,
    TargetBand,
    Transform,
    reweighted,
)
from sightline.domain.portfolio.health_score import (
    HealthScore,
    ScoreStatus,
    health_line,
    health_score,
    score_words,
)
from sightline.domain.portfolio.health_thresholds import Grade, ScoreConfidence
from sightline.domain.portfolio.observations import Observation, Reason
from sightline.domain.portfolio.property import Property
from sightline.testing.strategies import (
    health_inputs,
    health_models,
    market_benchmarks,
    properties,
)

from .health_cases import CASES, CHICAGO, GOOD, WILLIS, inputs_of

SH1 = HealthModel()
OCTOBER = date(2025, 10, 1)
#: The geometric mean is no option of SH1; the case is held as a mean that is none of ours.
SCORES = [
    case
    for case in CASES.values()
    if "raw" in case["expected"] and case["inputs"].get("power") != 0
]
INTERVALS = [case for name, case in CASES.items() if name.startswith("interval_")]


def scored(case: dict[str, Any]) -> HealthScore:
    given_ = case["inputs"]
    model = evolve(
        SH1,
        averaging=Averaging.COMPENSATORY if given_.get("power") == 1 else Averaging.SQUARE_ROOT,
        correlation=given_.get("rho", 0.3),
    )
    evidence = GOOD
    if "sample_size" in given_:
        evidence = Evidence(
            given_["sample_size"],
            given_["data_quality_score"],
            Confidence(given_["confidence_level"]),
            given_["age_months"],
        )
    return health_score(model, inputs_of(given_["property"], given_["market"], evidence))


def test_the_built_in_model_is_the_specified_one() -> None:
    expected = CASES["parameters"]["expected"]
    assert (SH1.correlation, SH1.coverage_limit) == (expected["rho"], expected["min_coverage"])
    for name, said in expected["catalogue"].items():
        rule = SH1.metrics[Metric(name)]
        assert (rule.weight, rule.typical_deviation) == (said["weight"], said["tau"])
        assert (rule.transform.value, rule.direction.sign) == (said["transform"], said["direction"])
    for letter, bound in expected["grade_lower_bounds"].items():
        grades = SH1.thresholds.grades
        assert grades.grade(bound) is Grade(letter)
        assert bound == 0 or grades.grade(bound - 1e-9) > Grade(letter)
    assert sub_score(1.0) == pytest.approx(100 / (1 + exp(-expected["k"])))


@pytest.mark.parametrize("case", SCORES, ids=lambda case: str(case["case"]))
def test_the_reference_numbers_of_scores(case: dict[str, Any]) -> None:
    found, expected = scored(case), case["expected"]
    close = pytest.approx
    known = {row.metric.value: row for row in found.metrics if row.sub_score is not None}
    assert {name: row.z for name, row in known.items()} == close(expected["z"], abs=1e-9)
    subs = {name: row.sub_score for name, row in known.items()}
    assert subs == close(expected["subscores"], abs=1e-9)
    parts = {name: row.contribution for name, row in known.items()}
    assert parts == close(expected["contributions"], abs=1e-9)
    assert found.coverage == close(expected["coverage"], abs=1e-9)
    assert found.shrinkage == close(expected["shrinkage"], abs=1e-9)
    assert found.score == close(expected["score"], abs=1e-9)
    assert found.grade is Grade(expected["grade"])
    assert {metric.value for metric in found.missing} == set(expected["missing"])
    for row in found.metrics:
        reason = expected["missing"].get(row.metric.value)
        if reason:
            assert row.reasons == (
                Reason.PROPERTY_VALUE_MISSING if reason == "missing" else Reason(reason),
            )


@pytest.mark.parametrize("case", INTERVALS, ids=lambda case: str(case["case"]))
def test_the_reference_numbers_of_intervals(case: dict[str, Any]) -> None:
    found, expected = scored(case), case["expected"]
    assert found.evidence is not None
    assert standard_error(found.evidence) == pytest.approx(expected["se_z"], abs=1e-9)
    assert found.standard_error == pytest.approx(expected["standard_error"], abs=1e-9)
    assert found.low == pytest.approx(expected["lower"], abs=1e-9)
    assert found.high == pytest.approx(expected["upper"], abs=1e-9)
    assert found.confidence is ScoreConfidence(expected["confidence"])


def test_the_reference_number_of_a_shrunken_deviation() -> None:
    given_, expected = CASES["shrunken_tau"]["inputs"], CASES["shrunken_tau"]["expected"]
    found = shrunken_deviation(given_["tau0"], given_["n"], given_["sigma_hat"], given_["nu0"])
    assert found == pytest.approx(expected["tau"], abs=1e-9)


def test_property_1_is_healthy_and_the_answer_says_why() -> None:
    found = health_score(SH1, inputs_of(WILLIS))
    assert found.score == pytest.approx(71.54, abs=0.005)
    assert (found.grade, found.status) == (Grade.B, ScoreStatus.SCORED)
    assert {row.metric.value: round(row.contribution, 2) for row in found.metrics} == {
        "occupancy_rate": 6.54,
        "rent_per_sqft": 6.93,
        "renewal_rate": 2.82,
        "lease_term_months": 0.94,
        "time_to_lease_days": 4.31,
    }
    assert (found.model, found.model_version) == ("SH1", 0)
    assert found.momentum is None
    assert found.momentum_share == 0


def test_one_bad_metric_is_not_made_up_for() -> None:
    case = CASES["unbalanced_low_occupancy_power_0.5"]["inputs"]
    inputs = inputs_of(case["property"], case["market"])
    rooted, summed = (health_score(evolve(SH1, averaging=one), inputs) for one in Averaging)
    assert rooted.score == pytest.approx(42.4, abs=0.05)
    assert summed.score == pytest.approx(58.9, abs=0.05)


def test_the_geometric_case_is_another_mean_than_both_of_ours() -> None:
    expected = CASES["full_data_power_0"]["expected"]["score"]
    for averaging in Averaging:
        found = health_score(evolve(SH1, averaging=averaging), inputs_of(WILLIS)).score
        assert found is not None
        assert found > expected  # means grow with their power


def test_coverage_of_exactly_the_limit_is_enough() -> None:
    # .25 + .15 is the limit of .4 in decimals; renormalised weights miss it in binary.
    own = {"rent_per_sqft": 42.8, "time_to_lease_days": 85.0}
    assert health_score(SH1, inputs_of(own)).status is ScoreStatus.SCORED
    weights = {Metric(name): 0.1 * SH1.metrics[Metric(name)].weight for name in WILLIS}
    found = health_score(reweighted(SH1, weights), inputs_of(own))
    assert found.status is ScoreStatus.SCORED
    stricter = evolve(SH1, coverage_limit=0.4 + 1e-6)
    assert health_score(stricter, inputs_of(own)).status is ScoreStatus.INSUFFICIENT_COVERAGE


def test_without_enough_there_is_no_score_but_every_reason() -> None:
    found = health_score(SH1, inputs_of({"rent_per_sqft": 42.8, "occupancy_rate": nan}))
    assert found.status is ScoreStatus.INSUFFICIENT_COVERAGE
    assert found.coverage == 0.25
    empty = (found.score, found.grade, found.low, found.standard_error, found.confidence)
    assert empty == (None,) * 5
    assert [row.contribution for row in found.metrics] == [0.0] * 5
    assert all(row.lever is None for row in found.metrics)
    reasons = {row.metric: row.reasons for row in found.metrics}
    assert reasons.pop(Metric.RENT_PER_SQFT) == ()
    assert set(reasons.values()) == {(Reason.PROPERTY_VALUE_MISSING,)}


@pytest.mark.parametrize(
    ("value", "benchmark", "reasons"),
    [
        (nan, 38.2, (Reason.PROPERTY_VALUE_MISSING,)),
        (inf, 38.2, (Reason.PROPERTY_VALUE_MISSING,)),
        (-0.5, 38.2, (Reason.VALUE_NEGATIVE,)),
        (42.8, nan, (Reason.MARKET_VALUE_MISSING,)),
        (42.8, -inf, (Reason.MARKET_VALUE_MISSING,)),
        (42.8, 0.0, (Reason.BENCHMARK_NOT_POSITIVE,)),
        (42.8, -1.0, (Reason.BENCHMARK_NOT_POSITIVE,)),
        (None, None, (Reason.PROPERTY_VALUE_MISSING, Reason.MARKET_VALUE_MISSING)),
        (-1.0, 0.0, (Reason.VALUE_NEGATIVE, Reason.BENCHMARK_NOT_POSITIVE)),
    ],
)
def test_a_value_that_cannot_be_used_is_missing_with_its_reason(
    value: float | None, benchmark: float | None, reasons: tuple[Reason, ...]
) -> None:
    own, market = {**WILLIS, "rent_per_sqft": value}, {**CHICAGO, "rent_per_sqft": benchmark}
    found = health_score(SH1, inputs_of(own, market))
    rent = next(row for row in found.metrics if row.metric is Metric.RENT_PER_SQFT)
    assert (rent.reasons, rent.sub_score, rent.contribution) == (reasons, None, 0.0)
    assert found.missing == (Metric.RENT_PER_SQFT,)
    assert found.coverage == pytest.approx(0.75)


def test_a_rate_may_be_held_against_a_market_of_zero() -> None:
    found = health_score(SH1, inputs_of(WILLIS, {**CHICAGO, "renewal_rate": 0.0}))
    assert found.missing == ()


def test_nothing_at_all_on_a_ratio_is_at_the_clip() -> None:
    found = health_score(SH1, inputs_of({**WILLIS, "rent_per_sqft": 0.0}))
    rent = next(row for row in found.metrics if row.metric is Metric.RENT_PER_SQFT)
    assert (rent.z, rent.deviation, rent.reasons) == (-4.0, None, ())


def test_a_target_band_is_a_plateau_that_falls_on_both_sides() -> None:
    band = TargetBand(-0.05, 0.10)
    rule = evolve(SH1.metrics[Metric.RENT_PER_SQFT], weight=1.0, target_band=band)
    model = HealthModel({Metric.RENT_PER_SQFT: rule})

    def at(rent: float) -> float:
        found = health_score(model, inputs_of({"rent_per_sqft": rent})).score
        assert found is not None
        return found

    plateau = at(38.2)
    assert plateau == pytest.approx(70.08, abs=0.005)
    assert at(40.0) == plateau
    assert plateau > at(45.0) > at(50.0)
    assert plateau > at(35.0) > at(30.0)
    assert at(0.0) == pytest.approx(sub_score(-4.0))


@given(model=health_models(), inputs=health_inputs())
def test_a_list_says_the_same_as_the_whole_answer(model: HealthModel, inputs: HealthInputs) -> None:
    line, whole = health_line(model, inputs), health_score(model, inputs)
    assert (line.score, line.standard_error) == (whole.score, whole.standard_error)
    assert line.coverage == whole.coverage
    assert line.sub_scores == tuple(row.sub_score for row in whole.metrics)
    assert line.contributions == pytest.approx([row.contribution for row in whole.metrics])
    assert line.z == tuple(row.z for row in whole.metrics)
    assert (whole.score is None) == (whole.status is ScoreStatus.INSUFFICIENT_COVERAGE)
    for row in whole.metrics:
        assert (row.sub_score is None) == (row.metric in whole.missing)
        assert row.sub_score is not None or row.reasons


@pytest.mark.parametrize("averaging", Averaging)
def test_the_lever_is_the_slope_of_the_score(averaging: Averaging) -> None:
    model = evolve(SH1, averaging=averaging)
    inputs = inputs_of({**WILLIS, "lease_term_months": None})
    found = health_score(model, inputs)
    for row in found.metrics:
        if row.property_value is None or row.sub_score is None:
            continue
        nudged = replaced_values(inputs, {row.metric: row.property_value * (1 + 1e-6)})
        then = health_score(model, nudged)
        moved = next(one.sub_score for one in then.metrics if one.metric is row.metric)
        assert then.score is not None
        assert found.score is not None
        assert moved is not None
        slope = (then.score - found.score) / (moved - row.sub_score)
        assert row.lever == pytest.approx(slope, rel=1e-4)


def test_with_all_known_the_lever_is_the_weight_times_the_root_of_the_ratio() -> None:
    found = Combined(1.0, 64.0, 1.0, 64.0, (), 0.0)
    assert lever(found, 0.3, 16.0, Averaging.SQUARE_ROOT) == pytest.approx(0.6)
    assert lever(found, 0.3, 16.0, Averaging.COMPENSATORY) == 0.3


def test_confidence_ends_where_it_says() -> None:
    words = [
        score_words(SH1.thresholds, 50.0, width / 1.6448536269514722).confidence
        for width in (7.4999, 7.51, 14.9, 15.1)
    ]
    assert words == ["high", "medium", "medium", "low"]


def test_the_calibrated_model_lies_between_judgement_and_measurement() -> None:
    spread = [-3.0, -1.0, 0.0, 1.0, 3.0]
    found = calibrated(SH1, {Metric.OCCUPANCY_RATE: spread * 4})
    measured = robust_spread(spread)
    assert measured == pytest.approx(1.4826)
    tau = found.metrics[Metric.OCCUPANCY_RATE].typical_deviation
    assert tau == pytest.approx(((36 + measured**2) / 2) ** 0.5)  # 20 of each count alike
    assert found.metrics[Metric.RENT_PER_SQFT] == SH1.metrics[Metric.RENT_PER_SQFT]


def test_equal_deviations_leave_a_deviation_over_zero() -> None:
    found = calibrated(SH1, {Metric.OCCUPANCY_RATE: [2.0] * 1_000})
    assert found.metrics[Metric.OCCUPANCY_RATE].typical_deviation > 0
    assert robust_spread([]) == 0.0
    assert shrunken_deviation(6.0, 0, nan) == 6.0


def test_comparable_deviations_are_those_that_are_known() -> None:
    lines = [health_line(SH1, inputs_of(own)) for own in (WILLIS, {"occupancy_rate": 80.0})]
    found = comparable_deviations(SH1, lines)
    assert found[Metric.OCCUPANCY_RATE] == pytest.approx([3.3, -9.2])
    assert len(found[Metric.RENT_PER_SQFT]) == 1


@given(benchmark=market_benchmarks(), subject=properties())
def test_a_market_and_a_property_can_be_scored_whatever_they_lack(
    benchmark: Any, subject: Property
) -> None:
    today = max([month.month for month in benchmark.months], default=OCTOBER)
    view = market_view(benchmark, None, today)
    assert view.evidence is not None
    assert view.evidence.age_months == 0.0
    found = health_score(SH1, present_inputs(subject, view))
    assert found.score is None or 0 <= found.score <= 100


def test_an_unknown_market_is_the_reason() -> None:
    view = unknown_market_view(Reason.MARKET_UNAVAILABLE)
    found = health_score(SH1, HealthInputs(inputs_of(WILLIS).own, view))
    assert found.status is ScoreStatus.INSUFFICIENT_COVERAGE
    assert {row.reasons for row in found.metrics} == {(Reason.MARKET_UNAVAILABLE,)}
    assert found.evidence is None


def test_reasons_of_older_months_are_kept() -> None:
    older = Observation(92.5, None, (Reason.PROPERTY_MONTH_OLDER,))
    inputs = inputs_of(WILLIS)
    found = health_score(
        SH1, HealthInputs({**inputs.own, Metric.OCCUPANCY_RATE: older}, inputs.market)
    )
    assert found.metrics[0].reasons == (Reason.PROPERTY_MONTH_OLDER,)
    assert found.metrics[0].sub_score is not None


@given(quality=st.sampled_from([nan, 0.0, 0.5]), sample=st.sampled_from([0, 1]))
def test_a_quality_that_says_nothing_counts_as_one_building(quality: float, sample: int) -> None:
    found = standard_error(Evidence(sample, quality, Confidence.LOW, -3.0))
    assert found == pytest.approx((1 + 0.09) ** 0.5)


def test_one_metric_alone_may_be_a_model() -> None:
    rule = MetricRule(1.0, Direction.HIGHER_IS_BETTER, 6.0, 2.0, Transform.DIFFERENCE)
    found = health_score(HealthModel({Metric.OCCUPANCY_RATE: rule}), inputs_of(WILLIS))
    assert found.score == pytest.approx(71.8311202864)


def test_a_metric_is_as_old_as_the_month_that_stands_in_for_it() -> None:
    rates = frozenset({Metric.OCCUPANCY_RATE, Metric.RENEWAL_RATE})
    months = (
        MonthlyBenchmark(date(2025, 7, 1), {Metric.RENEWAL_RATE: 75.2}),
        MonthlyBenchmark(date(2025, 9, 1), {Metric.OCCUPANCY_RATE: 89.2}),
    )
    benchmark = MarketBenchmark(
        MarketId(1), "Chicago Loop Office", "Chicago", "Illinois", "office", rates, months,
        100, 1.0, Confidence.HIGH, datetime(2025, 9, 3, tzinfo=UTC),
    )  # fmt: skip
    view = market_view(benchmark, None, date(2025, 10, 1))
    assert view.evidence == Evidence(100, 1.0, Confidence.HIGH, 0.0)
    # September has just ended; July ended 61 days before.
    assert view.errors[Metric.OCCUPANCY_RATE] == pytest.approx((0.01 + 0.0025) ** 0.5)
    older = 0.01 + 0.01 * 61 / 30.4375 + 0.0025
    assert view.errors[Metric.RENEWAL_RATE] == pytest.approx(older**0.5)
    assert view.values[Metric.RENEWAL_RATE].reasons == (Reason.MARKET_MONTH_OLDER,)
    past = market_view(benchmark, date(2025, 8, 31), date(2025, 10, 1))
    assert past.values[Metric.OCCUPANCY_RATE].value is None
    # The latest month that is seen is July, which ended 30 days before.
    assert past.evidence == Evidence(100, 1.0, Confidence.HIGH, 30 / 30.4375)
