"""Properties, histories and comparison policies in the record store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import asdict, evolve, fields_dict
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Select,
    Table,
    Text,
    and_,
    case,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import Conflict, PropertyExists, PropertyNotFound
from ...domain.identifiers import PropertyId, TenantId
from ...domain.measures import Metric
from ...domain.portfolio.comparison import ComparisonPolicy
from ...domain.portfolio.market_side import MonthlyValues
from ...domain.portfolio.property import (
    FIRST_UNASSIGNED,
    MonthlyRecord,
    Property,
    PropertyDraft,
    PropertyHistory,
    folded,
    identified,
)
from ...domain.portfolio.selection import (
    PageKey,
    PropertyFilter,
    PropertyOrder,
    PropertyPage,
    PropertyQuery,
    page,
    search_text,
)
from .database import PLAIN_TEXT, Database, UtcDateTime, chunks, metadata
from .portfolio_position import agree, moved_portfolio, portfolio, portfolio_of, position

comparison_threshold = Table(
    "comparison_threshold",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("threshold_percent", Double, nullable=False),
)

property_table = Table(
    "property",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("market_id", BigInteger, nullable=False),
    Column("property_type", Text),
    Column("area_sqft", Double, nullable=False),
    Column("year_built", Integer, nullable=False),
    Column("property_class", Text, nullable=False),
    Column("current_occupancy_rate", Double, nullable=False),
    Column("current_avg_rent_per_sqft", Double),
    Column("renewal_rate_ytd", Double),
    Column("avg_lease_term_months", Double),
    Column("avg_time_to_lease_days", Double),
    Column("version", BigInteger, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("name_folded", PLAIN_TEXT, nullable=False),
    Column("search_text", PLAIN_TEXT, nullable=False),
    Index("ix_property_tenant_id_market_id", "tenant_id", "market_id"),
    Index("ix_property_tenant_id_name_folded_id", "tenant_id", "name_folded", "id"),
)

property_month = Table(
    "property_month",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("property_id", BigInteger, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("occupancy_rate", Double),
    Column("rent_per_sqft", Double),
    Column("renewal_rate", Double),
    Column("lease_term_months", Double),
    Column("time_to_lease_days", Double),
    ForeignKeyConstraint(
        ["tenant_id", "property_id"], ["property.tenant_id", "property.id"], ondelete="CASCADE"
    ),
)

_PROPERTY_COLUMNS = [property_table.c[name] for name in fields_dict(Property)]
_MONTH_COLUMNS = [property_month.c[name] for name in fields_dict(MonthlyRecord)]
_ORDERS: Mapping[PropertyOrder, Column[Any]] = {
    PropertyOrder.ID: property_table.c.id,
    PropertyOrder.NAME: property_table.c.name_folded,
    PropertyOrder.AREA_SQFT: property_table.c.area_sqft,
    PropertyOrder.YEAR_BUILT: property_table.c.year_built,
    PropertyOrder.OCCUPANCY: property_table.c.current_occupancy_rate,
    PropertyOrder.RENT: property_table.c.current_avg_rent_per_sqft,
}


class SqlPropertyRepository:
    """Keeps three ports at once, because they share positions and versions.

    Every write first moves the tenant's row in `portfolio`, whose lock lets the
    writes of one tenant through one by one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, tenant: TenantId, identifier: PropertyId) -> Property:
        async with self._database.reading(tenant) as connection:
            return await _found(connection, tenant, identifier)

    async def some(
        self, tenant: TenantId, identifiers: Sequence[PropertyId]
    ) -> tuple[Property, ...]:
        found: list[Property] = []
        async with self._database.reading(tenant) as connection:
            for some in chunks(sorted(set(identifiers))):
                query = select(*_PROPERTY_COLUMNS).where(
                    property_table.c.tenant_id == tenant, property_table.c.id.in_(some)
                )
                rows = await connection.execute(query.order_by(property_table.c.id))
                found += [Property(*row) for row in rows]
        return tuple(found)

    async def page(self, tenant: TenantId, query: PropertyQuery) -> PropertyPage:
        async with self._database.reading(tenant) as connection:
            seen = await position(connection, tenant)
            rows = (await connection.execute(_paged(tenant, query))).all()
        return page(query, tuple(Property(*row) for row in rows), seen)

    async def add(self, tenant: TenantId, draft: PropertyDraft, now: datetime) -> Property:
        async with self._database.writing(tenant) as connection:
            moved = await moved_portfolio(self._database, connection, tenant)
            identifier = draft.id or PropertyId(moved.next_property_id)
            if draft.id is None and identifier >= FIRST_UNASSIGNED:
                raise Conflict("every id has been given out; name one")
            if await _version(connection, tenant, identifier) is not None:
                raise PropertyExists(identifier)
            kept = draft.kept(identifier, moved.position, now)
            await connection.execute(insert(property_table), _row(tenant, kept))
            await _take(connection, tenant, [identifier])
        return kept

    async def replace(self, tenant: TenantId, changed: Property, expected: int) -> Property:
        async with self._database.writing(tenant) as connection:
            moved = await moved_portfolio(self._database, connection, tenant)
            await _check(connection, tenant, changed.id, expected)
            kept = evolve(changed, version=moved.position)
            await connection.execute(
                update(property_table).where(_one(tenant, kept.id)).values(_row(tenant, kept))
            )
        return kept

    async def remove(self, tenant: TenantId, identifier: PropertyId, expected: int | None) -> None:
        async with self._database.writing(tenant) as connection:
            await moved_portfolio(self._database, connection, tenant)
            await _check(connection, tenant, identifier, expected)
            await connection.execute(delete(property_table).where(_one(tenant, identifier)))

    async def put_all(
        self, tenant: TenantId, drafts: Sequence[PropertyDraft], now: datetime
    ) -> None:
        wanted = identified(drafts)
        if not wanted:
            return
        async with self._database.writing(tenant) as connection:
            moved = await moved_portfolio(self._database, connection, tenant)
            rows = [
                _row(tenant, draft.kept(identifier, moved.position, now))
                for identifier, draft in wanted.items()
            ]
            statement = self._database.upsert(property_table)
            kept = {name: statement.excluded[name] for name in rows[0]}
            keys = ["tenant_id", "id"]
            await connection.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=kept), rows
            )
            await _take(connection, tenant, wanted)

    async def history(self, tenant: TenantId, identifier: PropertyId) -> PropertyHistory:
        query = (
            select(*_MONTH_COLUMNS)
            .where(_months_of(tenant, identifier))
            .order_by(property_month.c.month)
        )
        async with self._database.reading(tenant) as connection:
            version = await _check(connection, tenant, identifier, None)
            rows = (await connection.execute(query)).all()
        return PropertyHistory(identifier, version, tuple(MonthlyRecord(*row) for row in rows))

    async def months(
        self, tenant: TenantId, identifiers: Sequence[PropertyId]
    ) -> Mapping[PropertyId, tuple[MonthlyValues, ...]]:
        found: dict[PropertyId, list[MonthlyValues]] = {}
        columns = property_month.c
        async with self._database.reading(tenant) as connection:
            for some in chunks(sorted(set(identifiers))):
                present = select(property_table.c.id).where(
                    property_table.c.tenant_id == tenant, property_table.c.id.in_(some)
                )
                found.update({one: [] for one in (await connection.execute(present)).scalars()})
                query = select(columns.property_id, *_MONTH_COLUMNS).where(
                    columns.tenant_id == tenant, columns.property_id.in_(some)
                )
                query = query.order_by(columns.property_id, columns.month)
                for one, month, *values in await connection.execute(query):
                    found[one].append(MonthlyValues(month, tuple(values)))
        return {one: tuple(months) for one, months in found.items()}

    async def replace_histories(
        self,
        tenant: TenantId,
        histories: Mapping[PropertyId, Sequence[MonthlyRecord]],
        expected: Mapping[PropertyId, int],
        now: datetime,
    ) -> None:
        if not histories:
            return
        async with self._database.writing(tenant) as connection:
            moved = await moved_portfolio(self._database, connection, tenant)
            await _check_all(connection, tenant, sorted(histories), expected)
            for some in chunks(histories):
                mine = property_table.c.tenant_id == tenant
                await connection.execute(
                    update(property_table)
                    .where(mine, property_table.c.id.in_(some))
                    .values(version=moved.position, updated_at=now)
                )
                theirs = property_month.c.tenant_id == tenant
                await connection.execute(
                    delete(property_month).where(theirs, property_month.c.property_id.in_(some))
                )
            rows = list(_month_rows(tenant, histories))
            if rows:
                await connection.execute(insert(property_month), rows)

    async def comparison_policy(self, tenant: TenantId) -> tuple[ComparisonPolicy, int]:
        query = select(portfolio.c.position, portfolio.c.policy_version).where(portfolio_of(tenant))
        async with self._database.reading(tenant) as connection:
            found = (await connection.execute(query)).one_or_none()
            if found is None:
                return ComparisonPolicy(), 0
            thresholds = {}
            if found.policy_version:
                thresholds = await _thresholds(connection, tenant)
        return ComparisonPolicy(thresholds, found.policy_version), found.position

    async def set_comparison_policy(
        self, tenant: TenantId, policy: ComparisonPolicy, expected: int | None
    ) -> ComparisonPolicy:
        rows = [
            {"tenant_id": tenant, "metric": metric.value, "threshold_percent": threshold}
            for metric, threshold in policy.thresholds_percent.items()
        ]
        async with self._database.writing(tenant) as connection:
            moved = await moved_portfolio(self._database, connection, tenant)
            agree(expected, moved.policy_version)
            await connection.execute(
                delete(comparison_threshold).where(comparison_threshold.c.tenant_id == tenant)
            )
            await connection.execute(insert(comparison_threshold), rows)
            await connection.execute(
                update(portfolio).where(portfolio_of(tenant)).values(policy_version=moved.position)
            )
        return evolve(policy, version=moved.position)


