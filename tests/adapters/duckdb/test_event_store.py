"""What is the engine's own: order, summaries over every history, values in its native form."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.duckdb import day_sums
from sightline.adapters.duckdb.database import DuckDbDatabase, duckdb_database
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.adapters.memory.event_store import MemoryEventStore
from sightline.domain.attributes import Json
from sightline.domain.events import (
    AnyOf,
    Condition,
    DayQuestion,
    Event,
    EventFilter,
    EventQuery,
    EventSlice,
    Leaf,
    Not,
    Op,
)
from sightline.domain.identifiers import TenantId
from sightline.domain.questions import Reach
from sightline.testing.strategies import event_slices
from sightline.testing.strategies.event_queries import NESTED, SCALARS

ACME, RIVAL = TenantId("acme"), TenantId("rival_2")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
DAYS = (date(2024, 3, 30), date(2024, 4, 3))

#: What escapes from quotes, names, paths, patterns and numbers in one dialect or another.
ZOO = (
    "'", "''", '"', "\\", "\\'", "`", "--", "/*", "*/", ";", "$1", "$p0", ":p0", "?", "%", "_",
    "') or 1=1 --", "'; drop table event; --", "x' union select id from tenant --",
    '"; select 1; --', "$.*", "$[0]", "/a", "a/b", "~", "~1", "[*]", "{}", "{0}", "%s",
    "null", "true", "1e999", "’", "\u202e", "😀",
)  # fmt: skip


@asynccontextmanager
async def store(settle_at: int = 10**9) -> AsyncIterator[tuple[DuckDbDatabase, DuckDbEventStore]]:
    with TemporaryDirectory(dir=FAST) as folder:
        async with duckdb_database(Path(folder) / "events.duckdb", threads=1) as database:
            yield database, DuckDbEventStore(database, settle_at=settle_at)


def event(position: int, *, user: str = "u1", kind: str = "view", **properties: Json) -> Event:
    return Event(f"e{position}", user, kind, NOON, properties, NOON, None, position)


def rows(cursor: Connection, statement: str) -> Sequence[tuple[object, ...]]:
    return cursor.execute(statement).fetchall()


@given(
    slices=event_slices(4),
    between=st.lists(st.sampled_from(("settle", "u1", "u2", "ü", "")), min_size=4, max_size=4),
)
async def test_summaries_are_those_of_the_events_after_every_history(
    slices: tuple[EventSlice, ...], between: list[str]
) -> None:
    memory = MemoryEventStore()
    async with store() as (database, duck):
        for some, then in zip(slices, between, strict=False):
            for one in (memory, duck):
                await one.load({ACME: some})
            if then == "settle":
                await duck.settle()
            elif then:
                assert await duck.erase(ACME, then) == await memory.erase(ACME, then)
            for kind in (None, "view", "buy", "View"):
                question = DayQuestion(*DAYS, kind)
                assert await duck.days(ACME, question) == await memory.days(ACME, question)
        assert await duck.page(ACME, EventQuery()) == await memory.page(ACME, EventQuery())
        kept = await database.read(lambda c: rows(c, "from any_user_day order by all"))
        meant = await database.read(
            lambda c: rows(
                c,
                "select distinct tenant, happened_at::date, user_key from any_event order by all",
            )
        )
        assert kept == meant


async def test_settled_events_lie_by_tenant_and_instant() -> None:
    async with store() as (database, duck):
        for first in (1, 41):
            events = tuple(event(at) for at in range(first, first + 40))
            some = EventSlice(first - 1, first + 39, events)
            await duck.load({ACME: some, RIVAL: some})
        await duck.settle()
        found = await database.read(
            lambda c: rows(c, "select tenant, happened_at, position from event order by rowid")
        )
        assert len(found) == 160
        assert all(one < other for one, other in pairwise(found))
        assert await database.read(lambda c: rows(c, "from fresh_event")) == []
        assert await database.read(lambda c: rows(c, "from fresh_user_day")) == []


async def test_enough_fresh_events_settle_by_themselves() -> None:
    async with store(settle_at=30) as (database, duck):
        await duck.load({ACME: EventSlice(0, 29, tuple(event(at) for at in range(1, 30)))})
        assert await database.read(lambda c: rows(c, "from event")) == []
        await duck.load({ACME: EventSlice(29, 30, (event(30),))})
        assert len(await database.read(lambda c: rows(c, "from event"))) == 30


@pytest.mark.parametrize("count", [100, 101, 20_000])
async def test_a_list_may_be_of_many_users(count: int) -> None:
    events = tuple(event(at, user=f"u{at % 7 * 50_000}") for at in range(1, 50))
    where = EventFilter(frozenset(f"u{at * 50_000 // count}" for at in range(count)))
    async with store() as (_, duck):
        await duck.load({ACME: EventSlice(0, 49, events)})
        found = (await duck.page(ACME, EventQuery(where, 3))).events
        assert found == EventQuery(where, 3).reference(events)


@pytest.fixture(scope="module")
async def native() -> AsyncIterator[tuple[DuckDbEventStore, list[Event]]]:
    """Enough events for the engine to keep their properties as columns of their kind."""
    values = (None, *SCALARS, *NESTED)
    count = 40_000
    probes = [event(at + 1, user="probe", plan=value) for at, value in enumerate(values)]
    rest = [
        event(at, user="rest", plan=values[at % 7 and at % len(values)], n=at % 5)
        for at in range(len(probes) + 1, count + 1)
    ]
    async with store() as (database, duck):
        await duck.load({ACME: EventSlice(0, count, (*probes, *rest))})
        await duck.settle()
        database.cursor().execute("checkpoint")
        yield duck, probes


@pytest.mark.parametrize("op", Op)
async def test_native_values_compare_as_the_domain_says(
    native: tuple[DuckDbEventStore, list[Event]], op: Op
) -> None:
    duck, probes = native
    for value in (10**30, *SCALARS):
        compared = (value, "10") if op in {Op.IN, Op.NOT_IN} else value
        where = EventFilter(frozenset({"probe"}), condition=Leaf("plan", op, compared))
        found = (await duck.page(ACME, EventQuery(where))).events
        expected = EventQuery(where).reference(probes)
        assert [one.position for one in found] == [one.position for one in expected], (op, value)


@pytest.mark.parametrize("hostile", ZOO)
async def test_what_looks_like_a_statement_is_a_value_in_every_field(hostile: str) -> None:
    events = (
        event(1, user=hostile),
        event(2, kind=hostile),
        evolve(event(3), properties={hostile: 1}),
        event(4, plan=hostile),
        event(5),
    )
    leaves = [Leaf("plan", op, hostile) for op in Op if op not in {Op.IN, Op.NOT_IN}]
    named = [Leaf(hostile, op, 1) for op in (Op.EQ, Op.GE, Op.IS_SET, Op.CONTAINS)]
    either = AnyOf((Leaf("plan", Op.IN, (hostile, 1)), Not(Leaf(hostile, Op.LT, hostile))))
    conditions: list[Condition] = [*leaves, *named, either]
    filters = [
        EventFilter(user_ids=frozenset({hostile, "u2"})),
        EventFilter(event_types=frozenset({hostile})),
        *(EventFilter(condition=one) for one in conditions),
    ]
    tenant = TenantId(hostile)
    async with store() as (_, duck):
        await duck.load({ACME: EventSlice(0, 5, events), tenant: EventSlice(0, 5, events)})
        for where in filters:
            query = EventQuery(where)
            for one in (ACME, tenant):
                assert (await duck.page(one, query)).events == query.reference(events), where
        question = DayQuestion(*DAYS, hostile)
        assert (await duck.days(tenant, question)).events == (0, 1, 0, 0, 0)
        assert await duck.erase(tenant, hostile) == 1
        assert len((await duck.page(ACME, EventQuery())).events) == 5


async def test_the_weight_is_exact_where_there_are_too_many_sums_to_keep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(day_sums, "MOST_SUMS", 2)
    async with store() as (_, events):
        for kinds in (("a", "b"), ("c",), ("a", "c")):
            known = (await events.loaded()).get(ACME, 0)
            rows = tuple(event(known + at, kind=kind) for at, kind in enumerate(kinds, 1))
            await events.load({ACME: EventSlice(known, known + len(rows), rows)})
            weighed = await events.columns.weight(ACME, Reach(NOON, NOON, frozenset({"a", "c"})))
            assert weighed == {2: 1, 3: 2, 5: 4}[known + len(rows)]
