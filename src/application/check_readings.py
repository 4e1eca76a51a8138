"""Find out whether readings could be imported."""

from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import frozen

from ..domain.energy import AddressedReading, RefusedReadings, refused_readings
from ..domain.identifiers import TenantId
from ..ports.sites import SiteRepository


@frozen
class CheckReadings:
    """Use case: which readings name a circuit that is not there; imports none."""

    sites: SiteRepository

    async def __call__(
        self, tenant: TenantId, batches: Iterable[Sequence[AddressedReading]]
    ) -> tuple[RefusedReadings, ...]:
        """Check readings; the answer is empty if every one could be imported."""
        known = await self.sites.addresses(tenant)
        named = Counter((one.duid, one.circuit_number) for batch in batches for one in batch)
        return refused_readings(named, known)
