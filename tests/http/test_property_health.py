"""The health score of a property over HTTP."""

from datetime import date
from itertools import pairwise
from math import exp, log, sqrt
from typing import Any

import attrs
import pytest

from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.domain.identifiers import MarketId, PropertyId, TenantId
from sightline.domain.measures import Metric

from .served import Served

HEALTH = "/api/v1/properties/1/health"


@pytest.fixture
async def owned(served: Served) -> Served:
    """The sample's property 1 with its history, and its market."""
    (market,) = [one for one in sample_benchmarks() if one.market == 1]
    markets = served.adapters.markets
    assert isinstance(markets, MemoryMarketBenchmarkGateway)
    markets.put(market)
    (sample,) = [one for one in sample_portfolio() if one.draft.id == 1]
    tenant = TenantId("acme")
    await served.cases.import_properties(tenant, [sample.draft])
    await served.cases.import_property_history(tenant, {PropertyId(1): sample.records})
    return served


async def test_the_score_of_the_worked_example_is_taken_apart_exactly(owned: Served) -> None:
    await owned.acme.put("/api/v1/properties/1/history", json={"records": []})
    told = (await owned.acme.get(HEALTH)).json()
    health = told["health"]
    assert round(health["score"], 2) == 71.54
    assert health["grade"] == "B"
    parts = {row["metric"]: round(row["contribution"], 2) for row in health["metrics"]}
    assert parts == {
        "occupancy_rate": 6.54,
        "rent_per_sqft": 6.93,
        "renewal_rate": 2.82,
        "lease_term_months": 0.94,
        "time_to_lease_days": 4.31,
    }
    total = 50 + sum(row["contribution"] for row in health["metrics"])
    assert total == pytest.approx(health["score"], abs=1e-9)
    assert health["low"] < health["score"] < health["high"]
    assert health["momentum"] is None


async def test_history_brings_momentum_and_sentences_with_numbers(owned: Served) -> None:
    told = (await owned.acme.get(HEALTH)).json()
    assert told["health"]["momentum"] is not None
    assert told["health"]["momentum_share"] == pytest.approx(0.2)
    assert 1 <= len(told["insights"]) <= 5
    for insight in told["insights"]:
        assert any(letter.isdigit() for letter in insight["sentence"])
        assert insight["numbers"]


async def test_a_past_date_sees_only_what_was_known_then(owned: Served) -> None:
    now = (await owned.acme.get(HEALTH)).json()
    then = (await owned.acme.get(f"{HEALTH}?as_of=2024-06-30")).json()
    assert then["as_of"] == "2024-06-30"
    assert then["health"]["score"] != now["health"]["score"]
    months = [row["market_month"] for row in then["health"]["metrics"] if row["market_month"]]
    assert months
    assert all(date.fromisoformat(month) <= date(2024, 6, 30) for month in months)


async def test_without_a_market_there_is_no_score_and_the_reason_is_told(served: Served) -> None:
    (sample,) = [one for one in sample_portfolio() if one.draft.id == 1]
    markets = served.adapters.markets
    assert isinstance(markets, MemoryMarketBenchmarkGateway)
    draft = attrs.evolve(sample.draft, market_id=MarketId(999_999))
    await served.cases.import_properties(TenantId("acme"), [draft])
    told = (await served.acme.get(HEALTH)).json()
    assert told["health"]["status"] == "insufficient_coverage"
    assert told["health"]["score"] is None
    assert {tuple(row["reasons"]) for row in told["health"]["metrics"]} == {("market_not_found",)}


async def test_a_market_out_of_reach_is_a_503_with_the_property(owned: Served) -> None:
    markets = owned.adapters.markets
    assert isinstance(markets, MemoryMarketBenchmarkGateway)
    markets.available = False
    answer = await owned.acme.get(HEALTH)
    assert answer.status_code == 503
    assert answer.json()["property"]["id"] == 1
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("as_of", ["0001-01-01", "1969-12-31", "9999-12-31"])
async def test_a_date_beyond_all_records_is_answered_or_refused_in_words(
    owned: Served, as_of: str
) -> None:
    answer = await owned.acme.get(f"{HEALTH}?as_of={as_of}")
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["parameter"] == "as_of"


async def test_nothing_more_is_told_than_is_asked(owned: Served) -> None:
    told = (await owned.acme.get(HEALTH)).json()
    assert (told["history"], told["explanation"]) == (None, None)
    asked = (await owned.acme.get(f"{HEALTH}?explain=false&interval=year")).json()
    assert asked["explanation"] is None
    assert len(asked["history"]) == 4
    assert {**asked, "history": None} == told


