"""What every audit log must do, for those who write it and those who read it.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty logs which can be read as well.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.governance import (
    AuditEntry,
    AuditOutcome,
    AuditQuery,
    AuditRecord,
    Personal,
    Tip,
    chained,
    verify,
)
from ...domain.identifiers import TenantId
from ...ports.audit import AuditLog, AuditRecords
from ..strategies import audit_entries, audit_queries

__all__ = [
    "test_a_batch_is_kept_whole_and_in_its_order",
    "test_a_page_holds_what_its_query_picks",
    "test_a_tenant_never_sees_the_records_of_another",
    "test_an_intent_ends_with_its_outcome",
    "test_erasing_forgets_one_actor_of_one_tenant_and_breaks_nothing",
    "test_intents_without_an_outcome_become_records_once",
    "test_many_writers_make_one_chain",
    "test_the_records_after_a_place_come_in_order",
]


class Log(AuditLog, AuditRecords, Protocol):
    """Both ports at once."""


Fresh = Callable[[], AbstractAsyncContextManager[Log]]

ACME, RIVAL = TenantId("acme"), TenantId("rival_2")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
EVERYTHING = AuditQuery(limit=1000)


def _entry(action: str = "getProperty", tenant: TenantId = ACME, actor: str = "A1") -> AuditEntry:
    return AuditEntry(
        tenant=tenant,
        at=NOON,
        actor_kind="api_key",
        personal=Personal(actor, "", ""),
        salt=bytes(16),
        action=action,
        object_kind=None,
        object_id=None,
        outcome=AuditOutcome.SUCCEEDED,
        status=200,
        problem=None,
        request_id="r",
        trace_id="t",
        body_sha256=None,
    )


def _expected(entries: Sequence[AuditEntry], tenant: TenantId) -> tuple[AuditRecord, ...]:
    return chained(Tip(tenant), [entry for entry in entries if entry.tenant == tenant])


@given(batches=st.lists(st.lists(audit_entries(), max_size=5), max_size=3))
async def test_a_batch_is_kept_whole_and_in_its_order(
    fresh: Fresh, batches: list[list[AuditEntry]]
) -> None:
    async with fresh() as log:
        written: list[AuditEntry] = []
        for batch in batches:
            sequences = await log.append(batch, ())
            written += batch
            for number, entry in enumerate(batch):
                earlier = written[: len(written) - len(batch) + number + 1]
                own = [one for one in earlier if one.tenant == entry.tenant]
                assert sequences[number] == len(own)
        tenants = {entry.tenant for entry in written}
        for tenant in tenants:
            records = _expected(written, tenant)
            assert await log.following(tenant, 0, 1000) == records
            assert await log.tip(tenant) == Tip(tenant, len(records), records[-1].hash)
        assert [tip.tenant for tip in await log.tips()] == sorted(tenants)


@given(entries=st.lists(audit_entries(), max_size=8), query=audit_queries())
async def test_a_page_holds_what_its_query_picks(
    fresh: Fresh, entries: list[AuditEntry], query: AuditQuery
) -> None:
    async with fresh() as log:
        await log.append(entries, ())
        for tenant in {entry.tenant for entry in entries}:
            expected = query.reference(_expected(entries, tenant))
            found = await log.page(tenant, query)
            assert found.items == expected[: query.limit]
            assert (found.next is not None) == (len(expected) > query.limit)
            if found.next is not None:
                following = await log.page(tenant, evolve(query, before=found.next))
                assert following.items[:1] == expected[query.limit :]


@given(entry=audit_entries())
async def test_a_tenant_never_sees_the_records_of_another(fresh: Fresh, entry: AuditEntry) -> None:
    other = TenantId("somebody")
    async with fresh() as log:
        await log.append([entry], ())
        assert (await log.page(other, EVERYTHING)).items == ()
        assert await log.following(other, 0, 10) == ()
        assert await log.tip(other) == Tip(other)
        assert await log.erase(other, entry.personal.actor_id) == 0
        assert await log.following(entry.tenant, 0, 10) == _expected([entry], entry.tenant)


async def test_the_records_after_a_place_come_in_order(fresh: Fresh) -> None:
    async with fresh() as log:
        await log.append([_entry() for _ in range(7)], ())
        for after, limit, expected in ((0, 3, [1, 2, 3]), (3, 9, [4, 5, 6, 7]), (7, 9, [])):
            found = await log.following(ACME, after, limit)
            assert [record.sequence for record in found] == expected


async def test_many_writers_make_one_chain(fresh: Fresh) -> None:
    async with fresh() as log:
        batches = [
            [_entry(tenant=ACME), _entry(tenant=RIVAL), _entry(tenant=ACME)][:: 1 - 2 * (n % 2)]
            for n in range(12)
        ]
        given_out = await asyncio.gather(*(log.append(batch, ()) for batch in batches))
        for tenant, length in ((ACME, 24), (RIVAL, 12)):
            places = [
                sequence
                for batch, sequences in zip(batches, given_out, strict=True)
                for entry, sequence in zip(batch, sequences, strict=True)
                if entry.tenant == tenant
            ]
            assert sorted(places) == list(range(1, length + 1))
            verdict = verify(await log.following(tenant, 0, 100), (), Tip(tenant))
            assert (verdict.fault, verdict.checked) == (None, length)


async def test_an_intent_ends_with_its_outcome(fresh: Fresh) -> None:
    begun = [evolve(_entry(f"change{name}"), intent=name) for name in "ABC"]
    async with fresh() as log:
        assert await log.append([], begun) == ()
        assert await log.tip(ACME) == Tip(ACME)
        # The outcome of one comes together with the intent of the next.
        await log.append([begun[0]], [evolve(_entry(), intent="D")])
        await log.append([begun[1], begun[2]], ())
        assert await log.settle(NOON + timedelta(seconds=1)) == 1
        actions = [record.action for record in await log.following(ACME, 0, 10)]
        assert actions == ["changeA", "changeB", "changeC", "getProperty"]


@given(intents=st.lists(audit_entries(), max_size=5), before=audit_entries())
async def test_intents_without_an_outcome_become_records_once(
    fresh: Fresh, intents: list[AuditEntry], before: AuditEntry
) -> None:
    named = [evolve(intent, intent=f"i{number}") for number, intent in enumerate(intents)]
    ripe = [intent for intent in named if intent.at < before.at]
    ripe.sort(key=lambda intent: (intent.at, intent.intent))
    async with fresh() as log:
        await log.append([], named)
        assert await log.settle(before.at) == len(ripe)
        assert await log.settle(before.at) == 0
        for tenant in {intent.tenant for intent in named}:
            assert await log.following(tenant, 0, 10) == _expected(ripe, tenant)


@given(entries=st.lists(audit_entries(), max_size=8))
async def test_erasing_forgets_one_actor_of_one_tenant_and_breaks_nothing(
    fresh: Fresh, entries: list[AuditEntry]
) -> None:
    async with fresh() as log:
        await log.append(entries, ())
        tips = await log.tips()
        own = [entry for entry in entries if entry.tenant == ACME]
        concerned = [entry for entry in own if entry.personal.actor_id == "A1"]
        assert await log.erase(ACME, "A1") == len(concerned)
        assert await log.erase(ACME, "A1") == 0
        expected = tuple(
            record.erased() if record.personal and record.personal.actor_id == "A1" else record
            for record in _expected(entries, ACME)
        )
        assert await log.following(ACME, 0, 10) == expected
        assert await log.tips() == tips
        assert verify(expected, (), Tip(ACME)).fault is None
        assert (await log.page(ACME, AuditQuery(actor="A1"))).items == ()
        for tenant in {entry.tenant for entry in entries} - {ACME}:
            assert await log.following(tenant, 0, 10) == _expected(entries, tenant)
