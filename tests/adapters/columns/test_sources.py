"""Every source of columns answers what `columns_of` says of the events that are there."""

import asyncio
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.adapters.clickhouse.event_store import open_event_store
from sightline.adapters.columns import UserColumns, Wanted, columns_of
from sightline.adapters.columns.engine import ColumnSource
from sightline.adapters.columns.rows import checked_users
from sightline.adapters.duckdb.database import DuckDbDatabase, opened
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.domain.attributes import Attributes
from sightline.domain.errors import Unavailable
from sightline.domain.events import Event, EventSlice, Scope
from sightline.domain.identifiers import TenantId
from sightline.domain.questions import EventPattern, Field, History, Reach
from sightline.ports.event_store import EventStore
from sightline.testing.strategies.event_queries import (
    PROPERTY_NAMES,
    event_conditions,
    event_instants,
    event_properties,
    event_slices,
)

from ...contracts.clickhouse import shared_servers, store_url

Source = tuple[EventStore, ColumnSource]

_NUMBERS = itertools.count()
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
TYPES = ("view", "buy", "View")


@contextmanager
def duckdb_source(settle_at: int) -> Iterator[Source]:
    """One file for all examples, each of which has tenants of its own."""
    with TemporaryDirectory(dir=FAST) as folder:
        connection = opened(Path(folder) / "events.duckdb", memory_limit="500MB", threads=1)
        database = DuckDbDatabase(connection, readers=1)
        store = DuckDbEventStore(database, settle_at=settle_at)
        yield store, store.columns
        asyncio.run(database.aclose())


@contextmanager
def clickhouse_source() -> Iterator[Source]:
    """Two servers, each with users of its own."""
    with asyncio.Runner() as runner:
        opening = open_event_store(store_url(shared_servers(), "default"))
        store = runner.run(opening.__aenter__())
        yield store, store.columns
        runner.run(opening.__aexit__(None, None, None))


@pytest.fixture(
    params=[partial(duckdb_source, 1_000), partial(duckdb_source, 0), clickhouse_source],
    ids=["fresh", "settled", "clickhouse"],
    scope="module",
)
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    with request.param() as made:
        yield made


def new_tenant() -> TenantId:
    return TenantId(f"tenant {next(_NUMBERS)}")


def users() -> st.SearchStrategy[dict[str, Attributes]]:
    names = st.sampled_from(("u1", "u2", "ü", "nobody"))
    return st.dictionaries(names, event_properties(), max_size=3)


@st.composite
def wanted_columns(draw: st.DrawFn) -> Wanted:
    types: st.SearchStrategy[Any] = st.sampled_from((None, "view", ("buy", "View"), "absent"))
    pattern = st.builds(EventPattern, types, st.none() | event_conditions())
    bounds = sorted({draw(event_instants()), draw(event_instants())})
    names = st.sampled_from(PROPERTY_NAMES)
    return Wanted(
        tuple(draw(st.lists(pattern, min_size=1, max_size=3))),
        draw(st.sampled_from((None, bounds[0]))),
        draw(st.sampled_from((None, bounds[1]))) if len(bounds) == 2 else None,
        tuple(draw(st.lists(st.builds(Field, names, st.sampled_from(Scope)), max_size=2))),
        tuple(draw(st.lists(names, max_size=2, unique=True))),
        draw(st.booleans()),
        draw(st.none() | st.integers(0, 12)),
        draw(st.booleans()),
    )


def told(columns: UserColumns) -> list[tuple[Any, ...]]:
    """The rows in an order that does not depend on how users are numbered."""
    number = [[None if np.isnan(x) else x for x in one.tolist()] for one in columns.numbers]
    rows = [
        (
            columns.user_ids[columns.user[row]],
            int(columns.at[row]),
            None if columns.position is None else int(columns.position[row]),
            [bool(one[row]) for one in columns.fits],
            [one.values[one.codes[row]] for one in columns.fields],
            [one[row] for one in number],
            columns.types and columns.types.values[columns.types.codes[row]],
        )
        for row in range(len(columns))
    ]
    assert (np.diff(columns.user) >= 0).all()
    return sorted(rows, key=lambda row: row[:2])  # those of one instant stay in order


async def asked(source: Source, tenant: TenantId, wanted: Wanted, known: Any) -> UserColumns:
    return await source[1].columns(tenant, wanted, known)


@settings(max_examples=25)
@given(
    slices=event_slices(),
    questions=st.lists(wanted_columns(), min_size=2, max_size=2),
    known=users(),
)
async def test_columns_are_those_of_the_history_after_every_load(
    source: Source,
    slices: Sequence[EventSlice],
    questions: Sequence[Wanted],
    known: Mapping[str, Attributes],
) -> None:
    """Kept columns are continued, so the same is asked again and again.

    Who reads what was answered before is not disturbed by it.
    """
    events: list[Event] = []
    answers: list[tuple[UserColumns, list[tuple[Any, ...]]]] = []
    acme, rival = new_tenant(), new_tenant()
    await source[0].load({rival: slices[0]})
    for some in slices:
        await source[0].load({acme: some})
        events += some.events
        for wanted in (*questions, questions[0]):  # when the position is known, and when it is not
            found = await asked(source, acme, wanted, known)
            answers.append((found, told(columns_of(History(tuple(events), known), wanted))))
            assert told(found) == answers[-1][1]
            assert found.through == min(
                some.through, 99 if wanted.through is None else wanted.through
            )
            assert await source[1].position(acme) == some.through
    assert [told(found) for found, _ in answers] == [expected for _, expected in answers]


