"""Power readings in the record store, packed by hour, with summaries by quarter hour and day.

Both are written in the same transaction, whose first statement moves the tenant's
position and thereby lets the writes of one tenant through one by one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from attrs import frozen
from sqlalchemy import Table, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.energy import (
    HOLD,
    NO_READINGS,
    QUARTER_HOUR_MS,
    CircuitFacts,
    PowerFacts,
    PowerQuestion,
    PowerReading,
    PowerSeries,
    QuarterHours,
    milliseconds,
    quarter_hours,
)
from ...domain.identifiers import CircuitId, TenantId
from .database import Database
from .power_facts import Energies, Plan, facts_of_circuits
from .power_tables import (
    HOUR_MS,
    INSERTS,
    NARROW,
    QUARTERS,
    WIDE,
    Hours,
    chunks,
    days_of_circuits,
    hours_of_circuits,
    joined,
    packed_hour,
    power_day,
    power_day_detail,
    power_hour,
    power_position,
)


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
            async with self._database.reading(tenant) as connection:
                return await _position(connection, tenant)
        async with self._database.writing(tenant) as connection:
            position = await self._moved(connection, tenant)
            for some in chunks(newer):
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
        hours = await hours_of_circuits(connection, tenant, newer, beside)
        changed = []
        for (circuit, hour), some in by_hour.items():
            before = hours[circuit].get(hour, NO_READINGS)
            after = before.joined(some)
            if after != before:
                hours[circuit][hour] = after
                changed.append((circuit, hour))
        rows = [
            {
                "circuit_id": circuit,
                "hour": hour,
                "readings": packed_hour(hours[circuit][hour], hour),
            }
            for circuit, hour in changed
        ]
        await self._put(connection, power_hour, tenant, rows)
        await self._summarise(connection, tenant, hours, _touched(changed))

    async def _summarise(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        hours: Hours,
        touched: Mapping[CircuitId, Set[int]],
    ) -> None:
        """Find the touched quarter hours anew and put them into their days."""
        wanted = {quarter // QUARTERS for quarters in touched.values() for quarter in quarters}
        before = await days_of_circuits(connection, tenant, touched, wanted)
        days: dict[tuple[CircuitId, int], _Day] = {}
        for circuit, quarters in touched.items():
            for first, count in _runs(quarters):
                series = _around(hours[circuit], first, count)
                found = quarter_hours(series, first, count)
                for quarter in range(first, first + count):
                    key = (circuit, quarter // QUARTERS)
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
        return INSERTS[self._database.dialect](table)

    async def read(self, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
        plan = Plan.of(question)
        circuits: dict[CircuitId, CircuitFacts] = {}
        energies = Energies(question.demand.groups if question.demand else ())
        async with self._database.reading(tenant) as connection:
            if self._database.dialect == "postgresql":
                # Several statements must see one moment.
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            position = await _position(connection, tenant)
            for some in chunks(question.circuits):
                circuits |= await facts_of_circuits(connection, tenant, some, plan, energies)
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
            energies, covered, readings, sums = ([0] * QUARTERS for _ in range(4))
            return _Day(energies, covered, readings, sums, [-1] * QUARTERS)
        columns = (before.energies, before.covered, before.readings, before.sums, before.peaks)
        energies, covered, readings, sums, peaks = map(list, columns)
        return _Day(energies, covered, readings, sums, peaks)

    def set(self, quarter: int, found: QuarterHours) -> None:
        to, source = quarter % QUARTERS, quarter - found.first
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
            "quarter_energies": WIDE.pack(*self.energies),
        }

    def detail(self) -> Mapping[str, Any]:
        return {
            "quarter_covered": NARROW.pack(*self.covered),
            "quarter_readings": NARROW.pack(*self.readings),
            "quarter_sums": WIDE.pack(*self.sums),
            "quarter_peaks": NARROW.pack(*self.peaks),
        }


async def _position(connection: AsyncConnection, tenant: TenantId) -> int:
    query = select(power_position.c.position).where(power_position.c.tenant_id == tenant)
    return int((await connection.execute(query)).scalar_one_or_none() or 0)


def _by_hour(
    newer: Mapping[CircuitId, Mapping[int, int]],
) -> dict[tuple[CircuitId, int], dict[int, int]]:
    found: dict[tuple[CircuitId, int], dict[int, int]] = {}
    for circuit, values in newer.items():
        for at, watts in values.items():
            found.setdefault((circuit, at // HOUR_MS), {})[at] = watts
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
    return joined(hours, start - HOLD.max_gap_ms, end + HOLD.max_gap_ms)
