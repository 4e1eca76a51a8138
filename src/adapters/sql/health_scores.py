"""Kept health scores in the record store."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from attrs import asdict, frozen
from sqlalchemy import (
    Column,
    Row,
    ScalarSelect,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import Unavailable
from ...domain.identifiers import PropertyId, TenantId
from ...domain.portfolio.health_selection import (
    HealthFilter,
    HealthPage,
    HealthQuery,
    PeriodRequest,
    health_page,
)
from ...domain.portfolio.kept_health import (
    KeptHealth,
    Period,
    PortfolioState,
    PropertyScore,
    Standing,
)
from ...domain.portfolio.portfolio_health import Grouping, HealthSummary, SummaryRow
from ...domain.windows import Interval
from ...ports.health_scores import KeptBuckets, KeptState, Summaries
from .database import Database, chunks
from .health_questions import of_tenant, unvalued, valued
from .health_rows import (
    LATEST,
    LISTED,
    SUMMED,
    bucket_rows,
    encode,
    kept_of,
    score_of,
    score_row,
    standing_row,
    state_of,
    summary_of,
    summary_row_of,
)
from .health_tables import (
    health_bucket,
    health_history,
    health_score,
    health_standing,
    health_state,
    health_summary,
)
from .portfolio_position import portfolio
from .properties import property_table

_C, _S, _P, _B = health_score.c, health_state.c, health_standing.c, health_bucket.c
_ATTEMPTS = 5
_AT_ONCE = 1_000
_Read = TypeVar("_Read")
#: Stands for the summary without groups.
_WHOLE = ""
Change = Callable[[AsyncConnection], Awaitable[None]]


@frozen
class SqlHealthScoreRepository:
    """Keeps scores, standings, score histories and how far they have come."""

    database: Database

    async def page(self, tenant: TenantId, query: HealthQuery) -> HealthPage:
        async with self.database.reading(tenant) as connection:
            period = await _period(connection, tenant, query.period)
            rows: list[Row[Any]] = []
            if (first := valued(tenant, query, period, LISTED)) is not None:
                rows += (await connection.execute(first)).all()
            if query.limit is None or len(rows) <= query.limit:
                rest = unvalued(tenant, query, period, LISTED, len(rows))
                rows += (await connection.execute(rest)).all()
        told = (kept_of(row) for row in rows)
        return health_page(query, tuple(told))

    async def one(self, tenant: TenantId, identifier: PropertyId) -> KeptHealth | None:
        query = of_tenant(tenant, HealthFilter(), None, LISTED).where(_C.property_id == identifier)
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(query)).one_or_none()
        return kept_of(row) if row else None

    async def rows(
        self, tenant: TenantId, where: HealthFilter, period: Period | None
    ) -> tuple[SummaryRow, ...]:
        query = of_tenant(tenant, where, period, SUMMED).join(
            property_table,
            and_(property_table.c.tenant_id == tenant, property_table.c.id == _C.property_id),
        )
        return await self._all(tenant, query.order_by(_C.property_id), summary_row_of)

    async def summary(
        self, tenant: TenantId, interval: Interval, by: Grouping | None
    ) -> HealthSummary | None:
        columns = health_summary.c
        query = select(columns.content).where(
            columns.tenant_id == tenant,
            columns.interval == interval.value,
            columns.grouping == (by.value if by else _WHOLE),
        )
        async with self.database.reading(tenant) as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else summary_of(found)

    async def put_summaries(self, tenant: TenantId, summaries: Summaries) -> None:
        rows = [
            {
                "tenant_id": tenant,
                "interval": interval.value,
                "grouping": by.value if by else _WHOLE,
                "content": encode(summary).decode(),
            }
            for (interval, by), summary in summaries.items()
        ]

        async def change(connection: AsyncConnection) -> None:
            mine = health_summary.c.tenant_id == tenant
            await connection.execute(delete(health_summary).where(mine))
            if rows:
                await connection.execute(insert(health_summary), rows)

        await self._change(tenant, change)

    async def unscored(self, tenant: TenantId) -> tuple[PropertyId, ...]:
        kept = and_(_C.tenant_id == tenant, _C.property_id == property_table.c.id)
        query = select(property_table.c.id).where(
            property_table.c.tenant_id == tenant, ~exists().where(kept)
        )
        async with self.database.reading(tenant) as connection:
            found = (await connection.execute(query.order_by(property_table.c.id))).scalars()
            return tuple(map(PropertyId, found))

    async def everything(self, tenant: TenantId) -> tuple[PropertyScore, ...]:
        query = select(*_C).where(_C.tenant_id == tenant).order_by(_C.property_id)
        return await self._all(tenant, query, score_of)

    async def history_keys(self, tenant: TenantId) -> Mapping[PropertyId, str]:
        columns = health_history.c
        query = select(columns.property_id, columns.made_of).where(columns.tenant_id == tenant)
        async with self.database.reading(tenant) as connection:
            return {PropertyId(one): key for one, key in await connection.execute(query)}

    async def put(self, tenant: TenantId, scores: Sequence[PropertyScore]) -> None:
        wanted = {score.id: score for score in scores}

        async def change(connection: AsyncConnection) -> None:
            there = await _present(connection, tenant, wanted)
            rows = [score_row(tenant, wanted[one]) for one in there]
            if not rows:
                return
            statement = self.database.upsert(health_score)
            new = statement.excluded
            later = and_(
                new.model_version >= _C.model_version,
                new.market_position >= _C.market_position,
                new.day >= _C.day,
            )
            supersedes = or_(
                new.property_version > _C.property_version,
                and_(new.property_version == _C.property_version, later),
            )
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant_id", "property_id"],
                    set_={name: new[name] for name in rows[0]},
                    where=supersedes,
                ),
                rows,
            )

        await self._change(tenant, change)

    async def put_buckets(
        self, tenant: TenantId, histories: Mapping[PropertyId, KeptBuckets]
    ) -> None:
        async def change(connection: AsyncConnection) -> None:
            there = await _present(connection, tenant, histories)
            for table in (health_bucket, health_history):
                for some in chunks(there):
                    mine = and_(table.c.tenant_id == tenant, table.c.property_id.in_(some))
                    await connection.execute(delete(table).where(mine))
            keys = [
                {"tenant_id": tenant, "property_id": one, "made_of": histories[one].key}
                for one in there
            ]
            rows = [row for one in there for row in bucket_rows(tenant, one, histories[one])]
            if keys:
                await connection.execute(insert(health_history), keys)
            if rows:
                await connection.execute(insert(health_bucket), rows)
            await connection.execute(
                update(health_state)
                .where(_S.tenant_id == tenant)
                .values(
                    {
                        column.name: _latest_start(tenant, interval)
                        for interval, column in LATEST.items()
                    }
                )
            )

        await self._change(tenant, change)

    async def rank(
        self,
        tenant: TenantId,
        standings: Mapping[PropertyId, Standing] | None,
        state: PortfolioState | None,
    ) -> None:
        async def change(connection: AsyncConnection) -> None:
            if standings is not None:
                await _replace_standings(connection, tenant, standings)
            if state is not None:
                mine, said = _S.tenant_id == tenant, asdict(state, recurse=False)
                await connection.execute(update(health_state).where(mine).values(said))

        await self._change(tenant, change)

    async def state(self, tenant: TenantId) -> KeptState:
        query = select(health_state).where(_S.tenant_id == tenant)
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(query)).one_or_none()
        return state_of(row) if row else KeptState(None, {}, 0)

    async def behind(self, markets_position: int, day: date) -> tuple[TenantId, ...]:
        owned = exists().where(property_table.c.tenant_id == portfolio.c.tenant_id)
        current = and_(
            _S.position == portfolio.c.position,
            _S.markets_position == markets_position,
            _S.day == day,
        )
        query = (
            select(portfolio.c.tenant_id)
            .select_from(portfolio.outerjoin(health_state, _S.tenant_id == portfolio.c.tenant_id))
            .where(owned, func.coalesce(current, false()).is_(False))
            .order_by(portfolio.c.tenant_id)
        )
        async with self.database.reading_across_tenants() as connection:
            return tuple(map(TenantId, (await connection.execute(query)).scalars()))

    async def _all(
        self, tenant: TenantId, query: Select[Any], read: Callable[[Row[Any]], _Read]
    ) -> tuple[_Read, ...]:
        """Whatever there is, some at a time, so that other requests need not wait for all."""
        found: list[_Read] = []
        async with self.database.reading(tenant) as connection:
            result = await connection.stream(query)
            async for rows in result.partitions(_AT_ONCE):
                found += map(read, rows)
        return tuple(found)

    async def _change(self, tenant: TenantId, change: Change) -> None:
        """Change something; what one tenant's writers do, they do one after the other."""
        added = self.database.upsert(health_state).values(tenant_id=tenant, revision=1)
        moved = added.on_conflict_do_update(
            index_elements=["tenant_id"], set_={"revision": _S.revision + 1}
        )
        for _ in range(_ATTEMPTS):
            try:
                async with self.database.writing(tenant) as connection:
                    await connection.execute(moved)
                    await change(connection)
            except IntegrityError:  # a property was removed meanwhile; look again
                continue
            return
        message = "the health scores could not be kept"
        raise Unavailable(message)


