"""Make the scores of some properties, as several use cases need it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from attrs import frozen

from ..domain.identifiers import MarketId, PropertyId, TenantId
from ..domain.measures import PROPERTY_METRICS
from ..domain.portfolio.health_model import HealthModel
from ..domain.portfolio.kept_health import MarketNames, PropertyScore, ScoreInputs, property_score
from ..domain.portfolio.market_side import (
    MarketSide,
    MonthlyValues,
    market_side,
    unknown_market_side,
)
from ..domain.portfolio.portfolio_scoring import BucketLine, bucket_lines, scoring_inputs
from ..domain.portfolio.property import Property
from ..domain.portfolio.standings import AbsentMarket
from ..ports.clock import Clock
from ..ports.health_scores import KeptBuckets
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import PropertyHistoryRepository
from .read_markets import ReadMarkets


@frozen
class Sides:
    """The markets of some properties as they are known on a day, with a model to score by.

    Args:
        model: The tenant's numbers.
        day: From which ages are counted. [UTC]
        markets: Every market that the properties name.
        positions: Of what is known of each; 0 where nothing that is kept is.
    """

    model: HealthModel
    day: date
    markets: Mapping[MarketId, MarketSide]
    positions: Mapping[MarketId, int]

    def inputs(self, subject: Property) -> ScoreInputs:
        """What the score of a property would be made of."""
        market = subject.market_id
        position = self.positions[market]
        return ScoreInputs(subject.version, market, position, self.model.version, self.day)

    def outdate(self, subject: Property, kept: ScoreInputs) -> bool:
        """Whether a score of a property, made of this, is no longer the score of now.

        A market that can no longer be read outdates nothing: what is kept saw more.
        """
        inputs = self.inputs(subject)
        return inputs != kept and inputs.supersedes(kept)


@frozen
class MakeScores:
    """A step of several use cases: scores from what is known now; nothing is kept.

    Args:
        histories: Where the months of properties are kept.
        markets: Where markets are read.
        clock: What day it is.
    """

    histories: PropertyHistoryRepository
    markets: MarketBenchmarkGateway
    clock: Clock

    async def sides(self, model: HealthModel, markets: Iterable[MarketId]) -> Sides:
        """The markets now. One that cannot be read leaves its properties without a score."""
        day = self.clock.now().date()
        read = ReadMarkets(self.markets, at_once=64, deadline_seconds=5.0)
        found = await read(markets, PROPERTY_METRICS)
        sides, positions = {}, {}
        for market, reading in found.items():
            if isinstance(reading, AbsentMarket):
                sides[market], positions[market] = unknown_market_side(reading.reason), 0
            else:
                sides[market] = market_side(reading.benchmark, day)
                positions[market] = reading.position
        return Sides(model, day, sides, positions)

    async def scores(
        self, tenant: TenantId, subjects: Sequence[Property], sides: Sides
    ) -> tuple[PropertyScore, ...]:
        """The score of each property; one that was removed meanwhile has none."""
        months = await self.histories.months(tenant, [subject.id for subject in subjects])
        present = [subject for subject in subjects if subject.id in months]
        # Pairs of months are compared with one another: other requests must not wait for it.
        return await asyncio.to_thread(self._scored, present, months, sides)

    def _scored(
        self,
        subjects: Sequence[Property],
        months: Mapping[PropertyId, Sequence[MonthlyValues]],
        sides: Sides,
    ) -> tuple[PropertyScore, ...]:
        now = self.clock.now()
        made = []
        for subject in subjects:
            side = sides.markets[subject.market_id]
            names = MarketNames(side.name, side.city, side.state)
            made_of = scoring_inputs(sides.model, subject, months[subject.id], side)
            inputs = sides.inputs(subject)
            made.append(property_score(sides.model, subject, names, made_of, inputs, now=now))
        return tuple(made)

    async def histories_of(
        self, tenant: TenantId, subjects: Sequence[Property], sides: Sides
    ) -> Mapping[PropertyId, KeptBuckets]:
        """The score history of each property; one that was removed meanwhile has none."""
        months = await self.histories.months(tenant, [subject.id for subject in subjects])
        present = [subject for subject in subjects if subject.id in months]
        lines = await asyncio.to_thread(_lines, present, months, sides)
        return {
            subject.id: KeptBuckets(sides.inputs(subject).history_key, lines[subject.id])
            for subject in present
        }


def _lines(
    subjects: Sequence[Property],
    months: Mapping[PropertyId, Sequence[MonthlyValues]],
    sides: Sides,
) -> Mapping[PropertyId, tuple[BucketLine, ...]]:
    return {
        subject.id: bucket_lines(sides.model, months[subject.id], sides.markets[subject.market_id])
        for subject in subjects
    }
