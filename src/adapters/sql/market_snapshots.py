"""Market snapshots in the record store."""

from datetime import datetime

from attrs import evolve
from cattrs.preconf.json import make_converter
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Select,
    Table,
    Text,
    delete,
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

_converter = make_converter()


class SqlMarketSnapshotRepository:
    """Keeps the newest few snapshots of every market in one table.

    Args:
        database: The record store.
        per_market: How many remain of each market.
    """

    def __init__(self, database: Database, per_market: int = 12) -> None:
        self._database = database
        self._per_market = per_market

    async def latest(self, market: MarketId) -> MarketSnapshot | None:
        async with self._database.reading() as connection:
            return await _one(connection, _latest(market))

    async def at(self, market: MarketId, position: int) -> MarketSnapshot | None:
        query = _of(market).where(market_snapshot.c.position == position)
        async with self._database.reading() as connection:
            return await _one(connection, query)

    async def keep(self, benchmark: MarketBenchmark, fetched_at: datetime) -> MarketSnapshot:
        for _ in range(_ATTEMPTS):
            try:
                async with self._database.writing() as connection:
                    return await self._keep(connection, benchmark, fetched_at)
            except IntegrityError:  # another process took the position; look again
                continue
        message = f"the snapshot of market {benchmark.market} could not be kept"
        raise Unavailable(message)

    async def _keep(
        self, connection: AsyncConnection, benchmark: MarketBenchmark, fetched_at: datetime
    ) -> MarketSnapshot:
        last = await _one(connection, _latest(benchmark.market))
        if last and benchmark == last.benchmark:
            await connection.execute(
                update(market_snapshot)
                .where(
                    market_snapshot.c.market_id == benchmark.market,
                    market_snapshot.c.position == last.position,
                )
                .values(fetched_at=fetched_at)
            )
            return evolve(last, fetched_at=fetched_at)
        if last and benchmark.last_updated < last.benchmark.last_updated:
            return last
        added = MarketSnapshot(benchmark, fetched_at, last.position + 1 if last else 1)
        await connection.execute(
            insert(market_snapshot).values(
                market_id=benchmark.market,
                position=added.position,
                fetched_at=fetched_at,
                content=_converter.dumps(benchmark),
            )
        )
        await connection.execute(
            delete(market_snapshot).where(
                market_snapshot.c.market_id == benchmark.market,
                market_snapshot.c.position <= added.position - self._per_market,
            )
        )
        return added


def _of(market: MarketId) -> Select[tuple[int, datetime, str]]:
    columns = market_snapshot.c
    return select(columns.position, columns.fetched_at, columns.content).where(
        columns.market_id == market
    )


def _latest(market: MarketId) -> Select[tuple[int, datetime, str]]:
    return _of(market).order_by(market_snapshot.c.position.desc()).limit(1)


async def _one(
    connection: AsyncConnection, query: Select[tuple[int, datetime, str]]
) -> MarketSnapshot | None:
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    benchmark = _converter.loads(row.content, MarketBenchmark)
    return MarketSnapshot(benchmark, row.fetched_at, row.position)
