"""Funnels: how far users get."""

from typing import Any

from attrs import frozen
from litestar import Controller, Response, post

from ...domain.questions.funnel import (
    AttemptKey,
    BreakdownFigures,
    ConversionTimes,
    FunnelAttempt,
    FunnelQuery,
    FunnelState,
    FunnelUsers,
    OtherRules,
    StepFigures,
    TrendPoint,
)
from .inputs import Call
from .questions import LIST, PATH, QUESTION, QuestionAnswer, answered, figures_first, given


@frozen(slots=False, kw_only=True, field_transformer=figures_first)
class FunnelAnswer(QuestionAnswer):
    """How many users get how far, and how long they take.

    Args:
        steps: In their order.
        breakdowns: Per value, the most frequent first, all others last; null if not asked.
        trend: Per interval of entry; null if not asked.
        time_to_convert: How long it takes from one step to another; null if not asked.
        sensitivity: The counts under each of the other rules; null if not asked.
    """

    steps: tuple[StepFigures, ...]
    breakdowns: tuple[BreakdownFigures, ...] | None
    trend: tuple[TrendPoint, ...] | None
    time_to_convert: ConversionTimes | None
    sensitivity: tuple[OtherRules, ...] | None


@frozen
class FunnelUsersRequest:
    """The users behind a number of a funnel.

    Args:
        query: The funnel.
        step: The number of the step, from 1.
        state: Those who reached the step, or those who dropped out before it.
        limit: Most attempts of the page, 1 to 1,000.
        cursor: `next_cursor` of the page before, of the same list; null for the first page.
    """

    query: FunnelQuery
    step: int
    state: FunnelState = FunnelState.REACHED
    limit: int = 100
    cursor: str | None = None

    def __attrs_post_init__(self) -> None:
        _ = self.question(None)

    def question(self, after: AttemptKey | None) -> FunnelUsers:
        """What is asked: the page after an attempt."""
        return FunnelUsers(self.query, self.step, self.state, self.limit, after)


@frozen(slots=False)
class FunnelUserList:
    """Users with the instants of their attempt.

    Args:
        items: By user id, then by entry; a user once per counted attempt.
        next_cursor: For the next page; null on the last.
        as_of: The ingestion position that all pages of the walk see.
    """

    items: tuple[FunnelAttempt, ...]
    next_cursor: str | None
    as_of: int


class FunnelController(Controller):
    """How far users get."""

    path = PATH
    tags = ("Questions",)

    @post(
        "/funnel/analyze",
        operation_id="analyzeFunnel",
        takes=FunnelQuery,
        **QUESTION,
    )
    async def analyze(self, request: Call) -> Response[FunnelAnswer]:
        """How many users get how far through some steps, and how long they take.

        An attempt begins at every event of the range that fits the first step; a user is
        counted with the attempt that reaches furthest.
        """
        return await answered(request, FunnelQuery, FunnelAnswer)

    @post(
        "/funnel/users",
        operation_id="listFunnelUsers",
        takes=FunnelUsersRequest,
        **LIST,
    )
    async def users(self, request: Call) -> Response[FunnelUserList]:
        """Who reached a step or dropped out before it, with the instants of their attempt.

        All pages of a walk see the same events: there are as many attempts as the funnel that
        saw them counts.
        """
        body = await request.payload(FunnelUsersRequest)
        sealed: Any = ["funnel users", body.question(None).rules()]
        after, through = None, None
        if body.cursor is not None:
            user_id, number, through = request.cursors.open(request.tenant, sealed, body.cursor)
            after = AttemptKey(user_id, number)
        question = body.question(after)
        answer = await request.cases.ask_question(request.tenant, question, through)
        following, next_cursor = answer.figures.following, None
        if following is not None:
            place = [following.user_id, following.number, answer.as_of]
            next_cursor = request.cursors.seal(request.tenant, sealed, place)
        found = FunnelUserList(answer.figures.items, next_cursor, answer.as_of)
        return given(request, question, answer, lambda: found, next_cursor)
