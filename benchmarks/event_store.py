"""The columnar store of events: blocks loaded, pages of ten million, days, memory of a stream.

Contenders are asked in turn on the same file, which holds the reference set.
"""

import asyncio
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from sightline.adapters.duckdb.database import DuckDbDatabase, duckdb_database
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.adapters.duckdb.tables import prepare
from sightline.domain.attributes import Attributes
from sightline.domain.events import (
    DayQuestion,
    Event,
    EventFilter,
    EventKey,
    EventQuery,
    EventSlice,
    Leaf,
    Op,
    microseconds,
)
from sightline.domain.identifiers import TenantId

from . import Figure, memory_of, ratio, within
from .reference_set import DAYS, EVENTS, FIRST, LARGEST, MIDDLE, SMALL, TENANTS, filled

QUARTER = DayQuestion(FIRST.date(), FIRST.date() + timedelta(days=DAYS - 1))
BLOCK, BLOCKS = 10_000, 30
PAGES = 100
STREAMED = 1_000_000

_RAW_DAYS = (
    """select happened_at::date as day, count(*), count(distinct user_id) from any_event
    where tenant = 1 and happened_at >= $1 and happened_at < $2 group by day order by day""",
    """select count(distinct user_id) from any_event
    where tenant = 1 and happened_at >= $1 and happened_at < $2""",
)
#: Daily active users as product analytics publish them: every day of the range from a series,
#: persons told apart per day, days without anybody filled with nought, all in one statement.
_PEER_DAYS = """
with days as (select unnest(generate_series($1::timestamp, $2::timestamp - interval 1 day,
    interval 1 day)) as day_start),
  counted as (select date_trunc('day', happened_at) as day_start, count(distinct user_id) as total
    from any_event where tenant = 1
      and happened_at >= date_trunc('day', $1::timestamp) and happened_at < $2::timestamp
    group by day_start)
select list(day_start order by day_start), list(total order by day_start) from (
  select day_start, sum(total) as total from (
    select day_start, 0 as total from days union all select day_start, total from counted)
  group by day_start)"""


class _Taken(NamedTuple):
    """What a call took. [ms]"""

    elapsed: float
    worked: float


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        figures = [*await _loads(Path(folder))]
        path = Path(folder) / "large.duckdb"
        async with duckdb_database(path, memory_limit="4GB") as database:
            name = "10 million made, loaded and settled"
            figures.append(Figure(name, f"{await filled(database):.0f} s"))
            figures += await _pages(DuckDbEventStore(database))
            figures += await _days(database)
        figures.append(Figure("10 million events and summaries on disk", _size(path)))
        return [*figures, *_memory(path)]


async def _loads(folder: Path) -> Sequence[Figure]:
    """Blocks with every summary and without repeats; others are appended as they are."""
    blocks = [_block(at) for at in range(BLOCKS)]
    taken: dict[str, list[float]] = {"ours": [], "narrow": [], "same": []}
    raw = duckdb.connect(str(folder / "raw.duckdb"))
    raw.execute(_NARROW_TABLE)
    same = duckdb.connect(str(folder / "same.duckdb"))
    prepare(same)
    async with duckdb_database(folder / "loaded.duckdb") as database:
        store = DuckDbEventStore(database, settle_at=EVENTS)
        for some in blocks:
            began = time.perf_counter()
            raw.register("block", _arrow(some))
            raw.execute("insert into narrow from block")
            taken["narrow"].append(time.perf_counter() - began)
            began = time.perf_counter()
            same.register("block", _arrow(some))
            same.execute(_AS_OURS)
            taken["same"].append(time.perf_counter() - began)
            began = time.perf_counter()
            await store.load(some)
            taken["ours"].append(time.perf_counter() - began)
        began = time.perf_counter()
        await store.settle()
        settled = time.perf_counter() - began
    raw.close()
    same.close()
    rates = {name: BLOCK / statistics.median(some) / 1e3 for name, some in taken.items()}
    return [
        _share("load of 10,000 events with summaries / append of the same columns", rates, "same"),
        _share("the same / append of eight plain columns", rates, "narrow"),
        Figure("settling of these, per million", f"{settled / BLOCKS / BLOCK * 1e6:.1f} s"),
    ]


