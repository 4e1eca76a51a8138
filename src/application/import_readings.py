"""Take over power readings."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from attrs import frozen

from ..domain.energy import (
    AddressedReading,
    PowerReading,
    ReadingsImport,
    refused_readings,
)
from ..domain.identifiers import CircuitId, TenantId
from ..ports.power_readings import PowerReadingRepository
from ..ports.sites import SiteRepository


@frozen
class ImportReadings:
    """Use case: keep readings, batch by batch.

    Each batch is kept whole or not at all. Keeping the same readings again
    changes nothing, so an import that broke off is completed by repeating it.
    """

    sites: SiteRepository
    readings: PowerReadingRepository

    async def __call__(
        self, tenant: TenantId, batches: Iterable[Sequence[AddressedReading]]
    ) -> ReadingsImport:
        """Import readings; those of unknown circuits are counted and left out.

        Raises:
            Unavailable: If the store does not answer; the batches before are kept.
        """
        known = await self.sites.addresses(tenant)
        kept, unknown = 0, Counter[tuple[str, int]]()
        for batch in batches:
            by_circuit: defaultdict[CircuitId, list[PowerReading]] = defaultdict(list)
            for one in batch:
                address = (one.duid, one.circuit_number)
                if address in known:
                    by_circuit[known[address]].append(one.reading)
                else:
                    unknown[address] += 1
            await self.readings.append(tenant, by_circuit)
            kept += sum(map(len, by_circuit.values()))
        return ReadingsImport(kept, refused_readings(unknown, known))
