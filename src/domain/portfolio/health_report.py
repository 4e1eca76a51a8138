"""The health of one property: its score with what it rests on, and what it says in words."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import frozen

from ..measures import PROPERTY_METRICS
from ..windows import Interval, check_day
from .benchmarks import MarketReading
from .health_evidence import HealthInputs, market_view, present_inputs, unknown_market_view
from .health_insights import Insight, Scored, insights
from .health_model import Averaging, HealthModel
from .health_momentum import drifts, momenta
from .health_score import HealthScore, health_score
from .history import HistoryRequest, market_history
from .observations import Reason, benchmark_month, recorded_value
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
        freshness: Of the market's data; null where the market API knows no such market.
        rules: How the score comes about.
    """

    property: Property
    as_of: date | None
    health: HealthScore
    insights: tuple[Insight, ...]
    freshness: Freshness | None
    rules: Mapping[str, str]


@frozen
class HealthFacts:
    """What is known of a property when it is scored.

    Args:
        subject: The property.
        records: Its months, ascending.
        reading: Its market; None where the market API knows no such market.
    """

    subject: Property
    records: Sequence[MonthlyRecord]
    reading: MarketReading | None


def property_health(
    model: HealthModel, facts: HealthFacts, as_of: date | None, today: date
) -> PropertyHealth:
    """The health of one property now, or as it was known at a date.

    Args:
        model: The tenant's numbers.
        facts: What is known.
        as_of: Months that begin later are not seen, on either side; None for now.
        today: The present date.

    Raises:
        InvalidWindow: If `as_of` lies outside the years 1970 to 2199.
    """
    check_day("as_of", as_of)
    benchmark = facts.reading.benchmark if facts.reading else None
    view = (
        market_view(benchmark, as_of, today)
        if benchmark
        else unknown_market_view(Reason.MARKET_NOT_FOUND)
    )
    inputs = present_inputs(facts.subject, view)
    if as_of is not None:
        anchor = benchmark_month(benchmark, as_of) if benchmark else None
        own = {
            metric: recorded_value(facts.records, metric, as_of, anchor)
            for metric in PROPERTY_METRICS
        }
        inputs = HealthInputs(own, view)
    history = market_history(
        HistoryRequest(Interval.MONTH), PROPERTY_METRICS, facts.records, benchmark, as_of or today
    )
    inputs = HealthInputs(inputs.own, view, momenta(model, history))
    score = health_score(model, inputs)
    return PropertyHealth(
        facts.subject,
        as_of,
        score,
        insights(Scored(model, inputs, score, drifts(history))),
        freshness(facts.reading) if facts.reading else None,
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
        "grade": "A from 75, B from 60, C from 40, D from 25, else E",
        "coverage": f"below {model.coverage_limit:g} of the weight there is no score",
    }


_MEANS: Mapping[Averaging, str] = {
    Averaging.SQUARE_ROOT: "square of the weighted mean of the square roots: the weakest metric "
    "weighs most",
    Averaging.COMPENSATORY: "weighted mean: a strong metric makes up for a weak one",
}
