"""A portfolio's scores beside one another, and the sum of them."""

from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.identifiers import MarketId, PropertyId
from sightline.domain.measures import PROPERTY_METRICS
from sightline.domain.portfolio.health_evidence import HealthInputs, MarketView, unknown_market_view
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_outliers import outlier_report
from sightline.domain.portfolio.health_rank_bands import rank_bands
from sightline.domain.portfolio.health_ranking import Peer, peer_standings, ranking
from sightline.domain.portfolio.health_score import health_line
from sightline.domain.portfolio.health_thresholds import Thresholds
from sightline.domain.portfolio.kept_health import (
    KeptHealth,
    MarketNames,
    PropertyScore,
    ScoreInputs,
    property_score,
)
from sightline.domain.portfolio.observations import Reason
from sightline.domain.portfolio.portfolio_health import (
    Grouping,
    draws_for,
    health_line_of,
    health_summary,
    ranked,
    summary_row,
)
from sightline.domain.portfolio.property import Property, PropertyDraft
from sightline.testing.strategies import health_inputs, properties, score_inputs, thresholds

from .test_kept_health import NOON

SH1 = HealthModel()

Portfolio = dict[PropertyId, tuple[Property, HealthInputs, PropertyScore]]


@st.composite
def portfolios(draw: st.DrawFn, most: int = 9) -> Portfolio:
    """Properties with what their scores are made of, and the scores."""
    made: Portfolio = {}
    for at in range(1, draw(st.integers(0, most)) + 1):
        subject = evolve(draw(properties()), id=PropertyId(at))
        inputs, kept = draw(health_inputs()), draw(score_inputs())
        kept = evolve(kept, market_id=subject.market_id)
        names = MarketNames("Somewhere", draw(st.sampled_from(["Köln", None])))
        score = property_score(SH1, subject, names, inputs, kept, now=NOON)
        made[subject.id] = subject, inputs, score
    return made


@given(portfolio=portfolios(), limits=thresholds())
def test_places_are_those_that_the_scores_have_by_themselves(
    portfolio: Portfolio, limits: Thresholds
) -> None:
    scores = [score for _, _, score in portfolio.values()]
    found = ranked(evolve(SH1, thresholds=limits), scores, None)
    places = {row.id: row for row in ranking({one.id: one.score for one in scores})}
    assert set(found.standings) == set(places)
    peers = peer_standings(
        Peer(o.id, o.inputs.market_id, o.property_type, o.property_class, o.score)
        for o in scores
        if o.score is not None
    )
    for among in peers:
        said, one = found.standings[among.id], portfolio[among.id][2]
        assert (said.rank, said.percentile) == (places[one.id].rank, places[one.id].percentile)
        assert (said.peer_group, said.peers) == (among.group, among.peers)
        assert (said.peer_rank, said.peer_percentile) == (among.rank, among.percentile)
        high = one.bounds[1]
        assert high is not None
        low_among_peers = among.peers > 1 and among.percentile <= limits.under_performer_percentile
        assert said.under_performer == (high < limits.under_performer_below and low_among_peers)
        assert said.watch == (one.score is not None and one.score < limits.watch_below)
        assert (said.rank_best, said.rank_worst) == (None, None)


@given(portfolio=portfolios())
def test_kept_numbers_are_those_of_the_score(portfolio: Portfolio) -> None:
    lines = {one: health_line(SH1, inputs) for one, (_, inputs, _) in portfolio.items()}
    for one, (_, _, score) in portfolio.items():
        line = health_line_of(SH1, score)
        assert line[:7] == lines[one][:7]
    found = ranked(SH1, [score for _, _, score in portfolio.values()], None)
    report = outlier_report(SH1, lines)
    told = {one: said.outliers for one, said in found.standings.items() if said.outliers}
    expected = {
        one: outliers
        for one in found.standings
        if (outliers := tuple(o for o in report.outliers if o.id == one))
    }
    assert told == expected
    assert found.profile_test == report.profile_test


