"""Vouch for the ends of the audit chains, where the record store cannot take it back."""

from datetime import datetime

from attrs import frozen

from ..domain.errors import Conflict
from ..domain.governance import Head, SignedHead, Tip
from ..domain.identifiers import TenantId
from ..ports.audit import AuditRecords
from ..ports.clock import Clock
from ..ports.head_ledger import HeadLedger
from ..ports.signer import Signer


@frozen
class SignAuditHeads:
    """Chore: sign the end of every chain that has grown since its last head."""

    records: AuditRecords
    ledger: HeadLedger
    signer: Signer
    clock: Clock

    async def __call__(self) -> None:
        """Sign.

        Raises:
            Conflict: If a chain is shorter than a head that was signed for it; the others
                are signed first.
        """
        longest = await self.ledger.longest()
        tips = await self.records.tips()
        grown = [tip for tip in tips if tip.sequence > longest.get(tip.tenant, 0)]
        now = self.clock.now()
        await self.ledger.append([signed_head(tip, now, self.signer) for tip in grown])
        ends = {tip.tenant: tip.sequence for tip in tips}
        short = sorted(tenant for tenant, last in longest.items() if ends.get(tenant, 0) < last)
        if short:
            raise Conflict(f"the end of these audit logs is missing: {', '.join(short)}")


@frozen
class ListAuditHeads:
    """Use case: the heads that were signed for the tenant's log."""

    ledger: HeadLedger
    signer: Signer

    async def __call__(self, tenant: TenantId, limit: int) -> tuple[SignedHead, ...]:
        """The last ones, newest first."""
        return tuple(reversed(await self.ledger.heads(tenant)))[:limit]

    @property
    def key(self) -> tuple[str, bytes]:
        """Id and public half of the key that heads are signed with."""
        return self.signer.key_id, self.signer.public_key


def signed_head(tip: Tip, now: datetime, signer: Signer) -> SignedHead:
    """A head for the end of a chain that has records."""
    head = Head(tip.tenant, tip.sequence, tip.hash, now, signer.key_id)
    return SignedHead(head, signer.sign(head.message()))
