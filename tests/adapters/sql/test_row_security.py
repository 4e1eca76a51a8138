"""Row-level security: what PostgreSQL shows and takes when a statement forgets its tenant."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Table, create_engine, func, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from sightline.adapters.sql.database import Database, metadata
from sightline.adapters.sql.migrate import migrate
from sightline.adapters.sql.row_security import owner_column, unguarded_tables
from sightline.bootstrap import production
from sightline.domain.identifiers import TenantId
from sightline.entrypoints.settings import Settings

from ...contracts.stores import (
    bare_postgres_database,
    grant_rows,
    load_every_table,
    new_postgres_database,
    plain_postgres_url,
    plain_role,
    postgres_database,
    postgres_url,
    sqlite_database,
)

ACME, RIVAL = TenantId("acme"), TenantId("rival")
REFUSED = "row-level security"

#: Tables that hold nothing of a tenant's, each with its reason.
NOBODYS = {
    "market_snapshot": "what markets look like is the same for everybody (ADR 11)",
    "signing_key": "the deployment's keys; their private half is sealed",
    "revocation": "random ids of tokens and families, and when to forget them",
}

load_every_table()
TABLES = [table for table in metadata.sorted_tables if table.name not in NOBODYS]
#: Tables of which a tenant sees its own rows, with the column that names it.
OWNED = [(table, table.c[name]) for table in TABLES if (name := owner_column(table)) is not None]
VALUES: Mapping[type, Any] = {
    int: 1,
    float: 1.0,
    bool: True,
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    date: date(2026, 1, 1),
    UUID: UUID(int=1),
}


def value(column: Column[Any], tenant: TenantId) -> Any:
    kind = getattr(column.type, "impl", column.type).python_type
    if kind is str:
        return tenant
    return tenant.encode() if kind is bytes else VALUES[kind]


def row(table: Table, tenant: TenantId) -> dict[str, Any]:
    return {column.name: value(column, tenant) for column in table.columns}


@pytest.fixture(scope="module")
def filled() -> str:
    """A database in which both tenants have a row of every table."""
    name = new_postgres_database()
    engine = create_engine(make_url(postgres_url(name)).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(insert(table), [row(table, one) for one in (ACME, RIVAL)])
    engine.dispose()
    return name


@pytest.fixture
async def database(filled: str) -> AsyncIterator[Database]:
    opened = Database(plain_postgres_url(filled))
    yield opened
    await opened.aclose()


def count(table: Table) -> Any:
    return select(func.count()).select_from(table)


def test_every_table_is_a_tenants_or_has_a_reason() -> None:
    assert {table.name for table in TABLES} | NOBODYS.keys() == metadata.tables.keys()
    for name in NOBODYS:
        assert "tenant_id" not in metadata.tables[name].c
        with pytest.raises(LookupError):
            owner_column(metadata.tables[name])
    assert len(OWNED) >= 25


async def test_without_a_tenant_there_is_nothing_to_see(database: Database) -> None:
    async with database.reading() as connection:
        for table in TABLES:
            assert await connection.scalar(count(table)) == 0, table.name


async def test_a_statement_without_its_condition_sees_its_tenants_rows(database: Database) -> None:
    for tenant in (ACME, RIVAL):
        async with database.reading(tenant) as connection:
            for table, owner in OWNED:
                assert (await connection.scalars(select(owner))).all() == [tenant], table.name


async def test_what_is_about_all_tenants_says_so_and_sees_all(database: Database) -> None:
    async with database.reading_across_tenants() as connection:
        for table in TABLES:
            assert await connection.scalar(count(table)) == 2, table.name


async def test_a_transactions_tenant_ends_with_it(database: Database) -> None:
    async with database.reading(ACME) as connection:
        process = await connection.scalar(text("SELECT pg_backend_pid()"))
    async with database.reading_across_tenants():
        pass
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT pg_backend_pid()")) == process
        assert await connection.scalar(count(metadata.tables["property"])) == 0


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_nobody_adds_a_row_for_another(database: Database, table: Table) -> None:
    for scope in (database.writing(ACME), database.writing()):
        with pytest.raises(DBAPIError, match=REFUSED):
            async with scope as connection:
                await connection.execute(insert(table).values(row(table, RIVAL)))


@pytest.mark.parametrize(("table", "owner"), OWNED, ids=str)
async def test_nobody_gives_a_row_to_another(
    database: Database, table: Table, owner: Column[Any]
) -> None:
    # Audit records have a guard before this one.
    with pytest.raises(DBAPIError, match=f"{REFUSED}|only ever added"):
        async with database.writing(ACME) as connection:
            await connection.execute(table.update().values({owner: RIVAL}))


async def test_a_change_without_its_condition_is_to_its_tenants_rows(database: Database) -> None:
    async with database.writing(ACME) as connection:
        for table, _ in reversed(OWNED):
            if table.name != "audit_record":  # of which nothing can be removed
                found = await connection.scalar(count(table))
                assert found in {0, 1}  # none where it went with what it belongs to
                assert (await connection.execute(table.delete())).rowcount == found, table.name
        await connection.rollback()


@given(tenant=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
async def test_any_text_is_a_tenant_and_nothing_else(tenant: str) -> None:
    query = "SELECT current_setting('sightline.tenant', true), current_setting(:scope, true)"
    async with postgres_database() as database, database.reading(TenantId(tenant)) as connection:
        found = (await connection.execute(text(query), {"scope": "sightline.scope"})).one()
    assert found[0] == tenant
    assert found[1] != "all"


def policies(name: str) -> list[tuple[Any, ...]]:
    query = """
        SELECT relname, relrowsecurity, relforcerowsecurity, polname, polcmd, polpermissive,
            polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            LEFT JOIN pg_policy ON polrelid = pg_class.oid
        WHERE nspname = 'public' AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
        ORDER BY relname
    """
    with psycopg.connect(postgres_url(name)) as connection:
        return connection.execute(query).fetchall()


async def test_the_revisions_guard_every_table_as_the_code_does(filled: str) -> None:
    name = bare_postgres_database()
    owner = Database(postgres_url(name))
    await migrate(owner)
    await owner.aclose()
    found = policies(name)
    assert found == policies(filled)
    guarded = {one[0] for one in found if one[1] and one[2] and one[3] == "tenant_isolation"}
    assert guarded == {table.name for table in TABLES}


@pytest.fixture
def owned_by_the_plain_role() -> str:
    role, _ = plain_role()
    name = bare_postgres_database()
    with psycopg.connect(postgres_url(name), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" OWNER TO {role}')
    return name


async def test_a_role_that_owns_its_tables_is_kept_to_its_tenant_as_well(
    owned_by_the_plain_role: str,
) -> None:
    database = Database(plain_postgres_url(owned_by_the_plain_role))
    await migrate(database)
    await migrate(database)
    tenant = metadata.tables["tenant"]
    for one in (ACME, RIVAL):
        async with database.writing(one) as connection:
            await connection.execute(insert(tenant).values(row(tenant, one)))
    async with database.reading(ACME) as connection:
        assert (await connection.scalars(select(tenant.c.id))).all() == [ACME]
    assert await unguarded_tables(database) == ()
    await database.aclose()


async def test_a_superuser_is_found_out(filled: str) -> None:
    superuser = Database(postgres_url(filled))
    assert await unguarded_tables(superuser) == tuple(sorted(table.name for table in TABLES))
    await superuser.aclose()
    async with postgres_database() as plain, sqlite_database() as file:
        assert await unguarded_tables(plain) == await unguarded_tables(file) == ()


async def test_one_role_makes_the_tables_and_another_serves(tmp_path: Any) -> None:
    name = bare_postgres_database()
    grant_rows(name)
    settings = Settings(
        data_dir=str(tmp_path),
        database_url=plain_postgres_url(name),
        migration_database_url=postgres_url(name),
    )
    with capture_logs() as lines:
        async with production(settings) as adapters:
            assert {await probe.problem() for probe in adapters.probes} == {None}
            assert await adapters.audit_records.tips() == ()
        # Once they are there, the one that serves can start by itself.
        async with production(evolve(settings, migration_database_url=None)) as adapters:
            assert {await probe.problem() for probe in adapters.probes} == {None}
    assert lines == []


async def test_a_start_that_no_policy_holds_for_says_so(tmp_path: Any, filled: str) -> None:
    name = bare_postgres_database()
    settings = Settings(data_dir=str(tmp_path), database_url=postgres_url(name))
    with capture_logs() as lines:
        async with production(settings):
            pass
    expected = {"event": "row_security_bypassed", "log_level": "warning", "tables": len(TABLES)}
    assert lines == [expected]
