"""A year of 36 circuits by the minute: both embedded stores, NumPy and ClickHouse.

18.9 million readings, the same for all but the record store, which has the 12 circuits that the
embedded stores are compared by. NumPy adds up a dense matrix that is in memory;
ClickHouse (chDB, in a process of its own) adds up rows sorted by circuit and instant. Both tell
sums and means alone, the port energy, coverage and peaks as well. Contenders are asked in turn.
"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import chdb
import numpy as np
from attrs import evolve

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.power_readings import DuckDbPowerReadingRepository
from sightline.adapters.duckdb.power_tables import POWER_LAYOUTS
from sightline.adapters.sql.database import Database
from sightline.adapters.sql.migrate import migrate
from sightline.adapters.sql.power_readings import SqlPowerReadingRepository
from sightline.domain.energy import (
    Level,
    PowerPlan,
    PowerQuestion,
    PowerReading,
    PowerRequest,
    PowerSeries,
    Scope,
    ScopeRecord,
    milliseconds,
)
from sightline.domain.identifiers import CircuitId, TenantId
from sightline.domain.windows import Interval, TimeWindow
from sightline.entrypoints.server import settle_garbage_collector
from sightline.ports.power_readings import PowerReadingRepository

from . import Figure, ratio

TENANT = TenantId("year")
CIRCUITS = tuple(CircuitId(UUID(int=number + 1)) for number in range(36))
COMPARED = CIRCUITS[24:]
MINUTES = 365 * 24 * 60
START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = TimeWindow(START, START + timedelta(days=365))
SUMS = PowerQuestion(CIRCUITS, (YEAR,), None, None)
APPENDS = 10
ROUNDS = 9

_TABLE = """create table reading (
    circuit UInt8, at DateTime64(3, 'UTC') codec(DoubleDelta, ZSTD(1)),
    watts UInt32 codec(T64, ZSTD(1))) engine = MergeTree order by (circuit, at)"""
_FILL = f"""insert into reading select intDiv(number, {MINUTES}) as circuit,
    toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + 60 * (number % {MINUTES}),
    bitShiftRight((number % {MINUTES}) * (circuit + 7) * 2654435761, 8) % 500000
    from numbers({len(CIRCUITS) * MINUTES})"""
_SUMS = """select circuit, sum(watts), avg(watts) from reading
    where at >= toDateTime64('2025-01-01 00:00:00', 3, 'UTC')
      and at < toDateTime64('2026-01-01 00:00:00', 3, 'UTC') group by circuit order by circuit"""

#: It comes with types that say nothing.
_ENGINE: Any = chdb

Ask = Callable[[], Awaitable[object]]


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    watts = _watts()
    async with _stores() as (duckdb, sql, folder):
        loaded = await _filled(duckdb, sql, watts)
        sizes = {one: _size(folder, one) for one in ("duckdb", "sqlite")}
        settle_garbage_collector()
        with _clickhouse() as clickhouse:
            assert await _agree(duckdb, watts, clickhouse)
            took = await _rounds(
                {
                    "numpy": partial(_numpy, watts),
                    "ours": partial(duckdb.read, TENANT, SUMS),
                    **_asked("duckdb", duckdb),
                    **_asked("sql", sql),
                },
                clickhouse,
            )
    return [*_goals(took), *_beside(took, loaded, sizes)]


def _goals(took: Mapping[str, float]) -> Sequence[Figure]:
    name = "year of 36 circuits by the minute, sums"
    faster = took["clickhouse"] / took["ours"]
    value = f"{faster:.1f} times ({took['clickhouse']:.0f} / {took['ours']:.0f} ms)"
    return [
        ratio(f"{name} / NumPy", took["ours"], took["numpy"], 10, "ms"),
        Figure(f"{name}, faster than ClickHouse over rows", value, ">= 4", faster >= 4),
    ]


def _beside(
    took: Mapping[str, float], loaded: Mapping[str, float], sizes: Mapping[str, float]
) -> Sequence[Figure]:
    """DuckDB against the record store, question by question."""
    questions = [name.removeprefix("duckdb ") for name in took if name.startswith("duckdb ")]
    return [
        *(
            ratio(f"{one}: DuckDB / SQLite", took[f"duckdb {one}"], took[f"sql {one}"], None, "ms")
            for one in questions
        ),
        ratio("appended: DuckDB / SQLite", loaded["duckdb"], loaded["sql"], None, "s"),
        ratio("on disk, per circuit: DuckDB / SQLite", *_per_circuit(sizes), None, "MB"),
    ]


def _per_circuit(sizes: Mapping[str, float]) -> tuple[float, float]:
    return sizes["duckdb"] / len(CIRCUITS), sizes["sqlite"] / len(COMPARED)


@asynccontextmanager
async def _stores() -> AsyncIterator[
    tuple[DuckDbPowerReadingRepository, SqlPowerReadingRepository, Path]
]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = Database(f"sqlite:///{folder / 'readings.sqlite'}")
        stack.push_async_callback(database.aclose)
        await migrate(database)
        file = await stack.enter_async_context(
            duckdb_database(folder / "readings.duckdb", layouts=POWER_LAYOUTS)
        )
        yield DuckDbPowerReadingRepository(file), SqlPowerReadingRepository(database), folder


def _watts() -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    """A row per circuit, a column per minute. [W]"""
    factors = (np.arange(len(CIRCUITS), dtype=np.int64)[:, None] + 7) * 2654435761
    return ((np.arange(MINUTES, dtype=np.int64)[None, :] * factors) >> 8) % 500_000


async def _filled(
    duckdb: DuckDbPowerReadingRepository,
    sql: SqlPowerReadingRepository,
    watts: "np.ndarray[tuple[int, int], np.dtype[np.int64]]",
) -> Mapping[str, float]:
    """How long each store took to keep a year of the compared circuits, in ten parts each. [s]"""
    instants = tuple(milliseconds(START) + 60_000 * minute for minute in range(MINUTES))
    took = {"duckdb": 0.0, "sql": 0.0}
    for circuit, powers in zip(CIRCUITS, watts.tolist(), strict=True):
        if circuit not in COMPARED:
            await duckdb.adopt(TENANT, {circuit: PowerSeries(instants, tuple(powers))}, 0)
            continue
        for part in range(APPENDS):
            minutes = range(part * MINUTES // APPENDS, (part + 1) * MINUTES // APPENDS)
            some = [PowerReading(START + timedelta(minutes=at), powers[at]) for at in minutes]
            for name, append in (("duckdb", duckdb.append), ("sql", sql.append)):
                began = time.perf_counter()
                await append(TENANT, {circuit: some})
                took[name] += time.perf_counter() - began
    return took


def _size(folder: Path, suffix: str) -> float:
    """Bytes of a database with its log. [MB]"""
    return sum(one.stat().st_size for one in folder.glob(f"readings.{suffix}*")) / 1e6


async def _agree(
    duckdb: DuckDbPowerReadingRepository,
    watts: "np.ndarray[tuple[int, int], np.dtype[np.int64]]",
    clickhouse: Callable[[], tuple[float, Sequence[int]]],
) -> bool:
    """Whether all find the same sums; energy is the sum times a minute, for nothing is missing."""
    sums = watts.sum(axis=1).tolist()
    told = (await duckdb.read(TENANT, SUMS)).circuits
    energies = [told[one].summaries[0].energy_watt_ms for one in CIRCUITS]
    return energies == [60_000 * one for one in sums] and list(clickhouse()[1]) == sums


async def _numpy(watts: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> object:
    sums = watts.sum(axis=1)
    return sums, sums / MINUTES


def _asked(name: str, store: PowerReadingRepository) -> Mapping[str, Ask]:
    record = ScopeRecord(Level.ORGANIZATION, UUID(int=99), "One", (), None, None, len(COMPARED))
    places = tuple(
        Scope(evolve(record, level=Level.LOCATION, circuits=6), COMPARED[at : at + 6], ())
        for at in (0, 6)
    )
    scope = Scope(record, COMPARED, places)
    week = TimeWindow(START + timedelta(days=200, minutes=7), START + timedelta(days=207))
    questions: Mapping[str, tuple[TimeWindow, Interval | None]] = {
        "week, figures with demand": (week, None),
        "year, figures with demand": (YEAR, None),
        "year in local days": (YEAR, Interval.DAY),
    }
    asked: dict[str, Ask] = {}
    for question, (window, interval) in questions.items():
        request = PowerRequest(
            Level.ORGANIZATION, UUID(int=99), window, interval, ZoneInfo("America/New_York"), None
        )
        asked[f"{name} {question}"] = partial(_reported, store, PowerPlan.of(request, scope))
    return asked


async def _reported(store: PowerReadingRepository, plan: PowerPlan) -> object:
    return plan.report(await store.read(TENANT, plan.question))


async def _rounds(
    asked: Mapping[str, Ask], clickhouse: Callable[[], tuple[float, Sequence[int]]]
) -> Mapping[str, float]:
    """The median of each, in interleaved rounds. [ms]"""
    took: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            began = time.perf_counter()
            await ask()
            took.setdefault(name, []).append(1e3 * (time.perf_counter() - began))
        took.setdefault("clickhouse", []).append(1e3 * clickhouse()[0])
    return {name: statistics.median(some) for name, some in took.items()}


@contextmanager
def _clickhouse() -> Iterator[Callable[[], tuple[float, Sequence[int]]]]:
    """What asks a process that holds the engine: seconds in it, and sums."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,))
    process.start()
    there.close()  # so that nobody waits for a process that failed
    here.recv()

    def ask() -> tuple[float, Sequence[int]]:
        here.send(True)
        seconds, sums = here.recv()
        return seconds, sums

    try:
        yield ask
    finally:
        here.send(False)
        process.join()


def _serve(pipe: Connection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = _ENGINE.connect(folder)
        for statement in (_TABLE, _FILL, "optimize table reading final"):
            engine.query(statement)
        pipe.send(True)
        while pipe.recv():
            began = time.perf_counter()
            answer = engine.query(_SUMS, "TabSeparated").bytes()
            seconds = time.perf_counter() - began
            pipe.send((seconds, [int(line.split()[1]) for line in answer.decode().splitlines()]))
        engine.close()
