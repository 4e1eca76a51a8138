"""Market snapshots in the record store."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from attrs import evolve, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Select,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import Unavailable
from ...domain.identifiers import MarketId
from ...domain.portfolio.benchmarks import MarketBenchmark, MarketSnapshot
from .database import Database, UtcDateTime, metadata

market_snapshot = Table(
    "market_snapshot",
    metadata,
    Column("market_id", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("content", Text, nullable=False),
)

_ATTEMPTS = 5
_MOST_AT_ONCE = 500

_decode = msgspec.json.Decoder(MarketBenchmark).decode
_encode = msgspec.json.Encoder(order="deterministic").encode

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")


@frozen
class _Read:
    benchmark: MarketBenchmark
    fetched_at: datetime


class SqlMarketSnapshotRepository:
    """Keeps the newest few snapshots of every market in one table.

    A cold start reads and keeps every market at once; sixty transactions of
    their own would take half a second, so those that wait share the next one.

    Args:
        database: The record store.
        per_market: How many remain of each market.
    """

    def __init__(self, database: Database, per_market: int = 12) -> None:
        self._database = database
        self._per_market = per_market
        self._latest = _Together(self._latest_of)
        self._keep = _Together(self._keep_all)

    async def latest(self, market: MarketId) -> MarketSnapshot | None:
        return await self._latest(market)

    async def at(self, market: MarketId, position: int) -> MarketSnapshot | None:
        columns = market_snapshot.c
        query = _snapshots().where(columns.market_id == market, columns.position == position)
        async with self._database.reading() as connection:
            found = await _found(connection, query)
        return found.get(market)

    async def keep(self, benchmark: MarketBenchmark, fetched_at: datetime) -> MarketSnapshot:
        return await self._keep(_Read(benchmark, fetched_at))

    async def position(self) -> int:
        columns = market_snapshot.c
        newest = select(func.max(columns.position).label("position")).group_by(columns.market_id)
        query = select(func.coalesce(func.sum(newest.subquery().c.position), 0))
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def _latest_of(self, markets: Sequence[MarketId]) -> list[MarketSnapshot | None]:
        async with self._database.reading() as connection:
            found = await _found(connection, _latest(markets))
        return [found.get(market) for market in markets]

    async def _keep_all(self, reads: Sequence[_Read]) -> list[MarketSnapshot]:
        for _ in range(_ATTEMPTS):
            try:
                async with self._database.writing() as connection:
                    last = await _found(connection, _latest([r.benchmark.market for r in reads]))
                    return [await self._kept(connection, last, read) for read in reads]
            except IntegrityError:  # another process took a position; look again
                continue
        message = "the market snapshots could not be kept"
        raise Unavailable(message)

    async def _kept(
        self, connection: AsyncConnection, latest: dict[MarketId, MarketSnapshot], read: _Read
    ) -> MarketSnapshot:
        """What is the latest of the market after this reading; ``latest`` learns it."""
        benchmark, columns = read.benchmark, market_snapshot.c
        last = latest.get(benchmark.market)
        if last and benchmark == last.benchmark:
            kept = evolve(last, fetched_at=read.fetched_at)
            await connection.execute(
                update(market_snapshot)
                .where(columns.market_id == benchmark.market, columns.position == last.position)
                .values(fetched_at=read.fetched_at)
            )
        elif last and benchmark.last_updated < last.benchmark.last_updated:
            return last
        else:
            kept = MarketSnapshot(benchmark, read.fetched_at, last.position + 1 if last else 1)
            await self._append(connection, kept)
        latest[benchmark.market] = kept
        return kept

    async def _append(self, connection: AsyncConnection, added: MarketSnapshot) -> None:
        market, columns = added.benchmark.market, market_snapshot.c
        await connection.execute(
            insert(market_snapshot).values(
                market_id=market,
                position=added.position,
                fetched_at=added.fetched_at,
                content=_encode(added.benchmark).decode(),
            )
        )
        oldest = added.position - self._per_market
        if oldest > 0:
            await connection.execute(
                delete(market_snapshot).where(
                    columns.market_id == market, columns.position <= oldest
                )
            )


class _Together(Generic[_Question, _Answer]):
    """Puts what is asked while a transaction runs into the next one.

    Args:
        work: Answers many questions in one transaction, in their order.
    """

    def __init__(self, work: Callable[[Sequence[_Question]], Awaitable[Sequence[_Answer]]]) -> None:
        self._work = work
        self._waiting: list[tuple[_Question, asyncio.Future[_Answer]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, question: _Question) -> _Answer:
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._worker is None:
            self._worker = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:_MOST_AT_ONCE]
                del self._waiting[:_MOST_AT_ONCE]
                await self._answer(batch)
        finally:
            self._worker = None

    async def _answer(self, batch: list[tuple[_Question, asyncio.Future[_Answer]]]) -> None:
        try:
            answers = await self._work([question for question, _ in batch])
        except Exception as error:  # whatever it is, those who wait must learn of it
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
        else:
            for (_, waiting), answer in zip(batch, answers, strict=True):
                if not waiting.done():  # its caller may have gone away
                    waiting.set_result(answer)
        finally:
            for _, waiting in batch:
                waiting.cancel()  # does nothing to one that has its answer


def _snapshots() -> Select[tuple[int, int, datetime, str]]:
    columns = market_snapshot.c
    return select(columns.market_id, columns.position, columns.fetched_at, columns.content)


def _latest(markets: Sequence[MarketId]) -> Select[tuple[int, int, datetime, str]]:
    columns = market_snapshot.c
    newest = (
        select(columns.market_id, func.max(columns.position).label("position"))
        .where(columns.market_id.in_(set(markets)))
        .group_by(columns.market_id)
        .subquery()
    )
    return _snapshots().join(
        newest,
        (columns.market_id == newest.c.market_id) & (columns.position == newest.c.position),
    )


async def _found(
    connection: AsyncConnection, query: Select[tuple[int, int, datetime, str]]
) -> dict[MarketId, MarketSnapshot]:
    rows = await connection.execute(query)
    return {
        MarketId(row.market_id): MarketSnapshot(_decode(row.content), row.fetched_at, row.position)
        for row in rows
    }
