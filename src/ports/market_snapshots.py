"""What was read of the market API, kept for the days on which it does not answer."""

from datetime import datetime
from typing import Protocol

from ..domain.identifiers import MarketId
from ..domain.portfolio.benchmarks import MarketBenchmark, MarketSnapshot


class MarketSnapshotRepository(Protocol):
    """The last benchmarks of every market; the same for every tenant (ADR 11)."""

    async def latest(self, market: MarketId) -> MarketSnapshot | None:
        """The last one kept of a market, or None if none ever was.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def at(self, market: MarketId, position: int) -> MarketSnapshot | None:
        """The one at a position, or None if there is none or it was pruned.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def keep(self, benchmark: MarketBenchmark, fetched_at: datetime) -> MarketSnapshot:
        """Append a benchmark and return what is the latest now.

        Content that equals the latest keeps its position and gets the new
        ``fetched_at``; content that was updated earlier than the latest is not
        kept. Of each market only a bounded number of the newest remain.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def position(self) -> int:
        """The sum of the positions of all markets; it grows with every change of any of them.

        Raises:
            Unavailable: If the store does not answer.
        """
