"""No columnar store: events are acknowledged and wait in the log until there is one."""

from collections.abc import AsyncGenerator, Mapping
from typing import NoReturn

from attrs import frozen

from ..domain.errors import Unavailable
from ..domain.events import DayFigures, DayQuestion, Event, EventQuery, EventSlice, StoredPage
from ..domain.identifiers import TenantId


@frozen
class NoEventStore:
    """Has nothing, takes nothing, and says so whatever it is asked."""

    async def load(self, slices: Mapping[TenantId, EventSlice]) -> None:
        _refuse()

    async def loaded(self) -> Mapping[TenantId, int]:
        _refuse()

    async def page(self, tenant: TenantId, query: EventQuery) -> StoredPage:
        _refuse()

    async def stream(
        self, tenant: TenantId, query: EventQuery
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        _refuse()
        yield ()

    async def days(self, tenant: TenantId, question: DayQuestion) -> DayFigures:
        _refuse()

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        return 0


def _refuse() -> NoReturn:
    raise Unavailable(
        "this deployment takes events in and does not answer questions about them yet",
        retry_after_seconds=3600,
    )
