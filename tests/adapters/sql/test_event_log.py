"""What the contract cannot see: files, transactions and where the log lies."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, text

from sightline.adapters.sql.database import Database
from sightline.adapters.sql.event_log import SqlEventLog, events_file, opened_event_log
from sightline.adapters.sql.event_packing import packed_events
from sightline.adapters.sql.migrate import migrate
from sightline.domain.errors import Unavailable
from sightline.domain.events import EventBatch, EventDraft, NewEvent
from sightline.domain.identifiers import TenantId

from ...contracts.stores import postgres_database

ACME = TenantId("acme")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)


def new(name: str, user: str = "ann", **properties: str | int) -> NewEvent:
    draft = EventDraft(user, "page_view", name, NOON, properties)
    return NewEvent(name, user, "page_view", NOON, draft.properties, draft.fingerprint())


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'log.sqlite'}")
    await migrate(database)
    yield database
    await database.aclose()


def on_disk(folder: Path) -> bytes:
    """All that lies in the files of a database, its write-ahead log included."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("log.sqlite*")))


async def test_nothing_of_an_erased_user_can_be_read_from_the_files(
    database: Database, tmp_path: Path
) -> None:
    log = SqlEventLog(database)
    # Small blocks lie there as they are; large ones deflated, and they are looked for as such.
    large = [new(f"l{n}", "secret-user", note=f"secret-note-{n}", n=n) for n in range(100)]
    deflated = packed_events(large)
    for number in range(5):
        batch = (new(f"s{number}", "secret-user", note="secret-note"), new(f"b{number}", "bob"))
        await log.append(ACME, EventBatch(batch, NOON))
    await log.append(ACME, EventBatch((*large,), NOON))
    prints = [one.fingerprint.packed() for one in (new("s0", "secret-user", note="secret-note"),)]
    needles = [b"secret-user", b"secret-note", deflated[100:148], deflated[-48:], *prints]
    before = on_disk(tmp_path)
    assert all(needle in before for needle in needles)
    assert await log.erase(ACME, "secret-user") == 105
    after = on_disk(tmp_path)
    assert [needle for needle in needles if needle in after] == []
    assert b"bob" in after


async def test_an_erasure_that_a_reader_still_sees_through_is_not_called_done(
    database: Database, tmp_path: Path
) -> None:
    log = SqlEventLog(database)
    await log.append(ACME, EventBatch((new("e1", "secret-user"),), NOON))
    async with database.writing() as connection:
        await connection.execute(text("PRAGMA busy_timeout=20"))
    reader = sqlite3.connect(tmp_path / "log.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event_block").fetchone()
    with pytest.raises(Unavailable):
        await log.erase(ACME, "secret-user")
    reader.close()
    assert await log.erase(ACME, "secret-user") == 0
    assert b"secret-user" not in on_disk(tmp_path)


async def test_fifty_at_once_share_a_few_transactions(database: Database) -> None:
    log = SqlEventLog(database)
    commits: list[object] = []
    event.listen(database._writer.sync_engine, "commit", commits.append)
    batches = [EventBatch((new(f"e{number}"),), NOON) for number in range(50)]
    await asyncio.gather(*(log.append(ACME, batch) for batch in batches))
    assert 1 <= len(commits) <= 3
    assert await log.position(ACME) == 50


async def test_what_cannot_be_kept_at_all_harms_nobody_else(database: Database) -> None:
    log = SqlEventLog(database)
    bad = NewEvent("\ud800", "ann", "page_view", NOON, {}, new("x").fingerprint)
    told = await asyncio.gather(
        log.append(ACME, EventBatch((new("e1"),), NOON)),
        log.append(ACME, EventBatch((bad,), NOON)),
        log.append(ACME, EventBatch((new("e2"),), NOON)),
        return_exceptions=True,
    )
    assert isinstance(told[1], UnicodeEncodeError)
    assert [one.event_id for one in (await log.read(ACME, 0, 9)).events] == ["e1", "e2"]


async def test_on_sqlite_the_log_has_a_file_beside_the_record_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    database = Database(url)
    await migrate(database)
    for expected in (1, 2):
        async with opened_event_log(database, url) as log:
            await log.append(ACME, EventBatch((new(f"e{expected}"),), NOON))
            assert await log.position(ACME) == expected
    await database.aclose()
    assert events_file(url) == tmp_path / "records-events.sqlite"
    assert rows_of(tmp_path / "records-events.sqlite") == 2
    assert rows_of(tmp_path / "records.sqlite") == 0


def rows_of(path: Path) -> int:
    """How many ids the ledger in a file knows."""
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM event_ledger").fetchone()
    return int(count)


async def test_on_postgresql_the_log_is_in_the_record_store() -> None:
    async with postgres_database() as database:
        async with opened_event_log(database, "postgresql://") as log:
            await log.append(ACME, EventBatch((new("e1"),), NOON))
        assert await SqlEventLog(database).position(ACME) == 1


async def test_two_processes_on_postgresql_make_one_order() -> None:
    async with postgres_database() as database:
        logs = (SqlEventLog(database), SqlEventLog(database))
        names: list[str] = []
        for turn in range(12):
            # Of different sizes, so that no key of a row would keep two of them apart.
            sizes = (1 + turn % 3, 1 + (turn + 1) % 3)
            sent = [[f"{turn}-{who}-{n}" for n in range(size)] for who, size in enumerate(sizes)]
            await asyncio.gather(
                *(
                    log.append(ACME, EventBatch(tuple(map(new, ids)), NOON))
                    for log, ids in zip(logs, sent, strict=True)
                )
            )
            names += [name for ids in sent for name in ids]
        events = (await logs[0].read(ACME, 0, 1_000)).events
        assert [one.position for one in events] == list(range(1, len(names) + 1))
        assert {one.event_id for one in events} == set(names)


async def test_of_two_processes_on_postgresql_one_keeps_an_event() -> None:
    async with postgres_database() as database:
        logs = (SqlEventLog(database), SqlEventLog(database))
        batches = [EventBatch((new(f"e{n}"), new(f"f{n}")), NOON) for n in range(20)]
        told = await asyncio.gather(*(log.append(ACME, one) for one in batches for log in logs))
        positions = {result.position for receipt in told for result in receipt.results}
        assert positions == set(range(1, 41))
        statuses = [result.status.value for receipt in told for result in receipt.results]
        assert (statuses.count("accepted"), statuses.count("duplicate")) == (40, 40)
