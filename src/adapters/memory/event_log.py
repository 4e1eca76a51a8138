"""An event log in memory: one list per tenant, and what `judged` makes of every batch."""

from collections.abc import Mapping
from datetime import datetime

from attrs import define, evolve, field

from ...domain.errors import EventNotFound, RequestKeyReused
from ...domain.events import EventBatch, EventSlice, Known, Receipt, judged
from ...domain.identifiers import TenantId
from ...ports.event_log import LoggedEvent


@define
class _Log:
    position: int = 0
    known: dict[str, Known] = field(factory=dict)
    events: dict[int, LoggedEvent] = field(factory=dict)
    requests: dict[str, tuple[bytes, Receipt, datetime]] = field(factory=dict)


class MemoryEventLog:
    """Keeps everything, and forgets it with the process."""

    def __init__(self) -> None:
        self._logs: dict[TenantId, _Log] = {}

    async def append(self, tenant: TenantId, batch: EventBatch) -> Receipt:
        log = self._logs.setdefault(tenant, _Log())
        request = batch.request
        if request is not None and request.key in log.requests:
            digest, receipt, _ = log.requests[request.key]
            if digest != request.digest:
                raise RequestKeyReused
            return evolve(receipt, replayed=True)
        made = judged(batch, log.position, log.known)
        for position, event in made.kept:
            quarantined = bool(event.quarantine)
            log.known[event.event_id] = Known(position, event.fingerprint, quarantined)
            kept = event.at(position, batch.received_at)
            log.events[position] = LoggedEvent(kept, event.quarantine)
            log.position = position
        if request is not None:
            log.requests[request.key] = (request.digest, made.receipt, batch.received_at)
        return made.receipt

    async def read(self, tenant: TenantId, after: int, limit: int) -> EventSlice:
        log = self._logs.get(tenant, _Log())
        through = max(after, min(log.position, after + limit))
        found = (log.events.get(position) for position in range(after + 1, through + 1))
        events = tuple(one.event for one in found if one is not None and not one.quarantine)
        return EventSlice(after, through, events)

    async def find(self, tenant: TenantId, event_id: str) -> LoggedEvent:
        log = self._logs.get(tenant, _Log())
        known = log.known.get(event_id)
        if known is None or known.position not in log.events:
            raise EventNotFound(event_id)
        return log.events[known.position]

    async def quarantined(
        self, tenant: TenantId, before: int | None, limit: int
    ) -> tuple[LoggedEvent, ...]:
        log = self._logs.get(tenant, _Log())
        found = (log.events[position] for position in sorted(log.events, reverse=True))
        apart = [
            one
            for one in found
            if one.quarantine and (before is None or one.event.position < before)
        ]
        return tuple(apart[:limit])

    async def position(self, tenant: TenantId) -> int:
        return self._logs.get(tenant, _Log()).position

    async def positions(self) -> Mapping[TenantId, int]:
        return {tenant: log.position for tenant, log in self._logs.items() if log.position}

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        log = self._logs.get(tenant, _Log())
        theirs = [one.event for one in log.events.values() if one.event.user_id == user_id]
        for event in theirs:
            del log.events[event.position]
            log.known[event.event_id] = evolve(log.known[event.event_id], fingerprint=None)
        return len(theirs)

    async def prune(self, before: datetime) -> int:
        pruned = 0
        for log in self._logs.values():
            old = [key for key, (_, _, at) in log.requests.items() if at < before]
            for key in old:
                del log.requests[key]
            pruned += len(old)
        return pruned
