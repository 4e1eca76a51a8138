"""What other weights or values would make of a whole portfolio, and what would lift it most."""

from collections.abc import Mapping, Sequence
from math import fsum
from statistics import correlation

from attrs import field, frozen

from ..errors import Flaw, InvalidFields
from ..identifiers import MarketId, PropertyId
from ..measures import Metric
from .health_evidence import HealthInputs, replaced_values
from .health_model import HealthModel, reweighted
from .health_ranking import percentiles
from .health_rollup import Distribution, RollUp, ScoredArea, distribution, roll_up
from .health_score import health_line
from .health_thresholds import GradeBounds
from .what_if import PropertyChange, levers, portfolio_what_if, value_flaws

LARGEST_PORTFOLIO = 20_000
"""Most properties of one question. [1]"""

MOST_MOVERS = 1_000
"""Most properties that an answer lists."""


@frozen
class OtherValues:
    """Other values of one property.

    Args:
        property_id: Which property.
        values: New values by metric, in the catalogue's units; others stay.
    """

    property_id: PropertyId = field(metadata={"example": 1})
    values: Mapping[Metric, float] = field(metadata={"example": {"occupancy_rate": 95.0}})


@frozen
class PortfolioWhatIfQuestion:
    """What would be if weights, values or both were others; without either, what would lift most.

    Args:
        weights: Other weights by metric, in any scale; a metric that is left out weighs
            nothing. Null for the model's own.
        values: Other values of some properties.
        market_ids: Only properties of these markets; empty for the whole portfolio.
        limit: How many of the properties that would move are listed, the furthest first.

    Raises:
        InvalidFields: If a property comes twice, a value cannot be true, or the limit is out of
            range.
    """

    weights: Mapping[Metric, float] | None = field(
        default=None, metadata={"example": {"occupancy_rate": 3, "rent_per_sqft": 1}}
    )
    values: tuple[OtherValues, ...] = ()
    market_ids: tuple[MarketId, ...] = ()
    limit: int = field(default=20, metadata={"minimum": 1, "maximum": MOST_MOVERS})

    def __attrs_post_init__(self) -> None:
        flaws = []
        seen: set[PropertyId] = set()
        for at, other in enumerate(self.values):
            if other.property_id in seen:
                message = f"property {other.property_id} comes twice"
                flaws.append(Flaw(("values", at, "property_id"), "repeated", message))
            seen.add(other.property_id)
            flaws += value_flaws(other.values, ("values", at, "values"))
        if not 1 <= self.limit <= MOST_MOVERS:
            flaws.append(Flaw(("limit",), "out_of_range", f"must lie in 1 to {MOST_MOVERS}"))
        if flaws:
            raise InvalidFields(flaws)

    def model(self, present: HealthModel) -> HealthModel:
        """The model as it would be.

        Raises:
            InvalidFields: If a weight is negative or not finite, a metric has no rule, or
                nothing has weight.
        """
        return present if self.weights is None else reweighted(present, self.weights)


@frozen(slots=False)
class PortfolioLever:
    """What one metric would do for a portfolio if it were better everywhere.

    Args:
        metric: Its key.
        gain: By how much the score of the portfolio would rise if every property were better by
            one typical deviation, or as far as can be true. [points]
        properties: How many of them have a value of it.
        best_property: The one whose own score would gain most; null where none has a value.
        best_gain: By how much. [points]
    """

    metric: Metric
    gain: float
    properties: int
    best_property: PropertyId | None
    best_gain: float


@frozen(slots=False)
class PortfolioWhatIf:
    """A portfolio as it is and as it would be.

    Args:
        before: Its score by area, as it is.
        after: The same, as it would be.
        change: after − before; null unless there are both. [points]
        distribution_before: How scores are spread.
        distribution_after: How they would be.
        weights: The weights as they would be; they sum to 1.
        properties: How many the question is about.
        moved: How many would have another score.
        reranked: How many would have another rank.
        rank_correlation: Spearman's correlation of both ranks: 1 where nothing changes places;
            null under two scores or where all are equal. [−1..1]
        movers: Properties whose scores would move, the furthest first.
        levers: What each metric would do for the portfolio as it would be, the largest first.
    """

    before: RollUp
    after: RollUp
    change: float | None
    distribution_before: Distribution
    distribution_after: Distribution
    weights: Mapping[Metric, float]
    properties: int
    moved: int
    reranked: int
    rank_correlation: float | None
    movers: tuple[PropertyChange, ...]
    levers: tuple[PortfolioLever, ...]


