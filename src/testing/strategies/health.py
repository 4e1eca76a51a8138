"""Models of the health score and what goes into it."""

from collections.abc import Mapping

from attrs import evolve
from hypothesis import strategies as st

from ...domain.identifiers import PropertyId
from ...domain.measures import PROPERTY_METRICS, Direction, Metric
from ...domain.portfolio.benchmarks import Confidence
from ...domain.portfolio.health_arithmetic import sub_score
from ...domain.portfolio.health_evidence import (
    Evidence,
    HealthInputs,
    MarketView,
    standard_error,
)
from ...domain.portfolio.health_model import (
    Averaging,
    HealthModel,
    MetricRule,
    TargetBand,
    Transform,
)
from ...domain.portfolio.health_momentum import Momentum
from ...domain.portfolio.health_rollup import ScoredArea
from ...domain.portfolio.health_thresholds import GradeBounds, Thresholds
from ...domain.portfolio.observations import Observation, Reason

#: Values that every metric may have, so that ties with the market are common.
_VALUES = (0.0, 12.5, 38.2, 42.8, 75.2, 89.2, 92.5, 100.0)

#: Scores that bounds and scores share, so that scores on a bound are common.
GRID = (0.0, 24.5, 25.0, 40.0, 50.0, 60.0, 60.5, 75.0, 100.0)
_POINTS = st.sampled_from(GRID)

_BANDS = (TargetBand(-0.1, 0.1), TargetBand(0.0, 0.0), TargetBand(1.0, 5.0))


def health_models(
    averaging: st.SearchStrategy[Averaging] | None = None,
    bands: st.SearchStrategy[TargetBand | None] | None = None,
) -> st.SearchStrategy[HealthModel]:
    """Models with weight on some metrics; equal and missing weights are common."""
    rules = _rules(st.sampled_from([None, None, None, *_BANDS]) if bands is None else bands)
    return st.builds(
        HealthModel,
        metrics=rules,
        averaging=st.sampled_from(Averaging) if averaging is None else averaging,
        correlation=st.sampled_from([0.0, 0.3, 1.0]),
        coverage_limit=st.sampled_from([0.1, 0.4, 1.0]),
        momentum_share=st.sampled_from([0.0, 0.2, 1.0]),
        thresholds=thresholds(),
        version=st.integers(0, 3),
    )


def thresholds() -> st.SearchStrategy[Thresholds]:
    """Limits of a tenant, mostly the built-in ones; those of scores lie on a grid of scores."""
    wide = st.builds(
        Thresholds,
        grades=grade_bounds(),
        watch_below=_POINTS,
        under_performer_below=_POINTS,
        under_performer_percentile=_POINTS,
        outlier_score=st.sampled_from([1e-6, 1.0, 3.5, 1e6]),
        outlier_profile_probability=st.sampled_from([0.0001, 0.5, 0.975, 0.9999]),
    )
    pairs = st.tuples(_POINTS, _POINTS).map(sorted)
    fences = st.lists(st.sampled_from([1e-6, 1.5, 3.0, 1e6]), min_size=2, max_size=2).map(sorted)
    varied = st.builds(
        lambda said, confidences, far: evolve(
            said,
            high_confidence=confidences[0],
            medium_confidence=confidences[1],
            fence=far[0],
            far_fence=far[1],
        ),
        wide,
        pairs,
        fences,
    )
    return st.just(Thresholds()) | varied


def grade_bounds() -> st.SearchStrategy[GradeBounds]:
    """Where grades begin, on a grid of scores; the ends and the built-in bounds are common."""
    four = st.lists(st.sampled_from(GRID), min_size=4, max_size=4, unique=True)
    return four.map(lambda said: GradeBounds(*sorted(said, reverse=True)))


