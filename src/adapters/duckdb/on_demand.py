"""A store whose file is opened by whoever needs it first."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from types import TracebackType

from attrs import define, field

from ...domain.attributes import Attributes
from ...domain.errors import Unavailable
from ...domain.events import DayFigures, DayQuestion, Event, EventQuery, EventSlice, StoredPage
from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ..columns import UserColumns, Wanted
from .database import HELD, DuckDbDatabase
from .event_store import DuckDbEventStore
from .on_demand_database import OnDemandDatabase


@define(eq=False)
class OnDemandEventStore:
    """Opens its file at the first call: one process at a time can have it.

    So commands and workers that ask nothing of it leave it to the process that serves. To
    one that cannot have it, every call says so, until the other lets go.

    Args:
        open_database: Opens the file.
    """

    open_database: Callable[[], AbstractAsyncContextManager[DuckDbDatabase]]
    _store: DuckDbEventStore | None = field(default=None, init=False)
    _file: OnDemandDatabase = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._file = OnDemandDatabase(self.open_database)

    async def __aenter__(self) -> "OnDemandEventStore":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._file.__aexit__(kind, error, trace)

    async def load(self, slices: Mapping[TenantId, EventSlice]) -> None:
        await (await self._opened()).load(slices)

    async def loaded(self) -> Mapping[TenantId, int]:
        return await (await self._opened()).loaded()

    async def page(self, tenant: TenantId, query: EventQuery) -> StoredPage:
        return await (await self._opened()).page(tenant, query)

    async def stream(
        self, tenant: TenantId, query: EventQuery
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        store = await self._opened()
        async with aclosing(store.stream(tenant, query)) as portions:
            async for portion in portions:
                yield portion

    async def days(self, tenant: TenantId, question: DayQuestion) -> DayFigures:
        return await (await self._opened()).days(tenant, question)

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        return await (await self._opened()).erase(tenant, user_id)

    async def columns(
        self, tenant: TenantId, wanted: Wanted, users: Mapping[str, Attributes]
    ) -> UserColumns:
        """As `ColumnSource` says, and so do the next two."""
        return await (await self._opened()).columns.columns(tenant, wanted, users)

    async def position(self, tenant: TenantId) -> int:
        """The position up to which a tenant's events are there."""
        return await (await self._opened()).columns.position(tenant)

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        """How many events lie within a reach, whole days of UTC taken."""
        return await (await self._opened()).columns.weight(tenant, reach)

    async def held_elsewhere(self) -> bool:
        """Whether another process has the file; tries to get it."""
        try:
            await self._opened()
        except Unavailable as error:
            return str(error) == HELD
        return False

    async def _opened(self) -> DuckDbEventStore:
        if self._store is None:
            database = await self._file.opened()
            if self._store is None:  # somebody else may have waited for the same
                self._store = DuckDbEventStore(database)
        return self._store