def whole_what_if(
    model: HealthModel,
    question: PortfolioWhatIfQuestion,
    inputs: Mapping[PropertyId, HealthInputs],
    areas: Mapping[PropertyId, float],
) -> PortfolioWhatIf:
    """What other weights or values would make of a portfolio.

    Args:
        model: The tenant's numbers as they are.
        question: What would be different.
        inputs: The portfolio as it is.
        areas: Rentable area of each property. [sq ft]

    Raises:
        InvalidFields: If a weight cannot be.
        InvalidInput: If a metric is not scored by the other model.
    """
    other = question.model(model)
    said = {one.property_id: one.values for one in question.values}
    changes = portfolio_what_if(model, other, inputs, said)
    then = {one: replaced_values(each, said.get(one, {})) for one, each in inputs.items()}
    before, after = _rolled(model, inputs, areas), _rolled(other, then, areas)
    grades = model.thresholds.grades
    moved = [one for one in changes if one.before != one.after]
    movers = sorted(moved, key=lambda one: (-abs(one.change or 100.0), one.id))
    return PortfolioWhatIf(
        before,
        after,
        None if before.score is None or after.score is None else after.score - before.score,
        _spread(grades, [one.before for one in changes]),
        _spread(grades, [one.after for one in changes]),
        {planned.metric: planned.weight for planned in other.plan},
        len(changes),
        len(moved),
        sum(one.rank_before != one.rank_after for one in changes),
        _rank_correlation(changes),
        tuple(movers[: question.limit]),
        _levers(other, then, areas),
    )


def _rolled(
    model: HealthModel, inputs: Mapping[PropertyId, HealthInputs], areas: Mapping[PropertyId, float]
) -> RollUp:
    members = []
    for one, each in inputs.items():
        line = health_line(model, each)
        parts = zip(model.plan, line.contributions, strict=True)
        contributions = {planned.metric: part for planned, part in parts}
        members.append(ScoredArea(one, areas[one], line.score, contributions))
    return roll_up(model.thresholds.grades, members)


def _spread(grades: GradeBounds, scores: Sequence[float | None]) -> Distribution:
    return distribution(scores, [None if one is None else grades.grade(one) for one in scores])


def _rank_correlation(changes: Sequence[PropertyChange]) -> float | None:
    """Of places with ties at their middle, which percentiles are."""
    both = [
        (one.before, one.after)
        for one in changes
        if one.before is not None and one.after is not None
    ]
    then, now = percentiles([a for a, _ in both]), percentiles([b for _, b in both])
    if len(set(then)) < 2 or len(set(now)) < 2:
        return None
    return max(-1.0, min(correlation(then, now), 1.0))


def _levers(
    model: HealthModel, inputs: Mapping[PropertyId, HealthInputs], areas: Mapping[PropertyId, float]
) -> tuple[PortfolioLever, ...]:
    gains: dict[Metric, dict[PropertyId, float]] = {one.metric: {} for one in model.plan}
    scored = []
    for one, each in inputs.items():
        found = levers(model, each)
        if found:
            scored.append(areas[one])
        for lever in found:
            gains[lever.metric][one] = lever.gain
    area = fsum(scored)
    told = [_lever(metric, each, areas, area) for metric, each in gains.items()]
    return tuple(sorted(told, key=lambda lever: -lever.gain))


def _lever(
    metric: Metric,
    gains: Mapping[PropertyId, float],
    areas: Mapping[PropertyId, float],
    area: float,
) -> PortfolioLever:
    if not gains:
        return PortfolioLever(metric, 0.0, 0, None, 0.0)
    gain = fsum(areas[one] * each for one, each in gains.items()) / area
    best = max(gains, key=lambda one: (gains[one], -one))
    return PortfolioLever(metric, gain, len(gains), best, gains[best])
