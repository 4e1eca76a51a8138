"""Kept health scores in the record store."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from attrs import asdict, fields_dict, frozen
from attrs.filters import exclude
from sqlalchemy import (
    Column,
    Row,
    ScalarSelect,
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
from ...domain.measures import CATALOGUE, PROPERTY_METRICS
from ...domain.portfolio.health_outliers import Outlier
from ...domain.portfolio.health_ranking import PeerGroup
from ...domain.portfolio.health_selection import (
    HealthFilter,
    HealthPage,
    HealthQuery,
    PeriodRequest,
    health_page,
)
from ...domain.portfolio.kept_health import (
    KeptHealth,
    MarketNames,
    MetricPart,
    Period,
    PortfolioState,
    PropertyScore,
    ScoreInputs,
    Standing,
)
from ...domain.portfolio.portfolio_health import SummaryRow
from ...domain.portfolio.property import folded
from ...domain.windows import Interval
from ...ports.health_scores import KeptBuckets
from .database import Database, chunks
from .health_questions import of_tenant, unvalued, valued
from .health_tables import (
    health_bucket,
    health_history,
    health_score,
    health_standing,
    health_state,
)
from .portfolio_position import portfolio
from .properties import property_table

_C, _S, _P, _B = health_score.c, health_state.c, health_standing.c, health_bucket.c
_ATTEMPTS = 5
_LATEST = {
    Interval.MONTH: _S.latest_month,
    Interval.QUARTER: _S.latest_quarter,
    Interval.YEAR: _S.latest_year,
}
_INPUTS = tuple(fields_dict(ScoreInputs))
_STANDING = tuple(fields_dict(Standing))
#: The fields of a score that are columns as they are.
_PLAIN = (
    "property_type",
    "property_class",
    "area_sqft",
    "scored_at",
    "score",
    "standard_error",
    "coverage",
    "level",
    "momentum",
)
_PERIOD = (_B.score.label("period_score"), _B.change)
_LISTED = (*_C, *(_P[name] for name in _STANDING), *_PERIOD)
_FACTS = (
    _C.property_id,
    _C.area_sqft,
    _C.score,
    *_PERIOD,
    _C.market_id,
    _C.market_name,
    _C.city,
    _C.property_class,
    _C.property_type,
)
_FLAGS = (_P.under_performer, _P.watch, _P.outlier)
_CONTRIBUTIONS = tuple(_C[f"contribution_{metric.value}"] for metric in PROPERTY_METRICS)

#: The present values of properties, in the same order.
_VALUES = tuple(
    property_table.c[name]
    for metric in PROPERTY_METRICS
    if (name := CATALOGUE[metric].property_field)
)

_parts = msgspec.json.Decoder(tuple[MetricPart, ...]).decode
_outliers = msgspec.json.Decoder(tuple[Outlier, ...]).decode
_encode = msgspec.json.Encoder().encode

Change = Callable[[AsyncConnection], Awaitable[None]]


@frozen
class SqlHealthScoreRepository:
    """Keeps scores, standings, score histories and how far they have come."""

    database: Database

    async def page(self, tenant: TenantId, query: HealthQuery) -> HealthPage:
        async with self.database.reading() as connection:
            period = await _period(connection, tenant, query.period)
            rows: list[Row[Any]] = []
            if (first := valued(tenant, query, period, _LISTED)) is not None:
                rows += (await connection.execute(first)).all()
            if query.limit is None or len(rows) <= query.limit:
                rest = unvalued(tenant, query, period, _LISTED, len(rows))
                rows += (await connection.execute(rest)).all()
        told = (_kept(row) for row in rows)
        return health_page(query, tuple(told))

    async def one(self, tenant: TenantId, identifier: PropertyId) -> KeptHealth | None:
        query = of_tenant(tenant, HealthFilter(), None, _LISTED).where(_C.property_id == identifier)
        async with self.database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return _kept(row) if row else None

    async def rows(
        self, tenant: TenantId, where: HealthFilter, period: Period | None
    ) -> tuple[SummaryRow, ...]:
        columns = (*_FACTS, *_FLAGS, *_CONTRIBUTIONS, *_VALUES)
        query = of_tenant(tenant, where, period, columns).join(
            property_table,
            and_(property_table.c.tenant_id == tenant, property_table.c.id == _C.property_id),
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(query.order_by(_C.property_id))).all()
        return tuple(map(_summary_row, rows))

    async def unscored(self, tenant: TenantId) -> tuple[PropertyId, ...]:
        kept = and_(_C.tenant_id == tenant, _C.property_id == property_table.c.id)
        query = select(property_table.c.id).where(
            property_table.c.tenant_id == tenant, ~exists().where(kept)
        )
        async with self.database.reading() as connection:
            found = (await connection.execute(query.order_by(property_table.c.id))).scalars()
            return tuple(map(PropertyId, found))

    async def everything(self, tenant: TenantId) -> tuple[PropertyScore, ...]:
        query = select(*_C).where(_C.tenant_id == tenant).order_by(_C.property_id)
        async with self.database.reading() as connection:
            return tuple(map(_score, await connection.execute(query)))

    async def history_keys(self, tenant: TenantId) -> Mapping[PropertyId, str]:
        columns = health_history.c
        query = select(columns.property_id, columns.made_of).where(columns.tenant_id == tenant)
        async with self.database.reading() as connection:
            return {PropertyId(one): key for one, key in await connection.execute(query)}

    async def put(self, tenant: TenantId, scores: Sequence[PropertyScore]) -> None:
        wanted = {score.id: score for score in scores}

        async def change(connection: AsyncConnection) -> None:
            there = await _present(connection, tenant, wanted)
            rows = [_row(tenant, wanted[one]) for one in there]
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
            rows = [row for one in there for row in _bucket_rows(tenant, one, histories[one])]
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
                        for interval, column in _LATEST.items()
                    }
                )
            )

        await self._change(tenant, change)

    async def rank(
        self,
        tenant: TenantId,
        standings: Mapping[PropertyId, Standing] | None,
        state: PortfolioState,
    ) -> None:
        async def change(connection: AsyncConnection) -> None:
            if standings is not None:
                await _replace_standings(connection, tenant, standings)
            said = asdict(state, recurse=False, filter=exclude("latest"))
            mine = _S.tenant_id == tenant
            await connection.execute(update(health_state).where(mine).values(said))

        await self._change(tenant, change)

    async def state(self, tenant: TenantId) -> tuple[PortfolioState | None, int]:
        query = select(health_state).where(_S.tenant_id == tenant)
        async with self.database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None, 0
        return (_state(row) if row.ranked_at else None), row.revision

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
        async with self.database.reading() as connection:
            return tuple(map(TenantId, (await connection.execute(query)).scalars()))

    async def _change(self, tenant: TenantId, change: Change) -> None:
        """Change something; what one tenant's writers do, they do one after the other."""
        added = self.database.upsert(health_state).values(tenant_id=tenant, revision=1)
        moved = added.on_conflict_do_update(
            index_elements=["tenant_id"], set_={"revision": _S.revision + 1}
        )
        for _ in range(_ATTEMPTS):
            try:
                async with self.database.writing() as connection:
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
    rows = [_standing_row(tenant, one, standings[one]) for one in there]
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
    query = select(_LATEST[asked.interval]).where(_S.tenant_id == tenant)
    start = (await connection.execute(query)).scalar_one_or_none()
    return Period(asked.interval, start) if start else None


