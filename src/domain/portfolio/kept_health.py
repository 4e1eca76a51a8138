"""Scores as they are kept: what each was made of, its parts, and its place in the portfolio."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from attrs import frozen

from ..identifiers import MarketId, PropertyId
from ..measures import Metric
from ..windows import Interval
from .health_evidence import HealthInputs
from .health_model import HealthModel
from .health_momentum import Momentum
from .health_outliers import Outlier
from .health_ranking import PeerGroup
from .health_score import (
    HealthLine,
    ScoreStatus,
    health_line,
    interval,
    score_words,
)
from .health_thresholds import Grade, ScoreConfidence
from .property import Property


@frozen(slots=False)
class ScoreInputs:
    """What a score was made of; while all of it stands, so does the score.

    Args:
        property_version: Of the property and its history.
        market_id: Its market.
        market_position: Of what was known of the market; 0 where nothing that is kept was.
        model_version: Of the tenant's model.
        day: From which the age of the market's data was counted. [UTC]
    """

    property_version: int
    market_id: MarketId
    market_position: int
    model_version: int
    day: date

    @property
    def history_key(self) -> str:
        """What the scores of past buckets were made of: the same, but for the day."""
        parts = (self.property_version, self.market_id, self.market_position, self.model_version)
        return ".".join(map(str, (*parts, f"{self.day:%Y-%m}")))

    def same_months(self, other: "ScoreInputs") -> bool:
        """Whether both saw the same months of the property and of its market."""
        mine = (self.property_version, self.market_id, self.market_position)
        theirs = (other.property_version, other.market_id, other.market_position)
        return mine == theirs and f"{self.day:%Y-%m}" == f"{other.day:%Y-%m}"

    def supersedes(self, kept: "ScoreInputs") -> bool:
        """Whether a score of these inputs may stand in the place of one of others.

        Of two that work at the same time the one that saw more must win, whoever ends last.
        """
        if self.property_version != kept.property_version:
            return self.property_version > kept.property_version
        return (
            self.model_version >= kept.model_version
            and self.market_position >= kept.market_position
            and self.day >= kept.day
        )


class MetricPart(NamedTuple):
    """One metric's part in a score.

    Args:
        metric: Its key.
        deviation: From the market, positive where better. [points or log ratio]
        z: The same in typical deviations, −4 to 4. [1]
        error: Standard error of z. [1]
        sub_score: Of the metric. [points]
        contribution: To score − 50. [points]
        momentum: Where it is heading; None without a history that tells.
    """

    metric: Metric
    deviation: float | None
    z: float | None
    error: float
    sub_score: float | None
    contribution: float
    momentum: Momentum | None


@frozen
class MarketNames:
    """A market by its names, None where nobody said."""

    name: str | None = None
    city: str | None = None
    state: str | None = None


@frozen
class PropertyScore:
    """The score of one property as it is kept.

    Args:
        id: The property.
        name: Its name then; likewise market, type, class and area.
        market: The names of its market.
        property_type: office, retail, …
        property_class: A, B, C …
        area_sqft: Rentable area. [sq ft]
        inputs: What the score was made of.
        scored_at: When. [UTC]
        score: 0 to 100; None where too little is known. [points]
        grade: Of the score, by the model that made it; None without one, like the next three.
        grade_at_low: Grade of the lower end of the 90 % interval.
        grade_at_high: Grade of the upper end of it.
        confidence: How far the score may be relied upon.
        standard_error: Of the score; None without one. [points]
        coverage: Weight that is known. [0..1]
        level: Score of the present alone; None without a score. [points]
        momentum: Score of the history alone; None where it does not count. [points]
        parts: Of every metric that has weight.
    """

    id: PropertyId
    name: str
    market: MarketNames
    property_type: str | None
    property_class: str
    area_sqft: float
    inputs: ScoreInputs
    scored_at: datetime
    score: float | None
    grade: Grade | None
    grade_at_low: Grade | None
    grade_at_high: Grade | None
    confidence: ScoreConfidence | None
    standard_error: float | None
    coverage: float
    level: float | None
    momentum: float | None
    parts: tuple[MetricPart, ...]

    @property
    def status(self) -> ScoreStatus:
        """Whether there is a score."""
        scored = self.score is not None
        return ScoreStatus.SCORED if scored else ScoreStatus.INSUFFICIENT_COVERAGE

    @property
    def bounds(self) -> tuple[float, float] | tuple[None, None]:
        """The 90 % interval. [points]"""
        if self.score is None or self.standard_error is None:
            return None, None
        return interval(self.score, self.standard_error)

    @property
    def momenta(self) -> Mapping[Metric, Momentum]:
        """Where each metric is heading, of those whose history tells."""
        found = ((part.metric, part.momentum) for part in self.parts)
        return {metric: momentum for metric, momentum in found if momentum is not None}

    @property
    def contributions(self) -> Mapping[Metric, float]:
        """Of every metric to score − 50; empty without a score. [points]"""
        if self.score is None:
            return {}
        return {part.metric: part.contribution for part in self.parts}


def property_score(
    model: HealthModel,
    subject: Property,
    names: MarketNames,
    made_of: HealthInputs,
    inputs: ScoreInputs,
    *,
    now: datetime,
) -> PropertyScore:
    """Score a property in the form in which scores are kept."""
    line = health_line(model, made_of)
    words = None
    if line.score is not None and line.standard_error is not None:
        words = score_words(model.thresholds, line.score, line.standard_error)
    level = line.level.value if line.level and line.score is not None else None
    return PropertyScore(
        subject.id,
        subject.name,
        names,
        subject.property_type,
        subject.property_class,
        subject.area_sqft,
        inputs,
        now,
        line.score,
        words and words.grade,
        words and words.grade_at_low,
        words and words.grade_at_high,
        words and words.confidence,
        line.standard_error,
        line.coverage,
        level,
        line.momentum.value if line.momentum else None,
        _parts(model, made_of, line),
    )


def _parts(model: HealthModel, made_of: HealthInputs, line: HealthLine) -> tuple[MetricPart, ...]:
    return tuple(
        MetricPart(
            planned.metric,
            line.deviations[at],
            line.z[at],
            made_of.market.errors.get(planned.metric, 0.0),
            line.sub_scores[at],
            line.contributions[at],
            made_of.momentum.get(planned.metric),
        )
        for at, planned in enumerate(model.plan)
    )


@frozen(slots=False)
class Standing:
    """A property's place in its portfolio.

    Args:
        rank: 1 for the best; equal scores have equal ranks.
        percentile: Among all that have a score. [percent, 0..100]
        rank_best: 5 % of the ranks of drawn portfolios lie before this one; null where the
            portfolio is too large to draw.
        rank_worst: 5 % of them lie behind this one.
        peer_group: Whom it is held against: the narrowest group of eight or more.
        peer_description: The same in words.
        peers: Members of the group, the property among them.
        peer_rank: Among them, 1 for the best.
        peer_percentile: Among them. [percent, 0..100]
        under_performer: Its interval lies under the model's limit, 50 unless set, and it is low
            enough among its peers, in the bottom quarter unless set.
        watch: Its score is under the model's limit, 40 unless set.
        outliers: The ways in which it stands out; empty for most.
    """

    rank: int
    percentile: float
    rank_best: int | None
    rank_worst: int | None
    peer_group: PeerGroup
    peer_description: str
    peers: int
    peer_rank: int
    peer_percentile: float
    under_performer: bool
    watch: bool
    outliers: tuple[Outlier, ...]


@frozen
class KeptHealth:
    """What is kept of one property's health, as lists show it.

    Args:
        score: Its score.
        standing: Its place; None until the portfolio was ranked with it, or without a score.
        period_score: Of the bucket that is asked for; None where it has none. [points]
        change: Of that from the bucket before; None where one of the two has none. [points]
    """

    score: PropertyScore
    standing: Standing | None
    period_score: float | None
    change: float | None


@frozen(slots=False)
class Period:
    """A bucket of score histories.

    Args:
        interval: month, quarter or year.
        start: Its first day.
    """

    interval: Interval
    start: date


@frozen
class PortfolioState:
    """How far everything that is kept of a tenant's scores has come.

    Args:
        position: Of the portfolio, up to which every change is in scores, ranks and histories.
        markets_position: The same for what is known of all markets.
        model_version: The model by which every score was made.
        day: From which ages were counted. [UTC]
        ranked_at: When the portfolio was ranked last. [UTC]
        draws: Portfolios that were drawn for the rank bands; 0 where it is too large for them.
        profile_test: Whether whole profiles were tested for outliers: done, too_few_properties
            or degenerate.
    """

    position: int
    markets_position: int
    model_version: int
    day: date
    ranked_at: datetime
    draws: int
    profile_test: str

    def same_scores(self, other: "PortfolioState") -> bool:
        """Whether the same properties had the same scores, where none was made anew since."""
        mine = (self.position, self.model_version, self.day)
        return mine == (other.position, other.model_version, other.day)

    def current(self, position: int, markets_position: int, day: date) -> bool:
        """Whether nothing has changed since."""
        seen = (self.position, self.markets_position, self.day)
        return seen == (position, markets_position, day)
