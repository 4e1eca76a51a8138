"""The columnar store of events in ClickHouse."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from attrs import evolve, frozen

from ...domain.events import (
    DayFigures,
    DayQuestion,
    Event,
    EventKey,
    EventQuery,
    EventSlice,
    StoredPage,
    instant,
    newest_first,
)
from ...domain.identifiers import TenantId
from .columns import ClickHouseColumns
from .conditions import Parameters, events_of
from .days import day_statements, in_order
from .loading import EVENT_COLUMNS, MARK_COLUMNS, USER_DAY_COLUMNS, Block, blocks, missing
from .node import ClickHouseNode
from .servers import everyone, open_nodes
from .tables import prepared, shard_of, user_key

_RUN = 10_000
_PORTION = 1_000

#: Instants as whole microseconds: through a float of seconds they would lose the last ones.
_COLUMNS = (
    "event_id, user_id, event_type, toUnixTimestamp64Micro(timestamp), properties, "
    "toUnixTimestamp64Micro(received_at), schema_version, position"
)
_NEWEST_FIRST = "order by timestamp desc, position desc"
_THEIR_EVENTS = "tenant = {tenant:String} and user_id = {user:String}"
_THEIR_DAYS = "tenant = {tenant:String} and user_key = {key:UInt128}"
_HOW_MANY = (
    f"select count() from event final where {_THEIR_EVENTS} and position <= {{through:UInt64}}"  # noqa: S608  made of constants
)
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class ClickHouseEventStore:
    """Each event on the server of its user, so that answers of servers add up (ADR 31).

    A load writes events, then days, then how far the tenant is loaded; reads see nothing beyond
    that mark. What a load leaves behind that did not come to its end is written again by the
    next one, and counts once: an event's key is its tenant, instant and position.

    Args:
        nodes: The servers, in an order that never changes.
        run: Rows that a server is asked for at once.
    """

    def __init__(self, nodes: Sequence[ClickHouseNode], *, run: int = _RUN) -> None:
        self._nodes = tuple(nodes)
        self._run = run
        # Erasing waits for a load under way, which might bring back what it erases.
        self._writing = asyncio.Lock()
        self.columns = ClickHouseColumns(self._nodes, self._loaded)

    async def load(self, slices: Mapping[TenantId, EventSlice]) -> None:
        async with self._writing:
            marks = await self._marks(list(slices))
            if (gap := missing(slices, marks)) is not None:
                raise ValueError(gap)
            made = await asyncio.to_thread(blocks, slices, marks)
            await everyone(
                _load(node, block) for node, block in zip(self._nodes, made, strict=True)
            )

    async def loaded(self) -> Mapping[TenantId, int]:
        marks = await self._marks(None)
        everywhere = set[TenantId].intersection(*map(set, marks))
        return {tenant: min(mark[tenant] for mark in marks) for tenant in everywhere}

    async def page(self, tenant: TenantId, query: EventQuery) -> StoredPage:
        loaded = await self._loaded(tenant)
        runs = [run async for run in self._runs(tenant, query, loaded)]
        return StoredPage(tuple(event for run in runs for event in run), loaded)

    async def stream(
        self, tenant: TenantId, query: EventQuery
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        loaded = await self._loaded(tenant)
        async for run in self._runs(tenant, query, loaded):
            for at in range(0, len(run), _PORTION):
                yield run[at : at + _PORTION]

    async def days(self, tenant: TenantId, question: DayQuestion) -> DayFigures:
        loaded = await self._loaded(tenant)
        asked = day_statements(tenant, question, loaded)
        statements = [asked.events, asked.users, *([asked.everybody] * question.everybody)]
        events, users, *everybody = await everyone(
            self._everywhere(statement, asked.values) for statement in statements
        )
        return DayFigures(
            loaded,
            tuple(in_order(question, events)),
            tuple(in_order(question, users)),
            sum(users for (users,) in everybody[0]) if everybody else None,
        )

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        key = user_key(tenant, user_id)
        node = self._nodes[shard_of(key, len(self._nodes))]
        values: dict[str, object] = {"tenant": tenant, "user": user_id, "key": key}
        async with self._writing:
            values["through"] = await self._loaded(tenant)
            ((erased,),) = await node.ask(_HOW_MANY, values)
            # Events last: an erasure that was broken off still finds them when it comes again.
            for table, theirs in (("user_day", _THEIR_DAYS), ("event", _THEIR_EVENTS)):
                if await node.ask(f"select 1 from {table} where {theirs} limit 1", values):  # noqa: S608
                    statement = f"alter table {table} delete where {theirs}"
                    await node.change(statement, values, {"mutations_sync": 2})
        return int(erased)

    async def _loaded(self, tenant: TenantId) -> int:
        return min(mark.get(tenant, 0) for mark in await self._marks([tenant]))

    async def _marks(self, tenants: Sequence[TenantId] | None) -> Sequence[Mapping[TenantId, int]]:
        """How far each server is, of some tenants or of all."""
        where = "" if tenants is None else "where tenant in {tenants:Array(String)}"
        statement = f"select tenant, max(loaded) from load_mark {where} group by tenant"  # noqa: S608
        values: dict[str, object] = {} if tenants is None else {"tenants": list(tenants)}
        found = await everyone(node.ask(statement, values) for node in self._nodes)
        return [{TenantId(tenant): loaded for tenant, loaded in rows} for rows in found]

    async def _everywhere(
        self, statement: str, values: dict[str, object]
    ) -> Sequence[Sequence[int]]:
        found = await everyone(node.ask(statement, values) for node in self._nodes)
        return [row for rows in found for row in rows]

    async def _runs(
        self, tenant: TenantId, query: EventQuery, loaded: int
    ) -> AsyncIterator[tuple[Event, ...]]:
        """What a query means, newest first, run after run.

        Each run begins after the last key of the one before, so that nothing is held on the
        servers meanwhile, and a row that is there twice comes once.
        """
        through = loaded if query.through is None else min(loaded, query.through)
        rest: EventQuery | None = query
        while rest is not None:
            size = self._run if rest.limit is None else min(self._run, rest.limit)
            parameters = Parameters()
            where = events_of(tenant, rest, through, parameters)
            statement = (
                f"select {_COLUMNS} from event where {where} {_NEWEST_FIRST} "  # noqa: S608
                f"limit {parameters.bound(size, 'UInt64')}"
            )
            found = await everyone(node.ask(statement, parameters.values) for node in self._nodes)
            run = merged([[_event(row) for row in rows] for rows in found], size)
            events = run.events if rest.limit is None else run.events[: rest.limit]
            if events:
                yield events
            rest = _after(rest, len(events), run.last)


@frozen
class Run:
    """The newest events of all servers, as far as each of them was heard.

    Args:
        events: Newest first, each once.
        last: The key after which there may be more; None if there is nothing more.
    """

    events: tuple[Event, ...]
    last: EventKey | None


def merged(found: Sequence[Sequence[Event]], size: int) -> Run:
    """One run out of those of the servers, each newest first and at most of a size.

    A server that sent as many as it was asked for may have more after its last, so events
    after the newest such last one wait for the next run.
    """
    lasts = [EventKey.of(events[-1]) for events in found if len(events) == size]
    last = max(lasts, key=lambda key: (key.timestamp, key.position)) if lasts else None
    once = {event.position: event for events in found for event in events}
    heard = (one for one in once.values() if last is None or not last.precedes(one))
    return Run(newest_first(heard), last)


@asynccontextmanager
async def open_event_store(
    url: str, *, deadline_seconds: float = 30.0, at_once: int = 8
) -> AsyncIterator[ClickHouseEventStore]:
    """The store at an address, closed at the end; servers are connected to when first asked.

    Args:
        url: As in `clickhouse_address`.
        deadline_seconds: Longest wait for an answer. [s]
        at_once: Most statements at once per server.

    Raises:
        InvalidInput: If the address has another form.
    """
    async with open_nodes(
        url, prepared, deadline_seconds=deadline_seconds, at_once=at_once
    ) as nodes:
        yield ClickHouseEventStore(nodes)


async def _load(node: ClickHouseNode, block: Block) -> None:
    """Events, then days, then the mark: nothing is promised before it is there."""
    if block.events:
        lines = await asyncio.to_thread(block.event_lines)
        await node.insert("event", EVENT_COLUMNS, lines)
        await node.insert("user_day", USER_DAY_COLUMNS, block.user_day_lines())
    if block.marks:
        await node.insert("load_mark", MARK_COLUMNS, block.mark_lines())


def _after(query: EventQuery, found: int, last: EventKey | None) -> EventQuery | None:
    """What is left of a query after a run; None if nothing is."""
    limit = None if query.limit is None else query.limit - found
    return None if last is None or limit == 0 else evolve(query, after=last, limit=limit)


def _event(row: Sequence[Any]) -> Event:
    event_id, user_id, event_type, at, properties, received, schema_version, position = row
    return Event(
        event_id,
        user_id,
        event_type,
        instant(at),
        _decode(properties),
        instant(received),
        schema_version,
        position,
    )