@st.composite
def _rules(
    draw: st.DrawFn, bands: st.SearchStrategy[TargetBand | None]
) -> Mapping[Metric, MetricRule]:
    metrics = draw(st.lists(st.sampled_from(PROPERTY_METRICS), min_size=1, unique=True))
    parts = [draw(st.sampled_from([1, 1, 2, 3, 0])) for _ in metrics]
    parts[0] += 1
    return {
        metric: MetricRule(
            weight=part / sum(parts),
            direction=draw(
                st.sampled_from([Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER])
            ),
            typical_deviation=draw(st.sampled_from([0.15, 0.3, 6.0, 10.0])),
            typical_change=draw(st.sampled_from([0.05, 2.0])),
            transform=draw(st.sampled_from(Transform)),
            target_band=draw(bands),
        )
        for metric, part in zip(metrics, parts, strict=True)
    }


def evidences() -> st.SearchStrategy[Evidence]:
    """Knowledge of markets, from one building nine years ago to hundreds of yesterday."""
    return st.builds(
        Evidence,
        sample_size=st.sampled_from([0, 1, 8, 87, 400]),
        data_quality=st.sampled_from([0.0, 0.5, 0.95, 1.0]),
        confidence=st.sampled_from(Confidence),
        age_months=st.sampled_from([0.0, 0.5, 6.0, 108.0]),
    )


@st.composite
def market_views(
    draw: st.DrawFn, values: st.SearchStrategy[Observation] | None = None
) -> MarketView:
    """Markets as scores see them; any metric may lack a benchmark."""
    known = _observations(Reason.MARKET_VALUE_MISSING) if values is None else values
    evidence = draw(evidences())
    return MarketView(
        {metric: draw(known) for metric in PROPERTY_METRICS},
        dict.fromkeys(PROPERTY_METRICS, standard_error(evidence)),
        evidence,
    )


def momentums() -> st.SearchStrategy[Momentum]:
    """Momentum of one metric, both ways and none."""
    return st.builds(
        lambda points, z, p_value, error: Momentum(
            points, 0.05 * z, p_value, z, sub_score(z), error
        ),
        st.integers(6, 36),
        st.sampled_from([-4.0, -0.5, 0.0, 1.25, 4.0]),
        st.sampled_from([0.004, 0.099, 0.1, 1.0]),
        st.sampled_from([0.0, 0.3, 4.0]),
    )


def health_inputs(
    momentum: st.SearchStrategy[Mapping[Metric, Momentum]] | None = None,
) -> st.SearchStrategy[HealthInputs]:
    """What one property's score is made of; anything may be missing."""
    own = st.fixed_dictionaries(
        {metric: _observations(Reason.PROPERTY_VALUE_MISSING) for metric in PROPERTY_METRICS}
    )
    histories = st.dictionaries(st.sampled_from(PROPERTY_METRICS), momentums())
    moving = histories if momentum is None else momentum
    return st.builds(HealthInputs, own, market_views(), st.just({}) | moving)


def whole_inputs() -> st.SearchStrategy[HealthInputs]:
    """The same with every value known and positive on both sides, without history."""
    known = st.sampled_from(_VALUES[1:]).map(lambda value: Observation(value, None, ()))
    own = st.fixed_dictionaries(dict.fromkeys(PROPERTY_METRICS, known))
    return st.builds(HealthInputs, own, market_views(known))


def scored_areas() -> st.SearchStrategy[list[ScoredArea]]:
    """Portfolios for roll-ups, with ties and properties without a score."""
    members = st.lists(
        st.tuples(
            st.sampled_from([0.1, 1_000.0, 4_200_000.0]),
            st.none() | st.lists(st.integers(-10, 10), min_size=5, max_size=5),
        ),
        max_size=9,
    )
    return members.map(
        lambda listed: [
            _scored_area(PropertyId(at), area, parts)
            for at, (area, parts) in enumerate(listed, start=1)
        ]
    )


def _scored_area(identifier: PropertyId, area: float, parts: list[int] | None) -> ScoredArea:
    if parts is None:
        return ScoredArea(identifier, area, None, {})
    contributions = dict(zip(PROPERTY_METRICS, map(float, parts), strict=True))
    return ScoredArea(identifier, area, 50.0 + sum(parts), contributions)


def _observations(missing: Reason) -> st.SearchStrategy[Observation]:
    nothing = Observation(None, None, (missing,))
    return st.sampled_from([nothing, *(Observation(value, None, ()) for value in _VALUES), nothing])
