"""The event log in SQL: a ledger of ids, events in blocks, one commit for all who come at once."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Row, Select, delete, func, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import EventNotFound
from ...domain.events import EventBatch, EventSlice, Receipt, microseconds
from ...domain.identifiers import TenantId
from ...ports.event_log import LoggedEvent
from .database import Database, chunks
from .event_appending import Append, Outcome, appended
from .event_packing import Block
from .event_tables import event_block, event_head, event_ledger, event_request
from .group_commit import GroupCommit
from .migrate import migrate

#: Events of one transaction, at most: some tenths of a second of writing.
_MOST_AT_ONCE = 5_000

#: Blocks that are searched for a user between two transactions.
_SEARCHED = 200

_B, _L = event_block.c, event_ledger.c


class SqlEventLog:
    """Keeps the logs of all tenants in a database.

    On SQLite all that is appended at once shares a transaction. On PostgreSQL what is
    appended for one tenant does; tenants do not wait for one another.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups: dict[TenantId | None, GroupCommit[Append, Receipt]] = {}

    async def append(self, tenant: TenantId, batch: EventBatch) -> Receipt:
        whose = tenant if self._database.dialect == "postgresql" else None
        group = self._groups.get(whose)
        if group is None:
            group = GroupCommit(self._append, _weight, _MOST_AT_ONCE)
            self._groups[whose] = group
        return await group(Append.of(tenant, batch))

    async def read(self, tenant: TenantId, after: int, limit: int) -> EventSlice:
        async with self._database.reading(tenant) as connection:
            rows = (await connection.execute(_following(tenant, after, limit))).all()
        events = tuple(
            one.event
            for row in rows
            for one in _block(row).events()
            if one.event.position > after and not one.quarantine
        )
        return EventSlice(after, rows[-1].last_position if rows else after, events)

    async def find(self, tenant: TenantId, event_id: str) -> LoggedEvent:
        place = select(_L.position).where(_L.tenant_id == tenant, _L.event_id == event_id)
        async with self._database.reading(tenant) as connection:
            position = await connection.scalar(place)
            if position is None:
                raise EventNotFound(event_id)
            found = await _events_at(connection, tenant, [position])
        if position not in found:
            raise EventNotFound(event_id)
        return found[position]

    async def quarantined(
        self, tenant: TenantId, before: int | None, limit: int
    ) -> tuple[LoggedEvent, ...]:
        query = (
            select(_L.position)
            .where(_L.tenant_id == tenant, _L.quarantined, _L.fingerprint.is_not(None))
            .order_by(_L.position.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(_L.position < before)
        async with self._database.reading(tenant) as connection:
            positions = (await connection.execute(query)).scalars().all()
            found = await _events_at(connection, tenant, positions)
        return tuple(found[position] for position in positions)

    async def position(self, tenant: TenantId) -> int:
        query = select(event_head.c.position).where(event_head.c.tenant_id == tenant)
        async with self._database.reading(tenant) as connection:
            return await connection.scalar(query) or 0

    async def positions(self) -> Mapping[TenantId, int]:
        query = select(event_head).where(event_head.c.position > 0)
        async with self._database.reading_across_tenants() as connection:
            rows = (await connection.execute(query)).all()
        return {TenantId(row.tenant_id): row.position for row in rows}

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        # In portions, so that nobody who appends waits for all of it. Blocks do not move.
        end, after, erased = await self.position(tenant), 0, 0
        while after < end:
            async with self._database.reading(tenant) as connection:
                rows = (await connection.execute(_blocks_after(tenant, after))).all()
            after = rows[-1].last_position
            theirs = [row.last_position for row in rows if _block(row).ids_of(user_id)]
            if theirs:
                async with self._database.writing(tenant) as connection:
                    erased += await _erase(connection, tenant, theirs, user_id)
        await self._database.forget_overwritten()
        return erased

    async def prune(self, before: datetime) -> int:
        statement = delete(event_request).where(event_request.c.received_at < microseconds(before))
        async with self._database.writing_across_tenants() as connection:
            return (await connection.execute(statement)).rowcount

    async def _append(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        # Of one tenant where the database can tell them apart.
        async with self._database.writing(appends[0].tenant) as connection:
            return await connection.run_sync(appended, appends)


@asynccontextmanager
async def opened_event_log(database: Database, url: str) -> AsyncIterator[SqlEventLog]:
    """The event log of a deployment: in the record store, but on SQLite in a file beside it.

    There it has a writer of its own, so that ingest and everything else do not wait for
    each other (ADR 27).

    Args:
        database: The record store.
        url: Its address.

    Raises:
        Unavailable: If the file does not open.
    """
    if database.dialect != "sqlite":
        yield SqlEventLog(database)
        return
    own = Database(f"sqlite:///{events_file(url)}")
    try:
        await migrate(own)
        yield SqlEventLog(own)
    finally:
        await own.aclose()


def events_file(url: str) -> Path:
    """The file of the event log beside a record store in SQLite."""
    path = Path(make_url(url).database or "")
    return path.with_name(f"{path.stem}-events{path.suffix}")


def _weight(append: Append) -> int:
    return len(append.batch.events)


def _block(row: Row[tuple[int, ...]]) -> Block:
    return Block.of(row.first_position, row.received_at, row.events)


def _following(tenant: TenantId, after: int, limit: int) -> Select[tuple[int, ...]]:
    # The last block is the one in which the last position that is wanted lies.
    end = (
        select(func.min(_B.last_position))
        .where(_B.tenant_id == tenant, _B.last_position >= after + limit)
        .scalar_subquery()
    )
    until = func.coalesce(end, after + limit)
    return (
        select(event_block)
        .where(_B.tenant_id == tenant, _B.last_position > after, _B.last_position <= until)
        .order_by(_B.last_position)
    )


def _blocks_after(tenant: TenantId, after: int) -> Select[tuple[int, ...]]:
    return (
        select(event_block)
        .where(_B.tenant_id == tenant, _B.last_position > after)
        .order_by(_B.last_position)
        .limit(_SEARCHED)
    )


async def _events_at(
    connection: AsyncConnection, tenant: TenantId, positions: Iterable[int]
) -> dict[int, LoggedEvent]:
    """The events at positions, and their neighbours; none where one was erased."""
    found: dict[int, LoggedEvent] = {}
    through = 0
    for position in sorted(positions):
        if position <= through:  # in the block that was read last
            continue
        query = (
            select(event_block)
            .where(_B.tenant_id == tenant, _B.last_position >= position)
            .order_by(_B.last_position)
            .limit(1)
        )
        row = (await connection.execute(query)).one()
        through = row.last_position
        found |= {one.event.position: one for one in _block(row).events()}
    return found


async def _erase(
    connection: AsyncConnection, tenant: TenantId, blocks: Sequence[int], user_id: str
) -> int:
    at = (_B.tenant_id == tenant, _B.last_position.in_(blocks))
    rows = (await connection.execute(select(event_block).where(*at).with_for_update())).all()
    erased = 0
    for row in rows:
        block = _block(row)
        own = (_B.tenant_id == tenant, _B.last_position == row.last_position)
        rest = update(event_block).where(*own).values(events=block.without(user_id))
        await connection.execute(rest)
        for ids in chunks(block.ids_of(user_id)):
            known = update(event_ledger).where(_L.tenant_id == tenant, _L.event_id.in_(ids))
            await connection.execute(known.values(fingerprint=None))
            erased += len(ids)
    return erased
