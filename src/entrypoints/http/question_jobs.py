"""Questions that are answered in the background: which there are, and how a job answers one."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from attrs import frozen

from ...application.ask_question import AskQuestion
from ...application.run_jobs import Progress
from ...domain.errors import InvalidInput
from ...domain.identifiers import TenantId
from ...domain.jobs import Job
from ...domain.questions import (
    Answer,
    LifecycleFigures,
    LifecycleQuery,
    Question,
    Sheet,
    StickinessFigures,
    StickinessQuery,
)
from ...domain.questions.attribution import AttributionFigures, AttributionQuery
from ...domain.questions.funnel import FunnelFigures, FunnelQuery
from ...domain.questions.retention import RetentionFigures, RetentionQuery
from ..structuring import from_json
from .cursors import Cursors
from .questions import QuestionAnswer, told
from .questions_attribution import AttributionAnswer
from .questions_funnel import FunnelAnswer
from .questions_retention import LifecycleAnswer, RetentionAnswer, StickinessAnswer
from .questions_series import SeriesAnswer, SeriesBody, after_page, series_page

LARGEST_RESULT = 4 * 1024 * 1024
"""Largest answer that a job keeps; a larger one is asked for in pages. [bytes]"""


def _itself(
    question: Question, _tenant: TenantId, _cursors: Cursors
) -> tuple[Question, int | None]:
    return question, None


async def _nothing(
    _question: Any, _answer: Answer, _tenant: TenantId, _cursors: Cursors
) -> Mapping[str, Any]:
    return {}


@frozen
class QuestionRoute:
    """A question and its answer.

    Args:
        question: The class of the body.
        answer: The class of the answer.
        figures: What a kept answer is read as, to be told as rows.
        asked: The question of a body, and the last position that it sees, where it is not the
            body itself.
        more: What the answer says beside the figures.
    """

    question: type[Any]
    answer: type[QuestionAnswer]
    figures: type[Any]
    asked: Callable[[Any, TenantId, Cursors], tuple[Question, int | None]] = _itself
    more: Callable[[Any, Answer, TenantId, Cursors], Awaitable[Mapping[str, Any]]] = _nothing


#: By the id of the operation.
QUESTIONS: Mapping[str, QuestionRoute] = {
    "analyzeAttribution": QuestionRoute(AttributionQuery, AttributionAnswer, AttributionFigures),
    "analyzeLifecycle": QuestionRoute(LifecycleQuery, LifecycleAnswer, LifecycleFigures),
    "analyzeRetention": QuestionRoute(RetentionQuery, RetentionAnswer, RetentionFigures),
    "analyzeStickiness": QuestionRoute(StickinessQuery, StickinessAnswer, StickinessFigures),
    "querySeries": QuestionRoute(SeriesBody, SeriesAnswer, SeriesAnswer, series_page, after_page),
    "analyzeFunnel": QuestionRoute(FunnelQuery, FunnelAnswer, FunnelFigures),
}


@frozen
class AnswerQuestion:
    """Does the jobs that `RequestAnswer` asks for.

    Args:
        ask: Answers.
        cursors: Opens and seals the cursors of answers that come in pages.
        questions: What can be asked.
    """

    ask: AskQuestion
    cursors: Cursors
    questions: Mapping[str, QuestionRoute] = QUESTIONS

    async def __call__(self, job: Job, progress: Progress) -> Mapping[str, object]:
        """Answer the question of a job.

        Raises:
            InvalidInput: If the answer is larger than a job keeps.
            QuestionTooCostly: If it is beyond ten times what the tenant's plan allows at once.
            Unavailable: If a store does not answer in time.
        """
        route = self.questions[str(job.arguments["operation"])]
        question, through = _asked(route, job, self.cursors)
        await progress(0.1, "asked")
        answer = await self.ask(job.tenant, question, through, patient=True)
        more = await route.more(question, answer, job.tenant, self.cursors)
        encoded = msgspec.json.encode(told(question, answer, route.answer, more))
        if len(encoded) > LARGEST_RESULT:
            message = f"the answer is larger than {LARGEST_RESULT} bytes; ask for less of it"
            raise InvalidInput(message, code="too_large")
        found: Mapping[str, object] = msgspec.json.decode(encoded)
        return found


def answer_sheet(job: Job, cursors: Cursors) -> tuple[Sheet, tuple[int, datetime], str | None]:
    """The rows of the answer that a job has found.

    Args:
        job: One of these, done.
        cursors: Opens the cursor of the question.

    Returns:
        The rows, `as_of` and `complete_until` of the answer, and its `next_cursor`, if any.
    """
    route, told = QUESTIONS[str(job.arguments["operation"])], job.result
    assert told is not None
    question, _ = _asked(route, job, cursors)
    seen = msgspec.convert(told, _Seen)
    sheet = question.sheet(msgspec.convert(told, route.figures))
    return sheet, (seen.as_of, seen.complete_until), seen.next_cursor


@frozen
class _Seen:
    """What an answer says of itself."""

    as_of: int
    complete_until: datetime
    next_cursor: str | None = None


def _asked(route: QuestionRoute, job: Job, cursors: Cursors) -> tuple[Question, int | None]:
    body = from_json(job.arguments["question"], route.question)
    return route.asked(body, job.tenant, cursors)
