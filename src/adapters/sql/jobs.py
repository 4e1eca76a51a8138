"""Jobs in the record store: one table, leased by one statement (ADR 16)."""

from datetime import datetime
from typing import Any

import msgspec
from attrs import fields_dict, frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Double,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    Update,
    and_,
    delete,
    or_,
    select,
    text,
    tuple_,
    update,
)

from ...domain.errors import JobNotFound, LeaseLost, Unavailable
from ...domain.identifiers import JobId, TenantId
from ...domain.jobs import Claim, Job, JobPage, JobQuery, JobState, Lease, page
from ...domain.jobs.leasing import forsaken_error
from .database import PLAIN_TEXT, Database, UtcDateTime, metadata

#: In this very form in indices and questions, or SQLite does not see that they fit.
_OPEN = text("state IN ('ready', 'leased')")

job_table = Table(
    "job",
    metadata,
    Column("id", PLAIN_TEXT, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("arguments", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("run_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("worker", Text),
    Column("progress", Double, nullable=False),
    Column("progress_text", Text, nullable=False),
    Column("result", Text),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("trace", Text),
    Index("ix_job_open_run_at_id", "run_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(
        "uq_job_open_tenant_id_kind_key",
        "tenant_id",
        "kind",
        "key",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index("ix_job_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
    Index("ix_job_finished_at", "finished_at"),
)

_C = job_table.c
_ATTEMPTS = 5
_JSON = ("arguments", "result")


@frozen
class SqlJobRepository:
    """Keeps jobs in the record store, for tenants and for workers."""

    database: Database

    async def enqueue(self, job: Job) -> Job:
        added = self.database.upsert(job_table).values(_row(job))
        added = added.on_conflict_do_nothing()
        for _ in range(_ATTEMPTS):
            async with self.database.writing(job.tenant) as connection:
                if (await connection.execute(added.returning(_C.id))).first() is not None:
                    return job
                open_one = (await connection.execute(_open_like(job))).one_or_none()
            if open_one is not None:
                return _job(open_one)
            # It ended between the two statements: the place is free now.
        message = "the job could not be kept"
        raise Unavailable(message)

    async def get(self, tenant: TenantId, identifier: JobId) -> Job:
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(_one(tenant, identifier))).one_or_none()
        return _found(row, identifier)

    async def page(self, tenant: TenantId, query: JobQuery) -> JobPage:
        async with self.database.reading(tenant) as connection:
            rows = (await connection.execute(_paged(tenant, query))).all()
        return page(query, [_job(row) for row in rows])

    async def cancel(self, tenant: TenantId, identifier: JobId, now: datetime) -> Job:
        async with self.database.writing(tenant) as connection:
            # Locked, so that nobody finishes it between the look and the change.
            query = _one(tenant, identifier).with_for_update()
            found = _found((await connection.execute(query)).one_or_none(), identifier)
            changed = found.cancelled(now)
            if changed != found:
                await connection.execute(
                    update(job_table).where(_C.id == identifier).values(_row(changed))
                )
        return changed

    async def lease(self, claim: Claim) -> tuple[Job, ...]:
        async with self.database.writing_across_tenants() as connection:
            for row in (await connection.execute(_forsaken(claim))).all():
                changed = _job(row).failed(forsaken_error(row.attempts), claim.now)
                await connection.execute(
                    update(job_table).where(_C.id == row.id).values(_row(changed))
                )
            rows = (await connection.execute(_leased(claim))).all()
        return tuple(sorted(map(_job, rows), key=lambda job: (job.run_at, job.id)))

    async def keep(self, lease: Lease, changed: Job) -> None:
        held = and_(_C.id == lease.job, _C.worker == lease.worker, _C.attempts == lease.attempt)
        statement = update(job_table).where(held).values(_row(changed)).returning(_C.id)
        async with self.database.writing(changed.tenant) as connection:
            kept = (await connection.execute(statement)).one_or_none()
        if kept is None:
            raise LeaseLost(lease.job)

    async def ended_since(self, kind: str, since: datetime) -> frozenset[TenantId]:
        query = select(_C.tenant_id).where(_C.finished_at >= since, _C.kind == kind).distinct()
        async with self.database.reading_across_tenants() as connection:
            return frozenset(map(TenantId, (await connection.execute(query)).scalars()))

    async def prune(self, before: datetime) -> int:
        statement = delete(job_table).where(_C.finished_at < before)
        async with self.database.writing_across_tenants() as connection:
            return (await connection.execute(statement)).rowcount


def _leased(claim: Claim) -> Update:
    """The one statement: locks what is due, passes over what others have locked, takes it.

    SQLite knows no row locks; there the transaction has the file to itself.
    """
    due = (
        select(_C.id)
        .where(
            _OPEN,
            _C.kind.in_(claim.kinds),
            _C.tenant_id.not_in(claim.without),
            or_(
                and_(_C.state == JobState.READY.value, _C.run_at <= claim.now),
                and_(_lost(claim), _C.attempts < claim.attempts),
            ),
        )
        .order_by(_C.run_at, _C.id)
        .limit(claim.limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(job_table)
        .where(_C.id.in_(select(due.c.id)))
        .values(
            state=JobState.LEASED.value,
            worker=claim.worker,
            lease_until=claim.lease_until,
            attempts=_C.attempts + 1,
            progress=0.0,
            progress_text="",
        )
        .returning(*_C)
    )


def _forsaken(claim: Claim) -> Select[Any]:
    return (
        select(job_table)
        .where(_OPEN, _C.kind.in_(claim.kinds), _lost(claim), _C.attempts >= claim.attempts)
        .with_for_update(skip_locked=True)
    )


def _lost(claim: Claim) -> ColumnElement[bool]:
    return and_(_C.state == JobState.LEASED.value, _C.lease_until <= claim.now)


def _one(tenant: TenantId, identifier: JobId) -> Select[Any]:
    return select(job_table).where(_C.tenant_id == tenant, _C.id == identifier)


def _open_like(job: Job) -> Select[Any]:
    return select(job_table).where(
        _OPEN, _C.tenant_id == job.tenant, _C.kind == job.kind, _C.key == job.key
    )


def _paged(tenant: TenantId, query: JobQuery) -> Select[Any]:
    statement = select(job_table).where(_C.tenant_id == tenant)
    if query.state is not None:
        statement = statement.where(_C.state == query.state.value)
    if query.kind is not None:
        statement = statement.where(_C.kind == query.kind)
    if query.after is not None:
        last = (query.after.created_at, query.after.id)
        statement = statement.where(tuple_(_C.created_at, _C.id) < last)
    # One more than the page, to know whether there is another.
    return statement.order_by(_C.created_at.desc(), _C.id.desc()).limit(query.limit + 1)


def _found(row: Row[Any] | None, identifier: JobId) -> Job:
    if row is None:
        raise JobNotFound(identifier)
    return _job(row)


def _row(job: Job) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in fields_dict(Job) if name != "tenant"}
    values["state"] = job.state.value
    for name in _JSON:
        if values[name] is not None:
            values[name] = msgspec.json.encode(values[name]).decode()
    return {"tenant_id": job.tenant, **values}


def _job(row: Row[Any]) -> Job:
    values = dict(row._mapping)
    values["tenant"] = TenantId(values.pop("tenant_id"))
    values["state"] = JobState(values["state"])
    for name in _JSON:
        if values[name] is not None:
            values[name] = msgspec.json.decode(values[name])
    return Job(**values)
