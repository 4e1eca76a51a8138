"""Answers questions by kernels over columns, wherever the columns come from."""

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol

from attrs import define, evolve, field, frozen

from ...domain.attributes import Attributes
from ...domain.errors import Unavailable
from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ...ports.question_engine import Answered, Asked
from ..threads import computing_threads
from .columns import UserColumns, Wanted


class ColumnSource(Protocol):
    """Where columns come from; what `columns_of` says of the events that are there."""

    async def columns(
        self, tenant: TenantId, wanted: Wanted, users: Mapping[str, Attributes]
    ) -> UserColumns:
        """Some columns of a tenant's events.

        Raises:
            Unavailable: If the store does not answer in time.
        """

    async def position(self, tenant: TenantId) -> int:
        """The position up to which a tenant's events are there."""

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        """How many events lie within a reach, whole days of UTC taken."""


@frozen
class Kernel:
    """How one kind of question is answered.

    Args:
        wanted: The columns that it takes.
        answer: The figures, of the question, its columns and when it is asked.
        path: Which way a question takes.
    """

    wanted: Callable[[Any], Wanted]
    answer: Callable[[Any, UserColumns, datetime], Any]
    path: Callable[[Any], str]


@define(eq=False)
class ColumnQuestionEngine:
    """Reads columns, then computes in a thread; at most one question per core at a time.

    More would only share the cores, each with its columns in memory.

    Who gives up waiting stops what goes user by user; whole columns end by themselves, soon.

    Args:
        source: Where columns come from.
        kernels: By the class of question.
        name: What answers call it.
        deadline_seconds: Longest that one answer may be computed. [s]
    """

    source: ColumnSource
    kernels: Mapping[type, Kernel]
    name: str = "columns"
    deadline_seconds: float = 30.0
    _turns: asyncio.Semaphore = field(
        factory=lambda: asyncio.Semaphore(os.cpu_count() or 1), init=False
    )
    _threads: ThreadPoolExecutor = field(
        factory=lambda: computing_threads(os.cpu_count() or 1, "question"), init=False
    )

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        question = asked.question
        kernel = self.kernels[type(question)]
        wanted = evolve(kernel.wanted(question), through=asked.through)
        async with self._turns:
            columns = await self.source.columns(tenant, wanted, asked.users)
            figures = await self._computed(kernel, asked, columns)
        path = kernel.path(question)
        return Answered(figures, columns.through, self.name, path, len(columns))

    async def _computed(self, kernel: Kernel, asked: Asked, columns: UserColumns) -> Any:
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, kernel.answer, asked.question, columns, asked.now
        )
        try:
            return await asyncio.wait_for(work, self.deadline_seconds)
        except TimeoutError:
            raise Unavailable("the question took too long; ask for less of it") from None
        finally:
            columns.unwanted.set()

    async def position(self, tenant: TenantId) -> int:
        return await self.source.position(tenant)

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        return await self.source.weight(tenant, reach)
