"""Take over properties from somewhere else."""

from collections.abc import Sequence

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.portfolio.property import PropertyDraft
from ..ports.clock import Clock
from ..ports.properties import PropertyRepository


@frozen
class ImportProperties:
    """Use case: many properties at once, each in the place of one of the same id."""

    properties: PropertyRepository
    clock: Clock

    async def __call__(self, tenant: TenantId, drafts: Sequence[PropertyDraft]) -> int:
        """Import all of them or none, and say how many; of one id twice the last counts.

        Raises:
            InvalidInput: If a draft has no id.
        """
        await self.properties.put_all(tenant, drafts, self.clock.now())
        return len(drafts)
