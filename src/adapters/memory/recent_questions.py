"""Answers to questions remembered as long as they are true: while nothing new is there."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from attrs import astuple, define, evolve, field, has

from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ...domain.questions.series import SeriesRows
from ...ports.question_engine import Answered, Asked, QuestionEngine

MOST_REMEMBERED = 2_000
"""So many answers are remembered; the one used longest ago goes first."""

MOST_BYTES = 40_000_000
"""So much memory they may take together: a hundred cubes of 5,000 rows. [bytes]"""

#: Most that is taken by a row, each of which is a value of its own. [bytes]
_ROW = 2_000

#: What is taken by a row of a series, by each of its figures, and by a stretch or a group that
#: rows have in common, beside its texts. [bytes]
_SERIES_ROW, _FIGURE, _HEADING = 16, 40, 700


@define(eq=False)
class RecentQuestions:
    """Remembers each answer under the position that it saw; a failure is not remembered.

    Any number of callers who ask the same at once cause it once; when the last of them has
    left, so is the work.

    Args:
        engine: Who answers.
        most: Most answers that are remembered.
        most_bytes: Most memory that all of them take together, as counted here. [bytes]
    """

    engine: QuestionEngine
    most: int = MOST_REMEMBERED
    most_bytes: int = MOST_BYTES
    _bytes: int = field(default=0, init=False)
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
        self._bytes -= _bytes(self._known.pop(asked_for, None))
        self._known[asked_for] = found
        self._bytes += _bytes(found)
        while len(self._known) > self.most or self._bytes > self.most_bytes:
            self._bytes -= _bytes(self._known.pop(next(iter(self._known))))


def _bytes(found: object) -> int:
    """How much memory the rows of an answer take. [bytes]"""
    figures = found.figures if isinstance(found, Answered) else None
    if figures is None or not has(type(figures)):
        return 0
    fields = astuple(figures, recurse=False)
    series = sum(series_bytes(one) for one in fields if isinstance(one, SeriesRows))
    return series + _ROW * sum(len(one) for one in fields if isinstance(one, tuple))


def series_bytes(rows: SeriesRows) -> int:
    """How much memory a page of a series takes, at most. [bytes]"""
    groups = set(rows.groups)
    columns = len(rows.values) + len(rows.compared or ())
    texts = sum(len(text) for group in groups for text in group.dimensions.values())
    headings = len(groups) + len(set(rows.stretches))
    return len(rows) * (_SERIES_ROW + columns * _FIGURE) + headings * _HEADING + 4 * texts


@define(eq=False)
class _Asking:
    """A question under way, and how many wait for it."""

    task: "asyncio.Task[Any]"
    waiting: int = 0
