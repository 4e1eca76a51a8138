"""Batches of events, and what becomes of each: the rules of the ledger.

`judged` is the meaning; event logs answer the same out of their stores.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from ..attributes import Attributes
from ..errors import EventConflict, EventConflicts, Flaw
from .event import Event, Fingerprint

MOST_EVENTS = 100
"""Most events of one request."""

LARGEST_BODY = 1024 * 1024
"""Largest body of a request with events. [bytes]"""

LONGEST_REQUEST_KEY = 255
"""Longest idempotency key. [characters]"""


@frozen
class NewEvent:
    """An event that was checked and is complete, about to be kept.

    Args:
        event_id: Its name for good.
        user_id: Who did it.
        event_type: What was done.
        timestamp: When. [UTC]
        properties: What else there is to say, numbers in their one form.
        fingerprint: What was sent.
        schema_version: The version it was checked against.
        quarantine: Why it is kept apart; empty for nearly all.
        notes: What its schema says of it though it is kept like any other.
    """

    event_id: str
    user_id: str
    event_type: str
    timestamp: datetime
    properties: Attributes
    fingerprint: Fingerprint
    schema_version: str | None = None
    quarantine: tuple[Flaw, ...] = ()
    notes: tuple[Flaw, ...] = ()

    def at(self, position: int, received_at: datetime) -> Event:
        """The event once it is kept."""
        return Event(
            self.event_id,
            self.user_id,
            self.event_type,
            self.timestamp,
            self.properties,
            received_at,
            self.schema_version,
            position,
        )


@frozen
class RequestKey:
    """The key of a request, and what it asked.

    Args:
        key: As sent, 1 to 255 characters.
        digest: SHA-256 of what was asked.
    """

    key: str
    digest: bytes


@frozen
class EventBatch:
    """Events that are kept together, or not at all.

    Args:
        events: In the order sent.
        received_at: When we had them. [UTC]
        request: The key of the request, if it has one.
        lenient: Whether the good ones are kept though others are refused.
        refused: What is wrong with events that were refused before; by their place in the
            request. Only a lenient batch has any.
        places: The place of each event in the request; all in order where left out.
    """

    events: tuple[NewEvent, ...]
    received_at: datetime
    request: RequestKey | None = None
    lenient: bool = False
    refused: Mapping[int, tuple[Flaw, ...]] = field(factory=dict)
    places: tuple[int, ...] = ()

    def place(self, index: int) -> int:
        """The place of an event in the request."""
        return self.places[index] if self.places else index


class EventStatus(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@frozen(slots=False)
class EventResult:
    """What became of one event of a request.

    Args:
        index: Its place in the request, from 0.
        event_id: Its name for good; null if it was refused without one.
        status: `accepted`; `duplicate` if it was there already, and nothing was done;
            `quarantined` if it is kept apart because it breaks its schema; `refused`.
        position: Its place in the order of acknowledgement; null if it was refused.
        errors: Why it was refused or is kept apart; of an accepted one, what its schema notes.
    """

    index: int
    event_id: str | None
    status: EventStatus
    position: int | None
    errors: tuple[Flaw, ...] = ()


@frozen(slots=False)
class Receipt:
    """What became of a request.

    Args:
        position: The tenant's position once it was kept.
        results: One per event, in the order sent.
        replayed: Whether this is the answer to an earlier request with the same key.
    """

    position: int
    results: tuple[EventResult, ...]
    replayed: bool = False


@frozen
class Known:
    """What a ledger remembers of an event.

    Args:
        position: Its place in the order of acknowledgement.
        fingerprint: What was sent; None once it was erased, which matches everything.
        quarantined: Whether it is kept apart.
    """

    position: int
    fingerprint: Fingerprint | None
    quarantined: bool = False


@frozen
class Judgement:
    """What a batch comes to.

    Args:
        kept: The events that are new, with their positions, in order.
        receipt: What became of the request.
    """

    kept: tuple[tuple[int, NewEvent], ...]
    receipt: Receipt


def judged(batch: EventBatch, position: int, known: Mapping[str, Known]) -> Judgement:
    """What becomes of a batch, given what the ledger knows of its event ids.

    An event whose id is known is a duplicate if it says the same, else a conflict; ids
    repeated within the batch likewise. New events take the positions that follow.

    Args:
        batch: What was sent.
        position: The tenant's position before it.
        known: Of the batch's ids, those that were kept before.

    Raises:
        EventConflicts: If ids are known with other content, unless the batch is lenient.
    """
    seen: dict[str, Known] = {}
    kept: list[tuple[int, NewEvent]] = []
    results: dict[int, EventResult] = {
        place: EventResult(place, None, EventStatus.REFUSED, None, flaws)
        for place, flaws in batch.refused.items()
    }
    conflicts: list[EventConflict] = []
    for index, event in enumerate(batch.events):
        place = batch.place(index)
        before = seen.get(event.event_id) or known.get(event.event_id)
        if before is None:
            position += 1
            kept.append((position, event))
            seen[event.event_id] = Known(position, event.fingerprint, bool(event.quarantine))
            results[place] = _kept(place, event, position)
            continue
        fields = _differing(before, event)
        if fields:
            conflicts.append(EventConflict(place, event.event_id, fields))
            results[place] = _refused(place, event, fields)
        else:
            results[place] = EventResult(
                place, event.event_id, EventStatus.DUPLICATE, before.position
            )
    if conflicts and not batch.lenient:
        raise EventConflicts(conflicts)
    ordered = tuple(results[place] for place in sorted(results))
    return Judgement(tuple(kept), Receipt(position, ordered))


def _differing(before: Known, event: NewEvent) -> tuple[str, ...]:
    if before.fingerprint is None:
        return ()
    return before.fingerprint.differing(event.fingerprint)


def _kept(place: int, event: NewEvent, position: int) -> EventResult:
    status = EventStatus.QUARANTINED if event.quarantine else EventStatus.ACCEPTED
    return EventResult(place, event.event_id, status, position, event.quarantine or event.notes)


def _refused(place: int, event: NewEvent, fields: tuple[str, ...]) -> EventResult:
    message = f"an event with this id was kept before, with other {', '.join(fields)}"
    flaws = tuple(Flaw((name,), "conflict", message) for name in fields)
    return EventResult(place, event.event_id, EventStatus.REFUSED, None, flaws)
