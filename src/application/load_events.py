"""Bring what the event log acknowledged into the columnar store."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

from attrs import define, field

from ..domain.events import EventSlice
from ..domain.identifiers import TenantId
from ..ports.event_log import EventLog
from ..ports.event_store import EventStore

BLOCK = 10_000
"""Events that are loaded at once, over all tenants."""


@define(eq=False)
class LoadEvents:
    """Use case: the store takes what the log has beyond it.

    Loading again what is there already changes nothing, so a crash between the two loses
    and repeats nothing; where the store stands is the store's own knowledge.

    Args:
        log: Where events come from.
        store: Where they go.
        on_failure: Told when loading begins to fail; the next turn comes all the same.
        sleep: Waits so many seconds.
        every_seconds: From one turn to the next while there is little to do. [s]
    """

    log: EventLog
    store: EventStore
    on_failure: Callable[[str, BaseException], None]
    sleep: Callable[[float], Awaitable[object]]
    every_seconds: float = 1.0
    _failing: bool = field(default=False, init=False)

    async def __call__(self) -> NoReturn:
        """Load for good; ends by being cancelled."""
        while True:
            moved = 0
            try:
                moved = await self.once()
                self._failing = False
            except Exception as error:  # log and store may answer the next time
                if not self._failing:
                    self.on_failure("load events", error)
                self._failing = True
            if moved < BLOCK:
                await self.sleep(self.every_seconds)

    async def once(self) -> int:
        """Load one block; how many positions it covers.

        Raises:
            Unavailable: If log or store do not answer.
        """
        loaded = await self.store.loaded()
        slices: dict[TenantId, EventSlice] = {}
        room = BLOCK
        for tenant, position in (await self.log.positions()).items():
            after = loaded.get(tenant, 0)
            if after < position and room > 0:
                some = await self.log.read(tenant, after, min(room, position - after))
                slices[tenant] = some
                room -= some.through - after
        if slices:
            await self.store.load(slices)
        return BLOCK - room
