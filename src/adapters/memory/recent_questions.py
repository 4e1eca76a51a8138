"""Answers to questions remembered as long as they are true: while nothing new is there."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from attrs import astuple, define, evolve, field, has

from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ...ports.question_engine import Answered, Asked, QuestionEngine

MOST_REMEMBERED = 2_000
"""So many answers are remembered; the one used longest ago goes first."""

MOST_ROWS = 20_000
"""So many rows they may have together: two of the largest pages, some 40 MB of a cube."""


@define(eq=False)
class RecentQuestions:
    """Remembers each answer under the position that it saw; a failure is not remembered.

    Any number of callers who ask the same at once cause it once; when the last of them has
    left, so is the work.

    Args:
        engine: Who answers.
        most: Most answers that are remembered.
        most_rows: Most rows of all of them together.
    """

    engine: QuestionEngine
    most: int = MOST_REMEMBERED
    most_rows: int = MOST_ROWS
    _rows: int = field(default=0, init=False)
    _known: dict[Hashable, Any] = field(factory=dict, init=False)
    _asking: dict[Hashable, "_Asking"] = field(factory=dict, init=False)

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        position = await self.engine.position(tenant)
        through = position if asked.through is None else min(asked.through, position)
        question = asked.question
        asked_for = (
            tenant,
            type(question),
            asked.told,
            through,
            asked.users_position,
            asked.now,
        )
        if asked_for in self._known:
            found: Answered = self._once(asked_for)
            return evolve(found, cached=True)
        bound = evolve(asked, through=through)
        answered: Answered = await self._ask(asked_for, lambda: self.engine.answer(tenant, bound))
        return answered

    async def position(self, tenant: TenantId) -> int:
        return await self.engine.position(tenant)

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        asked_for = (tenant, reach, await self.engine.position(tenant))
        if asked_for in self._known:
            return int(self._once(asked_for))
        weight: int = await self._ask(asked_for, lambda: self.engine.weight(tenant, reach))
        return weight

    def _once(self, asked_for: Hashable) -> Any:
        """What is known, which is now the one used last."""
        self._known[asked_for] = found = self._known.pop(asked_for)
        return found

    async def _ask(self, asked_for: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        asking = self._asking.get(asked_for)
        if asking is None:
            asking = self._asking[asked_for] = _Asking(asyncio.ensure_future(ask()))
            asking.task.add_done_callback(lambda _: self._asking.pop(asked_for, None))
        asking.waiting += 1
        try:
            found = await asyncio.shield(asking.task)
        finally:
            asking.waiting -= 1
            if not asking.waiting and not asking.task.done():
                # Whoever comes now asks anew, instead of meeting one that is being stopped.
                self._asking.pop(asked_for, None)
                asking.task.cancel()
        self._remember(asked_for, found)
        return found

    def _remember(self, asked_for: Hashable, found: Any) -> None:
        self._rows -= _rows(self._known.pop(asked_for, None))
        self._known[asked_for] = found
        self._rows += _rows(found)
        while len(self._known) > self.most or self._rows > self.most_rows:
            self._rows -= _rows(self._known.pop(next(iter(self._known))))


def _rows(found: object) -> int:
    """How long the lists of an answer are."""
    figures = found.figures if isinstance(found, Answered) else None
    if figures is None or not has(type(figures)):
        return 0
    return sum(len(one) for one in astuple(figures, recurse=False) if isinstance(one, tuple))


@define(eq=False)
class _Asking:
    """A question under way, and how many wait for it."""

    task: "asyncio.Task[Any]"
    waiting: int = 0
