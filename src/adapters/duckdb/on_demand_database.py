"""A file that is opened by whoever needs it first."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import TypeVar

from attrs import define, field
from duckdb import DuckDBPyConnection as Connection

from .database import DuckDbDatabase

_T = TypeVar("_T")


@define(eq=False)
class OnDemandDatabase:
    """Reads and writes as `DuckDbDatabase` does; opens its file at the first call.

    Args:
        open_database: Opens the file.
    """

    open_database: Callable[[], AbstractAsyncContextManager[DuckDbDatabase]]
    _database: DuckDbDatabase | None = field(default=None, init=False)
    _stack: AsyncExitStack = field(factory=AsyncExitStack, init=False)
    _opening: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    async def __aenter__(self) -> "OnDemandDatabase":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def opened(self) -> DuckDbDatabase:
        """The file, opened now if nobody needed it before.

        Raises:
            Unavailable: If it cannot be had, as when another process holds it.
        """
        async with self._opening:
            if self._database is None:
                self._database = await self._stack.enter_async_context(self.open_database())
            return self._database

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        return await (await self.opened()).read(work)

    async def write(self, work: Callable[[Connection], _T], patience: float | None = None) -> _T:
        return await (await self.opened()).write(work, patience)
