"""Read the audit log: page by page, or all of it."""

from collections.abc import AsyncIterator

from attrs import frozen

from ..domain.governance import AuditPage, AuditQuery, Tip, exported_head, exported_record
from ..domain.identifiers import TenantId
from ..ports.audit import AuditRecords
from ..ports.clock import Clock
from ..ports.signer import Signer
from .record_audit import RecordAudit
from .sign_audit_heads import signed_head

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
    """Use case: the tenant's log as it stands now, oldest first, with a head signed for it."""

    records: AuditRecords
    recorder: RecordAudit
    signer: Signer
    clock: Clock

    async def __call__(self, tenant: TenantId) -> AsyncIterator[bytes]:
        """Export.

        Returns:
            Blocks of lines as `exported_record` and `exported_head` make them.
        """
        await self.recorder.flush()
        tip = await self.records.tip(tenant)
        return self._lines(tip)

    async def _lines(self, tip: Tip) -> AsyncIterator[bytes]:
        last = Tip(tip.tenant)
        while last.sequence < tip.sequence:
            most = min(BLOCK, tip.sequence - last.sequence)
            block = await self.records.following(tip.tenant, last.sequence, most)
            if not block:
                break  # records are missing: the head says so
            yield b"".join(map(exported_record, block))
            last = Tip(tip.tenant, block[-1].sequence)
        if tip.sequence:
            yield exported_head(signed_head(tip, self.clock.now(), self.signer))
