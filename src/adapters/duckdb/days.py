"""How much happened on each day: out of the roll-ups, or of the events where those do not tell."""

from datetime import date

from duckdb import DuckDBPyConnection as Connection

from ...domain.events import DayFigures, DayQuestion
from ...domain.identifiers import TenantId
from .tables import tenant_of

_EVENTS = (
    "select day, sum(events)::bigint from type_day "
    "where tenant = $tenant and day between $first and $last {typed} group by day"
)
#: A user-day stands there once, so that users of a day are counted without telling them apart.
_USERS = (
    "select day, count(*) from any_user_day "
    "where tenant = $tenant and day between $first and $last group by day"
)
_EVERYBODY = (
    "select count(distinct user_key) from any_user_day "
    "where tenant = $tenant and day between $first and $last"
)
#: Users by type would be nearly as many rows as events, so they are counted among those.
_OF_TYPE = (
    "with found as (select distinct happened_at::date as day, user_key from any_event "
    "where tenant = $tenant and event_type = $type "
    "and happened_at >= $first and happened_at < $last + interval 1 day) "
)
_TYPE_USERS = f"{_OF_TYPE} select day, count(*) from found group by day"  # noqa: S608  made of constants
_TYPE_EVERYBODY = f"{_OF_TYPE} select count(distinct user_key) from found"  # noqa: S608


def days(cursor: Connection, tenant: TenantId, question: DayQuestion) -> DayFigures:
    """The figures of a tenant's days, in one snapshot."""
    key, loaded = tenant_of(cursor, tenant)
    asked: dict[str, object] = {"tenant": key, "first": question.first, "last": question.last}
    if question.event_type is None:
        events = _by_day(cursor, _EVENTS.format(typed=""), asked)
        users, everybody = _USERS, _EVERYBODY
    else:
        asked["type"] = question.event_type
        events = _by_day(cursor, _EVENTS.format(typed="and event_type = $type"), asked)
        users, everybody = _TYPE_USERS, _TYPE_EVERYBODY
    found = cursor.execute(everybody, asked).fetchone() if question.everybody else None
    return DayFigures(
        loaded,
        _in_order(question, events),
        _in_order(question, _by_day(cursor, users, asked)),
        int(found[0]) if found else None,
    )


def _by_day(cursor: Connection, statement: str, asked: dict[str, object]) -> dict[date, int]:
    return dict(cursor.execute(statement, asked).fetchall())


def _in_order(question: DayQuestion, found: dict[date, int]) -> tuple[int, ...]:
    first = question.first.toordinal()
    length = question.last.toordinal() + 1 - first
    return tuple(found.get(date.fromordinal(first + at), 0) for at in range(length))
