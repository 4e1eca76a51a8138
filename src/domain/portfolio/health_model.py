"""The model of the health score, SH1, as data that a tenant may change."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from math import fsum, isfinite
from types import MappingProxyType
from typing import NamedTuple

from attrs import evolve, field, frozen

from ..errors import Flaw, InvalidFields, InvalidInput
from ..measures import CATALOGUE, PROPERTY_METRICS, Direction, Metric
from .health_thresholds import Thresholds, threshold_flaws

MODEL_NAME = "SH1"
"""Name of the formulas; the numbers in them are a `HealthModel`."""

_ROUNDING = 1e-9
_SMALLEST, _LARGEST = 1e-6, 1e6


class Transform(StrEnum):
    """How far a value lies from its benchmark: x − b, or ln(x / b)."""

    DIFFERENCE = "difference"
    LOG_RATIO = "log_ratio"


class Averaging(StrEnum):
    """How sub-scores become one: (Σ w·√s)², or Σ w·s where one may make up for another."""

    SQUARE_ROOT = "square_root"
    COMPENSATORY = "compensatory"


@frozen(slots=False)
class TargetBand:
    """Deviations from the market that are wanted; more is no better, less is no better.

    Args:
        low: Lowest wanted deviation. [points, or log ratio]
        high: Highest wanted deviation; not under `low`. [points, or log ratio]
    """

    low: float
    high: float


@frozen(slots=False)
class MetricRule:
    """How one metric enters the score; the model it belongs to checks it.

    Args:
        weight: Share in the score; those of all metrics sum to 1. [0..1]
        direction: Which way is better; not `context`.
        typical_deviation: Deviation from the market that counts as one standard
            deviation. [points, or log ratio]
        typical_change: Change of the deviation that does so for momentum. [the same per year]
        transform: How the deviation is measured.
        target_band: Deviations that are wanted; null where better has no end.
    """

    weight: float
    direction: Direction
    typical_deviation: float
    typical_change: float
    transform: Transform
    target_band: TargetBand | None = None


class PlannedMetric(NamedTuple):
    """A metric that has weight, in the form in which a score reads it."""

    metric: Metric
    weight: float
    sign: int
    typical_deviation: float
    logarithmic: bool
    band: TargetBand | None


_UP, _DOWN = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER

DEFAULT_METRICS: Mapping[Metric, MetricRule] = MappingProxyType(
    {
        Metric.OCCUPANCY_RATE: MetricRule(0.30, _UP, 6.0, 2.0, Transform.DIFFERENCE),
        Metric.RENT_PER_SQFT: MetricRule(0.25, _UP, 0.15, 0.05, Transform.LOG_RATIO),
        Metric.RENEWAL_RATE: MetricRule(0.20, _UP, 10.0, 2.0, Transform.DIFFERENCE),
        Metric.LEASE_TERM_MONTHS: MetricRule(0.10, _UP, 0.20, 0.05, Transform.LOG_RATIO),
        Metric.TIME_TO_LEASE_DAYS: MetricRule(0.15, _DOWN, 0.30, 0.05, Transform.LOG_RATIO),
    }
)
"""The built-in rules: judgement, to be set right by a tenant's own deviations."""


@frozen(slots=False)
class HealthModel:
    """Every number of the health score that a tenant may change.

    Args:
        metrics: The rules by metric; a metric that is left out is not scored.
        averaging: How sub-scores become one.
        correlation: Of sub-scores with one another; how far a missing metric is
            taken to be like the others (1) or like the market (0). [0..1]
        coverage_limit: Weight that must be known for a score. (0..1]
        momentum_share: Share of momentum where there is history. [0..1]
        thresholds: Where grades begin, who is to be looked at and what stands out.
        version: Grows with every change; 0 is the built-in model.

    Raises:
        InvalidFields: If any rule is broken; it lists every one.

    >>> HealthModel().metrics[Metric.OCCUPANCY_RATE].weight
    0.3
    """

    metrics: Mapping[Metric, MetricRule] = field(default=DEFAULT_METRICS)
    averaging: Averaging = Averaging.SQUARE_ROOT
    correlation: float = 0.3
    coverage_limit: float = 0.4
    momentum_share: float = 0.2
    thresholds: Thresholds = field(factory=Thresholds)
    version: int = 0

    def __attrs_post_init__(self) -> None:
        flaws = list(_flaws(self))
        if flaws:
            raise InvalidFields(flaws)
        ordered = {metric: self.metrics[metric] for metric in CATALOGUE if metric in self.metrics}
        object.__setattr__(self, "metrics", MappingProxyType(ordered))

    @cached_property
    def plan(self) -> tuple[PlannedMetric, ...]:
        """The metrics that have weight, in the catalogue's order."""
        return tuple(
            PlannedMetric(
                metric,
                rule.weight,
                rule.direction.sign,
                rule.typical_deviation,
                rule.transform is Transform.LOG_RATIO,
                rule.target_band,
            )
            for metric, rule in self.metrics.items()
            if rule.weight > 0
        )

    def judges_momentum_as(self, other: "HealthModel") -> bool:
        """Whether another model finds the momentum of every metric of this one the same."""
        return all(
            planned.metric in other.metrics
            and other.metrics[planned.metric].weight > 0
            and _momentum_rule(self, planned.metric) == _momentum_rule(other, planned.metric)
            for planned in self.plan
        )

    @cached_property
    def weights(self) -> tuple[float, ...]:
        """The weights of the plan. [1]"""
        return tuple(planned.weight for planned in self.plan)