def _row(tenant: TenantId, subject: Property) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        **asdict(subject, recurse=False),
        "name_folded": folded(subject.name),
        "search_text": search_text(subject),
    }


def _month_rows(
    tenant: TenantId, histories: Mapping[PropertyId, Sequence[MonthlyRecord]]
) -> Iterator[dict[str, Any]]:
    for identifier, records in histories.items():
        for record in records:
            month = asdict(record, recurse=False)
            yield {"tenant_id": tenant, "property_id": identifier, **month}


def _one(tenant: TenantId, identifier: PropertyId) -> ColumnElement[bool]:
    return and_(property_table.c.tenant_id == tenant, property_table.c.id == identifier)


def _months_of(tenant: TenantId, identifier: PropertyId) -> ColumnElement[bool]:
    return and_(property_month.c.tenant_id == tenant, property_month.c.property_id == identifier)


async def _found(connection: AsyncConnection, tenant: TenantId, identifier: PropertyId) -> Property:
    query = select(*_PROPERTY_COLUMNS).where(_one(tenant, identifier))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise PropertyNotFound(identifier)
    return Property(*row)


async def _version(
    connection: AsyncConnection, tenant: TenantId, identifier: PropertyId
) -> int | None:
    query = select(property_table.c.version).where(_one(tenant, identifier))
    found: int | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def _check(
    connection: AsyncConnection, tenant: TenantId, identifier: PropertyId, expected: int | None
) -> int:
    version = await _version(connection, tenant, identifier)
    if version is None:
        raise PropertyNotFound(identifier)
    agree(expected, version)
    return version


