"""The questions of the benchmark by other means: NumPy, Polars, plain Python, ClickHouse."""

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.adapters.columns import UserColumns
from sightline.domain.events import microseconds

from .question_set import CONVERTS, LOOKBACK, STEPS, TOUCHES, WEEKS, WINDOW, Counts

_DAY_US = 86_400_000_000
_MONDAY_US = 20_241 * _DAY_US
"""2025-06-02, when the twelve weeks and the cube begin. [µs since 1970]"""
_WEEK_US = _MONDAY_US + 82 * _DAY_US
"""2025-08-23, when the week of conversions begins. [µs since 1970]"""

_SPAN_US, _LOOKBACK_US = (one // timedelta(microseconds=1) for one in (WINDOW, LOOKBACK))


def numpy_question(rows: Mapping[str, Any]) -> Callable[[], Counts]:
    """Attribution by prefix sums over columns in memory, sorted by user and instant.

    Args:
        rows: Columns `user`, `at`, `type`, `channel`.
    """
    order = np.lexsort((rows["at"], rows["user"]))
    at = rows["at"][order]
    _, user = np.unique(rows["user"][order], return_inverse=True)
    kinds, kind = np.unique(rows["type"][order].astype(str), return_inverse=True)
    channels, channel = np.unique(rows["channel"][order].astype(str), return_inverse=True)
    columns = user.astype(np.int32), at, kind.astype(np.uint8), channel.astype(np.uint8)
    return lambda: _numpy_choosing(columns, kinds.tolist(), channels.tolist())


def _numpy_choosing(
    columns: tuple[NDArray[Any], ...], kinds: Sequence[str], channels: Sequence[str]
) -> Counts:
    """Chooses conversions and touches by type and instant, then as `numpy_attribution`."""
    user, at, kind, channel = columns
    week = at >= _WEEK_US
    week &= at < _WEEK_US + 7 * _DAY_US
    converts = np.flatnonzero(week & (kind == kinds.index(CONVERTS)))
    touches = (kind == kinds.index(TOUCHES[0])) | (kind == kinds.index(TOUCHES[1]))
    touches &= at >= _WEEK_US - _LOOKBACK_US
    touches &= at < _WEEK_US + 7 * _DAY_US
    touched = np.flatnonzero(touches)
    # A user's instants lie together, further than a lookback from those of the next.
    start = _WEEK_US - 2 * _LOOKBACK_US - 1
    span = 7 * _DAY_US + 2 * _LOOKBACK_US + 2
    lines = [user[one].astype(np.int64) * span + (at[one] - start) for one in (touched, converts)]
    return _numpy_credits(lines[0], lines[1], channel[touched], channels)


def numpy_attribution(columns: UserColumns) -> Counts:
    """Credits by prefix sums over columns that are there.

    Args:
        columns: Conversions and touches, with the channel; conversions are the first pattern,
            those before the week do not count.
    """
    converts, touches = columns.fits
    converts = converts & (columns.at >= _WEEK_US)
    start = int(columns.at.min()) - _LOOKBACK_US - 1
    line = columns.user.astype(np.int64) * (int(columns.at.max()) - start + 1)
    line += columns.at - start
    channel = columns.fields[0]
    return _numpy_credits(line[touches], line[converts], channel.codes[touches], channel.values)


def _numpy_credits(
    touched: NDArray[np.int64],
    converted: NDArray[np.int64],
    of: NDArray[Any],
    names: Sequence[str],
) -> Counts:
    """Credits by prefix sums.

    Args:
        touched: Where touches lie on a line on which users follow one another, ascending.
        converted: Where conversions do, ascending.
        of: The channel of each touch.
        names: The channels.
    """
    first = np.searchsorted(touched, converted - _LOOKBACK_US, "left")
    after = np.searchsorted(touched, converted, "right")
    some = after > first
    first, after = first[some], after[some]
    each = 1.0 / (after - first)
    change = np.bincount(first, each, len(touched) + 1)
    change -= np.bincount(after, each, len(touched) + 1)
    shares = {
        "first_touch": np.bincount(of[first], minlength=len(names)),
        "last_touch": np.bincount(of[after - 1], minlength=len(names)),
        "linear": np.bincount(of, np.cumsum(change)[:-1], len(names)),
    }
    return {
        (model, names[code]): credit
        for model, credited in shares.items()
        for code, credit in enumerate(credited.tolist())
        if credit
    }


def polars_questions(rows: Mapping[str, Any]) -> Mapping[str, Callable[[], Counts]]:
    """Questions to a data frame in memory, sorted by user and instant.

    Args:
        rows: Columns `user`, `at`, `type`, `channel`, `page`, `n`.
    """
    frame = pl.DataFrame(dict(rows)).with_columns(
        pl.from_epoch("at", "us"), pl.col("type", "channel", "page").cast(pl.Categorical)
    )
    frame = frame.sort("user", "at")
    return {
        "daily users": lambda: _counts(
            frame.lazy()
            .filter(pl.col("at").is_between(*_between("2025-06-01", "2025-08-30"), "left"))
            .group_by(pl.col("at").dt.date())
            .agg(pl.col("user").n_unique())
        ),
        "cube": lambda: _counts(
            frame.lazy()
            .filter(
                pl.col("at").is_between(*_between("2025-06-02", "2025-06-30"), "left"),
                pl.col("n") < 5,
            )
            .group_by(pl.col("at").dt.date(), "channel", "type")
            .len()
        ),
        "funnel": lambda: _polars_funnel(frame),
        "retention": lambda: _polars_retention(frame),
        "top values": lambda: _counts(
            frame.lazy()
            .filter(pl.col("at").is_between(*_between("2025-06-01", "2025-08-30"), "left"))
            .group_by("page")
            .len()
            .sort(pl.col("len"), pl.col("page").cast(pl.String), descending=[True, False])
            .head(10)
        ),
    }


def _between(start: str, end: str) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(start), datetime.fromisoformat(end)


def _counts(asked: pl.LazyFrame) -> Counts:
    return {tuple(row[:-1]): row[-1] for row in asked.collect().rows()}


def _polars_funnel(frame: pl.DataFrame) -> Counts:
    start, end = _between("2025-06-01", "2025-08-30")
    seen = frame.lazy().filter(pl.col("at") >= start).select("user", "at", "type")
    reached = [
        seen.filter(pl.col("type") == STEPS[0], pl.col("at") < end).select(
            "user", "at", pl.col("at").alias("entered")
        )
    ]
    for kind in STEPS[1:]:
        found = seen.filter(pl.col("type") == kind).select("user", "at")
        before = found.join_asof(reached[-1], on="at", by="user", check_sortedness=False)
        reached.append(before.filter(pl.col("at") <= pl.col("entered") + WINDOW))
    users = [one.select(pl.col("user").n_unique()) for one in reached]
    counted = enumerate(pl.collect_all(users), 1)
    return {(step,): one.item() for step, one in counted}


def _polars_retention(frame: pl.DataFrame) -> Counts:
    week = (pl.col("at") - datetime(2025, 6, 2)).dt.total_days() // 7  # noqa: DTZ001
    masks = (
        frame.lazy()
        .filter(pl.col("at").is_between(*_between("2025-06-02", "2025-08-25"), "left"))
        .group_by("user")
        .agg((pl.lit(1, pl.Int64) * 2**week).cast(pl.Int64).bitwise_or().alias("mask"))
        .group_by("mask")
        .len()
        .collect()
    )
    return _pairs(dict(masks.rows()))


def _pairs(masks: Mapping[int, int]) -> Counts:
    """Users by two weeks, given users by the bits of their weeks."""
    found: Counter[tuple[object, ...]] = Counter()
    for mask, users in masks.items():
        weeks = [week for week in range(WEEKS) if mask >> week & 1]
        for at, week in enumerate(weeks):
            for later in weeks[at:]:
                found[week, later] += users
    return found


def python_questions(rows: Mapping[str, Any]) -> Mapping[str, Callable[[], Counts]]:
    """Plain loops over rows in memory, sorted by user and instant."""
    order = np.lexsort((rows["at"], rows["user"]))
    names = ("user", "at", "type", "channel", "n")
    listed = list(zip(*(rows[one][order].tolist() for one in names), strict=True))
    return {
        "daily users": lambda: _loop_daily(listed),
        "cube": lambda: _loop_cube(listed),
        "funnel": lambda: _loop_funnel(listed),
        "retention": lambda: _loop_retention(listed),
    }


_Row = tuple[int, int, str, str, int]


def _loop_daily(rows: Sequence[_Row]) -> Counts:
    found: Counter[int] = Counter()
    last = (-1, -1)
    for user, at, *_ in rows:
        seen = (user, at // _DAY_US)
        if seen != last:
            last = seen
            found[seen[1]] += 1
    days = {(date(1970, 1, 1) + timedelta(days=day),): users for day, users in found.items()}
    return {key: users for key, users in days.items() if key < (date(2025, 8, 30),)}


def _loop_cube(rows: Sequence[_Row]) -> Counts:
    found: Counter[tuple[int, str, str]] = Counter()
    end = _MONDAY_US + 28 * _DAY_US
    for _, at, kind, channel, n in rows:
        if n < 5 and _MONDAY_US <= at < end:
            found[at // _DAY_US, channel, kind] += 1
    epoch = date(1970, 1, 1)
    return {(epoch + timedelta(days=day), *rest): n for (day, *rest), n in found.items()}


def _loop_funnel(rows: Sequence[_Row]) -> Counts:
    """A step takes over the latest start that reached the step before it in time."""
    found, number = Counter[int](), {kind: at for at, kind in enumerate(STEPS)}
    end, of, starts, furthest = _MONDAY_US + 89 * _DAY_US, -1, [-1] * len(STEPS), 0
    for user, at, kind, *_ in rows:
        if user != of:
            found[furthest] += 1
            of, starts, furthest = user, [-1] * len(STEPS), 0
        step = number.get(kind)
        if step is None:
            continue
        entered = starts[step - 1] if step else (at if at < end else -1)
        if entered >= 0 and at <= entered + _SPAN_US:
            starts[step] = entered
            furthest = max(furthest, step + 1)
    found[furthest] += 1
    return {
        (step,): sum(users for upto, users in found.items() if upto >= step)
        for step in range(1, len(STEPS) + 1)
    }


def _loop_retention(rows: Sequence[_Row]) -> Counts:
    masks: dict[int, int] = {}
    for user, at, *_ in rows:
        week = (at - _MONDAY_US) // (7 * _DAY_US)
        if 0 <= week < WEEKS:
            masks[user] = masks.get(user, 0) | 1 << week
    return _pairs(Counter(masks.values()))


_TABLE = """create table event (user UInt64, at Int64, type LowCardinality(String))
    engine = MergeTree order by (user, at)"""
_FUNNEL = f"""select step, countIf(reached >= step) from (
    select user, windowFunnel({_SPAN_US})(toUInt64(at), {{steps}}) as reached
    from event where type in {STEPS} and at >= {_MONDAY_US - _DAY_US} group by user)
  array join range(1, {len(STEPS) + 1}) as step group by step""".format(
    steps=", ".join(
        f"type = '{kind}'" + ("" if at else f" and at < {_MONDAY_US + 89 * _DAY_US}")
        for at, kind in enumerate(STEPS)
    )
)


@contextmanager
def clickhouse(parquet: Path) -> Iterator[Callable[[], tuple[float, float, Counts]]]:
    """A process that holds ClickHouse's engine; asked for the funnel, it tells how long it took,
    its processor time and the answer. [ms]

    Args:
        parquet: Columns `user`, `at` and `type` of the events.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, parquet))
    process.start()
    there.close()  # so that nobody waits for a process that failed
    here.recv()

    def ask() -> tuple[float, float, Counts]:
        here.send(True)
        elapsed, worked, rows = here.recv()
        return elapsed, worked, {(step,): count for step, count in rows}

    try:
        yield ask
    finally:
        here.send(False)
        process.join()


def _serve(pipe: Connection, parquet: Path) -> None:
    import chdb  # noqa: PLC0415  it must not start in the process that has DuckDB

    engine: Any = chdb
    with tempfile.TemporaryDirectory() as folder:
        session = engine.connect(folder)
        fill = f"insert into event select user, at, type from file('{parquet}', Parquet)"
        for statement in (_TABLE, fill, "optimize table event final"):
            session.query(statement)
        pipe.send(True)
        while pipe.recv():
            began, worked = time.perf_counter(), time.process_time()
            answer = session.query(_FUNNEL, "TabSeparated").bytes().decode()
            taken = 1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - worked)
            pipe.send((*taken, [tuple(map(int, one.split())) for one in answer.splitlines()]))
        session.close()


assert microseconds(datetime.fromisoformat("2025-06-02T00:00:00+00:00")) == _MONDAY_US
