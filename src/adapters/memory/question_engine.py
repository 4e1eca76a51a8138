"""Questions answered from the list of all events: the reference itself."""

from attrs import frozen

from ...domain.events import Event, EventQuery
from ...domain.identifiers import TenantId
from ...domain.questions import History, Reach
from ...ports.event_store import EventStore
from ...ports.question_engine import Answered, Asked


@frozen
class ReferenceQuestionEngine:
    """Reads every event of a tenant for every question.

    Args:
        store: Where events are.
    """

    store: EventStore

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        position = await self.position(tenant)
        through = position if asked.through is None else min(asked.through, position)
        events = await self._events(tenant, through)
        figures = asked.question.reference(History(events, asked.users), asked.now)
        return Answered(figures, through, "memory", "reference", len(events))

    async def position(self, tenant: TenantId) -> int:
        return (await self.store.loaded()).get(tenant, 0)

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        return sum(map(reach.holds, await self._events(tenant, await self.position(tenant))))

    async def _events(self, tenant: TenantId, through: int) -> tuple[Event, ...]:
        return (await self.store.page(tenant, EventQuery(through=through))).events
