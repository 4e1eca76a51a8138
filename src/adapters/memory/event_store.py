"""A columnar store in memory: the reference answers over a list of events."""

from collections.abc import AsyncGenerator, Mapping

from attrs import define, field

from ...domain.events import (
    DayFigures,
    DayQuestion,
    Event,
    EventQuery,
    EventSlice,
    StoredPage,
    day_figures,
)
from ...domain.identifiers import TenantId

_PORTION = 1_000


@define
class _Events:
    loaded: int = 0
    events: list[Event] = field(factory=list)


class MemoryEventStore:
    """Keeps everything, and forgets it with the process."""

    def __init__(self) -> None:
        self._stores: dict[TenantId, _Events] = {}

    async def load(self, slices: Mapping[TenantId, EventSlice]) -> None:
        for tenant, some in slices.items():
            store = self._stores.setdefault(tenant, _Events())
            if some.after > store.loaded:
                message = f"events {store.loaded + 1} to {some.after} are missing"
                raise ValueError(message)
            store.events += [one for one in some.events if one.position > store.loaded]
            store.loaded = max(store.loaded, some.through)

    async def loaded(self) -> Mapping[TenantId, int]:
        return {tenant: store.loaded for tenant, store in self._stores.items()}

    async def page(self, tenant: TenantId, query: EventQuery) -> StoredPage:
        store = self._stores.get(tenant, _Events())
        return StoredPage(query.reference(store.events), store.loaded)

    async def stream(
        self, tenant: TenantId, query: EventQuery
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        found = query.reference(self._stores.get(tenant, _Events()).events)
        for at in range(0, len(found), _PORTION):
            yield found[at : at + _PORTION]

    async def days(self, tenant: TenantId, question: DayQuestion) -> DayFigures:
        store = self._stores.get(tenant, _Events())
        return day_figures(question, store.events, store.loaded)

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        store = self._stores.get(tenant, _Events())
        theirs = [one for one in store.events if one.user_id == user_id]
        store.events = [one for one in store.events if one.user_id != user_id]
        return len(theirs)
