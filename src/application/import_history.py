"""Take over monthly histories from somewhere else."""

from collections.abc import Mapping

from attrs import frozen

from ..domain.errors import Flaw, InvalidFields, InvalidInput
from ..domain.identifiers import PropertyId, TenantId
from ..domain.portfolio.property import MonthlyRecord, ordered_records
from ..ports.clock import Clock
from ..ports.properties import PropertyHistoryRepository


@frozen
class ImportHistory:
    """Use case: the monthly histories of many properties at once."""

    histories: PropertyHistoryRepository
    clock: Clock

    async def __call__(
        self, tenant: TenantId, histories: Mapping[PropertyId, tuple[MonthlyRecord, ...]]
    ) -> int:
        """Import all of them or none, and say how many months they hold.

        Raises:
            InvalidFields: If a month of a property comes twice; paths begin with its id.
            PropertyNotFound: If the tenant lacks one of the properties.
        """
        ordered = {one: _ordered(one, records) for one, records in histories.items()}
        await self.histories.replace_histories(tenant, ordered, {}, self.clock.now())
        return sum(map(len, ordered.values()))


def _ordered(
    identifier: PropertyId, records: tuple[MonthlyRecord, ...]
) -> tuple[MonthlyRecord, ...]:
    try:
        return ordered_records(records)
    except InvalidInput as error:
        flaws = [Flaw((identifier, *one.path), one.code, one.message) for one in error.flaws]
        raise InvalidFields(flaws) from None
