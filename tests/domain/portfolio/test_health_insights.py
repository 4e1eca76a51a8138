"""What a score says in words: one test per rule, and their order."""

import re
from math import exp, log, sqrt

import pytest
from hypothesis import given

from sightline.domain.measures import Metric
from sightline.domain.portfolio.benchmarks import Confidence
from sightline.domain.portfolio.health_arithmetic import (
    half_width,
    predicted_sub_score,
    sub_score,
)
from sightline.domain.portfolio.health_evidence import Evidence, HealthInputs
from sightline.domain.portfolio.health_insights import (
    InsightCode,
    Scored,
    gap_changing,
    insights,
    largest_lever,
    largest_loss,
    mark_to_market,
    missing_metrics,
    narrowing,
    priced_out,
    time_to_lease_rising,
    weak_benchmark,
)
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_momentum import Drift, Drifts, Momentum
from sightline.domain.portfolio.health_score import health_line, health_score
from sightline.testing.strategies import health_inputs, health_models

from .health_cases import CHICAGO, GOOD, WILLIS, inputs_of

SH1 = HealthModel()
RISING = Drift(12, 36.0, 38.2, 2.2, 0.001)
FLAT = Drift(12, 36.0, 38.2, 2.2, 0.1)
NOWHERE = Drifts({}, {})


def scored(inputs: HealthInputs, drifts: Drifts = NOWHERE, model: HealthModel = SH1) -> Scored:
    return Scored(model, inputs, health_score(model, inputs), drifts)


def test_the_largest_loss_names_the_metric_and_what_it_costs() -> None:
    found = largest_loss(scored(inputs_of({**WILLIS, "occupancy_rate": 61.0})))
    assert found is not None
    assert found.metrics == (Metric.OCCUPANCY_RATE,)
    cost = found.numbers["contribution"]
    assert found.sentence == (f"Occupancy rate costs {-cost:.1f} points: 61 against 89.2 percent.")
    assert (found.numbers["property_value"], found.numbers["market_value"]) == (61.0, 89.2)
    assert largest_loss(scored(inputs_of(WILLIS))) is None
    hardly = inputs_of({**WILLIS, "renewal_rate": 75.18})
    assert largest_loss(scored(hardly)) is None


def test_a_loss_that_comes_of_history_alone_is_told_as_that() -> None:
    falling = Momentum(36, -0.2, 0.0, -4.0, sub_score(-4.0), 0.1)
    momenta = dict.fromkeys(SH1.metrics, falling)
    missing = {**WILLIS, "occupancy_rate": None}
    found = largest_loss(scored(inputs_of(missing, momentum=momenta)))
    assert found is not None
    assert found.metrics == (Metric.OCCUPANCY_RATE,)
    assert "by its history alone" in found.sentence


def test_the_largest_lever_is_named_with_its_slope() -> None:
    found = largest_lever(scored(inputs_of(WILLIS)))
    assert found is not None
    assert found.metrics == (Metric.OCCUPANCY_RATE,)
    assert found.numbers["lever"] == pytest.approx(0.30 * sqrt(71.5412231704 / 71.8311202864))
    assert found.sentence == (
        "Occupancy rate has the largest lever: each point of its sub-score, now 71.8, "
        "moves the score by 0.30."
    )
    assert largest_lever(scored(inputs_of({}))) is None


