"""Questions to the kept health scores, in SQL."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Select, and_, false, func, or_, select

from ...domain.identifiers import TenantId
from ...domain.portfolio.health_selection import HealthFilter, HealthOrder, HealthQuery
from ...domain.portfolio.kept_health import Period
from ...domain.portfolio.property import folded
from .health_tables import health_bucket, health_score, health_standing

_C, _B, _P = health_score.c, health_bucket.c, health_standing.c
_ORDERS: Mapping[HealthOrder, Column[Any]] = {
    HealthOrder.SCORE: _C.score,
    HealthOrder.CHANGE: _B.change,
    HealthOrder.PEER_PERCENTILE: _P.peer_percentile,
    HealthOrder.AREA_SQFT: _C.area_sqft,
    HealthOrder.NAME: _C.name_folded,
    HealthOrder.ID: _C.property_id,
}


def valued(
    tenant: TenantId,
    query: HealthQuery,
    period: Period | None,
    columns: Sequence[ColumnElement[Any]],
) -> Select[Any] | None:
    """The scores of a page that have a value in its order, and one more; None where it has none.

    Apart from those without, so that an index can give them in order.
    """
    column, last = _ORDERS[query.order], query.after
    if last is not None and last.value is None:
        return None
    statement = of_tenant(tenant, query.where, period, columns, column.table)
    statement = statement.where(column.is_not(None))
    if last is not None:
        within, beyond = column >= last.value, column > last.value
        if query.descending:
            within, beyond = column <= last.value, column < last.value
        # The first condition says nothing new, but an index can begin there.
        statement = statement.where(within, or_(beyond, _C.property_id > last.id))
    column_order = column.desc() if query.descending else column.asc()
    return _limited(statement.order_by(column_order, _C.property_id), query, 0)


def unvalued(
    tenant: TenantId,
    query: HealthQuery,
    period: Period | None,
    columns: Sequence[ColumnElement[Any]],
    found: int,
) -> Select[Any]:
    """The scores of a page that have no value in its order, after those that have."""
    statement = of_tenant(tenant, query.where, period, columns)
    statement = statement.where(_ORDERS[query.order].is_(None))
    if query.after is not None and query.after.value is None:
        statement = statement.where(_C.property_id > query.after.id)
    return _limited(statement.order_by(_C.property_id), query, found)


def _limited(statement: Select[Any], query: HealthQuery, found: int) -> Select[Any]:
    # One more than the page, to know whether there is another.
    return statement if query.limit is None else statement.limit(query.limit + 1 - found)


def of_tenant(
    tenant: TenantId,
    where: HealthFilter,
    period: Period | None,
    columns: Sequence[ColumnElement[Any]],
    leading: FromClause = health_score,
) -> Select[Any]:
    """The scores of a tenant that fit, each with its standing and its bucket of the period.

    Only those that have a row in the leading table, so that an index of it may lead.
    """
    ranked = and_(_P.tenant_id == _C.tenant_id, _P.property_id == _C.property_id)
    bucket: ColumnElement[bool] = false()
    if period is not None:
        bucket = and_(
            _B.tenant_id == _C.tenant_id,
            _B.property_id == _C.property_id,
            _B.interval == period.interval.value,
            _B.start == period.start,
        )
    joined = health_score.join(
        health_standing, ranked, isouter=leading is not health_standing
    ).join(health_bucket, bucket, isouter=leading is not health_bucket)
    fitting = (_C.tenant_id == tenant, *_conditions(where))
    return select(*columns).select_from(joined).where(*fitting)


def _conditions(where: HealthFilter) -> Iterator[ColumnElement[bool]]:
    if where.market_id:
        yield _C.market_id.in_(where.market_id)
    if where.city:
        yield _C.city_folded.in_(sorted(map(folded, where.city)))
    if where.property_class:
        yield _C.property_class.in_(where.property_class)
    if where.property_type:
        yield _C.property_type.in_(where.property_type)
    if where.grade:
        yield _C.grade.in_([one.value for one in where.grade])
    if where.confidence:
        yield _C.confidence.in_([word.value for word in where.confidence])
    if where.scored is not None:
        yield _C.score.is_not(None) if where.scored else _C.score.is_(None)
    yield from _between(_C.score, where.minimum_score, where.maximum_score)
    yield from _between(_B.change, where.minimum_change, where.maximum_change)
    for column, wanted in (
        (_P.outlier, where.outlier),
        (_P.under_performer, where.under_performer),
        (_P.watch, where.watch),
    ):
        if wanted is not None:
            yield column.is_(True) if wanted else func.coalesce(column, false()).is_(False)


def _between(
    column: Column[Any], low: float | None, high: float | None
) -> Iterator[ColumnElement[bool]]:
    if low is not None:
        yield column >= low
    if high is not None:
        yield column <= high
