"""The event log: what it acknowledges is kept for good, once, in one order."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from ..domain.errors import Flaw
from ..domain.events import Event, EventBatch, EventSlice, Receipt
from ..domain.identifiers import TenantId


@frozen
class LoggedEvent:
    """An event in the log.

    Args:
        event: The event.
        quarantine: Why it is kept apart; empty for nearly all.
    """

    event: Event
    quarantine: tuple[Flaw, ...] = ()


class EventLog(Protocol):
    """Events in the order of acknowledgement, and the ledger of their ids and request keys.

    Positions of a tenant are 1, 2, 3 … without a gap. An event that is kept apart has its
    position too, and stays out of what is read for the store.
    """

    async def append(self, tenant: TenantId, batch: EventBatch) -> Receipt:
        """Keep a batch as `judged` says; when this returns, a power cut does not lose it.

        The batch, its ids and its request key are kept in one transaction. A request key
        that is known, with the same digest, gives the first receipt again, replayed; keys
        are known for at least 48 hours, event ids for good.

        Raises:
            EventConflicts: If ids are known with other content, unless the batch is
                lenient; nothing is kept.
            RequestKeyReused: If the key was used with another digest.
            Unavailable: If the log does not answer. Then the batch may have been kept;
                sending it again is safe.
        """

    async def read(self, tenant: TenantId, after: int, limit: int) -> EventSlice:
        """The events that follow a position, oldest first.

        Args:
            tenant: Whose.
            after: The last position that is not wanted; 0 for the beginning.
            limit: How many positions to look at, at least; whole batches are read, so some
                more may come.

        Raises:
            Unavailable: If the log does not answer.
        """

    async def find(self, tenant: TenantId, event_id: str) -> LoggedEvent:
        """An event by its id, kept apart or not.

        Raises:
            EventNotFound: If there is none, or it was erased.
            Unavailable: If the log does not answer.
        """

    async def quarantined(
        self, tenant: TenantId, before: int | None, limit: int
    ) -> tuple[LoggedEvent, ...]:
        """The events kept apart, the last first, those before a position.

        Raises:
            Unavailable: If the log does not answer.
        """

    async def position(self, tenant: TenantId) -> int:
        """The position of the last event; 0 if there is none.

        Raises:
            Unavailable: If the log does not answer.
        """

    async def positions(self) -> Mapping[TenantId, int]:
        """The position of every tenant that ever sent an event.

        Raises:
            Unavailable: If the log does not answer.
        """

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        """Erase what a user did, for good; how many events it was.

        The ids stay known, so that an event that is sent again does not come back: it is a
        duplicate whatever it says. Positions do not change.

        Raises:
            Unavailable: If the log does not answer.
        """

    async def prune(self, before: datetime) -> int:
        """Forget the request keys that were received before an instant; how many.

        Raises:
            Unavailable: If the log does not answer.
        """
