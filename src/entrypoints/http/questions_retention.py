"""Questions about who comes back: retention, lifecycle, stickiness."""

from datetime import datetime
from typing import Any

from attrs import frozen
from litestar import Controller, Response, post

from ...domain.questions import LifecycleInterval, LifecycleQuery, StickinessQuery
from ...domain.questions.retention import (
    RetainedCohort,
    RetentionOfValue,
    RetentionQuery,
    RetentionState,
    RetentionUser,
    RetentionUsersQuery,
)
from .inputs import Call
from .questions import LIST, PATH, QUESTION, QuestionAnswer, answered, figures_first, given


@frozen(slots=False, kw_only=True, field_transformer=figures_first)
class RetentionAnswer(QuestionAnswer):
    """Who returned.

    Args:
        cohorts: One per interval of the range, those without users too.
        breakdowns: The same by value, the largest first; empty without a breakdown.
    """

    cohorts: tuple[RetainedCohort, ...]
    breakdowns: tuple[RetentionOfValue, ...]


@frozen(slots=False, kw_only=True, field_transformer=figures_first)
class LifecycleAnswer(QuestionAnswer):
    """What became of those who were active.

    Args:
        intervals: Every interval of the range.
    """

    intervals: tuple[LifecycleInterval, ...]


@frozen(slots=False, kw_only=True, field_transformer=figures_first)
class StickinessAnswer(QuestionAnswer):
    """How often users were active.

    Args:
        users_by_interval_count: How many users were active in exactly one interval of the
            range, in two, and so on up to all of them. [users]
    """

    users_by_interval_count: tuple[int, ...]


@frozen
class RetentionUsersRequest:
    """A cell of a retention table.

    Args:
        query: The table.
        cohort: `start` of the cohort, as the table says. [UTC]
        column: Which column, from 0; all of the cohort are in the first.
        state: `returned` for those whom the cell counts, `lost` for those whom it does not.
        value: Only those whom this table of the breakdown counts; null for all.
        limit: Most users of the page, 1 to 1,000.
        cursor: `next_cursor` of the page before, of the same cell; null for the first page.
    """

    query: RetentionQuery
    cohort: datetime
    column: int
    state: RetentionState = RetentionState.RETURNED
    value: str | None = None
    limit: int = 100
    cursor: str | None = None

    def question(self, after: str | None) -> RetentionUsersQuery:
        """The page that is asked for."""
        return RetentionUsersQuery(
            self.query, self.cohort, self.column, self.state, self.value, self.limit, after
        )

    def __attrs_post_init__(self) -> None:
        self.question(None)  # so that what is wrong is told with its place in the body


@frozen(slots=False)
class RetentionUserList:
    """Users behind a cell of a retention table.

    Args:
        items: By id.
        total: How many there are on all pages. [users]
        next_cursor: For the next page; null on the last.
        as_of: The ingestion position that all pages of the walk see.
    """

    items: tuple[RetentionUser, ...]
    total: int
    next_cursor: str | None
    as_of: int


class RetentionController(Controller):
    """Who comes back."""

    path = PATH
    tags = ("Questions",)

    @post(
        "/retention/analyze",
        operation_id="analyzeRetention",
        takes=RetentionQuery,
        **QUESTION,
    )
    async def retention(self, request: Call) -> Response[RetentionAnswer]:
        """Of those who did one thing, how many did another some intervals later.

        Cells whose interval is not over, or is cut by the end of the range, are marked: those
        who are missing there may still return.
        """
        return await answered(request, RetentionQuery, RetentionAnswer)

    @post(
        "/retention/users",
        operation_id="listRetentionUsers",
        takes=RetentionUsersRequest,
        **LIST,
    )
    async def retention_users(self, request: Call) -> Response[RetentionUserList]:
        """The users behind a cell of a retention table, page by page.

        All pages of a walk see the same events: the list adds up to the cell of the table
        that saw them.
        """
        body = await request.payload(RetentionUsersRequest)
        sealed: Any = ["retention users", body.question(None).rules()]
        after, through = None, None
        if body.cursor is not None:
            after, through = request.cursors.open(request.tenant, sealed, body.cursor)
        question = body.question(after)
        answer = await request.cases.ask_question(request.tenant, question, through)
        found, following = answer.figures, None
        if found.next is not None:
            place = [found.next, answer.as_of]
            following = request.cursors.seal(request.tenant, sealed, place)
        told = RetentionUserList(found.items, found.total, following, answer.as_of)
        return given(request, question, answer, lambda: told, following)

    @post(
        "/lifecycle/analyze",
        operation_id="analyzeLifecycle",
        takes=LifecycleQuery,
        **QUESTION,
    )
    async def lifecycle(self, request: Call) -> Response[LifecycleAnswer]:
        """Who was new, returned, came back after a pause or fell asleep, interval by interval."""
        return await answered(request, LifecycleQuery, LifecycleAnswer)

    @post(
        "/stickiness/analyze",
        operation_id="analyzeStickiness",
        takes=StickinessQuery,
        **QUESTION,
    )
    async def stickiness(self, request: Call) -> Response[StickinessAnswer]:
        """How many users were active in one interval of the range, in two, and so on."""
        return await answered(request, StickinessQuery, StickinessAnswer)
