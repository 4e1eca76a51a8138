"""A whole portfolio's scores beside one another: every property's place, and the sum of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import NamedTuple

from attrs import frozen

from ..identifiers import MarketId, PropertyId
from ..measures import PROPERTY_METRICS, Metric
from .health_model import HealthModel
from .health_outliers import Outlier, TukeyFences, outlier_report, tukey_fences
from .health_rank_bands import DRAWS, DrawnScore, drawn_bands
from .health_ranking import Peer, attention, peer_standings, ranking
from .health_rollup import (
    Distribution,
    GroupRollUp,
    OwnedArea,
    RollUp,
    SameStoreChange,
    ScoredArea,
    distribution,
    group_roll_ups,
    portfolio_values,
    roll_up,
    same_store_change,
)
from .health_score import HealthLine
from .health_thresholds import Grade, Thresholds
from .kept_health import KeptHealth, MetricPart, PropertyScore, Standing
from .property import Property

MOST_DRAWN = 200_000
"""Properties times draws of one ranking's bands; as much as takes about a second. [1]"""

FEWEST_DRAWS = 40
"""Draws that a band needs; a portfolio too large for them has none. [1]"""


def draws_for(properties: int) -> int:
    """How many portfolios are drawn for the rank bands of one; 0 where it is too large. [1]

    >>> draws_for(60), draws_for(1_200), draws_for(100_000)
    (1000, 166, 0)
    """
    affordable = min(DRAWS, MOST_DRAWN // max(properties, 1))
    return affordable if affordable >= FEWEST_DRAWS else 0


def health_line_of(model: HealthModel, score: PropertyScore) -> HealthLine:
    """The numbers of a kept score, in the order of the model's plan.

    A metric that the model has and the score was made without is missing.
    """
    parts = {part.metric: part for part in score.parts}
    listed = [parts.get(planned.metric, _nothing(planned.metric)) for planned in model.plan]
    return HealthLine(
        score.score,
        score.standard_error,
        score.coverage,
        tuple(part.deviation for part in listed),
        tuple(part.z for part in listed),
        tuple(part.sub_score for part in listed),
        tuple(part.contribution for part in listed),
        None,
        None,
    )


def _nothing(metric: Metric) -> MetricPart:
    return MetricPart(metric, None, None, 0.0, None, 0.0, None)


class Ranked(NamedTuple):
    """What comes of ranking a portfolio.

    Args:
        standings: Of every property that has a score.
        profile_test: Whether whole profiles were tested: done, too_few_properties or degenerate.
        draws: Portfolios that were drawn for the rank bands.
    """

    standings: Mapping[PropertyId, Standing]
    profile_test: str
    draws: int


def ranked(model: HealthModel, scores: Sequence[PropertyScore], random: Random | None) -> Ranked:
    """Every property's place in its portfolio.

    Args:
        model: By which the scores were made.
        scores: Of the whole portfolio.
        random: Source of chance for the rank bands; the same seed gives the same bands, None
            leaves them out.
    """
    known = [one for one in scores if one.score is not None and one.standard_error is not None]
    lines = {one.id: health_line_of(model, one) for one in scores}
    report = outlier_report(model, lines)
    places = {row.id: row for row in ranking({one.id: one.score for one in scores})}
    peers = {row.id: row for row in peer_standings(map(_peer, known))}
    draws, bands = 0, {}
    if random and (draws := draws_for(len(known))):
        drawn = {one.id: _drawn(model, lines[one.id], one) for one in known}
        bands = {row.id: row for row in drawn_bands(model, drawn, random, draws)}
    unusual: dict[PropertyId, list[Outlier]] = {}
    for outlier in report.outliers:
        unusual.setdefault(outlier.id, []).append(outlier)
    standings = {}
    for one in known:
        place, among, band = places[one.id], peers[one.id], bands.get(one.id)
        said = attention(model.thresholds, place.score, one.bounds[1] or 0.0, among)
        standings[one.id] = Standing(
            place.rank,
            place.percentile,
            band.best if band else None,
            band.worst if band else None,
            among.group,
            among.description,
            among.peers,
            among.rank,
            among.percentile,
            said.under_performer,
            said.watch,
            tuple(unusual.get(one.id, ())),
        )
    return Ranked(standings, report.profile_test, draws)


def _peer(one: PropertyScore) -> Peer:
    score = one.score or 0.0  # those without one are left out before
    return Peer(one.id, one.inputs.market_id, one.property_type, one.property_class, score)


def _drawn(model: HealthModel, line: HealthLine, one: PropertyScore) -> DrawnScore:
    errors = {part.metric: part.error for part in one.parts}
    return DrawnScore(
        line.z, tuple(errors.get(planned.metric, 0.0) for planned in model.plan), one.momentum
    )


class Grouping(StrEnum):
    """By what a portfolio is parted into groups."""

    MARKET = "market"
    CITY = "city"
    PROPERTY_CLASS = "property_class"
    PROPERTY_TYPE = "property_type"


UNKNOWN_GROUP = "unknown"
"""The group of properties for which nobody said."""


class SummaryRow(NamedTuple):
    """What a summary needs of one property.

    Args:
        id: The property.
        area_sqft: Rentable area. [sq ft]
        score: Its score; None without one. [points]
        grade: Of it, by the model that made it.
        period_score: Of the period's values; None where there is none. [points]
        change: Of that from the period before; None where one of the two is missing. [points]
        market_id: Its market.
        market_name: The market's name; likewise its city.
        city: None where nobody said.
        property_class: A, B, C …
        property_type: office, retail, …
        under_performer: By its standing; likewise the next two.
        watch: False without a standing.
        outlier: Whether it stands out in any way.
        contributions: In the order of `PROPERTY_METRICS`, to score − 50; None where the model
            has no such metric or there is no score. [points]
        values: Present values of the property in the same order, None where nobody said. [the
            metric's unit]
    """

    id: PropertyId
    area_sqft: float
    score: float | None
    grade: Grade | None
    period_score: float | None
    change: float | None
    market_id: MarketId
    market_name: str | None
    city: str | None
    property_class: str
    property_type: str | None
    under_performer: bool
    watch: bool
    outlier: bool
    contributions: tuple[float | None, ...]
    values: tuple[float | None, ...]


def summary_row(kept: KeptHealth, subject: Property) -> SummaryRow:
    """What a summary needs of a kept score and its property."""
    one, standing = kept.score, kept.standing
    parts = one.contributions
    return SummaryRow(
        one.id,
        one.area_sqft,
        one.score,
        one.grade,
        kept.period_score,
        kept.change,
        one.inputs.market_id,
        one.market.name,
        one.market.city,
        one.property_class,
        one.property_type,
        standing is not None and standing.under_performer,
        standing is not None and standing.watch,
        standing is not None and bool(standing.outliers),
        tuple(parts.get(metric) for metric in PROPERTY_METRICS),
        tuple(subject.value(metric) for metric in PROPERTY_METRICS),
    )


_GROUPS: Mapping[Grouping, Callable[[SummaryRow], str | None]] = {
    Grouping.MARKET: lambda row: row.market_name or f"market {row.market_id}",
    Grouping.CITY: lambda row: row.city,
    Grouping.PROPERTY_CLASS: lambda row: row.property_class,
    Grouping.PROPERTY_TYPE: lambda row: row.property_type,
}


@frozen(slots=False)
class HealthSummary:
    """What many scores come to.

    Args:
        roll_up: Their mean by area, with contributions that add up to it.
        distribution: How they are spread.
        fences: Of the scores, as a box plot shows them; null under two scores.
        values: The metrics of all of them as if they were one property: ratios of sums; null where
            none has a value. [the metric's unit]
        change: How the mean by area moved over the period, for the same properties before and
            after.
        under_performers: Properties whose interval lies under the model's limit, low among
            their peers.
        watch: Properties with a score under the model's limit.
        outliers: Properties that stand out.
        groups: The same mean by market, city, class or type, as asked; their contributions add
            up to the whole's score − 50. Null unless asked for.
    """

    roll_up: RollUp
    distribution: Distribution
    fences: TukeyFences | None
    values: Mapping[Metric, float | None]
    change: SameStoreChange
    under_performers: int
    watch: int
    outliers: int
    groups: tuple[GroupRollUp, ...] | None


def health_summary(
    thresholds: Thresholds, rows: Iterable[SummaryRow], by: Grouping | None
) -> HealthSummary:
    """What many scores come to.

    Args:
        thresholds: Of the model in force.
        rows: The scores, with their changes over one period.
        by: By what they are grouped; None for no groups.
    """
    listed = list(rows)
    areas = [_area(row) for row in listed]
    groups = None
    if by is not None:
        names = {row.id: _GROUPS[by](row) or UNKNOWN_GROUP for row in listed}
        groups = group_roll_ups(thresholds.grades, areas, names.__getitem__)
    return HealthSummary(
        roll_up(thresholds.grades, areas),
        distribution([row.score for row in listed], [row.grade for row in listed]),
        tukey_fences(thresholds, [row.score for row in listed if row.score is not None]),
        portfolio_values(OwnedArea(row.area_sqft, row.values) for row in listed),
        _changed(listed),
        sum(row.under_performer for row in listed),
        sum(row.watch for row in listed),
        sum(row.outlier for row in listed),
        groups,
    )


def _area(row: SummaryRow) -> ScoredArea:
    parts = zip(PROPERTY_METRICS, row.contributions, strict=True)
    contributions = {metric: part for metric, part in parts if part is not None}
    return ScoredArea(row.id, row.area_sqft, row.score, contributions)


def _changed(rows: Sequence[SummaryRow]) -> SameStoreChange:
    moved = [
        (row, row.period_score, row.change)
        for row in rows
        if row.period_score is not None and row.change is not None
    ]
    before = {row.id: score - change for row, score, change in moved}
    after = [ScoredArea(row.id, row.area_sqft, score, {}) for row, score, _ in moved]
    return same_store_change(before, after)
