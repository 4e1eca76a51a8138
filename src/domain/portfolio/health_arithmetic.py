"""The arithmetic of the health score: from deviations to one number and back to its parts.

Everything is scale-free in the weights, needs only ln, exp and sqrt, and divides by
nothing that can be zero.
"""

from collections.abc import Sequence
from math import exp, inf, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

from .health_model import Averaging, PlannedMetric

NEUTRAL = 50.0
"""Sub-score and score of a property that is as its market is. [points]"""

Z_LIMIT = 4.0
"""Beyond so many typical deviations nothing gets better or worse. [1]"""

_LOGISTIC = 1.702
# With it the logistic curve is the normal distribution's within 0.95 points.

_PLATEAU = 0.5
_MISSING_DEVIATION = 100 / sqrt(12)
# Of a sub-score that nobody knows: uniform between 0 and 100.

_NORMAL_90 = NormalDist().inv_cdf(0.95)
_ROOT = sqrt(NEUTRAL)


def half_width(standard_error: float) -> float:
    """Half of the 90 % interval, before it is cut to 0 to 100. [points]"""
    return _NORMAL_90 * standard_error


def deviation(planned: PlannedMetric, value: float, benchmark: float) -> float:
    """How far a value lies from its benchmark, positive where it is better. [points, log ratio]

    Infinite where a ratio is of nothing. Inside a target band better has no sign: there
    it is positive above the market.

    Args:
        planned: How the metric is scored.
        value: At least 0.
        benchmark: Over 0 for a log ratio.
    """
    if not planned.logarithmic:
        far = value - benchmark
    else:
        far = log(value) - log(benchmark) if value > 0 else -inf
    return far if planned.band else planned.sign * far


def standardized(planned: PlannedMetric, far: float) -> float:
    """A deviation in typical deviations, −4 to 4. [1]"""
    if planned.band:
        outside = max(0.0, planned.band.low - far, far - planned.band.high)
        z = _PLATEAU - outside / planned.typical_deviation
    else:
        z = far / planned.typical_deviation
    if z > Z_LIMIT:
        return Z_LIMIT
    return -Z_LIMIT if z < -Z_LIMIT else z


def sub_score(z: float) -> float:
    """The score of one metric; 50 at market. [points, 0..100]

    References:
        1.702: G. Camilli, J. Educ. Behav. Stat. 19 (1994) 293.

    >>> sub_score(0.0)
    50.0
    """
    return 100 / (1 + exp(-_LOGISTIC * z))


class Combined(NamedTuple):
    """Sub-scores made one.

    Args:
        coverage: Weight that is known, of all weight. [0..1]
        mean: Of the known sub-scores. [points]
        shrinkage: Share of the mean's distance from 50 that is believed. [0..1]
        value: 50 + shrinkage · (mean − 50). [points]
        contributions: Of each sub-score to value − 50, which is their sum. [points]
        variance: Of the value, by the errors and by what is missing. [points²]
    """

    coverage: float
    mean: float
    shrinkage: float
    value: float
    contributions: tuple[float, ...]
    variance: float


def combined(
    weights: Sequence[float],
    sub_scores: Sequence[float | None],
    errors: Sequence[float],
    averaging: Averaging,
    correlation: float,
) -> Combined | None:
    """Sub-scores made one; None where no metric with weight is known.

    Args:
        weights: At least 0, in any scale.
        sub_scores: In (0..100), None where missing.
        errors: Standard error of each z. [1]
        averaging: Which mean.
        correlation: Of sub-scores with one another. [0..1]

    References:
        Shrinkage: best linear predictor of the full mean under equal correlation.
    """
    rooted = averaging is Averaging.SQUARE_ROOT
    known = _known(weights, sub_scores, rooted, correlation)
    if known is None:
        return None
    available, coverage, centre, likeness, believed = known
    mean = centre * centre if rooted else centre
    factor = believed / available
    variance = 0.0
    if coverage < 1:
        lost = sum(w * w for w, s in zip(weights, sub_scores, strict=True) if s is None)
        scale = _MISSING_DEVIATION * coverage / available
        variance = scale * scale * lost * (1 - likeness * correlation)
    parts = []
    for weight, score, error in zip(weights, sub_scores, errors, strict=True):
        if score is None or weight == 0:
            parts.append(0.0)
            continue
        if rooted:
            root = sqrt(score)
            parts.append(factor * weight * (root - _ROOT) * (centre + _ROOT))
            slope = root * centre  # s · √(M/s) without a division
        else:
            parts.append(factor * weight * (score - NEUTRAL))
            slope = score
        moved = factor * weight * slope * _LOGISTIC * (1 - score / 100) * error
        variance += moved * moved
    value = NEUTRAL + believed * (mean - NEUTRAL)
    return Combined(coverage, mean, believed, value, tuple(parts), variance)


def combined_value(
    weights: Sequence[float],
    sub_scores: Sequence[float | None],
    averaging: Averaging,
    correlation: float,
) -> float:
    """The value of `combined` by itself, for thousands of draws; 50 where nothing is known."""
    return value_and_coverage(weights, sub_scores, averaging, correlation)[0]


def value_and_coverage(
    weights: Sequence[float],
    sub_scores: Sequence[float | None],
    averaging: Averaging,
    correlation: float,
) -> tuple[float, float]:
    """Value [points] and coverage [0..1] of `combined`; 50 and 0 where nothing is known."""
    rooted = averaging is Averaging.SQUARE_ROOT
    known = _known(weights, sub_scores, rooted, correlation)
    if known is None:
        return NEUTRAL, 0.0
    _, coverage, centre, _, believed = known
    return NEUTRAL + believed * ((centre * centre if rooted else centre) - NEUTRAL), coverage


def _known(
    weights: Sequence[float], sub_scores: Sequence[float | None], rooted: bool, correlation: float
) -> tuple[float, float, float, float, float] | None:
    """What is known, as plain numbers: these lines run for every bucket of every property.

    The weight that is known and its share of all weight, the mean (of roots, where
    rooted), how far a missing sub-score is like that mean, and how far it is believed.
    """
    available = lost = summed = 0.0
    count = 0
    for weight, score in zip(weights, sub_scores, strict=True):
        if score is None:
            lost += weight
        elif weight > 0:
            available += weight
            count += 1
            summed += weight * (sqrt(score) if rooted else score)
    if count == 0:
        return None
    coverage = available / (available + lost)
    likeness = _likeness(count, correlation)
    return (
        available,
        coverage,
        summed / available,
        likeness,
        coverage + (1 - coverage) * likeness,
    )


def _likeness(count: int, correlation: float) -> float:
    return count * correlation / (1 + (count - 1) * correlation)


def lever(found: Combined, weight: float, score: float, averaging: Averaging) -> float:
    """Points by which the value moves with one point of a sub-score. [1]

    With every metric known: w · √(M / s). The weakest metric has the largest lever
    for its weight. Weights must sum to 1.
    """
    share = found.shrinkage * weight / found.coverage
    return share * sqrt(found.mean / score) if averaging is Averaging.SQUARE_ROOT else share


def predicted_sub_score(found: Combined, count: int, correlation: float) -> float:
    """What a missing sub-score is taken to be, given those that are known. [points]"""
    return NEUTRAL + _likeness(count, correlation) * (found.mean - NEUTRAL)
