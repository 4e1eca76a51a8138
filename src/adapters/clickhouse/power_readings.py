"""Power readings in ClickHouse."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import msgspec

from ...domain.energy import PowerFacts, PowerQuestion, PowerReading, PowerSeries
from ...domain.identifiers import CircuitId, TenantId
from .node import ClickHouseNode
from .power_facts import Seen, facts
from .power_statements import BEGUN, DONE, SUMMARISE
from .power_tables import prepared_for_power, shard_of_circuit
from .servers import everyone, open_nodes

Turn = Callable[[TenantId], AbstractAsyncContextManager[None]]
"""Lets one append of a tenant through at a time, whichever process it is in."""

_READING_COLUMNS = ("tenant", "circuit", "at_ms", "watts", "version")
_SETTINGS = {"max_partitions_per_insert_block": 0}
_encoder = msgspec.json.Encoder()


class ClickHousePowerReadingRepository:
    """Each circuit on one server; an append is seen when its mark is written, as its last act.

    A row is never changed: it tells which append brought it. Readers go by the mark that they
    found first, so what they see is of one moment, without a lock.

    Args:
        nodes: The servers, in an order that never changes; the marks are on the first.
        turn: Lets the appends of a tenant through one by one. With others than those of this
            process, it must hold them back as well.
    """

    def __init__(self, nodes: Sequence[ClickHouseNode], turn: Turn) -> None:
        self._nodes = tuple(nodes)
        self._turn = turn

    async def ready(self) -> None:
        """Make sure that every server is there, with its tables.

        Raises:
            Unavailable: If one is not.
        """
        await everyone(node.ask("select 1") for node in self._nodes)

    async def append(
        self, tenant: TenantId, readings: Mapping[CircuitId, Sequence[PowerReading]]
    ) -> int:
        newer = {one: PowerSeries.of(some) for one, some in readings.items() if some}
        if not newer:
            return (await self._seen(tenant)).position
        async with self._turn(tenant):
            seen = await self._seen(tenant)
            await self._append(tenant, newer, seen, seen.position + 1)
        return seen.position + 1

    async def adopt(
        self, tenant: TenantId, readings: Mapping[CircuitId, PowerSeries], position: int
    ) -> None:
        async with self._turn(tenant):
            seen = await self._seen(tenant)
            if seen.position == 0:
                await self._append(tenant, readings, seen, position)

    async def _append(
        self,
        tenant: TenantId,
        newer: Mapping[CircuitId, PowerSeries],
        seen: Seen,
        position: int,
    ) -> None:
        ((begun,),) = await self._nodes[0].ask(BEGUN, {"tenant": tenant})
        now = seen.after(begun, position)
        row = {"tenant": tenant, "version": now.version}
        await self._nodes[0].insert("power_begun", tuple(row), _encoder.encode(row))
        await everyone(
            _load(node, tenant, some, seen, now.version)
            for node, some in zip(self._nodes, self._shares(tenant, newer), strict=True)
        )
        done = {**row, "position": position, "abandoned": now.abandoned}
        await self._nodes[0].insert("power_done", tuple(done), _encoder.encode(done))

    async def read(self, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
        return await facts(self._nodes, tenant, question, await self._seen(tenant))

    async def _seen(self, tenant: TenantId) -> Seen:
        for version, position, abandoned in await self._nodes[0].ask(DONE, {"tenant": tenant}):
            return Seen(version, position, tuple(abandoned))
        return Seen()

    def _shares(
        self, tenant: TenantId, newer: Mapping[CircuitId, PowerSeries]
    ) -> Sequence[Mapping[CircuitId, PowerSeries]]:
        """What each server gets."""
        shares: list[dict[CircuitId, PowerSeries]] = [{} for _ in self._nodes]
        for circuit, series in newer.items():
            shares[shard_of_circuit(tenant, circuit, len(shares))][circuit] = series
        return shares


async def _load(
    node: ClickHouseNode,
    tenant: TenantId,
    some: Mapping[CircuitId, PowerSeries],
    seen: Seen,
    version: int,
) -> None:
    """Readings, then the quarter hours that they change."""
    if not some:
        return
    lines = await asyncio.to_thread(_lines, tenant, some, version)
    await node.insert("power_reading", _READING_COLUMNS, lines)
    values: dict[str, object] = {
        "tenant": tenant,
        "circuits": list(some),
        "through": seen.version,
        "abandoned": list(seen.abandoned),
        "version": version,
        "from": min(one.at_ms[0] for one in some.values()),
        "until": max(one.at_ms[-1] for one in some.values()),
    }
    await node.change(SUMMARISE, values, _SETTINGS)


def _lines(tenant: TenantId, some: Mapping[CircuitId, PowerSeries], version: int) -> bytes:
    rows = (
        dict(zip(_READING_COLUMNS, (tenant, circuit, at, watts, version), strict=True))
        for circuit, series in some.items()
        for at, watts in zip(series.at_ms, series.watts, strict=True)
    )
    return _encoder.encode_lines(rows)


def turns_of_one_process() -> Turn:
    """Turns among the appends of this process alone."""
    locks: defaultdict[TenantId, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def turn(tenant: TenantId) -> AsyncIterator[None]:
        async with locks[tenant]:
            yield

    return turn


@asynccontextmanager
async def open_power_readings(
    url: str, turn: Turn, *, deadline_seconds: float = 30.0, at_once: int = 8
) -> AsyncIterator[ClickHousePowerReadingRepository]:
    """The readings at an address, closed at the end; servers are connected to when first asked.

    Args:
        url: As in `clickhouse_address`.
        turn: Lets the appends of a tenant through one by one, in all processes.
        deadline_seconds: Longest wait for an answer. [s]
        at_once: Most statements at once per server.

    Raises:
        InvalidInput: If the address has another form.
    """
    async with open_nodes(
        url, prepared_for_power, deadline_seconds=deadline_seconds, at_once=at_once
    ) as nodes:
        yield ClickHousePowerReadingRepository(nodes, turn)
