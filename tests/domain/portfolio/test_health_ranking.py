"""Ranks, percentiles, peers and rank bands."""

from random import Random
from statistics import pstdev

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.identifiers import MarketId, PropertyId
from sightline.domain.measures import PROPERTY_METRICS
from sightline.domain.portfolio.health_evidence import HealthInputs
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_rank_bands import (
    drawn_weights,
    rank_bands,
    weight_spread,
)
from sightline.domain.portfolio.health_ranking import (
    Peer,
    PeerGroup,
    PeerStanding,
    attention,
    competition_ranks,
    peer_standings,
    percentile,
    percentiles,
    ranking,
)
from sightline.domain.portfolio.health_score import health_score
from sightline.domain.portfolio.health_thresholds import Thresholds
from sightline.testing.strategies import health_inputs, health_models

from .health_cases import CASES, CHICAGO, WILLIS, inputs_of

SH1 = HealthModel()
scores = st.sampled_from([0.0, 30.3, 48.0, 55.5, 90.0, 100.0])
portfolios = st.dictionaries(st.integers(1, 12).map(PropertyId), st.none() | scores)


def test_the_reference_numbers_of_percentiles_and_ranks() -> None:
    case = CASES["percentile_midrank"]
    peers = case["inputs"]["peers"]
    found = [percentile(score, sorted(peers)) for score in case["inputs"]["of"]]
    assert found == pytest.approx(case["expected"]["percentiles"], abs=1e-9)
    assert list(competition_ranks(peers)) == case["expected"]["competition_rank_desc"]


@given(listed=st.lists(scores))
def test_17_a_portfolio_twice_has_the_same_percentiles_and_doubled_ranks(
    listed: list[float],
) -> None:
    assert percentiles(listed * 2)[: len(listed)] == pytest.approx(percentiles(listed))
    distinct = sorted(set(listed))
    doubled = competition_ranks(distinct * 2)[: len(distinct)]
    assert doubled == tuple(2 * rank - 1 for rank in competition_ranks(distinct))


@given(portfolio=portfolios)
def test_19_ranks_are_a_weak_order_that_follows_the_score(
    portfolio: dict[PropertyId, float | None],
) -> None:
    found = ranking(portfolio)
    assert {row.id for row in found} == {
        one for one, score in portfolio.items() if score is not None
    }
    for first in found:
        better = sum(other.score > first.score for other in found)
        assert first.rank == better + 1
        for other in found:
            assert (first.rank < other.rank) == (first.score > other.score)
            assert (first.rank == other.rank) == (first.score == other.score)
    assert [(row.rank, row.id) for row in found] == sorted((row.rank, row.id) for row in found)
    listed = [row.score for row in found]
    assert tuple(row.rank for row in found) == competition_ranks(listed)
    assert tuple(row.percentile for row in found) == percentiles(listed)


def test_a_single_property_is_in_the_middle_and_nobody_is_nowhere() -> None:
    assert percentiles([12.0]) == (50.0,)
    assert ranking({}) == ()
    with pytest.raises(InvalidInput, match="without members"):
        percentile(50.0, [])


peers = st.lists(
    st.builds(
        Peer,
        id=st.just(PropertyId(0)),
        market=st.integers(1, 2).map(MarketId),
        property_type=st.sampled_from([None, "office", "retail"]),
        property_class=st.sampled_from(["A", "B"]),
        score=scores,
    ),
    max_size=14,
).map(lambda listed: [one._replace(id=PropertyId(at)) for at, one in enumerate(listed, start=1)])


def members(group: PeerGroup, of: Peer, listed: list[Peer]) -> list[Peer]:
    parts = {
        PeerGroup.MARKET_TYPE_CLASS: ("market", "property_type", "property_class"),
        PeerGroup.MARKET_TYPE: ("market", "property_type"),
        PeerGroup.MARKET: ("market",),
        PeerGroup.TYPE_CLASS: ("property_type", "property_class"),
        PeerGroup.TYPE: ("property_type",),
        PeerGroup.PORTFOLIO: (),
    }[group]
    return [one for one in listed if all(getattr(one, p) == getattr(of, p) for p in parts)]


@given(listed=peers, fewest=st.integers(1, 6))
def test_the_narrowest_group_that_is_large_enough_counts(listed: list[Peer], fewest: int) -> None:
    for peer, found in zip(listed, peer_standings(listed, fewest), strict=True):
        groups = [
            group
            for group in PeerGroup
            if peer.property_type is not None or "type" not in group.value
        ]
        large = [one for one in groups if len(members(one, peer, listed)) >= fewest]
        assert found.group is (large[0] if large else PeerGroup.PORTFOLIO)
        others = [one.score for one in members(found.group, peer, listed)]
        assert found.peers == len(others)
        assert found.rank == 1 + sum(score > peer.score for score in others)
        below = sum(score < peer.score for score in others)
        half = others.count(peer.score) / 2
        assert found.percentile == pytest.approx(100 * (below + half) / len(others))


