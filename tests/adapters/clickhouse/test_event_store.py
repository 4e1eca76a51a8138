import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from attrs import define, evolve
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.adapters.clickhouse.address import ClickHouseAddress, clickhouse_address
from sightline.adapters.clickhouse.event_store import (
    ClickHouseEventStore,
    open_event_store,
)
from sightline.adapters.clickhouse.node import ClickHouseNode
from sightline.adapters.clickhouse.servers import connected
from sightline.adapters.clickhouse.tables import prepared
from sightline.adapters.memory.event_store import MemoryEventStore
from sightline.domain.errors import Unavailable
from sightline.domain.events import (
    DayQuestion,
    Event,
    EventFilter,
    EventQuery,
    EventSlice,
    Leaf,
    Op,
)
from sightline.domain.events.filters import MOST_ALTERNATIVES
from sightline.domain.identifiers import TenantId
from sightline.ports.event_store import EventStore
from sightline.testing.strategies import day_questions, event_queries, event_slices

from ...contracts.clickhouse import (
    Server,
    empty_store,
    servers_of_its_own,
    shared_servers,
    store_url,
)

ACME = TenantId("acme")
EVERYTHING = EventQuery()
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
MARCH_TO_MAY = DayQuestion(date(2024, 3, 30), date(2024, 5, 3))


def _event(position: int, at: datetime | None = None) -> Event:
    at = at or NOON + timedelta(hours=position * 17 % 800)
    user = f"user {position % 9}"
    return Event(f"e{position}", user, "view", at, {"plan": position}, NOON, None, position)


def _slice(after: int, through: int) -> EventSlice:
    return EventSlice(after, through, tuple(map(_event, range(after + 1, through + 1))))


async def _seen(store: EventStore) -> Sequence[object]:
    """Everything that a reader can know."""
    questions = (MARCH_TO_MAY, evolve(MARCH_TO_MAY, event_type="view"))
    return [
        await store.page(ACME, EVERYTHING),
        await store.page(ACME, EventQuery(limit=7)),
        *[await store.days(ACME, question) for question in questions],
    ]


async def _expected(*slices: EventSlice, without: str = "") -> Sequence[object]:
    memory = MemoryEventStore()
    for some in slices:
        await memory.load({ACME: some})
    await memory.erase(ACME, without)
    return await _seen(memory)


@define
class Breaking:
    """A client whose connection breaks once, on one of its inserts, counted from 1."""

    client: Client
    at: int
    afterwards: bool
    _begun: int = 0

    def raw_insert(self, *given: Any, **more: Any) -> object:
        self._begun += 1
        if self._begun == self.at and not self.afterwards:
            raise OperationalError("the connection broke before the statement arrived")
        done = self.client.raw_insert(*given, **more)
        if self._begun == self.at:
            raise OperationalError("the connection broke before the answer arrived")
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


def _breaking(server: int, statement: int, afterwards: bool) -> Callable[[int, Client], Any]:
    def wrapped(number: int, client: Client) -> Any:
        return Breaking(client, statement, afterwards) if number == server else client

    return wrapped


async def _break_off(some: EventSlice) -> None:
    """Load all of it on both servers, but for their marks."""
    async with _store(lambda _, client: Breaking(client, 3, False)) as breaking:
        with pytest.raises(Unavailable):
            await breaking.load({ACME: some})


def _as_it_is(_: int, client: Client) -> Any:
    return client


def _wrapped(
    wrapped: Callable[[int, Client], Any],
    number: int,
    address: ClickHouseAddress,
    seconds: float,
) -> Any:
    host, port = address.hosts[number]
    return wrapped(number, connected(address, host, port, 8, seconds))


@asynccontextmanager
async def _store(
    wrapped: Callable[[int, Client], Any] = _as_it_is, **more: Any
) -> AsyncIterator[ClickHouseEventStore]:
    """A store on the shared servers with clients of its own."""
    address = clickhouse_address(store_url(shared_servers()))
    async with AsyncExitStack() as stack:
        nodes = []
        for number, (host, port) in enumerate(address.hosts):
            connect = partial(_wrapped, wrapped, number, address)
            node = ClickHouseNode(
                f"{host}:{port}",
                connect,
                prepared(number, len(address.hosts)),
            )
            stack.push_async_callback(node.aclose)
            nodes.append(node)
        yield ClickHouseEventStore(nodes, **more)


@pytest.mark.parametrize("afterwards", [False, True], ids=["unheard", "unanswered"])
@pytest.mark.parametrize("statement", [1, 2, 3], ids=["events", "days", "mark"])
@pytest.mark.parametrize("server", [0, 1])
async def test_a_load_that_breaks_off_anywhere_loses_and_repeats_nothing(
    server: int, statement: int, afterwards: bool
) -> None:
    async with empty_store() as store:
        await store.load({ACME: _slice(0, 20)})
        async with _store(_breaking(server, statement, afterwards)) as breaking:
            with pytest.raises(Unavailable, match="does not answer"):
                await breaking.load({ACME: _slice(20, 60)})
            # All of it or nothing: only once every server has its mark does it count.
            loaded = (await store.loaded())[ACME]
            assert loaded in {20, 60}
            assert await _seen(store) == await _expected(_slice(0, loaded))
            # The next load need not be cut where the broken one was.
            await breaking.load({ACME: _slice(10, 45)})
            await breaking.load({ACME: _slice(40, 80)})
        assert await _seen(store) == await _expected(_slice(0, 80))


