"""Attribution: which touches brought about conversions."""

from typing import Any

from attrs import frozen
from litestar import Controller, Response, post

from ...domain.errors import Flaw, InvalidFields
from ...domain.events import instant, microseconds
from ...domain.questions.attribution import (
    MOST_CONVERSIONS,
    AttributionQuery,
    ConversionCredits,
    ConversionKey,
    ConversionsQuery,
    ModelCredits,
)
from .inputs import Call
from .questions import LIST, PATH, QUESTION, QuestionAnswer, answered, figures_first, given


@frozen(slots=False, kw_only=True, field_transformer=figures_first)
class AttributionAnswer(QuestionAnswer):
    """Credits of several models, side by side.

    Args:
        models: One for every model of the question, in its order.
        conversions: Conversions that were credited.
        value: What they are worth together; null where no property says so.
            [unit of the property]
        untouched: Conversions of these that nothing touched: credited to `(none)`.
        without_value: Conversions of these whose value is no number: worth nothing.
        unconverted: Journeys that did not convert; null unless `markov` or `shapley_rate`,
            which learn from them, are asked for.
        unconverted_open: Journeys of these that the end of the range or the present cut off:
            they may have converted later.
    """

    models: tuple[ModelCredits, ...]
    conversions: int
    value: float | None
    untouched: int
    without_value: int
    unconverted: int | None
    unconverted_open: int | None


@frozen
class ConversionListRequest:
    """The conversions behind an attribution.

    Args:
        query: The attribution.
        limit: Most conversions of the page, 1 to 1,000.
        cursor: `next_cursor` of the page before, of the same attribution; null for the first
            page.
    """

    query: AttributionQuery
    limit: int = 100
    cursor: str | None = None

    def __attrs_post_init__(self) -> None:
        if not 0 < self.limit <= MOST_CONVERSIONS:
            message = f"must lie between 1 and {MOST_CONVERSIONS}"
            raise InvalidFields([Flaw(("limit",), "out_of_range", message)])


@frozen(slots=False)
class ConversionList:
    """Conversions with what each is credited to.

    Args:
        items: By instant, then by position.
        next_cursor: For the next page; null on the last.
        as_of: The ingestion position that all pages of the walk see.
    """

    items: tuple[ConversionCredits, ...]
    next_cursor: str | None
    as_of: int


class AttributionController(Controller):
    """What brought about conversions."""

    path = PATH
    tags = ("Questions",)

    @post(
        "/attribution/model",
        operation_id="analyzeAttribution",
        takes=AttributionQuery,
        **QUESTION,
    )
    async def model(self, request: Call) -> Response[AttributionAnswer]:
        """Which touches are to be credited for the conversions of a range, by up to ten models.

        Credits of a model add up to the conversions, or to what they are worth;
        `participation` credits every value on a path with the whole conversion.
        """
        return await answered(request, AttributionQuery, AttributionAnswer)

    @post(
        "/attribution/conversions",
        operation_id="listAttributedConversions",
        takes=ConversionListRequest,
        **LIST,
    )
    async def conversions(self, request: Call) -> Response[ConversionList]:
        """The conversions behind an attribution with what each is credited to, page by page.

        All pages of a walk see the same events: credits add up to those of the attribution
        that saw them. `markov` and `shapley_rate` credit no single conversion.
        """
        body = await request.payload(ConversionListRequest)
        sealed: Any = ["attributed conversions", body.query.rules()]
        after, through = None, None
        if body.cursor is not None:
            at, position, through = request.cursors.open(request.tenant, sealed, body.cursor)
            after = ConversionKey(instant(at), position)
        question = ConversionsQuery(body.query, body.limit, after)
        answer = await request.cases.ask_question(request.tenant, question, through)
        following, next_cursor = answer.figures.following, None
        if following is not None:
            place = [microseconds(following.at), following.position, answer.as_of]
            next_cursor = request.cursors.seal(request.tenant, sealed, place)
        found = ConversionList(answer.figures.conversions, next_cursor, answer.as_of)
        return given(request, question, answer, lambda: found, next_cursor)
