"""The scores of a portfolio: ranked, filtered, summed up, and what would change them."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from datetime import date
from typing import Any, Literal

from attrs import asdict, frozen
from litestar import Controller, get, post

from ...domain.identifiers import MarketId, PropertyId
from ...domain.portfolio.health_list import ListedHealth, RankingState
from ...domain.portfolio.health_selection import (
    HealthFilter,
    HealthOrder,
    HealthQuery,
    PeriodRequest,
)
from ...domain.portfolio.health_thresholds import Grade, ScoreConfidence
from ...domain.portfolio.kept_health import Period
from ...domain.portfolio.portfolio_health import Grouping, HealthSummary
from ...domain.portfolio.portfolio_what_if import PortfolioWhatIf, PortfolioWhatIfQuestion
from ...domain.portfolio.selection import LARGEST_PAGE, PageKey
from ...domain.tenancy import CostClass
from ...domain.windows import Interval
from .inputs import Call, described

Sort = Literal[
    "score", "-score", "change", "-change", "peer_percentile", "-peer_percentile",
    "area_sqft", "-area_sqft", "name", "-name", "id", "-id",
]  # fmt: skip


@frozen
class PortfolioHealthParameters:
    """Which scores, in which order, over which period, how many."""

    market_id: tuple[int, ...] = described(
        "Only properties of these markets.", default=(), example=[1, 2]
    )
    city: tuple[str, ...] = described(
        "Only properties whose market lies in one of these cities.",
        default=(),
        example=["Chicago"],
    )
    property_class: tuple[str, ...] = described(
        "Only properties of these classes.", default=(), example=["A", "B"]
    )
    property_type: tuple[str, ...] = described(
        "Only properties of these types.", default=(), example=["office"]
    )
    grade: tuple[Grade, ...] = described(
        "Only scores of these grades.", default=(), example=["D", "E"]
    )
    confidence: tuple[ScoreConfidence, ...] = described(
        "Only scores of these confidences.", default=(), example=["high", "medium"]
    )
    minimum_score: float | None = described(
        "Only scores at least so high.", default=None, unit="points"
    )
    maximum_score: float | None = described(
        "Only scores at most so high.", default=None, unit="points"
    )
    minimum_change: float | None = described(
        "Only scores that changed by at least so much over the period.", default=None, unit="points"
    )
    maximum_change: float | None = described(
        "Only scores that changed by at most so much over the period; -10 for those that fell by "
        "10 points or more.",
        default=None,
        unit="points",
        example=-10,
    )
    scored: bool | None = described("Only properties with a score, or without.", default=None)
    outlier: bool | None = described("Only properties that stand out, or do not.", default=None)
    under_performer: bool | None = described(
        "Only properties whose interval lies under the limit of your health model, 50 unless you "
        "set it, low among their peers, or only the others.",
        default=None,
    )
    watch: bool | None = described(
        "Only scores under the limit of your health model, 40 unless you set it, or only the "
        "others.",
        default=None,
    )
    interval: Literal["month", "quarter", "year"] = described(
        "The period over which `change` is told.", default="quarter"
    )
    period: date | None = described(
        "A day in the period; without it the latest one that the data of both sides complete.",
        default=None,
        example="2025-07-01",
    )
    sort: Sort = described(
        "Order; a minus turns it round. Those without a value come last, equal ones by id.",
        default="-score",
    )
    summary: bool = described(
        "Whether to sum up all scores that fit the filters. A page with a cursor has no summary.",
        default=True,
    )
    group_by: Grouping | None = described(
        "Also sum up by market, city, property_class or property_type.", default=None
    )
    limit: int = described("Length of the page.", default=50, minimum=1, maximum=LARGEST_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters, period and order.",
        default=None,
        max_length=4000,
    )

    def where(self) -> HealthFilter:
        """Which scores are meant.

        Raises:
            InvalidFields: If a filter cannot be meant.
        """
        return HealthFilter(
            tuple(map(MarketId, self.market_id)),
            self.city,
            self.property_class,
            self.property_type,
            self.grade,
            self.confidence,
            self.minimum_score,
            self.maximum_score,
            self.minimum_change,
            self.maximum_change,
            self.scored,
            self.outlier,
            self.under_performer,
            self.watch,
        )

    def question(self) -> list[Any]:
        """What a cursor belongs to."""
        return ["portfolio health", asdict(self.where()), self.interval, self.period, self.sort]


@frozen(slots=False)
class PortfolioHealthPage:
    """A page of your portfolio's scores.

    Args:
        items: In the order asked for.
        next_cursor: For the next page; null on the last.
        period: Over which `change` is told; null where there is no score history yet.
        summary: Of all scores that fit the filters; null if not asked for.
        ranking: How far the kept scores behind this answer have come.
    """

    items: tuple[ListedHealth, ...]
    next_cursor: str | None
    period: Period | None
    summary: HealthSummary | None
    ranking: RankingState


class PortfolioScoresController(Controller):
    """How healthy your portfolio is."""

    path = "/api/v1/portfolio/health"
    tags = ("Portfolio health",)

    @get(
        "/",
        operation_id="listPortfolioHealth",
        needs="properties:read",
        asks=PortfolioHealthParameters,
        cost_class=CostClass.HEAVY,
    )
    async def scores(self, request: Call) -> PortfolioHealthPage:
        """The scores of your portfolio: ranked, filtered, and what they come to.

        Scores are kept ahead, with rank, peers, outliers and their history, and made anew when
        a property, its history, its market or the model changes. Until the job has caught up,
        what a page shows is made anew at once, and `ranking.current` is false.
        """
        asked = request.parameters(PortfolioHealthParameters)
        query = _query(request, asked)
        wanted = asked.summary and asked.cursor is None
        found = await request.cases.show_portfolio_health(
            request.tenant, query, asked.group_by, summary=wanted
        )
        cursor = None
        if found.next is not None:
            last = [found.next.value, found.next.id, found.period and found.period.start]
            cursor = request.cursors.seal(request.tenant, asked.question(), last)
        return PortfolioHealthPage(found.items, cursor, found.period, found.summary, found.ranking)

    @post(
        "/what-if",
        operation_id="askWhatIf",
        needs="properties:read",
        takes=PortfolioWhatIfQuestion,
        audit="read",
        cost_class=CostClass.HEAVY,
        may_fail=(404,),
        status_code=200,
    )
    async def what_if(self, request: Call) -> PortfolioWhatIf:
        """What other weights or values would make of your portfolio; nothing is changed.

        With neither, the answer's `levers` say which metric would lift the portfolio most if it
        were better by one typical deviation everywhere.
        """
        question = await request.payload(PortfolioWhatIfQuestion)
        return await request.cases.ask_what_if(request.tenant, question)


def _query(call: Call, asked: PortfolioHealthParameters) -> HealthQuery:
    after, start = None, asked.period
    if asked.cursor is not None:
        value, last, seen = call.cursors.open(call.tenant, asked.question(), asked.cursor)
        # A walk over the pages sees one period, also where a newer one is completed meanwhile.
        after, start = PageKey(value, PropertyId(last)), seen and date.fromisoformat(seen)
    return HealthQuery(
        asked.where(),
        PeriodRequest(Interval(asked.interval), start),
        HealthOrder(asked.sort.removeprefix("-")),
        asked.sort.startswith("-"),
        asked.limit,
        after,
    )
