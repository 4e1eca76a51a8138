"""Scores of properties made those of markets, classes, cities and a whole portfolio."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import fsum
from statistics import quantiles
from typing import NamedTuple

from attrs import frozen

from ..identifiers import PropertyId
from ..measures import PROPERTY_METRICS, Metric
from .health_thresholds import Grade, GradeBounds

BINS = 10
"""Bars of a distribution, each of ten points. [1]"""


class ScoredArea(NamedTuple):
    """What a roll-up needs of one property.

    Args:
        id: The property.
        area_sqft: Rentable area, over 0. [sq ft]
        score: Its health score; None where it has none. [points]
        contributions: Per metric, to score − 50. [points]
    """

    id: PropertyId
    area_sqft: float
    score: float | None
    contributions: Mapping[Metric, float]


@frozen(slots=False)
class RollUp:
    """The score of several properties.

    Args:
        score: Mean of their scores by area; null where none has one. [points]
        grade: Of it, by the model's thresholds.
        contributions: Per metric, the mean by area; they sum to score − 50. [points]
        properties: How many there are.
        scored: How many have a score; only those count.
        area_sqft: Of all of them. [sq ft]
        scored_area_sqft: Of those that have a score. [sq ft]
    """

    score: float | None
    grade: Grade | None
    contributions: Mapping[Metric, float]
    properties: int
    scored: int
    area_sqft: float
    scored_area_sqft: float


def roll_up(grades: GradeBounds, members: Iterable[ScoredArea]) -> RollUp:
    """The score of several properties, by area.

    The score of a union is the mean of its parts' scores by their scored areas.

    Args:
        grades: Where the tenant's grades begin.
        members: The properties.
    """
    listed = list(members)
    area = fsum(one.area_sqft for one in listed)
    known = [(one, one.score) for one in listed if one.score is not None]
    scored_area = fsum(one.area_sqft for one, _ in known)
    if not known:
        return RollUp(None, None, {}, len(listed), 0, area, 0.0)
    score = fsum(one.area_sqft * score for one, score in known) / scored_area
    metrics = [
        metric
        for metric in PROPERTY_METRICS
        if any(metric in one.contributions for one, _ in known)
    ]
    contributions = {
        metric: fsum(one.area_sqft * one.contributions.get(metric, 0.0) for one, _ in known)
        / scored_area
        for metric in metrics
    }
    counted = (len(listed), len(known), area, scored_area)
    return RollUp(score, grades.grade(score), contributions, *counted)


@frozen(slots=False)
class GroupRollUp:
    """The score of one group of a portfolio and its part in the whole.

    Args:
        group: Its name, as the grouping gives it.
        roll_up: Its own score.
        share: Of the portfolio's scored area. [0..1]
        contribution: share · (score − 50); those of all groups sum to the portfolio's
            score − 50. [points]
    """

    group: str
    roll_up: RollUp
    share: float
    contribution: float


def group_roll_ups(
    grades: GradeBounds, members: Iterable[ScoredArea], group_of: Callable[[PropertyId], str]
) -> tuple[GroupRollUp, ...]:
    """The score of every group, by market, class, city or whatever tells them apart.

    Args:
        grades: Where the tenant's grades begin.
        members: The portfolio.
        group_of: The one group that a property belongs to.

    Returns:
        By name of the group.
    """
    groups: dict[str, list[ScoredArea]] = defaultdict(list)
    for one in members:
        groups[group_of(one.id)].append(one)
    rolled = {name: roll_up(grades, inside) for name, inside in sorted(groups.items())}
    total = fsum(one.scored_area_sqft for one in rolled.values())
    return tuple(_group(name, one, total) for name, one in rolled.items())


def _group(name: str, rolled: RollUp, total: float) -> GroupRollUp:
    share = rolled.scored_area_sqft / total if total > 0 else 0.0
    contribution = share * (rolled.score - 50) if rolled.score is not None else 0.0
    return GroupRollUp(name, rolled, share, contribution)


@frozen(slots=False)
class Distribution:
    """How scores are spread; always beside their mean, which hides it.

    Args:
        count: Scores.
        unscored: Properties without one.
        lowest: The lowest score; null of none. [points]
        first_quartile: A quarter lies below. [points]
        median: Half lies below. [points]
        third_quartile: Three quarters lie below. [points]
        highest: The highest score. [points]
        grades: Properties of each grade, by the model that made their scores.
        bins: Properties in 0 to 10, 10 to 20 … 90 to 100 points, lower bounds inclusive.
    """

    count: int
    unscored: int
    lowest: float | None
    first_quartile: float | None
    median: float | None
    third_quartile: float | None
    highest: float | None
    grades: Mapping[Grade, int]
    bins: tuple[int, ...]


def distribution(scores: Sequence[float | None], grades: Iterable[Grade | None]) -> Distribution:
    """How scores are spread, every property counting once.

    Args:
        scores: None where a property has none. [points]
        grades: Of the scores, in any order.
    """
    known = sorted(score for score in scores if score is not None)
    bins = [0] * BINS
    counted = dict.fromkeys(Grade, 0)
    for score in known:
        bins[min(int(score / 10), BINS - 1)] += 1
    for grade in grades:
        if grade is not None:
            counted[grade] += 1
    rest = len(scores) - len(known)
    if not known:
        return Distribution(0, rest, None, None, None, None, None, counted, tuple(bins))
    first, middle, third = quantiles(known, n=4, method="inclusive") if known[1:] else known * 3
    return Distribution(
        len(known), rest, known[0], first, middle, third, known[-1], counted, tuple(bins)
    )


class OwnedArea(NamedTuple):
    """What the metrics of a portfolio need of one property.

    Args:
        area_sqft: Rentable area, over 0. [sq ft]
        values: In the order of `PROPERTY_METRICS`, None where nobody said. [the metric's unit]
    """

    area_sqft: float
    values: tuple[float | None, ...]


def portfolio_values(members: Iterable[OwnedArea]) -> Mapping[Metric, float | None]:
    """The metrics of a portfolio as if it were one property: ratios of sums.

    Occupancy, renewals and time to lease by area; rent and lease term by the area that
    is let. Properties without a value do not count for it; null where none counts.
    """
    listed = list(members)
    return {metric: _ratio(listed, at) for at, metric in enumerate(PROPERTY_METRICS)}


_BY_LET_AREA = frozenset({Metric.RENT_PER_SQFT, Metric.LEASE_TERM_MONTHS})
_OCCUPANCY = PROPERTY_METRICS.index(Metric.OCCUPANCY_RATE)


def _ratio(members: Iterable[OwnedArea], at: int) -> float | None:
    pairs = [(_area(one, at), value) for one in members if (value := one.values[at]) is not None]
    total = fsum(area for area, _ in pairs)
    return fsum(area * value for area, value in pairs) / total if total > 0 else None


def _area(one: OwnedArea, at: int) -> float:
    if PROPERTY_METRICS[at] not in _BY_LET_AREA:
        return one.area_sqft
    return one.area_sqft * (one.values[_OCCUPANCY] or 0.0) / 100


@frozen(slots=False)
class SameStoreChange:
    """How the score of a portfolio moved, over the properties scored at both times.

    Args:
        before: Their score then, by the area of now; null where there are none. [points]
        after: Their score now. [points]
        change: after − before. [points]
        properties: How many there are.
    """

    before: float | None
    after: float | None
    change: float | None
    properties: int


def same_store_change(
    before: Mapping[PropertyId, float | None], after: Iterable[ScoredArea]
) -> SameStoreChange:
    """How the score of a portfolio moved, whatever was bought and sold in between.

    References:
        Constant membership: NCREIF's same-store operating benchmarks.
    """
    pairs = [
        (one.area_sqft, then, one.score)
        for one in after
        if one.score is not None and (then := before.get(one.id)) is not None
    ]
    area = fsum(size for size, _, _ in pairs)
    if not pairs:
        return SameStoreChange(None, None, None, 0)
    earlier = fsum(size * then for size, then, _ in pairs) / area
    later = fsum(size * now for size, _, now in pairs) / area
    return SameStoreChange(earlier, later, later - earlier, len(pairs))