@pytest.mark.parametrize(("interval", "buckets"), [("month", 36), ("quarter", 12), ("year", 4)])
async def test_an_interval_shows_the_score_over_time(
    owned: Served, interval: str, buckets: int
) -> None:
    history = (await owned.acme.get(f"{HEALTH}?interval={interval}")).json()["history"]
    assert len(history) == buckets
    for bucket, following in pairwise(history):
        assert bucket["end"] == following["start"]
        assert following["change"] == pytest.approx(following["score"] - bucket["score"])
    assert all(bucket["low"] < bucket["score"] < bucket["high"] for bucket in history)


async def test_a_stretch_is_cut_as_it_is_asked_for(owned: Served) -> None:
    query = "interval=quarter&start=2024-02-10&end=2024-12-31"
    history = (await owned.acme.get(f"{HEALTH}?{query}")).json()["history"]
    starts = [bucket["start"] for bucket in history]
    assert starts == ["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"]
    assert all(bucket["complete"] for bucket in history)


async def test_a_history_sees_no_month_after_the_date(owned: Served) -> None:
    query = "interval=month&start=2024-01-01&end=2024-12-31"
    whole = (await owned.acme.get(f"{HEALTH}?{query}")).json()["history"]
    then = (await owned.acme.get(f"{HEALTH}?{query}&as_of=2024-06-30")).json()["history"]
    assert [bucket["score"] for bucket in then[:6]] == [bucket["score"] for bucket in whole[:6]]
    assert [bucket["score"] for bucket in then[6:]] == [None] * 6
    assert None not in [bucket["score"] for bucket in whole]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("interval=week", {"interval"}),
        ("interval=", {"interval"}),
        ("start=2025-01-01", {"start"}),
        ("start=2025-01-01&end=2025-02-01&explain=true", {"start", "end"}),
        ("interval=month&start=2025-02-01&end=2025-01-01", {"end"}),
        ("interval=month&start=2000-01-01&end=2025-01-01", {"start"}),
        ("interval=month&start=1980-01-01", {"start"}),
        ("interval=month&end=9999-12-31", {"end"}),
        ("interval=month&start=0001-01-01", {"start"}),
        ("explain=yes", {"explain"}),
        ("history=true", {"history"}),
    ],
)
async def test_every_wrong_parameter_is_named(
    owned: Served, query: str, parameters: set[str]
) -> None:
    answer = await owned.acme.get(f"{HEALTH}?{query}")
    assert answer.status_code == 422
    assert {error["parameter"] for error in answer.json()["errors"]} == parameters


async def test_a_reader_works_the_score_out_again_from_the_explanation(owned: Served) -> None:
    told = (await owned.acme.get(f"{HEALTH}?explain=true")).json()
    why = told["explanation"]
    level = [(row["weight"], _logistic(_present_z(row))) for row in why["metrics"]]
    moving = [
        (row["weight"], _logistic(row["slope_per_year"] / row["typical_change"]
                                  * (1 - row["p_value"])))
        for row in why["momentum_metrics"]
    ]  # fmt: skip
    assert len(level) == len(moving) == 5
    share = why["momentum_share"]
    score = (1 - share) * _square_root_mean(level) + share * _square_root_mean(moving)
    assert score == pytest.approx(told["health"]["score"], abs=1e-9)
    assert why["score"] == told["health"]["score"]
    assert (why["level"]["shrinkage"], why["level"]["coverage"]) == (1, 1)
    assert [lever["gain"] for lever in why["levers"]] == sorted(
        (lever["gain"] for lever in why["levers"]), reverse=True
    )
    assert why["formulas"]["sub_score"] == "100 / (1 + e^(-1.702 z))"


def _present_z(row: dict[str, Any]) -> float:
    own, market = row["property_value"], row["market_value"]
    far = own - market if row["transform"] == "difference" else log(own / market)
    return float(far / row["typical_deviation"] * (-1 if "lower" in row["direction"] else 1))


def _logistic(z: float) -> float:
    return 100 / (1 + exp(-1.702 * z))


def _square_root_mean(rows: list[tuple[float, float]]) -> float:
    return sum(weight * sqrt(score) for weight, score in rows) ** 2


async def test_without_a_score_the_explanation_says_as_far_as_it_gets(owned: Served) -> None:
    markets = owned.adapters.markets
    assert isinstance(markets, MemoryMarketBenchmarkGateway)
    (market,) = [one for one in sample_benchmarks() if one.market == 1]
    rents = [
        attrs.evolve(month, values={Metric.RENT_PER_SQFT: month.values[Metric.RENT_PER_SQFT]})
        for month in market.months
    ]
    markets.put(attrs.evolve(market, months=tuple(rents)))
    why = (await owned.acme.get(f"{HEALTH}?explain=true")).json()["explanation"]
    assert (why["score"], why["levers"], why["momentum"]) == (None, [], None)
    assert why["level"]["known"] == 1
    assert why["level"]["coverage"] == 0.25 < why["coverage_limit"]
    assert [row["share"] for row in why["metrics"]] == [None, 1.0, None, None, None]