def test_the_group_is_named_for_people() -> None:
    office = Peer(PropertyId(1), MarketId(7), "office", "A", 50.0)
    for fewest, said in [
        (1, "office properties of class A in market 7"),
        (2, "office properties in market 7"),
        (3, "all properties in market 7"),
        (4, "office properties of class A in all markets"),
        (5, "office properties in all markets"),
        (99, "the whole portfolio"),
    ]:
        others = [
            office._replace(property_class="B"),
            office._replace(property_type="retail"),
            *[office._replace(market=MarketId(8))] * 3,
            office._replace(market=MarketId(8), property_class="B"),
        ]
        found = peer_standings([office, *others], fewest)[0]
        assert found.description == said
    alone = peer_standings([office])[0]
    assert (alone.percentile, alone.rank) == (50.0, 1)
    everybody = Thresholds(under_performer_below=100.0, under_performer_percentile=100.0)
    assert not attention(everybody, 50.0, 55.0, alone).under_performer


def standing(*, bottom: bool) -> PeerStanding:
    return PeerStanding(PropertyId(1), PeerGroup.MARKET, "", 9, 9, 25.0 if bottom else 25.1)


@pytest.mark.parametrize(
    ("score", "high", "bottom", "under", "watch"),
    [
        (45.0, 49.9, True, True, False),
        (45.0, 50.0, True, False, False),
        (45.0, 49.9, False, False, False),
        (39.9, 55.0, False, False, True),
        (40.0, 41.0, True, True, False),
    ],
)
def test_an_under_performer_is_surely_below_market_and_at_the_bottom(
    score: float,
    high: float,
    bottom: bool,
    under: bool,
    watch: bool,
) -> None:
    found = attention(Thresholds(), score, high, standing(bottom=bottom))
    assert (found.under_performer, found.watch) == (under, watch)
    set_higher = Thresholds(
        watch_below=score + 1, under_performer_below=high + 1, under_performer_percentile=50.0
    )
    found = attention(set_higher, score, high, standing(bottom=bottom))
    assert (found.under_performer, found.watch) == (True, True)


def test_the_reference_numbers_of_drawn_weights() -> None:
    case = CASES["dirichlet_weight_sd_closed_form"]
    weights = case["inputs"]["weights"]
    spread = [weight_spread(one, case["inputs"]["concentration"]) for one in weights]
    assert spread == pytest.approx(case["expected"]["sd"], abs=1e-9)
    random = Random(1)
    draws = [drawn_weights(weights, random) for _ in range(4_000)]
    assert all(sum(draw) == pytest.approx(1) for draw in draws[:50])
    for at, expected in enumerate(spread):
        assert pstdev(draw[at] for draw in draws) == pytest.approx(expected, rel=0.05)


@given(
    model=health_models(),
    listed=st.lists(health_inputs(), max_size=5),
    seed=st.integers(0, 99),
)
def test_a_band_lies_within_the_portfolio_and_comes_again_from_its_seed(
    model: HealthModel, listed: list[HealthInputs], seed: int
) -> None:
    portfolio = {PropertyId(at): one for at, one in enumerate(listed, start=1)}
    found = rank_bands(model, portfolio, Random(seed), draws=20)
    assert found == rank_bands(model, portfolio, Random(seed), draws=20)
    known = {one for one, each in portfolio.items() if health_score(model, each).score is not None}
    assert {band.id for band in found} == known
    assert all(1 <= band.best <= band.worst <= len(found) for band in found)


def test_what_is_certain_has_its_rank_for_a_band() -> None:
    own = {name: 1.1 * value for name, value in CHICAGO.items() if value}
    certain = inputs_of(own)
    view = evolve(certain.market, errors=dict.fromkeys(PROPERTY_METRICS, 0.0))
    market = view.values
    portfolio = {
        PropertyId(1): HealthInputs(inputs_of(WILLIS).own, view),
        PropertyId(2): HealthInputs(market, view),
    }
    found = rank_bands(SH1, portfolio, Random(1), draws=100, concentration=1e6)
    assert [(band.best, band.worst) for band in found] == [(1, 1), (2, 2)]


def test_like_properties_have_wide_bands() -> None:
    portfolio = {PropertyId(at): inputs_of(WILLIS) for at in range(1, 9)}
    found = rank_bands(SH1, portfolio, Random(1), draws=100)
    assert all((band.best, band.worst) == (1, 8) for band in found)


def test_too_few_draws_and_too_many_scorings_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 20"):
        rank_bands(SH1, {}, Random(1), draws=19)
    one = {PropertyId(1): inputs_of(WILLIS)}
    with pytest.raises(InvalidInput, match="more than 5000000"):
        rank_bands(SH1, one, Random(1), draws=5_000_001)
