"""The health of one property: its score with what it rests on, and what it says in words."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import astuple, frozen

from ..measures import PROPERTY_METRICS, Metric
from ..windows import Interval, check_day
from .benchmarks import MarketReading
from .health_evidence import (
    HealthInputs,
    MarketView,
    market_view,
    present_inputs,
    unknown_market_view,
)
from .health_explanation import Explanation, explanation
from .health_history import BucketScore, bucket_scores
from .health_insights import Insight, Scored, insights
from .health_model import Averaging, HealthModel
from .health_momentum import drifts, momenta
from .health_score import HealthScore, health_score
from .health_thresholds import Thresholds
from .history import HistoryRequest, MarketHistory, market_history
from .kept_health import KeptHealth, Standing
from .observations import Observation, Reason, benchmark_month, recorded_value
from .performance import Freshness, freshness
from .property import MonthlyRecord, Property


@frozen(slots=False)
class PropertyHealth:
    """The health of one property, taken apart.

    Args:
        property: The property as it is now.
        as_of: The date that was asked for; null for now.
        health: Its score with every contribution.
        insights: What it says in words, at most five, each with its numbers.
        standing: Its rank, peers and outliers, as the portfolio was ranked last; null with `as_of`,
            without a score, or until then.
        ranked_score: The score by which it was ranked; where it is not the score of now, the next
            ranking is on its way. [points]
        freshness: Of the market's data; null where there are none.
        history: Its score over time, oldest first; null unless asked for.
        explanation: The score worked out step by step; null unless asked for.
        rules: How the score comes about.
    """

    property: Property
    as_of: date | None
    health: HealthScore
    insights: tuple[Insight, ...]
    standing: Standing | None
    ranked_score: float | None
    freshness: Freshness | None
    history: tuple[BucketScore, ...] | None
    explanation: Explanation | None
    rules: Mapping[str, str]


@frozen
class HealthQuestion:
    """What is asked about the health of a property.

    Args:
        as_of: At which date; months that begin later are not seen, on either side.
            None for now.
        history: Over which stretch the score is shown, if any.
        explained: Whether the score is worked out step by step.

    Raises:
        InvalidWindow: If the date lies outside the years 1970 to 2199.
    """

    as_of: date | None = None
    history: HistoryRequest | None = None
    explained: bool = False

    def __attrs_post_init__(self) -> None:
        check_day("as_of", self.as_of)


@frozen
class HealthFacts:
    """What is known of a property when it is scored.

    Args:
        subject: The property.
        records: Its months, ascending.
        reading: Its market; None where nothing can be had of it.
        absence: Why nothing can be had; of no account where there is a reading.
        kept: What is kept of its health; None where nothing is.
    """

    subject: Property
    records: Sequence[MonthlyRecord]
    reading: MarketReading | None
    absence: Reason = Reason.MARKET_NOT_FOUND
    kept: KeptHealth | None = None


def property_health(
    model: HealthModel, facts: HealthFacts, as_of: date | None, today: date
) -> PropertyHealth:
    """The health of one property now, or as it was known at a date; nothing else is asked.

    Raises:
        InvalidWindow: If `as_of` lies outside the years 1970 to 2199.
    """
    return health_answer(model, facts, HealthQuestion(as_of), today)


def health_answer(
    model: HealthModel, facts: HealthFacts, question: HealthQuestion, today: date
) -> PropertyHealth:
    """The health of one property, with everything that is asked.

    Args:
        model: The tenant's numbers.
        facts: What is known.
        question: What is asked.
        today: The present date.

    Raises:
        InvalidWindow: If the history asked for has more than 120 buckets.
    """
    benchmark = facts.reading.benchmark if facts.reading else None
    view = (
        market_view(benchmark, question.as_of, today)
        if benchmark
        else unknown_market_view(facts.absence)
    )
    months = _history(facts, HistoryRequest(Interval.MONTH), question.as_of or today)
    inputs = HealthInputs(_own(facts, question.as_of, view), view, momenta(model, months))
    score = health_score(model, inputs)
    ranked = facts.kept if facts.kept and facts.kept.standing and question.as_of is None else None
    return PropertyHealth(
        facts.subject,
        question.as_of,
        score,
        insights(Scored(model, inputs, score, drifts(months))),
        ranked.standing if ranked else None,
        ranked.score.score if ranked else None,
        freshness(facts.reading) if facts.reading else None,
        _scores(model, facts, question, view, today),
        explanation(model, inputs) if question.explained else None,
        score_rules(model),
    )


def score_rules(model: HealthModel) -> Mapping[str, str]:
    """How a score comes about by a model, in one line each."""
    return {
        "deviation": "property - market, or ln(property / market), as the model says for the "
        "metric; positive where better",
        "z": "deviation / typical deviation of the metric, cut to -4 to 4; with a target band, "
        "0.5 - distance outside it / typical deviation",
        "sub_score": "100 / (1 + exp(-1.702 z)): 50 is at market",
        "mean": _MEANS[model.averaging],
        "missing": "a missing metric pulls the score towards 50 by as much as the others cannot "
        "tell",
        "contribution": "what a metric adds to 50; the contributions sum to score - 50 exactly",
        "momentum": f"{model.momentum_share:g} of the score where six months of history allow it, "
        "by Theil-Sen slopes damped by Mann-Kendall's chance",
        "interval": "90 %: from the market's sample, quality, confidence and age, and from what "
        "is missing",
        **_limits(model.thresholds),
        "coverage": f"below {model.coverage_limit:g} of the weight there is no score",
        "history": "the score of a bucket is that of the bucket's values, without momentum; never "
        "the mean of its months' scores",
    }


def _limits(said: Thresholds) -> Mapping[str, str]:
    begins = zip("ABCD", astuple(said.grades), strict=True)
    return {
        "grade": ", ".join(f"{one} from {bound:.9g}" for one, bound in begins) + ", else E",
        "confidence": f"high up to {said.high_confidence:.9g} points of the interval on either "
        f"side, medium up to {said.medium_confidence:.9g}, else low",
        "watch": f"the score is under {said.watch_below:.9g}",
        "under_performer": f"the interval lies under {said.under_performer_below:.9g}, and the "
        f"percentile among peers is at most {said.under_performer_percentile:.9g}",
        "outlier": f"a modified z-score over {said.outlier_score:.9g} of the score or a metric's "
        f"deviation, or a profile beyond {100 * said.outlier_profile_probability:.9g} % of "
        "ordinary ones",
    }


_MEANS: Mapping[Averaging, str] = {
    Averaging.SQUARE_ROOT: "square of the weighted mean of the square roots: the weakest metric "
    "weighs most",
    Averaging.COMPENSATORY: "weighted mean: a strong metric makes up for a weak one",
}


def _own(facts: HealthFacts, as_of: date | None, view: MarketView) -> Mapping[Metric, Observation]:
    if as_of is None:
        return present_inputs(facts.subject, view).own
    anchor = benchmark_month(facts.reading.benchmark, as_of) if facts.reading else None
    return {
        metric: recorded_value(facts.records, metric, as_of, anchor) for metric in PROPERTY_METRICS
    }


def _history(facts: HealthFacts, request: HistoryRequest, seen_until: date) -> MarketHistory:
    benchmark = facts.reading.benchmark if facts.reading else None
    return market_history(request, PROPERTY_METRICS, facts.records, benchmark, seen_until)


def _scores(
    model: HealthModel, facts: HealthFacts, question: HealthQuestion, view: MarketView, today: date
) -> tuple[BucketScore, ...] | None:
    if question.history is None:
        return None
    history = _history(facts, question.history, question.as_of or today)
    return bucket_scores(model, history, view.evidence)