@given(slices=event_slices(), wanted=wanted_columns(), user=st.sampled_from(("u1", "u2", "ü")))
@settings(max_examples=15)
async def test_an_erased_user_is_in_no_column_any_more(
    source: Source, slices: Sequence[EventSlice], wanted: Wanted, user: str
) -> None:
    acme = new_tenant()
    for some in slices:
        await source[0].load({acme: some})
    await asked(source, acme, wanted, {})
    assert await source[1].position(acme) == slices[-1].through
    await source[0].erase(acme, user)
    left = tuple(one for some in slices for one in some.events if one.user_id != user)
    found = await asked(source, acme, wanted, {})
    assert told(found) == told(columns_of(History(left), wanted))
    assert user not in found.user_ids


@given(slices=event_slices(), wanted=wanted_columns())
@settings(max_examples=10)
async def test_many_new_rows_at_once_are_ordered_like_few(
    source: Source, slices: Sequence[EventSlice], wanted: Wanted
) -> None:
    """One load after the other against all of them before the first question."""
    bit_by_bit, at_once = new_tenant(), new_tenant()
    for some in slices:
        await source[0].load({bit_by_bit: some, at_once: some})
        await asked(source, bit_by_bit, wanted, {})
    found = await asked(source, bit_by_bit, wanted, {})
    assert told(found) == told(await asked(source, at_once, wanted, {}))


@given(
    slices=event_slices(),
    reach=st.builds(
        lambda bounds, types: Reach(min(bounds), max(bounds), types),
        st.tuples(event_instants(), event_instants()),
        st.none() | st.frozensets(st.sampled_from(TYPES), min_size=1),
    ),
)
@settings(max_examples=15)
async def test_the_weight_is_the_number_of_events_within_reach(
    source: Source, slices: Sequence[EventSlice], reach: Reach
) -> None:
    """After every load, after an erasure, and whether or not it was asked before."""
    acme, rival = new_tenant(), new_tenant()
    events: list[Event] = []
    for some in slices:
        await source[0].load({acme: some, rival: some})
        events += some.events
        for asked in (reach, Reach(reach.start), Reach(None, reach.end)):
            assert await source[1].weight(acme, asked) == sum(map(asked.holds, events))
    await source[0].erase(acme, "u1")
    left = [one for one in events if one.user_id != "u1"]
    assert await source[1].weight(acme, reach) == sum(map(reach.holds, left))
    assert await source[1].weight(rival, reach) == sum(map(reach.holds, events))
    assert await source[1].weight(TenantId("nobody"), reach) == 0


async def test_rows_are_sorted_within_users(source: Source) -> None:
    """Late events come between those that are there, ties in order of acknowledgement."""
    events = [_event(position, minute) for position, minute in enumerate((3, 1, 2, 1, 3), 1)]
    acme = new_tenant()
    wanted = Wanted((EventPattern(),), positions=True)
    for event in events:
        some = EventSlice(event.position - 1, event.position, (event,))
        await source[0].load({acme: some})
        await asked(source, acme, wanted, {})
    found = await asked(source, acme, wanted, {})
    assert found.position is not None
    assert found.position.tolist() == [2, 4, 3, 1, 5]
    before = await asked(source, acme, evolve(wanted, through=3), {})
    assert before.position is not None
    assert before.position.tolist() == [2, 3, 1]


async def test_few_events_of_many_have_their_own_instants(source: Source) -> None:
    """Those of a rare type are chosen first, and those outside the range left out of them."""
    acme, bought = new_tenant(), (11, 22, 33)
    some = tuple(
        evolve(_event(position, position), event_type="buy" if position in bought else "view")
        for position in range(1, 41)
    )
    await source[0].load({acme: EventSlice(0, 40, some)})
    wanted = Wanted((EventPattern("buy"),), some[15].timestamp, types=True, positions=True)
    found = await asked(source, acme, wanted, {})
    assert told(found) == told(columns_of(History(some, {}), wanted))
    assert len(found) == 2


async def test_types_and_texts_may_become_more_than_a_byte_tells_apart(source: Source) -> None:
    """What was read before is told in wider codes from then on."""
    acme = new_tenant()
    events: tuple[Event, ...] = ()
    wanted = Wanted((EventPattern(),), fields=(Field("page"),), types=True)
    for first, last in ((0, 200), (200, 300)):
        new = tuple(
            evolve(
                _event(position, position % 60),
                event_type=f"t{position}",
                properties={"page": position},
            )
            for position in range(first + 1, last + 1)
        )
        events += new
        await source[0].load({acme: EventSlice(first, last, new)})
        found = await asked(source, acme, wanted, {})
        assert told(found) == told(columns_of(History(events, {}), wanted))


async def test_nobody_can_write_into_what_is_kept(source: Source) -> None:
    """A kernel that did would change the answers of all who ask later."""
    acme = new_tenant()
    some = tuple(_event(position, position) for position in (1, 2, 3))
    await source[0].load({acme: EventSlice(0, 3, some)})
    wanted = Wanted((EventPattern(),), fields=(Field("page"),), numbers=("n",), types=True)
    found = await asked(source, acme, wanted, {})
    assert found.types is not None
    kept = found.user, found.at, found.types.codes, found.fields[0].codes, found.numbers[0]
    for column in kept:
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0


def _event(position: int, minute: int) -> Event:
    at = datetime(2026, 3, 1, 12, minute, tzinfo=UTC)
    return Event(f"e{position}", "u1", "view", at, {}, at, None, position)


def test_two_users_with_one_key_are_refused_instead_of_mixed_up() -> None:
    with pytest.raises(Unavailable, match="same key"):
        checked_users([(7, "u1"), (8, "u2"), (7, "u3")])
