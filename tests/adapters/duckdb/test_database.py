"""What the file can and cannot do, and how work on it ends."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from sightline.adapters.duckdb.database import DuckDbDatabase, duckdb_database, opened
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.domain.errors import Unavailable
from sightline.domain.events import (
    Event,
    EventQuery,
    EventSlice,
)
from sightline.domain.identifiers import TenantId

ACME = TenantId("acme")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
#: Days of work for the engine.
ENDLESS = "select count(*) from range(1000000000) a, range(1000000) b where a.range % 7 = b.range"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[DuckDbDatabase]:
    async with duckdb_database(tmp_path / "events.duckdb", threads=1) as database:
        yield database


@pytest.mark.parametrize(
    "statement",
    [
        "from read_csv('/etc/passwd')",
        "from read_text('/etc/passwd')",
        "from read_blob('/etc/passwd')",
        "from glob('/etc/*')",
        "from '/etc/passwd'",
        "copy (select 1) to '/tmp/sightline.csv'",
        "export database '/tmp/sightline'",
        "attach '/tmp/sightline.duckdb'",
        "install httpfs",
        "load httpfs",
        "from duckdb_secrets()",
        "set threads = 64",
        "set memory_limit = '1TB'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset temp_directory",
        "from statement",  # a variable of this function
    ],
)
async def test_the_engine_reaches_nothing_but_its_file(
    database: DuckDbDatabase, statement: str
) -> None:
    with pytest.raises(duckdb.Error):
        database.cursor().execute(statement)


async def test_a_reader_cannot_write(database: DuckDbDatabase) -> None:
    with pytest.raises(duckdb.Error):
        await database.read(lambda cursor: cursor.execute("delete from event"))


@pytest.mark.parametrize("work", ["read", "write"])
async def test_who_goes_away_stops_the_engine(database: DuckDbDatabase, work: str) -> None:
    begun, ended = asyncio.Event(), list[str]()
    loop = asyncio.get_running_loop()

    def endless(cursor: duckdb.DuckDBPyConnection) -> None:
        loop.call_soon_threadsafe(begun.set)
        try:
            cursor.execute(ENDLESS).fetchall()
        except duckdb.InterruptException:
            ended.append("interrupted")
            raise

    task = asyncio.ensure_future(getattr(database, work)(endless))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["interrupted"]
    assert await getattr(database, work)(_one) == 1


async def test_who_goes_away_while_waiting_leaves_no_work_behind(
    database: DuckDbDatabase,
) -> None:
    begun, done = asyncio.Event(), list[int]()
    loop = asyncio.get_running_loop()

    def endless(cursor: duckdb.DuckDBPyConnection) -> None:
        loop.call_soon_threadsafe(begun.set)
        cursor.execute(ENDLESS).fetchall()

    first = asyncio.ensure_future(database.read(endless))
    await begun.wait()
    second = asyncio.ensure_future(database.read(lambda _: done.append(1)))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert await database.read(_one) == 1
    assert done == []


async def test_a_deadline_stops_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    async with duckdb_database(path, threads=1, deadline_seconds=0.05) as database:
        with pytest.raises(Unavailable):
            await database.read(lambda cursor: cursor.execute(ENDLESS).fetchall())
        with pytest.raises(Unavailable):
            await database.write(lambda cursor: cursor.execute(ENDLESS).fetchall())
        assert await database.read(_one) == 1


async def test_the_event_loop_goes_on_meanwhile(database: DuckDbDatabase) -> None:
    task = asyncio.ensure_future(database.read(lambda cursor: cursor.execute(ENDLESS).fetchall()))
    for _ in range(50):
        await asyncio.sleep(0.002)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _one(cursor: duckdb.DuckDBPyConnection) -> int:
    row = cursor.execute("select 1").fetchone()
    return int(row[0]) if row else 0


def events(count: int) -> EventSlice:
    """The first events of a tenant, a second apart."""
    return EventSlice(
        0,
        count,
        tuple(
            Event(f"e{at}", "u1", "view", NOON + timedelta(seconds=at), {}, NOON, None, at)
            for at in range(1, count + 1)
        ),
    )


def _never_ends(cursor: duckdb.DuckDBPyConnection) -> None:
    """From now on whoever looks for events makes the engine work for days."""
    cursor.execute("alter table event rename to kept")
    cursor.execute(f"create view event as from kept where ({ENDLESS}) >= 0")


async def test_a_stream_that_is_left_stops_the_engine(database: DuckDbDatabase) -> None:
    store = DuckDbEventStore(database)
    await store.load({ACME: events(1)})
    await database.write(_never_ends)
    portions = store.stream(ACME, EventQuery())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(portions), 0.2)
    assert await database.read(_one) == 1  # the one thread of the engine is free again


async def test_a_stream_that_is_closed_lets_go_of_its_snapshot(
    database: DuckDbDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = database.cursor()
    monkeypatch.setattr(database, "cursor", lambda: cursor)
    store = DuckDbEventStore(database)
    await store.load({ACME: events(3_000)})
    portions = store.stream(ACME, EventQuery())
    assert 0 < len(await anext(portions)) < 3_000
    await portions.aclose()
    with pytest.raises(duckdb.ConnectionException):
        cursor.execute("select 1")


async def test_a_second_process_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    async with duckdb_database(path, threads=1):
        program = (
            "import sys, pathlib; from sightline.adapters.duckdb.database import opened\n"
            "opened(pathlib.Path(sys.argv[1]), memory_limit='100MB', threads=1)"
        )
        command = [sys.executable, "-c", program, str(path)]
        ended = await asyncio.to_thread(_ended, command)
    assert ended.returncode != 0
    assert "Unavailable: another process holds the columnar store" in ended.stderr


def _ended(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_what_is_no_store_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    path.write_bytes(b"no database" * 2_000)
    with pytest.raises(Unavailable, match="cannot be opened"):
        opened(path, memory_limit="100MB", threads=1)


async def test_a_file_of_a_newer_layout_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    connection = opened(path, memory_limit="100MB", threads=1)
    connection.execute("update layout set version = 1000")
    connection.close()
    with pytest.raises(Unavailable, match="newer than ours"):
        opened(path, memory_limit="100MB", threads=1)
