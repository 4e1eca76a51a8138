"""Kept health scores on SQLite in a file: a whole portfolio scored and kept, and pages of 100,000.

The sample portfolio (1,200 properties with 36 months each, 60 markets from the stand-in's own
data) is scored by the job as a deployment runs it. The pages are read from 100,000 kept scores
with standings and the changes of one quarter. The fastest of several rounds counts.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from attrs import evolve

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_histories, sample_portfolio
from sightline.adapters.sql.database import Database
from sightline.adapters.sql.health_models import SqlHealthModelRepository
from sightline.adapters.sql.health_scores import SqlHealthScoreRepository
from sightline.adapters.sql.migrate import migrate
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.application.make_scores import MakeScores
from sightline.application.score_portfolio import ScorePortfolio
from sightline.application.show_portfolio_health import ShowPortfolioHealth
from sightline.domain.identifiers import MarketId, PropertyId, TenantId
from sightline.domain.measures import PROPERTY_METRICS
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_score import score_words
from sightline.domain.portfolio.health_selection import HealthFilter, HealthOrder, HealthQuery
from sightline.domain.portfolio.health_thresholds import Grade, Thresholds
from sightline.domain.portfolio.kept_health import (
    MarketNames,
    MetricPart,
    PortfolioState,
    PropertyScore,
    ScoreInputs,
)
from sightline.domain.portfolio.portfolio_health import Grouping, ranked
from sightline.domain.portfolio.portfolio_scoring import BucketLine
from sightline.domain.portfolio.property import PropertyDraft
from sightline.domain.windows import Interval
from sightline.entrypoints.server import settle_garbage_collector
from sightline.ports.health_scores import KeptBuckets

from . import Figure, within

ACME = TenantId("acme")
NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
QUARTER = date(2025, 7, 1)
LARGE, BATCH = 100_000, 5_000
ROUNDS = 5
GOAL_SCORED_MS, GOAL_PAGE_MS = 1_000.0, 30.0

_PARTS = tuple(MetricPart(metric, 0.1, 0.4, 0.1, 60.0, 2.0, None) for metric in PROPERTY_METRICS)


class _House:
    """The repositories of one tenant in one file, and what works on them."""

    def __init__(self, database: Database) -> None:
        clock = FixedClock(NOON)
        self.markets = markets = MemoryMarketBenchmarkGateway(clock, sample_benchmarks())
        self.properties = SqlPropertyRepository(database)
        self.models = SqlHealthModelRepository(database)
        self.scores = SqlHealthScoreRepository(database)
        make = MakeScores(self.properties, self.models, markets, clock)
        inside = (self.properties, self.properties, markets, self.scores, make, clock)
        self.score = ScorePortfolio(*inside)
        self.show = ShowPortfolioHealth(*inside)


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    return [*await _recomputed(), *await _pages()]


async def _recomputed() -> Sequence[Figure]:
    async with _house() as house:
        await house.properties.put_all(ACME, [one.draft for one in sample_portfolio()], NOON)
        await house.properties.replace_histories(ACME, sample_histories(), {}, NOON)
        settle_garbage_collector()  # as every process does that does jobs
        anew, whole, again = [], [], []
        for at in range(ROUNDS):
            # Newer data of every market mark every score, and so does another version of the model.
            for market in sample_benchmarks():
                house.markets.put(evolve(market, sample_size=market.sample_size + at + 1))
            scored, done = await _timed_job(house)
            anew.append(scored)
            whole.append(done)
            await house.models.put(ACME, HealthModel(), None, NOON)
            again.append((await _timed_job(house))[0])
        nothing = await _fastest(lambda: house.score.bring(ACME, _untold))
    name = "1,200 scored, ranked and kept"
    return [
        within(f"{name}, all markets being new", 1e3 * min(anew), GOAL_SCORED_MS, "ms"),
        within(f"{name}, the model being new", 1e3 * min(again), GOAL_SCORED_MS, "ms"),
        Figure("with 61,000 bucket scores, sums and rank bands", f"{min(whole):.2f} s"),
        Figure("the same job with nothing to do", f"{1000 * nothing:.0f} ms"),
    ]


async def _timed_job(house: _House) -> tuple[float, float]:
    """Until every score is ranked and kept, and until score histories and bands are, too. [s]"""
    seen: dict[str, float] = {}
    began = time.perf_counter()

    async def progress(_: float, text: str, /) -> None:
        seen[text] = time.perf_counter() - began

    await house.score.bring(ACME, progress)
    return seen["1200 properties ranked"], time.perf_counter() - began


async def _untold(done: float, text: str, /) -> None:
    """Progress that nobody watches."""


async def _pages() -> Sequence[Figure]:
    async with _house() as house:
        await _fill(house)
        worst = HealthQuery(descending=False, limit=50)
        named = HealthQuery(HealthFilter(market_id=(MarketId(7),)), limit=50)
        fallen = HealthQuery(
            HealthFilter(market_id=(MarketId(7), MarketId(9)), maximum_change=-10.0),
            order=HealthOrder.CHANGE,
            descending=False,
            limit=50,
        )
        best = (await house.scores.page(ACME, HealthQuery(limit=1_000))).next
        pages = {
            "first page, best first": HealthQuery(limit=50),
            "first page, worst first": worst,
            "page 21, best first": HealthQuery(limit=50, after=best),
            "one market": named,
            "fell by 10 points this quarter in two markets": fallen,
            "most risen this quarter first": HealthQuery(order=HealthOrder.CHANGE, limit=50),
            "grades D and E, best first": HealthQuery(
                HealthFilter(grade=(Grade.D, Grade.E)), limit=50
            ),
            "grades D and E, largest first": HealthQuery(
                HealthFilter(grade=(Grade.D, Grade.E)),
                order=HealthOrder.AREA_SQFT,
                limit=50,
            ),
        }
        figures = [await _page(house, name, query) for name, query in pages.items()]
        summed = await _fastest(
            lambda: house.show(ACME, HealthQuery(limit=50), Grouping.CITY, summary=True), 2
        )
        one = await _fastest(lambda: house.show(ACME, named, Grouping.CITY, summary=True))
    return [
        *figures,
        Figure("100,000 properties: summary of one market", f"{1e3 * one:.0f} ms"),
        Figure("100,000 properties: summary of all by city", f"{summed:.2f} s"),
    ]


async def _page(house: _House, name: str, query: HealthQuery) -> Figure:
    seconds = await _fastest(lambda: house.show(ACME, query, None, summary=False))
    return within(f"100,000 properties: {name}", 1e3 * seconds, GOAL_PAGE_MS, "ms")


async def _fill(house: _House) -> None:
    """A large portfolio with scores, places and changes, made without scoring it."""
    random = Random(1)
    scores: list[PropertyScore] = []
    for start in range(1, LARGE + 1, BATCH):
        ids = [PropertyId(one) for one in range(start, start + BATCH)]
        drafts = [
            PropertyDraft(f"Sample {one}", "1 Sample Street", MarketId(1 + one % 60),
                          random.uniform(1e3, 1e6), 1990, "ABC"[one % 3], 90.0, id=one)
            for one in ids
        ]  # fmt: skip
        await house.properties.put_all(ACME, drafts, NOON)
        position = start // BATCH + 1
        made = [
            _score(draft, one, position, random) for draft, one in zip(drafts, ids, strict=True)
        ]
        await house.scores.put(ACME, made)
        scores += made
        await house.scores.put_buckets(
            ACME, {one: KeptBuckets("key", (_line(random),)) for one in ids}
        )
    found = ranked(HealthModel(), scores, None)
    state = PortfolioState(position, 60, 0, NOON.date(), NOON, 0, found.profile_test)
    await house.scores.rank(ACME, found.standings, state)


def _score(draft: PropertyDraft, one: PropertyId, position: int, random: Random) -> PropertyScore:
    names = MarketNames(f"Sample market {draft.market_id}", f"City {draft.market_id % 20}", None)
    inputs = ScoreInputs(position, draft.market_id, 1, 0, NOON.date())
    unscored = PropertyScore(
        one, draft.name, names, None, draft.property_class, draft.area_sqft, inputs, NOON,
        *(None,) * 6, 1.0, None, None, _PARTS,
    )  # fmt: skip
    if random.random() >= 0.95:
        return unscored
    score = max(0.0, min(random.gauss(55, 15), 100.0))
    words = score_words(Thresholds(), score, 4.0)._asdict()
    return evolve(unscored, score=score, standard_error=4.0, level=score, **words)


def _line(random: Random) -> BucketLine:
    return BucketLine(Interval.QUARTER, QUARTER, 50.0, Grade.C, random.gauss(0, 5), 1.0, True)


async def _fastest(call: Callable[[], Awaitable[object]], rounds: int = 15) -> float:
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        best = min(best, time.perf_counter() - began)
    return best


@asynccontextmanager
async def _house() -> AsyncIterator[_House]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sightline.sqlite'}")
        await migrate(database)
        yield _House(database)
        await database.aclose()
