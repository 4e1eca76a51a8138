"""Compare a portfolio with its markets."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set

from attrs import frozen

from ..domain.errors import MarketNotFound, MarketUnavailable
from ..domain.identifiers import MarketId, TenantId
from ..domain.measures import PROPERTY_METRICS, Metric
from ..domain.portfolio.benchmarks import MarketReading
from ..domain.portfolio.observations import Reason
from ..domain.portfolio.selection import PageKey, PropertyQuery
from ..domain.portfolio.standings import AbsentMarket, PropertyStanding, property_standings
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import ComparisonPolicyRepository, PropertyRepository


@frozen
class PortfolioPerformance:
    """Properties against their markets.

    Args:
        items: One line per property, in the order of the query.
        next: Where the next page begins; None where there is none.
        position: Position of the tenant's portfolio that was seen.
    """

    items: tuple[PropertyStanding, ...]
    next: PageKey | None
    position: int


@frozen
class ComparePortfolio:
    """Use case: many properties against their markets, one reading per market.

    Args:
        properties: Where the properties are kept.
        policies: Where the tenant's thresholds are kept.
        markets: Where the markets are read.
        at_once: How many markets are read at the same time; the gateway bounds the
            calls that come of it.
        deadline_seconds: After which silent markets count as unavailable. [s]
    """

    properties: PropertyRepository
    policies: ComparisonPolicyRepository
    markets: MarketBenchmarkGateway
    at_once: int = 64
    deadline_seconds: float = 5.0

    async def __call__(
        self,
        tenant: TenantId,
        query: PropertyQuery,
        metrics: Sequence[Metric],
    ) -> PortfolioPerformance:
        """Compare. A market that cannot be read leaves its properties marked.

        Raises:
            Unavailable: If the record store does not answer.
        """
        policy, _ = await self.policies.comparison_policy(tenant)
        found = await self.properties.page(tenant, query)
        compared = [metric for metric in metrics if metric in PROPERTY_METRICS]
        readings = await self._readings(
            {subject.market_id for subject in found.items}, frozenset(metrics)
        )
        items = property_standings(found.items, readings, compared, policy)
        return PortfolioPerformance(items, found.next, found.position)

    async def _readings(
        self, markets: Iterable[MarketId], metrics: Set[Metric]
    ) -> Mapping[MarketId, MarketReading | AbsentMarket]:
        gate = asyncio.Semaphore(self.at_once)
        deadline = asyncio.get_running_loop().time() + self.deadline_seconds
        listed = sorted(markets)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._reading(gate, deadline, market, metrics))
                for market in listed
            ]
        return {market: task.result() for market, task in zip(listed, tasks, strict=True)}

    async def _reading(
        self, gate: asyncio.Semaphore, deadline: float, market: MarketId, metrics: Set[Metric]
    ) -> MarketReading | AbsentMarket:
        try:
            async with asyncio.timeout_at(deadline), gate:
                return await self.markets.read(market, metrics)
        except MarketNotFound:
            return AbsentMarket(Reason.MARKET_NOT_FOUND)
        except MarketUnavailable as error:
            return AbsentMarket(Reason.MARKET_UNAVAILABLE, error.reasons)
        except TimeoutError:
            return AbsentMarket(Reason.MARKET_UNAVAILABLE, ("deadline_exceeded",))
