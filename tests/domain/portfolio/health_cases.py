"""The shared reference numbers of the health score, and inputs made of plain numbers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.domain.measures import PROPERTY_METRICS, Metric
from sightline.domain.portfolio.benchmarks import Confidence
from sightline.domain.portfolio.health_evidence import (
    Evidence,
    HealthInputs,
    MarketView,
    standard_error,
)
from sightline.domain.portfolio.health_momentum import Momentum
from sightline.domain.portfolio.observations import Observation

CASES: dict[str, Any] = {
    case["case"]: case
    for case in json.loads((Path(__file__).parents[2] / "data/health_score.json").read_text())
}

GOOD = Evidence(87, 0.95, Confidence.HIGH, 0.5)

WILLIS: Mapping[str, float | None] = {
    "occupancy_rate": 92.5,
    "rent_per_sqft": 42.8,
    "renewal_rate": 78.5,
    "lease_term_months": 96.0,
    "time_to_lease_days": 85.0,
}
CHICAGO: Mapping[str, float | None] = {
    "occupancy_rate": 89.2,
    "rent_per_sqft": 38.2,
    "renewal_rate": 75.2,
    "lease_term_months": 92.0,
    "time_to_lease_days": 108.0,
}


def seen(values: Mapping[str, float | None]) -> Mapping[Metric, Observation]:
    """Values of metrics as observations, without reasons."""
    return {Metric(name): Observation(value, None, ()) for name, value in values.items()}


def market_of(values: Mapping[str, float | None], evidence: Evidence = GOOD) -> MarketView:
    """A market with these values, each as good as the evidence."""
    errors = dict.fromkeys(PROPERTY_METRICS, standard_error(evidence))
    return MarketView(seen(values), errors, evidence)


def inputs_of(
    own: Mapping[str, float | None],
    market: Mapping[str, float | None] = CHICAGO,
    evidence: Evidence = GOOD,
    momentum: Mapping[Metric, Momentum] | None = None,
) -> HealthInputs:
    """What the score of a property with these values is made of."""
    return HealthInputs(seen(own), market_of(market, evidence), momentum or {})
