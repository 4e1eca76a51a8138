"""The columnar store of events in DuckDB."""

from collections.abc import AsyncGenerator, Mapping

from duckdb import DuckDBPyConnection as Connection

from ...domain.events import (
    DayFigures,
    DayQuestion,
    Event,
    EventQuery,
    EventSlice,
    StoredPage,
)
from ...domain.identifiers import TenantId
from . import loading
from .columns import DuckDbColumns
from .database import DuckDbDatabase
from .days import days
from .reading import Runs, newest
from .tables import tenant_of

_PORTION = 2_000
_SETTLE_AT = 500_000
"""So many fresh events are moved into order: four row groups of the engine."""

_SETTLE_SECONDS = 600.0


class DuckDbEventStore:
    """Fresh events as they come, all others in runs sorted by tenant, instant and position.

    Args:
        database: The file.
        settle_at: How many fresh events are moved into order, while one load waits for it.
    """

    def __init__(self, database: DuckDbDatabase, *, settle_at: int = _SETTLE_AT) -> None:
        self._database = database
        self._settle_at = settle_at
        self.columns = DuckDbColumns(database)

    async def load(self, slices: Mapping[TenantId, EventSlice]) -> None:
        with self.columns.moving():
            fresh = await self._database.write(lambda cursor: loading.load(cursor, slices))
        if fresh >= self._settle_at:
            await self.settle()

    async def settle(self) -> None:
        """Move fresh events into order: a good use of an idle moment; readers go on meanwhile.

        Raises:
            Unavailable: If the store does not answer.
        """
        await self._database.write(loading.settle, _SETTLE_SECONDS)

    async def loaded(self) -> Mapping[TenantId, int]:
        return await self._database.read(_loaded)

    async def page(self, tenant: TenantId, query: EventQuery) -> StoredPage:
        return await self._database.read(lambda cursor: _page(cursor, tenant, query))

    async def stream(
        self, tenant: TenantId, query: EventQuery
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        cursor = self._database.cursor()
        try:
            runs = await self._database.step(cursor, lambda: Runs(cursor, tenant, query))
            while found := await self._database.step(cursor, runs.next):
                for at in range(0, len(found), _PORTION):
                    yield found[at : at + _PORTION]
        finally:
            cursor.interrupt()
            cursor.close()

    async def days(self, tenant: TenantId, question: DayQuestion) -> DayFigures:
        return await self._database.read(lambda cursor: days(cursor, tenant, question))

    async def erase(self, tenant: TenantId, user_id: str) -> int:
        try:
            return await self._database.write(lambda cursor: loading.erase(cursor, tenant, user_id))
        finally:
            self.columns.forget(tenant)


def _loaded(cursor: Connection) -> Mapping[TenantId, int]:
    found = cursor.execute("select id, loaded from tenant").fetchall()
    return {TenantId(tenant): loaded for tenant, loaded in found}


def _page(cursor: Connection, tenant: TenantId, query: EventQuery) -> StoredPage:
    key, loaded = tenant_of(cursor, tenant)
    return StoredPage(newest(cursor, key, query), loaded)
