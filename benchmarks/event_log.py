"""Durable, idempotent appends in batches of 100, beside what they are measured by.

In one run and in turn: a bare SQLite table of nothing but ids, DuckDB with a primary key,
and our log with everything it keeps (events, fingerprints, positions, request keys). All
on the same disk, every batch durable before the next one of its client.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa
from attrs import frozen

from sightline.adapters.sql.database import Database
from sightline.adapters.sql.event_log import SqlEventLog
from sightline.adapters.sql.migrate import migrate
from sightline.domain.events import EventBatch, EventDraft, NewEvent, RequestKey
from sightline.domain.identifiers import TenantId

from . import Figure

TENANT = TenantId("bench")
ROUNDS, BATCHES, SIZE = 7, 100, 100
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHANCE = random.Random(5)


async def run() -> Sequence[Figure]:
    """Goals: half of the bare ledger, five times DuckDB with a primary key."""
    rates: dict[str, list[float]] = {}
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'log.sqlite'}")
        await migrate(database)
        log = SqlEventLog(database)
        with closing(_ledger(Path(folder))) as ledger, closing(_duckdb(Path(folder))) as columns:
            for _ in range(ROUNDS):
                sent = [_batch() for _ in range(BATCHES * 3)]
                rates.setdefault("ledger", []).append(_bare(ledger, sent[:BATCHES]))
                rates.setdefault("alone", []).append(await _appended(log, sent[:BATCHES], 1, waits))
                few = sent[BATCHES : BATCHES + 30]
                rates.setdefault("duckdb", []).append(_primary_key(columns, few))
                rates.setdefault("many", []).append(await _appended(log, sent[BATCHES:], 32, []))
        await database.aclose()
        size = (Path(folder) / "log.sqlite").stat().st_size
    return _figures({name: median(found) for name, found in rates.items()}, waits, size)


def _figures(rates: dict[str, float], waits: list[float], size: int) -> Sequence[Figure]:
    waits.sort()
    p50, p99 = (1000 * waits[int(len(waits) * share)] for share in (0.5, 0.99))
    to_ledger, to_duckdb = rates["many"] / rates["ledger"], rates["many"] / rates["duckdb"]
    return [
        Figure("bare SQLite ledger of ids", f"{rates['ledger']:,.0f} events/s"),
        Figure("DuckDB with a primary key", f"{rates['duckdb']:,.0f} events/s"),
        Figure("event log, 32 clients", f"{rates['many']:,.0f} events/s"),
        Figure("event log, one client", f"{rates['alone']:,.0f} events/s"),
        Figure("a batch of one client, p50 / p99", f"{p50:.1f} / {p99:.1f} ms"),
        Figure("event log / bare ledger", f"{to_ledger:.2f}", ">= 0.5", to_ledger >= 0.5),
        Figure("event log / DuckDB", f"{to_duckdb:.1f}", ">= 5", to_duckdb >= 5),
        Figure("bytes on disk per event", f"{size / (ROUNDS * BATCHES * SIZE * 3):.0f}"),
    ]


@frozen
class _Sent:
    batch: EventBatch
    ids: list[str]


def _batch() -> _Sent:
    events = tuple(_event(number) for number in range(SIZE))
    key = RequestKey(_identifier(), bytes(32))
    return _Sent(EventBatch(events, NOW, key), [event.event_id for event in events])


def _event(number: int) -> NewEvent:
    draft = EventDraft(
        f"user-{CHANCE.randrange(1000)}",
        CHANCE.choice(("page_view", "purchase", "signup")),
        _identifier(),
        NOW + timedelta(seconds=number),
        {
            "plan": CHANCE.choice(("free", "pro")),
            "amount": number * 1.5,
            "path": f"/products/{CHANCE.randrange(500)}",
            "channel": "email",
        },
    )
    return NewEvent(
        draft.event_id or "",
        draft.user_id,
        draft.event_type,
        NOW,
        draft.properties,
        draft.fingerprint(),
    )


def _identifier() -> str:
    """As UUIDv7: ordered by time, random below the millisecond."""
    return f"{time.time_ns() // 1_000_000:012x}-{CHANCE.getrandbits(80):020x}"


async def _appended(
    log: SqlEventLog, sent: Sequence[_Sent], clients: int, waits: list[float]
) -> float:
    """Events a second, so many clients each waiting for its batch before the next."""
    left = iter(sent)

    async def client() -> None:
        for one in left:
            began = time.perf_counter()
            await log.append(TENANT, one.batch)
            waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return len(sent) * SIZE / (time.perf_counter() - began)


def _ledger(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE ledger (id TEXT PRIMARY KEY) WITHOUT ROWID")
    return connection


def _bare(connection: sqlite3.Connection, sent: Sequence[_Sent]) -> float:
    def insert(one: _Sent) -> None:
        connection.execute("BEGIN IMMEDIATE")
        rows = [(identifier,) for identifier in one.ids]
        connection.executemany("INSERT OR IGNORE INTO ledger VALUES (?)", rows)
        connection.execute("COMMIT")

    return _rate(insert, sent)


def _duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(folder / "events.duckdb")
    connection.execute(
        "CREATE TABLE event (id VARCHAR PRIMARY KEY, user_id VARCHAR, event_type VARCHAR, "
        "instant TIMESTAMP, properties VARCHAR)"
    )
    return connection


def _primary_key(connection: duckdb.DuckDBPyConnection, sent: Sequence[_Sent]) -> float:
    def insert(one: _Sent) -> None:
        events = one.batch.events
        rows = pa.table(
            {
                "id": one.ids,
                "user_id": [event.user_id for event in events],
                "event_type": [event.event_type for event in events],
                "instant": [event.timestamp.replace(tzinfo=None) for event in events],
                "properties": [str(event.properties) for event in events],
            }
        )
        connection.register("arrived", rows)
        connection.execute("INSERT OR IGNORE INTO event SELECT * FROM arrived")

    return _rate(insert, sent)


def _rate(insert: Callable[[_Sent], None], sent: Sequence[_Sent]) -> float:
    began = time.perf_counter()
    for one in sent:
        insert(one)
    return len(sent) * SIZE / (time.perf_counter() - began)
