"""The health score over months, quarters or years."""

from collections.abc import Mapping
from datetime import date

from attrs import frozen

from ..measures import Metric
from .health_evidence import Evidence, HealthInputs, MarketView, standard_error
from .health_model import HealthModel
from .health_score import ScoreStatus, health_score
from .health_thresholds import Grade
from .history import MarketHistory
from .observations import Observation, Reason


@frozen(slots=False)
class BucketScore:
    """The score of one bucket: of the bucket's values, not the mean of its months' scores.

    Args:
        start: First day.
        end: First day after it.
        status: Whether there is a score.
        score: Of the bucket's values, without momentum; null without one. [points]
        grade: Of it.
        low: Lower end of the 90 % interval. [points]
        high: Upper end of it. [points]
        change: From the bucket before, where both have a score. [points]
        coverage: Weight of the metrics that are known. [0..1]
        complete: Whether the data of both sides reach the bucket's end.
    """

    start: date
    end: date
    status: ScoreStatus
    score: float | None
    grade: Grade | None
    low: float | None
    high: float | None
    change: float | None
    coverage: float
    complete: bool


def bucket_scores(
    model: HealthModel, history: MarketHistory, evidence: Evidence | None
) -> tuple[BucketScore, ...]:
    """The score of every bucket of a history, in order; gaps are buckets without a score.

    Args:
        model: The tenant's numbers.
        history: With every metric that the model scores; others are taken as missing.
        evidence: How good the knowledge of the market is now. Its age does not count:
            each bucket holds a property against the market of its own time.
    """
    error = standard_error(evidence, 0.0) if evidence else 0.0
    found: list[BucketScore] = []
    count = len(history.metrics[0].buckets) if history.metrics else 0
    for at in range(count):
        scored = health_score(model, _inputs(history, at, error, evidence))
        before = found[-1].score if found else None
        change = scored.score - before if scored.score is not None and before is not None else None
        bucket = history.metrics[0].buckets[at]
        found.append(
            BucketScore(
                bucket.start,
                bucket.end,
                scored.status,
                scored.score,
                scored.grade,
                scored.low,
                scored.high,
                change,
                scored.coverage,
                all(series.buckets[at].complete for series in history.metrics),
            )
        )
    return tuple(found)


def _inputs(
    history: MarketHistory, at: int, error: float, evidence: Evidence | None
) -> HealthInputs:
    own: dict[Metric, Observation] = {}
    market: dict[Metric, Observation] = {}
    for series in history.metrics:
        bucket = series.buckets[at]
        own[series.metric] = _observation(bucket.property_value, Reason.PROPERTY_VALUE_MISSING)
        market[series.metric] = _observation(bucket.market_value, Reason.MARKET_VALUE_MISSING)
    errors: Mapping[Metric, float] = dict.fromkeys(market, error)
    return HealthInputs(own, MarketView(market, errors, evidence))


def _observation(value: float | None, missing: Reason) -> Observation:
    return Observation(value, None, () if value is not None else (missing,))