def _momentum_rule(model: HealthModel, metric: Metric) -> tuple[object, ...]:
    rule = model.metrics[metric]
    return rule.transform, rule.direction, rule.typical_change, rule.target_band is None


def reweighted(model: HealthModel, weights: Mapping[Metric, float]) -> HealthModel:
    """A model with other weights, given in any scale: 3 and 1 are 0.75 and 0.25.

    Args:
        model: Whose other numbers are kept.
        weights: At least 0, one of them over 0; a metric that is left out weighs nothing.

    Raises:
        InvalidFields: If a weight is negative or not finite, a metric has no rule,
            or nothing has weight.
    """
    flaws = [
        Flaw(("weights", str(metric)), "unknown_metric", "is not in the model")
        for metric in weights
        if metric not in model.metrics
    ]
    flaws += [
        Flaw(("weights", str(metric)), "out_of_range", "must be finite and at least 0")
        for metric, weight in weights.items()
        if not 0 <= weight < float("inf")
    ]
    largest = max(weights.values(), default=0.0)
    if not flaws and largest <= 0:
        flaws.append(Flaw(("weights",), "weights_sum", "must not all be 0"))
    if flaws:
        raise InvalidFields(flaws)
    # By the largest first: the sum of huge weights is not finite.
    total = fsum(weight / largest for weight in weights.values())
    rules = {
        metric: evolve(rule, weight=weights.get(metric, 0.0) / largest / total)
        for metric, rule in model.metrics.items()
    }
    return evolve(model, metrics=rules)


def require_metrics(model: HealthModel, metrics: Iterable[Metric]) -> None:
    """See that a model has a rule for each of some metrics.

    Raises:
        InvalidInput: If it has none for one of them.
    """
    for metric in metrics:
        if metric not in model.metrics:
            message = f"the model does not score {str(metric)[:64]!r}"
            raise InvalidInput(message, path=("metrics", str(metric)), code="unknown_metric")


def _flaws(model: HealthModel) -> Iterator[Flaw]:
    yield from _metrics_flaws(model.metrics)
    if not isinstance(model.averaging, Averaging):
        yield Flaw(("averaging",), "averaging", "must be square_root or compensatory")
    if not 0 <= model.correlation <= 1:
        yield Flaw(("correlation",), "out_of_range", "must lie in 0 to 1")
    if not 0 < model.coverage_limit <= 1:
        yield Flaw(("coverage_limit",), "out_of_range", "must be over 0 and at most 1")
    if not 0 <= model.momentum_share <= 1:
        yield Flaw(("momentum_share",), "out_of_range", "must lie in 0 to 1")
    yield from threshold_flaws(model.thresholds, ("thresholds",))
    if not 0 <= model.version < 2**53:
        yield Flaw(("version",), "out_of_range", "must be at least 0")


def _metrics_flaws(metrics: Mapping[Metric, MetricRule]) -> Iterator[Flaw]:
    broken = False
    for metric, rule in metrics.items():
        for flaw in _rule_flaws(metric, rule):
            broken = broken or flaw.path[-1] == "weight"
            yield flaw
    total = fsum(rule.weight for rule in metrics.values()) if not broken else 1.0
    if abs(total - 1) > _ROUNDING:
        message = f"the weights sum to {total:.12g}, not to 1"
        yield Flaw(("metrics",), "weights_sum", message)


def _rule_flaws(metric: Metric, rule: MetricRule) -> Iterator[Flaw]:
    path = ("metrics", str(metric)[:64])
    if metric not in CATALOGUE:
        known = ", ".join(PROPERTY_METRICS)
        yield Flaw(path, "unknown_metric", f"is no metric; known are {known}")
    elif metric not in PROPERTY_METRICS:
        yield Flaw(path, "not_scored", "has no counterpart on a property")
    if not 0 <= rule.weight <= 1:
        yield Flaw((*path, "weight"), "out_of_range", "must lie in 0 to 1")
    if rule.direction.sign == 0:
        message = "must be higher_is_better or lower_is_better"
        yield Flaw((*path, "direction"), "direction", message)
    if not isinstance(rule.transform, Transform):
        yield Flaw((*path, "transform"), "transform", "must be difference or log_ratio")
    for name in ("typical_deviation", "typical_change"):
        if not _SMALLEST <= getattr(rule, name) <= _LARGEST:
            message = f"must lie in {_SMALLEST:g} to {_LARGEST:g}"
            yield Flaw((*path, name), "out_of_range", message)
    yield from _band_flaws((*path, "target_band"), rule.target_band)


def _band_flaws(path: tuple[str, ...], band: TargetBand | None) -> Iterator[Flaw]:
    if band is None:
        return
    if not (isfinite(band.low) and isfinite(band.high)):
        yield Flaw(path, "not_finite", "must have finite bounds")
    elif band.high < band.low:
        yield Flaw(path, "reversed", "high must not be under low")