async def _check_all(
    connection: AsyncConnection,
    tenant: TenantId,
    identifiers: Sequence[PropertyId],
    expected: Mapping[PropertyId, int],
) -> None:
    versions: dict[int, int] = {}
    for some in chunks(identifiers):
        query = select(property_table.c.id, property_table.c.version).where(
            property_table.c.tenant_id == tenant, property_table.c.id.in_(some)
        )
        versions.update((row.id, row.version) for row in await connection.execute(query))
    for identifier in identifiers:
        if identifier not in versions:
            raise PropertyNotFound(identifier)
        agree(expected.get(identifier), versions[identifier])


async def _take(
    connection: AsyncConnection, tenant: TenantId, identifiers: Iterable[PropertyId]
) -> None:
    highest = max((one for one in identifiers if one < FIRST_UNASSIGNED), default=0)
    await connection.execute(
        update(portfolio)
        .where(portfolio_of(tenant), portfolio.c.next_property_id <= highest)
        .values(next_property_id=highest + 1)
    )


async def _thresholds(connection: AsyncConnection, tenant: TenantId) -> dict[Metric, float]:
    query = select(comparison_threshold.c.metric, comparison_threshold.c.threshold_percent).where(
        comparison_threshold.c.tenant_id == tenant
    )
    rows = await connection.execute(query)
    return {Metric(row.metric): row.threshold_percent for row in rows}


def _paged(tenant: TenantId, query: PropertyQuery) -> Select[Any]:
    column = _ORDERS[query.order]
    statement = (
        select(*_PROPERTY_COLUMNS)
        .where(property_table.c.tenant_id == tenant, *_conditions(query.where))
        .order_by(
            case((column.is_(None), 1), else_=0),
            column.desc() if query.descending else column.asc(),
            property_table.c.id,
        )
    )
    if query.after is not None:
        statement = statement.where(_after(column, query.after, descending=query.descending))
    # One more than the page, to know whether there is another.
    return statement if query.limit is None else statement.limit(query.limit + 1)


def _conditions(where: PropertyFilter) -> Iterator[ColumnElement[bool]]:
    columns = property_table.c
    for name in ("market_id", "property_class", "property_type"):
        if (wanted := getattr(where, name)) is not None:
            yield columns[name] == wanted
    if where.minimum_area_sqft is not None:
        yield columns.area_sqft >= where.minimum_area_sqft
    if where.maximum_area_sqft is not None:
        yield columns.area_sqft <= where.maximum_area_sqft
    if where.text is not None:
        yield columns.search_text.contains(folded(where.text), autoescape=True)


def _after(column: Column[Any], last: PageKey, *, descending: bool) -> ColumnElement[bool]:
    further = property_table.c.id > last.id
    if last.value is None:
        return and_(column.is_(None), further)
    beyond = column < last.value if descending else column > last.value
    return or_(beyond, and_(column == last.value, further), column.is_(None))
