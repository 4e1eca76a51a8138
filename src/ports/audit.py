"""The audit logs of tenants: as they are written, and as they are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ..domain.governance import AuditEntry, AuditPage, AuditQuery, AuditRecord, Tip
from ..domain.identifiers import TenantId


class AuditLog(Protocol):
    """Writes; whatever it has taken is durable, and only the personal fields can be undone.

    Every method may raise Unavailable if the store does not answer; then nothing of the
    call was kept.
    """

    async def append(
        self, entries: Sequence[AuditEntry], intents: Sequence[AuditEntry]
    ) -> tuple[int, ...]:
        """Keep intents, and give entries their places in their tenants' chains, all at once.

        An entry that names an intent puts an end to it. Writers of one tenant wait for one
        another, so that its chain never forks.

        Args:
            entries: In their order; of any tenants.
            intents: Changes that are about to begin; each names itself as its intent.

        Returns:
            The sequences of the entries, in their order.
        """

    async def settle(self, before: datetime) -> int:
        """Make records of intents from before an instant whose outcome never came.

        Returns:
            How many those were.
        """

    async def erase(self, tenant: TenantId, actor_id: str) -> int:
        """Forget who it was in all records of an actor, for good; how many those were."""


class AuditRecords(Protocol):
    """Reads the logs, one tenant at a time.

    Every method may raise Unavailable if the store does not answer.
    """

    async def page(self, tenant: TenantId, query: AuditQuery) -> AuditPage:
        """The records that `query.reference` picks."""

    async def following(
        self, tenant: TenantId, sequence: int, limit: int
    ) -> tuple[AuditRecord, ...]:
        """At most so many records after a place, oldest first; as they are, gaps and all."""

    async def tip(self, tenant: TenantId) -> Tip:
        """Where the tenant's chain ends; the beginning if it has no records."""

    async def tips(self) -> tuple[Tip, ...]:
        """Where the chains of all tenants with records end, by tenant."""
