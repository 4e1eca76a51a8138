from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sightline.adapters.memory.audit import MemoryAuditLog
from sightline.adapters.sql.audit import SqlAuditLog
from sightline.testing.contracts.audit import *  # noqa: F403
from sightline.testing.contracts.audit import ACME, Fresh, Log, _entry

from .stores import new_postgres_database, postgres_database, postgres_url, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[Log]:
    yield MemoryAuditLog()


@asynccontextmanager
async def sqlite() -> AsyncIterator[Log]:
    async with sqlite_database() as database:
        yield SqlAuditLog(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Log]:
    async with postgres_database() as database:
        yield SqlAuditLog(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_record WHERE sequence = 1",
        "UPDATE audit_record SET action = 'other' WHERE sequence = 1",
        "UPDATE audit_record SET sequence = 9 WHERE sequence = 1",
        "UPDATE audit_record SET problem = 'other' WHERE sequence = 1",
        "UPDATE audit_record SET actor_id = 'somebody else' WHERE sequence = 1",
        "UPDATE audit_record SET actor_id = NULL WHERE sequence = 1",
        "UPDATE audit_record SET action = '', actor_id = NULL, actor_name = NULL, salt = NULL",
    ],
)
@pytest.mark.parametrize("make", [sqlite_database, postgres_database])
async def test_the_store_refuses_to_change_a_record(make: object, statement: str) -> None:
    async with make() as database:  # type: ignore[operator]
        log = SqlAuditLog(database)
        await log.append([_entry()], ())
        before = await log.following(ACME, 0, 10)
        with pytest.raises(DBAPIError, match="audit records are only ever added"):
            async with database.writing_across_tenants() as connection:
                await connection.execute(text(statement))
        assert await log.following(ACME, 0, 10) == before
        assert len(before) == 1


async def test_postgresql_refuses_to_empty_the_table() -> None:
    # As its owner; another role may not even try.
    with (
        psycopg.connect(postgres_url(new_postgres_database())) as connection,
        pytest.raises(psycopg.Error, match="audit records are only ever added"),
    ):
        connection.execute("TRUNCATE audit_record")
