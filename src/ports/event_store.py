"""The columnar store of events: loaded from the log in blocks, asked by everybody."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from ..domain.events import DayFigures, DayQuestion, Event, EventQuery, EventSlice, StoredPage
from ..domain.identifiers import TenantId


class EventStore(Protocol):
    """Events in columns, and what is summed up of them while they are loaded."""

    async def load(self, slices: Mapping[TenantId, EventSlice]) -> None:
        """Take the events that follow those it has, all of a tenant's slice or none.

        What a slice repeats of what is there already is skipped, so that loading again
        after a crash changes nothing. Every summary is brought up to date with it.

        Raises:
            ValueError: If a slice leaves a gap to what is there.
            Unavailable: If the store does not answer.
        """

    async def loaded(self) -> Mapping[TenantId, int]:
        """The position up to which each tenant's events are there.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def page(self, tenant: TenantId, query: EventQuery) -> StoredPage:
        """The events that a query means, of those that are there, from one moment.

        Raises:
            Unavailable: If the store does not answer.
        """

    def stream(
        self, tenant: TenantId, query: EventQuery
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        """The same in portions, without holding all of it; from one moment.

        Work stops when the iterator is closed.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def days(self, tenant: TenantId, question: DayQuestion) -> DayFigures:
        """How much happened on each day, as `day_figures` says.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        """Erase what a user did, and take it out of every summary; how many events it was.

        Raises:
            Unavailable: If the store does not answer.
        """
