import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from attrs import evolve
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from sightline.adapters.sql.database import Database, metadata
from sightline.adapters.sql.health_scores import SqlHealthScoreRepository
from sightline.adapters.sql.migrate import config, migrate
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.adapters.sql.tenants import SqlTenantRepository
from sightline.domain.errors import Conflict
from sightline.domain.identifiers import MarketId, PropertyId, TenantId
from sightline.domain.portfolio.health_score import score_words
from sightline.domain.portfolio.health_thresholds import Thresholds
from sightline.domain.portfolio.kept_health import MarketNames, PropertyScore, ScoreInputs
from sightline.domain.portfolio.property import PropertyDraft
from sightline.domain.tenancy import PlanName, Tenant, TenantStatus

from ...contracts.stores import bare_postgres_database, load_every_table, postgres_url

ACME = TenantId("acme")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
DRAFT = PropertyDraft("One", "1 Sample Street", MarketId(1), 1.0, 1999, "A", 90.0)

Address = Callable[[], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def sqlite() -> AsyncIterator[str]:
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'new' / 'sightline.sqlite'}"


@asynccontextmanager
async def postgresql() -> AsyncIterator[str]:
    yield postgres_url(bare_postgres_database())


@pytest.fixture(params=[sqlite, postgresql], ids=lambda make: make.__name__)
def address(request: pytest.FixtureRequest) -> Address:
    make: Address = request.param
    return make


def differences(connection: Connection) -> list[object]:
    load_every_table()
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_revisions_make_exactly_the_tables_of_the_code(address: Address) -> None:
    async with address() as url:
        database = Database(url)
        await migrate(database)
        async with database.writing() as connection:
            assert await connection.run_sync(differences) == []
            assert await connection.run_sync(tables) == {"alembic_version", *metadata.tables}
        await database.aclose()


async def test_processes_that_start_at_once_do_not_collide(address: Address) -> None:
    async with address() as url:
        databases = [Database(url) for _ in range(4)]
        await asyncio.gather(*map(migrate, databases))
        async with databases[0].reading() as connection:
            versions = (await connection.execute(text("SELECT * FROM alembic_version"))).all()
        assert len(versions) == 1
        for database in databases:
            await database.aclose()


RECORD = """
INSERT INTO audit_record (tenant_id, sequence, at, actor_kind, action, outcome, status, request_id,
    trace_id, commitment, hash, actor_id, actor_name, peer, salt)
VALUES ('acme', 1, '2026-01-01 00:00:00', 'api_key', 'a', 'failed', 500, 'r', 't', 'c', 'h',
    'A1', 'Ann', 'p', 's')
"""
LITERAL = "'x'"
ERASURE = "UPDATE audit_record SET actor_id = NULL, actor_name = NULL, peer = NULL, salt = NULL"


async def test_an_upgraded_store_guards_its_audit_records(address: Address) -> None:
    load_every_table()
    async with address() as url:
        database = Database(url)
        await migrate(database)
        async with database.writing() as connection:
            await connection.execute(text(RECORD))
        kept = [
            column.name
            for column in metadata.tables["audit_record"].columns
            if column.name not in {"actor_id", "actor_name", "peer", "salt"}
        ]
        others = {"sequence": "7", "status": "7", "at": "'2027-01-01 00:00:00'"}
        for name in kept:
            change = f"{ERASURE}, {name} = {others.get(name, LITERAL)}"
            with pytest.raises(DBAPIError, match="only ever added"):
                async with database.writing() as connection:
                    await connection.execute(text(change))
        with pytest.raises(DBAPIError, match="only ever added"):
            async with database.writing() as connection:
                await connection.execute(text("DELETE FROM audit_record"))
        async with database.writing() as connection:
            assert (await connection.execute(text(ERASURE))).rowcount == 1
        await database.aclose()


#: As revisions before 0009 made them.
OLD_TENANT = (
    "INSERT INTO tenant (id, name, created_at) VALUES ('acme', 'Acme', '2026-01-01 00:00:00')"
)


async def test_tenants_from_before_are_active_and_keep_the_largest_plan(address: Address) -> None:
    async with address() as url:
        database = Database(url)
        await migrate(database)
        async with database.writing() as connection:
            await connection.execute(text(OLD_TENANT))
        kept = await SqlTenantRepository(database).get(TenantId("acme"))
        assert kept == Tenant(kept.id, "Acme", kept.created_at)
        assert (kept.plan, kept.status) == (PlanName.ENTERPRISE, TenantStatus.ACTIVE)
        await database.aclose()


async def test_kept_scores_from_before_get_the_grades_they_had(address: Address) -> None:
    scores = {1: (75.0, 4.0), 2: (59.9, 4.0), 3: (40.0, 0.0), 4: (99.0, 20.0), 5: (None, None)}
    async with address() as url:
        database = Database(url)
        await migrate(database)
        repository, properties = SqlHealthScoreRepository(database), SqlPropertyRepository(database)
        drafts = [evolve(DRAFT, id=PropertyId(one)) for one in scores]
        await properties.put_all(ACME, drafts, NOON)
        kept = [_score(PropertyId(one), *said) for one, said in scores.items()]
        await repository.put(ACME, kept)
        async with database.writing_across_tenants() as connection:
            await connection.run_sync(_to_revision, "0014")
        await migrate(database)
        assert await repository.everything(ACME) == tuple(kept)
        await database.aclose()


def _to_revision(connection: Connection, revision: str) -> None:
    settings = config()
    settings.attributes |= {"connection": connection, "metadata": metadata}
    command.downgrade(settings, revision)


def _score(one: PropertyId, score: float | None, error: float | None) -> PropertyScore:
    made = PropertyScore(
        one, "One", MarketNames(), None, "A", 1.0, ScoreInputs(1, MarketId(1), 0, 0, NOON.date()),
        NOON, score, None, None, None, None, error, 1.0, score, None, (),
    )  # fmt: skip
    if score is None or error is None:
        return made
    return evolve(made, **score_words(Thresholds(), score, error)._asdict())


async def test_a_second_run_changes_nothing(address: Address) -> None:
    async with address() as url:
        database = Database(url)
        await migrate(database)
        added = text(OLD_TENANT)
        async with database.writing() as connection:
            await connection.execute(added)
        await migrate(database)
        async with database.reading() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM tenant")) == 1
        await database.aclose()


async def test_a_failed_migration_leaves_nothing_behind(address: Address) -> None:
    async with address() as url:
        database = Database(url)
        async with database.writing() as connection:
            # Taken by somebody else, so that the revision fails half-way.
            await connection.execute(text("CREATE TABLE api_key (id INTEGER)"))
        with pytest.raises(Conflict, match="api_key"):
            await migrate(database)
        async with database.reading() as connection:
            assert await connection.run_sync(tables) == {"api_key"}
        await database.aclose()


async def test_tables_of_a_newer_version_are_left_alone(address: Address) -> None:
    async with address() as url:
        database = Database(url)
        await migrate(database)
        async with database.writing() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(Conflict, match="9999"):
            await migrate(database)
        await database.aclose()


def test_the_history_is_one_line() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1