def _latest_start(tenant: TenantId, interval: Interval) -> ScalarSelect[Any]:
    columns = health_bucket.c
    return (
        select(func.max(columns.start))
        .where(columns.tenant_id == tenant, columns.interval == interval.value, columns.complete)
        .scalar_subquery()
    )


def _row(tenant: TenantId, one: PropertyScore) -> dict[str, Any]:
    parts = one.contributions
    city = one.market.city
    return {
        "tenant_id": tenant,
        "property_id": one.id,
        "name": one.name,
        "name_folded": folded(one.name),
        "market_name": one.market.name,
        "city": city,
        "city_folded": None if city is None else folded(city),
        "state": one.market.state,
        **asdict(one.inputs),
        **{name: getattr(one, name) for name in _PLAIN},
        "confidence": one.confidence.value if one.confidence else None,
        "parts": _encode(one.parts).decode(),
        **{f"contribution_{metric.value}": parts.get(metric) for metric in PROPERTY_METRICS},
    }


def _kept(row: Row[Any]) -> KeptHealth:
    return KeptHealth(_score(row), _standing(row), row.period_score, row.change)


def _score(row: Row[Any]) -> PropertyScore:
    return PropertyScore(
        id=row.property_id,
        name=row.name,
        market=MarketNames(row.market_name, row.city, row.state),
        inputs=ScoreInputs(*(getattr(row, name) for name in _INPUTS)),
        parts=_parts(row.parts),
        **{name: getattr(row, name) for name in _PLAIN},
    )


def _summary_row(row: Row[Any]) -> SummaryRow:
    flags = len(_FACTS)
    parts = flags + len(_FLAGS)
    values = parts + len(_CONTRIBUTIONS)
    said = map(bool, row[flags:parts])
    return SummaryRow._make((*row[:flags], *said, tuple(row[parts:values]), tuple(row[values:])))


def _standing_row(tenant: TenantId, one: PropertyId, said: Standing) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "property_id": one,
        **asdict(said, recurse=False),
        "peer_group": said.peer_group.value,
        "outliers": _encode(said.outliers).decode(),
        "outlier": bool(said.outliers),
    }


def _standing(row: Row[Any]) -> Standing | None:
    if row.rank is None:
        return None
    values = {name: getattr(row, name) for name in _STANDING}
    values["peer_group"] = PeerGroup(row.peer_group)
    values["outliers"] = _outliers(row.outliers)
    return Standing(**values)


def _bucket_rows(tenant: TenantId, one: PropertyId, kept: KeptBuckets) -> Iterator[dict[str, Any]]:
    for line in kept.lines:
        yield {
            "tenant_id": tenant,
            "property_id": one,
            "interval": line.interval.value,
            "start": line.start,
            "score": line.score,
            "change": line.change,
            "coverage": line.coverage,
            "complete": line.complete,
        }


def _state(row: Row[Any]) -> PortfolioState:
    starts = {interval: getattr(row, column.name) for interval, column in _LATEST.items()}
    values = {name: getattr(row, name) for name in fields_dict(PortfolioState) if name != "latest"}
    known = {interval: start for interval, start in starts.items() if start is not None}
    return PortfolioState(**values, latest=known)
