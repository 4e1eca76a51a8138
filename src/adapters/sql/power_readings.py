"""Power readings in the record store: an hour of a circuit is a row, so is a day's summary.

Readings of one circuit and hour are packed into one value, as the chunks of a
time-series database are: a week of 36 circuits by the minute is 6,048 rows and
not 362,880, and is read in a tenth of the time. Beside them every circuit has one
row for each UTC day: its totals, and its 96 quarter hours in packed columns.
Both are written in the same transaction, whose first statement moves the tenant's
position and thereby lets the writes of one tenant through one by one.
"""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain, islice
from typing import Any, TypeVar

from attrs import frozen
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
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType

from ...domain.energy import (
    HOLD,
    NO_READINGS,
    QUARTER_HOUR_MS,
    CircuitFacts,
    PowerFacts,
    PowerQuestion,
    PowerReading,
    PowerSeries,
    PowerSummary,
    QuarterHours,
    merged,
    milliseconds,
    quarter_hours,
    summary_between,
    whole_quarter_hours,
)
from ...domain.identifiers import CircuitId, TenantId
from .database import Database, metadata

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

_HOUR_MS = 3_600_000
_QUARTERS = 96
_WIDE, _NARROW = struct.Struct("<96q"), struct.Struct("<96i")
_TOTALS = [power_day.c[name] for name in ("energy_watt_ms", "covered_ms", "readings")]
_TOTALS += [power_day.c[name] for name in ("sum_of_readings_w", "peak_w")]
_DETAILED = power_day.join(
    power_day_detail,
    and_(*(power_day.c[one.name] == one for one in power_day_detail.primary_key)),
)
_QUARTER_COLUMNS = [power_day.c.quarter_energies, *list(power_day_detail.c)[3:]]
_CHUNK = 400  # of ids or numbers in one statement; its variables are limited
_INSERTS: Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

_Item = TypeVar("_Item")
_Hours = Mapping[CircuitId, dict[int, PowerSeries]]
_Days = Mapping[CircuitId, Mapping[int, QuarterHours]]


