"""From a question about power to sums of the engine, and from these to the facts."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from duckdb import DuckDBPyConnection as Connection

from ...domain.energy import (
    NO_READINGS,
    PowerFacts,
    PowerQuestion,
    PowerSeries,
    PowerSummary,
)
from ...domain.identifiers import CircuitId, TenantId
from ..power_cells import Cells, PowerCells, filled
from .power_writing import keys_of, position_of

_numbers = msgspec.json.Decoder(list[int]).decode
_texts = msgspec.json.Decoder(list[str]).decode

_SUMS = (
    "sum(energy_watt_ms) energy, sum(covered_ms)::bigint covered, sum(readings)::bigint readings, "
    "sum(sum_of_readings_w)::bigint sums, max(peak_w) peak"
)
_WITHIN = "number >= $first and number < $stop and circuit in (select unnest($keys::integer[]))"
_ONE_CELL = f"select circuit, {_SUMS} from quarter_hour where {_WITHIN} group by circuit"  # noqa: S608  made of constants
#: Columns come as JSON: lists are read from it in a third of the time of rows. Energy may need
#: more than 64 bits, which the engine writes slowly as a number, so it is a text there.
_COLUMNS = """
select circuit, to_json(list(place)), to_json(list(energy::varchar)), to_json(list(covered)),
  to_json(list(readings)), to_json(list(sums)), to_json(list(peak))
from summed group by circuit"""
#: The cell of a quarter hour is the last that begins at it or before.
_CELLS = f"""
with cell as (select unnest($starts::integer[]) as start, unnest(range(len($starts))) as place),
place as (
  select n.number, place
  from (select distinct number from quarter_hour where {_WITHIN}) n
  asof join cell on n.number >= cell.start),
summed as (
  select circuit, place, {_SUMS} from quarter_hour join place using (number)
  where {_WITHIN} group by circuit, place)
{_COLUMNS}"""  # noqa: S608
#: Cells of one length, in half the time: hours and days of most zones.
_EVEN_CELLS = f"""
with summed as (
  select circuit, (number - $first) // $length as place, {_SUMS} from quarter_hour
  where {_WITHIN} group by circuit, place)
{_COLUMNS}"""  # noqa: S608
#: A sum of a hundred thousand circuits at a hundred megawatts still fits 64 bits.
_ENERGIES = f"""
with member as (select unnest($keys::integer[]) as circuit, unnest($groups::integer[]) as place),
summed as (
  select place, number, sum(energy_watt_ms)::bigint as energy
  from (from quarter_hour where {_WITHIN}) join member using (circuit) group by place, number)
select place, to_json(list(number)), to_json(list(energy)) from summed group by place"""  # noqa: S608
_READINGS = """
select circuit, to_json(list(at_ms order by at_ms)), to_json(list(watts order by at_ms))
from reading
where at_ms >= $first and at_ms < $stop and circuit in (select unnest($keys::integer[]))
group by circuit"""


def facts(cursor: Connection, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
    """The answer to a question, in one snapshot."""
    parts = PowerCells.of(question)
    keys = keys_of(cursor, tenant, question.circuits)
    circuits = {key: circuit for circuit, key in keys.items()}
    return parts.facts(
        position_of(cursor, tenant),
        question.circuits,
        _cells(cursor, parts.bounds, circuits),
        _series(cursor, parts.stretches, circuits),
        _energies(cursor, parts, keys),
    )


def _cells(cursor: Connection, bounds: Sequence[int], circuits: Mapping[int, CircuitId]) -> Cells:
    if not bounds or not circuits:
        return {}
    asked: dict[str, object] = {"first": bounds[0], "stop": bounds[-1], "keys": list(circuits)}
    if len(bounds) == 2:
        rows = cursor.execute(_ONE_CELL, asked).fetchall()
        return {circuits[key]: {0: PowerSummary(*sums)} for key, *sums in rows}
    if len(lengths := {stop - start for start, stop in pairwise(bounds)}) == 1:
        rows = cursor.execute(_EVEN_CELLS, {**asked, "length": lengths.pop()}).fetchall()
    else:
        rows = cursor.execute(_CELLS, {**asked, "starts": list(bounds)}).fetchall()
    return {circuits[key]: _summaries(*columns) for key, *columns in rows}


def _summaries(places: str, energies: str, *others: str) -> Mapping[int, PowerSummary]:
    columns = (map(int, _texts(energies)), *map(_numbers, others))
    return dict(zip(_numbers(places), map(PowerSummary, *columns), strict=True))


def _series(
    cursor: Connection,
    stretches: Sequence[tuple[int, int]],
    circuits: Mapping[int, CircuitId],
) -> Mapping[CircuitId, PowerSeries]:
    """The readings of all stretches; each is asked for apart, so that blocks can be skipped."""
    found: dict[CircuitId, PowerSeries] = {}
    for first, stop in stretches if circuits else ():
        asked = {"first": first, "stop": stop, "keys": list(circuits)}
        for key, instants, watts in cursor.execute(_READINGS, asked).fetchall():
            before, circuit = found.get(circuits[key], NO_READINGS), circuits[key]
            found[circuit] = PowerSeries(
                (*before.at_ms, *_numbers(instants)), (*before.watts, *_numbers(watts))
            )
    return found


def _energies(
    cursor: Connection, parts: PowerCells, keys: Mapping[CircuitId, int]
) -> tuple[Sequence[int], ...]:
    quarters = parts.quarters
    members = [
        (keys[circuit], place)
        for place, group in enumerate(parts.groups)
        for circuit in group
        if circuit in keys
    ]
    energies: list[Sequence[int]] = [[0] * len(quarters) for _ in parts.groups]
    if not members or not quarters:
        return tuple(energies)
    asked = {
        "first": quarters.start,
        "stop": quarters.stop,
        "keys": [key for key, _ in members],
        "groups": [place for _, place in members],
    }
    for place, numbers, found in cursor.execute(_ENERGIES, asked).fetchall():
        energies[place] = filled(quarters, _numbers(numbers), _numbers(found))
    return tuple(energies)
