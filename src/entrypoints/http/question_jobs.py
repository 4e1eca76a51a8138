"""Questions that are answered in the background: which there are, and how a job answers one."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import field, frozen

from ...application.ask_question import AskQuestion
from ...application.run_jobs import Progress
from ...domain.errors import InvalidInput
from ...domain.jobs import Job
from ...domain.questions import LifecycleQuery, Question, StickinessQuery
from ...domain.questions.attribution import AttributionQuery
from ...domain.questions.funnel import FunnelQuery
from ...domain.questions.retention import RetentionQuery
from ..structuring import from_json
from .questions import QuestionAnswer, told
from .questions_attribution import AttributionAnswer
from .questions_funnel import FunnelAnswer
from .questions_retention import LifecycleAnswer, RetentionAnswer, StickinessAnswer
from .questions_series import SeriesAnswer, SeriesBody

LARGEST_RESULT = 4 * 1024 * 1024
"""Largest answer that a job keeps; a larger one is asked for in pages. [bytes]"""


def _itself(question: Question) -> Question:
    return question


@frozen
class QuestionRoute:
    """A question and its answer.

    Args:
        question: The class of the body.
        answer: The class of the answer.
        asked: The question of a body, where it is not the body itself.
        more: What the answer says beside the figures.
    """

    question: type[Any]
    answer: type[QuestionAnswer]
    asked: Callable[[Any], Question] = _itself
    more: Mapping[str, Any] = field(factory=dict)


#: By the id of the operation.
QUESTIONS: Mapping[str, QuestionRoute] = {
    "analyzeAttribution": QuestionRoute(AttributionQuery, AttributionAnswer),
    "analyzeLifecycle": QuestionRoute(LifecycleQuery, LifecycleAnswer),
    "analyzeRetention": QuestionRoute(RetentionQuery, RetentionAnswer),
    "analyzeStickiness": QuestionRoute(StickinessQuery, StickinessAnswer),
    "querySeries": QuestionRoute(
        SeriesBody, SeriesAnswer, SeriesBody.question, {"next_cursor": None}
    ),
    "analyzeFunnel": QuestionRoute(FunnelQuery, FunnelAnswer),
}


@frozen
class AnswerQuestion:
    """Does the jobs that `RequestAnswer` asks for.

    Args:
        ask: Answers.
        questions: What can be asked.
    """

    ask: AskQuestion
    questions: Mapping[str, QuestionRoute] = QUESTIONS

    async def __call__(self, job: Job, progress: Progress) -> Mapping[str, object]:
        """Answer the question of a job.

        Raises:
            InvalidInput: If the answer is larger than a job keeps.
            QuestionTooCostly: If it is beyond ten times what the tenant's plan allows at once.
            Unavailable: If a store does not answer in time.
        """
        route = self.questions[str(job.arguments["operation"])]
        question = route.asked(from_json(job.arguments["question"], route.question))
        await progress(0.1, "asked")
        answer = await self.ask(job.tenant, question, patient=True)
        encoded = msgspec.json.encode(told(question, answer, route.answer, route.more))
        if len(encoded) > LARGEST_RESULT:
            message = f"the answer is larger than {LARGEST_RESULT} bytes; ask for less of it"
            raise InvalidInput(message, code="too_large")
        found: Mapping[str, object] = msgspec.json.decode(encoded)
        return found
