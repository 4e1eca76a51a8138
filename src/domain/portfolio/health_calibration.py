"""Typical deviations between judgement and what a tenant's own portfolio shows."""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from statistics import median

from attrs import evolve, frozen

from ..measures import Metric
from .health_model import DEFAULT_METRICS, HealthModel
from .health_score import HealthLine

PRIOR_STRENGTH = 20
"""Observations that the judgement behind a typical deviation counts for. [1]"""


def shrunken_deviation(
    prior: float, count: int, measured: float, strength: float = PRIOR_STRENGTH
) -> float:
    """A typical deviation between judgement and measurement, in the unit of both.

    Args:
        prior: By judgement, over 0.
        count: Deviations that were measured.
        measured: Their standard deviation; any number where there are none.
        strength: Observations that the judgement counts for, over 0.

    References:
        Posterior mean of a variance under a scaled inverse chi-square prior:
        Gelman et al., *Bayesian Data Analysis*, 3rd ed., sec. 2.6.

    >>> round(shrunken_deviation(6.0, 13, 1.63086244036), 6)
    4.781835
    """
    if count == 0:
        return prior
    return sqrt((strength * prior**2 + count * measured**2) / (strength + count))


def robust_spread(values: Sequence[float]) -> float:
    """Standard deviation by the median absolute deviation; 0 of none or of equal values."""
    if not values:
        return 0.0
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)


def calibrated(model: HealthModel, deviations: Mapping[Metric, Sequence[float]]) -> HealthModel:
    """A model whose typical deviations take account of a tenant's own.

    Args:
        model: The judgement.
        deviations: Per metric, of comparable properties from their markets, finite,
            in the unit of its transform.
    """
    rules = {
        metric: evolve(
            rule,
            typical_deviation=shrunken_deviation(
                rule.typical_deviation,
                len(deviations.get(metric, ())),
                robust_spread(deviations.get(metric, ())),
            ),
        )
        for metric, rule in model.metrics.items()
    }
    return evolve(model, metrics=rules)


def comparable_deviations(
    model: HealthModel, lines: Iterable[HealthLine]
) -> Mapping[Metric, Sequence[float]]:
    """The deviations of a portfolio per metric, as `calibrated` wants them.

    Args:
        model: By which the lines were made.
        lines: Of properties that may be compared with one another.
    """
    listed = list(lines)
    return {
        planned.metric: [far for line in listed if (far := line.deviations[at]) is not None]
        for at, planned in enumerate(model.plan)
    }


@frozen(slots=False)
class ProposedDeviation:
    """What a portfolio says of the typical deviation of one metric.

    Args:
        present: In the model now. [points, or log ratio]
        judgement: By the built-in model; where that measures the metric in another way, the
            present one. [points, or log ratio]
        measured: Of the portfolio, robustly; null without any value. [points, or log ratio]
        observations: Properties with a deviation.
        proposed: Between judgement and measurement. [points, or log ratio]
    """

    present: float
    judgement: float
    measured: float | None
    observations: int
    proposed: float


@frozen(slots=False)
class Proposal:
    """Typical deviations that take account of a portfolio's own; nothing is changed by it.

    Args:
        model_version: Of the model that the scores were made by.
        metrics: Per metric that has weight.
    """

    model_version: int
    metrics: Mapping[Metric, ProposedDeviation]


def proposal(model: HealthModel, lines: Iterable[HealthLine]) -> Proposal:
    """Typical deviations between judgement and what a portfolio shows.

    Judgement is that of the built-in model, so that taking a proposal over and asking again
    does not count the same properties twice.

    Args:
        model: By which the lines were made.
        lines: Of properties that may be compared with one another.
    """
    found = comparable_deviations(model, lines)
    return Proposal(
        model.version,
        {metric: _proposed(model, metric, values) for metric, values in found.items()},
    )


def _proposed(model: HealthModel, metric: Metric, values: Sequence[float]) -> ProposedDeviation:
    rule, built_in = model.metrics[metric], DEFAULT_METRICS.get(metric)
    alike = built_in is not None and built_in.transform is rule.transform
    judgement = built_in.typical_deviation if built_in and alike else rule.typical_deviation
    measured = robust_spread(values) if values else None
    return ProposedDeviation(
        rule.typical_deviation,
        judgement,
        measured,
        len(values),
        shrunken_deviation(judgement, len(values), measured or 0.0),
    )
