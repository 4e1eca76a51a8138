"""From a question about power to the rows that answer it, and from these to the facts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from attrs import frozen
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.energy import (
    HOLD,
    NO_READINGS,
    QUARTER_HOUR_MS,
    CircuitFacts,
    PowerQuestion,
    PowerSeries,
    PowerSummary,
    QuarterHours,
    merged,
    milliseconds,
    summary_between,
    whole_quarter_hours,
)
from ...domain.identifiers import CircuitId, TenantId
from .power_tables import (
    HOUR_MS,
    QUARTERS,
    TOTALS,
    WIDE,
    days_of_circuits,
    hours_of_circuits,
    in_range,
    joined,
    power_day,
    rows_by_circuit,
)


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
        days = range(-(-first // QUARTERS), last // QUARTERS)
        if days.start > days.stop:
            pieces: tuple[tuple[int, int], ...] = ((first, last),)
            days = range(0)
        else:
            pieces = ((first, days.start * QUARTERS), (days.stop * QUARTERS, last))
        quarters = tuple(
            (low // QUARTERS, low % QUARTERS, low % QUARTERS + high - low)
            for low, high in pieces
            if low < high
        )
        return _Parts(days, quarters, edges)


@frozen
class Plan:
    """Which rows answer a question."""

    windows: tuple[_Parts, ...]
    days: range
    packed_days: frozenset[int]
    hours: frozenset[int]
    quarters: range
    told: tuple[int, int] | None

    @staticmethod
    def of(question: PowerQuestion) -> "Plan":
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
            hours.update(range(told[0] // HOUR_MS, told[1] // HOUR_MS + 1))
        return Plan(
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
    return range(quarters.start // QUARTERS, -(-quarters.stop // QUARTERS))


def _hours_of(start_ms: int, end_ms: int) -> range:
    """The hours whose readings decide what was held between two instants."""
    return range((start_ms - HOLD.max_gap_ms) // HOUR_MS, (end_ms + HOLD.max_gap_ms) // HOUR_MS + 1)


class Energies:
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
        first = quarters.start - days.start * QUARTERS
        found = []
        for sums in self._days:
            packed = (sums.get(day, 0).to_bytes(WIDE.size, "little") for day in days)
            every = [*chain.from_iterable(map(WIDE.unpack, packed))]
            found.append(every[first : first + len(quarters)])
        return tuple(found)


async def facts_of_circuits(
    connection: AsyncConnection,
    tenant: TenantId,
    circuits: Sequence[CircuitId],
    plan: Plan,
    energies: Energies,
) -> Mapping[CircuitId, CircuitFacts]:
    """The facts of some circuits; their energies go to the groups."""
    columns = [*TOTALS, power_day.c.quarter_energies][: None if plan.quarters else -1]
    queries = [in_range(power_day, tenant, circuits, plan.days, columns)] if plan.days else []
    totals = await rows_by_circuit(connection, queries, circuits)
    if plan.quarters:
        for circuit, rows in totals.items():
            energies.add(circuit, rows.values())
    days = await days_of_circuits(connection, tenant, circuits, plan.packed_days)
    hours = await hours_of_circuits(connection, tenant, circuits, plan.hours)
    return {
        one: CircuitFacts(
            tuple(_summary(part, totals[one], days[one], hours[one]) for part in plan.windows),
            joined(hours[one], *plan.told) if plan.told else NO_READINGS,
        )
        for one in circuits
    }


def _summary(
    window: _Parts,
    totals: Mapping[int, Sequence[int]],
    days: Mapping[int, QuarterHours],
    hours: Mapping[int, PowerSeries],
) -> PowerSummary:
    found = [
        summary_between(joined(hours, start - HOLD.max_gap_ms, end + HOLD.max_gap_ms), start, end)
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
