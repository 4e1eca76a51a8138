"""A few properties side by side: what each is, what tells two of them apart, and how surely.

The scores are each against its own market, so properties of different markets can be held
against one another; their values cannot, and are only shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations
from math import hypot
from statistics import NormalDist

from attrs import field, frozen

from ..errors import Flaw, InvalidFields, InvalidInput
from ..identifiers import MarketId, PropertyId
from ..measures import Direction, Metric
from ..windows import check_day
from .benchmarks import MarketReading
from .health_arithmetic import half_width
from .health_report import PropertyHealth
from .health_score import HealthScore, MetricHealth, ScoreStatus
from .health_thresholds import Grade, ScoreConfidence
from .observations import Reason
from .performance import Freshness
from .standings import AbsentMarket

FEWEST, MOST = 2, 20
"""How many properties stand side by side. [1]"""

RULES: Mapping[str, str] = {
    "score": "each property against its own market, all by the same model; 50 is at market",
    "values": "shown, never compared with one another: what is good differs from market to market",
    "best": "the highest score or sub-score, if at least two have one and no other equals it; "
    "worst likewise",
    "pair": "the first property less the second; the metrics' differences sum to the score's",
    "probability_first_higher": "normal distribution at difference / root of the sum of both "
    "squared standard errors; 0.5 means that nobody can tell",
    "distinguishable": "the difference is over 1.645 times that root, so that the higher score "
    "is truly higher with a probability over 0.95",
}
"""How each figure comes about, in one line each."""

_NORMAL = NormalDist()


@frozen
class SideBySideQuestion:
    """Which properties are held against one another, and when.

    Args:
        property_ids: 2 to 20 properties of yours, each once; answers keep their order.
        as_of: The scores as they were known at this date; now, without it.

    Raises:
        InvalidFields: If there are too few or too many properties, or one comes twice.
        InvalidWindow: If the date lies outside the years 1970 to 2199.
    """

    property_ids: tuple[PropertyId, ...] = field(
        metadata={"min_items": FEWEST, "max_items": MOST, "example": [1, 2, 3]}
    )
    as_of: date | None = field(default=None, metadata={"example": "2025-06-30"})

    def __attrs_post_init__(self) -> None:
        check_day("as_of", self.as_of)
        if not FEWEST <= len(self.property_ids) <= MOST:
            code = "too_few" if len(self.property_ids) < FEWEST else "too_many"
            message = f"must name {FEWEST} to {MOST} properties"
            raise InvalidInput(message, path=("property_ids",), code=code)
        flaws = [
            Flaw(("property_ids", at), "repeated", f"property {identifier} is named before")
            for at, identifier in enumerate(self.property_ids)
            if identifier in self.property_ids[:at]
        ]
        if flaws:
            raise InvalidFields(flaws)


@frozen
class Contender:
    """One of the properties that are held against one another.

    Args:
        health: Its health, by the same model as the others'.
        market: Its market as it was read, or why it could not be.
    """

    health: PropertyHealth
    market: MarketReading | AbsentMarket


@frozen(slots=False)
class PropertyColumn:
    """One of the properties side by side.

    Args:
        id: The property.
        name: Its name.
        market_id: Its market.
        market_name: The market's name; null where nothing can be had of it.
        property_class: A, B, C …
        property_type: office, retail, …
        area_sqft: Rentable area. [sq ft]
        status: Whether there is a score; all that follows from one is null without it.
        score: 50 is at market. [points]
        grade: Of the score, by the model's thresholds.
        low: Lower end of the 90 % interval. [points]
        high: Upper end of it. [points]
        confidence: By half of the interval and the model's thresholds.
        coverage: Weight of the metrics that are known. [0..1]
        insight: The first sentence about its health; null where there is nothing to say.
        freshness: Of the market's data; null without them.
        reasons: Why values are missing, impossible or older than they should be, each
            once; of a market that could not be read also what was tried.
    """

    id: PropertyId
    name: str
    market_id: MarketId
    market_name: str | None
    property_class: str
    property_type: str | None
    area_sqft: float
    status: ScoreStatus
    score: float | None
    grade: Grade | None
    low: float | None
    high: float | None
    confidence: ScoreConfidence | None
    coverage: float
    insight: str | None
    freshness: Freshness | None
    reasons: tuple[str, ...]


@frozen(slots=False)
class MetricCell:
    """One metric of one property.

    Args:
        property_id: The property.
        property_value: null where there is none to be believed. [the metric's unit]
        market_value: Of its own market; null where there is none. [the metric's unit]
        deviation: From the market, positive where better. [points, or log ratio]
        sub_score: 50 at market; null where missing. [points, 0..100]
        contribution: To score − 50; null without a score. [points]
        reasons: Why something is missing, impossible or older than it should be.
    """

    property_id: PropertyId
    property_value: float | None
    market_value: float | None
    deviation: float | None
    sub_score: float | None
    contribution: float | None
    reasons: tuple[Reason, ...]


@frozen(slots=False)
class MetricRow:
    """One metric of every property.

    Args:
        metric: Its key.
        title: Its name for people.
        unit: Of the values.
        direction: Which way is better, by the model.
        cells: Per property, in the order asked for.
        best: The property with the highest sub-score; null on a tie and unless two
            have one.
        worst: The property with the lowest; null likewise.
    """

    metric: Metric
    title: str
    unit: str
    direction: Direction
    cells: tuple[MetricCell, ...]
    best: PropertyId | None
    worst: PropertyId | None


@frozen(slots=False)
class PropertyPair:
    """Two of the properties held against one another; nulls unless both have a score.

    The probability takes the errors of both scores as independent and normal. Two
    properties of one market share the errors of its figures, which mostly cancel in the
    difference: as a rule their order is surer than is said here.

    Args:
        first: One property.
        second: The other.
        difference: Score of the first less that of the second. [points]
        contributions: The same of every metric's contribution; they sum to the
            difference. [points]
        standard_error: Of the difference. [points]
        probability_first_higher: That the true score of the first is the higher one. [0..1]
        distinguishable: Whether the difference is more than chance, two-sided at 90 %.
    """

    first: PropertyId
    second: PropertyId
    difference: float | None
    contributions: Mapping[Metric, float] | None
    standard_error: float | None
    probability_first_higher: float | None
    distinguishable: bool | None


@frozen(slots=False)
class SideBySide:
    """A few properties side by side.

    Args:
        as_of: The date that was asked for; null for now.
        best: The property with the highest score; null on a tie and unless two have one.
        properties: The properties, in the order asked for.
        metrics: Every metric of the model.
        pairs: Every two of the properties, the one named earlier first.
        model: Name of the formulas.
        model_version: Version of their numbers.
        rules: How each figure comes about.
    """

    as_of: date | None
    best: PropertyId | None
    properties: tuple[PropertyColumn, ...]
    metrics: tuple[MetricRow, ...]
    pairs: tuple[PropertyPair, ...]
    model: str
    model_version: int
    rules: Mapping[str, str]


def side_by_side(contenders: Sequence[Contender]) -> SideBySide:
    """A few properties side by side, whatever is missing of any.

    Args:
        contenders: At least one; all by one model and for one date.
    """
    first = contenders[0].health
    scores = [one.health.health for one in contenders]
    identifiers = [one.health.property.id for one in contenders]
    lines = zip(*(score.metrics for score in scores), strict=True)
    return SideBySide(
        first.as_of,
        _ahead(zip(identifiers, (one.score for one in scores), strict=True)),
        tuple(_column(one) for one in contenders),
        tuple(_row(identifiers, scores, line) for line in lines),
        tuple(
            _pair(one, other)
            for one, other in combinations(zip(identifiers, scores, strict=True), 2)
        ),
        first.health.model,
        first.health.model_version,
        RULES,
    )


def probability_higher(difference: float, standard_error: float) -> float:
    """That a true difference is over 0, given the one that was found. [0..1]

    Without any error it is certain, 0.5 where there is no difference.

    >>> round(probability_higher(1.645, 1.0), 3)
    0.95
    """
    if standard_error > 0:
        return _NORMAL.cdf(difference / standard_error)
    return 0.5 if difference == 0 else float(difference > 0)


def _ahead(ranked: Iterable[tuple[PropertyId, float | None]]) -> PropertyId | None:
    """Whose value is the highest; nobody's on a tie or where there is nobody to beat."""
    known = sorted((value, identifier) for identifier, value in ranked if value is not None)
    if len(known) < 2 or known[-1][0] == known[-2][0]:
        return None
    return known[-1][1]


def _column(one: Contender) -> PropertyColumn:
    subject, found = one.health.property, one.health.health
    said = [reason.value for row in found.metrics for reason in row.reasons]
    name, tried = _market(one.market)
    return PropertyColumn(
        subject.id,
        subject.name,
        subject.market_id,
        name,
        subject.property_class,
        subject.property_type,
        subject.area_sqft,
        found.status,
        found.score,
        found.grade,
        found.low,
        found.high,
        found.confidence,
        found.coverage,
        one.health.insights[0].sentence if one.health.insights else None,
        one.health.freshness,
        tuple(dict.fromkeys([*said, *tried])),
    )


def _market(market: MarketReading | AbsentMarket) -> tuple[str | None, tuple[str, ...]]:
    if isinstance(market, AbsentMarket):
        return None, market.details
    return market.benchmark.name, ()


def _row(
    identifiers: Sequence[PropertyId], scores: Sequence[HealthScore], line: Sequence[MetricHealth]
) -> MetricRow:
    about = line[0]
    subs = [(one, row.sub_score) for one, row in zip(identifiers, line, strict=True)]
    cells = tuple(
        MetricCell(
            identifier,
            row.property_value,
            row.market_value,
            row.deviation,
            row.sub_score,
            None if score.score is None else row.contribution,
            row.reasons,
        )
        for identifier, score, row in zip(identifiers, scores, line, strict=True)
    )
    turned = [(one, None if sub is None else -sub) for one, sub in subs]
    return MetricRow(
        about.metric,
        about.title,
        about.unit,
        about.direction,
        cells,
        _ahead(subs),
        _ahead(turned),
    )


def _pair(
    one: tuple[PropertyId, HealthScore], other: tuple[PropertyId, HealthScore]
) -> PropertyPair:
    (first, mine), (second, theirs) = one, other
    if mine.score is None or theirs.score is None:
        return PropertyPair(first, second, None, None, None, None, None)
    difference = mine.score - theirs.score
    error = hypot(mine.standard_error or 0.0, theirs.standard_error or 0.0)
    parts = {
        row.metric: row.contribution - their.contribution
        for row, their in zip(mine.metrics, theirs.metrics, strict=True)
    }
    return PropertyPair(
        first,
        second,
        difference,
        parts,
        error,
        probability_higher(difference, error),
        abs(difference) > half_width(error),
    )
