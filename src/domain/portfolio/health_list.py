"""A portfolio's scores as a list shows them."""

from collections.abc import Mapping
from datetime import date, datetime

from attrs import frozen

from ..identifiers import MarketId, PropertyId
from ..measures import Metric
from .health_score import ScoreStatus
from .health_thresholds import Grade, ScoreConfidence
from .kept_health import KeptHealth, Period, Standing
from .portfolio_health import HealthSummary
from .selection import PageKey


@frozen(slots=False)
class ListedHealth:
    """One property's score in a list.

    Args:
        id: The property.
        name: Its name.
        market_id: Its market.
        market_name: The market's name; null where it could not be read.
        city: The market's city; null likewise.
        property_class: A, B, C …
        property_type: office, retail, …; null where nobody said.
        area_sqft: Rentable area. [sq ft]
        status: Whether there is a score.
        score: 0 to 100; 50 is at market. [points]
        grade: Of the score, by the model that made it.
        low: Lower end of the 90 % interval. [points]
        high: Upper end of it. [points]
        grade_at_low: Grade of the lower end.
        grade_at_high: Grade of the upper end.
        confidence: By half of the interval and the model's thresholds.
        coverage: Weight of the metrics that are known. [0..1]
        missing: Metrics that have weight and no sub-score; the property's own health says why.
        level: Score of the present alone. [points]
        momentum: Score of the history alone; null where it does not count. [points]
        contributions: What each metric adds to 50; they sum to score − 50 exactly. [points]
        period_score: Score of the period's values; null where there is none. [points]
        change: Of that from the period before; null where one of the two is missing. [points]
        standing: Its rank, peers and outliers; null without a score, or until the portfolio
            has been ranked with it.
        model_version: Version of the model that made the score.
        scored_at: When it was made. [UTC]
        recomputed: Whether it was made for this answer, because what was kept was outdated; its
            standing is then that of the older score.
    """

    id: PropertyId
    name: str
    market_id: MarketId
    market_name: str | None
    city: str | None
    property_class: str
    property_type: str | None
    area_sqft: float
    status: ScoreStatus
    score: float | None
    grade: Grade | None
    low: float | None
    high: float | None
    grade_at_low: Grade | None
    grade_at_high: Grade | None
    confidence: ScoreConfidence | None
    coverage: float
    missing: tuple[Metric, ...]
    level: float | None
    momentum: float | None
    contributions: Mapping[Metric, float]
    period_score: float | None
    change: float | None
    standing: Standing | None
    model_version: int
    scored_at: datetime
    recomputed: bool


def listed_health(kept: KeptHealth, *, recomputed: bool) -> ListedHealth:
    """A kept score as a list shows it."""
    one = kept.score
    low, high = one.bounds
    return ListedHealth(
        one.id,
        one.name,
        one.inputs.market_id,
        one.market.name,
        one.market.city,
        one.property_class,
        one.property_type,
        one.area_sqft,
        one.status,
        one.score,
        one.grade,
        low,
        high,
        one.grade_at_low,
        one.grade_at_high,
        one.confidence,
        one.coverage,
        tuple(part.metric for part in one.parts if part.sub_score is None),
        one.level,
        one.momentum,
        one.contributions,
        kept.period_score,
        kept.change,
        kept.standing,
        one.inputs.model_version,
        one.scored_at,
        recomputed,
    )


@frozen(slots=False)
class RankingState:
    """How far the kept scores behind an answer have come.

    Args:
        current: Whether every change of the portfolio, the markets and the model is in everything
            that is kept. If not, a job is at it: scores that this page shows were made anew
            where needed; its order, ranks, changes and sums may still be of older ones.
        pending: Properties that have no score yet and are therefore not in the list.
        position: Position of your portfolio that the ranks are of; null before the first.
        ranked_at: When the portfolio was ranked; null before the first time. [UTC]
        as_of: The day from which the age of market data was counted.
        rank_band_draws: Portfolios that were drawn for the rank bands; 0 where there are none.
        profile_test: Whether whole profiles were tested for outliers: done, too_few_properties or
            degenerate; null before the first ranking.
    """

    current: bool
    pending: int
    position: int | None
    ranked_at: datetime | None
    as_of: date | None
    rank_band_draws: int
    profile_test: str | None


@frozen
class PortfolioHealth:
    """A page of a portfolio's scores.

    Args:
        items: In the order of the query.
        next: Where the next page begins; None where there is none.
        period: Over which changes are told; None where there is no score history yet.
        summary: Of all scores that fit the filters, whatever the page; None if not asked for.
        ranking: How far the kept scores have come.
    """

    items: tuple[ListedHealth, ...]
    next: PageKey | None
    period: Period | None
    summary: HealthSummary | None
    ranking: RankingState
