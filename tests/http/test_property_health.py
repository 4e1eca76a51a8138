"""The health score of a property over HTTP."""

from datetime import date

import attrs
import pytest

from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.domain.identifiers import MarketId, PropertyId, TenantId

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
