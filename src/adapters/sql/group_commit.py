"""Many writers, one transaction: what comes while a commit is under way shares the next one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from ...domain.errors import SightlineError, Unavailable

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class GroupCommit(Generic[Item, Outcome]):
    """Puts what several callers want at once into one transaction.

    Nobody waits for company: a transaction begins as soon as the one before it ended, with
    all that came meanwhile.

    Args:
        commit: Does all of it in one transaction; an outcome per item, errors of single items
            among them.
        weigh: How much an item adds to a transaction.
        most: Weight at which a transaction is full. One item always fits.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome | SightlineError]]],
        weigh: Callable[[Item], int],
        most: int,
    ) -> None:
        self._commit, self._weigh, self._most = commit, weigh, most
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Outcome:
        """What became of an item, once it is committed.

        Whoever stops waiting does not stop the transaction.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        group: list[tuple[Item, asyncio.Future[Outcome]]] = []
        try:
            while self._waiting:
                group = self._taken()
                await self._do(group)
        finally:  # only a loop that is being closed leaves any behind
            for _, future in (*group, *self._waiting):
                future.cancel()
            self._waiting.clear()

    def _taken(self) -> list[tuple[Item, asyncio.Future[Outcome]]]:
        group, weight = [self._waiting.popleft()], 0
        weight = self._weigh(group[0][0])
        while self._waiting:
            weight += self._weigh(self._waiting[0][0])
            if weight > self._most:
                break
            group.append(self._waiting.popleft())
        return group

    async def _do(self, group: Sequence[tuple[Item, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._commit([item for item, _ in group])
        except Unavailable as error:
            for _, future in group:
                again = Unavailable(str(error), retry_after_seconds=error.retry_after_seconds)
                _settle(future, again)
        except Exception as error:  # one of them cannot be kept, but the others can
            if len(group) == 1:
                _settle(group[0][1], error)
                return
            for one in group:
                await self._do([one])
        else:
            for (_, future), outcome in zip(group, outcomes, strict=True):
                _settle(future, outcome)


def _settle(future: asyncio.Future[Outcome], outcome: Outcome | Exception) -> None:
    if future.done():  # nobody waits any more
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
