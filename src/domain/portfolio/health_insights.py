"""What a health score says in words: at most five sentences, each with its numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from math import exp, sqrt

from attrs import field, frozen

from ..measures import CATALOGUE, Metric
from .benchmarks import Confidence
from .health_arithmetic import combined, half_width, predicted_sub_score
from .health_evidence import Evidence, HealthInputs, standard_error
from .health_model import HealthModel, Transform
from .health_momentum import Drifts
from .health_score import HealthLine, HealthScore, MetricHealth, health_line
from .performance import LOW_QUALITY, OLD_MONTHS, SMALL_SAMPLE
from .trend import TREND_P_VALUE

FEWEST_POINTS_TOLD = 0.05
"""Smallest loss that a sentence speaks of; a smaller one would read 0.0. [points]"""

MOST_INSIGHTS = 5
"""Sentences of one answer. [1]"""


class InsightCode(StrEnum):
    """The rules, in the order in which they speak."""

    LARGEST_LOSS = "largest_loss"
    LARGEST_LEVER = "largest_lever"
    GAP_CHANGING = "gap_changing"
    PRICED_OUT = "priced_out"
    MARK_TO_MARKET = "mark_to_market"
    TIME_TO_LEASE_RISING = "time_to_lease_rising"
    WEAK_BENCHMARK = "weak_benchmark"
    MISSING_METRICS = "missing_metrics"


@frozen(slots=False)
class Insight:
    """One sentence about a health score.

    Args:
        code: The rule that speaks.
        sentence: For people, with its numbers.
        metrics: What it is about; empty for the benchmark as a whole.
        numbers: The numbers of the sentence by name, unrounded.
    """

    code: InsightCode
    sentence: str
    metrics: tuple[Metric, ...]
    numbers: Mapping[str, float]


@frozen
class Scored:
    """A score together with all that went into it.

    Args:
        model: The tenant's numbers.
        inputs: Values of the property and of its market.
        score: What came of them.
        drifts: Where both sides are heading by themselves; empty without history.
    """

    model: HealthModel
    inputs: HealthInputs
    score: HealthScore
    drifts: Drifts = field(factory=lambda: Drifts({}, {}))

    def known(self, metric: Metric) -> MetricHealth | None:
        """A metric that has a sub-score."""
        rows = (row for row in self.score.metrics if row.metric is metric)
        return next((row for row in rows if row.sub_score is not None), None)


def insights(scored: Scored) -> tuple[Insight, ...]:
    """What a score says, by the first five rules that have something to say."""
    said = (rule(scored) for rule in _RULES)
    return tuple(one for one in said if one is not None)[:MOST_INSIGHTS]


def largest_loss(scored: Scored) -> Insight | None:
    """The metric that costs most, where one costs enough to be told."""
    losing = [row for row in scored.score.metrics if row.contribution <= -FEWEST_POINTS_TOLD]
    if not losing:
        return None
    worst = min(losing, key=lambda row: row.contribution)
    numbers = {"contribution": worst.contribution, **_values(worst)}
    sentence = f"{worst.title} costs {-worst.contribution:.1f} points: {_against(worst)}."
    return Insight(InsightCode.LARGEST_LOSS, sentence, (worst.metric,), numbers)


def largest_lever(scored: Scored) -> Insight | None:
    """The metric by which a score is moved most easily."""
    movable = [(row.lever, row) for row in scored.score.metrics if row.lever is not None]
    if not movable:
        return None
    lever, row = max(movable, key=lambda pair: pair[0])
    if row.sub_score is None:
        return None
    sentence = (
        f"{row.title} has the largest lever: each point of its sub-score, now "
        f"{row.sub_score:.1f}, moves the score by {lever:.2f}."
    )
    numbers = {"lever": lever, "sub_score": row.sub_score, "weight": row.weight}
    return Insight(InsightCode.LARGEST_LEVER, sentence, (row.metric,), numbers)


def gap_changing(scored: Scored) -> Insight | None:
    """The weightiest gap to the market that widens or narrows, where the trend is clear."""
    clear = [
        (row.weight * abs(row.momentum.z), row)
        for row in scored.score.metrics
        if row.momentum and row.momentum.p_value < TREND_P_VALUE and row.momentum.slope_per_year
    ]
    if not clear:
        return None
    row = max(clear, key=lambda pair: pair[0])[1]
    found, lead = row.momentum, row.deviation
    if found is None or lead is None:
        return None
    slope = found.slope_per_year
    side = "lead over" if lead >= 0 else "lag behind"
    word = "widening" if slope * lead >= 0 else "narrowing"
    sentence = (
        f"{row.title}: the {side} its market, now {_far(scored, row)}, is {word} by "
        f"{_speed(scored, row, abs(slope))} a year ({_chance(found.p_value)})."
    )
    numbers = {"deviation": lead, "slope_per_year": slope, "p_value": found.p_value}
    return Insight(InsightCode.GAP_CHANGING, sentence, (row.metric,), numbers)


def priced_out(scored: Scored) -> Insight | None:
    """A rent above the market together with an occupancy below it."""
    rent, let = scored.known(Metric.RENT_PER_SQFT), scored.known(Metric.OCCUPANCY_RATE)
    if not (rent and let and _above(rent) and _below(let)):
        return None
    sentence = (
        f"The rent may price tenants out: it is {_against(rent)}, while occupancy is "
        f"{_against(let)}."
    )
    numbers = {**_values(rent, "rent_"), **_values(let, "occupancy_")}
    return Insight(InsightCode.PRICED_OUT, sentence, (rent.metric, let.metric), numbers)


def mark_to_market(scored: Scored) -> Insight | None:
    """Fewer renewals than the market while its rents rise: a chance to let anew for more."""
    renewal = scored.known(Metric.RENEWAL_RATE)
    rents = scored.drifts.market.get(Metric.RENT_PER_SQFT)
    if not (renewal and _below(renewal) and rents and rents.rising):
        return None
    sentence = (
        f"Mark-to-market chance: renewals {_against(renewal)}, while market rents rose from "
        f"{rents.first:.7g} to {rents.last:.7g} ({_chance(rents.p_value)})."
    )
    numbers = {
        **_values(renewal, "renewal_"),
        "market_rent_first": rents.first,
        "market_rent_last": rents.last,
        "p_value": rents.p_value,
    }
    metrics = (Metric.RENEWAL_RATE, Metric.RENT_PER_SQFT)
    return Insight(InsightCode.MARK_TO_MARKET, sentence, metrics, numbers)


def time_to_lease_rising(scored: Scored) -> Insight | None:
    """Vacant areas take longer and longer to let."""
    found = scored.drifts.own.get(Metric.TIME_TO_LEASE_DAYS)
    if not (found and found.rising):
        return None
    sentence = (
        f"Letting takes longer: from {found.first:.7g} to {found.last:.7g} days, "
        f"{found.slope_per_year:+.1f} a year ({_chance(found.p_value)})."
    )
    numbers = {
        "first": found.first,
        "last": found.last,
        "slope_per_year": found.slope_per_year,
        "p_value": found.p_value,
    }
    code = InsightCode.TIME_TO_LEASE_RISING
    return Insight(code, sentence, (Metric.TIME_TO_LEASE_DAYS,), numbers)


def weak_benchmark(scored: Scored) -> Insight | None:
    """A market that is old, thin, poor or little trusted by its own source."""
    evidence = scored.inputs.market.evidence
    if evidence is None:
        return None
    said = list(_weaknesses(evidence))
    if not said:
        return None
    sentence = f"The benchmark is weak: {', '.join(said)}"
    numbers = {
        "age_months": evidence.age_months,
        "sample_size": float(evidence.sample_size),
        "data_quality": evidence.data_quality,
    }
    if scored.score.standard_error is not None:
        width = half_width(scored.score.standard_error)
        numbers["half_width"] = width
        sentence += f"; the score is good to ± {width:.1f} points"
    return Insight(InsightCode.WEAK_BENCHMARK, f"{sentence}.", (), numbers)


def missing_metrics(scored: Scored) -> Insight | None:
    """What is missing, and what it would be worth to know it."""
    missing = scored.score.missing
    if not missing:
        return None
    names = ", ".join(CATALOGUE[metric].title.lower() for metric in missing)
    if scored.score.score is None:
        sentence = (
            f"No score: {names} missing; {100 * scored.score.coverage:.0f} % of the weight is "
            f"known, {100 * scored.score.coverage_limit:.0f} % is needed."
        )
        numbers = {"coverage": scored.score.coverage, "limit": scored.score.coverage_limit}
        return Insight(InsightCode.MISSING_METRICS, sentence, missing, numbers)
    narrower = narrowing(scored)
    them = "it" if len(missing) == 1 else "them"
    sentence = (
        f"Missing: {names}; knowing {them} would narrow the interval by {narrower:.1f} points "
        "on either side."
    )
    numbers = {"narrowing": narrower, "coverage": scored.score.coverage}
    return Insight(InsightCode.MISSING_METRICS, sentence, missing, numbers)


def narrowing(scored: Scored) -> float:
    """By how much half of the interval would shrink if what is missing were known. [points]

    Each missing metric is taken to be what the known ones lead to expect, as certain as
    the market's others. Not under 0: with a market that is hardly known itself one more
    metric may tell nothing.
    """
    line = health_line(scored.model, scored.inputs)
    if line.score is None or line.level is None or line.standard_error is None:
        return 0.0
    count = sum(score is not None for score in line.sub_scores)
    predicted = predicted_sub_score(line.level, count, scored.model.correlation)
    filled = [predicted if score is None else score for score in line.sub_scores]
    whole = combined(
        scored.model.weights,
        filled,
        _errors(scored),
        scored.model.averaging,
        scored.model.correlation,
    )
    if whole is None:
        return 0.0
    variance = _with_momentum(scored.model, line, whole.variance)
    return max(0.0, half_width(line.standard_error) - half_width(sqrt(variance)))


def _with_momentum(model: HealthModel, line: HealthLine, variance: float) -> float:
    if line.momentum is None:
        return variance
    share = model.momentum_share
    return (1 - share) ** 2 * variance + share**2 * line.momentum.variance


def _errors(scored: Scored) -> Sequence[float]:
    market = scored.inputs.market
    common = standard_error(market.evidence) if market.evidence else 0.0
    return [market.errors.get(planned.metric, common) for planned in scored.model.plan]


def _weaknesses(evidence: Evidence) -> Iterator[str]:
    if evidence.age_months >= OLD_MONTHS:
        yield f"{evidence.age_months:.1f} months old"
    if evidence.sample_size < SMALL_SAMPLE:
        yield f"{evidence.sample_size} buildings"
    if evidence.data_quality < LOW_QUALITY:
        yield f"data quality {evidence.data_quality:.2f}"
    if evidence.confidence is Confidence.LOW:
        yield f"low confidence from {evidence.sample_size} buildings"


def _chance(p_value: float) -> str:
    return f"p = {p_value:.3f}" if p_value >= 0.001 else "p < 0.001"


def _values(row: MetricHealth, prefix: str = "") -> Mapping[str, float]:
    both = {"property_value": row.property_value, "market_value": row.market_value}
    return {prefix + name: value for name, value in both.items() if value is not None}


def _against(row: MetricHealth) -> str:
    if row.property_value is None or row.market_value is None:
        return "by its history alone, for there is no present value to compare"
    return f"{row.property_value:.7g} against {row.market_value:.7g} {row.unit}"


def _above(row: MetricHealth) -> bool:
    return row.property_value is not None and row.property_value > (row.market_value or 0.0)


def _below(row: MetricHealth) -> bool:
    return row.market_value is not None and (row.property_value or 0.0) < row.market_value


def _far(scored: Scored, row: MetricHealth) -> str:
    return _speed(scored, row, abs(row.deviation or 0.0))


def _speed(scored: Scored, row: MetricHealth, amount: float) -> str:
    if scored.model.metrics[row.metric].transform is Transform.LOG_RATIO:
        return f"{100 * (exp(amount) - 1):.1f} %"
    return f"{amount:.1f} points"


_RULES: Sequence[Callable[[Scored], Insight | None]] = (
    largest_loss,
    largest_lever,
    gap_changing,
    priced_out,
    mark_to_market,
    time_to_lease_rising,
    weak_benchmark,
    missing_metrics,
)
