"""The sample portfolio: as the contract says where it does, imperfect where it should be."""

import time
from collections import Counter
from datetime import UTC, date, datetime

from sightline.adapters.sample.markets import LAST_MONTH, sample_benchmarks
from sightline.adapters.sample.portfolio import (
    MONTHS,
    PROPERTIES,
    sample_histories,
    sample_portfolio,
)
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.domain.identifiers import PropertyId, TenantId
from sightline.domain.portfolio.history import unusual_months
from sightline.domain.portfolio.selection import PropertyQuery

from ...contracts.stores import sqlite_database

ACME = TenantId("acme")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)


def test_there_are_1200_properties_with_ids_in_a_row() -> None:
    assert [one.draft.id for one in sample_portfolio()] == list(range(1, PROPERTIES + 1))


def test_every_market_has_some_properties_and_some_have_many() -> None:
    homes = Counter(one.draft.market_id for one in sample_portfolio())
    assert set(homes) == {market.market for market in sample_benchmarks()}
    assert max(homes.values()) > 3 * PROPERTIES / len(homes) > 3 * min(homes.values()) > 0


def test_property_1_is_the_one_of_the_contract() -> None:
    first = sample_portfolio()[0]
    draft = first.draft
    assert (draft.name, draft.address) == ("Willis Tower", "233 S Wacker Dr, Chicago, IL")
    assert (draft.market_id, draft.area_sqft, draft.year_built) == (1, 4_200_000, 1973)
    assert (draft.property_class, draft.property_type) == ("A", "office")
    assert (draft.current_occupancy_rate, draft.current_avg_rent_per_sqft) == (92.5, 42.80)
    assert (draft.renewal_rate_ytd, draft.avg_lease_term_months) == (78.5, 96)
    assert draft.avg_time_to_lease_days == 85
    last = first.records[-1]
    assert (last.month, last.occupancy_rate, last.rent_per_sqft) == (LAST_MONTH, 92.5, 42.80)
    assert first.records[0].month == date(2022, 10, 1)
    assert len(first.records) == MONTHS


def test_all_others_say_that_they_are_samples() -> None:
    assert all(one.draft.name.startswith("Sample ") for one in sample_portfolio()[1:])


def test_it_is_imperfect_on_purpose() -> None:
    drafts = [one.draft for one in sample_portfolio()]
    histories = sample_histories()
    assert any(draft.current_avg_rent_per_sqft is None for draft in drafts)
    assert any(draft.property_type is None for draft in drafts)
    assert any(draft.current_occupancy_rate == 0 for draft in drafts)
    assert histories[PropertyId(97)] == ()
    assert histories[PropertyId(53)][-1].month < LAST_MONTH
    assert len(histories[PropertyId(41)]) == MONTHS - 6
    odd = {row.month: row.rent_per_sqft or 0.0 for row in histories[PropertyId(47)]}
    assert unusual_months(odd) == (date(2024, 6, 1),)


def test_values_lie_around_their_markets() -> None:
    rents = {
        market.market: rent
        for market in sample_benchmarks()
        for metric, rent in market.months[-1].values.items()
        if metric.value == "rent_per_sqft"
    }
    ratios = [
        one.draft.current_avg_rent_per_sqft / rents[one.draft.market_id]
        for one in sample_portfolio()
        if one.draft.current_avg_rent_per_sqft and one.draft.market_id in rents
    ]
    inside = sum(0.5 < ratio < 2.0 for ratio in ratios)
    assert inside > 0.98 * len(ratios) > 1000


async def test_loading_all_of_it_into_sqlite_takes_seconds() -> None:
    drafts = [one.draft for one in sample_portfolio()]
    histories = sample_histories()
    async with sqlite_database() as database:
        store = SqlPropertyRepository(database)
        started = time.perf_counter()
        await store.put_all(ACME, drafts, NOON)
        await store.replace_histories(ACME, histories, {}, NOON)
        elapsed = time.perf_counter() - started
        page = await store.page(ACME, PropertyQuery())
        assert len(page.items) == PROPERTIES
        assert (await store.history(ACME, PropertyId(47))).records == histories[PropertyId(47)]
    assert elapsed < 30
