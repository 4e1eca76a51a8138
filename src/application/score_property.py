"""Score the health of one property."""

import asyncio

from attrs import frozen

from ..domain.errors import ComparisonIncomplete, MarketUnavailable
from ..domain.identifiers import PropertyId, TenantId
from ..domain.measures import PROPERTY_METRICS
from ..domain.portfolio.health_report import (
    HealthFacts,
    HealthQuestion,
    PropertyHealth,
    health_answer,
)
from ..ports.clock import Clock
from ..ports.health_models import HealthModelRepository
from ..ports.health_scores import HealthScoreRepository
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import PropertyHistoryRepository, PropertyRepository
from .read_market import ReadMarket


@frozen
class ScoreProperty:
    """Use case: the health score of one property, now or at a date, over time, explained.

    Args:
        properties: Where the property is kept.
        histories: Where its months are kept.
        models: Where the numbers of the tenant's scores are kept.
        markets: Where the market is read; it keeps its own, shorter deadline.
        scores: Where its place in the portfolio is kept.
        clock: What day it is.
        deadline_seconds: After which a silent market counts as unavailable. [s]
    """

    properties: PropertyRepository
    histories: PropertyHistoryRepository
    models: HealthModelRepository
    markets: MarketBenchmarkGateway
    scores: HealthScoreRepository
    clock: Clock
    deadline_seconds: float = 5.0

    async def __call__(
        self, tenant: TenantId, identifier: PropertyId, question: HealthQuestion
    ) -> PropertyHealth:
        """Score by the tenant's model.

        Raises:
            PropertyNotFound: If the tenant has no such property.
            ComparisonIncomplete: If no data of the market can be had; it carries the property.
            InvalidWindow: If the history asked for has more than 120 buckets.
            Unavailable: If the record store does not answer.
        """
        subject = await self.properties.get(tenant, identifier)
        read = ReadMarket(self.markets, self.deadline_seconds)
        market = asyncio.create_task(read(subject.market_id, PROPERTY_METRICS))
        try:
            records = (await self.histories.history(tenant, identifier)).records
            model = (await self.models.current(tenant)).model
            kept = await self.scores.one(tenant, identifier)
            reading = await market
        finally:
            market.cancel()
        if isinstance(reading, MarketUnavailable):
            raise ComparisonIncomplete(reading, subject, PROPERTY_METRICS) from reading
        facts = HealthFacts(subject, records, reading, kept=kept)
        today = self.clock.now().date()
        # Pairs of months are compared with one another: other requests must not wait for it.
        return await asyncio.to_thread(health_answer, model, facts, question, today)