def _share(name: str, rates: Mapping[str, float], peer: str) -> Figure:
    share = rates["ours"] / rates[peer]
    value = f"{share:.2f} ({rates['ours']:.0f} / {rates[peer]:.0f} thousand/s)"
    held = peer == "same"
    return Figure(name, value, *((">= 0.6", share >= 0.6) if held else ()))


#: What our load keeps of an event, put there without a look at what is there, and no sums.
_AS_OURS = """
insert into event select 1, happened_at, position, md5_number_lower(user_id), user_id, event_type,
  event_id, received_at, null, properties, properties::json::variant from block"""

_NARROW_TABLE = (
    "create table narrow (tenant varchar, happened_at timestamp, position bigint, user_id varchar, "
    "event_type varchar, event_id varchar, received_at timestamp, properties varchar)"
)


def _block(number: int) -> dict[TenantId, EventSlice]:
    """A block as the loader brings it: many tenants, a few minutes."""
    chance = random.Random(number)
    per_tenant = BLOCK // TENANTS
    after = number * per_tenant
    made = {}
    for tenant in range(1, TENANTS + 1):
        events = tuple(
            _event(chance, FIRST + timedelta(seconds=number * 60 + at % 60), after + at + 1)
            for at in range(per_tenant)
        )
        made[TenantId(f"t{tenant}")] = EventSlice(after, after + per_tenant, events)
    return made


def _event(chance: random.Random, at: datetime, position: int) -> Event:
    properties: Attributes = {
        "channel": f"ch{chance.randrange(8)}",
        "n": chance.randrange(10),
        "page": f"/p/{chance.randrange(100)}",
        "revenue": chance.randrange(10_000) / 100,
    }
    user, kind = int(chance.random() ** 5 * 100_000), chance.randrange(20)
    name = f"01980000-{position:016x}-{chance.getrandbits(64):016x}"
    return Event(name, f"user-{user}", f"type_{kind}", at, properties, at, None, position)


def _arrow(block: dict[TenantId, EventSlice]) -> pa.Table:
    rows = [(tenant, event) for tenant, some in block.items() for event in some.events]
    instant, encode = pa.timestamp("us"), msgspec.json.Encoder().encode
    return pa.table(
        {
            "tenant": [tenant for tenant, _ in rows],
            "happened_at": pa.array([microseconds(one.timestamp) for _, one in rows], instant),
            "position": [one.position for _, one in rows],
            "user_id": [one.user_id for _, one in rows],
            "event_type": [one.event_type for _, one in rows],
            "event_id": [one.event_id for _, one in rows],
            "received_at": pa.array([microseconds(one.received_at) for _, one in rows], instant),
            "properties": pa.array([encode(one.properties) for _, one in rows], pa.string()),
        }
    )


async def _pages(store: DuckDbEventStore) -> Sequence[Figure]:
    chance = random.Random(7)
    kinds: dict[str, Callable[[], EventQuery]] = {
        "first page": lambda: EventQuery(limit=100),
        "after a cursor": lambda: EventQuery(limit=100, after=_key(chance), through=EVENTS),
        "of one type, after a cursor": lambda: EventQuery(
            EventFilter(event_types=frozenset({f"type_{chance.randrange(20)}"})),
            100,
            _key(chance),
        ),
        "of one user": lambda: EventQuery(
            EventFilter(user_ids=frozenset({f"user-{int(chance.random() ** 3 * 900)}"})), 100
        ),
        "of a rare user, after a cursor": lambda: EventQuery(
            EventFilter(user_ids=frozenset({f"user-{chance.randrange(20_000)}"})),
            100,
            _key(chance),
        ),
        "with a property": lambda: EventQuery(
            EventFilter(condition=Leaf("page", Op.EQ, f"/p/{chance.randrange(100)}")),
            100,
            _key(chance),
        ),
    }
    figures = []
    for tenant, share in ((LARGEST, "18 %"), (MIDDLE, "1 %"), (SMALL, "0.5 %")):
        for name, made in kinds.items():
            taken = [await _taken(store, tenant, made()) for _ in range(PAGES)]
            figures.append(_percentiles(f"page of 100 of 10 million, {share}, {name}", taken))
    return figures


