"""Tables of power readings: an hour of a circuit is a row, so is a day's summary.

Readings of one circuit and hour are packed into one value, as the chunks of a
time-series database are: a week of 36 circuits by the minute is 6,048 rows and
not 362,880, and is read in a tenth of the time. Beside them every circuit has one
row for each UTC day: its totals, and its 96 quarter hours in packed columns.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain, islice
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType

from ...domain.energy import PowerSeries, QuarterHours
from ...domain.identifiers import CircuitId, TenantId
from .database import metadata

power_position = Table(
    "power_position",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

#: `hour` counts from 1970; `readings` holds all milliseconds after its start, then
#: all watts, as unsigned 32-bit numbers, little-endian, ascending by instant.
power_hour = Table(
    "power_hour",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("circuit_id", Uuid, primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("readings", LargeBinary, nullable=False),
)

#: `day` counts from 1970. Five figures of the whole UTC day, a peak of -1 meaning that
#: nothing was held, and the energies of its quarter hours: 96 signed 64-bit numbers,
#: little-endian.
power_day = Table(
    "power_day",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("circuit_id", Uuid, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("energy_watt_ms", BigInteger, nullable=False),
    Column("covered_ms", BigInteger, nullable=False),
    Column("readings", BigInteger, nullable=False),
    Column("sum_of_readings_w", BigInteger, nullable=False),
    Column("peak_w", BigInteger, nullable=False),
    Column("quarter_energies", LargeBinary, nullable=False),
)

#: What else is known of the quarter hours of a day, apart from it so that four days
#: fit a page of SQLite: 96 signed numbers each, of 64 bits the sums, of 32 the others.
power_day_detail = Table(
    "power_day_detail",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("circuit_id", Uuid, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("quarter_covered", LargeBinary, nullable=False),
    Column("quarter_readings", LargeBinary, nullable=False),
    Column("quarter_sums", LargeBinary, nullable=False),
    Column("quarter_peaks", LargeBinary, nullable=False),
)

HOUR_MS = 3_600_000
QUARTERS = 96
WIDE, NARROW = struct.Struct("<96q"), struct.Struct("<96i")
TOTALS = [power_day.c[name] for name in ("energy_watt_ms", "covered_ms", "readings")]
TOTALS += [power_day.c[name] for name in ("sum_of_readings_w", "peak_w")]
_DETAILED = power_day.join(
    power_day_detail,
    and_(*(power_day.c[one.name] == one for one in power_day_detail.primary_key)),
)
_QUARTER_COLUMNS = [power_day.c.quarter_energies, *list(power_day_detail.c)[3:]]
_CHUNK = 400  # of ids or numbers in one statement; its variables are limited
INSERTS: Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

_Item = TypeVar("_Item")
Hours = Mapping[CircuitId, dict[int, PowerSeries]]
Days = Mapping[CircuitId, Mapping[int, QuarterHours]]


async def rows_by_circuit(
    connection: AsyncConnection, queries: Iterable[Select[Any]], circuits: Iterable[CircuitId]
) -> dict[CircuitId, dict[int, Sequence[Any]]]:
    """Rows by circuit and number; these two are the first columns of the queries."""
    found: dict[CircuitId, dict[int, Sequence[Any]]] = {one: {} for one in circuits}
    # The id comes as the driver gives it: making a UUID of it takes longer than the row.
    known: dict[object, dict[int, Sequence[Any]]] = {}
    for circuit, rows in found.items():
        known[circuit] = known[circuit.hex] = rows
    for query in queries:
        for row in (await connection.execute(query)).all():
            known[row[0]][row[1]] = row
    return found


def in_range(
    table: Table,
    tenant: TenantId,
    circuits: Sequence[CircuitId],
    numbers: range,
    columns: Sequence[Column[Any]],
) -> Select[Any]:
    """The statement that selects columns of circuits within days or hours."""
    number = _number(table)
    return select(_circuit(table), number, *columns).where(
        table.c.tenant_id == tenant,
        table.c.circuit_id.in_(circuits),
        number >= numbers.start,
        number < numbers.stop,
    )


def _chosen(
    table: Table,
    tenant: TenantId,
    circuits: Iterable[CircuitId],
    numbers: Set[int],
    columns: Sequence[Column[Any]],
) -> Iterator[Select[Any]]:
    """Statements that select the rows of these circuits and these days or hours."""
    wanted = list(circuits)
    hull = range(min(numbers, default=0), max(numbers, default=-1) + 1)
    if len(hull) <= 2 * len(numbers):
        if hull:
            yield in_range(table, tenant, wanted, hull, columns)
        return
    for some in chunks(sorted(numbers)):
        number = _number(table)
        yield select(_circuit(table), number, *columns).where(
            table.c.tenant_id == tenant, table.c.circuit_id.in_(wanted), number.in_(some)
        )


def _circuit(table: Table) -> ColumnElement[Any]:
    return type_coerce(table.c.circuit_id, NullType())


def _number(table: Table) -> Column[Any]:
    """The column of the day or hour."""
    return list(table.primary_key)[-1]


async def hours_of_circuits(
    connection: AsyncConnection,
    tenant: TenantId,
    circuits: Iterable[CircuitId],
    numbers: Set[int],
) -> Hours:
    """The readings of some hours of some circuits."""
    columns = [power_hour.c.readings]
    queries = _chosen(power_hour, tenant, circuits, numbers, columns)
    found = await rows_by_circuit(connection, queries, circuits)
    return {
        circuit: {hour: unpacked_hour(row[2], hour) for hour, row in rows.items()}
        for circuit, rows in found.items()
    }


async def days_of_circuits(
    connection: AsyncConnection,
    tenant: TenantId,
    circuits: Iterable[CircuitId],
    numbers: Set[int],
) -> Days:
    """The quarter hours of some days of some circuits."""
    queries = _chosen(power_day, tenant, circuits, numbers, _QUARTER_COLUMNS)
    detailed = (query.select_from(_DETAILED) for query in queries)
    found = await rows_by_circuit(connection, detailed, circuits)
    return {
        circuit: {day: _day(day, *row[2:]) for day, row in rows.items()}
        for circuit, rows in found.items()
    }


def _day(day: int, energies: bytes, *others: bytes) -> QuarterHours:
    covered, readings, sums, peaks = others
    return QuarterHours(
        day * QUARTERS,
        WIDE.unpack(energies),
        NARROW.unpack(covered),
        NARROW.unpack(readings),
        WIDE.unpack(sums),
        NARROW.unpack(peaks),
    )


def joined(hours: Mapping[int, PowerSeries], start_ms: int, end_ms: int) -> PowerSeries:
    """One series of the readings between two instants, from hours that hold them."""
    numbers = range(start_ms // HOUR_MS, end_ms // HOUR_MS + 1)
    found = [hours[hour] for hour in numbers if hour in hours]
    every = PowerSeries(
        tuple(chain.from_iterable(one.at_ms for one in found)),
        tuple(chain.from_iterable(one.watts for one in found)),
    )
    return every.between(start_ms, end_ms)


def packed_hour(series: PowerSeries, hour: int) -> bytes:
    """The readings of an hour as `power_hour` keeps them."""
    start = hour * HOUR_MS
    values = chain((at - start for at in series.at_ms), series.watts)
    return struct.pack(f"<{2 * len(series)}I", *values)


def unpacked_hour(packed: bytes, hour: int) -> PowerSeries:
    """The readings that `packed_hour` packed."""
    start, count = hour * HOUR_MS, len(packed) // 8
    values = struct.unpack(f"<{2 * count}I", packed)
    return PowerSeries(tuple([start + at for at in values[:count]]), values[count:])


def chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Items in lists short enough for one statement."""
    rest = iter(items)
    while some := list(islice(rest, _CHUNK)):
        yield some
