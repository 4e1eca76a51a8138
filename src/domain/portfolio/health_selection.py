"""Which scores a list shows, in which order, and where its next page begins.

The functions here are the meaning; stores answer the same in their own language.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from attrs import frozen

from ..errors import Flaw, InvalidFields, InvalidInput
from ..identifiers import MarketId, PropertyId
from ..windows import Interval, calendar_start, check_day
from .health_thresholds import Grade, ScoreConfidence
from .history import BUCKETS_PER_YEAR
from .kept_health import KeptHealth
from .property import check_text, folded
from .selection import LARGEST_PAGE, PageKey, Row, SortValue, sorted_page

MOST_NAMED = 50
"""Most markets, cities, classes or types that one filter names."""


class HealthOrder(StrEnum):
    """What a list of scores is sorted by."""

    SCORE = "score"
    CHANGE = "change"
    PEER_PERCENTILE = "peer_percentile"
    AREA_SQFT = "area_sqft"
    NAME = "name"
    ID = "id"


@frozen
class HealthFilter:
    """Which scores are meant; every condition that is given must hold.

    Args:
        market_id: In one of these markets; empty for any, as below.
        city: Of the market, whatever the case.
        property_class: A, B, C …
        property_type: office, retail, …
        grade: With one of these grades.
        confidence: With one of these confidences.
        minimum_score: At least so high; properties without a score never fit. [points]
        maximum_score: At most so high. [points]
        minimum_change: Changed by at least so much over the period. [points]
        maximum_change: Changed by at most so much; −10 is a fall of 10 or more. [points]
        scored: With a score, or without one.
        outlier: Standing out, or not.
        under_performer: Under-performing, or not.
        watch: To be watched, or not.

    Raises:
        InvalidFields: If a bound is not finite, bounds are reversed, a list is too long, or a name
            is empty or no plain text.
    """

    market_id: tuple[MarketId, ...] = ()
    city: tuple[str, ...] = ()
    property_class: tuple[str, ...] = ()
    property_type: tuple[str, ...] = ()
    grade: tuple[Grade, ...] = ()
    confidence: tuple[ScoreConfidence, ...] = ()
    minimum_score: float | None = None
    maximum_score: float | None = None
    minimum_change: float | None = None
    maximum_change: float | None = None
    scored: bool | None = None
    outlier: bool | None = None
    under_performer: bool | None = None
    watch: bool | None = None

    def __attrs_post_init__(self) -> None:
        flaws: list[Flaw] = []
        for name in ("market_id", "city", "property_class", "property_type"):
            if len(getattr(self, name)) > MOST_NAMED:
                message = f"must name at most {MOST_NAMED}"
                flaws.append(Flaw((name,), "too_long", message))
        for name in ("city", "property_class", "property_type"):
            for said in getattr(self, name):
                flaws += check_text(name, said, 200)
        for name, limit in (("score", 100.0), ("change", 100.0)):
            low, high = getattr(self, f"minimum_{name}"), getattr(self, f"maximum_{name}")
            for bound, value in ((f"minimum_{name}", low), (f"maximum_{name}", high)):
                if value is not None and not -limit <= value <= limit:
                    message = f"must lie in {-limit:g} to {limit:g}"
                    flaws.append(Flaw((bound,), "out_of_range", message))
            if low is not None and high is not None and high < low:
                message = f"must not be under minimum_{name}"
                flaws.append(Flaw((f"maximum_{name}",), "reversed", message))
        if flaws:
            raise InvalidFields(flaws)

    @property
    def everything(self) -> bool:
        """Whether every property of the portfolio is meant."""
        return self == HealthFilter()

    def fits(self, kept: KeptHealth) -> bool:
        """Whether a score is meant."""
        score, standing = kept.score, kept.standing
        city = None if score.market.city is None else folded(score.market.city)
        return (
            (not self.market_id or score.inputs.market_id in self.market_id)
            and (not self.city or city in set(map(folded, self.city)))
            and (not self.property_class or score.property_class in self.property_class)
            and (not self.property_type or score.property_type in self.property_type)
            and (not self.grade or score.grade in self.grade)
            and (not self.confidence or score.confidence in self.confidence)
            and _within(score.score, self.minimum_score, self.maximum_score)
            and _within(kept.change, self.minimum_change, self.maximum_change)
            and self.scored in {None, score.score is not None}
            and self.outlier in {None, bool(standing and standing.outliers)}
            and self.under_performer in {None, bool(standing and standing.under_performer)}
            and self.watch in {None, bool(standing and standing.watch)}
        )


def _within(value: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


@frozen
class PeriodRequest:
    """The bucket over which changes are told.

    Args:
        interval: month, quarter or year.
        start: A day in it; None for the latest complete one.

    Raises:
        InvalidInput: If the interval is none of the three.
        InvalidWindow: If the day lies outside the years 1970 to 2199.
    """

    interval: Interval = Interval.QUARTER
    start: date | None = None

    def __attrs_post_init__(self) -> None:
        if self.interval not in BUCKETS_PER_YEAR:
            message = "a period is a month, quarter or year"
            raise InvalidInput(message, path=("interval",), code="interval")
        check_day("period", self.start)
        if self.start is not None:
            object.__setattr__(self, "start", calendar_start(self.start, self.interval))


@frozen
class HealthQuery:
    """A page of kept scores.

    Scores without a value in the order come last, in both directions; equal ones
    follow one another by id.

    Args:
        where: Which scores.
        period: The bucket over which changes are told.
        order: What they are sorted by.
        descending: Largest first.
        limit: Length of the page, 1 to 1,000; None for all.
        after: The last score of the page before.

    Raises:
        InvalidFields: If the limit is out of range.
    """

    where: HealthFilter = HealthFilter()
    period: PeriodRequest = PeriodRequest()
    order: HealthOrder = HealthOrder.SCORE
    descending: bool = True
    limit: int | None = None
    after: PageKey | None = None

    def __attrs_post_init__(self) -> None:
        if self.limit is not None and not 1 <= self.limit <= LARGEST_PAGE:
            message = f"must lie in 1 to {LARGEST_PAGE}"
            raise InvalidFields([Flaw(("limit",), "out_of_range", message)])

    def reference(self, kept: Iterable[KeptHealth]) -> tuple[KeptHealth, ...]:
        """What the query means, over all scores of a tenant with their changes."""
        fitting = (one for one in kept if self.where.fits(one))
        rows = [Row(sort_value(one, self.order), one.score.id, one) for one in fitting]
        return sorted_page(rows, self.after, self.limit, descending=self.descending)


def sort_value(kept: KeptHealth, order: HealthOrder) -> SortValue:
    """A score's value in an order; names without case."""
    match order:
        case HealthOrder.SCORE:
            return kept.score.score
        case HealthOrder.CHANGE:
            return kept.change
        case HealthOrder.PEER_PERCENTILE:
            return kept.standing.peer_percentile if kept.standing else None
        case HealthOrder.AREA_SQFT:
            return kept.score.area_sqft
        case HealthOrder.NAME:
            return folded(kept.score.name)
        case HealthOrder.ID:
            return kept.score.id


@frozen
class HealthPage:
    """A page of kept scores.

    Args:
        items: In the order of the query.
        next: Where the next page begins; None where there is none.
    """

    items: tuple[KeptHealth, ...]
    next: PageKey | None


def health_page(query: HealthQuery, found: tuple[KeptHealth, ...]) -> HealthPage:
    """A page, given its scores and, if there is one, the first of the next page."""
    if query.limit is None or len(found) <= query.limit:
        return HealthPage(found, None)
    items = found[: query.limit]
    last = items[-1]
    return HealthPage(items, PageKey(sort_value(last, query.order), PropertyId(last.score.id)))
