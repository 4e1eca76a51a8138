"""Compare a few properties with one another."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from attrs import frozen

from ..domain.errors import MarketUnavailable
from ..domain.identifiers import MarketId, PropertyId, TenantId
from ..domain.measures import PROPERTY_METRICS
from ..domain.portfolio.benchmarks import MarketReading
from ..domain.portfolio.health_model import HealthModel
from ..domain.portfolio.health_report import HealthFacts, property_health
from ..domain.portfolio.observations import Reason
from ..domain.portfolio.property import Property, PropertyHistory
from ..domain.portfolio.side_by_side import Contender, SideBySide, SideBySideQuestion, side_by_side
from ..domain.portfolio.standings import AbsentMarket
from ..ports.clock import Clock
from ..ports.health_models import HealthModelRepository
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import PropertyHistoryRepository, PropertyRepository
from .read_markets import ReadMarkets

T = TypeVar("T")


@frozen
class CompareProperties:
    """Use case: a few properties side by side, one reading per market.

    Args:
        properties: Where the properties are kept.
        histories: Where their months are kept.
        models: Where the tenant's model is kept.
        markets: Where the markets are read.
        clock: What day it is.
        at_once: How many properties, histories or markets are read at the same time.
        deadline_seconds: After which silent markets count as unavailable. [s]
    """

    properties: PropertyRepository
    histories: PropertyHistoryRepository
    models: HealthModelRepository
    markets: MarketBenchmarkGateway
    clock: Clock
    at_once: int = 8
    deadline_seconds: float = 5.0

    async def __call__(self, tenant: TenantId, question: SideBySideQuestion) -> SideBySide:
        """Compare by the tenant's model. A market that cannot be read leaves its properties marked.

        Raises:
            PropertyNotFound: If the tenant lacks one of the properties; it names the first.
            MarketUnavailable: If none of the markets can be read.
            Unavailable: If the record store does not answer.
        """
        identifiers = question.property_ids
        model = (await self.models.current(tenant)).model
        subjects = await _each(self.properties.get, tenant, identifiers, self.at_once)
        read = ReadMarkets(self.markets, self.at_once, self.deadline_seconds)
        reading = asyncio.create_task(read((one.market_id for one in subjects), PROPERTY_METRICS))
        try:
            histories = await _each(self.histories.history, tenant, identifiers, self.at_once)
            markets = await reading
        finally:
            reading.cancel()
        _require_one(subjects, markets)
        found = [markets[one.market_id] for one in subjects]
        known = list(zip(subjects, histories, found, strict=True))
        today = self.clock.now().date()
        # Pairs of months are compared with one another: other requests must not wait for it.
        return await asyncio.to_thread(_compared, model, known, question.as_of, today)


async def _each(
    read: Callable[[TenantId, PropertyId], Awaitable[T]],
    tenant: TenantId,
    identifiers: Sequence[PropertyId],
    at_once: int,
) -> Sequence[T]:
    """One thing per property, some at a time; the first of them that fails in order is raised."""
    gate = asyncio.Semaphore(at_once)
    tasks = [asyncio.create_task(_gated(gate, read, tenant, one)) for one in identifiers]
    await asyncio.gather(*tasks, return_exceptions=True)
    return [task.result() for task in tasks]


async def _gated(
    gate: asyncio.Semaphore,
    read: Callable[[TenantId, PropertyId], Awaitable[T]],
    tenant: TenantId,
    identifier: PropertyId,
) -> T:
    async with gate:
        return await read(tenant, identifier)


def _require_one(
    subjects: Sequence[Property], markets: Mapping[MarketId, MarketReading | AbsentMarket]
) -> None:
    """See that not all markets are unavailable; one that does not exist is no outage."""
    lost = [
        found
        for found in markets.values()
        if isinstance(found, AbsentMarket) and found.reason is Reason.MARKET_UNAVAILABLE
    ]
    if len(lost) == len(markets):
        first = subjects[0].market_id
        reasons = tuple(dict.fromkeys(said for one in lost for said in one.details))
        seconds = min(one.retry_after_seconds for one in lost)
        raise MarketUnavailable(first, reasons, retry_after_seconds=seconds)


def _compared(
    model: HealthModel,
    known: Sequence[tuple[Property, PropertyHistory, MarketReading | AbsentMarket]],
    as_of: date | None,
    today: date,
) -> SideBySide:
    contenders = []
    for subject, history, market in known:
        if isinstance(market, AbsentMarket):
            facts = HealthFacts(subject, history.records, None, market.reason)
        else:
            facts = HealthFacts(subject, history.records, market)
        contenders.append(Contender(property_health(model, facts, as_of, today), market))
    return side_by_side(contenders)
