"""What other weights or values would make of a portfolio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields, InvalidInput
from sightline.domain.identifiers import PropertyId
from sightline.domain.measures import PROPERTY_METRICS, Metric
from sightline.domain.portfolio.health_evidence import HealthInputs
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_score import health_line
from sightline.domain.portfolio.portfolio_what_if import (
    OtherValues,
    PortfolioWhatIfQuestion,
    whole_what_if,
)
from sightline.domain.portfolio.what_if import levers
from sightline.testing.strategies import health_inputs

from .health_cases import CHICAGO, WILLIS, inputs_of

SH1 = HealthModel()
ONE, TWO, THREE = map(PropertyId, (1, 2, 3))
EQUAL_AREAS = dict.fromkeys((ONE, TWO, THREE), 1_000.0)

Portfolio = dict[PropertyId, HealthInputs]


def portfolios() -> st.SearchStrategy[Portfolio]:
    return st.dictionaries(st.integers(1, 6).map(PropertyId), health_inputs(), max_size=6)


def weights() -> st.SearchStrategy[dict[Metric, float]]:
    parts = st.dictionaries(
        st.sampled_from(PROPERTY_METRICS), st.sampled_from([0.0, 1.0, 2.0, 30.0]), min_size=1
    )
    return parts.filter(lambda said: any(said.values()))


def areas_of(portfolio: Portfolio) -> dict[PropertyId, float]:
    return {one: 100.0 * one for one in portfolio}


@given(portfolio=portfolios())
def test_nothing_else_moves_nothing(portfolio: Portfolio) -> None:
    found = whole_what_if(SH1, PortfolioWhatIfQuestion(), portfolio, areas_of(portfolio))
    assert found.before == found.after
    assert (found.moved, found.reranked, found.movers) == (0, 0, ())
    assert found.change in {None, 0.0}
    assert found.rank_correlation is None or found.rank_correlation == pytest.approx(1.0)


@given(portfolio=portfolios(), said=weights(), scale=st.sampled_from([0.01, 7.0]))
def test_weights_count_in_any_scale(
    portfolio: Portfolio, said: dict[Metric, float], scale: float
) -> None:
    areas = areas_of(portfolio)
    scaled = {metric: scale * weight for metric, weight in said.items()}
    found = whole_what_if(SH1, PortfolioWhatIfQuestion(said), portfolio, areas)
    again = whole_what_if(SH1, PortfolioWhatIfQuestion(scaled), portfolio, areas)
    assert sum(found.weights.values()) == pytest.approx(1)
    assert again.after.score == pytest.approx(found.after.score)
    assert again.weights == pytest.approx(found.weights)


@given(portfolio=portfolios(), said=weights(), limit=st.integers(1, 3))
def test_movers_come_furthest_first_and_are_counted(
    portfolio: Portfolio, said: dict[Metric, float], limit: int
) -> None:
    question = PortfolioWhatIfQuestion(said, limit=limit)
    found = whole_what_if(SH1, question, portfolio, areas_of(portfolio))
    far = [abs(one.change) for one in found.movers if one.change is not None]
    assert far == sorted(far, reverse=True)
    assert len(found.movers) == min(limit, found.moved)
    other = question.model(SH1)
    moved = sum(
        health_line(SH1, each).score != health_line(other, each).score
        for each in portfolio.values()
    )
    assert found.moved == moved
    for side in (found.before, found.after):
        if side.score is not None:
            assert sum(side.contributions.values()) == pytest.approx(side.score - 50, abs=1e-9)


def test_better_values_of_one_property_move_that_one() -> None:
    poor = inputs_of({**WILLIS, "occupancy_rate": 61.0})
    portfolio = {ONE: poor, TWO: inputs_of(WILLIS), THREE: inputs_of(CHICAGO)}
    values = (OtherValues(ONE, {Metric.OCCUPANCY_RATE: 89.2}),)
    found = whole_what_if(SH1, PortfolioWhatIfQuestion(values=values), portfolio, EQUAL_AREAS)
    (mover,) = found.movers
    assert mover.id == ONE
    assert mover.change is not None
    assert mover.change > 20
    assert found.change == pytest.approx(mover.change / 3)
    # From last, under the one at market, to second.
    assert (mover.rank_before, mover.rank_after, found.reranked) == (3, 2, 2)
    assert found.rank_correlation == pytest.approx(0.5)


def test_the_largest_lever_is_where_the_portfolio_is_weakest() -> None:
    poor = inputs_of({**WILLIS, "occupancy_rate": 61.0})
    portfolio = {ONE: poor, TWO: inputs_of(WILLIS), THREE: inputs_of(CHICAGO)}
    found = whole_what_if(SH1, PortfolioWhatIfQuestion(), portfolio, EQUAL_AREAS)
    best = found.levers[0]
    assert (best.metric, best.properties) == (Metric.OCCUPANCY_RATE, 3)
    gains = [lever.gain for lever in found.levers]
    assert gains == sorted(gains, reverse=True)
    assert best.best_gain >= best.gain > 0


@given(portfolio=portfolios())
def test_a_lever_is_the_gain_by_area_of_those_that_have_a_score(portfolio: Portfolio) -> None:
    areas = areas_of(portfolio)
    found = whole_what_if(SH1, PortfolioWhatIfQuestion(), portfolio, areas)
    each = {one: levers(SH1, inputs) for one, inputs in portfolio.items()}
    area = sum(areas[one] for one, said in each.items() if said)
    for lever in found.levers:
        gains = {o: g.gain for o, said in each.items() for g in said if g.metric is lever.metric}
        assert lever.properties == len(gains)
        if gains:
            expected = sum(areas[one] * gain for one, gain in gains.items()) / area
            assert lever.gain == pytest.approx(expected)
            assert lever.best_gain == max(gains.values())
            assert lever.best_property
            assert gains[lever.best_property] == lever.best_gain
        else:
            assert (lever.gain, lever.best_property) == (0.0, None)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"limit": 0}, ("limit",)),
        ({"limit": 1_001}, ("limit",)),
        (
            {"values": (OtherValues(ONE, {}), OtherValues(TWO, {}), OtherValues(ONE, {}))},
            ("values", 2, "property_id"),
        ),
        (
            {"values": (OtherValues(ONE, {Metric.OCCUPANCY_RATE: 101.0}),)},
            ("values", 0, "values", "occupancy_rate"),
        ),
    ],
)
def test_questions_that_cannot_be_meant_are_refused(
    said: dict[str, object], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(InvalidFields) as refused:
        PortfolioWhatIfQuestion(**said)  # type: ignore[arg-type]
    assert [flaw.path for flaw in refused.value.flaws] == [path]


def test_weights_and_values_that_cannot_be_are_refused() -> None:
    portfolio = {ONE: inputs_of(WILLIS)}
    for said in ({Metric.OCCUPANCY_RATE: -1.0}, {Metric.NEW_DEAL_RATE: 1.0}, {}):
        with pytest.raises(InvalidFields):
            whole_what_if(SH1, PortfolioWhatIfQuestion(said), portfolio, EQUAL_AREAS)
    context = (OtherValues(ONE, {Metric.NEW_DEAL_RATE: 1.0}),)
    with pytest.raises(InvalidInput):
        whole_what_if(SH1, PortfolioWhatIfQuestion(values=context), portfolio, EQUAL_AREAS)
