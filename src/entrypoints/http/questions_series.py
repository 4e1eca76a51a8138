"""Series and cubes over HTTP, and what happened just now."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from attrs import frozen
from litestar import Controller, Response, get, post

from ...application.read_realtime_metrics import RealtimeMetrics
from ...domain.errors import Flaw, InvalidFields
from ...domain.events import Condition
from ...domain.identifiers import TenantId
from ...domain.questions import Answer, Grain, Posed, QuestionRange, WeekStart
from ...domain.questions.series import (
    LARGEST_SERIES_PAGE,
    ComparedStretch,
    Measure,
    Order,
    RangeRounding,
    SeriesQuery,
    Totals,
    written,
)
from ...domain.tenancy import CostClass
from .admission import QUESTIONS
from .cursors import Cursors
from .events import own_organization
from .inputs import Call, described
from .question_sheets import chosen_sheet
from .questions import (
    PATH,
    QUESTION,
    QuestionAnswer,
    figures_first,
    given,
    in_background,
    postponed,
    read_once,
    told,
    while_wanted,
)
from .series_rows import SeriesRow, rows_json

LONGEST_TIMEFRAME = timedelta(days=7)

_TIMEFRAME = re.compile(r"([1-9]\d{0,5})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@frozen
class SeriesBody:
    """Measures of events by interval and dimension."""

    range: QuestionRange = described("From when to when: two dates, or two instants.")
    measures: tuple[Measure, ...] = described("What is measured; 1 to 20, named.")
    dimensions: tuple[str, ...] = described(
        "By what: `properties.` or `user.` and a name, or `event_type`; at most 5.", default=()
    )
    interval: Grain | None = described(
        "How long an interval is; null for one value of the whole range.", default=None
    )
    week_start: WeekStart = described("The first day of a week.", default=WeekStart.MONDAY)
    filters: Condition | None = described(
        "A condition on every event that is looked at.", default=None
    )
    cumulative: bool = described(
        "Whether every interval counts from the beginning of the range.", default=False
    )
    range_rounding: RangeRounding = described(
        "What becomes of an interval that begins before the range.", default=RangeRounding.NONE
    )
    compare_to: Literal["previous_period"] | QuestionRange | None = described(
        "A range of the same time zone whose intervals are put beside those of the range; "
        "`previous_period` for as many intervals, days or seconds before it.",
        default=None,
    )
    totals: Totals = described(
        "Which sums are rows, too: the interval comes first, then the dimensions as they are "
        "named; `rollup` sums up from the last on, `cube` every choice of them.",
        default=Totals.NONE,
    )
    order: tuple[Order, ...] = described(
        "By what rows are ordered: `start`, a dimension or a measure. By start and then "
        "dimensions where left out, sums before what they sum up.",
        default=(),
    )
    limit: int = described(
        "Most rows of the page.", default=1_000, minimum=1, maximum=LARGEST_SERIES_PAGE
    )
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same question; it sees the same position.",
        default=None,
        max_length=2_000,
    )
    explain: bool = described("Whether to say how it was answered.", default=False)

    def question(self, skip: int = 0) -> SeriesQuery:
        """The question.

        Args:
            skip: Rows of the pages before.

        Raises:
            InvalidFields: With everything that is wrong with it.
        """
        return SeriesQuery(
            self.range,
            self.measures,
            self.dimensions,
            self.interval,
            self.week_start,
            self.filters,
            self.cumulative,
            self.range_rounding,
            self.compare_to,
            self.totals,
            self.order,
            self.limit,
            skip,
            self.explain,
        )


@frozen(slots=False, kw_only=True, field_transformer=figures_first)
class SeriesAnswer(QuestionAnswer):
    """Measures of events by interval and dimension.

    Args:
        rows: A page of rows.
        rows_before: How many rows come before the page.
        rows_after: How many rows come after the page.
        counted_from: Where counting begins: the range, or the interval that holds its start
            where that was asked. [UTC]
        counted_to: Where it ends, exclusive. [UTC]
        first_interval_cut: Whether the first interval begins before that.
        last_interval_cut: Whether the last interval ends after that.
        compared_with: What the range is compared with; null without.
        next_cursor: For the next page; null on the last.
    """

    rows: tuple[SeriesRow, ...]
    rows_before: int
    rows_after: int
    counted_from: datetime
    counted_to: datetime
    first_interval_cut: bool
    last_interval_cut: bool
    compared_with: ComparedStretch | None
    next_cursor: str | None


@frozen
class RealtimeParameters:
    """Of whose events, and how far back."""

    tenant_id: str | None = described(
        "Your tenant; another one is refused.", default=None, max_length=200
    )
    timeframe: str = described(
        "How far back from now: a number and `s`, `m`, `h` or `d`, at most seven days.",
        default="5m",
        example="5m",
        max_length=7,
    )

    def length(self) -> timedelta:
        """How far back.

        Raises:
            InvalidFields: If it cannot be read or is too long.
        """
        found = _TIMEFRAME.fullmatch(self.timeframe)
        if found is None:
            message = "must be a number and s, m, h or d, such as 5m"
            raise InvalidFields([Flaw(("timeframe",), "timeframe", message)])
        length = timedelta(**{_UNITS[found[2]]: int(found[1])})
        if length > LONGEST_TIMEFRAME:
            message = "must be at most seven days"
            raise InvalidFields([Flaw(("timeframe",), "too_large", message)])
        return length


class SeriesController(Controller):
    """Series and cubes."""

    path = f"{PATH}/realtime"
    tags = ("Questions",)

    @post("/query", operation_id="querySeries", takes=SeriesBody, **QUESTION)
    async def query(self, request: Call) -> Response[SeriesAnswer]:
        """Measures of events by interval and dimension, with sums, comparison and drill."""
        asked, first = await read_once(request, SeriesBody, _first_page)
        question, through = series_page(asked, request.tenant, request.cursors)
        if in_background(request):
            return await postponed(request)
        posed = first if asked.cursor is None else Posed.of(question)
        asking = request.cases.ask_question.posed(request.tenant, posed, through)
        answer = await while_wanted(request, asking)
        cursor = next_cursor(question, answer, request.tenant, request.cursors)
        rows = None if chosen_sheet(request) else await rows_json(answer.figures.rows)
        more = {"rows": rows, "next_cursor": cursor}
        whole = partial(told, question, answer, SeriesAnswer, more)
        return given(request, question, answer, whole, cursor)

    @get(
        "/metrics",
        operation_id="readRealtimeMetrics",
        needs="events:read",
        cost_class=CostClass.HEAVY,
        room=QUESTIONS,
        asks=RealtimeParameters,
    )
    async def metrics(self, request: Call) -> RealtimeMetrics:
        """Events, users and the most frequent event types up to now."""
        asked = request.parameters(RealtimeParameters)
        own_organization(request, asked.tenant_id)
        return await request.cases.read_realtime_metrics(request.tenant, asked.length())


def _first_page(asked: SeriesBody) -> tuple[SeriesBody, Posed]:
    return asked, Posed.of(asked.question())


def series_page(
    asked: SeriesBody, tenant: TenantId, cursors: Cursors
) -> tuple[SeriesQuery, int | None]:
    """The page that is asked for, and the last position that it sees; None for all there is.

    Raises:
        InvalidFields: With everything that is wrong with the question.
        InvalidInput: If the cursor is not one of it.
    """
    first = asked.question()
    if asked.cursor is None:
        return first, None
    skip, through = cursors.open(tenant, _told(first), asked.cursor)
    return asked.question(skip), through


async def after_page(
    question: SeriesQuery, answer: Answer, tenant: TenantId, cursors: Cursors
) -> Mapping[str, Any]:
    """What an answer gives out otherwise than its figures are kept, and `next_cursor`."""
    cursor = next_cursor(question, answer, tenant, cursors)
    return {"rows": await rows_json(answer.figures.rows), "next_cursor": cursor}


def next_cursor(
    question: SeriesQuery, answer: Answer, tenant: TenantId, cursors: Cursors
) -> str | None:
    """What the page after an answer is asked for with; None after the last."""
    figures = answer.figures
    if not figures.rows_after:
        return None
    place = [question.skip + len(figures.rows), answer.as_of]
    return cursors.seal(tenant, _told(question), place)


def _told(question: SeriesQuery) -> Any:
    """What a cursor belongs to."""
    return ["series", written(question)]
