"""Benchmarks of markets, read from somebody else's system."""

from collections.abc import Set
from datetime import timedelta
from typing import Protocol

from ..domain.identifiers import MarketId
from ..domain.measures import Metric
from ..domain.portfolio.benchmarks import MarketReading


class MarketBenchmarkGateway(Protocol):
    """The market-data API behind its cache, its breaker and its snapshots.

    Markets are the same for every tenant, so no tenant is named here (ADR 11).
    """

    async def read(self, market: MarketId, metrics: Set[Metric]) -> MarketReading:
        """The benchmark of a market with all its months, holding at least these metrics.

        Answers within the gateway's deadline whatever the API does: live, from
        cache, stale or from the last snapshot; the reading says which and why.
        A degraded reading may lack metrics that were never kept: those are not
        in its benchmark's ``metrics``. Any number of concurrent callers cause
        one call.

        Raises:
            MarketNotFound: If the API answers that there is no such market and
                none was ever kept.
            MarketUnavailable: If neither the API nor anything kept can answer.
        """

    async def refresh(
        self, market: MarketId, metrics: Set[Metric], younger_than: timedelta
    ) -> MarketReading:
        """As `read`, but asks the API anew unless what is known is younger than this.

        So what would grow old before the next visit is read ahead of that. If the
        API cannot answer, the best of what is known is given out, with reasons.

        Raises:
            MarketNotFound: If the API answers that there is no such market and
                none was ever kept.
            MarketUnavailable: If neither the API nor anything kept can answer.
        """

    async def position(self) -> int:
        """Position of all that is kept of markets; it grows with every change of any of them.

        Raises:
            Unavailable: If what is kept cannot be asked.
        """