async def test_what_a_broken_load_left_of_an_erased_user_is_erased_too() -> None:
    async with empty_store() as store:
        await store.load({ACME: _slice(0, 20)})
        await _break_off(_slice(20, 60))
        theirs = sum(one.user_id == "user 3" for one in _slice(0, 20).events)
        assert await store.erase(ACME, "user 3") == theirs
        kept = tuple(one for one in _slice(20, 60).events if one.user_id != "user 3")
        await store.load({ACME: EventSlice(20, 60, kept)})
        assert await _seen(store) == await _expected(_slice(0, 60), without="user 3")
        for server in shared_servers():
            assert server.ask("select count() from event where user_id = 'user 3'") == "0"


async def test_two_loaders_at_once_repeat_nothing_before_and_after_the_engine_merges() -> None:
    async with empty_store() as store, _store() as other:
        with _without_merges():
            await _break_off(_slice(0, 40))
            await asyncio.gather(
                store.load({ACME: _slice(0, 50)}),
                other.load({ACME: _slice(0, 70)}),
                other.load({ACME: _slice(0, 30)}),
            )
            assert _rows() >= 110
            assert await _seen(store) == await _expected(_slice(0, 70))
        for server in shared_servers():
            server.ask("optimize table event final")
            server.ask("optimize table user_day final")
        assert _rows() == 70
        assert await _seen(store) == await _expected(_slice(0, 70))


async def test_an_erasure_counts_once_what_was_loaded_twice() -> None:
    waiting = "select count() from system.mutations where not is_done"
    some = _slice(0, 50)
    async with empty_store() as store:
        with _without_merges():
            await _break_off(some)
            await store.load({ACME: some})
            assert _rows() == 100
            # Rewriting waits for the merges; the count comes before it.
            erasing = asyncio.create_task(store.erase(ACME, "user 3"))
            while not any(int(server.ask(waiting)) for server in shared_servers()):
                await asyncio.to_thread(_rows)
        assert await erasing == sum(one.user_id == "user 3" for one in some.events)


@contextmanager
def _without_merges() -> Iterator[None]:
    for server in shared_servers():
        server.ask("system stop merges")
    try:
        yield
    finally:
        for server in shared_servers():
            server.ask("system start merges")


def _rows() -> int:
    return sum(int(server.ask("select count() from event")) for server in shared_servers())


async def test_a_load_under_way_does_not_bring_back_whom_an_erasure_takes() -> None:
    async with empty_store() as store:
        some = _slice(0, 2_000)
        theirs = sum(one.user_id == "user 3" for one in some.events)
        _, erased = await asyncio.gather(store.load({ACME: some}), store.erase(ACME, "user 3"))
        assert erased == theirs
        assert await _seen(store) == await _expected(some, without="user 3")


async def test_a_filter_of_the_longest_kind_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody listens there; a client that asked the environment would go there.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    alternatives = tuple(f"{at:01000}" for at in range(MOST_ALTERNATIVES))
    wanted = evolve(_event(1), properties={"plan": alternatives[-1]})
    async with empty_store(), _store() as store:
        await store.load({ACME: EventSlice(0, 2, (wanted, _event(2)))})
        query = EventQuery(EventFilter(condition=Leaf("plan", Op.IN, alternatives)))
        assert (await store.page(ACME, query)).events == (wanted,)


@settings(max_examples=10)
@given(
    slices=event_slices(),
    query=event_queries(),
    question=day_questions(),
    user_id=st.sampled_from(("u1", "ü", "?")),
)
async def test_two_servers_asked_for_two_rows_at_once_answer_as_the_reference(
    slices: tuple[EventSlice, ...], query: EventQuery, question: DayQuestion, user_id: str
) -> None:
    memory = MemoryEventStore()
    async with empty_store(), _store(run=2) as store:
        for some in slices:
            await memory.load({ACME: some})
            await store.load({ACME: some})
        await _same(store, memory, query, question)
        assert await store.erase(ACME, user_id) == await memory.erase(ACME, user_id)
        await _same(store, memory, query, question)


async def _same(
    store: EventStore, memory: EventStore, query: EventQuery, question: DayQuestion
) -> None:
    expected = await memory.page(ACME, query)
    assert await store.page(ACME, query) == expected
    streamed = [one async for portion in store.stream(ACME, query) for one in portion]
    assert tuple(streamed) == expected.events
    assert await store.days(ACME, question) == await memory.days(ACME, question)
    assert await store.loaded() == await memory.loaded()


