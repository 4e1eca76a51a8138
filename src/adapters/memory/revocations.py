"""Revoked tokens in a dictionary, and a second of memory in front of others."""

import time
from collections.abc import Callable, Set
from datetime import datetime

from attrs import define, field

from ...ports.revocations import Revocations
from .recent_answers import RecentAnswers


@define
class MemoryRevocations:
    """Keeps ids with their ends."""

    _until: dict[str, datetime] = field(factory=dict, init=False)

    async def add(self, identifier: str, until: datetime) -> None:
        self._until[identifier] = max(until, self._until.get(identifier, until))

    async def any_of(self, identifiers: Set[str]) -> bool:
        return not identifiers.isdisjoint(self._until)

    async def prune(self, now: datetime) -> int:
        ended = [identifier for identifier, until in self._until.items() if until <= now]
        for identifier in ended:
            del self._until[identifier]
        return len(ended)


@define
class RecentRevocations:
    """Remembers what `any_of` answered for a moment.

    A token revoked in another process is refused at most `seconds` later, one
    revoked in this process at once.
    """

    store: Revocations
    seconds: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _asked: RecentAnswers[frozenset[str], bool] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._asked = RecentAnswers(self.store.any_of, self.seconds, self.monotonic)

    async def add(self, identifier: str, until: datetime) -> None:
        try:
            await self.store.add(identifier, until)
        finally:
            self._asked.clear()

    async def any_of(self, identifiers: Set[str]) -> bool:
        return await self._asked(frozenset(identifiers))

    async def prune(self, now: datetime) -> int:
        return await self.store.prune(now)
