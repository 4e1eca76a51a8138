"""The health score of one property: how it stands against its market, taken apart."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from math import inf, isfinite, sqrt
from typing import NamedTuple

from attrs import frozen

from ..measures import CATALOGUE, Direction, Metric
from .health_arithmetic import (
    Combined,
    combined,
    deviation,
    half_width,
    lever,
    standardized,
    sub_score,
    value_and_coverage,
)
from .health_evidence import Evidence, HealthInputs
from .health_model import MODEL_NAME, HealthModel, PlannedMetric
from .health_momentum import Momentum
from .health_thresholds import Grade, ScoreConfidence, Thresholds
from .observations import Observation, Reason

_ROUNDING = 1e-9
# Weights of exactly the limit do not sum to it in binary.

_ABSENT = Observation(None, None, (Reason.PROPERTY_VALUE_MISSING,))
_NO_BENCHMARK = Observation(None, None, (Reason.MARKET_VALUE_MISSING,))
_NOTHING = (None, None)


class ScoreStatus(StrEnum):
    """Whether there is a score."""

    SCORED = "scored"
    INSUFFICIENT_COVERAGE = "insufficient_coverage"


class HealthLine(NamedTuple):
    """A score with its numbers only, for lists of many thousands of properties.

    The tuples follow the plan of the model: its metrics that have weight, in the
    catalogue's order.

    Args:
        score: 0 to 100; None where too little is known. [points]
        standard_error: Of the score; None without one. [points]
        coverage: Weight that is known. [0..1]
        deviations: From the market, positive where better. [points or log ratio]
        z: The same in typical deviations, −4 to 4. [1]
        sub_scores: Of each metric. [points]
        contributions: To score − 50, which is their sum; zeros without a score. [points]
        level: Sub-scores of the present made one; None where none is known.
        momentum: Sub-scores of the history made one; None where it does not count.
    """

    score: float | None
    standard_error: float | None
    coverage: float
    deviations: tuple[float | None, ...]
    z: tuple[float | None, ...]
    sub_scores: tuple[float | None, ...]
    contributions: tuple[float, ...]
    level: Combined | None
    momentum: Combined | None


def health_line(model: HealthModel, inputs: HealthInputs) -> HealthLine:
    """A score with its numbers only."""
    deviations: list[float | None] = []
    zs: list[float | None] = []
    scores: list[float | None] = []
    errors = []
    own, market, known_errors = inputs.own, inputs.market.values, inputs.market.errors
    for planned in model.plan:
        metric = planned.metric
        far, z = _position(
            planned, own.get(metric, _ABSENT).value, market.get(metric, _NO_BENCHMARK).value
        )
        deviations.append(far)
        zs.append(z)
        scores.append(None if z is None else sub_score(z))
        errors.append(known_errors.get(metric, 0.0))
    level = combined(model.weights, scores, errors, model.averaging, model.correlation)
    coverage = level.coverage if level else 0.0
    seen = tuple(deviations), tuple(zs), tuple(scores)
    if level is None or coverage < model.coverage_limit - _ROUNDING:
        return HealthLine(None, None, coverage, *seen, (0.0,) * len(zs), level, None)
    moving = _moving(model, inputs.momentum) if inputs.momentum else None
    if moving is None:
        error = sqrt(level.variance)
        return HealthLine(level.value, error, coverage, *seen, level.contributions, level, None)
    share = model.momentum_share
    parts = tuple(
        (1 - share) * now + share * heading
        for now, heading in zip(level.contributions, moving.contributions, strict=True)
    )
    score = (1 - share) * level.value + share * moving.value
    error = sqrt((1 - share) ** 2 * level.variance + share**2 * moving.variance)
    return HealthLine(score, error, coverage, *seen, parts, level, moving)


def level_scores(
    model: HealthModel,
    values: Sequence[Sequence[float | None]],
    benchmarks: Sequence[Sequence[float | None]],
) -> Sequence[tuple[float | None, float]]:
    """Score [points] and coverage [0..1] of many moments, each by itself.

    They are those of `health_line` without a history; no score where too little is known.

    Args:
        model: The tenant's numbers.
        values: Of the property: per metric of the model's plan, one for every moment.
        benchmarks: Of its market, likewise.
    """
    columns = [
        _sub_scores(planned, ours, theirs)
        for planned, ours, theirs in zip(model.plan, values, benchmarks, strict=True)
    ]
    weights, averaging, correlation = model.weights, model.averaging, model.correlation
    fewest = model.coverage_limit - _ROUNDING
    found = []
    for scores in zip(*columns, strict=True):
        value, coverage = value_and_coverage(weights, scores, averaging, correlation)
        found.append((None if coverage < fewest else value, coverage))
    return found


def _sub_scores(
    planned: PlannedMetric, values: Sequence[float | None], benchmarks: Sequence[float | None]
) -> Sequence[float | None]:
    found = []
    for value, benchmark in zip(values, benchmarks, strict=True):
        z = _position(planned, value, benchmark)[1]
        found.append(None if z is None else sub_score(z))
    return found


def _moving(model: HealthModel, momentum: Mapping[Metric, Momentum]) -> Combined | None:
    """Momentum of all metrics; None where less is known than a score needs."""
    found = [momentum.get(planned.metric) for planned in model.plan]
    moving = combined(
        model.weights,
        [one.sub_score if one else None for one in found],
        [one.standard_error if one else 0.0 for one in found],
        model.averaging,
        model.correlation,
    )
    if moving is None or moving.coverage < model.coverage_limit - _ROUNDING:
        return None
    return moving


def _position(
    planned: PlannedMetric, value: float | None, benchmark: float | None
) -> tuple[float | None, float | None]:
    """Deviation and z of one metric; `_reasons` says why there are none."""
    if value is None or benchmark is None:
        return _NOTHING
    if not 0 <= value < inf or not -inf < benchmark < inf:
        return _NOTHING
    if planned.logarithmic and benchmark <= 0:
        return _NOTHING
    far = deviation(planned, value, benchmark)
    return far if -inf < far < inf else None, standardized(planned, far)


def _reasons(planned: PlannedMetric, own: Observation, market: Observation) -> tuple[Reason, ...]:
    value, benchmark = _finite(own.value), _finite(market.value)
    found = own.reasons + market.reasons
    if value is None and not own.reasons:
        found += (Reason.PROPERTY_VALUE_MISSING,)
    if value is not None and value < 0:
        found += (Reason.VALUE_NEGATIVE,)
    if benchmark is None and not market.reasons:
        found += (Reason.MARKET_VALUE_MISSING,)
    if benchmark is not None and benchmark <= 0 and planned.logarithmic:
        found += (Reason.BENCHMARK_NOT_POSITIVE,)
    return found


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


@frozen(slots=False)
class MetricHealth:
    """One metric's part in a health score.

    Args:
        metric: Its key.
        title: Its name for people.
        unit: Of both values.
        direction: Which way is better, by the model.
        weight: In the model. [0..1]
        property_value: null where there is none to be believed. [the metric's unit]
        property_month: The month it belongs to; null for a present value.
        market_value: null where there is none. [the metric's unit]
        market_month: The month it belongs to.
        deviation: From the market, positive where better; null where missing or a ratio
            of nothing. [points, or log ratio]
        z: The deviation in typical deviations, −4 to 4. [1]
        standard_error: Of z, by the market's sample, quality and age. [1]
        sub_score: 50 at market; null where missing. [points, 0..100]
        contribution: To score − 50. [points]
        level_contribution: The part of it that comes of the present. [points]
        momentum_contribution: The part that comes of the history. [points]
        lever: Points of the score per point of the sub-score; null where missing. [1]
        momentum: How fast the property gains on its market; null without the history.
        reasons: Why something is missing, impossible or older than it should be.
    """

    metric: Metric
    title: str
    unit: str
    direction: Direction
    weight: float
    property_value: float | None
    property_month: date | None
    market_value: float | None
    market_month: date | None
    deviation: float | None
    z: float | None
    standard_error: float | None
    sub_score: float | None
    contribution: float
    level_contribution: float
    momentum_contribution: float
    lever: float | None
    momentum: Momentum | None
    reasons: tuple[Reason, ...]


@frozen(slots=False)
class HealthScore:
    """The health of one property against its market, 0 to 100; 50 is at market.

    Args:
        status: Whether there is a score; every number below is null without one.
        score: 50 plus the contributions. [points]
        grade: Of the score, by the model's thresholds.
        low: Lower end of the 90 % interval. [points]
        high: Upper end of it. [points]
        grade_at_low: Grade of the lower end.
        grade_at_high: Grade of the upper end.
        standard_error: Of the score. [points]
        confidence: By half of the interval and the model's thresholds.
        coverage: Weight of the metrics that are known. [0..1]
        coverage_limit: Weight that a score needs. [0..1]
        shrinkage: Share of the mean's distance from 50 that is believed. [0..1]
        level: Score of the present alone. [points]
        momentum: Score of the history alone; null where it does not count. [points]
        momentum_share: Share of momentum in the score. [0..1]
        metrics: Each metric that has weight.
        missing: Metrics without a sub-score.
        evidence: How good the knowledge of the market is; null where nothing is known.
        model: Name of the formulas.
        model_version: Version of their numbers.
    """

    status: ScoreStatus
    score: float | None
    grade: Grade | None
    low: float | None
    high: float | None
    grade_at_low: Grade | None
    grade_at_high: Grade | None
    standard_error: float | None
    confidence: ScoreConfidence | None
    coverage: float
    coverage_limit: float
    shrinkage: float | None
    level: float | None
    momentum: float | None
    momentum_share: float
    metrics: tuple[MetricHealth, ...]
    missing: tuple[Metric, ...]
    evidence: Evidence | None
    model: str
    model_version: int


def interval(score: float, standard_error: float) -> tuple[float, float]:
    """The 90 % interval of a score, cut to 0 to 100. [points]"""
    width = half_width(standard_error)
    return max(0.0, score - width), min(score + width, 100.0)


class ScoreWords(NamedTuple):
    """What a model's thresholds say of a score.

    Args:
        grade: Of the score.
        grade_at_low: Of the lower end of its interval.
        grade_at_high: Of the upper end.
        confidence: How far it may be relied upon.
    """

    grade: Grade
    grade_at_low: Grade
    grade_at_high: Grade
    confidence: ScoreConfidence


def score_words(thresholds: Thresholds, score: float, standard_error: float) -> ScoreWords:
    """What a model's thresholds say of a score.

    Args:
        thresholds: Of the model that made it.
        score: 0 to 100. [points]
        standard_error: Of the score. [points]
    """
    grades = thresholds.grades
    low, high = interval(score, standard_error)
    confidence = thresholds.confidence(half_width(standard_error))
    return ScoreWords(grades.grade(score), grades.grade(low), grades.grade(high), confidence)


def health_score(model: HealthModel, inputs: HealthInputs) -> HealthScore:
    """The health of one property against its market, whatever is missing.

    Args:
        model: The tenant's numbers.
        inputs: Its values and its market's.
    """
    line = health_line(model, inputs)
    share = model.momentum_share if line.momentum else 0.0
    rows = tuple(_metric_health(model, inputs, line, at, share) for at in range(len(model.plan)))
    missing = tuple(row.metric for row in rows if row.sub_score is None)
    rest = (rows, missing, inputs.market.evidence, MODEL_NAME, model.version)
    limit = model.coverage_limit
    if line.score is None or line.standard_error is None or line.level is None:
        nothing = (None,) * 8
        status = ScoreStatus.INSUFFICIENT_COVERAGE
        return HealthScore(status, *nothing, line.coverage, limit, None, None, None, 0.0, *rest)
    low, high = interval(line.score, line.standard_error)
    words = score_words(model.thresholds, line.score, line.standard_error)
    return HealthScore(
        ScoreStatus.SCORED,
        line.score,
        words.grade,
        low,
        high,
        words.grade_at_low,
        words.grade_at_high,
        line.standard_error,
        words.confidence,
        line.coverage,
        limit,
        line.level.shrinkage,
        line.level.value,
        line.momentum.value if line.momentum else None,
        share,
        *rest,
    )


def _metric_health(
    model: HealthModel, inputs: HealthInputs, line: HealthLine, at: int, share: float
) -> MetricHealth:
    planned = model.plan[at]
    metric = planned.metric
    about = CATALOGUE[metric]
    own = inputs.own.get(metric, _ABSENT)
    market = inputs.market.values.get(metric, _NO_BENCHMARK)
    score = line.sub_scores[at]
    scored = line.level is not None and line.score is not None
    level = (1 - share) * line.level.contributions[at] if line.level and scored else 0.0
    heading = share * line.momentum.contributions[at] if line.momentum else 0.0
    return MetricHealth(
        metric,
        about.title,
        about.unit,
        model.metrics[metric].direction,
        planned.weight,
        _finite(own.value),
        own.month,
        _finite(market.value),
        market.month,
        line.deviations[at],
        line.z[at],
        None if score is None else inputs.market.errors.get(metric, 0.0),
        score,
        level + heading,
        level,
        heading,
        _lever(model, line, planned, score, share),
        inputs.momentum.get(metric),
        _reasons(planned, own, market),
    )


def _lever(
    model: HealthModel, line: HealthLine, planned: PlannedMetric, score: float | None, share: float
) -> float | None:
    if score is None or line.score is None or line.level is None:
        return None
    return (1 - share) * lever(line.level, planned.weight, score, model.averaging)
