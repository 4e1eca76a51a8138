"""Lists and streams join what the store has with what only the log has yet."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.memory.event_log import MemoryEventLog
from sightline.adapters.memory.event_store import MemoryEventStore
from sightline.adapters.memory.users import MemoryUserRepository
from sightline.application.load_events import BLOCK, LoadEvents
from sightline.application.read_events import MOST_FRESH, ListEvents, StreamEvents
from sightline.domain.errors import InvalidInput, Unavailable
from sightline.domain.events import (
    Event,
    EventBatch,
    EventDraft,
    EventFilter,
    EventKey,
    EventQuery,
    NewEvent,
)
from sightline.domain.identifiers import TenantId

ACME, RIVAL = TenantId("acme"), TenantId("rival")
START = datetime(2025, 1, 1, tzinfo=UTC)


def new_event(number: int) -> NewEvent:
    draft = EventDraft(f"u{number % 3}", "visit", f"e{number}", START + timedelta(hours=number % 5))
    return NewEvent(
        f"e{number}", draft.user_id, "visit", START + timedelta(hours=number % 5), {},
        draft.fingerprint(),
    )  # fmt: skip


async def sent(log: MemoryEventLog, tenant: TenantId, *numbers: int) -> None:
    await log.append(tenant, EventBatch(tuple(map(new_event, numbers)), START))


async def ignored(_: float) -> None:
    return


@pytest.mark.parametrize("loaded_at", range(0, 13, 3))
async def test_wherever_the_store_stands_lists_and_streams_are_the_same(loaded_at: int) -> None:
    log, store = MemoryEventLog(), MemoryEventStore()
    load = LoadEvents(log, store, lambda *_: None, ignored)
    for number in range(12):
        if number == loaded_at:
            await load.once()
        await sent(log, ACME, number)
    await sent(log, RIVAL, 1)
    whole = EventQuery(EventFilter(frozenset({"u0", "u1"})), limit=100)
    everything = (await log.read(ACME, 0, 100)).events
    expected = whole.reference(everything)
    page = await ListEvents(log, store, MemoryUserRepository())(ACME, whole)
    assert page.items == expected
    assert page.position == 12
    assert await streamed(log, store, whole) == (12, expected)
    few = EventQuery(whole.where, limit=3)
    assert await streamed(log, store, few) == (12, expected[:3])


async def streamed(
    log: MemoryEventLog, store: MemoryEventStore, query: EventQuery
) -> tuple[int, tuple[Event, ...]]:
    """Position and events of a stream."""
    stream = await StreamEvents(log, store, MemoryUserRepository())(ACME, query)
    return stream.position, tuple([one async for some in stream.portions for one in some])


counts = st.integers(0, 12)


@given(before=counts, loaded=counts, later=counts, reloaded=counts, arrived=counts)
async def test_a_stream_that_broke_off_goes_on_without_gap_and_without_repetition(
    before: int, loaded: int, later: int, reloaded: int, arrived: int
) -> None:
    log, store = MemoryEventLog(), MemoryEventStore()
    load = LoadEvents(log, store, lambda *_: None, ignored)
    await sent(log, ACME, *range(loaded))
    await load.once()
    await sent(log, ACME, *range(loaded, loaded + before))
    position, whole = await streamed(log, store, EventQuery())
    first = whole[:arrived]
    # Meanwhile events come, at the instants of those that are there, and some are loaded.
    await sent(log, ACME, *range(100, 100 + reloaded))
    await load.once()
    await sent(log, ACME, *range(200, 200 + later))
    after = EventKey.of(first[-1]) if first else None
    again, rest = await streamed(log, store, EventQuery(after=after, through=position))
    assert again == position
    assert first + rest == whole


async def test_a_position_that_nothing_has_yet_is_refused_by_name() -> None:
    log, store, users = MemoryEventLog(), MemoryEventStore(), MemoryUserRepository()
    await sent(log, ACME, 1, 2)
    for asked in (StreamEvents(log, store, users), ListEvents(log, store, users)):
        with pytest.raises(InvalidInput, match="at most 2") as caught:
            await asked(ACME, EventQuery(through=3, limit=10))
        assert caught.value.flaws[0].path == ("as_of_position",)
    assert await streamed(log, store, EventQuery(through=0)) == (0, ())


async def test_what_a_store_has_not_got_back_yet_is_not_left_out_of_a_walk() -> None:
    log, store, users = MemoryEventLog(), MemoryEventStore(), MemoryUserRepository()
    await sent(log, ACME, *range(MOST_FRESH + 1))
    goes_on = EventQuery(through=MOST_FRESH + 1, limit=10)
    for asked in (StreamEvents(log, store, users), ListEvents(log, store, users)):
        with pytest.raises(Unavailable, match="still being loaded"):
            await asked(ACME, goes_on)
    page = await ListEvents(log, store, users)(ACME, EventQuery(limit=10))
    assert (page.items, page.position) == ((), 0)


async def test_loading_goes_on_by_blocks_until_the_store_has_everything() -> None:
    log, store = MemoryEventLog(), MemoryEventStore()
    load = LoadEvents(log, store, lambda *_: None, ignored)
    await sent(log, ACME, *range(BLOCK + 5))
    await sent(log, RIVAL, 1, 2)
    assert await load.once() == BLOCK
    assert await load.once() == 7
    assert await load.once() == 0
    assert await store.loaded() == {ACME: BLOCK + 5, RIVAL: 2}


class _Unreachable(MemoryEventStore):
    """A store that does not answer at first."""

    async def load(self, slices: object) -> None:
        raise Unavailable("away")


async def test_what_could_not_be_loaded_is_loaded_when_the_store_is_back() -> None:
    log, away, store = MemoryEventLog(), _Unreachable(), MemoryEventStore()
    await sent(log, ACME, 1)
    with pytest.raises(Unavailable):
        await LoadEvents(log, away, lambda *_: None, ignored).once()
    await LoadEvents(log, store, lambda *_: None, ignored).once()
    assert await store.loaded() == {ACME: 1}


class _Endless(MemoryEventStore):
    """A store with more events than anybody reads, which knows whether somebody still reads."""

    reading = True

    async def stream(
        self, tenant: TenantId, query: EventQuery
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        try:
            while True:
                yield (new_event(1).at(1, START),)
        finally:
            self.reading = False


async def test_the_store_stops_when_nobody_reads_any_more() -> None:
    store = _Endless()
    stream = await StreamEvents(MemoryEventLog(), store, MemoryUserRepository())(ACME, EventQuery())
    async with aclosing(stream.portions) as portions:
        async for _ in portions:
            break
    assert not store.reading
