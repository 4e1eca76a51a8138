"""Check a tenant's audit log against itself and against the heads that were signed."""

from attrs import frozen

from ..domain.governance import Fault, Head, SignedHead, Tip, Verdict, cut_off, verify
from ..domain.identifiers import TenantId
from ..ports.audit import AuditRecords
from ..ports.head_ledger import HeadLedger
from ..ports.signer import Signer
from .read_audit import BLOCK


@frozen
class AuditCheck:
    """What checking a log has shown.

    Args:
        after: The record before the first one that was looked at.
        verdict: What was found.
        heads: How many signed heads it was held against.
    """

    after: Tip
    verdict: Verdict
    heads: int


@frozen
class VerifyAudit:
    """Use case: is every record as it was written, and is none missing?"""

    records: AuditRecords
    ledger: HeadLedger
    signer: Signer

    async def __call__(self, tenant: TenantId, at_most: int | None = None) -> AuditCheck:
        """Verify.

        Args:
            at_most: Look at no more records than this if an earlier head was signed that one
                can begin at; None for all of them.
        """
        signed = await self.ledger.heads(tenant)
        heads = [one.head for one in signed if self._genuine(one)]
        if len(heads) < len(signed):
            forged = next(one.head for one in signed if not self._genuine(one))
            fault = Fault(forged.sequence, "its head in the ledger is not signed with our key")
            return AuditCheck(Tip(tenant), Verdict(Tip(tenant), 0, fault), len(heads))
        last = (await self.records.tip(tenant)).sequence
        after = _beginning(tenant, heads, last, at_most)
        return AuditCheck(after, await self._checked(after, heads), len(heads))

    async def tenants(self) -> tuple[TenantId, ...]:
        """Every tenant that has records or a signed head."""
        with_records = {tip.tenant for tip in await self.records.tips()}
        return tuple(sorted(with_records | set(await self.ledger.longest())))

    async def _checked(self, after: Tip, heads: list[Head]) -> Verdict:
        tip, checked = after, 0
        while block := await self.records.following(tip.tenant, tip.sequence, BLOCK):
            found = verify(block, heads, tip)
            tip, checked = found.tip, checked + found.checked
            if found.fault is not None:
                return Verdict(tip, checked, found.fault)
        return Verdict(tip, checked, cut_off(tip, heads))

    def _genuine(self, signed: SignedHead) -> bool:
        head, signer = signed.head, self.signer
        return head.key_id == signer.key_id and signer.checks(
            signer.public_key, head.message(), signed.signature
        )


def _beginning(tenant: TenantId, heads: list[Head], last: int, at_most: int | None) -> Tip:
    """The latest signed place that leaves so many records to look at."""
    if at_most is None or last <= at_most:
        return Tip(tenant)
    early = [head for head in heads if head.sequence <= last - at_most]
    if not early:
        return Tip(tenant)
    latest = max(early, key=lambda head: head.sequence)
    return Tip(tenant, latest.sequence, latest.hash)
