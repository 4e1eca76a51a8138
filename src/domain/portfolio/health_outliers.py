"""Properties that stand out: by their score, by one metric, or by the whole of their metrics."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from statistics import quantiles

from attrs import frozen

from ..identifiers import PropertyId
from ..measures import Metric
from ..statistics import chi_square_quantile, modified_z_scores
from .health_model import HealthModel
from .health_score import HealthLine
from .health_thresholds import Thresholds
from .robust_covariance import FEWEST_PER_COLUMN, robust_distances


@frozen(slots=False)
class TukeyFences:
    """A group of values as a box plot shows it, its fences as far out as the model says.

    Args:
        far_low: First quartile − far fence · interquartile range. [points]
        low: First quartile − fence · interquartile range. [points]
        first_quartile: A quarter of the values lies below. [points]
        median: Half of them do. [points]
        third_quartile: Three quarters do. [points]
        high: Third quartile + fence · interquartile range. [points]
        far_high: Third quartile + far fence · interquartile range. [points]
    """

    far_low: float
    low: float
    first_quartile: float
    median: float
    third_quartile: float
    high: float
    far_high: float


def tukey_fences(thresholds: Thresholds, values: Sequence[float]) -> TukeyFences | None:
    """The fences of a box plot; None under two values.

    Args:
        thresholds: The tenant's limits.
        values: In any order.

    References:
        J. W. Tukey, *Exploratory Data Analysis*, 1977, ch. 2; quartiles by linear
        interpolation, as R's type 7.

    >>> tukey_fences(Thresholds(), [1.0, 2.0, 3.0, 4.0, 5.0]).high
    7.0
    """
    if len(values) < 2:
        return None
    first, middle, third = quantiles(values, n=4, method="inclusive")
    near = thresholds.fence * (third - first)
    far = thresholds.far_fence * (third - first)
    return TukeyFences(first - far, first - near, first, middle, third, third + near, third + far)


class OutlierKind(StrEnum):
    """In what a property stands out."""

    SCORE = "score"
    METRIC = "metric"
    PROFILE = "profile"


@frozen(slots=False)
class Outlier:
    """One way in which a property stands out.

    Args:
        id: The property.
        kind: By its score, by one metric, or by how its metrics go together.
        metric: Which metric; null for a score or a profile.
        value: The score, or the metric's deviation; null for a profile. [points or log ratio]
        measure: Modified z-score, or squared robust distance of the profile. [1]
        limit: From beyond which it stands out. [1]
    """

    id: PropertyId
    kind: OutlierKind
    metric: Metric | None
    value: float | None
    measure: float
    limit: float


@frozen(slots=False)
class OutlierReport:
    """The properties of a portfolio that stand out.

    Args:
        outliers: By property in the given order, then score, metrics, profile.
        fences: Of the scores, as a box plot shows them; null under two scores.
        scores: Properties that have a score.
        profiles: Properties with a value of every metric; the profile test rests on them.
        profile_test: done, too_few_properties (under five per metric) or degenerate
            (half of them or more lie on one line or plane).
    """

    outliers: tuple[Outlier, ...]
    fences: TukeyFences | None
    scores: int
    profiles: int
    profile_test: str


def outlier_report(model: HealthModel, lines: Mapping[PropertyId, HealthLine]) -> OutlierReport:
    """The properties of a portfolio that stand out; nobody does in a portfolio of one.

    Args:
        model: By which the lines were made.
        lines: Every property, with or without a score.
    """
    scores = {one: line.score for one, line in lines.items() if line.score is not None}
    thresholds = model.thresholds
    limit = thresholds.outlier_score
    found = [*_unusual(scores, OutlierKind.SCORE, None, limit)]
    for at, planned in enumerate(model.plan):
        far = {
            one: value for one, line in lines.items() if (value := line.deviations[at]) is not None
        }
        found += _unusual(far, OutlierKind.METRIC, planned.metric, limit)
    probability = thresholds.outlier_profile_probability
    profiles, test, unusual = _profiles(lines, len(model.plan), probability)
    found += unusual
    order = {identifier: place for place, identifier in enumerate(lines)}
    found.sort(key=lambda one: order[one.id])
    fences = tukey_fences(thresholds, list(scores.values()))
    return OutlierReport(tuple(found), fences, len(scores), profiles, test)


def _unusual(
    values: Mapping[PropertyId, float], kind: OutlierKind, metric: Metric | None, limit: float
) -> Sequence[Outlier]:
    measures = modified_z_scores(list(values.values()))
    return [
        Outlier(identifier, kind, metric, value, measure, limit)
        for (identifier, value), measure in zip(values.items(), measures, strict=True)
        if abs(measure) > limit
    ]


def _profiles(
    lines: Mapping[PropertyId, HealthLine], metrics: int, probability: float
) -> tuple[int, str, Sequence[Outlier]]:
    whole = {
        identifier: known
        for identifier, line in lines.items()
        if len(known := [z for z in line.z if z is not None]) == metrics
    }
    if len(whole) < FEWEST_PER_COLUMN * metrics:
        return len(whole), "too_few_properties", ()
    distances = robust_distances(list(whole.values()))
    if distances is None:
        return len(whole), "degenerate", ()
    limit = chi_square_quantile(probability, metrics)
    return (
        len(whole),
        "done",
        [
            Outlier(identifier, OutlierKind.PROFILE, None, None, distance, limit)
            for identifier, distance in zip(whole, distances, strict=True)
            if distance > limit
        ],
    )
