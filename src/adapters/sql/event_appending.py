"""One transaction of the event log: several batches of one tenant, as `judged` says."""

from collections.abc import Sequence
from typing import TypeAlias

from attrs import define, frozen
from sqlalchemy import Connection

from ...domain.errors import EventConflicts, RequestKeyReused, SightlineError
from ...domain.events import (
    EventBatch,
    Fingerprint,
    Judgement,
    Known,
    NewEvent,
    Receipt,
    judged,
    microseconds,
)
from ...domain.identifiers import TenantId
from .event_packing import packed_events, packed_receipt, replayed_receipt
from .event_statements import WRITING, Writing

Outcome: TypeAlias = Receipt | SightlineError


@frozen
class Append:
    """A batch that waits, its block made before the transaction begins.

    Args:
        tenant: Whose.
        batch: What was sent.
        block: Its events packed, on the chance that all of them are new.
    """

    tenant: TenantId
    batch: EventBatch
    block: bytes

    @staticmethod
    def of(tenant: TenantId, batch: EventBatch) -> "Append":
        """A batch, packed."""
        return Append(tenant, batch, packed_events(batch.events))


@define
class _Ledger:
    """What is known of a tenant while batches are judged, and what is to be written."""

    tenant: TenantId
    position: int
    known: dict[str, Known]
    requests: dict[str, tuple[bytes, bytes]]
    blocks: list[tuple[object, ...]]
    answers: list[tuple[object, ...]]
    kept: list[NewEvent]

    def outcome(self, append: Append) -> Outcome:
        """What becomes of a batch."""
        request = append.batch.request
        if request is not None and request.key in self.requests:
            digest, receipt = self.requests[request.key]
            return replayed_receipt(receipt) if digest == request.digest else RequestKeyReused()
        try:
            made = judged(append.batch, self.position, self._known_of(append.batch))
        except EventConflicts as conflicts:
            return conflicts
        self._take(append, made)
        return made.receipt

    def _known_of(self, batch: EventBatch) -> dict[str, Known]:
        ids = (event.event_id for event in batch.events)
        return {event_id: self.known[event_id] for event_id in ids if event_id in self.known}

    def _take(self, append: Append, made: Judgement) -> None:
        received_at = microseconds(append.batch.received_at)
        if made.kept:
            for position, event in made.kept:
                self.known[event.event_id] = Known(position, event.fingerprint)
                self.kept.append(event)
            whole = len(made.kept) == len(append.batch.events)
            block = append.block if whole else packed_events(event for _, event in made.kept)
            first, last = made.kept[0][0], made.kept[-1][0]
            self.blocks.append((self.tenant, last, first, received_at, block))
            self.position = last
        if request := append.batch.request:
            receipt = packed_receipt(made.receipt)
            self.requests[request.key] = (request.digest, receipt)
            self.answers.append((self.tenant, request.key, request.digest, receipt, received_at))


def appended(connection: Connection, appends: Sequence[Append]) -> list[Outcome]:
    """Append in the transaction of a connection; an outcome per batch, in their order.

    A tenant's head is locked first, so that what is read of its ledger stays true.
    """
    write = WRITING[connection.dialect.name]
    outcomes: dict[int, Outcome] = {}
    # In one order for everybody, so that two writers never wait for each other crosswise.
    for tenant in sorted({append.tenant for append in appends}):
        own = {n: append for n, append in enumerate(appends) if append.tenant == tenant}
        ledger = _ledger(connection, write, tenant, [one.batch for one in own.values()])
        before = ledger.position
        for n, append in own.items():
            outcomes[n] = ledger.outcome(append)
        _write(connection, write, ledger, before)
    return [outcomes[n] for n in range(len(appends))]


def _ledger(
    connection: Connection, write: Writing, tenant: TenantId, batches: Sequence[EventBatch]
) -> _Ledger:
    run = connection.exec_driver_sql
    row = run(write.head, (tenant,)).one_or_none()
    if row is None:
        run(write.first_head, (tenant,))
        row = run(write.head, (tenant,)).one()  # somebody else may have been faster
    ids = [event.event_id for batch in batches for event in batch.events]
    known = run(write.known, (tenant, write.texts(ids))).all() if ids else ()
    keys = [batch.request.key for batch in batches if batch.request]
    requests = run(write.requests, (tenant, write.texts(keys))).all() if keys else ()
    return _Ledger(
        tenant,
        row[0],
        {event_id: _known(at, fingerprint) for event_id, at, fingerprint in known},
        {key: (digest, receipt) for key, digest, receipt in requests},
        [],
        [],
        [],
    )


def _known(position: int, fingerprint: bytes | None) -> Known:
    return Known(position, Fingerprint.unpacked(fingerprint) if fingerprint else None)


def _write(connection: Connection, write: Writing, ledger: _Ledger, before: int) -> None:
    run = connection.exec_driver_sql
    if ledger.kept:
        run(write.ledger, (ledger.tenant, before, *write.columns(ledger.kept)))
        run(write.block, ledger.blocks)
        run(write.moved, (ledger.position, ledger.tenant))
    if ledger.answers:
        run(write.answer, ledger.answers)
