"""The reference set: ten million events in the columnar store, made in the engine from one seed.

50 tenants and their users by Zipf's law, 20 types, 8 channels, 90 days. They are loaded in the
order of acknowledgement and settled by the million, as a deployment settles them.
"""

import time
from datetime import UTC, datetime
from functools import partial

import duckdb

from sightline.adapters.duckdb.database import DuckDbDatabase
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.domain.events import EventSlice, microseconds
from sightline.domain.identifiers import TenantId

EVENTS, RUN = 10_000_000, 1_000_000
TENANTS, DAYS = 50, 90
FIRST = datetime(2025, 6, 1, tzinfo=UTC)
LARGEST, MIDDLE, SMALL = TenantId("t1"), TenantId("t21"), TenantId("t50")

_US_PER_EVENT = DAYS * 86_400 * 1_000_000 // EVENTS
#: Zipf's law with exponent 1 for tenants and 0.8 for users, by the inverse of its distribution.
_MADE = f"""
create or replace temp table block as
with drawn as (
  select i, hash(i * 5) / 18446744073709551616.0 a, hash(i * 5 + 1) / 18446744073709551616.0 b,
    hash(i * 5 + 2) c, hash(i * 5 + 3) d, hash(i * 5 + 4) e
  from range($first, $last) t(i))
select least({TENANTS}, floor(pow({TENANTS + 1}, a)))::integer tenant,
  make_timestamp({microseconds(FIRST)} + i * {_US_PER_EVENT} + (c % 60000000)::bigint) happened_at,
  i + 1 as position,
  'user-' || floor(pow(b, 5) * 1000000 / least({TENANTS}, floor(pow({TENANTS + 1}, a)))) as who,
  'type_' || (c % 20) event_type, printf('01980000-%016x-%016x', i, d) event_id,
  '{{"channel":"ch' || (d % 8) || '","n":' || (d % 10) || ',"page":"/p/' || (e % 100)
    || '","revenue":' || ((e % 10000) / 100.0) || '}}' as properties
from drawn"""
_FILL = (
    """insert into fresh_event
    select tenant, happened_at, position, md5_number_lower(who), who, event_type, event_id,
      happened_at, null, properties, properties::json::variant from block""",
    """insert into type_day
    select tenant, happened_at::date, event_type, count(*) from block group by all""",
    """insert into fresh_user_day
    select distinct tenant, happened_at::date as day, md5_number_lower(who) as key from block
    where not exists (from any_user_day known where known.tenant = block.tenant
      and known.day = block.happened_at::date
      and known.user_key = md5_number_lower(block.who))""",
    "drop table block",
)


async def filled(database: DuckDbDatabase, events: int = EVENTS) -> float:
    """Fill a file with the set, or its first events; how long it took. [s]"""
    store = DuckDbEventStore(database)
    began = time.perf_counter()
    tenants = {TenantId(f"t{one}"): EventSlice(0, events, ()) for one in range(1, TENANTS + 1)}
    await store.load(tenants)
    for first in range(0, events, RUN):
        await database.write(partial(_fill, first=first), 600)
        # The last run stays as it came: a reader always has some fresh events.
        if first + RUN < events:
            await store.settle()
    return time.perf_counter() - began


def _fill(cursor: duckdb.DuckDBPyConnection, first: int) -> None:
    cursor.execute(_MADE, {"first": first, "last": first + RUN})
    for statement in _FILL:
        cursor.execute(statement)
