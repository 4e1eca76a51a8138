"""Power readings that move to another store when a tenant first asks for them there."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Protocol

from ..domain.energy import PowerFacts, PowerQuestion, PowerReading, PowerSeries
from ..domain.identifiers import CircuitId, TenantId
from ..ports.power_readings import PowerReadingRepository


class FormerReadings(Protocol):
    """Where readings were until now; nothing is appended to it any more."""

    async def position(self, tenant: TenantId) -> int:
        """How often readings were appended for a tenant."""

    def parts(self, tenant: TenantId) -> AsyncIterator[Mapping[CircuitId, PowerSeries]]:
        """All readings of a tenant, in parts."""


class AdoptingReadings(PowerReadingRepository, Protocol):
    """A store that takes over the readings of another."""

    async def adopt(
        self, tenant: TenantId, readings: Mapping[CircuitId, PowerSeries], position: int
    ) -> None:
        """Keep readings, and the tenant's position; nothing happens if that is above 0 already.

        So whoever moves the same readings once more, in whatever process, changes nothing
        that was appended since.
        """


class MovedPowerReadings:
    """One store in front of a former one, whose readings are copied tenant by tenant.

    The copy is made at the first call for a tenant and goes on if the caller gives up. Parts
    are kept at position 0; the former position, which comes last, says that all are there. A
    copy that broke off is made again. The former store is left as it is.

    Args:
        former: Where readings were.
        present: Where they are from now on.
    """

    def __init__(self, former: FormerReadings, present: AdoptingReadings) -> None:
        self._former = former
        self._present = present
        self._moves: dict[TenantId, asyncio.Task[None]] = {}

    async def __aenter__(self) -> "MovedPowerReadings":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for move in self._moves.values():
            move.cancel()
        await asyncio.gather(*self._moves.values(), return_exceptions=True)

    async def append(
        self, tenant: TenantId, readings: Mapping[CircuitId, Sequence[PowerReading]]
    ) -> int:
        await self._moved(tenant)
        return await self._present.append(tenant, readings)

    async def read(self, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
        await self._moved(tenant)
        return await self._present.read(tenant, question)

    async def _moved(self, tenant: TenantId) -> None:
        move = self._moves.get(tenant)
        if move is None or (move.done() and (move.cancelled() or move.exception())):
            move = self._moves[tenant] = asyncio.create_task(self._move(tenant))
        await asyncio.shield(move)

    async def _move(self, tenant: TenantId) -> None:
        position = await self._former.position(tenant)
        if position == 0:
            return
        if (await self._present.read(tenant, _ONLY_POSITION)).position > 0:
            return
        async for part in self._former.parts(tenant):
            await self._present.adopt(tenant, part, 0)
        await self._present.adopt(tenant, {}, position)


_ONLY_POSITION = PowerQuestion((), (), None, None)
