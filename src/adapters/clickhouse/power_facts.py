"""From a question about power to sums of the servers, and from these to the facts."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, frozen

from ...domain.energy import (
    NO_READINGS,
    PowerFacts,
    PowerQuestion,
    PowerSeries,
    PowerSummary,
)
from ...domain.identifiers import CircuitId, TenantId
from ..power_cells import Cells, PowerCells, filled
from .node import ClickHouseNode
from .power_statements import CELLS, ENERGIES, READINGS
from .servers import everyone


@frozen
class Seen:
    """What a reader sees of a tenant: the appends up to one, without those that broke off."""

    version: int = 0
    position: int = 0
    abandoned: tuple[int, ...] = ()

    def after(self, begun: int, position: int) -> "Seen":
        """What is seen once another append has come to its end.

        Args:
            begun: The last append that was begun, whatever became of it.
            position: The position then.

        >>> Seen(4, 3).after(6, 4)
        Seen(version=7, position=4, abandoned=(5, 6))
        """
        broken_off = range(self.version + 1, begun + 1)
        return Seen(max(self.version, begun) + 1, position, (*self.abandoned, *broken_off))


async def facts(
    nodes: Sequence[ClickHouseNode], tenant: TenantId, question: PowerQuestion, seen: Seen
) -> PowerFacts:
    """The answer to a question, as of an append."""
    parts = PowerCells.of(question)
    if seen.version == 0 or not question.circuits:
        nothing = tuple([0] * len(parts.quarters) for _ in parts.groups)
        return parts.facts(seen.position, question.circuits, {}, {}, nothing)
    asked = {"tenant": tenant, "through": seen.version, "abandoned": list(seen.abandoned)}
    asking = _Asking(nodes, parts, {**asked, "circuits": list(question.circuits)})
    cells, series, energies = await asyncio.gather(
        asking.cells(), asking.series(), asking.energies()
    )
    return parts.facts(seen.position, question.circuits, cells, series, energies)


@define
class _Asking:
    """One question on its way; each circuit is on one server, so that answers add up."""

    nodes: Sequence[ClickHouseNode]
    parts: PowerCells
    asked: Mapping[str, object]

    async def cells(self) -> Cells:
        if not self.parts.bounds:
            return {}
        *starts, stop = self.parts.bounds
        places = {start: place for place, start in enumerate(starts)}
        found: defaultdict[CircuitId, dict[int, PowerSummary]] = defaultdict(dict)
        rows = await self._everywhere(CELLS, first=starts[0], stop=stop, starts=starts)
        for circuit, start, *sums in rows:
            found[CircuitId(circuit)][places[start]] = PowerSummary(*sums)
        return found

    async def series(self) -> Mapping[CircuitId, PowerSeries]:
        found: dict[CircuitId, PowerSeries] = {}
        for first, stop in self.parts.stretches:
            rows = await self._everywhere(READINGS, first=first, stop=stop)
            for circuit, instants, watts in rows:
                before = found.get(circuit, NO_READINGS)
                found[circuit] = PowerSeries((*before.at_ms, *instants), (*before.watts, *watts))
        return found

    async def energies(self) -> tuple[Sequence[int], ...]:
        quarters, groups = self.parts.quarters, self.parts.groups
        energies = [[0] * len(quarters) for _ in groups]
        if not quarters or not any(groups):
            return tuple(energies)
        rows = await self._everywhere(
            ENERGIES,
            circuits=[circuit for group in groups for circuit in group],
            groups=[place for place, group in enumerate(groups) for _ in group],
            first=quarters.start,
            stop=quarters.stop,
        )
        for place, numbers, found in rows:
            some = filled(quarters, numbers, found)
            energies[place] = [one + more for one, more in zip(energies[place], some, strict=True)]
        return tuple(energies)

    async def _everywhere(self, statement: str, **values: object) -> Sequence[Sequence[Any]]:
        bound = {**self.asked, **values}
        found = await everyone(node.ask(statement, bound) for node in self.nodes)
        return [row for rows in found for row in rows]
