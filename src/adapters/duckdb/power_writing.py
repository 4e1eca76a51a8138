"""How readings come into the tables, with the quarter hours they change, in one transaction."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection as Connection

from ...domain.energy import HOLD, QUARTER_HOUR_MS, PowerSeries
from ...domain.identifiers import CircuitId, TenantId
from .arriving import arrived

_BLOCK = """
create or replace temp table block as
select circuit::integer circuit, at_ms, watts::integer watts from arrived"""

_REPLACED = """
delete from reading using block
where reading.at_ms between $1 and $2
  and reading.circuit = block.circuit and reading.at_ms = block.at_ms"""

#: A reading ends the hold of the one before it and may bridge the gap to it.
_TOUCHED = f"""
create or replace temp table touched as
select distinct circuit,
  unnest([at_ms - {HOLD.max_gap_ms}, at_ms, at_ms + {HOLD.max_gap_ms}])
    // {QUARTER_HOUR_MS} as number
from block"""  # noqa: S608  made of constants

_OUTDATED = """
delete from quarter_hour using touched
where quarter_hour.number between $1 and $2
  and quarter_hour.circuit = touched.circuit and quarter_hour.number = touched.number"""

#: The hold rule: a stretch that runs over the end of its quarter hour is two pieces, and no
#: more, for no reading holds as long as a quarter hour. The next reading may be in the
#: quarter hour after the touched ones, the one carried in is in the one before.
_ANEW = f"""
insert into quarter_hour
with near as (
  select distinct circuit, number + unnest([-1, 0, 1]) as number from touched),
held as (
  select circuit, at_ms, watts, at_ms // {QUARTER_HOUR_MS} as number,
    lead(at_ms) over (partition by circuit order by at_ms) - at_ms as gap
  from reading
  where at_ms >= ($1::bigint - 1) * {QUARTER_HOUR_MS}
    and at_ms < ($2::bigint + 2) * {QUARTER_HOUR_MS}
    and (circuit, at_ms // {QUARTER_HOUR_MS}) in (from near)),
stretch as (
  select *, (number + 1) * {QUARTER_HOUR_MS} as turn,
    at_ms + case when gap <= {HOLD.max_gap_ms} then gap else {HOLD.nominal_ms} end as until
  from held),
piece as (
  select circuit, number, least(until, turn) - at_ms as ms, watts, 1 as reading from stretch
  union all
  select circuit, number + 1, until - turn, watts, 0 from stretch where until > turn)
select circuit, number, sum(watts::bigint * ms), sum(ms), sum(reading),
  sum(watts::bigint * reading), max(watts)
from piece semi join touched using (circuit, number)
group by circuit, number"""  # noqa: S608


def append(
    cursor: Connection,
    tenant: TenantId,
    newer: Mapping[CircuitId, PowerSeries],
    position: int,
) -> None:
    """Keep readings, and that the tenant is at a position from now on."""
    cursor.execute("delete from tenant where id = $1", [tenant])
    cursor.execute("insert into tenant values ($1, $2)", [tenant, position])
    if newer:
        _write(cursor, newer, _keys(cursor, tenant, list(newer)))


def _write(
    cursor: Connection,
    newer: Mapping[CircuitId, PowerSeries],
    keys: Mapping[CircuitId, int],
) -> None:
    columns = {
        "circuit": [keys[circuit] for circuit, some in newer.items() for _ in some.at_ms],
        "at_ms": [at for some in newer.values() for at in some.at_ms],
        "watts": [watts for some in newer.values() for watts in some.watts],
    }
    first = min(some.at_ms[0] for some in newer.values())
    last = max(some.at_ms[-1] for some in newer.values())
    quarters = [
        (first - HOLD.max_gap_ms) // QUARTER_HOUR_MS,
        (last + HOLD.max_gap_ms) // QUARTER_HOUR_MS,
    ]
    with arrived(cursor, columns):
        cursor.execute(_BLOCK)
    cursor.execute(_REPLACED, [first, last])
    cursor.execute("insert into reading from block")
    cursor.execute(_TOUCHED)
    cursor.execute(_OUTDATED, quarters)
    cursor.execute(_ANEW, quarters)
    cursor.execute("drop table block")
    cursor.execute("drop table touched")


def _keys(
    cursor: Connection, tenant: TenantId, circuits: Sequence[CircuitId]
) -> Mapping[CircuitId, int]:
    """The key of each circuit in the other tables; those seen for the first time get one."""
    ids = [str(one) for one in circuits]
    cursor.execute(
        """insert into circuit
        select (select coalesce(max(key), 0) from circuit) + row_number() over (), $1, new.id
        from (select unnest($2::uuid[]) as id) new
        where not exists (from circuit where tenant = $1 and circuit.id = new.id)""",
        [tenant, ids],
    )
    return keys_of(cursor, tenant, circuits)


def keys_of(
    cursor: Connection, tenant: TenantId, circuits: Sequence[CircuitId]
) -> dict[CircuitId, int]:
    """The keys of those circuits of a tenant that ever reported."""
    found = cursor.execute(
        "select id, key from circuit where tenant = $1 and id in (select unnest($2::uuid[]))",
        [tenant, [str(one) for one in circuits]],
    )
    return {CircuitId(one): key for one, key in found.fetchall()}


def position_of(cursor: Connection, tenant: TenantId) -> int:
    """How often readings were appended for a tenant."""
    found = cursor.execute("select position from tenant where id = $1", [tenant]).fetchone()
    return int(found[0]) if found else 0