@pytest.mark.parametrize(
    ("rent", "slope", "said"),
    [
        (42.8, 0.066, "the lead over its market, now 12.0 %, is widening by 6.8 % a year"),
        (42.8, -0.066, "the lead over its market, now 12.0 %, is narrowing by 6.8 % a year"),
        (34.0, -0.066, "the lag behind its market, now 12.4 %, is widening by 6.8 % a year"),
        (34.0, 0.066, "the lag behind its market, now 12.4 %, is narrowing by 6.8 % a year"),
    ],
)
def test_a_gap_that_changes_is_said_with_its_speed(rent: float, slope: float, said: str) -> None:
    sure = Momentum(12, slope, 0.004, 20 * slope, 90.0, 0.1)
    unsure = Momentum(12, slope, 0.1, 4.0, 99.0, 0.1)
    moving = {Metric.RENT_PER_SQFT: sure, Metric.OCCUPANCY_RATE: unsure}
    found = gap_changing(scored(inputs_of({**WILLIS, "rent_per_sqft": rent}, momentum=moving)))
    assert found is not None
    assert found.metrics == (Metric.RENT_PER_SQFT,)
    assert found.sentence == f"Average rent per square foot: {said} (p = 0.004)."
    assert found.numbers["slope_per_year"] == slope
    only = scored(inputs_of(WILLIS, momentum={Metric.OCCUPANCY_RATE: unsure}))
    assert gap_changing(only) is None


def test_rates_change_by_points() -> None:
    sure = Momentum(12, 1.5, 0.02, 0.7, 77.0, 0.1)
    found = gap_changing(scored(inputs_of(WILLIS, momentum={Metric.OCCUPANCY_RATE: sure})))
    assert found is not None
    assert "now 3.3 points, is widening by 1.5 points a year (p = 0.020)" in found.sentence


def test_a_high_rent_with_a_low_occupancy_prices_tenants_out() -> None:
    found = priced_out(scored(inputs_of({**WILLIS, "occupancy_rate": 80.0})))
    assert found is not None
    assert found.sentence == (
        "The rent may price tenants out: it is 42.8 against 38.2 USD per square foot and year, "
        "while occupancy is 80 against 89.2 percent."
    )
    assert found.numbers["rent_property_value"] == 42.8
    for own in ({}, {"occupancy_rate": 80.0, "rent_per_sqft": 38.2}, {"occupancy_rate": 80.0}):
        without: dict[str, float | None] = {**WILLIS, **own}
        if own == {"occupancy_rate": 80.0}:
            without["rent_per_sqft"] = None
        assert priced_out(scored(inputs_of(without))) is None


def test_few_renewals_while_rents_rise_are_a_chance() -> None:
    own = {**WILLIS, "renewal_rate": 60.0}
    rising = Drifts({}, {Metric.RENT_PER_SQFT: RISING})
    found = mark_to_market(scored(inputs_of(own), rising))
    assert found is not None
    assert found.sentence == (
        "Mark-to-market chance: renewals 60 against 75.2 percent, while market rents rose from "
        "36 to 38.2 (p = 0.001)."
    )
    assert found.numbers["market_rent_last"] == 38.2
    assert mark_to_market(scored(inputs_of(WILLIS), rising)) is None
    flat = Drifts({}, {Metric.RENT_PER_SQFT: FLAT})
    assert mark_to_market(scored(inputs_of(own), flat)) is None


def test_letting_that_takes_longer_is_said() -> None:
    slower = Drift(12, 70.0, 85.0, 15.2, 0.0004)
    drifts = Drifts({Metric.TIME_TO_LEASE_DAYS: slower}, {})
    found = time_to_lease_rising(scored(inputs_of(WILLIS), drifts))
    assert found is not None
    assert found.sentence == ("Letting takes longer: from 70 to 85 days, +15.2 a year (p < 0.001).")
    faster = Drift(12, 85.0, 70.0, -15.2, 0.0004)
    drifts = Drifts({Metric.TIME_TO_LEASE_DAYS: faster}, {})
    assert time_to_lease_rising(scored(inputs_of(WILLIS), drifts)) is None


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(87, 0.95, Confidence.HIGH, 6.0), "6.0 months old"),
        (Evidence(9, 0.95, Confidence.HIGH, 0.5), "9 buildings"),
        (Evidence(87, 0.69, Confidence.HIGH, 0.5), "data quality 0.69"),
        (Evidence(87, 0.95, Confidence.LOW, 0.5), "low confidence from 87 buildings"),
        (
            Evidence(8, 0.5, Confidence.LOW, 9.0),
            "9.0 months old, 8 buildings, data quality 0.50, low confidence from 8 buildings",
        ),
    ],
)
def test_a_weak_benchmark_is_said_with_what_it_does_to_the_score(
    evidence: Evidence, said: str
) -> None:
    found = weak_benchmark(scored(inputs_of(WILLIS, evidence=evidence)))
    assert found is not None
    width = found.numbers["half_width"]
    assert found.sentence == (
        f"The benchmark is weak: {said}; the score is good to ± {width:.1f} points."
    )
    assert weak_benchmark(scored(inputs_of(WILLIS, evidence=GOOD))) is None


