"""Properties side by side: one reading per market, some at a time, and what fails is marked."""

import asyncio
from datetime import UTC, datetime

import pytest

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.health_models import MemoryHealthModelRepository
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.application.compare_properties import CompareProperties
from sightline.domain.errors import MarketUnavailable, PropertyNotFound
from sightline.domain.identifiers import PropertyId, TenantId
from sightline.domain.portfolio.property import Property, PropertyHistory
from sightline.domain.portfolio.side_by_side import SideBySideQuestion

from .test_compare_portfolio import Awkward

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)


class Busy(MemoryPropertyRepository):
    """Counts how many of its answers are waited for at once; later ids answer first."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    async def get(self, tenant: TenantId, identifier: PropertyId) -> Property:
        await self._wait(identifier)
        return await super().get(tenant, identifier)

    async def history(self, tenant: TenantId, identifier: PropertyId) -> PropertyHistory:
        await self._wait(identifier)
        return await super().history(tenant, identifier)

    async def _wait(self, identifier: PropertyId) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(max(1, 30 - identifier % 30)):
            await asyncio.sleep(0)
        self.now -= 1


async def house(**options: float) -> tuple[Busy, Awkward, CompareProperties]:
    store, markets = Busy(), Awkward()
    await store.put_all(ACME, [one.draft for one in sample_portfolio()[:40]], NOON)
    at_once = int(options.get("at_once", 8))
    deadline = options.get("deadline_seconds", 5.0)
    models = MemoryHealthModelRepository(store)
    compare = CompareProperties(store, store, models, markets, FixedClock(NOON), at_once, deadline)
    return store, markets, compare


def question(*ids: int) -> SideBySideQuestion:
    return SideBySideQuestion(tuple(map(PropertyId, ids)))


async def test_properties_histories_and_markets_are_read_some_at_a_time() -> None:
    store, markets, compare = await house(at_once=3)
    found = await compare(ACME, question(*range(20, 0, -1)))
    assert [column.id for column in found.properties] == list(range(20, 0, -1))
    assert 1 < store.most <= 3
    assert markets.most <= 3
    homes = {column.market_id for column in found.properties}
    assert sorted(markets.reads) == sorted(homes)


async def test_markets_that_fail_leave_their_properties_marked() -> None:
    _, markets, compare = await house(deadline_seconds=0.1)
    homes = {one.draft.market_id: one.draft.id for one in sample_portfolio()[:40]}
    first, second, third = sorted(homes)[:3]
    markets.unavailable, markets.silent = {second}, {third}
    ids = [homes[market] or 0 for market in (first, second, third)]
    found = await compare(ACME, question(*ids))
    known, lost, silent = found.properties
    assert known.score is not None
    assert known.reasons == ()
    assert (lost.score, lost.reasons) == (None, ("market_unavailable", "circuit_open"))
    assert (silent.score, silent.reasons) == (None, ("market_unavailable", "deadline_exceeded"))


async def test_only_without_any_market_there_is_no_answer() -> None:
    _, markets, compare = await house()
    homes = {one.draft.market_id: one.draft.id for one in sample_portfolio()[:40]}
    (_, one), (_, other) = sorted(homes.items())[:2]
    markets.unavailable = set(homes)
    with pytest.raises(MarketUnavailable) as refused:
        await compare(ACME, question(one or 0, other or 0))
    assert refused.value.reasons == ("circuit_open",)


async def test_the_first_property_that_is_not_there_is_named_whichever_answers_first() -> None:
    _, markets, compare = await house()
    with pytest.raises(PropertyNotFound) as refused:
        await compare(ACME, question(1, 900, 909, 919))
    assert refused.value.identifier == 900
    with pytest.raises(PropertyNotFound) as refused:
        await compare(RIVAL, question(2, 1))
    assert refused.value.identifier == 2
    assert markets.reads == []
