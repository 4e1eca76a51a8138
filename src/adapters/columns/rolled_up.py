"""Answers from the figures of single days where they say the same as the events."""

from attrs import frozen

from ...domain.events import DayFigures, DayQuestion
from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ...domain.questions.series import SeriesQuery, day_questions, series_of_days
from ...ports.event_store import EventStore
from ...ports.question_engine import Answered, Asked, QuestionEngine


@frozen
class RolledUpQuestions:
    """Asks the store for days where they suffice, and an engine for all else.

    Args:
        engine: Who answers all else.
        store: Keeps the figures of days.
    """

    engine: QuestionEngine
    store: EventStore

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        if isinstance(asked.question, SeriesQuery):
            days = await self._days(tenant, day_questions(asked.question) or (), asked.through)
            if days is not None:
                (position,) = {one.loaded for one in days.values()}
                figures = series_of_days(asked.question, days, asked.now)
                return Answered(figures, position, "store", "roll-up of days", 0)
        return await self.engine.answer(tenant, asked)

    async def position(self, tenant: TenantId) -> int:
        return await self.engine.position(tenant)

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        return await self.engine.weight(tenant, reach)

    async def _days(
        self, tenant: TenantId, questions: tuple[DayQuestion, ...], through: int | None
    ) -> dict[DayQuestion, DayFigures] | None:
        """The figures, all as of the position that is wanted; None where they are not."""
        found = {one: await self.store.days(tenant, one) for one in questions}
        seen = {one.loaded for one in found.values()}
        as_wanted = len(seen) == 1 and (through is None or seen == {through})
        return found if as_wanted else None