class SqlPowerReadingRepository:
    """Keeps packed hours of readings, and packed days of quarter-hour summaries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, tenant: TenantId, readings: Mapping[CircuitId, Sequence[PowerReading]]
    ) -> int:
        newer = {
            circuit: {milliseconds(one.at): one.watts for one in some}
            for circuit, some in readings.items()
            if some
        }
        if not newer:
            async with self._database.reading() as connection:
                return await _position(connection, tenant)
        async with self._database.writing() as connection:
            position = await self._moved(connection, tenant)
            for some in _chunks(newer):
                await self._write(connection, tenant, {one: newer[one] for one in some})
        return position

    async def _moved(self, connection: AsyncConnection, tenant: TenantId) -> int:
        statement = self._insert(power_position).values(tenant_id=tenant, position=1)
        moved = statement.on_conflict_do_update(
            index_elements=["tenant_id"], set_={"position": power_position.c.position + 1}
        ).returning(power_position.c.position)
        return int((await connection.execute(moved)).scalar_one())

    async def _write(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        newer: Mapping[CircuitId, Mapping[int, int]],
    ) -> None:
        by_hour = _by_hour(newer)
        beside = {hour + step for _, hour in by_hour for step in (-1, 0, 1)}
        hours = await _hours(connection, tenant, newer, beside)
        changed = []
        for (circuit, hour), some in by_hour.items():
            before = hours[circuit].get(hour, NO_READINGS)
            after = before.joined(some)
            if after != before:
                hours[circuit][hour] = after
                changed.append((circuit, hour))
        rows = [
            {"circuit_id": circuit, "hour": hour, "readings": _packed(hours[circuit][hour], hour)}
            for circuit, hour in changed
        ]
        await self._put(connection, power_hour, tenant, rows)
        await self._summarise(connection, tenant, hours, _touched(changed))

    async def _summarise(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        hours: _Hours,
        touched: Mapping[CircuitId, Set[int]],
    ) -> None:
        """Find the touched quarter hours anew and put them into their days."""
        wanted = {quarter // _QUARTERS for quarters in touched.values() for quarter in quarters}
        before = await _days(connection, tenant, touched, wanted)
        days: dict[tuple[CircuitId, int], _Day] = {}
        for circuit, quarters in touched.items():
            for first, count in _runs(quarters):
                series = _around(hours[circuit], first, count)
                found = quarter_hours(series, first, count)
                for quarter in range(first, first + count):
                    key = (circuit, quarter // _QUARTERS)
                    if key not in days:
                        days[key] = _Day.of(before[circuit].get(key[1]))
                    days[key].set(quarter, found)
        keys = [{"circuit_id": circuit, "day": day} for circuit, day in days]
        for table, part in ((power_day, _Day.row), (power_day_detail, _Day.detail)):
            rows = [{**key, **part(day)} for key, day in zip(keys, days.values(), strict=True)]
            await self._put(connection, table, tenant, rows)

    async def _put(
        self,
        connection: AsyncConnection,
        table: Table,
        tenant: TenantId,
        rows: Sequence[Mapping[str, Any]],
    ) -> None:
        if not rows:
            return
        statement = self._insert(table)
        keys = [column.name for column in table.primary_key]
        written = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=written),
            [{"tenant_id": tenant, **row} for row in rows],
        )

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        return _INSERTS[self._database.dialect](table)

    async def read(self, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
        plan = _Plan.of(question)
        circuits: dict[CircuitId, CircuitFacts] = {}
        energies = _Energies(question.demand.groups if question.demand else ())
        async with self._database.reading() as connection:
            if self._database.dialect == "postgresql":
                # Several statements must see one moment.
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            position = await _position(connection, tenant)
            for some in _chunks(question.circuits):
                circuits |= await _facts(connection, tenant, some, plan, energies)
        return PowerFacts(position, circuits, energies.of(plan.quarters))


@frozen
class _Day:
    """The quarter hours of one UTC day, to be written into."""

    energies: list[int]
    covered: list[int]
    readings: list[int]
    sums: list[int]
    peaks: list[int]

    @staticmethod
    def of(before: QuarterHours | None) -> "_Day":
        if before is None:
            energies, covered, readings, sums = ([0] * _QUARTERS for _ in range(4))
            return _Day(energies, covered, readings, sums, [-1] * _QUARTERS)
        columns = (before.energies, before.covered, before.readings, before.sums, before.peaks)
        energies, covered, readings, sums, peaks = map(list, columns)
        return _Day(energies, covered, readings, sums, peaks)

    def set(self, quarter: int, found: QuarterHours) -> None:
        to, source = quarter % _QUARTERS, quarter - found.first
        self.energies[to] = found.energies[source]
        self.covered[to] = found.covered[source]
        self.readings[to] = found.readings[source]
        self.sums[to] = found.sums[source]
        self.peaks[to] = found.peaks[source]

    def row(self) -> Mapping[str, Any]:
        return {
            "energy_watt_ms": sum(self.energies),
            "covered_ms": sum(self.covered),
            "readings": sum(self.readings),
            "sum_of_readings_w": sum(self.sums),
            "peak_w": max(self.peaks),
            "quarter_energies": _WIDE.pack(*self.energies),
        }

    def detail(self) -> Mapping[str, Any]:
        return {
            "quarter_covered": _NARROW.pack(*self.covered),
            "quarter_readings": _NARROW.pack(*self.readings),
            "quarter_sums": _WIDE.pack(*self.sums),
            "quarter_peaks": _NARROW.pack(*self.peaks),
        }


@frozen
class _Parts:
    """A window taken apart: days, quarter hours of other days, and what is finer.

    Args:
        days: Whole UTC days, by number.
        quarters: Day, first quarter hour and the one after the last, within the day.
        edges: Bounds of what lies inside a quarter hour. [ms, ms]
    """

    days: range
    quarters: tuple[tuple[int, int, int], ...]
    edges: tuple[tuple[int, int], ...]

    @staticmethod
    def of(start: int, end: int) -> "_Parts":
        first, last = -(-start // QUARTER_HOUR_MS), end // QUARTER_HOUR_MS
        if first >= last:
            return _Parts(range(0), (), ((start, end),))
        bounds = ((start, first * QUARTER_HOUR_MS), (last * QUARTER_HOUR_MS, end))
        edges = tuple(bound for bound in bounds if bound[0] < bound[1])
        days = range(-(-first // _QUARTERS), last // _QUARTERS)
        if days.start > days.stop:
            pieces: tuple[tuple[int, int], ...] = ((first, last),)
            days = range(0)
        else:
            pieces = ((first, days.start * _QUARTERS), (days.stop * _QUARTERS, last))
        quarters = tuple(
            (low // _QUARTERS, low % _QUARTERS, low % _QUARTERS + high - low)
            for low, high in pieces
            if low < high
        )
        return _Parts(days, quarters, edges)


@frozen
class _Plan:
    """Which rows answer a question."""

    windows: tuple[_Parts, ...]
    days: range
    packed_days: frozenset[int]
    hours: frozenset[int]
    quarters: range
    told: tuple[int, int] | None

    @staticmethod
    def of(question: PowerQuestion) -> "_Plan":
        windows = tuple(
            _Parts.of(milliseconds(one.start), milliseconds(one.end)) for one in question.windows
        )
        quarters = whole_quarter_hours(question.demand.window) if question.demand else range(0)
        days = [one.days for one in windows if one.days]
        if quarters:
            days.append(_days_of(quarters))
        hours = {hour for one in windows for edge in one.edges for hour in _hours_of(*edge)}
        told = None
        if question.readings_in:
            told = (
                milliseconds(question.readings_in.start) - HOLD.max_gap_ms,
                milliseconds(question.readings_in.end) + HOLD.max_gap_ms,
            )
            hours.update(range(told[0] // _HOUR_MS, told[1] // _HOUR_MS + 1))
        return _Plan(
            windows,
            range(
                min((some.start for some in days), default=0),
                max((some.stop for some in days), default=0),
            ),
            frozenset(day for one in windows for day, _, _ in one.quarters),
            frozenset(hours),
            quarters,
            told,
        )


def _days_of(quarters: range) -> range:
    """The days that quarter hours touch."""
    return range(quarters.start // _QUARTERS, -(-quarters.stop // _QUARTERS))


class _Energies:
    """Energies of quarter hours, added up by group while rows come in.

    The 96 numbers of a day are added as one large integer: each has 64 bits, and
    the sum of a hundred thousand circuits at a hundred megawatts still fits.
    """

    def __init__(self, groups: Sequence[Sequence[CircuitId]]) -> None:
        self._days: list[defaultdict[int, int]] = [defaultdict(int) for _ in groups]
        self._of: defaultdict[CircuitId, list[defaultdict[int, int]]] = defaultdict(list)
        for group, days in zip(groups, self._days, strict=True):
            for circuit in group:
                self._of[circuit].append(days)

    def add(self, circuit: CircuitId, rows: Iterable[Sequence[Any]]) -> None:
        """Add days of a circuit to its groups: the day stands second, its energies last."""
        for days in self._of[circuit]:
            for row in rows:
                days[row[1]] += int.from_bytes(row[-1], "little")

    def of(self, quarters: range) -> tuple[Sequence[int], ...]:
        """The energies of each group in these quarter hours."""
        days = _days_of(quarters)
        first = quarters.start - days.start * _QUARTERS
        found = []
        for sums in self._days:
            packed = (sums.get(day, 0).to_bytes(_WIDE.size, "little") for day in days)
            every = [*chain.from_iterable(map(_WIDE.unpack, packed))]
            found.append(every[first : first + len(quarters)])
        return tuple(found)


async def _position(connection: AsyncConnection, tenant: TenantId) -> int:
    query = select(power_position.c.position).where(power_position.c.tenant_id == tenant)
    return int((await connection.execute(query)).scalar_one_or_none() or 0)


async def _facts(
    connection: AsyncConnection,
    tenant: TenantId,
    circuits: Sequence[CircuitId],
    plan: _Plan,
    energies: _Energies,
) -> Mapping[CircuitId, CircuitFacts]:
    columns = [*_TOTALS, power_day.c.quarter_energies][: None if plan.quarters else -1]
    queries = [_range(power_day, tenant, circuits, plan.days, columns)] if plan.days else []
    totals = await _rows(connection, queries, circuits)
    if plan.quarters:
        for circuit, rows in totals.items():
            energies.add(circuit, rows.values())
    days = await _days(connection, tenant, circuits, plan.packed_days)
    hours = await _hours(connection, tenant, circuits, plan.hours)
    return {
        one: CircuitFacts(
            tuple(_summary(part, totals[one], days[one], hours[one]) for part in plan.windows),
            _joined(hours[one], *plan.told) if plan.told else NO_READINGS,
        )
        for one in circuits
    }


async def _rows(
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


def _summary(
    window: _Parts,
    totals: Mapping[int, Sequence[int]],
    days: Mapping[int, QuarterHours],
    hours: Mapping[int, PowerSeries],
) -> PowerSummary:
    found = [
        summary_between(_joined(hours, start - HOLD.max_gap_ms, end + HOLD.max_gap_ms), start, end)
        for start, end in window.edges
    ]
    found += [days[day].summary(first, last) for day, first, last in window.quarters if day in days]
    rows = [totals[day][2:7] for day in window.days if day in totals]
    if rows:
        energy, covered, readings, sums, peaks = zip(*rows, strict=True)
        peak = max(peaks)
        found.append(
            PowerSummary(
                sum(energy), sum(covered), sum(readings), sum(sums), None if peak < 0 else peak
            )
        )
    return found[0] if len(found) == 1 else merged(found)


def _range(
    table: Table,
    tenant: TenantId,
    circuits: Sequence[CircuitId],
    numbers: range,
    columns: Sequence[Column[Any]],
) -> Select[Any]:
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
            yield _range(table, tenant, wanted, hull, columns)
        return
    for some in _chunks(sorted(numbers)):
        number = _number(table)
        yield select(_circuit(table), number, *columns).where(
            table.c.tenant_id == tenant, table.c.circuit_id.in_(wanted), number.in_(some)
        )


def _circuit(table: Table) -> ColumnElement[Any]:
    return type_coerce(table.c.circuit_id, NullType())


def _number(table: Table) -> Column[Any]:
    """The column of the day or hour."""
    return list(table.primary_key)[-1]


async def _hours(
    connection: AsyncConnection,
    tenant: TenantId,
    circuits: Iterable[CircuitId],
    numbers: Set[int],
) -> _Hours:
    columns = [power_hour.c.readings]
    queries = _chosen(power_hour, tenant, circuits, numbers, columns)
    found = await _rows(connection, queries, circuits)
    return {
        circuit: {hour: _unpacked(row[2], hour) for hour, row in rows.items()}
        for circuit, rows in found.items()
    }


async def _days(
    connection: AsyncConnection,
    tenant: TenantId,
    circuits: Iterable[CircuitId],
    numbers: Set[int],
) -> _Days:
    queries = _chosen(power_day, tenant, circuits, numbers, _QUARTER_COLUMNS)
    detailed = (query.select_from(_DETAILED) for query in queries)
    found = await _rows(connection, detailed, circuits)
    return {
        circuit: {day: _day(day, *row[2:]) for day, row in rows.items()}
        for circuit, rows in found.items()
    }


def _day(day: int, energies: bytes, *others: bytes) -> QuarterHours:
    covered, readings, sums, peaks = others
    return QuarterHours(
        day * _QUARTERS,
        _WIDE.unpack(energies),
        _NARROW.unpack(covered),
        _NARROW.unpack(readings),
        _WIDE.unpack(sums),
        _NARROW.unpack(peaks),
    )


def _by_hour(
    newer: Mapping[CircuitId, Mapping[int, int]],
) -> dict[tuple[CircuitId, int], dict[int, int]]:
    found: dict[tuple[CircuitId, int], dict[int, int]] = {}
    for circuit, values in newer.items():
        for at, watts in values.items():
            found.setdefault((circuit, at // _HOUR_MS), {})[at] = watts
    return found


def _touched(changed: Iterable[tuple[CircuitId, int]]) -> Mapping[CircuitId, Set[int]]:
    """The quarter hours that changed hours can touch: theirs, and one to either side.

    A reading ends the hold of the one before it and may bridge the gap to it.
    """
    found: dict[CircuitId, set[int]] = {}
    for circuit, hour in changed:
        found.setdefault(circuit, set()).update(range(4 * hour - 1, 4 * hour + 5))
    return found


def _runs(numbers: Set[int]) -> Iterator[tuple[int, int]]:
    """Numbers as stretches without a gap: first and count."""
    first = count = 0
    for number in sorted(numbers):
        if count and number == first + count:
            count += 1
            continue
        if count:
            yield first, count
        first, count = number, 1
    if count:
        yield first, count


def _around(hours: Mapping[int, PowerSeries], first: int, count: int) -> PowerSeries:
    start, end = first * QUARTER_HOUR_MS, (first + count) * QUARTER_HOUR_MS
    return _joined(hours, start - HOLD.max_gap_ms, end + HOLD.max_gap_ms)


def _joined(hours: Mapping[int, PowerSeries], start_ms: int, end_ms: int) -> PowerSeries:
    numbers = range(start_ms // _HOUR_MS, end_ms // _HOUR_MS + 1)
    found = [hours[hour] for hour in numbers if hour in hours]
    every = PowerSeries(
        tuple(chain.from_iterable(one.at_ms for one in found)),
        tuple(chain.from_iterable(one.watts for one in found)),
    )
    return every.between(start_ms, end_ms)


def _hours_of(start_ms: int, end_ms: int) -> range:
    """The hours whose readings decide what was held between two instants."""
    return range(
        (start_ms - HOLD.max_gap_ms) // _HOUR_MS, (end_ms + HOLD.max_gap_ms) // _HOUR_MS + 1
    )


def _packed(series: PowerSeries, hour: int) -> bytes:
    start = hour * _HOUR_MS
    values = chain((at - start for at in series.at_ms), series.watts)
    return struct.pack(f"<{2 * len(series)}I", *values)


def _unpacked(packed: bytes, hour: int) -> PowerSeries:
    start, count = hour * _HOUR_MS, len(packed) // 8
    values = struct.unpack(f"<{2 * count}I", packed)
    return PowerSeries(tuple([start + at for at in values[:count]]), values[count:])


def _chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while some := list(islice(rest, _CHUNK)):
        yield some
