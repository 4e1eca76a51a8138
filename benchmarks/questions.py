"""Questions over ten million events: ours, the engine, published formulations, Polars, others.

All are asked of the largest tenant of the reference set, in turn, in one process (ClickHouse in
one of its own); answers are compared before times count. Ratios are of processor time, which
neighbours on the machine do not lengthen; medians of elapsed time stand beside them.
"""

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from attrs import define, field

from sightline.adapters.columns import KERNELS, Wanted
from sightline.adapters.columns.engine import ColumnQuestionEngine
from sightline.adapters.columns.rolled_up import RolledUpQuestions
from sightline.adapters.duckdb.columns import DuckDbColumns
from sightline.adapters.duckdb.database import DuckDbDatabase, duckdb_database
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.domain.identifiers import TenantId
from sightline.ports.question_engine import Asked, QuestionEngine

from . import Figure, memory_of, questions_http, ratio, within
from .question_peers import (
    clickhouse,
    numpy_attribution,
    numpy_question,
    polars_questions,
    python_questions,
)
from .question_set import QUESTIONS, TOLD, Counts, added, same
from .question_texts import BEST, PUBLISHED
from .reference_set import EVENTS, LARGEST, TENANTS, filled

ROUNDS, SLOW_ROUNDS = 7, 3
NOW = datetime(2026, 1, 1, tzinfo=UTC)

_SLOW = ("plain Python",)

Ask = Callable[[], Awaitable[tuple[float, float, Counts]]]
"""Asks; how long it took, the processor time, and the answer. [ms]"""


@define
class Taken:
    """What one contender took for one question, each time. [ms]"""

    elapsed: list[float] = field(factory=list)
    worked: list[float] = field(factory=list)

    @property
    def median(self) -> float:
        """The median of elapsed time. [ms]"""
        return statistics.median(self.elapsed)

    @property
    def cpu(self) -> float:
        """The median of processor time. [ms]"""
        return statistics.median(self.worked)


Times = Mapping[tuple[str, str], Taken]
"""By question and contender."""


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "large.duckdb"
        async with duckdb_database(path, memory_limit="4GB") as database:
            await filled(database)
        return await figures_of(path, folder)


async def figures_of(path: Path, folder: Path) -> Sequence[Figure]:
    """The figures over a file that is filled.

    Args:
        path: The file.
        folder: Where there is room for others.
    """
    async with duckdb_database(path, memory_limit="4GB") as database:
        times = await _compared(database, folder)
        shards = await _shards(database, folder)
    return [
        *_goals(times),
        *_table(times),
        *shards,
        *await _growth(folder, times),
        *_alone(path),
        *await questions_http.figures_of(path),
    ]


def engine_of(database: DuckDbDatabase) -> ColumnQuestionEngine:
    """Our engine over a file, as a deployment has it."""
    return ColumnQuestionEngine(DuckDbColumns(database), KERNELS)


async def asked_of(engine: QuestionEngine, name: str, tenant: TenantId = LARGEST) -> Counts:
    """A question's answer."""
    answered = await engine.answer(tenant, Asked(QUESTIONS[name], {}, 0, NOW))
    return TOLD[name](answered.figures)


async def _compared(database: DuckDbDatabase, folder: Path) -> Times:
    """Every contender in turn, question by question."""
    contenders = await _contenders(database)
    parquet = folder / "events.parquet"
    events = await database.read(lambda cursor: cursor.execute(_EXPORT).to_arrow_table())
    pq.write_table(events, parquet)
    with clickhouse(parquet) as funnel:
        contenders["funnel", "ClickHouse"] = partial(asyncio.to_thread, funnel)
        await _agree(contenders)
        times = {key: Taken() for key in contenders}
        for number in range(ROUNDS):
            for (question, who), ask in contenders.items():
                if who in _SLOW and number >= SLOW_ROUNDS:
                    continue
                elapsed, worked, _ = await ask()
                times[question, who].elapsed.append(elapsed)
                times[question, who].worked.append(worked)
    return times


_EXPORT = """select user_key as "user", epoch_us(happened_at) as "at", event_type as "type"
  from any_event where tenant = 1"""
