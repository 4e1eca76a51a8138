"""Empty databases for contract tests: a SQLite file or a PostgreSQL database with every table."""

import atexit
import importlib
import os
import pkgutil
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from sightline.adapters import sql
from sightline.adapters.sql.database import Database, metadata

POSTGRES = os.environ.get(
    "SIGHTLINE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)

#: Emptied databases of this process, each with the connection that empties it.
_idle: list[tuple[str, psycopg.Connection]] = []


@asynccontextmanager
async def sqlite_database() -> AsyncIterator[Database]:
    """A database in a file of its own."""
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        path = Path(folder) / "sightline.sqlite"
        shutil.copyfile(_sqlite_template(), path)
        database = Database(f"sqlite:///{path}")
        try:
            yield database
        finally:
            await database.aclose()


@asynccontextmanager
async def postgres_database() -> AsyncIterator[Database]:
    """A PostgreSQL database of its own; skips where there is no server."""
    name, emptying = _idle.pop() if _idle else _new_postgres_database()
    database = Database(postgres_url(name))
    try:
        yield database
    finally:
        await database.aclose()
        _empty(emptying)
        _idle.append((name, emptying))


def postgres_url(name: str) -> str:
    """The address of one database of the test server."""
    return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def bare_postgres_database() -> str:
    """The name of a new PostgreSQL database without tables, dropped when the process ends."""
    name = f"sightline_test_{uuid4().hex[:12]}"
    try:
        with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    except psycopg.OperationalError:
        _absent()
    atexit.register(_drop, name)
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


def _new_postgres_database() -> tuple[str, psycopg.Connection]:
    load_every_table()
    name = bare_postgres_database()
    engine = create_engine(make_url(postgres_url(name)).set(drivername="postgresql+psycopg"))
    metadata.create_all(engine)
    engine.dispose()
    emptying = psycopg.connect(postgres_url(name))
    atexit.register(emptying.close)
    return name, emptying


def _empty(connection: psycopg.Connection) -> None:
    # DELETE, not TRUNCATE: for a handful of rows it is some ten times as fast.
    statements = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)]
    connection.execute("; ".join(statements))
    connection.commit()


def _drop(name: str) -> None:
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection,
    ):
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
