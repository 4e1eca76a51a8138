"""The inputs and the bucket scores of many properties: what `property_health` and
`bucket_scores` say of one, for portfolios of many thousands.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from typing import NamedTuple

from ..measures import PROPERTY_METRICS, Metric
from ..windows import Interval, month_numbered
from .health_evidence import HealthInputs, present_inputs
from .health_model import HealthModel
from .health_momentum import Momentum, momentum
from .health_score import level_scores
from .health_thresholds import Grade
from .history import BUCKETS_PER_YEAR
from .market_side import (
    MONTHS_PER_BUCKET,
    CommonMonths,
    MarketSide,
    MonthlyValues,
    bucketed,
    common_months,
)
from .property import Property


def scoring_inputs(
    model: HealthModel, subject: Property, months: Sequence[MonthlyValues], side: MarketSide
) -> HealthInputs:
    """What `property_health` scores of a property now, without a history for people.

    Args:
        model: The tenant's numbers.
        subject: The property.
        months: Of the property, ascending.
        side: Its market.
    """
    present = present_inputs(subject, side.view)
    common = common_months(months, side)
    moving = _momenta(model, common, side) if common else {}
    return HealthInputs(present.own, present.market, moving)


class BucketLine(NamedTuple):
    """The score of one bucket with its numbers only.

    Args:
        interval: month, quarter or year.
        start: First day.
        score: Of the bucket's values, without momentum. [points]
        grade: Of it.
        change: From the bucket directly before; None where that has no score. [points]
        coverage: Weight of the metrics that are known. [0..1]
        complete: Whether the data of both sides reach the bucket's end.
    """

    interval: Interval
    start: date
    score: float
    grade: Grade
    change: float | None
    coverage: float
    complete: bool


def bucket_lines(
    model: HealthModel, months: Sequence[MonthlyValues], side: MarketSide
) -> tuple[BucketLine, ...]:
    """The scores of a property's months, quarters and years, each in order.

    The window is the 36 months up to the latest that either side has. Buckets without
    a score are left out.

    Args:
        model: The tenant's numbers.
        months: Of the property, ascending.
        side: Its market.
    """
    common = common_months(months, side)
    if common is None:
        return ()
    return tuple(
        line for interval in BUCKETS_PER_YEAR for line in _lines(model, common, side, interval)
    )


def _momenta(
    model: HealthModel, common: CommonMonths, side: MarketSide
) -> Mapping[Metric, Momentum]:
    first = common.first - common.start
    whole = slice(first, max(common.whole_until - common.start, first))
    per_year = BUCKETS_PER_YEAR[Interval.MONTH]
    market = common.market(side, Interval.MONTH)
    found = {}
    for metric, ours, theirs in zip(PROPERTY_METRICS, common.own, market, strict=True):
        rule = model.metrics.get(metric)
        if rule is None:
            continue
        one = momentum(rule, list(zip(ours[whole], theirs[whole], strict=True)), per_year)
        if one is not None:
            found[metric] = one
    return found


def _lines(
    model: HealthModel, common: CommonMonths, side: MarketSide, interval: Interval
) -> Iterator[BucketLine]:
    length = MONTHS_PER_BUCKET[interval]
    first = (common.first - common.start) // length
    window = slice(first, (common.last - common.start) // length + 1)
    places = [PROPERTY_METRICS.index(planned.metric) for planned in model.plan]
    own, market = bucketed(common.own, interval), common.market(side, interval)
    scores = level_scores(
        model,
        [own[place][window] for place in places],
        [market[place][window] for place in places],
    )
    grade = model.thresholds.grades.grade
    before = None
    for month, (score, coverage) in zip(
        count(common.start + first * length, length), scores, strict=False
    ):
        if score is not None:
            yield BucketLine(
                interval,
                month_numbered(month),
                score,
                grade(score),
                None if before is None else score - before,
                coverage,
                month + length <= common.whole_until,
            )
        before = score