_ROWS = """select user_key as "user", epoch_us(happened_at) as "at", event_type as "type",
  variant_extract(facts, 'channel')::varchar as channel,
  variant_extract(facts, 'page')::varchar as page, variant_extract(facts, 'n')::integer as n
  from any_event where tenant = 1"""


async def _contenders(database: DuckDbDatabase) -> dict[tuple[str, str], Ask]:
    engine = engine_of(database)
    days = RolledUpQuestions(engine, DuckDbEventStore(database))
    rows = await database.read(lambda cursor: cursor.execute(_ROWS).fetchnumpy())
    found: dict[tuple[str, str], Ask] = {}
    for name in QUESTIONS:
        found[name, "ours"] = partial(_timed, partial(asked_of, engine, name))
        found[name, "DuckDB"] = partial(_timed, partial(_by_text, database, BEST[name]))
        found[name, "published"] = partial(_timed, partial(_by_text, database, PUBLISHED[name]))
    found["daily users", "by day"] = partial(_timed, partial(asked_of, days, "daily users"))
    for who, questions in (("Polars", polars_questions), ("plain Python", python_questions)):
        for name, ask in questions(rows).items():
            found[name, who] = partial(_timed, partial(asyncio.to_thread, ask))
    question = QUESTIONS["attribution"]
    wanted: Wanted = KERNELS[type(question)].wanted(question)
    columns = await engine.source.columns(LARGEST, wanted, {})
    kernel = partial(numpy_attribution, columns)
    choosing = await asyncio.to_thread(numpy_question, rows)
    found["attribution", "NumPy"] = partial(_timed, partial(asyncio.to_thread, choosing))
    found["attribution", "NumPy kernel"] = partial(_timed, partial(asyncio.to_thread, kernel))
    return dict(sorted(found.items(), key=lambda one: list(QUESTIONS).index(one[0][0])))


async def _by_text(database: DuckDbDatabase, text: str) -> Counts:
    rows = await database.read(lambda cursor: cursor.execute(text).fetchall())
    return {tuple(row[:-1]): row[-1] for row in rows if row[-1]}


async def _timed(ask: Callable[[], Awaitable[Counts]]) -> tuple[float, float, Counts]:
    began, worked = time.perf_counter(), time.process_time()
    counts = await ask()
    return 1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - worked), counts


async def _agree(contenders: Mapping[tuple[str, str], Ask]) -> None:
    """Everyone is right, or loses conversions as published funnels are known to."""
    right: dict[str, Counts] = {}
    for (question, who), ask in contenders.items():
        _, _, counts = await ask()
        expected = right.setdefault(question, counts)
        if (question, who) == ("funnel", "published"):
            assert all(counts[key] <= expected[key] for key in expected), counts
        else:
            assert same(counts, expected), (question, who)


def _goals(times: Times) -> Sequence[Figure]:
    """The goals of the performance notes that are ratios of questions."""

    def over(
        question: str, other: str, goal: float | None = None, who: str = "ours", extra: float = 0.0
    ) -> Figure:
        mine, theirs = times[question, who], times[question, other]
        name = f"{question}: {who} / {other}"
        value = (
            f"cpu {mine.cpu / theirs.cpu:.2f} ({mine.cpu:.0f} / {theirs.cpu:.0f} ms), "
            f"median {mine.median / theirs.median:.2f}"
        )
        if goal is None:
            return Figure(name, value)
        return Figure(name, value, f"<= {goal:.3g}", mine.cpu <= goal * theirs.cpu + extra)

    return [
        *(over(one, "DuckDB", 1.15, extra=1.0) for one in ("cube", "daily users", "retention")),
        over("cube", "published", 1.15, extra=1.0),  # out of JSON it is quicker than out of VARIANT
        *(over(one, "DuckDB") for one in ("funnel", "attribution", "top values")),
        over("funnel", "ClickHouse", 1.6),
        over("funnel", "published", 1 / 2.5),
        over("funnel", "plain Python", 1 / 8),
        over("daily users", "plain Python", 1 / 15),
        over("retention", "plain Python", 1 / 30),
        over("cube", "plain Python", 1 / 50),
        over("attribution", "NumPy", 2),  # chooses its rows out of the tenant's columns
        over("attribution", "NumPy kernel"),  # is given the rows that ours has chosen
        over("attribution", "published", 1 / 3),
        over("daily users", "DuckDB", 1 / 10, who="by day"),
    ]


