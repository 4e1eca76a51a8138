"""Take events: check them, keep them, and say what became of each."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from attrs import define, evolve, field, frozen

from ..domain.attributes import Attributes, canonical
from ..domain.errors import Flaw, InvalidFields, RequestKeyMissing, RequestUnderWay
from ..domain.events import (
    EventBatch,
    EventDraft,
    Fingerprint,
    NewEvent,
    Receipt,
    RequestKey,
    event_id_at,
)
from ..domain.events.naming import RANDOM_BYTES
from ..domain.events.schema_verdicts import Consequence, SchemaChecks, SchemaVerdict
from ..domain.identifiers import TenantId
from ..ports.clock import Clock
from ..ports.event_log import EventLog
from ..ports.event_schemas import EventSchemaChecks


@frozen
class EventRequest:
    """What is asked.

    Args:
        drafts: The events, by their place in the request; some may be missing from it.
        flaws: What is wrong with the others, by their place.
        key: The key of the request, if it has one.
        lenient: Whether the good ones are to be kept though others are refused.
    """

    drafts: Mapping[int, EventDraft]
    flaws: Mapping[int, tuple[Flaw, ...]] = field(factory=dict)
    key: str | None = None
    lenient: bool = False


@define(eq=False)
class RecordEvents:
    """Use case: events are kept together or not at all, each once, and are there for good.

    Args:
        log: Keeps them.
        schemas: Judge their properties.
        clock: Dates their receipt.
        random: Draws so many random bytes.
    """

    log: EventLog
    schemas: EventSchemaChecks
    clock: Clock
    random: Callable[[int], bytes]
    _under_way: set[tuple[TenantId, str]] = field(factory=set, init=False)

    async def __call__(self, tenant: TenantId, request: EventRequest) -> Receipt:
        """What became of each event.

        Raises:
            RequestKeyMissing: If the request has no key and an event no id.
            InvalidFields: If events are refused, unless the request is lenient; each flaw
                with the place of its event.
            EventConflicts: If ids were kept before with other content, unless lenient.
            RequestKeyReused: If the key was used for another request.
            RequestUnderWay: If the first request with the key is not answered yet.
            Unavailable: If the log does not answer; asking again is safe.
        """
        if request.key is None and any(one.event_id is None for one in request.drafts.values()):
            raise RequestKeyMissing
        batch = self._batch(request, await self.schemas.current(tenant))
        if request.key is None:
            return await self.log.append(tenant, batch)
        place = tenant, request.key
        if place in self._under_way:
            raise RequestUnderWay
        self._under_way.add(place)
        try:
            return await self.log.append(tenant, batch)
        finally:
            self._under_way.discard(place)

    def _batch(self, request: EventRequest, checks: SchemaChecks) -> EventBatch:
        now = self.clock.now()
        properties = {place: _one_form(draft) for place, draft in request.drafts.items()}
        prints = {
            place: Fingerprint.of(
                draft.user_id, draft.event_type, draft.timestamp, properties[place]
            )
            for place, draft in request.drafts.items()
        }
        verdicts = {
            place: checks.verdict(draft.event_type, draft.properties)
            for place, draft in request.drafts.items()
        }
        refused = dict(request.flaws)
        for place, draft in request.drafts.items():
            if flaws := (
                *draft.future_flaws(now),
                *_flaws_that(Consequence.REFUSE, verdicts[place]),
            ):
                refused[place] = flaws
        if refused and not request.lenient:
            raise InvalidFields(placed(refused))
        key = None
        if request.key is not None:
            key = RequestKey(request.key, _digest(request, prints))
        places = tuple(place for place in request.drafts if place not in refused)
        events = tuple(
            self._complete(
                request.drafts[place], properties[place], prints[place], verdicts[place], now
            )
            for place in places
        )
        return EventBatch(events, now, key, request.lenient, refused, places)

    def _complete(
        self,
        draft: EventDraft,
        properties: Attributes,
        fingerprint: Fingerprint,
        verdict: SchemaVerdict | None,
        now: datetime,
    ) -> NewEvent:
        return NewEvent(
            draft.event_id or event_id_at(now, self.random(RANDOM_BYTES)),
            draft.user_id,
            draft.event_type,
            draft.timestamp or now,
            properties,
            fingerprint,
            None if verdict is None else str(verdict.version),
            _flaws_that(Consequence.QUARANTINE, verdict),
            _flaws_that(Consequence.NOTE, verdict),
        )


def _one_form(draft: EventDraft) -> Attributes:
    properties = canonical(dict(draft.properties))
    assert isinstance(properties, dict)
    return properties


def _flaws_that(consequence: Consequence, verdict: SchemaVerdict | None) -> tuple[Flaw, ...]:
    """What a schema says of an event, if that is what becomes of it."""
    if verdict is None or verdict.consequence is not consequence:
        return ()
    return verdict.flaws


def placed(flaws: Mapping[int, Sequence[Flaw]]) -> list[Flaw]:
    """Flaws of events, told from the root of the request."""
    return [
        evolve(flaw, path=("events", place, *flaw.path))
        for place in sorted(flaws)
        for flaw in flaws[place]
    ]


def _digest(request: EventRequest, prints: Mapping[int, Fingerprint]) -> bytes:
    """What a request asks, the same however its JSON is written."""
    said = [b"lenient" if request.lenient else b"strict"]
    for place, draft in request.drafts.items():
        said += (f"\x00{place}\x00{draft.event_id or ''}\x00".encode(), prints[place].packed())
    for place in sorted(request.flaws):
        told = [(flaw.path, flaw.code) for flaw in request.flaws[place]]
        said.append(f"\x01{place}{told}".encode(errors="replace"))
    return hashlib.sha256(b"".join(said)).digest()
