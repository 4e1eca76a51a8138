"""Make the scores of some properties, as several use cases need it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from attrs import frozen

from ..domain.identifiers import MarketId, PropertyId, TenantId
from ..domain.measures import PROPERTY_METRICS
from ..domain.portfolio.health_evidence import HealthInputs, present_inputs
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
from ..ports.health_models import HealthModelRepository
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
        alike: Versions of the model that find the same momentum.
    """

    model: HealthModel
    day: date
    markets: Mapping[MarketId, MarketSide]
    positions: Mapping[MarketId, int]
    alike: frozenset[int]

    def knows_momentum(self, subject: Property, kept: PropertyScore | None) -> bool:
        """Whether the momentum of a kept score is that of now."""
        return (
            kept is not None
            and kept.inputs.model_version in self.alike
            and self.inputs(subject).same_months(kept.inputs)
        )

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
        models: Where the tenant's models are kept.
        markets: Where markets are read.
        clock: What day it is.
    """

    histories: PropertyHistoryRepository
    models: HealthModelRepository
    markets: MarketBenchmarkGateway
    clock: Clock

    async def sides(
        self, tenant: TenantId, markets: Iterable[MarketId], versions: Iterable[int] = ()
    ) -> Sides:
        """The markets and the tenant's model now.

        A market that cannot be read leaves its properties without a score.

        Args:
            tenant: Whose model.
            markets: Those of the properties that are to be scored.
            versions: Of the models that made the kept scores.
        """
        model = (await self.models.current(tenant)).model
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
        alike = await self._alike(tenant, model, versions)
        return Sides(model, day, sides, positions, alike)

    async def _alike(
        self, tenant: TenantId, model: HealthModel, versions: Iterable[int]
    ) -> frozenset[int]:
        others = [(await self.models.at(tenant, one)).model for one in sorted(set(versions))]
        found = {one.version for one in others if model.judges_momentum_as(one)}
        return frozenset({model.version, *found})

    async def scores(
        self,
        tenant: TenantId,
        subjects: Sequence[Property],
        sides: Sides,
        kept: Mapping[PropertyId, PropertyScore],
    ) -> tuple[PropertyScore, ...]:
        """The score of each property; one that was removed meanwhile may have none.

        Args:
            tenant: Whose properties.
            subjects: The properties.
            sides: Their markets, and the model.
            kept: Earlier scores of some of them; what they saw of histories that have not
                changed since need not be looked at again.
        """
        rest = [one.id for one in subjects if not sides.knows_momentum(one, kept.get(one.id))]
        months = await self.histories.months(tenant, rest) if rest else {}
        # Pairs of months are compared with one another: other requests must not wait for it.
        return await asyncio.to_thread(self._scored, subjects, months, sides, kept)

    def _scored(
        self,
        subjects: Sequence[Property],
        months: Mapping[PropertyId, Sequence[MonthlyValues]],
        sides: Sides,
        kept: Mapping[PropertyId, PropertyScore],
    ) -> tuple[PropertyScore, ...]:
        now = self.clock.now()
        made = []
        for subject in subjects:
            side, before = sides.markets[subject.market_id], kept.get(subject.id)
            if before and sides.knows_momentum(subject, before):
                present = present_inputs(subject, side.view)
                made_of = HealthInputs(present.own, present.market, before.momenta)
            elif subject.id in months:
                made_of = scoring_inputs(sides.model, subject, months[subject.id], side)
            else:
                continue
            names = MarketNames(side.name, side.city, side.state)
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
