"""How events come into the tables, with their summaries, in one transaction."""

from collections.abc import Mapping, Sequence

import msgspec
from duckdb import DuckDBPyConnection as Connection

from ...domain.attributes import Attributes, Json, canonical_text
from ...domain.events import Event, EventSlice, microseconds
from ...domain.identifiers import TenantId
from .arriving import arrived

_encode = msgspec.json.Encoder().encode
_NESTED = frozenset({dict, list})

_BLOCK = """
create or replace temp table block as select
    tenant, make_timestamp(happened_at) happened_at, position,
    md5_number_lower(user_id) user_key, user_id, event_type, event_id,
    make_timestamp(received_at) received_at, nullif(schema_version, '') schema_version,
    properties, nullif(flat, '') flat
from arrived"""

#: Nearly no event has nested properties; then the facts are the properties as they are.
_INTO_FRESH = (
    "insert into fresh_event "
    "select * exclude flat, coalesce(flat, properties)::json::variant from block"
)

#: Most blocks are of one day or two; the bounds let the engine skip the rest of the table.
_NEW_USER_DAYS = """
insert into fresh_user_day
select distinct tenant, happened_at::date as day, user_key from block
where not exists (
  from any_user_day known
  where known.day between $1::date and $2::date and known.tenant = block.tenant
    and known.day = block.happened_at::date and known.user_key = block.user_key)"""

_THEIR_DAYS = "where tenant = $1 and user_key = md5_number_lower($2)"
_THEIR_EVENTS = f"{_THEIR_DAYS} and user_id = $2"
_TAKE_OUT_OF_DAYS = f"""
insert into type_day
select tenant, happened_at::date, event_type, -count(*) from any_event {_THEIR_EVENTS}
group by all"""  # noqa: S608  made of constants

_SETTLE = (
    "insert into event from fresh_event order by tenant, happened_at, position",
    "truncate fresh_event",
    "insert into user_day from fresh_user_day order by tenant, day, user_key",
    "truncate fresh_user_day",
    """create or replace temp table folded as
    select tenant, day, event_type, sum(events)::bigint as events from type_day
    group by all having sum(events) <> 0 order by all""",
    "truncate type_day",
    "insert into type_day from folded",
    "drop table folded",
)


def load(cursor: Connection, slices: Mapping[TenantId, EventSlice]) -> int:
    """Take what is new; how many events now wait to be settled.

    Raises:
        ValueError: If a slice leaves a gap to what is there.
    """
    known = _known(cursor, slices)
    for tenant, some in slices.items():
        _, loaded = known.get(tenant, (0, 0))
        if some.after > loaded:
            raise ValueError(f"events {loaded + 1} to {some.after} are missing")
    keys = _marked(cursor, slices, known)
    rows = [
        (keys[tenant], event)
        for tenant, some in slices.items()
        for event in some.events
        if event.position > known.get(tenant, (0, 0))[1]
    ]
    if rows:
        _insert(cursor, rows)
    return _count(cursor, "select count(*) from fresh_event")


def settle(cursor: Connection) -> None:
    """Move what came lately into the tables in order, as one sorted run each."""
    for statement in _SETTLE:
        cursor.execute(statement)


def erase(cursor: Connection, tenant: TenantId, user_id: str) -> int:
    """Take a user out of every table; how many events it was."""
    found = _known(cursor, [tenant]).get(tenant)
    if found is None:
        return 0
    user = [found[0], user_id]
    erased = _count(cursor, f"select count(*) from any_event {_THEIR_EVENTS}", user)  # noqa: S608
    cursor.execute(_TAKE_OUT_OF_DAYS, user)
    for table in ("event", "fresh_event"):
        cursor.execute(f"delete from {table} {_THEIR_EVENTS}", user)  # noqa: S608
    for table in ("user_day", "fresh_user_day"):
        cursor.execute(f"delete from {table} {_THEIR_DAYS}", user)  # noqa: S608
    return erased


def _known(
    cursor: Connection, tenants: Mapping[TenantId, object] | Sequence[TenantId]
) -> dict[TenantId, tuple[int, int]]:
    """Key and position of each tenant that has been seen before."""
    found = cursor.execute(
        "select id, key, loaded from tenant where id in (select unnest($1::varchar[]))",
        [list(tenants)],
    )
    return {TenantId(one): (key, loaded) for one, key, loaded in found.fetchall()}


def _marked(
    cursor: Connection,
    slices: Mapping[TenantId, EventSlice],
    known: Mapping[TenantId, tuple[int, int]],
) -> Mapping[TenantId, int]:
    """Put down how far each tenant is loaded now; the keys of all, new ones included."""
    highest = _count(cursor, "select coalesce(max(key), 0) from tenant")
    new = [tenant for tenant in slices if tenant not in known]
    keys = {tenant: key for tenant, (key, _) in known.items()}
    keys |= {tenant: highest + 1 + at for at, tenant in enumerate(new)}
    through = {tenant: max(some.through, 0) for tenant, some in slices.items()}
    cursor.execute(
        "insert into tenant select unnest($1::integer[]), unnest($2::varchar[]), 0",
        [[keys[tenant] for tenant in new], new],
    )
    cursor.execute(
        "update tenant set loaded = greatest(loaded, seen.through) from "
        "(select unnest($1::integer[]) as key, unnest($2::bigint[]) as through) seen "
        "where tenant.key = seen.key",
        [[keys[tenant] for tenant in through], list(through.values())],
    )
    return keys


def _insert(cursor: Connection, rows: Sequence[tuple[int, Event]]) -> None:
    with arrived(cursor, _columns(rows)):
        cursor.execute(_BLOCK)
    cursor.execute(_INTO_FRESH)
    cursor.execute(
        "insert into type_day "
        "select tenant, happened_at::date, event_type, count(*) from block group by all"
    )
    days = [event.timestamp.date() for _, event in rows]
    cursor.execute(_NEW_USER_DAYS, [min(days), max(days)])
    cursor.execute("drop table block")


def _columns(rows: Sequence[tuple[int, Event]]) -> Mapping[str, Sequence[int] | Sequence[str]]:
    events = [event for _, event in rows]
    return {
        "tenant": [key for key, _ in rows],
        "happened_at": [microseconds(one.timestamp) for one in events],
        "position": [one.position for one in events],
        "user_id": [one.user_id for one in events],
        "event_type": [one.event_type for one in events],
        "event_id": [one.event_id for one in events],
        "received_at": [microseconds(one.received_at) for one in events],
        "schema_version": [one.schema_version or "" for one in events],
        "properties": [_encode(one.properties).decode() for one in events],
        "flat": [_flat(one.properties) for one in events],
    }


def _flat(properties: Attributes) -> str:
    """The properties with objects and lists as their one text; empty where there are none."""
    if _NESTED.isdisjoint(map(type, properties.values())):
        return ""
    return _encode({name: _scalar(value) for name, value in properties.items()}).decode()


def _scalar(value: Json) -> Json:
    return canonical_text(value) if isinstance(value, dict | list) else value


def _count(cursor: Connection, statement: str, values: Sequence[object] = ()) -> int:
    found = cursor.execute(statement, list(values)).fetchone()
    return int(found[0]) if found else 0
