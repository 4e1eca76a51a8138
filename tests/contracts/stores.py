"""Empty databases for contract tests: a SQLite file or a PostgreSQL database with every table."""

import asyncio
import atexit
import importlib
import os
import pkgutil
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from functools import cache
from pathlib import Path
from uuid import uuid4
from weakref import WeakKeyDictionary

import psycopg
import pytest
from attrs import frozen
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from sightline.adapters import sql
from sightline.adapters.sql.database import Database, metadata

POSTGRES = os.environ.get(
    "SIGHTLINE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)


@frozen
class Store:
    """A database and the quickest way to empty it."""

    database: Database
    empty: Callable[[], None]


Make = Callable[[], AbstractAsyncContextManager[Store]]
Loop = asyncio.AbstractEventLoop

#: Emptied stores by the event loop they live on: a new one costs more than most examples.
_idle: WeakKeyDictionary[Loop, dict[Make, list[Store]]] = WeakKeyDictionary()
#: What closes them; a loop runs these to their end when it is closed itself.
_keepers: WeakKeyDictionary[Loop, list[AsyncIterator[Store]]] = WeakKeyDictionary()
_unused_names: list[str] = []


@asynccontextmanager
async def sqlite_database() -> AsyncIterator[Database]:
    """An empty database in a file of its own."""
    async with _borrowed(_sqlite) as database:
        yield database


@asynccontextmanager
async def postgres_database() -> AsyncIterator[Database]:
    """An empty PostgreSQL database of its own, as a role that no policy lets pass.

    So everything that is run on it shows that row-level security keeps nothing legitimate
    out. Skips where there is no server.
    """
    async with _borrowed(_postgres) as database:
        yield database


@asynccontextmanager
async def _borrowed(make: Make) -> AsyncIterator[Database]:
    loop = asyncio.get_running_loop()
    idle = _idle.setdefault(loop, {}).setdefault(make, [])
    store = idle.pop() if idle else await _opened(make, loop)
    yield store.database
    # After a failure the store is left to the loop's end, whatever state it is in.
    store.empty()
    idle.append(store)


async def _opened(make: Make, loop: Loop) -> Store:
    async def keep() -> AsyncIterator[Store]:
        async with make() as store:
            yield store

    keeper = keep()
    _keepers.setdefault(loop, []).append(keeper)
    return await anext(keeper)


@asynccontextmanager
async def _sqlite() -> AsyncIterator[Store]:
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        path = Path(folder) / "sightline.sqlite"
        shutil.copyfile(_sqlite_template(), path)
        database = Database(f"sqlite:///{path}")
        beside = sqlite3.connect(path, timeout=5)
        try:
            yield Store(database, lambda: _empty(beside))
        finally:
            beside.close()
            await database.aclose()


@asynccontextmanager
async def _postgres() -> AsyncIterator[Store]:
    name = _unused_names.pop() if _unused_names else new_postgres_database()
    database = Database(plain_postgres_url(name))
    with psycopg.connect(postgres_url(name)) as beside:
        _empty(beside)
        try:
            yield Store(database, lambda: _empty(beside))
        finally:
            await database.aclose()
    _unused_names.append(name)


def _empty(connection: psycopg.Connection | sqlite3.Connection) -> None:
    # DELETE, not TRUNCATE: for a handful of rows it is some ten times as fast.
    with _unguarded(connection):
        for table in reversed(metadata.sorted_tables):
            connection.execute(f'DELETE FROM "{table.name}"')
    connection.commit()


@contextmanager
def _unguarded(connection: psycopg.Connection | sqlite3.Connection) -> Iterator[None]:
    """Without the triggers that keep audit records, where there are any."""
    if connection.execute("SELECT 1 FROM audit_record LIMIT 1").fetchone() is None:
        yield
    elif isinstance(connection, psycopg.Connection):
        connection.execute("ALTER TABLE audit_record DISABLE TRIGGER USER")
        yield
        connection.execute("ALTER TABLE audit_record ENABLE TRIGGER USER")
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = connection.execute(query).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield
        for _, text in triggers:
            connection.execute(text)


def postgres_url(name: str) -> str:
    """The address of one database of the test server."""
    return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def plain_postgres_url(name: str) -> str:
    """The same for a role that owns nothing and may only read and write rows."""
    role, password = plain_role()
    url = make_url(postgres_url(name)).set(username=role, password=password)
    return url.render_as_string(hide_password=False)


@cache
def plain_role() -> tuple[str, str]:
    """Name and password of a role without rights of its own, dropped when the process ends."""
    role, password = f"sightline_test_{uuid4().hex[:12]}", uuid4().hex
    try:
        with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection:
            connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    except psycopg.OperationalError:
        _absent()
    atexit.register(_execute, f"DROP ROLE IF EXISTS {role}")
    return role, password


def grant_rows(name: str) -> None:
    """Let the plain role read and write rows of a database, as docs/operations.md says."""
    role, _ = plain_role()
    with psycopg.connect(postgres_url(name), autocommit=True) as connection:
        rights = "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {role}")
        connection.execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON TABLES TO {role}"
        )


def bare_postgres_database() -> str:
    """The name of a new PostgreSQL database without tables, dropped when the process ends."""
    plain_role()  # first, so that it is dropped after every database that knows it
    name = f"sightline_test_{uuid4().hex[:12]}"
    try:
        with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    except psycopg.OperationalError:
        _absent()
    atexit.register(_execute, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    return name


def _absent() -> None:
    message = f"no PostgreSQL answers at {make_url(POSTGRES).host}:{make_url(POSTGRES).port}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{message}, and it must in continuous integration")
    pytest.skip(message)


@cache
def load_every_table() -> None:
    """Complete the metadata: every module of the adapter declares its own tables."""
    for module in pkgutil.iter_modules(sql.__path__, "sightline.adapters.sql."):
        importlib.import_module(module.name)


@cache
def _fast_folder() -> str | None:
    """Memory where there is some: every commit waits for the disk otherwise."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK) else None


@cache
def _sqlite_template() -> Path:
    load_every_table()
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


def new_postgres_database() -> str:
    """The name of a new PostgreSQL database with every table and its policy."""
    load_every_table()
    name = bare_postgres_database()
    engine = create_engine(make_url(postgres_url(name)).set(drivername="postgresql+psycopg"))
    metadata.create_all(engine)
    engine.dispose()
    grant_rows(name)
    return name


def _execute(statement: str) -> None:
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection,
    ):
        connection.execute(statement)
