"""Looking after properties: changes are never lost, imports come whole or not at all."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.application.import_history import ImportHistory
from sightline.application.import_properties import ImportProperties
from sightline.application.manage_properties import (
    AddProperty,
    ChangeProperty,
    ReplaceHistory,
    SetComparisonPolicy,
    ShowComparisonPolicy,
)
from sightline.domain.errors import (
    InvalidFields,
    InvalidInput,
    PropertyNotFound,
    VersionMismatch,
)
from sightline.domain.identifiers import PropertyId, TenantId
from sightline.domain.measures import Metric
from sightline.domain.portfolio.comparison import ComparisonPolicy
from sightline.domain.portfolio.property import MonthlyRecord, Property
from sightline.domain.portfolio.selection import PropertyQuery

ACME = TenantId("acme")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
WILLIS = evolve(sample_portfolio()[0].draft, id=None)
SEPTEMBER = MonthlyRecord(date(2025, 9, 1), occupancy_rate=92.5)
AUGUST = MonthlyRecord(date(2025, 8, 1), occupancy_rate=92.0)


async def test_a_change_names_only_what_changes_and_says_when() -> None:
    store, clock = MemoryPropertyRepository(), FixedClock(NOON)
    added = await AddProperty(store, clock)(ACME, WILLIS)
    clock.move(timedelta(hours=1))
    found = await ChangeProperty(store, clock)(
        ACME, added.id, {"current_occupancy_rate": 91.0, "renewal_rate_ytd": None}, added.version
    )
    assert found == evolve(
        added,
        current_occupancy_rate=91.0,
        renewal_rate_ytd=None,
        version=added.version + 1,
        updated_at=NOON + timedelta(hours=1),
    )


class Busy(MemoryPropertyRepository):
    """Somebody else changes every property between our reading and our writing."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def replace(self, tenant: TenantId, changed: Property, expected: int) -> Property:
        if self.times:
            self.times -= 1
            present = await self.get(tenant, changed.id)
            theirs = evolve(present, year_built=present.year_built + 1)
            await super().replace(tenant, theirs, present.version)
        return await super().replace(tenant, changed, expected)


async def test_a_change_without_a_version_is_made_on_top_of_somebody_else_s() -> None:
    store = Busy(2)
    added = await store.add(ACME, WILLIS, NOON)
    found = await ChangeProperty(store, FixedClock(NOON))(ACME, added.id, {"name": "New"}, None)
    assert (found.name, found.year_built) == ("New", WILLIS.year_built + 2)


async def test_a_change_with_a_version_gives_way_to_somebody_else_s() -> None:
    store = Busy(1)
    added = await store.add(ACME, WILLIS, NOON)
    change = ChangeProperty(store, FixedClock(NOON))
    for expected in (added.version, added.version):
        with pytest.raises(VersionMismatch):
            await change(ACME, added.id, {"name": "New"}, expected)
    assert (await store.get(ACME, added.id)).name == WILLIS.name


async def test_a_store_that_is_always_busy_ends_in_an_error_not_in_a_loop() -> None:
    store = Busy(99)
    added = await store.add(ACME, WILLIS, NOON)
    with pytest.raises(VersionMismatch):
        await ChangeProperty(store, FixedClock(NOON))(ACME, added.id, {"name": "New"}, None)


async def test_fifty_changes_at_once_all_count() -> None:
    store = MemoryPropertyRepository()
    added = [await store.add(ACME, WILLIS, NOON) for _ in range(5)]
    change = ChangeProperty(store, FixedClock(NOON))
    await asyncio.gather(
        *(change(ACME, one.id, {"year_built": 1950 + n}, None) for n in range(10) for one in added)
    )
    assert (await store.page(ACME, PropertyQuery())).position == 55


async def test_a_history_is_put_in_order() -> None:
    store = MemoryPropertyRepository()
    added = await store.add(ACME, WILLIS, NOON)
    replace = ReplaceHistory(store, FixedClock(NOON))
    found = await replace(ACME, added.id, (SEPTEMBER, AUGUST), added.version)
    assert found.records == (AUGUST, SEPTEMBER)
    assert found.version > added.version
    with pytest.raises(VersionMismatch):
        await replace(ACME, added.id, (), added.version)
    with pytest.raises(InvalidFields):
        await replace(ACME, added.id, (AUGUST, AUGUST), None)


async def test_a_policy_is_the_default_until_it_is_set() -> None:
    store = MemoryPropertyRepository()
    assert await ShowComparisonPolicy(store)(ACME) == ComparisonPolicy()
    kept = await SetComparisonPolicy(store)(ACME, ComparisonPolicy({Metric.RENT_PER_SQFT: 2}), 0)
    assert await ShowComparisonPolicy(store)(ACME) == kept


async def test_an_import_comes_whole_or_not_at_all() -> None:
    store, clock = MemoryPropertyRepository(), FixedClock(NOON)
    drafts = [one.draft for one in sample_portfolio()[:3]]
    assert await ImportProperties(store, clock)(ACME, drafts) == 3
    with pytest.raises(InvalidInput):
        await ImportProperties(store, clock)(ACME, [evolve(drafts[0], name="Other"), WILLIS])
    assert (await store.get(ACME, PropertyId(1))).name == "Willis Tower"


async def test_an_import_of_histories_comes_whole_or_not_at_all() -> None:
    store, clock = MemoryPropertyRepository(), FixedClock(NOON)
    await ImportProperties(store, clock)(ACME, [one.draft for one in sample_portfolio()[:2]])
    imported = ImportHistory(store, clock)
    assert await imported(ACME, {PropertyId(1): (SEPTEMBER, AUGUST), PropertyId(2): ()}) == 2
    with pytest.raises(PropertyNotFound):
        await imported(ACME, {PropertyId(1): (), PropertyId(3): (AUGUST,)})
    with pytest.raises(InvalidFields) as refused:
        await imported(ACME, {PropertyId(1): (), PropertyId(2): (AUGUST, AUGUST)})
    assert refused.value.flaws[0].path == (2, "records", 1, "month")
    assert (await store.history(ACME, PropertyId(1))).records == (AUGUST, SEPTEMBER)
