"""What every store of properties, histories and comparison policies must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty stores.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import (
    InvalidInput,
    NotFound,
    PropertyExists,
    PropertyNotFound,
    VersionMismatch,
)
from ...domain.identifiers import LARGEST_INTEGER, MarketId, PropertyId, TenantId
from ...domain.measures import Metric
from ...domain.portfolio.comparison import ComparisonPolicy
from ...domain.portfolio.property import MonthlyRecord, Property, PropertyDraft
from ...domain.portfolio.selection import PropertyFilter, PropertyQuery
from ...ports.properties import (
    ComparisonPolicyRepository,
    PropertyHistoryRepository,
    PropertyRepository,
)
from ..strategies import (
    comparison_policies,
    histories,
    property_drafts,
    property_filters,
    property_ids,
    property_queries,
)

__all__ = [
    "test_a_change_based_on_an_old_version_is_refused",
    "test_a_filter_and_an_order_mean_the_same_everywhere",
    "test_a_forgotten_property_takes_its_history_along",
    "test_a_history_comes_back_as_it_was_put",
    "test_a_missing_property_keeps_an_import_of_histories_out",
    "test_a_policy_comes_back_with_a_version",
    "test_a_removed_id_is_not_given_out_again",
    "test_a_tenant_never_sees_another",
    "test_a_very_large_id_does_not_use_up_the_others",
    "test_an_id_is_given_once",
    "test_an_import_needs_every_id",
    "test_an_import_replaces_what_has_the_same_id",
    "test_concurrent_creates_get_different_ids",
    "test_concurrent_histories_all_arrive",
    "test_of_concurrent_changes_to_one_version_one_wins",
    "test_pages_hold_every_property_that_was_there_once",
    "test_text_with_wildcards_and_umlauts_is_found_as_written",
    "test_the_position_moves_with_every_change_and_only_then",
    "test_versions_never_come_twice",
    "test_what_was_added_comes_back_equal",
]


class Store(PropertyRepository, PropertyHistoryRepository, ComparisonPolicyRepository, Protocol):
    """The three ports, which one adapter keeps because they share positions."""


Fresh = Callable[[], AbstractAsyncContextManager[Store]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2025, 9, 15, 12, 0, 0, 123456, tzinfo=UTC)
EVERYTHING = PropertyQuery()
PLAIN = PropertyDraft("Sample", "1 Sample Street", MarketId(1), 1.0, 1973, "A", 92.5)

drafts = property_drafts()
portfolios = st.lists(drafts, min_size=1, max_size=7)


async def _filled(store: Store, wanted: Sequence[PropertyDraft]) -> list[Property]:
    await store.put_all(ACME, [evolve(d, id=PropertyId(n)) for n, d in enumerate(wanted, 1)], NOON)
    return list((await store.page(ACME, EVERYTHING)).items)


async def _position(store: Store, tenant: TenantId = ACME) -> int:
    return (await store.comparison_policy(tenant))[1]


@given(draft=drafts)
async def test_what_was_added_comes_back_equal(fresh: Fresh, draft: PropertyDraft) -> None:
    async with fresh() as store:
        added = await store.add(ACME, draft, NOON)
        assert added == draft.kept(PropertyId(1), added.version, NOON)
        assert await store.get(ACME, added.id) == added
        page = await store.page(ACME, EVERYTHING)
        assert (page.items, page.next, page.position) == ((added,), None, added.version)


@given(draft=drafts)
async def test_an_id_is_given_once(fresh: Fresh, draft: PropertyDraft) -> None:
    async with fresh() as store:
        named = await store.add(ACME, evolve(draft, id=PropertyId(2)), NOON)
        with pytest.raises(PropertyExists):
            await store.add(ACME, evolve(draft, id=PropertyId(2)), NOON)
        ids = [(await store.add(ACME, draft, NOON)).id for _ in range(2)]
        assert (named.id, *ids) == (2, 3, 4)
        assert len((await store.page(ACME, EVERYTHING)).items) == 3


@given(draft=drafts)
async def test_a_removed_id_is_not_given_out_again(fresh: Fresh, draft: PropertyDraft) -> None:
    async with fresh() as store:
        first = await store.add(ACME, draft, NOON)
        await store.remove(ACME, first.id, first.version)
        assert (await store.add(ACME, draft, NOON)).id == 2
        with pytest.raises(PropertyNotFound):
            await store.remove(ACME, first.id, None)


async def test_a_very_large_id_does_not_use_up_the_others(fresh: Fresh) -> None:
    async with fresh() as store:
        await store.add(ACME, evolve(PLAIN, id=PropertyId(LARGEST_INTEGER)), NOON)
        assert (await store.add(ACME, PLAIN, NOON)).id == 1
        assert (await store.get(ACME, PropertyId(LARGEST_INTEGER))).name == "Sample"


@given(draft=drafts)
async def test_versions_never_come_twice(fresh: Fresh, draft: PropertyDraft) -> None:
    named = evolve(draft, id=PropertyId(1))
    later = NOON + timedelta(seconds=1)
    async with fresh() as store:
        versions = [(await store.add(ACME, named, NOON)).version]
        changed = evolve(await store.get(ACME, PropertyId(1)), name="Other", updated_at=later)
        kept = await store.replace(ACME, changed, versions[-1])
        assert kept == evolve(changed, version=kept.version)
        assert await store.get(ACME, PropertyId(1)) == kept
        versions.append(kept.version)
        await store.replace_histories(ACME, {PropertyId(1): ()}, {}, NOON)
        versions.append((await store.get(ACME, PropertyId(1))).version)
        await store.put_all(ACME, [named], NOON)
        versions.append((await store.get(ACME, PropertyId(1))).version)
        await store.remove(ACME, PropertyId(1), None)
        versions.append((await store.add(ACME, named, NOON)).version)
        assert versions == sorted(set(versions))


@given(draft=drafts)
async def test_a_change_based_on_an_old_version_is_refused(
    fresh: Fresh, draft: PropertyDraft
) -> None:
    async with fresh() as store:
        added = await store.add(ACME, draft, NOON)
        kept = await store.replace(ACME, evolve(added, name="Newer"), added.version)
        for refused in (
            store.replace(ACME, evolve(added, name="Late"), added.version),
            store.remove(ACME, added.id, added.version),
            store.replace_histories(ACME, {added.id: ()}, {added.id: added.version}, NOON),
        ):
            with pytest.raises(VersionMismatch) as mismatch:
                await refused
            assert (mismatch.value.expected, mismatch.value.actual) == (
                added.version, kept.version,
            )  # fmt: skip
        with pytest.raises(PropertyNotFound):
            await store.replace(ACME, evolve(added, id=PropertyId(9)), added.version)
        assert await store.get(ACME, added.id) == kept


@given(wanted=portfolios, query=property_queries())
async def test_a_filter_and_an_order_mean_the_same_everywhere(
    fresh: Fresh, wanted: list[PropertyDraft], query: PropertyQuery
) -> None:
    async with fresh() as store:
        kept = await _filled(store, wanted)
        walked: list[Property] = []
        asked = query
        while True:
            page = await store.page(ACME, asked)
            walked += page.items
            assert query.limit is None or len(page.items) <= query.limit
            if page.next is None:
                break
            asked = evolve(query, after=page.next)
        assert tuple(walked) == evolve(query, limit=None).reference(kept)


@given(
    wanted=st.lists(drafts, min_size=4, max_size=8),
    query=property_queries(),
    where=st.just(PropertyFilter()) | property_filters(),
    fresh_draft=drafts,
)
async def test_pages_hold_every_property_that_was_there_once(
    fresh: Fresh,
    wanted: list[PropertyDraft],
    query: PropertyQuery,
    where: PropertyFilter,
    fresh_draft: PropertyDraft,
) -> None:
    """Properties come and go between the pages; those that stay are seen once each."""
    query = evolve(query, where=where, limit=2)
    async with fresh() as store:
        kept = await _filled(store, wanted)
        removed = kept[len(kept) // 2]
        page = await store.page(ACME, query)
        walked = [one.id for one in page.items]
        await store.add(ACME, fresh_draft, NOON)
        await store.remove(ACME, removed.id, None)
        while page.next is not None:
            page = await store.page(ACME, evolve(query, after=page.next))
            walked += [one.id for one in page.items]
        stayed = {one.id for one in kept if one is not removed and where.fits(one)}
        assert len(walked) == len(set(walked))
        assert stayed <= set(walked)


async def test_text_with_wildcards_and_umlauts_is_found_as_written(fresh: Fresh) -> None:
    names = ["100% Tower", "100 Tower", "a_b", "aXb", "TÜRM", "Tu\u0308rm", "Straße", "a\\b"]
    async with fresh() as store:
        await _filled(store, [evolve(PLAIN, name=name) for name in names])
        for needle, found in {
            "0%": ["100% Tower"],
            "a_b": ["a_b"],
            "türm": ["TÜRM", "Tu\u0308rm"],
            "STRASSE": ["Straße"],
            "a\\b": ["a\\b"],
            "SAMPLE street": names,
            "x 1": [],
        }.items():
            page = await store.page(ACME, PropertyQuery(PropertyFilter(text=needle)))
            assert [one.name for one in page.items] == found, needle


@given(wanted=portfolios, again=drafts)
async def test_an_import_replaces_what_has_the_same_id(
    fresh: Fresh, wanted: list[PropertyDraft], again: PropertyDraft
) -> None:
    async with fresh() as store:
        before = await _filled(store, wanted)
        record = MonthlyRecord(date(2025, 9, 1), occupancy_rate=90.0)
        await store.replace_histories(ACME, {PropertyId(1): (record,)}, {}, NOON)
        await store.put_all(
            ACME, [evolve(again, id=PropertyId(1)), evolve(again, id=PropertyId(40))], NOON
        )
        after = (await store.page(ACME, EVERYTHING)).items
        assert [one.id for one in after] == [*(one.id for one in before), 40]
        for one in (after[0], after[-1]):
            assert one == again.kept(one.id, one.version, NOON)
        assert (await store.history(ACME, PropertyId(1))).records == (record,)
        assert (await store.add(ACME, again, NOON)).id == 41


@given(draft=drafts)
async def test_an_import_needs_every_id(fresh: Fresh, draft: PropertyDraft) -> None:
    async with fresh() as store:
        with pytest.raises(InvalidInput):
            await store.put_all(ACME, [evolve(draft, id=PropertyId(1)), draft], NOON)
        assert (await store.page(ACME, EVERYTHING)).items == ()
        assert await _position(store) == 0


@given(draft=drafts, records=histories(), others=histories())
async def test_a_history_comes_back_as_it_was_put(
    fresh: Fresh,
    draft: PropertyDraft,
    records: tuple[MonthlyRecord, ...],
    others: tuple[MonthlyRecord, ...],
) -> None:
    async with fresh() as store:
        added = await store.add(ACME, draft, NOON)
        assert (await store.history(ACME, added.id)).records == ()
        for put in (records, others):
            await store.replace_histories(ACME, {added.id: put}, {}, NOON)
            history = await store.history(ACME, added.id)
            kept = await store.get(ACME, added.id)
            assert (history.property_id, history.version) == (added.id, kept.version)
            assert history.records == put
            assert (kept.updated_at, kept.name) == (NOON, added.name)


@given(draft=drafts, records=histories())
async def test_a_missing_property_keeps_an_import_of_histories_out(
    fresh: Fresh, draft: PropertyDraft, records: tuple[MonthlyRecord, ...]
) -> None:
    async with fresh() as store:
        added = await store.add(ACME, draft, NOON)
        put = {added.id: records, PropertyId(9): records}
        with pytest.raises(PropertyNotFound):
            await store.replace_histories(ACME, put, {}, NOON)
        assert (await store.history(ACME, added.id)).records == ()
        assert await store.get(ACME, added.id) == added
        assert await _position(store) == added.version


@given(draft=drafts, records=histories())
async def test_a_forgotten_property_takes_its_history_along(
    fresh: Fresh, draft: PropertyDraft, records: tuple[MonthlyRecord, ...]
) -> None:
    async with fresh() as store:
        added = await store.add(ACME, draft, NOON)
        await store.replace_histories(ACME, {added.id: records}, {}, NOON)
        await store.remove(ACME, added.id, None)
        with pytest.raises(PropertyNotFound):
            await store.history(ACME, added.id)
        await store.add(ACME, evolve(draft, id=added.id), NOON)
        assert (await store.history(ACME, added.id)).records == ()


@given(policy=comparison_policies())
async def test_a_policy_comes_back_with_a_version(fresh: Fresh, policy: ComparisonPolicy) -> None:
    async with fresh() as store:
        assert await store.comparison_policy(ACME) == (ComparisonPolicy(), 0)
        kept = await store.set_comparison_policy(ACME, policy, 0)
        assert kept == evolve(policy, version=kept.version)
        assert await store.comparison_policy(ACME) == (kept, kept.version)
        with pytest.raises(VersionMismatch):
            await store.set_comparison_policy(ACME, policy, 0)
        stricter = ComparisonPolicy({Metric.RENT_PER_SQFT: 1.0})
        again = await store.set_comparison_policy(ACME, stricter, kept.version)
        assert again.version > kept.version
        assert again.threshold(Metric.RENT_PER_SQFT) == 1.0
        assert (await store.comparison_policy(RIVAL))[0] == ComparisonPolicy()


@given(draft=drafts, records=histories())
async def test_the_position_moves_with_every_change_and_only_then(
    fresh: Fresh, draft: PropertyDraft, records: tuple[MonthlyRecord, ...]
) -> None:
    async with fresh() as store:
        seen = [await _position(store)]
        added = await store.add(ACME, draft, NOON)
        for change in (
            store.replace(ACME, added, added.version),
            store.replace_histories(ACME, {added.id: records}, {}, NOON),
            store.put_all(ACME, [evolve(draft, id=added.id)], NOON),
            store.set_comparison_policy(ACME, ComparisonPolicy(), None),
            store.remove(ACME, added.id, None),
        ):
            seen.append(await _position(store))
            await change
        seen.append(await _position(store))
        assert seen == sorted(set(seen))
        await store.put_all(ACME, [], NOON)
        await store.replace_histories(ACME, {}, {}, NOON)
        await store.page(ACME, EVERYTHING)
        with pytest.raises(PropertyNotFound):
            await store.remove(ACME, added.id, None)
        assert await _position(store) == seen[-1]


@given(wanted=portfolios, draft=drafts, identifier=property_ids())
async def test_a_tenant_never_sees_another(
    fresh: Fresh, wanted: list[PropertyDraft], draft: PropertyDraft, identifier: PropertyId
) -> None:
    async with fresh() as store:
        kept = await _filled(store, wanted)
        record = MonthlyRecord(date(2025, 9, 1), occupancy_rate=90.0)
        await store.replace_histories(ACME, {one.id: (record,) for one in kept}, {}, NOON)
        await store.set_comparison_policy(ACME, ComparisonPolicy({Metric.RENT_PER_SQFT: 9.0}), None)
        before = (await store.page(ACME, EVERYTHING), await store.comparison_policy(ACME))
        kept = list(before[0].items)
        for refused in (
            store.get(RIVAL, identifier),
            store.history(RIVAL, identifier),
            store.replace(RIVAL, evolve(kept[0], id=identifier), kept[0].version),
            store.remove(RIVAL, identifier, None),
            store.replace_histories(RIVAL, {identifier: ()}, {}, NOON),
        ):
            with pytest.raises(NotFound) as unknown:
                await refused
            assert str(unknown.value) == str(PropertyNotFound(identifier))
        assert (await store.page(RIVAL, EVERYTHING)).items == ()
        assert await store.comparison_policy(RIVAL) == (ComparisonPolicy(), 0)
        theirs = await store.add(RIVAL, draft, NOON)
        assert theirs.id == 1
        await store.put_all(RIVAL, [evolve(draft, id=identifier)], NOON)
        await store.replace_histories(RIVAL, {identifier: ()}, {}, NOON)
        await store.set_comparison_policy(RIVAL, ComparisonPolicy(), None)
        await store.remove(RIVAL, identifier, None)
        assert (await store.page(ACME, EVERYTHING), await store.comparison_policy(ACME)) == before
        assert (await store.history(ACME, kept[0].id)).records == (record,)


async def test_concurrent_creates_get_different_ids(fresh: Fresh) -> None:
    async with fresh() as store:
        added = await asyncio.gather(*(store.add(ACME, PLAIN, NOON) for _ in range(12)))
        assert sorted(one.id for one in added) == list(range(1, 13))
        assert len({one.version for one in added}) == 12


async def test_of_concurrent_changes_to_one_version_one_wins(fresh: Fresh) -> None:
    async with fresh() as store:
        added = await store.add(ACME, PLAIN, NOON)
        changes = (
            store.replace(ACME, evolve(added, name=f"Sample {n}"), added.version) for n in range(8)
        )
        results = await asyncio.gather(*changes, return_exceptions=True)
        won = [one for one in results if isinstance(one, Property)]
        assert len(won) == 1
        assert sum(isinstance(one, VersionMismatch) for one in results) == 7
        assert await store.get(ACME, added.id) == won[0]


async def test_concurrent_histories_all_arrive(fresh: Fresh) -> None:
    record = MonthlyRecord(date(2025, 9, 1), occupancy_rate=90.0)
    async with fresh() as store:
        kept = await _filled(store, [PLAIN] * 6)
        await asyncio.gather(
            *(store.replace_histories(ACME, {one.id: (record,)}, {}, NOON) for one in kept)
        )
        for one in kept:
            assert (await store.history(ACME, one.id)).records == (record,)
