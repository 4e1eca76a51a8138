"""Idempotency keys of requests with events, for as long as they are known."""

from datetime import timedelta

from attrs import frozen

from ..ports.clock import Clock
from ..ports.event_log import EventLog

KEPT = timedelta(hours=48)


@frozen
class PruneRequestKeys:
    """Chore: forget idempotency keys after 48 hours; event ids are known for good."""

    log: EventLog
    clock: Clock

    async def __call__(self) -> None:
        """Prune."""
        await self.log.prune(self.clock.now() - KEPT)
