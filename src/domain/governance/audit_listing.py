"""Which records of an audit log a page shows; stores answer the same."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import frozen

from .audit import AuditOutcome, AuditRecord

LARGEST_PAGE = 1000
"""Most records of one page."""


@frozen
class AuditQuery:
    """Records of a tenant, newest first: by descending sequence.

    Args:
        since: Only what was asked for then or later. [UTC]
        until: Only what was asked for earlier. [UTC]
        actor: Only what the key, client or user with this id did.
        action: Only this operation.
        outcome: Only with this outcome.
        object_kind: Only about things of this kind.
        object_id: Only about the thing with this id.
        limit: Most records of the page.
        before: Only records with a smaller sequence; None for the first page.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    outcome: AuditOutcome | None = None
    object_kind: str | None = None
    object_id: str | None = None
    limit: int = 50
    before: int | None = None

    def reference(self, records: Iterable[AuditRecord]) -> tuple[AuditRecord, ...]:
        """The records of the page and, if there is one, the first of the next."""
        found = sorted(
            (record for record in records if self._fits(record)),
            key=lambda record: record.sequence,
            reverse=True,
        )
        return tuple(found[: self.limit + 1])

    def _fits(self, record: AuditRecord) -> bool:
        actor = record.personal.actor_id if record.personal else None
        return (
            (self.since is None or record.at >= self.since)
            and (self.until is None or record.at < self.until)
            and self.actor in {None, actor}
            and self.action in {None, record.action}
            and self.outcome in {None, record.outcome}
            and self.object_kind in {None, record.object_kind}
            and self.object_id in {None, record.object_id}
            and (self.before is None or record.sequence < self.before)
        )


@frozen
class AuditPage:
    """Some records of a log.

    Args:
        items: The records, newest first.
        next: The sequence below which the next page begins; None where there is none.
    """

    items: tuple[AuditRecord, ...]
    next: int | None


def page(query: AuditQuery, found: Sequence[AuditRecord]) -> AuditPage:
    """A page from one record more than fit on it, if there are so many."""
    items = tuple(found[: query.limit])
    return AuditPage(items, items[-1].sequence if len(found) > query.limit else None)
