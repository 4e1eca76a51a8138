"""What every columnar store of events must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty stores.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from ...domain.attributes import Json, canonical_text
from ...domain.events import (
    DayQuestion,
    Event,
    EventFilter,
    EventKey,
    EventQuery,
    EventSlice,
    Leaf,
    Op,
    day_figures,
    newest_first,
)
from ...domain.identifiers import TenantId
from ...ports.event_store import EventStore
from ..strategies import day_questions, event_filters, event_queries, event_slices
from ..strategies.event_queries import NESTED, SCALARS

__all__ = [
    "test_a_gap_is_refused_and_nothing_is_taken",
    "test_a_page_is_what_its_query_means",
    "test_a_slice_without_events_moves_the_position",
    "test_a_stream_holds_what_a_page_holds",
    "test_a_stream_is_of_one_moment",
    "test_a_stream_may_be_left_early",
    "test_a_tenant_never_sees_another",
    "test_days_are_what_the_events_come_to",
    "test_erasing_a_user_takes_it_out_of_everything_for_good",
    "test_every_value_comes_back_as_it_was",
    "test_every_value_compares_with_every_value_as_the_domain_says",
    "test_nothing_was_ever_loaded",
    "test_pages_in_a_row_make_the_whole_while_events_go_on_arriving",
    "test_what_is_there_already_is_skipped",
]

Fresh = Callable[[], AbstractAsyncContextManager[EventStore]]

#: Every example fills a store anew, and some stores are servers: a third of the usual number.
fewer = settings(max_examples=max(10, settings().max_examples // 3))

ACME, RIVAL = TenantId("acme"), TenantId("rival_2")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
EVERYTHING = EventQuery()
ALL_DAYS = DayQuestion(date(2024, 3, 30), date(2024, 4, 3))


async def _load(store: EventStore, slices: Iterable[EventSlice], tenant: TenantId = ACME) -> None:
    for some in slices:
        await store.load({tenant: some})


def _events(slices: Iterable[EventSlice]) -> Sequence[Event]:
    return [event for some in slices for event in some.events]


def _event(position: int, value: Json = None, user_id: str = "u1") -> Event:
    at = NOON + timedelta(minutes=position % 7)
    return Event(f"e{position}", user_id, "view", at, {"plan": value}, NOON, None, position)


def _slice(first: int, last: int) -> EventSlice:
    events = tuple(_event(position) for position in range(first, last + 1))
    return EventSlice(first - 1, last, events)


async def _streamed(store: EventStore, query: EventQuery) -> tuple[Event, ...]:
    async with aclosing(store.stream(ACME, query)) as portions:
        return tuple([event async for portion in portions for event in portion])


@fewer
@given(slices=event_slices(), query=event_queries())
async def test_a_page_is_what_its_query_means(
    fresh: Fresh, slices: tuple[EventSlice, ...], query: EventQuery
) -> None:
    async with fresh() as store:
        await _load(store, slices)
        page = await store.page(ACME, query)
        assert page.events == query.reference(_events(slices))
        assert page.loaded == slices[-1].through


@fewer
@given(slices=event_slices(), query=event_queries())
async def test_a_stream_holds_what_a_page_holds(
    fresh: Fresh, slices: tuple[EventSlice, ...], query: EventQuery
) -> None:
    async with fresh() as store:
        await _load(store, slices)
        assert await _streamed(store, query) == query.reference(_events(slices))


@fewer
@given(slices=event_slices(), question=day_questions())
async def test_days_are_what_the_events_come_to(
    fresh: Fresh, slices: tuple[EventSlice, ...], question: DayQuestion
) -> None:
    async with fresh() as store:
        await _load(store, slices)
        figures = await store.days(ACME, question)
        assert figures == day_figures(question, _events(slices), slices[-1].through)


@fewer
@given(slices=event_slices(), back=st.integers(0, 8), more=st.integers(-2, 2))
async def test_what_is_there_already_is_skipped(
    fresh: Fresh, slices: tuple[EventSlice, ...], back: int, more: int
) -> None:
    async with fresh() as store:
        await _load(store, slices)
        last = slices[-1].through
        after = max(0, last - back)
        through = max(after, last + more)
        new = tuple(_event(position) for position in range(last + 1, through + 1))
        repeated = tuple(one for one in _events(slices) if after < one.position <= through)
        await store.load({ACME: EventSlice(after, through, repeated + new)})
        events, loaded = [*_events(slices), *new], max(last, through)
        page = await store.page(ACME, EVERYTHING)
        assert (page.events, page.loaded) == (newest_first(events), loaded)
        assert await store.days(ACME, ALL_DAYS) == day_figures(ALL_DAYS, events, loaded)
        assert await store.loaded() == {ACME: loaded}


async def test_a_gap_is_refused_and_nothing_is_taken(fresh: Fresh) -> None:
    async with fresh() as store:
        await store.load({ACME: _slice(1, 3)})
        with pytest.raises(ValueError, match="4 to 5"):
            await store.load({ACME: _slice(6, 7)})
        page = await store.page(ACME, EVERYTHING)
        assert page.loaded == 3
        assert len(page.events) == 3


async def test_a_slice_without_events_moves_the_position(fresh: Fresh) -> None:
    async with fresh() as store:
        await store.load({ACME: EventSlice(0, 4, ())})
        assert await store.loaded() == {ACME: 4}
        await store.load({ACME: EventSlice(4, 9, (_event(6),))})
        page = await store.page(ACME, EVERYTHING)
        assert (page.events, page.loaded) == ((_event(6),), 9)


async def test_nothing_was_ever_loaded(fresh: Fresh) -> None:
    async with fresh() as store:
        await store.load({})
        assert await store.loaded() == {}
        page = await store.page(ACME, EVERYTHING)
        assert (page.events, page.loaded) == ((), 0)
        assert await _streamed(store, EVERYTHING) == ()
        assert await store.days(ACME, ALL_DAYS) == day_figures(ALL_DAYS, (), 0)
        assert await store.erase(ACME, "u1") == 0


@fewer
@given(ours=event_slices(), theirs=event_slices(), question=day_questions())
async def test_a_tenant_never_sees_another(
    fresh: Fresh,
    ours: tuple[EventSlice, ...],
    theirs: tuple[EventSlice, ...],
    question: DayQuestion,
) -> None:
    async with fresh() as store:
        await store.load({ACME: ours[0], RIVAL: theirs[0]})
        await _load(store, ours[1:])
        await _load(store, theirs[1:], RIVAL)
        before = await store.page(RIVAL, EVERYTHING)
        assert before.events == newest_first(_events(theirs))
        await store.erase(ACME, "u1")
        assert await store.page(RIVAL, EVERYTHING) == before
        left = [one for one in _events(ours) if one.user_id != "u1"]
        assert (await store.page(ACME, EVERYTHING)).events == newest_first(left)
        loaded = {ACME: ours[-1].through, RIVAL: theirs[-1].through}
        assert {one: at for one, at in (await store.loaded()).items() if at} == {
            one: at for one, at in loaded.items() if at
        }
        expected = day_figures(question, _events(theirs), loaded[RIVAL])
        assert await store.days(RIVAL, question) == expected


@fewer
@given(slices=event_slices(), question=day_questions(), user_id=st.sampled_from(("u1", "ü", "?")))
async def test_erasing_a_user_takes_it_out_of_everything_for_good(
    fresh: Fresh, slices: tuple[EventSlice, ...], question: DayQuestion, user_id: str
) -> None:
    async with fresh() as store:
        await _load(store, slices)
        events = _events(slices)
        left = [one for one in events if one.user_id != user_id]
        assert await store.erase(ACME, user_id) == len(events) - len(left)
        await _load(store, slices)
        page = await store.page(ACME, EVERYTHING)
        assert page.events == newest_first(left)
        expected = day_figures(question, left, slices[-1].through)
        assert await store.days(ACME, question) == expected
        assert await store.erase(ACME, user_id) == 0


@fewer
@given(slices=event_slices(), where=event_filters(), size=st.integers(1, 3))
async def test_pages_in_a_row_make_the_whole_while_events_go_on_arriving(
    fresh: Fresh, slices: tuple[EventSlice, ...], where: EventFilter, size: int
) -> None:
    async with fresh() as store:
        await _load(store, slices[:1])
        seen, after, through = list[Event](), None, slices[0].through
        coming = list(slices[1:])
        while True:
            page = await store.page(ACME, EventQuery(where, size, after, through))
            seen += page.events
            if len(page.events) < size:
                break
            after = EventKey.of(page.events[-1])
            await _load(store, [coming.pop(0)] if coming else [])
        assert tuple(seen) == EventQuery(where).reference(slices[0].events)


async def test_every_value_comes_back_as_it_was(fresh: Fresh) -> None:
    values = (None, *SCALARS, *NESTED)
    events = tuple(_event(at + 1, value) for at, value in enumerate(values))
    async with fresh() as store:
        await store.load({ACME: EventSlice(0, len(values), events)})
        found = (await store.page(ACME, EVERYTHING)).events
        # As texts, for True equals 1 in Python.
        texts = {one.position: canonical_text(dict(one.properties)) for one in found}
        assert texts == {one.position: canonical_text(dict(one.properties)) for one in events}


@pytest.mark.parametrize("op", Op)
async def test_every_value_compares_with_every_value_as_the_domain_says(
    fresh: Fresh, op: Op
) -> None:
    values = (None, *SCALARS, *NESTED)
    events = tuple(_event(at + 1, value) for at, value in enumerate(values))
    async with fresh() as store:
        await store.load({ACME: EventSlice(0, len(values), events)})
        for value in (10**400, -(10**400), 10**30, 2**53 + 1, *SCALARS):
            compared = (value, "10") if op in {Op.IN, Op.NOT_IN} else value
            query = EventQuery(EventFilter(condition=Leaf("plan", op, compared)))
            found = [one.properties for one in (await store.page(ACME, query)).events]
            assert found == [one.properties for one in query.reference(events)], (op, value)


async def test_a_stream_is_of_one_moment(fresh: Fresh) -> None:
    async with fresh() as store:
        await store.load({ACME: _slice(1, 50)})
        async with aclosing(store.stream(ACME, EVERYTHING)) as portions:
            seen = [*(await anext(portions))]
            await store.load({ACME: _slice(51, 60)})
            await store.erase(ACME, "u1")
            seen += [event async for portion in portions for event in portion]
        assert tuple(seen) == newest_first(_slice(1, 50).events)


async def test_a_stream_may_be_left_early(fresh: Fresh) -> None:
    async with fresh() as store:
        await store.load({ACME: _slice(1, 50)})
        async with aclosing(store.stream(ACME, EVERYTHING)) as portions:
            await anext(portions)
        await store.load({ACME: _slice(51, 60)})
        limited = evolve(EVERYTHING, limit=55)
        assert len(await _streamed(store, limited)) == 55
