"""Read the audit log: page by page, or all of it."""

from collections.abc import AsyncIterator

from attrs import frozen

from ..domain.governance import AuditPage, AuditQuery, AuditRecord, Tip
from ..domain.identifiers import TenantId
from ..ports.audit import AuditRecords
from .record_audit import RecordAudit

#: Records that are read at once.
BLOCK = 1_000


@frozen
class ListAudit:
    """Use case: a page of the tenant's log, with everything this process has seen till now."""

    records: AuditRecords
    recorder: RecordAudit

    async def __call__(self, tenant: TenantId, query: AuditQuery) -> AuditPage:
        """List."""
        await self.recorder.flush()
        return await self.records.page(tenant, query)


@frozen
class ExportAudit:
    """Use case: the tenant's log as it stands now, oldest first."""

    records: AuditRecords
    recorder: RecordAudit

    async def __call__(self, tenant: TenantId) -> tuple[Tip, AsyncIterator[AuditRecord]]:
        """Export.

        Returns:
            Where the log ends now, and every record up to there.
        """
        await self.recorder.flush()
        tip = await self.records.tip(tenant)
        return tip, walk(self.records, Tip(tenant), tip.sequence)


async def walk(records: AuditRecords, after: Tip, last: int) -> AsyncIterator[AuditRecord]:
    """The records after a place, up to another, as they are in the store."""
    sequence = after.sequence
    while sequence < last:
        block = await records.following(after.tenant, sequence, min(BLOCK, last - sequence))
        for record in block:
            if record.sequence > last:
                return
            yield record
        if not block:
            return
        sequence = block[-1].sequence