def test_missing_metrics_say_how_far_the_interval_would_shrink() -> None:
    own: dict[str, float | None] = {**WILLIS, "rent_per_sqft": None, "renewal_rate": None}
    found = missing_metrics(scored(inputs_of(own)))
    assert found is not None
    assert found.metrics == (Metric.RENT_PER_SQFT, Metric.RENEWAL_RATE)
    # The same by filling both in where the known ones lead to expect them: 10.4 points.
    now = health_line(SH1, inputs_of(own))
    assert now.level is not None
    score = predicted_sub_score(now.level, 3, SH1.correlation)
    z = log(score / (100 - score)) / 1.702
    own |= {"rent_per_sqft": 38.2 * exp(0.15 * z), "renewal_rate": 75.2 + 10 * z}
    then = health_line(SH1, inputs_of(own))
    assert now.standard_error is not None
    assert then.standard_error is not None
    narrower = half_width(now.standard_error) - half_width(then.standard_error)
    assert narrower == pytest.approx(10.4, abs=0.05)
    assert found.numbers["narrowing"] == pytest.approx(narrower)
    assert found.sentence == (
        "Missing: average rent per square foot, renewal rate, year to date; knowing them would "
        f"narrow the interval by {found.numbers['narrowing']:.1f} points on either side."
    )
    assert missing_metrics(scored(inputs_of(WILLIS))) is None


def test_without_a_score_the_answer_says_what_it_lacks() -> None:
    found = insights(scored(inputs_of({"rent_per_sqft": 42.8})))
    assert [one.code for one in found] == [InsightCode.MISSING_METRICS]
    assert found[0].sentence.endswith("25 % of the weight is known, 40 % is needed.")


def test_at_most_five_rules_speak_in_their_order() -> None:
    own = {"occupancy_rate": 80.0, "rent_per_sqft": 42.8, "renewal_rate": 60.0}
    sure = Momentum(12, 0.066, 0.004, 1.3, 90.0, 0.1)
    drifts = Drifts(
        {Metric.TIME_TO_LEASE_DAYS: Drift(12, 70.0, 85.0, 15.2, 0.0004)},
        {Metric.RENT_PER_SQFT: RISING},
    )
    weak = Evidence(8, 0.5, Confidence.LOW, 9.0)
    moving = {Metric.RENT_PER_SQFT: sure}
    found = insights(scored(inputs_of(own, CHICAGO, weak, moving), drifts))
    assert [one.code for one in found] == list(InsightCode)[:5]


@given(model=health_models(), inputs=health_inputs())
def test_every_sentence_is_finite_and_names_its_numbers(
    model: HealthModel, inputs: HealthInputs
) -> None:
    one = scored(inputs, Drifts({Metric.TIME_TO_LEASE_DAYS: RISING}, {}), model)
    found = insights(one)
    codes = [said.code for said in found]
    assert len(found) <= 5
    assert codes == sorted(codes, key=list(InsightCode).index)
    assert narrowing(one) >= 0
    for said in found:
        assert said.numbers
        assert not re.search(r"\b(nan|inf|None)\b", said.sentence)
        assert any(character.isdigit() for character in said.sentence)
