"""Power readings of circuits."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..domain.energy import PowerFacts, PowerQuestion, PowerReading
from ..domain.identifiers import CircuitId, TenantId


class PowerReadingRepository(Protocol):
    """Readings of every circuit, seen by one tenant at a time."""

    async def append(
        self, tenant: TenantId, readings: Mapping[CircuitId, Sequence[PowerReading]]
    ) -> int:
        """Keep readings, all or none; the tenant's new position.

        They may come late, repeatedly and in any order. Of several at one instant
        of one circuit the last one written counts. Every call that brings a
        reading moves the position on by one; one that brings none does nothing.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def read(self, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
        """What the question asks, equal to its reference over all readings, from one moment.

        A circuit that never reported has facts like any other: nothing covered.

        Raises:
            Unavailable: If the store does not answer.
        """
