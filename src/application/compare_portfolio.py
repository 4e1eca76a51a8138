"""Compare a portfolio with its markets."""

from collections.abc import Sequence

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.measures import PROPERTY_METRICS, Metric
from ..domain.portfolio.selection import PageKey, PropertyQuery
from ..domain.portfolio.standings import PropertyStanding, property_standings
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import ComparisonPolicyRepository, PropertyRepository
from .read_markets import ReadMarkets


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
        read = ReadMarkets(self.markets, self.at_once, self.deadline_seconds)
        readings = await read((subject.market_id for subject in found.items), metrics)
        items = property_standings(found.items, readings, compared, policy)
        return PortfolioPerformance(items, found.next, found.position)