def _table(times: Times) -> Sequence[Figure]:
    return [
        Figure(f"{question}, {who}", f"median {one.median:.1f} ms, cpu {one.cpu:.1f} ms")
        for (question, who), one in times.items()
    ]


async def _shards(database: DuckDbDatabase, folder: Path) -> Sequence[Figure]:
    """Goal 20: users in two stores; the answers are added up and must be the single one."""
    async with AsyncExitStack() as stack:
        engines = []
        for half in range(2):
            path = folder / f"shard{half}.duckdb"
            rows = await database.read(partial(_half, number=half))
            shard = await stack.enter_async_context(duckdb_database(path, memory_limit="1GB"))
            await shard.write(partial(_fill_shard, rows=rows), 600)
            engines.append(engine_of(shard))
        whole = engine_of(database)
        return [await _merged(name, whole, engines) for name in QUESTIONS if name != "top values"]


_HALF = """select * exclude (facts) from any_event
  where tenant = 1 and (user_key >> 7) % 2 = $1"""


def _half(cursor: duckdb.DuckDBPyConnection, number: int) -> pa.Table:
    return cursor.execute(_HALF, [number]).to_arrow_table()


def _fill_shard(cursor: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    cursor.execute("insert into tenant values (1, $1, $2)", [LARGEST, EVENTS])
    cursor.register("half", rows)
    cursor.execute("insert into event select *, properties::json::variant from half")
    cursor.unregister("half")


async def _merged(name: str, whole: QuestionEngine, shards: Sequence[QuestionEngine]) -> Figure:
    single, both = Taken(), Taken()
    for number in range(SLOW_ROUNDS + 1):
        elapsed, worked, expected = await _timed(partial(asked_of, whole, name))
        parts = [await _timed(partial(asked_of, one, name)) for one in shards]
        assert same(added([part[2] for part in parts]), expected), name
        if number:  # the first one reads
            single.worked.append(worked)
            single.elapsed.append(elapsed)
            both.worked.append(sum(part[1] for part in parts))
            both.elapsed.append(max(part[0] for part in parts))
    figure = f"two shards, added / the single answer, {name}"
    return ratio(figure, both.cpu, single.cpu, 1.5, "ms cpu")


async def _growth(folder: Path, times: Times) -> Sequence[Figure]:
    """Processor time of ten million events by that of the first million."""
    async with duckdb_database(folder / "small.duckdb", memory_limit="4GB") as database:
        await filled(database, EVENTS // 10)
        engine = engine_of(database)
        figures = []
        for name in QUESTIONS:
            small = [await _timed(partial(asked_of, engine, name)) for _ in range(ROUNDS + 1)]
            cpu = statistics.median(one[1] for one in small[1:])
            figures.append(
                ratio(f"10 million / 1 million, {name}", times[name, "ours"].cpu, cpu, 10, "ms cpu")
            )
        return figures


def _alone(path: Path) -> Sequence[Figure]:
    """What processes of their own take: one that asks once, one that asks of everybody."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        first, used = pool.apply(_in_process, (path, 1))
        _, most = pool.apply(_in_process, (path, TENANTS))
    return [
        Figure("a process of its own: first question of the largest tenant", f"{first:.2f} s"),
        Figure("the same: memory at most", f"{used:.0f} MB"),
        within("every question of all 50 tenants: memory at most", most, 1536, "MB"),
    ]


def _in_process(path: Path, tenants: int) -> tuple[float, float]:
    return asyncio.run(_asked_of_many(path, tenants))


async def _asked_of_many(path: Path, tenants: int) -> tuple[float, float]:
    began = time.perf_counter()
    async with duckdb_database(path) as database:
        engine = engine_of(database)
        await asked_of(engine, "funnel")
        first = time.perf_counter() - began
        for number in range(1, tenants + 1 if tenants > 1 else 1):
            for name in QUESTIONS:
                await asked_of(engine, name, TenantId(f"t{number}"))
    return first, memory_of("VmHWM")
