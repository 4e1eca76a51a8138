"""A question about power taken apart for an engine: whole quarter hours, and the edges of windows.

The bounds of all windows cut time into cells of whole quarter hours. An engine adds up its
quarter hours by circuit and cell; a window is some cells that follow each other, and what
lies inside a quarter hour at either end is found from the readings around it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from ..domain.energy import (
    HOLD,
    NO_READINGS,
    QUARTER_HOUR_MS,
    CircuitFacts,
    PowerFacts,
    PowerQuestion,
    PowerSeries,
    PowerSummary,
    merged,
    milliseconds,
    summary_between,
    whole_quarter_hours,
)
from ..domain.identifiers import CircuitId

Cells = Mapping[CircuitId, Mapping[int, PowerSummary]]
"""What each circuit did in each cell, by the number of the cell; nothing where it is missing."""


@frozen
class _Window:
    """Whole quarter hours of a window, by number, and what is left of it on either side. [ms]"""

    quarters: range
    edges: tuple[tuple[int, int], ...]

    @staticmethod
    def of(start: int, end: int) -> "_Window":
        first, last = -(-start // QUARTER_HOUR_MS), end // QUARTER_HOUR_MS
        if first >= last:
            return _Window(range(0), ((start, end),))
        bounds = ((start, first * QUARTER_HOUR_MS), (last * QUARTER_HOUR_MS, end))
        return _Window(range(first, last), tuple(one for one in bounds if one[0] < one[1]))


@frozen
class PowerCells:
    """Which quarter hours and readings answer a question.

    Args:
        bounds: Numbers of quarter hours at which cells begin, ascending; the last ends the last.
        stretches: Where every reading is needed, from and before, apart from each other. [ms]
        quarters: The quarter hours whose energies are asked for.
        groups: Of which circuits, added up.
    """

    bounds: tuple[int, ...]
    stretches: tuple[tuple[int, int], ...]
    quarters: range
    groups: tuple[tuple[CircuitId, ...], ...]
    _windows: tuple[_Window, ...]
    _told: tuple[int, int] | None

    @staticmethod
    def of(question: PowerQuestion) -> "PowerCells":
        """The parts of a question."""
        windows = [(milliseconds(one.start), milliseconds(one.end)) for one in question.windows]
        parts = tuple(_Window.of(start, end) for start, end in windows)
        cuts = {cut for one in parts if one.quarters for cut in _ends(one.quarters)}
        told = None
        needed = [_around(*edge) for one in parts for edge in one.edges]
        if question.readings_in is not None:
            inside = question.readings_in
            told = _around(milliseconds(inside.start), milliseconds(inside.end))
            needed.append(told)
        demand = question.demand
        return PowerCells(
            tuple(sorted(cuts)),
            _apart(needed),
            whole_quarter_hours(demand.window) if demand else range(0),
            demand.groups if demand else (),
            parts,
            told,
        )

    def facts(
        self,
        position: int,
        circuits: Iterable[CircuitId],
        cells: Cells,
        series: Mapping[CircuitId, PowerSeries],
        energies: tuple[Sequence[int], ...],
    ) -> PowerFacts:
        """The answer, from what an engine found.

        Args:
            position: How often readings had been appended.
            circuits: Which were asked for.
            cells: Sums of quarter hours.
            series: The readings of `stretches`.
            energies: Those of `quarters` for each of `groups`. [W·ms]
        """
        facts = {
            one: self._of_one(cells.get(one, {}), series.get(one, NO_READINGS)) for one in circuits
        }
        return PowerFacts(position, facts, energies)

    def _of_one(self, cells: Mapping[int, PowerSummary], series: PowerSeries) -> CircuitFacts:
        summaries = tuple(self._summary(one, cells, series) for one in self._windows)
        return CircuitFacts(summaries, series.between(*self._told) if self._told else NO_READINGS)

    def _summary(
        self, window: _Window, cells: Mapping[int, PowerSummary], series: PowerSeries
    ) -> PowerSummary:
        found = [
            summary_between(series.between(*_around(start, end)), start, end)
            for start, end in window.edges
        ]
        if window.quarters:
            first, stop = (bisect_left(self.bounds, end) for end in _ends(window.quarters))
            found += [cells[number] for number in range(first, stop) if number in cells]
        return found[0] if len(found) == 1 else merged(found)


def filled(quarters: range, numbers: Sequence[int], energies: Sequence[int]) -> list[int]:
    """Energies of all these quarter hours, zero where none was found. [W·ms]"""
    every = [0] * len(quarters)
    for number, energy in zip(numbers, energies, strict=True):
        every[number - quarters.start] = energy
    return every


def series_of(rows: Iterable[tuple[CircuitId, int, int]]) -> Mapping[CircuitId, PowerSeries]:
    """Readings by circuit, from rows of circuit, instant and watts, ascending by instant."""
    found: dict[CircuitId, tuple[list[int], list[int]]] = {}
    for circuit, at, watts in rows:
        instants, powers = found.setdefault(circuit, ([], []))
        instants.append(at)
        powers.append(watts)
    return {
        circuit: PowerSeries(tuple(instants), tuple(powers))
        for circuit, (instants, powers) in found.items()
    }


def _ends(quarters: range) -> tuple[int, int]:
    return quarters.start, quarters.stop


def _around(start: int, end: int) -> tuple[int, int]:
    """Where the readings lie that decide what was held between two instants."""
    return start - HOLD.max_gap_ms, end + HOLD.max_gap_ms


def _apart(stretches: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Stretches in order, those that touch made one, so that no reading is told twice."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
