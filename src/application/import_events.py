"""Take many events, line by line, in batches that are each kept for good."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from attrs import evolve, frozen

from ..domain.errors import Flaw
from ..domain.events import EventDraft, EventStatus, Receipt
from ..domain.identifiers import TenantId
from .record_events import EventRequest, RecordEvents

BATCH = 1_000
"""Lines that are kept in one transaction."""


@frozen
class NumberedDraft:
    """One line of what is imported.

    Args:
        line: Its number, from 1.
        draft: The event; None if the line is no event.
        flaws: What is wrong with it.
    """

    line: int
    draft: EventDraft | None
    flaws: tuple[Flaw, ...] = ()


@frozen(slots=False)
class RefusedLine:
    """A line that is not kept.

    Args:
        line: Its number, from 1.
        errors: Why.
    """

    line: int
    errors: tuple[Flaw, ...]


@frozen(slots=False)
class ImportProgress:
    """How far an import has come: everything up to the line is kept for good, or refused.

    Args:
        line: The last line that was dealt with; send again from the next one on.
        accepted: Events that are new, so far.
        duplicates: Events that were there already, so far.
        quarantined: Events that are kept apart, so far.
        refused: Lines that were refused, so far.
        position: The tenant's position.
        refusals: Those of the last batch.
    """

    line: int
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    refused: int = 0
    position: int = 0
    refusals: tuple[RefusedLine, ...] = ()

    def after(
        self, line: int, receipt: Receipt, refusals: Sequence[RefusedLine]
    ) -> "ImportProgress":
        """The progress once another batch is kept."""
        count = [one.status for one in receipt.results].count
        return ImportProgress(
            line,
            self.accepted + count(EventStatus.ACCEPTED),
            self.duplicates + count(EventStatus.DUPLICATE),
            self.quarantined + count(EventStatus.QUARANTINED),
            self.refused + count(EventStatus.REFUSED),
            receipt.position,
            tuple(refusals),
        )


@frozen
class ImportEvents:
    """Use case: events of any number; what breaks off is sent again and completed.

    An event without an id gets one made of the name of the import and the number of its
    line, so that the same line is the same event whenever it comes.
    """

    record: RecordEvents

    async def __call__(
        self, tenant: TenantId, name: str, lines: AsyncIterator[NumberedDraft], first: int = 1
    ) -> AsyncGenerator[ImportProgress, None]:
        """Progress after every batch, each durable when it is told.

        Args:
            tenant: Whose events they are.
            name: Names the import: the same name and line make the same event.
            lines: In order.
            first: Number of the first line.

        Raises:
            Unavailable: If the log does not answer; what was told before is kept.
        """
        progress = ImportProgress(first - 1)
        batch: list[NumberedDraft] = []
        async for line in lines:
            batch.append(line)
            if len(batch) == BATCH:
                progress = await self._kept(tenant, name, batch, progress)
                batch = []
                yield progress
        if batch:
            yield await self._kept(tenant, name, batch, progress)

    async def _kept(
        self, tenant: TenantId, name: str, batch: Sequence[NumberedDraft], before: ImportProgress
    ) -> ImportProgress:
        drafts = {
            one.line: _named(one.draft, name, one.line) for one in batch if one.draft is not None
        }
        flaws = {one.line: one.flaws for one in batch if one.draft is None}
        receipt = await self.record(tenant, EventRequest(drafts, flaws, lenient=True))
        refusals = [
            RefusedLine(one.index, one.errors)
            for one in receipt.results
            if one.status is EventStatus.REFUSED
        ]
        return before.after(batch[-1].line, receipt, refusals)


def _named(draft: EventDraft, name: str, line: int) -> EventDraft:
    if draft.event_id is not None:
        return draft
    digest = hashlib.sha256(f"{name}\x00{line}".encode(errors="replace")).hexdigest()
    return evolve(draft, event_id=f"{digest[:32]}-{line}")
