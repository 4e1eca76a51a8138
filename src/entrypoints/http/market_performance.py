"""Properties against their markets, and what a tenant wants of comparisons."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from datetime import date
from typing import Literal

from attrs import frozen
from litestar import Controller, Response, get, put
from litestar.params import FromPath

from ...domain.errors import InvalidInput
from ...domain.measures import CATALOGUE, PROPERTY_METRICS, Metric, metrics_named
from ...domain.portfolio.comparison import DEFAULT_THRESHOLD_PERCENT, ComparisonPolicy
from ...domain.portfolio.history import HistoryRequest
from ...domain.portfolio.performance import MarketPerformance, PerformanceQuestion
from ...domain.portfolio.standings import PropertyStanding
from ...domain.tenancy import CostClass
from ...domain.windows import Interval
from .conditional import expected_version, versioned
from .inputs import Call, described
from .properties import (
    ETAG,
    IF_MATCH,
    PropertyListParameters,
    next_cursor,
    property_id,
    property_query,
)

_METRICS = (
    "Which metrics, with commas between; by their keys, by the names of the market's series or "
    "by the names of the property's fields. All without it."
)
_FRESH = {
    "Age": "Age of the market's data. [s]",
    "Cache-Control": "Private to you; to be asked for again, because a property may change.",
}


@frozen
class PerformanceParameters:
    """What is asked about one property and its market."""

    metrics: tuple[str, ...] = described(
        _METRICS, default=(), example=["rent_per_sqft", "occupancy_rate"]
    )
    as_of: date | None = described(
        "Compare as of this date: the property's history and the market's latest month until then.",
        default=None,
    )
    history: bool | None = described(
        "Whether both are shown over time too; an `interval` alone means yes.", default=None
    )
    interval: Literal["month", "quarter", "year"] | None = described(
        "Length of the history's buckets; months without it.", default=None, example="quarter"
    )
    start: date | None = described(
        "First day of the history; without it, three years back from its end.", default=None
    )
    end: date | None = described(
        "Last day of the history; without it, the latest month that either side has.", default=None
    )

    def question(self) -> PerformanceQuestion:
        """The question that is asked.

        Raises:
            UnknownMetric: If a metric is unknown.
            InvalidInput: If parts of a history are asked for, but no history.
            InvalidWindow: If a date or the window cannot be.
        """
        return PerformanceQuestion(_metrics(self.metrics), self.as_of, self._history())

    def _history(self) -> HistoryRequest | None:
        given = {"interval": self.interval, "start": self.start, "end": self.end}
        if self.history or (self.history is None and self.interval):
            return HistoryRequest(Interval(self.interval or "month"), self.start, self.end)
        for name, value in given.items():
            if value is not None:
                message = f"{name} belongs to a history; ask for one with history=true"
                raise InvalidInput(message, path=(name,), code="no_history")
        return None


def _metrics(names: tuple[str, ...]) -> tuple[Metric, ...]:
    return metrics_named(names) if names else tuple(CATALOGUE)


@frozen
class PortfolioParameters(PropertyListParameters):
    """Which properties of the portfolio, and which metrics."""

    metrics: tuple[str, ...] = described(
        _METRICS, default=(), example=["rent_per_sqft", "occupancy_rate"]
    )


@frozen(slots=False)
class PropertyStandings:
    """A page of properties against their markets.

    Args:
        items: One line per property, in the order asked for.
        next_cursor: For the next page; null on the last.
        as_of_position: Position of your portfolio that was seen; it grows with every change.
    """

    items: tuple[PropertyStanding, ...]
    next_cursor: str | None
    as_of_position: int


def _threshold() -> float | None:
    threshold: float | None = described(
        f"Over 0, at most 100; {DEFAULT_THRESHOLD_PERCENT:g} if left out or null.",
        default=None,
        unit="percent",
        example=5.0,
        maximum=100,
    )
    return threshold


@frozen
class Thresholds:
    """From which favourable difference on a metric is better or worse than its market."""

    occupancy_rate: float | None = _threshold()
    rent_per_sqft: float | None = _threshold()
    renewal_rate: float | None = _threshold()
    lease_term_months: float | None = _threshold()
    time_to_lease_days: float | None = _threshold()


@frozen
class ComparisonPolicyChange:
    """What you want of comparisons.

    Args:
        thresholds_percent: Per metric; what is left out goes back to 5 percent.
    """

    thresholds_percent: Thresholds

    def policy(self) -> ComparisonPolicy:
        """The policy that is wanted.

        Raises:
            InvalidFields: If a threshold is not over 0.
        """
        given = {metric: getattr(self.thresholds_percent, metric) for metric in PROPERTY_METRICS}
        return ComparisonPolicy({key: value for key, value in given.items() if value is not None})


class MarketPerformanceController(Controller):
    """Your properties against their markets."""

    tags = ("Properties",)

    @get(
        "/api/v1/properties/{property_id:str}/market-performance",
        operation_id="getMarketPerformance",
        needs="properties:read",
        asks=PerformanceParameters,
        answer_headers=_FRESH,
    )
    async def compare(
        self, request: Call, property_id: FromPath[str]
    ) -> Response[MarketPerformance]:
        """One property against its market.

        Each metric against the latest month of the property's market, what the metrics add up
        to, how good and how fresh the market's data are, and, where asked for, both over time.
        `rules` defines every figure. A bucket of a history holds the last value of its months
        for occupancy, rent and the renewal rate of the year to date, and the mean for lease
        term and time to lease; a bucket without a value is null, and nothing is filled in.
        """
        return await _performance(request, property_id)

    @get(
        "/api/properties/{property_id:str}/market-performance",
        operation_id="getMarketPerformanceUnversioned",
        needs="properties:read",
        asks=PerformanceParameters,
        answer_headers=_FRESH,
    )
    async def compare_unversioned(
        self, request: Call, property_id: FromPath[str]
    ) -> Response[MarketPerformance]:
        """One property against its market, at the address without a version.

        The same as `/api/v1/properties/{property_id}/market-performance`.
        """
        return await _performance(request, property_id)

    @get(
        "/api/v1/portfolio/market-performance",
        operation_id="getPortfolioMarketPerformance",
        cost_class=CostClass.HEAVY,
        needs="properties:read",
        asks=PortfolioParameters,
    )
    async def portfolio(self, request: Call) -> PropertyStandings:
        """All your properties against their markets, page by page.

        Every market is read once, however many properties lie in it. One that cannot be read
        leaves its properties in the list, marked `degraded` with the reason.
        """
        asked = request.parameters(PortfolioParameters)
        found = await request.cases.compare_portfolio(
            request.tenant, property_query(request, asked), _metrics(asked.metrics)
        )
        return PropertyStandings(
            found.items, next_cursor(request, asked, found.next), found.position
        )

    @get(
        "/api/v1/comparison-policy",
        operation_id="getComparisonPolicy",
        needs="properties:read",
        cacheable=True,
        answer_headers=ETAG,
    )
    async def show_policy(self, request: Call) -> Response[ComparisonPolicy]:
        """From which difference on your metrics count as better or worse than the market."""
        found = await request.cases.show_comparison_policy(request.tenant)
        return versioned(request, found, found.version)

    @put(
        "/api/v1/comparison-policy",
        operation_id="replaceComparisonPolicy",
        needs="properties:write",
        takes=ComparisonPolicyChange,
        may_fail=(412,),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def set_policy(self, request: Call) -> Response[ComparisonPolicy]:
        """Say from which difference on your metrics count as better or worse than the market."""
        expected = expected_version(request)
        wanted = await request.payload(ComparisonPolicyChange)
        kept = await request.cases.set_comparison_policy(request.tenant, wanted.policy(), expected)
        return versioned(request, kept, kept.version)


async def _performance(request: Call, identifier: str) -> Response[MarketPerformance]:
    question = request.parameters(PerformanceParameters).question()
    found = await request.cases.compare_with_market(
        request.tenant, property_id(identifier), question
    )
    # The data of the market age by the gateway's clock, those of the property may
    # change at any moment: an answer is never kept without asking again.
    headers = {"cache-control": "private, max-age=0, must-revalidate"}
    if found.freshness is not None:
        headers["age"] = str(max(int(found.freshness.age_seconds), 0))
    return Response(found, headers=headers)
