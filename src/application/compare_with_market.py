"""Compare one property with its market."""

import asyncio
from datetime import date

from attrs import frozen

from ..domain.errors import ComparisonIncomplete, MarketUnavailable
from ..domain.identifiers import PropertyId, TenantId
from ..domain.portfolio.performance import (
    MarketPerformance,
    PerformanceQuestion,
    PropertyFacts,
    market_performance,
)
from ..domain.portfolio.property import MonthlyRecord, Property
from ..ports.clock import Clock
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import (
    ComparisonPolicyRepository,
    PropertyHistoryRepository,
    PropertyRepository,
)
from .read_market import ReadMarket


@frozen
class CompareWithMarket:
    """Use case: one property against its market, now, at a date, and over time.

    Args:
        properties: Where the property is kept.
        histories: Where its months are kept.
        policies: Where the tenant's thresholds are kept.
        markets: Where the market is read; it keeps a deadline of its own, which should
            be shorter, because only it can fall back on what it has kept.
        clock: What day it is.
        deadline_seconds: After which a silent market counts as unavailable. [s]
    """

    properties: PropertyRepository
    histories: PropertyHistoryRepository
    policies: ComparisonPolicyRepository
    markets: MarketBenchmarkGateway
    clock: Clock
    deadline_seconds: float = 5.0

    async def __call__(
        self,
        tenant: TenantId,
        identifier: PropertyId,
        question: PerformanceQuestion,
    ) -> MarketPerformance:
        """Compare.

        A market that the market API does not know makes an answer without a market.

        Raises:
            PropertyNotFound: If the tenant has no such property.
            ComparisonIncomplete: If no data of the market can be had; it carries the property.
            InvalidWindow: If the history asked for has more than 120 buckets.
            Unavailable: If the record store does not answer.
        """
        # The position comes first: the answer may hold newer facts than it names, never older.
        policy, position = await self.policies.comparison_policy(tenant)
        subject = await self.properties.get(tenant, identifier)
        read = ReadMarket(self.markets, self.deadline_seconds)
        market = asyncio.create_task(read(subject.market_id, question.metrics))
        try:
            records = await self._records(tenant, subject, question)
            reading = await market
        finally:
            market.cancel()
        if isinstance(reading, MarketUnavailable):
            raise ComparisonIncomplete(reading, subject, question.compared) from reading
        facts = PropertyFacts(subject, records, policy, position)
        return market_performance(question, facts, reading, self._today())

    async def _records(
        self, tenant: TenantId, subject: Property, question: PerformanceQuestion
    ) -> tuple[MonthlyRecord, ...]:
        if not question.needs_records:
            return ()
        return (await self.histories.history(tenant, subject.id)).records

    def _today(self) -> date:
        return self.clock.now().date()
