"""Scores as they are kept, and questions about them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from attrs import fields_dict
from hypothesis import strategies as st

from ...domain.identifiers import MarketId, PropertyId
from ...domain.measures import PROPERTY_METRICS
from ...domain.portfolio.health_outliers import Outlier, OutlierKind
from ...domain.portfolio.health_ranking import PeerGroup
from ...domain.portfolio.health_score import score_words
from ...domain.portfolio.health_selection import (
    HealthFilter,
    HealthOrder,
    HealthQuery,
    PeriodRequest,
)
from ...domain.portfolio.health_thresholds import Grade, ScoreConfidence
from ...domain.portfolio.kept_health import (
    MarketNames,
    MetricPart,
    PortfolioState,
    PropertyScore,
    ScoreInputs,
    Standing,
)
from ...domain.portfolio.portfolio_scoring import BucketLine
from ...domain.windows import Interval
from .health import GRID, grade_bounds, momentums, thresholds
from .portfolio import property_ids

_Value = TypeVar("_Value")

_NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
_DAYS = (date(2025, 9, 14), date(2025, 9, 15))
_CHANGES = (-20.0, -10.0, 0.0, 7.5)
_STARTS: Mapping[Interval, tuple[date, ...]] = {
    Interval.MONTH: (date(2025, 7, 1), date(2025, 8, 1)),
    Interval.QUARTER: (date(2025, 4, 1), date(2025, 7, 1)),
    Interval.YEAR: (date(2025, 1, 1),),
}


def score_inputs() -> st.SearchStrategy[ScoreInputs]:
    """What scores are made of, mostly comparable with one another."""
    return st.builds(
        ScoreInputs,
        property_version=st.integers(1, 3),
        market_id=st.integers(1, 2).map(MarketId),
        market_position=st.integers(0, 2),
        model_version=st.integers(0, 2),
        day=st.sampled_from(_DAYS),
    )


@st.composite
def property_scores(
    draw: st.DrawFn, identifiers: st.SearchStrategy[PropertyId] | None = None
) -> PropertyScore:
    """Scores with ties, on the bounds of grades of several models, and none at all."""
    score = draw(st.none() | st.sampled_from(GRID))
    error = None if score is None else draw(st.sampled_from([0.0, 4.0, 9.0, 20.0]))
    words = None
    if score is not None and error is not None:
        words = score_words(draw(thresholds()), score, error)
    maybe = st.none() | st.sampled_from(GRID)
    return PropertyScore(
        id=draw(property_ids() if identifiers is None else identifiers),
        name=draw(st.sampled_from(["Tower", "tower", "TÜRM", "100%"])),
        market=draw(
            st.sampled_from(
                [
                    MarketNames(),
                    MarketNames("Chicago Loop Office", "Chicago", "Illinois"),
                    MarketNames("Größe", "GRÖSSE", None),
                ]
            )
        ),
        property_type=draw(st.none() | st.sampled_from(["office", "retail"])),
        property_class=draw(st.sampled_from(["A", "B"])),
        area_sqft=draw(st.sampled_from([0.1, 1_000.0])),
        inputs=draw(score_inputs()),
        scored_at=_NOON,
        score=score,
        grade=words and words.grade,
        grade_at_low=words and words.grade_at_low,
        grade_at_high=words and words.grade_at_high,
        confidence=words and words.confidence,
        standard_error=error,
        coverage=draw(st.sampled_from([0.0, 0.4, 1.0])),
        level=None if score is None else draw(maybe),
        momentum=None if score is None else draw(maybe),
        parts=draw(_parts()),
    )


def _parts() -> st.SearchStrategy[tuple[MetricPart, ...]]:
    number = st.none() | st.sampled_from([-1.5, 0.0, 0.1, 3.3])
    part = st.builds(
        MetricPart,
        metric=st.sampled_from(PROPERTY_METRICS),
        deviation=number,
        z=number,
        error=st.sampled_from([0.0, 0.3]),
        sub_score=number,
        contribution=st.sampled_from([-12.25, 0.0, 0.1]),
        momentum=st.none() | momentums(),
    )
    several = st.lists(part, max_size=3, unique_by=lambda one: one.metric)
    order = {metric: at for at, metric in enumerate(PROPERTY_METRICS)}
    return several.map(lambda parts: tuple(sorted(parts, key=lambda one: order[one.metric])))


@st.composite
def standings(draw: st.DrawFn, identifier: PropertyId) -> Standing:
    """Places of one property."""
    kinds = draw(st.lists(st.sampled_from(OutlierKind), max_size=2, unique=True))
    percent = st.sampled_from([0.0, 25.0, 50.0, 100.0])
    return Standing(
        rank=draw(st.integers(1, 3)),
        percentile=draw(percent),
        rank_best=draw(st.none() | st.integers(1, 3)),
        rank_worst=draw(st.none() | st.integers(1, 3)),
        peer_group=draw(st.sampled_from(PeerGroup)),
        peer_description="all properties in market 1",
        peers=draw(st.integers(1, 9)),
        peer_rank=draw(st.integers(1, 3)),
        peer_percentile=draw(percent),
        under_performer=draw(st.booleans()),
        watch=draw(st.booleans()),
        outliers=tuple(
            Outlier(
                identifier,
                kind,
                PROPERTY_METRICS[0] if kind is OutlierKind.METRIC else None,
                None if kind is OutlierKind.PROFILE else 3.25,
                4.5,
                3.5,
            )
            for kind in kinds
        ),
    )


@st.composite
def bucket_histories(draw: st.DrawFn) -> tuple[BucketLine, ...]:
    """Score histories of a few buckets; changes on the bounds of filters."""
    lines = []
    grades = draw(grade_bounds())
    for interval, starts in _STARTS.items():
        for start in starts:
            score = draw(st.none() | st.sampled_from(GRID))
            if score is None:
                continue
            change = draw(st.none() | st.sampled_from(_CHANGES))
            complete = draw(st.booleans())
            grade = grades.grade(score)
            lines.append(BucketLine(interval, start, score, grade, change, 1.0, complete))
    return tuple(lines)


def portfolio_states() -> st.SearchStrategy[PortfolioState]:
    """How far scores have come."""
    return st.builds(
        PortfolioState,
        position=st.integers(0, 9),
        markets_position=st.integers(0, 2),
        model_version=st.integers(0, 2),
        day=st.sampled_from(_DAYS),
        ranked_at=st.just(_NOON),
        draws=st.sampled_from([0, 1_000]),
        profile_test=st.sampled_from(["done", "too_few_properties"]),
    )


def health_filters() -> st.SearchStrategy[HealthFilter]:
    """Filters that often fit something."""
    flag = st.none() | st.booleans()
    return st.builds(
        HealthFilter,
        market_id=_some([MarketId(1), MarketId(2)]),
        city=_some(["chicago", "Größe", "Nowhere"]),
        property_class=_some(["A", "B"]),
        property_type=_some(["office", "retail"]),
        grade=_some(list(Grade)),
        confidence=_some(list(ScoreConfidence)),
        minimum_score=st.none() | st.sampled_from([0.0, 25.0, 60.0]),
        maximum_score=st.none() | st.sampled_from([60.0, 75.0, 100.0]),
        minimum_change=st.none() | st.sampled_from([-20.0, -10.0]),
        maximum_change=st.none() | st.sampled_from([-10.0, 0.0, 7.5]),
        scored=flag,
        outlier=flag,
        under_performer=flag,
        watch=flag,
    )


def health_queries() -> st.SearchStrategy[HealthQuery]:
    """First pages in every order; mostly of everything or by one condition."""
    one = st.sampled_from(sorted(fields_dict(HealthFilter))).flatmap(_only)
    return st.builds(
        HealthQuery,
        where=st.just(HealthFilter()) | one | health_filters(),
        period=st.builds(
            PeriodRequest,
            st.sampled_from(list(_STARTS)),
            st.none() | st.sampled_from([date(2025, 5, 5), date(2025, 7, 1), date(2025, 8, 31)]),
        ),
        order=st.sampled_from(HealthOrder),
        descending=st.booleans(),
        limit=st.none() | st.integers(1, 3),
    )


def _some(values: Sequence[_Value]) -> st.SearchStrategy[tuple[_Value, ...]]:
    return st.just(()) | st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


def _only(name: str) -> st.SearchStrategy[HealthFilter]:
    """One condition of a drawn filter, the others open."""
    return health_filters().map(lambda found: HealthFilter(**{name: getattr(found, name)}))
