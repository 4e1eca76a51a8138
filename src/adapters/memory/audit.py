"""Audit logs in lists."""

from collections.abc import Sequence
from datetime import datetime

from attrs import define, field

from ...domain.governance import AuditEntry, AuditPage, AuditQuery, AuditRecord, Tip, chained, page
from ...domain.identifiers import TenantId


@define
class MemoryAuditLog:
    """Keeps the chain of every tenant, and the intents of all."""

    _records: dict[TenantId, list[AuditRecord]] = field(factory=dict, init=False)
    _intents: dict[str, AuditEntry] = field(factory=dict, init=False)

    async def append(
        self, entries: Sequence[AuditEntry], intents: Sequence[AuditEntry]
    ) -> tuple[int, ...]:
        self._intents |= {intent.intent: intent for intent in intents if intent.intent}
        return tuple(map(self._append, entries))

    def _append(self, entry: AuditEntry) -> int:
        self._intents.pop(entry.intent or "", None)
        (record,) = chained(self._tip(entry.tenant), [entry])
        self._records.setdefault(entry.tenant, []).append(record)
        return record.sequence

    async def settle(self, before: datetime) -> int:
        ripe = [intent for intent in self._intents.values() if intent.at < before]
        ripe.sort(key=lambda intent: (intent.at, intent.intent or ""))
        await self.append(ripe, ())
        return len(ripe)

    async def erase(self, tenant: TenantId, actor_id: str) -> int:
        kept = self._records.get(tenant, [])
        found = [r for r in kept if r.personal is not None and r.personal.actor_id == actor_id]
        for record in found:
            kept[record.sequence - 1] = record.erased()
        return len(found)

    async def page(self, tenant: TenantId, query: AuditQuery) -> AuditPage:
        return page(query, query.reference(self._records.get(tenant, ())))

    async def following(
        self, tenant: TenantId, sequence: int, limit: int
    ) -> tuple[AuditRecord, ...]:
        return tuple(self._records.get(tenant, [])[sequence : sequence + limit])

    async def tip(self, tenant: TenantId) -> Tip:
        return self._tip(tenant)

    async def tips(self) -> tuple[Tip, ...]:
        return tuple(map(self._tip, sorted(self._records)))

    def _tip(self, tenant: TenantId) -> Tip:
        kept = self._records.get(tenant)
        return Tip(tenant, kept[-1].sequence, kept[-1].hash) if kept else Tip(tenant)