async def test_instants_of_all_years_are_kept_counted_and_found() -> None:
    days = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, 999_999, UTC)]
    # More months than the engine takes in one block unless it is told to.
    days += [datetime(1975 + at // 12, at % 12 + 1, 1, tzinfo=UTC) for at in range(150)]
    events = tuple(_event(at + 1, day) for at, day in enumerate(days))
    memory, some = MemoryEventStore(), EventSlice(0, len(events), events)
    await memory.load({ACME: some})
    async with empty_store() as store:
        await store.load({ACME: some})
        for first, last in ((1, 9999), (1, 1970), (1970, 2200), (2199, 9999)):
            where = EventFilter(
                start=datetime(first, 1, 1, tzinfo=UTC), end=datetime(last, 12, 31, tzinfo=UTC)
            )
            query = EventQuery(where)
            assert await store.page(ACME, query) == await memory.page(ACME, query)
        for question in (
            DayQuestion(date(1969, 12, 30), date(1970, 1, 2)),
            DayQuestion(date(1899, 1, 1), date(2200, 1, 5)),
            DayQuestion(date(2199, 12, 31), date(2200, 1, 1), "view"),
            DayQuestion(date(2149, 6, 5), date(2300, 6, 8)),
        ):
            assert await store.days(ACME, question) == await memory.days(ACME, question)


async def test_quotes_and_controls_in_ids_reach_the_engine_as_they_are() -> None:
    users = ("a'b", "a\\", "a\\'--", "{p0:String}", "a%_", "ü😀", "\x00\t\n")
    events = tuple(evolve(_event(at + 1), user_id=user) for at, user in enumerate(users))
    async with empty_store() as store:
        await store.load({ACME: EventSlice(0, len(users), events)})
        for event in events:
            query = EventQuery(EventFilter(user_ids=frozenset({event.user_id})))
            assert (await store.page(ACME, query)).events == (event,)
            assert await store.erase(ACME, event.user_id) == 1


async def test_a_server_in_the_place_of_another_is_refused() -> None:
    async with empty_store():
        pass
    first, second = shared_servers()
    for swapped in ([second, first], [first], [first, second, second]):
        async with open_event_store(store_url(swapped)) as store:
            with pytest.raises(Unavailable, match="by its own table, not"):
                await store.page(ACME, EVERYTHING)


async def test_a_statement_that_nobody_waits_for_is_stopped() -> None:
    endless = "select count() from numbers(1000000000000) where sipHash64(number) = 1"
    async with empty_store(), _store() as store:
        node = store._nodes[0]
        await node.ask("select 1")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await node.ask(endless)
        # Waits for the thread, and so for the engine; by itself it would go on for 30 s.
        async with asyncio.timeout(25):
            await node.aclose()


async def test_a_question_that_takes_too_long_is_given_up() -> None:
    async with empty_store():
        pass
    async with open_event_store(store_url(shared_servers()), deadline_seconds=1) as store:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+ takes too long"):
            await store._nodes[0].ask("select sum(sipHash64(number)) from numbers(1000000000000)")


@pytest.fixture
def pair() -> Iterator[list[Server]]:
    with servers_of_its_own(2) as servers:
        yield servers


async def test_with_one_server_away_nothing_is_answered_and_afterwards_nothing_is_missing(
    pair: list[Server],
) -> None:
    async with open_event_store(store_url(pair)) as store:
        await store.load({ACME: _slice(0, 40)})
        pair[1].kill()
        where = f"127.0.0.1:{pair[1].port} does not answer"
        asked = [
            store.loaded(),
            store.page(ACME, EVERYTHING),
            store.days(ACME, MARCH_TO_MAY),
            store.load({ACME: _slice(40, 60)}),
            anext(store.stream(ACME, EVERYTHING)),
        ]
        for one in asked:
            with pytest.raises(Unavailable, match=where):
                await one
        pair[1].begin().ready()
        assert await _seen(store) == await _expected(_slice(0, 40))
        await store.load({ACME: _slice(40, 60)})
        assert await _seen(store) == await _expected(_slice(0, 60))


async def test_a_server_killed_in_the_middle_of_loads_loses_and_repeats_nothing(
    pair: list[Server],
) -> None:
    many = 4_000
    async with open_event_store(store_url(pair)) as store:
        through = 0
        for victim in (0, 1, 0):
            # One more load is under way than was answered when the server ends.
            answered = asyncio.Event()
            going_on = asyncio.create_task(_load_on(store, through, many, answered))
            await answered.wait()
            pair[victim].kill()
            with pytest.raises(Unavailable):
                await going_on
            pair[victim].begin().ready()
            loaded = (await store.loaded())[ACME]
            assert loaded >= through + many
            through = loaded
        await store.load({ACME: _slice(through, through + many)})
        seen = await store.page(ACME, EVERYTHING)
        assert sorted(one.position for one in seen.events) == list(range(1, through + many + 1))
        assert await _seen(store) == await _expected(_slice(0, through + many))


async def _load_on(
    store: ClickHouseEventStore, through: int, many: int, answered: asyncio.Event
) -> None:
    while True:
        await store.load({ACME: _slice(through, through + many)})
        answered.set()
        through += many