async def _replace_standings(
    connection: AsyncConnection, tenant: TenantId, standings: Mapping[PropertyId, Standing]
) -> None:
    await connection.execute(delete(health_standing).where(_P.tenant_id == tenant))
    there = await _present(connection, tenant, standings, _C.property_id)
    rows = [standing_row(tenant, one, standings[one]) for one in there]
    if rows:
        await connection.execute(insert(health_standing), rows)


async def _present(
    connection: AsyncConnection,
    tenant: TenantId,
    identifiers: Iterable[PropertyId],
    column: Column[Any] = property_table.c.id,
) -> list[PropertyId]:
    found: list[PropertyId] = []
    for some in chunks(sorted(identifiers)):
        query = select(column).where(column.table.c.tenant_id == tenant, column.in_(some))
        found += (await connection.execute(query.order_by(column))).scalars()
    return found


async def _period(
    connection: AsyncConnection, tenant: TenantId, asked: PeriodRequest
) -> Period | None:
    if asked.start is not None:
        return Period(asked.interval, asked.start)
    query = select(LATEST[asked.interval]).where(_S.tenant_id == tenant)
    start = (await connection.execute(query)).scalar_one_or_none()
    return Period(asked.interval, start) if start else None


def _latest_start(tenant: TenantId, interval: Interval) -> ScalarSelect[Any]:
    columns = health_bucket.c
    return (
        select(func.max(columns.start))
        .where(columns.tenant_id == tenant, columns.interval == interval.value, columns.complete)
        .scalar_subquery()
    )
