"""Audit logs in the record store: rows that are only added, and the end of every chain."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Row,
    Select,
    Table,
    Text,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.governance import (
    AuditEntry,
    AuditOutcome,
    AuditPage,
    AuditQuery,
    AuditRecord,
    Personal,
    Tip,
    chained,
    page,
)
from ...domain.identifiers import TenantId
from .audit_triggers import guards
from .database import PLAIN_TEXT, Database, UtcDateTime, metadata

audit_record = Table(
    "audit_record",
    metadata,
    Column("tenant_id", PLAIN_TEXT, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_kind", Text),
    Column("object_id", Text),
    Column("outcome", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("problem", Text),
    Column("request_id", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("body_sha256", Text),
    Column("commitment", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("actor_id", Text),
    Column("actor_name", Text),
    Column("peer", Text),
    Column("salt", LargeBinary),
    sqlite_with_rowid=False,  # one tree to write instead of two
)
#: The end of every chain; whoever adds to a chain holds its row until the commit.
audit_head = Table(
    "audit_head",
    metadata,
    Column("tenant_id", PLAIN_TEXT, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
#: Changes that were begun and whose outcome has not come yet.
audit_intent = Table(
    "audit_intent",
    metadata,
    Column("id", PLAIN_TEXT, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("entry", Text, nullable=False),
)
for _statement in guards("sqlite", "postgresql"):
    event.listen(audit_record, "after_create", _statement)

_C = audit_record.c
_PERSONAL = ("actor_id", "actor_name", "peer")
_ERASED = dict.fromkeys((*_PERSONAL, "salt"))


@frozen
class SqlAuditLog:
    """Keeps the chains of all tenants in the record store."""

    database: Database

    async def append(
        self, entries: Sequence[AuditEntry], intents: Sequence[AuditEntry]
    ) -> tuple[int, ...]:
        async with self.database.writing_across_tenants() as connection:
            if intents:
                await connection.execute(insert(audit_intent), list(map(_intent_row, intents)))
            return await self._append(connection, entries)

    async def settle(self, before: datetime) -> int:
        ripe = (
            select(audit_intent.c.entry)
            .where(audit_intent.c.at < before)
            .order_by(audit_intent.c.at, audit_intent.c.id)
            .with_for_update(skip_locked=True)
        )
        async with self.database.writing_across_tenants() as connection:
            found = (await connection.execute(ripe)).scalars().all()
            await self._append(connection, [_entries.decode(text) for text in found])
        return len(found)

    async def erase(self, tenant: TenantId, actor_id: str) -> int:
        statement = (
            update(audit_record)
            .where(_C.tenant_id == tenant, _C.actor_id == actor_id)
            .values(_ERASED)
        )
        async with self.database.writing(tenant) as connection:
            return (await connection.execute(statement)).rowcount

    async def page(self, tenant: TenantId, query: AuditQuery) -> AuditPage:
        async with self.database.reading(tenant) as connection:
            rows = (await connection.execute(_paged(tenant, query))).all()
        return page(query, [_record(row) for row in rows])

    async def following(
        self, tenant: TenantId, sequence: int, limit: int
    ) -> tuple[AuditRecord, ...]:
        query = (
            select(audit_record)
            .where(_C.tenant_id == tenant, _C.sequence > sequence)
            .order_by(_C.sequence)
            .limit(limit)
        )
        async with self.database.reading(tenant) as connection:
            return tuple(map(_record, (await connection.execute(query)).all()))

    async def tip(self, tenant: TenantId) -> Tip:
        query = select(audit_head).where(audit_head.c.tenant_id == tenant)
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(query)).one_or_none()
        return _tip(row) if row else Tip(tenant)

    async def tips(self) -> tuple[Tip, ...]:
        query = select(audit_head).order_by(audit_head.c.tenant_id)
        async with self.database.reading_across_tenants() as connection:
            return tuple(map(_tip, (await connection.execute(query)).all()))

    async def _append(
        self, connection: AsyncConnection, entries: Sequence[AuditEntry]
    ) -> tuple[int, ...]:
        records: dict[int, AuditRecord] = {}
        # In one order for everybody, so that two writers never wait for each other.
        for tenant in sorted({entry.tenant for entry in entries}):
            own = {n: entry for n, entry in enumerate(entries) if entry.tenant == tenant}
            made = chained(await self._held_tip(connection, tenant), own.values())
            records |= zip(own, made, strict=True)
            tip = {"sequence": made[-1].sequence, "hash": made[-1].hash}
            moved = update(audit_head).where(audit_head.c.tenant_id == tenant).values(tip)
            await connection.execute(moved)
        if records:
            rows = list(map(_ROWS[self.database.dialect], records.values()))
            # Past the expression language, which takes as long as all the rest of a record.
            await connection.exec_driver_sql(_INSERTS[self.database.dialect], rows)
        if ended := [entry.intent for entry in entries if entry.intent is not None]:
            await connection.execute(delete(audit_intent).where(audit_intent.c.id.in_(ended)))
        return tuple(records[n].sequence for n in range(len(entries)))

    async def _held_tip(self, connection: AsyncConnection, tenant: TenantId) -> Tip:
        query = select(audit_head).where(audit_head.c.tenant_id == tenant).with_for_update()
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            none = Tip(tenant)
            fresh = {"tenant_id": tenant, "sequence": none.sequence, "hash": none.hash}
            first = self.database.upsert(audit_head).values(fresh).on_conflict_do_nothing()
            await connection.execute(first)
            row = (await connection.execute(query)).one()  # somebody else may have been faster
        return _tip(row)


_entries = msgspec.json.Decoder(AuditEntry)


def _intent_row(intent: AuditEntry) -> dict[str, Any]:
    text = msgspec.json.encode(intent).decode()
    return {"id": intent.intent, "at": intent.at, "entry": text}


def _paged(tenant: TenantId, query: AuditQuery) -> Select[Any]:
    statement = select(audit_record).where(_C.tenant_id == tenant)
    if query.since is not None:
        statement = statement.where(_C.at >= query.since)
    if query.until is not None:
        statement = statement.where(_C.at < query.until)
    if query.outcome is not None:
        statement = statement.where(_C.outcome == query.outcome.value)
    if query.before is not None:
        statement = statement.where(_C.sequence < query.before)
    for column, wanted in (
        (_C.actor_id, query.actor),
        (_C.action, query.action),
        (_C.object_kind, query.object_kind),
        (_C.object_id, query.object_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    # One more than the page, to know whether there is another.
    return statement.order_by(_C.sequence.desc()).limit(query.limit + 1)


def _row(record: AuditRecord) -> tuple[Any, ...]:
    who = record.personal
    return (
        record.tenant,
        record.sequence,
        record.at,
        record.actor_kind,
        record.action,
        record.object_kind,
        record.object_id,
        record.outcome.value,
        record.status,
        record.problem,
        record.request_id,
        record.trace_id,
        record.body_sha256,
        record.commitment,
        record.hash,
        *((None, None, None) if who is None else (who.actor_id, who.actor_name, who.peer)),
        record.salt,
    )


def _sqlite_row(record: AuditRecord) -> tuple[Any, ...]:
    """With the instant as `UtcDateTime` writes it there."""
    row = _row(record)
    at = record.at.astimezone(UTC).isoformat(" ", "microseconds")[:-6]
    return (*row[:2], at, *row[3:])


_NAMES = ", ".join(column.name for column in audit_record.columns)
_ROWS = {"sqlite": _sqlite_row, "postgresql": _row}
_INSERTS = {
    dialect: f"INSERT INTO audit_record ({_NAMES}) VALUES ({places})"  # noqa: S608  no input
    for dialect, places in (
        ("sqlite", ", ".join("?" * len(audit_record.columns))),
        ("postgresql", ", ".join(["%s"] * len(audit_record.columns))),
    )
}


def _record(row: Row[Any]) -> AuditRecord:
    values = dict(row._mapping)
    who = [values.pop(name) for name in _PERSONAL]
    return AuditRecord(
        tenant=TenantId(values.pop("tenant_id")),
        outcome=AuditOutcome(values.pop("outcome")),
        personal=None if who == [None, None, None] else Personal(*who),
        **values,
    )


def _tip(row: Row[Any]) -> Tip:
    return Tip(TenantId(row.tenant_id), row.sequence, row.hash)
