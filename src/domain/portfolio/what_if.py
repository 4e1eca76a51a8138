"""What would change: other weights, other values, and which of them moves a score most."""

from collections.abc import Mapping
from math import exp

from attrs import frozen

from ..errors import Flaw, InvalidFields
from ..identifiers import PropertyId
from ..measures import CATALOGUE, Metric
from .health_evidence import HealthInputs, replaced_values
from .health_model import HealthModel, Transform, require_metrics
from .health_ranking import ranking
from .health_score import HealthScore, health_line, health_score
from .health_thresholds import Grade


@frozen(slots=False)
class Change:
    """One metric's part before and after.

    Args:
        metric: Its key.
        before: Its contribution; 0 where it had none. [points]
        after: Its contribution afterwards. [points]
        change: after − before; those of all metrics sum to the score's. [points]
    """

    metric: Metric
    before: float
    after: float
    change: float


@frozen(slots=False)
class WhatIf:
    """One property's score as it is and as it would be.

    Args:
        before: As it is.
        after: As it would be.
        change: of the score; null unless there is one both times. [points]
        changes: Per metric, largest first whatever the sign.
    """

    before: HealthScore
    after: HealthScore
    change: float | None
    changes: tuple[Change, ...]


def what_if(
    model: HealthModel,
    inputs: HealthInputs,
    *,
    values: Mapping[Metric, float] | None = None,
    other: HealthModel | None = None,
) -> WhatIf:
    """One property's score with other values, by another model, or both.

    Args:
        model: The tenant's numbers as they are.
        inputs: The property as it is.
        values: Other values of the property, in the catalogue's units.
        other: The numbers as they would be; without it as they are.

    Raises:
        InvalidFields: If a value cannot be true.
        InvalidInput: If a metric is not scored by the model.
    """
    values = values or {}
    require_metrics(other or model, values)
    _check(values)
    before = health_score(model, inputs)
    after = health_score(other or model, replaced_values(inputs, values))
    change = _difference(before.score, after.score)
    return WhatIf(before, after, change, _changes(before, after))


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def value_flaws(
    values: Mapping[Metric, float], path: tuple[str | int, ...] = ("values",)
) -> list[Flaw]:
    """What is wrong with other values of a property, if anything.

    Args:
        values: By metric, in the catalogue's units.
        path: Where they are in the input.
    """
    flaws = []
    for metric, value in values.items():
        about = CATALOGUE[metric]
        if not about.lowest <= value <= about.highest:
            message = f"must lie in {about.lowest:g} to {about.highest:g}"
            flaws.append(Flaw((*path, metric.value), "out_of_range", message))
    return flaws


def _check(values: Mapping[Metric, float]) -> None:
    if flaws := value_flaws(values):
        raise InvalidFields(flaws)


def _changes(before: HealthScore, after: HealthScore) -> tuple[Change, ...]:
    then = {row.metric: row.contribution for row in before.metrics}
    now = {row.metric: row.contribution for row in after.metrics}
    pairs = [
        (metric, then.get(metric, 0.0), now.get(metric, 0.0))
        for metric in CATALOGUE
        if metric in then or metric in now
    ]
    rows = [Change(metric, first, second, second - first) for metric, first, second in pairs]
    return tuple(sorted(rows, key=lambda row: -abs(row.change)))


@frozen(slots=False)
class Lever:
    """What one metric would do for a score if it were better by one typical deviation.

    Args:
        metric: Its key.
        value: The property's value. [the metric's unit]
        better_value: The same, better by one typical deviation, or as far as it can be
            true. [the metric's unit]
        points_per_sub_score: Points of the score per point of the sub-score. [1]
        gain: By how much the score would rise. [points]
        score: What it would be. [points]
        grade: What its grade would be.
    """

    metric: Metric
    value: float
    better_value: float
    points_per_sub_score: float
    gain: float
    score: float
    grade: Grade


def levers(model: HealthModel, inputs: HealthInputs) -> tuple[Lever, ...]:
    """What each known metric would do for a score, the largest gain first.

    Empty without a score. A metric with a target band moves towards the band. Momentum
    stays as it is.
    """
    now = health_score(model, inputs)
    found = []
    for row in now.metrics:
        if row.property_value is None or row.lever is None or now.score is None:
            continue
        better = _better(model, row.metric, row.property_value, row.deviation)
        then = health_line(model, replaced_values(inputs, {row.metric: better})).score
        if then is not None:
            found.append(
                Lever(
                    row.metric,
                    row.property_value,
                    better,
                    row.lever,
                    then - now.score,
                    then,
                    model.thresholds.grades.grade(then),
                )
            )
    return tuple(sorted(found, key=lambda one: -one.gain))


def _better(model: HealthModel, metric: Metric, value: float, far: float | None) -> float:
    rule, about = model.metrics[metric], CATALOGUE[metric]
    step = rule.direction.sign * rule.typical_deviation
    if rule.target_band:
        # Not beyond the band: there more is no better.
        lag = far if far is not None else rule.target_band.low
        inside = max(rule.target_band.low, min(lag, rule.target_band.high))
        step = max(-rule.typical_deviation, min(inside - lag, rule.typical_deviation))
    moved = value * exp(step) if rule.transform is Transform.LOG_RATIO else value + step
    return max(about.lowest, min(moved, about.highest))


@frozen(slots=False)
class PropertyChange:
    """One property of a portfolio before and after.

    Args:
        id: The property.
        before: Its score; null where it has none. [points]
        after: Its score afterwards. [points]
        change: after − before; null unless there are both. [points]
        rank_before: Among those that had a score.
        rank_after: Among those that would have one.
    """

    id: PropertyId
    before: float | None
    after: float | None
    change: float | None
    rank_before: int | None
    rank_after: int | None


def portfolio_what_if(
    model: HealthModel,
    other: HealthModel,
    inputs: Mapping[PropertyId, HealthInputs],
    values: Mapping[PropertyId, Mapping[Metric, float]] | None = None,
) -> tuple[PropertyChange, ...]:
    """Every property's score and rank by another model and with other values.

    Args:
        model: The tenant's numbers as they are.
        other: The numbers as they would be.
        inputs: The portfolio as it is.
        values: Other values of some of its properties, in the catalogue's units.

    Returns:
        In the given order.

    Raises:
        InvalidFields: If a value cannot be true.
        InvalidInput: If a metric is not scored by the other model.
    """
    values = values or {}
    for said in values.values():
        require_metrics(other, said)
        _check(said)
    before = {one: health_line(model, each).score for one, each in inputs.items()}
    after = {
        one: health_line(other, replaced_values(each, values.get(one, {}))).score
        for one, each in inputs.items()
    }
    first = {row.id: row.rank for row in ranking(before)}
    second = {row.id: row.rank for row in ranking(after)}
    return tuple(
        PropertyChange(
            one,
            then,
            after[one],
            _difference(then, after[one]),
            first.get(one),
            second.get(one),
        )
        for one, then in before.items()
    )
