"""A health score worked out in numbers, step by step, so that a reader can do it again."""

from collections.abc import Mapping
from math import sqrt

from attrs import frozen

from ..measures import Direction, Metric
from .health_arithmetic import Combined
from .health_evidence import HealthInputs
from .health_model import Averaging, HealthModel, TargetBand, Transform
from .health_score import MetricHealth, health_line, health_score
from .health_thresholds import Thresholds
from .what_if import Lever, levers

FORMULAS: Mapping[str, str] = {
    "deviation": "difference: property - market; log_ratio: ln(property / market); the sign "
    "turned where lower is better, except with a target band",
    "z": "deviation / typical_deviation, cut to -4 to 4; with a target band 0.5 - (distance "
    "outside the band) / typical_deviation; the cut itself where a ratio is of nothing",
    "sub_score": "100 / (1 + e^(-1.702 z))",
    "share": "weight / coverage; coverage is the sum of the weights of the known metrics",
    "term": "share x square root of sub_score; compensatory: share x sub_score",
    "mean": "term_sum x term_sum; compensatory: term_sum",
    "shrinkage": "coverage + (1 - coverage) x likeness, where likeness = known x correlation / "
    "(1 + (known - 1) x correlation)",
    "value": "50 + shrinkage x (mean - 50)",
    "momentum.z": "slope_per_year / typical_change x (1 - p_value), cut to -4 to 4",
    "score": "(1 - momentum_share) x value of the level + momentum_share x value of the momentum",
    "grade": "the first of thresholds.grades, from a, that the score is not under; else E",
}
"""Each step as it is worked out."""


@frozen(slots=False)
class WorkedMetric:
    """One metric on its way from two values to its term in the mean; null where it is missing.

    Args:
        metric: Its key.
        direction: Which way is better, by the model.
        transform: How the deviation is measured.
        target_band: Deviations that are wanted; null where better has no end.
        property_value: The property's value. [the metric's unit]
        market_value: The benchmark. [the metric's unit]
        deviation: From the market, positive where better. [points, or log ratio]
        typical_deviation: Deviation that counts as one. [points, or log ratio]
        z: The deviation in typical deviations. [1]
        sub_score: 50 at market. [points, 0..100]
        weight: In the model. [0..1]
        share: Of the known weight. [0..1]
        term: What it adds to the sum. [root of points; compensatory: points]
    """

    metric: Metric
    direction: Direction
    transform: Transform
    target_band: TargetBand | None
    property_value: float | None
    market_value: float | None
    deviation: float | None
    typical_deviation: float
    z: float | None
    sub_score: float | None
    weight: float
    share: float | None
    term: float | None


@frozen(slots=False)
class WorkedMomentum:
    """One metric's momentum on its way to its term in the mean.

    Args:
        metric: Its key.
        slope_per_year: Of the property's lead over its market. [points or log ratio, per year]
        typical_change: Change that counts as one. [points or log ratio, per year]
        p_value: Probability of so clear a trend by chance. [0..1]
        z: The slope in typical changes, as far as it is believed. [1]
        sub_score: 50 where the property moves as its market does. [points, 0..100]
        weight: In the model. [0..1]
        share: Of the weight that has momentum. [0..1]
        term: What it adds to the sum. [root of points; compensatory: points]
    """

    metric: Metric
    slope_per_year: float
    typical_change: float
    p_value: float
    z: float
    sub_score: float
    weight: float
    share: float
    term: float


@frozen(slots=False)
class WorkedMean:
    """Sub-scores made one.

    Args:
        known: Metrics that have a sub-score. [1]
        coverage: Their weight. [0..1]
        term_sum: Sum of their terms. [root of points; compensatory: points]
        mean: Of their sub-scores. [points]
        shrinkage: Share of the mean's distance from 50 that is believed. [0..1]
        value: What comes of it. [points]
    """

    known: int
    coverage: float
    term_sum: float
    mean: float
    shrinkage: float
    value: float


@frozen(slots=False)
class Explanation:
    """How one score came about, and what would move it.

    Args:
        levers: What each metric would do for the score, the largest gain first.
        averaging: Which mean the model takes.
        correlation: Of sub-scores with one another, by the model. [0..1]
        coverage_limit: Coverage that a score needs. [0..1]
        metrics: Every metric of the model, present values.
        level: Their mean; null where none is known.
        momentum_metrics: Every metric whose momentum counts.
        momentum: Their mean; null where momentum does not count.
        momentum_share: Share of momentum in the score; 0 where it does not count. [0..1]
        score: What comes of it all; null under the coverage limit. [points]
        thresholds: The limits by which the score's grade, confidence and kinds are told.
        formulas: Each step as it is worked out.
    """

    levers: tuple[Lever, ...]
    averaging: Averaging
    correlation: float
    coverage_limit: float
    metrics: tuple[WorkedMetric, ...]
    level: WorkedMean | None
    momentum_metrics: tuple[WorkedMomentum, ...]
    momentum: WorkedMean | None
    momentum_share: float
    score: float | None
    thresholds: Thresholds
    formulas: Mapping[str, str]


def explanation(model: HealthModel, inputs: HealthInputs) -> Explanation:
    """How one score came about; as far as it gets where too little is known.

    Args:
        model: The tenant's numbers.
        inputs: Values of the property and of its market.
    """
    scored, line = health_score(model, inputs), health_line(model, inputs)
    level, moving = line.level, line.momentum
    rows = tuple(_worked(model, row, level) for row in scored.metrics)
    headings = tuple(_heading(model, row, moving) for row in scored.metrics) if moving else ()
    told = tuple(one for one in headings if one)
    return Explanation(
        levers(model, inputs),
        model.averaging,
        model.correlation,
        model.coverage_limit,
        rows,
        _mean(level, [row.term for row in rows]),
        told,
        _mean(moving, [one.term for one in told]),
        scored.momentum_share,
        scored.score,
        model.thresholds,
        FORMULAS,
    )


def _worked(model: HealthModel, row: MetricHealth, level: Combined | None) -> WorkedMetric:
    rule = model.metrics[row.metric]
    share = term = None
    if row.sub_score is not None and level is not None:
        share, term = _term(model, row, row.sub_score, level)
    return WorkedMetric(
        row.metric,
        rule.direction,
        rule.transform,
        rule.target_band,
        row.property_value,
        row.market_value,
        row.deviation,
        rule.typical_deviation,
        row.z,
        row.sub_score,
        row.weight,
        share,
        term,
    )


def _heading(model: HealthModel, row: MetricHealth, moving: Combined) -> WorkedMomentum | None:
    found = row.momentum
    if found is None:
        return None
    return WorkedMomentum(
        row.metric,
        found.slope_per_year,
        model.metrics[row.metric].typical_change,
        found.p_value,
        found.z,
        found.sub_score,
        row.weight,
        *_term(model, row, found.sub_score, moving),
    )


def _term(
    model: HealthModel, row: MetricHealth, sub_score: float, whole: Combined
) -> tuple[float, float]:
    share = row.weight / whole.coverage
    rooted = model.averaging is Averaging.SQUARE_ROOT
    return share, share * (sqrt(sub_score) if rooted else sub_score)


def _mean(whole: Combined | None, terms: list[float | None] | list[float]) -> WorkedMean | None:
    if whole is None:
        return None
    known = [term for term in terms if term is not None]
    return WorkedMean(
        len(known), whole.coverage, sum(known), whole.mean, whole.shrinkage, whole.value
    )
