"""What every event log must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty logs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.attributes import Json
from ...domain.errors import EventConflicts, EventNotFound, Flaw, RequestKeyReused
from ...domain.events import (
    Event,
    EventBatch,
    EventDraft,
    EventStatus,
    Known,
    NewEvent,
    Receipt,
    RequestKey,
    judged,
)
from ...domain.identifiers import TenantId
from ...ports.event_log import EventLog, LoggedEvent
from ..strategies import event_batches, event_ids, new_events, user_ids

__all__ = [
    "test_a_batch_comes_back_as_it_was_acknowledged",
    "test_a_batch_with_a_conflict_is_refused_whole",
    "test_a_key_of_one_tenant_means_nothing_to_another",
    "test_a_lenient_batch_keeps_what_is_good",
    "test_a_long_batch_is_kept_whole",
    "test_a_request_key_gives_the_first_answer_again",
    "test_a_request_key_is_refused_for_another_request",
    "test_a_request_that_was_refused_may_be_sent_again_under_its_key",
    "test_a_tenant_never_meets_the_events_of_another",
    "test_an_erased_event_does_not_come_back",
    "test_an_event_is_found_by_its_id",
    "test_erasing_takes_one_user_of_one_tenant",
    "test_events_are_read_on_from_any_position",
    "test_events_kept_apart_are_listed_the_last_first",
    "test_fifty_that_send_the_same_at_once_have_one_effect",
    "test_many_at_once_get_positions_without_a_gap",
    "test_nothing_is_there_before_anything_was_sent",
    "test_old_request_keys_are_forgotten_and_events_are_not",
    "test_one_bad_batch_harms_no_other_of_the_same_moment",
    "test_what_becomes_of_batches_is_what_the_domain_judges",
]

Fresh = Callable[[], AbstractAsyncContextManager[EventLog]]

ACME, RIVAL = TenantId("acme"), TenantId("rival_2")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
KEY = RequestKey("k1", bytes(32))
FLAW = (Flaw(("properties",), "type", "must be text"),)


def _event(name: str, user: str = "ann", **properties: Json) -> NewEvent:
    draft = EventDraft(user, "page_view", name, NOON, properties)
    return NewEvent(name, user, "page_view", NOON, draft.properties, draft.fingerprint())


def _batch(*events: NewEvent, key: RequestKey | None = None, lenient: bool = False) -> EventBatch:
    return EventBatch(events, NOON, key, lenient)


class _Model:
    """What was acknowledged, judged one batch after the other."""

    def __init__(self) -> None:
        self.position = 0
        self.known: dict[str, Known] = {}
        self.events: dict[int, LoggedEvent] = {}

    def take(self, batch: EventBatch) -> Receipt:
        made = judged(batch, self.position, self.known)
        for position, new in made.kept:
            event = LoggedEvent(new.at(position, batch.received_at), new.quarantine)
            self.events[position] = event
            self.known[new.event_id] = Known(position, new.fingerprint)
        self.position = made.receipt.position
        return made.receipt

    async def append(self, _: TenantId, batch: EventBatch) -> Receipt:
        return self.take(batch)

    def after(self, position: int, through: int) -> tuple[Event, ...]:
        places = range(position + 1, through + 1)
        return tuple(self.events[at].event for at in places if not self.events[at].quarantine)


async def _told(
    append: Callable[[TenantId, EventBatch], Awaitable[Receipt]],
    tenant: TenantId,
    batch: EventBatch,
) -> object:
    try:
        return await append(tenant, batch)
    except EventConflicts as refused:
        return refused.conflicts


async def _everything(log: EventLog, tenant: TenantId = ACME) -> tuple[Event, ...]:
    read = await log.read(tenant, 0, 10_000)
    assert read.through == await log.position(tenant)
    return read.events


@given(batches=st.lists(event_batches(), max_size=4))
async def test_what_becomes_of_batches_is_what_the_domain_judges(
    fresh: Fresh, batches: list[EventBatch]
) -> None:
    model = _Model()
    async with fresh() as log:
        for batch in (evolve(one, request=None) for one in batches):
            assert await _told(log.append, ACME, batch) == await _told(model.append, ACME, batch)
            assert await log.position(ACME) == model.position
        assert await _everything(log) == model.after(0, model.position)


@given(events=st.lists(new_events(), unique_by=lambda event: event.event_id, max_size=4))
async def test_a_batch_comes_back_as_it_was_acknowledged(
    fresh: Fresh, events: list[NewEvent]
) -> None:
    async with fresh() as log:
        receipt = await log.append(ACME, _batch(*events))
        assert receipt.position == len(events)
        for result, event in zip(receipt.results, events, strict=True):
            assert result.position is not None
            found = await log.find(ACME, event.event_id)
            assert found == LoggedEvent(event.at(result.position, NOON), event.quarantine)
            kinds = [(name, type(value)) for name, value in found.event.properties.items()]
            assert kinds == [(name, type(value)) for name, value in event.properties.items()]


async def test_nothing_is_there_before_anything_was_sent(fresh: Fresh) -> None:
    async with fresh() as log:
        assert await log.append(RIVAL, _batch()) == Receipt(0, ())
        assert await log.position(ACME) == 0
        assert await log.positions() == {}
        assert await log.quarantined(ACME, None, 10) == ()
        assert await log.erase(ACME, "ann") == 0
        for after in (0, 7):
            read = await log.read(ACME, after, 10)
            assert (read.after, read.through, read.events) == (after, after, ())
        with pytest.raises(EventNotFound):
            await log.find(ACME, "A1")


async def test_a_long_batch_is_kept_whole(fresh: Fresh) -> None:
    events = [_event(f"e{number}", text="long é" * 300) for number in range(700)]
    async with fresh() as log:
        receipt = await log.append(ACME, _batch(*events, key=KEY))
        assert [result.position for result in receipt.results] == list(range(1, 701))
        assert [one.event_id for one in await _everything(log)] == [one.event_id for one in events]
        again = await log.append(ACME, _batch(*events))
        assert {result.status for result in again.results} == {EventStatus.DUPLICATE}
        assert again.position == 700
        assert await log.erase(ACME, "ann") == 700


@given(before=st.lists(event_batches(), max_size=2), event=new_events(st.just("A1")))
async def test_a_batch_with_a_conflict_is_refused_whole(
    fresh: Fresh, before: list[EventBatch], event: NewEvent
) -> None:
    async with fresh() as log:
        for batch in before:
            await log.append(ACME, evolve(batch, lenient=True, request=None))
        known = await log.append(ACME, _batch(event, lenient=True))
        held = (await log.find(ACME, "A1")).event
        position, everything = known.position, await _everything(log)
        other = _event("A1", "somebody else", new=True)
        with pytest.raises(EventConflicts) as caught:
            await log.append(ACME, _batch(_event("new1"), other, _event("new2"), key=KEY))
        (conflict,) = caught.value.conflicts
        assert (conflict.index, conflict.event_id) == (1, "A1")
        assert set(conflict.fields) >= {"user_id", "properties"}
        assert await log.position(ACME) == position
        assert await _everything(log) == everything
        assert (await log.find(ACME, "A1")).event == held
        with pytest.raises(EventNotFound):
            await log.find(ACME, "new1")


async def test_a_lenient_batch_keeps_what_is_good(fresh: Fresh) -> None:
    async with fresh() as log:
        await log.append(ACME, _batch(_event("e1")))
        other = _event("e1", plan="pro")
        receipt = await log.append(ACME, _batch(_event("e2"), other, _event("e1"), lenient=True))
        told = [(result.status.value, result.position) for result in receipt.results]
        assert told == [("accepted", 2), ("refused", None), ("duplicate", 1)]
        assert [flaw.path for flaw in receipt.results[1].errors] == [("properties",)]
        assert [event.event_id for event in await _everything(log)] == ["e1", "e2"]


@given(batch=event_batches())
async def test_a_request_key_gives_the_first_answer_again(fresh: Fresh, batch: EventBatch) -> None:
    batch = evolve(batch, lenient=True, request=KEY)
    async with fresh() as log:
        first = await log.append(ACME, batch)
        assert not first.replayed
        await log.append(ACME, _batch(_event("later")))
        # Ids that we give are new every time; the answer is the first one all the same.
        for again in (batch, evolve(batch, events=(_event("given anew"),), places=(), refused={})):
            assert await log.append(ACME, again) == evolve(first, replayed=True)
        assert await log.position(ACME) == first.position + 1


async def test_a_request_key_is_refused_for_another_request(fresh: Fresh) -> None:
    async with fresh() as log:
        await log.append(ACME, _batch(_event("e1"), key=KEY))
        with pytest.raises(RequestKeyReused):
            await log.append(ACME, _batch(_event("e2"), key=RequestKey("k1", bytes([1]) * 32)))
        assert [event.event_id for event in await _everything(log)] == ["e1"]
        await log.append(ACME, _batch(_event("e2"), key=RequestKey("K1", bytes(32))))
        assert await log.position(ACME) == 2


async def test_a_request_that_was_refused_may_be_sent_again_under_its_key(fresh: Fresh) -> None:
    async with fresh() as log:
        await log.append(ACME, _batch(_event("e1")))
        with pytest.raises(EventConflicts):
            await log.append(ACME, _batch(_event("e1", "bob"), key=KEY))
        receipt = await log.append(ACME, _batch(_event("e2"), key=KEY))
        assert (receipt.replayed, receipt.position) == (False, 2)


async def test_a_key_of_one_tenant_means_nothing_to_another(fresh: Fresh) -> None:
    async with fresh() as log:
        await log.append(ACME, _batch(_event("e1"), key=KEY))
        receipt = await log.append(RIVAL, _batch(_event("e9"), key=RequestKey("k1", b"\1" * 32)))
        assert (receipt.replayed, receipt.position) == (False, 1)


async def test_old_request_keys_are_forgotten_and_events_are_not(fresh: Fresh) -> None:
    async with fresh() as log:
        for name, hours in (("old", 0), ("new", 1)):
            batch = _batch(_event(name), key=RequestKey(name, bytes(32)))
            await log.append(ACME, evolve(batch, received_at=NOON + timedelta(hours=hours)))
        assert await log.prune(NOON) == 0
        assert await log.prune(NOON + timedelta(hours=1)) == 1
        again = [
            await log.append(ACME, _batch(_event(name), key=RequestKey(name, bytes(32))))
            for name in ("old", "new")
        ]
        assert [receipt.replayed for receipt in again] == [False, True]
        assert again[0].results[0].status is EventStatus.DUPLICATE
        assert await log.position(ACME) == 2


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=5),
    apart=st.sets(st.integers(1, 8)),
    after=st.integers(0, 12),
    limit=st.integers(1, 12),
)
async def test_events_are_read_on_from_any_position(
    fresh: Fresh, sizes: list[int], apart: set[int], after: int, limit: int
) -> None:
    model = _Model()
    async with fresh() as log:
        for size in sizes:
            places = range(model.position + 1, model.position + size + 1)
            events = [
                evolve(_event(f"e{at}"), quarantine=FLAW if at in apart else ()) for at in places
            ]
            model.take(_batch(*events))
            await log.append(ACME, _batch(*events))
        read = await log.read(ACME, after, limit)
        assert read.after == after
        assert read.through >= min(model.position, after + limit)
        assert read.through <= max(after, model.position)
        assert read.events == model.after(after, read.through)


async def test_an_event_is_found_by_its_id(fresh: Fresh) -> None:
    names = ["A1", "a1", "é", "'; --", '"\\', "z" * 200, "%", "𝒹"]
    async with fresh() as log:
        await log.append(ACME, _batch(*map(_event, names[:4])))
        await log.append(ACME, _batch(*map(_event, names[4:])))
        for position, name in enumerate(names, 1):
            event = (await log.find(ACME, name)).event
            assert (event.event_id, event.position, event.received_at) == (name, position, NOON)
        for unknown in ("", "A", "E1", "z" * 199, "_"):
            with pytest.raises(EventNotFound):
                await log.find(ACME, unknown)


@given(batches=st.lists(event_batches(), max_size=4), limit=st.integers(1, 3))
async def test_events_kept_apart_are_listed_the_last_first(
    fresh: Fresh, batches: list[EventBatch], limit: int
) -> None:
    model = _Model()
    async with fresh() as log:
        for batch in (evolve(one, request=None, lenient=True) for one in batches):
            model.take(batch)
            await log.append(ACME, batch)
        apart = [model.events[at] for at in sorted(model.events, reverse=True)]
        apart = [one for one in apart if one.quarantine]
        walked: list[LoggedEvent] = []
        before = None
        while page := await log.quarantined(ACME, before, limit):
            assert len(page) <= limit
            walked += page
            before = page[-1].event.position
        assert walked == apart
        for one in apart:
            await log.erase(ACME, one.event.user_id)
        assert await log.quarantined(ACME, None, 10) == ()


@given(batches=st.lists(event_batches(), max_size=4), user=user_ids())
async def test_erasing_takes_one_user_of_one_tenant(
    fresh: Fresh, batches: list[EventBatch], user: str
) -> None:
    model = _Model()
    async with fresh() as log:
        for batch in (evolve(one, request=None, lenient=True) for one in batches):
            model.take(batch)
            await log.append(ACME, batch)
            await log.append(RIVAL, batch)
        theirs = [one.event for one in model.events.values() if one.event.user_id == user]
        assert await log.erase(ACME, user) == len(theirs)
        assert await log.erase(ACME, user) == 0
        left = [event for event in model.after(0, model.position) if event.user_id != user]
        assert list(await _everything(log)) == left
        for event in theirs:
            with pytest.raises(EventNotFound):
                await log.find(ACME, event.event_id)
        assert await _everything(log, RIVAL) == model.after(0, model.position)


@given(identifier=event_ids())
async def test_an_erased_event_does_not_come_back(fresh: Fresh, identifier: str) -> None:
    async with fresh() as log:
        await log.append(ACME, _batch(_event(identifier), _event("other", "bob")))
        assert await log.erase(ACME, "ann") == 1
        for again in (_event(identifier), _event(identifier, "bob", other="content")):
            receipt = await log.append(ACME, _batch(again))
            (result,) = receipt.results
            assert (result.status, result.position) == (EventStatus.DUPLICATE, 1)
        assert [event.event_id for event in await _everything(log)] == ["other"]
        with pytest.raises(EventNotFound):
            await log.find(ACME, identifier)


@given(batches=st.lists(event_batches(), min_size=1, max_size=3))
async def test_a_tenant_never_meets_the_events_of_another(
    fresh: Fresh, batches: list[EventBatch]
) -> None:
    async with fresh() as log:
        for batch in batches:
            await log.append(ACME, evolve(batch, lenient=True, request=None))
        position = await log.position(ACME)
        assert await log.position(RIVAL) == 0
        assert (await log.read(RIVAL, 0, 100)).events == ()
        assert await log.quarantined(RIVAL, None, 100) == ()
        assert await log.erase(RIVAL, "ann") == 0
        for batch in batches:
            for event in batch.events:
                with pytest.raises(EventNotFound):
                    await log.find(RIVAL, event.event_id)
        await log.append(RIVAL, _batch(_event("A1")))
        expected: Mapping[TenantId, int] = {ACME: position, RIVAL: 1}
        assert await log.positions() == {who: at for who, at in expected.items() if at}


async def test_many_at_once_get_positions_without_a_gap(fresh: Fresh) -> None:
    async with fresh() as log:
        batches = [
            (tenant, _batch(*(_event(f"{number}-{n}") for n in range(number % 4))))
            for number in range(40)
            for tenant in (ACME, RIVAL)
        ]
        receipts = await asyncio.gather(*(log.append(*one) for one in batches))
        for tenant in (ACME, RIVAL):
            own = [
                one for (whose, _), one in zip(batches, receipts, strict=True) if whose == tenant
            ]
            _without_a_gap(own)
            events = await _everything(log, tenant)
            assert [event.position for event in events] == list(range(1, 61))


def _without_a_gap(receipts: Sequence[Receipt]) -> None:
    positions = [result.position for receipt in receipts for result in receipt.results]
    assert sorted(at for at in positions if at) == list(range(1, 61))
    for receipt in receipts:
        told = [result.position or 0 for result in receipt.results]
        assert told == list(range(receipt.position - len(told) + 1, receipt.position + 1))


@pytest.mark.parametrize("key", [KEY, None])
async def test_fifty_that_send_the_same_at_once_have_one_effect(
    fresh: Fresh, key: RequestKey | None
) -> None:
    batch = _batch(_event("e1"), _event("e2", "bob"), key=key)
    async with fresh() as log:
        receipts = await asyncio.gather(*(log.append(ACME, batch) for _ in range(50)))
        assert [event.event_id for event in await _everything(log)] == ["e1", "e2"]
        statuses = [one.results[0].status for one in receipts if not one.replayed]
        assert statuses.count(EventStatus.ACCEPTED) == 1
        assert sum(one.replayed for one in receipts) == (49 if key else 0)
        assert {tuple(result.position for result in one.results) for one in receipts} == {(1, 2)}


async def test_one_bad_batch_harms_no_other_of_the_same_moment(fresh: Fresh) -> None:
    async with fresh() as log:
        await log.append(ACME, _batch(_event("e1"), key=KEY))
        sent = [
            _batch(_event("good 1")),
            _batch(_event("lost"), _event("e1", "bob")),
            _batch(_event("good 2")),
            _batch(_event("lost too"), key=RequestKey("k1", bytes([1]) * 32)),
            _batch(_event("good 3")),
        ]
        told = await asyncio.gather(
            *(log.append(ACME, batch) for batch in sent), return_exceptions=True
        )
        assert [type(one) for one in told] == [
            Receipt,
            EventConflicts,
            Receipt,
            RequestKeyReused,
            Receipt,
        ]
        names = {event.event_id for event in await _everything(log)}
        assert names == {"e1", "good 1", "good 2", "good 3"}
