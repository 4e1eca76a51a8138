"""Health scores in the domain: seconds to score and rank portfolios of 1,200 and 100,000.

Synthetic properties in sixty markets with five metrics each, a tenth of them missing;
with histories, the sample portfolio of 1,200 properties and 42,374 months. The fastest
of several rounds counts.
"""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random

from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.domain.identifiers import MarketId, PropertyId
from sightline.domain.measures import PROPERTY_METRICS, Metric
from sightline.domain.portfolio.benchmarks import Confidence
from sightline.domain.portfolio.health_evidence import (
    Evidence,
    HealthInputs,
    MarketView,
    standard_error,
)
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_outliers import outlier_report
from sightline.domain.portfolio.health_rank_bands import rank_bands
from sightline.domain.portfolio.health_ranking import Peer, peer_standings, ranking
from sightline.domain.portfolio.health_score import HealthLine, health_line, health_score
from sightline.domain.portfolio.market_side import market_side, monthly_values
from sightline.domain.portfolio.observations import Observation, Reason
from sightline.domain.portfolio.portfolio_scoring import bucket_lines, scoring_inputs

from . import Figure, within

MARKETS = 60
ROUNDS = 5
GOAL_MICROSECONDS = 20.0
DRAWS = 100

_TYPICAL: Mapping[Metric, tuple[float, float]] = {
    Metric.OCCUPANCY_RATE: (88.0, 6.0),
    Metric.RENT_PER_SQFT: (36.0, 5.0),
    Metric.RENEWAL_RATE: (72.0, 9.0),
    Metric.LEASE_TERM_MONTHS: (70.0, 13.0),
    Metric.TIME_TO_LEASE_DAYS: (95.0, 25.0),
}
_MISSING = Observation(None, None, (Reason.PROPERTY_VALUE_MISSING,))

Portfolio = Mapping[PropertyId, HealthInputs]


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    return [
        *_scored(1_200, ROUNDS),
        *_scored(100_000, 3),
        *_around(_portfolio(1_200), ROUNDS),
        *_with_histories(),
    ]


def _scored(size: int, rounds: int) -> Sequence[Figure]:
    portfolio = _portfolio(size)
    model = HealthModel()
    gc.collect()
    whole = _fastest(lambda: _rank(model, portfolio), rounds)
    alone = _fastest(lambda: [health_line(model, one) for one in portfolio.values()], rounds)
    name = f"{size:,} properties"
    return [
        within(f"{name} scored and ranked, each", 1e6 * whole / size, GOAL_MICROSECONDS, "us"),
        Figure(f"{name} scored and ranked, all", f"{whole:.3f} s"),
        Figure(f"{name}: scoring alone, each", f"{1e6 * alone / size:.1f} us"),
    ]


def _around(portfolio: Portfolio, rounds: int) -> Sequence[Figure]:
    model = HealthModel()
    lines = {one: health_line(model, each) for one, each in portfolio.items()}
    peers = _peers(lines)
    size = len(portfolio)
    timed = {
        "scores as whole answers": lambda: [health_score(model, o) for o in portfolio.values()],
        "peer percentiles": lambda: peer_standings(peers),
        "outliers, robust profiles among them": lambda: outlier_report(model, lines),
    }
    figures = [
        Figure(f"{size:,} properties: {what}", f"{1000 * _fastest(call, rounds):.0f} ms")
        for what, call in timed.items()
    ]
    bands = _fastest(lambda: rank_bands(model, portfolio, Random(1), draws=DRAWS), 1)
    return [*figures, Figure(f"{size:,} properties: rank bands, {DRAWS} draws", f"{bands:.2f} s")]


def _with_histories() -> Sequence[Figure]:
    model, now = HealthModel(), datetime(2025, 9, 15, tzinfo=UTC)
    sides = {one.market: market_side(one, now.date()) for one in sample_benchmarks()}
    portfolio = [
        (
            sampled.draft.kept(PropertyId(number), 1, now),
            tuple(monthly_values(record) for record in sampled.records),
            sides[sampled.draft.market_id],
        )
        for number, sampled in enumerate(sample_portfolio(), 1)
    ]
    scored = _fastest(
        lambda: [health_line(model, scoring_inputs(model, *one)) for one in portfolio], ROUNDS
    )
    cut = _fastest(
        lambda: [bucket_lines(model, months, side) for _, months, side in portfolio], ROUNDS
    )
    name = f"{len(portfolio):,} properties with histories"
    return [
        Figure(f"{name}: scored", f"{1000 * scored:.0f} ms"),
        Figure(f"{name}: buckets scored", f"{1000 * cut:.0f} ms"),
    ]


def _rank(model: HealthModel, portfolio: Portfolio) -> object:
    return ranking({one: health_line(model, inputs).score for one, inputs in portfolio.items()})


def _peers(lines: Mapping[PropertyId, HealthLine]) -> Sequence[Peer]:
    return [
        Peer(
            one, MarketId(one % MARKETS), ("office", "retail")[one % 2], "ABC"[one % 3], line.score
        )
        for one, line in lines.items()
        if line.score is not None
    ]


def _portfolio(size: int) -> Portfolio:
    random = Random(20251001)
    markets = [_market(random) for _ in range(MARKETS)]
    return {
        PropertyId(at): HealthInputs(_values(random), markets[at % MARKETS])
        for at in range(1, size + 1)
    }


def _values(random: Random) -> Mapping[Metric, Observation]:
    return {
        metric: _MISSING
        if random.random() < 0.1
        else Observation(max(0.0, random.gauss(*_TYPICAL[metric])), None, ())
        for metric in PROPERTY_METRICS
    }


def _market(random: Random) -> MarketView:
    evidence = Evidence(random.randint(5, 300), 0.9, Confidence.HIGH, 0.5)
    return MarketView(
        {
            metric: Observation(max(1.0, random.gauss(*_TYPICAL[metric])), None, ())
            for metric in PROPERTY_METRICS
        },
        dict.fromkeys(PROPERTY_METRICS, standard_error(evidence)),
        evidence,
    )


def _fastest(call: Callable[[], object], rounds: int) -> float:
    """Time of the fastest of several rounds. [s]"""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)