@given(portfolio=portfolios(5), seed=st.integers(0, 3))
def test_rank_bands_of_kept_scores_are_those_of_their_inputs(
    portfolio: Portfolio, seed: int
) -> None:
    scores = [score for _, _, score in portfolio.values()]
    found = ranked(SH1, scores, Random(seed))
    inputs = {one: made_of for one, (_, made_of, _) in portfolio.items()}
    bands = {row.id: row for row in rank_bands(SH1, inputs, Random(seed))}
    assert {o: (s.rank_best, s.rank_worst) for o, s in found.standings.items()} == {
        one: (row.best, row.worst) for one, row in bands.items()
    }


def test_portfolios_that_are_too_large_have_no_bands() -> None:
    assert draws_for(0) == draws_for(200) == 1_000
    assert draws_for(5_000) == 40
    assert draws_for(5_001) == 0


def test_a_metric_that_the_model_has_since_is_missing() -> None:
    fewer = HealthModel(
        metrics={
            PROPERTY_METRICS[0]: evolve(SH1.metrics[PROPERTY_METRICS[0]], weight=1.0),
        }
    )
    made = property_score(
        fewer,
        _subject(),
        MarketNames(),
        HealthInputs({}, _no_market()),
        ScoreInputs(1, _subject().market_id, 0, 0, NOON.date()),
        now=NOON,
    )
    assert len(health_line_of(SH1, made).z) == len(SH1.plan)


@given(portfolio=portfolios(), by=st.none() | st.sampled_from(Grouping))
def test_the_parts_of_a_summary_are_the_whole(portfolio: Portfolio, by: Grouping | None) -> None:
    standings = ranked(SH1, [score for _, _, score in portfolio.values()], None).standings
    rows = [
        summary_row(KeptHealth(score, standings.get(one), score.score, 2.5), subject)
        for one, (subject, _, score) in portfolio.items()
    ]
    found = health_summary(Thresholds(), rows, by)
    assert found.roll_up.properties == len(rows)
    assert found.distribution.count == found.roll_up.scored == len(standings)
    assert found.watch == sum(one.watch for one in standings.values())
    assert found.under_performers == sum(one.under_performer for one in standings.values())
    assert found.outliers == sum(bool(one.outliers) for one in standings.values())
    assert found.change.properties == len(standings)
    if found.roll_up.score is not None:
        parts = sum(found.roll_up.contributions.values())
        assert parts == pytest.approx(found.roll_up.score - 50, abs=1e-9)
        assert found.change.change == pytest.approx(2.5)
    assert (found.groups is None) == (by is None)
    if found.groups is not None:
        assert sum(one.roll_up.properties for one in found.groups) == len(rows)
        whole = (found.roll_up.score or 50) - 50
        assert sum(one.contribution for one in found.groups) == pytest.approx(whole, abs=1e-9)


def test_what_nobody_said_is_a_group_of_its_own() -> None:
    made = property_score(
        SH1, _subject(), MarketNames(), HealthInputs({}, _no_market()),
        ScoreInputs(1, _subject().market_id, 0, 0, NOON.date()), now=NOON,
    )  # fmt: skip
    row = summary_row(KeptHealth(made, None, None, None), _subject())
    for by, name in ((Grouping.CITY, "unknown"), (Grouping.MARKET, "market 1")):
        groups = health_summary(Thresholds(), [row], by).groups
        assert groups
        assert [one.group for one in groups] == [name]


def _subject() -> Property:
    return PropertyDraft(
        name="One", address="1 Sample Street", market_id=MarketId(1), area_sqft=1.0,
        year_built=1999, property_class="A", current_occupancy_rate=90.0,
    ).kept(PropertyId(1), 1, NOON)  # fmt: skip


def _no_market() -> MarketView:
    return unknown_market_view(Reason.MARKET_NOT_FOUND)