def _key(chance: random.Random) -> EventKey:
    at = FIRST + timedelta(seconds=chance.randrange(DAYS * 86_400))
    return EventKey(at, chance.randrange(EVENTS))


async def _taken(store: DuckDbEventStore, tenant: TenantId, query: EventQuery) -> _Taken:
    began, worked = time.perf_counter(), time.process_time()
    await store.page(tenant, query)
    return _Taken(1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - worked))


def _percentiles(name: str, taken: Sequence[_Taken]) -> Figure:
    """Slowest, median, and median of processor time, which neighbours do not lengthen."""
    elapsed = [one.elapsed for one in taken]
    slowest = statistics.quantiles(elapsed, n=100)[-1]
    worked = statistics.median(one.worked for one in taken)
    figure = within(name, slowest, 30.0, "ms")
    value = f"p99 {slowest:.1f}, median {statistics.median(elapsed):.1f}, cpu {worked:.1f} ms"
    return Figure(name, value, figure.goal, figure.met)


async def _days(database: DuckDbDatabase) -> Sequence[Figure]:
    store = DuckDbEventStore(database)
    typed = DayQuestion(QUARTER.first, QUARTER.last, "type_7")
    bounds = [_midnight(QUARTER.first), _midnight(QUARTER.last + timedelta(days=1))]

    async def ours() -> None:
        await store.days(LARGEST, QUARTER)

    async def of_type() -> None:
        await store.days(LARGEST, typed)

    async def raw() -> None:
        await database.read(lambda c: [c.execute(one, bounds).fetchall() for one in _RAW_DAYS])

    async def peer() -> None:
        await database.read(lambda cursor: cursor.execute(_PEER_DAYS, bounds).fetchall())

    taken: dict[str, list[float]] = {}
    for _ in range(7):
        for call in (ours, of_type, raw, peer):
            taken.setdefault(call.__name__, []).append(1e3 * await _seconds(call))
    median = {name: statistics.median(some) for name, some in taken.items()}
    name = "events and users per day, 90 days, largest tenant"
    return [
        ratio(f"{name} / the engine over events", median["ours"], median["raw"], 0.1, "ms"),
        ratio(f"{name} / a published formulation", median["ours"], median["peer"], 0.2, "ms"),
        Figure("the same of one type", f"{median['of_type']:.1f} ms"),
    ]


async def _seconds(call: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  as the engine keeps instants


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.0f} MB"


def _memory(path: Path) -> Sequence[Figure]:
    """In a process of its own, so that nothing that was done before counts."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        above, seconds = pool.apply(_streaming, (path,))
    return [
        within("memory above start while 1 million stream", above, 300.0, "MB"),
        Figure("1 million streamed", f"{seconds:.1f} s"),
    ]


def _streaming(path: Path) -> tuple[float, float]:
    return asyncio.run(_streamed(path))


async def _streamed(path: Path) -> tuple[float, float]:
    async with duckdb_database(path) as database:
        store = DuckDbEventStore(database)
        await store.page(SMALL, EventQuery(limit=1))
        before, began, seen = memory_of("VmRSS"), time.perf_counter(), 0
        async for portion in store.stream(LARGEST, EventQuery(limit=STREAMED)):
            seen += len(portion)
        assert seen == STREAMED
        seconds = time.perf_counter() - began
        return memory_of("VmHWM") - before, seconds
