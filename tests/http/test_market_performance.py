"""Market performance over HTTP, with the figures of the contract."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_histories, sample_portfolio
from sightline.domain.identifiers import PropertyId, TenantId
from sightline.domain.portfolio.benchmarks import Source

from .served import Served, serving
from .test_properties import flaws

ACME = TenantId("acme")
PATHS = ("/api/properties/1/market-performance", "/api/v1/properties/1/market-performance")
PATH = PATHS[1]
PORTFOLIO = "/api/v1/portfolio/market-performance"
POLICY = "/api/v1/comparison-policy"


@asynccontextmanager
async def furnished() -> AsyncIterator[Served]:
    async with serving() as served:
        for benchmark in sample_benchmarks():
            markets(served).put(benchmark)
        await served.cases.import_properties(ACME, [one.draft for one in sample_portfolio()[:80]])
        histories = {PropertyId(n): sample_histories()[PropertyId(n)] for n in range(1, 81)}
        await served.cases.import_property_history(ACME, histories)
        yield served


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[Served]:
    """For tests that change nothing: making an application takes longer than asking it."""
    async with furnished() as served:
        yield served


@pytest.fixture
async def own_house() -> AsyncIterator[Served]:
    """For tests that change something."""
    async with furnished() as served:
        yield served


def markets(served: Served) -> MemoryMarketBenchmarkGateway:
    gateway = served.adapters.markets
    assert isinstance(gateway, MemoryMarketBenchmarkGateway)
    return gateway


def strict(text: str) -> Any:
    """JSON without NaN and without infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("path", PATHS)
async def test_willis_tower_against_the_chicago_loop(house: Served, path: str) -> None:
    response = await house.acme.get(path)
    assert response.status_code == 200
    body = strict(response.text)
    found = {one["metric"]: one for one in body["metrics"]}
    rent = found["rent_per_sqft"]
    assert round(rent["percent_difference"], 2) == 12.04
    assert rent["indicator"] == "outperforming"
    assert (rent["property_value"], rent["market_value"], rent["unit"]) == (
        42.8, 38.2, "USD per square foot and year",
    )  # fmt: skip
    assert round(rent["absolute_difference"], 9) == 4.6
    assert round(rent["log_ratio"], 9) == 0.113702587
    assert rent["percentage_points"] is None
    occupancy = found["occupancy_rate"]
    assert round(occupancy["percent_difference"], 2) == 3.70
    assert occupancy["indicator"] == "at_market"
    assert round(occupancy["percentage_points"], 9) == 3.3
    wait = found["time_to_lease_days"]
    assert round(wait["percent_difference"], 2) == -21.30
    assert round(wait["favourable_percent"], 2) == 21.30
    assert (wait["indicator"], wait["direction"]) == ("outperforming", "lower_is_better")
    assert found["renewal_rate"]["indicator"] == "at_market"
    assert found["lease_term_months"]["indicator"] == "at_market"
    assert body["summary"]["verdict"] == "outperforming"
    assert body["summary"]["counts"]["outperforming"] == 2
    assert "rent per square foot +12.04 %: 42.8 against 38.2" in body["summary"]["sentence"]
    assert body["context"][0]["market_value"] == 24.8
    assert body["market"]["benchmark_date"] == "2025-09-01"
    assert body["market"]["sample_size"] == 87
    assert (body["market"]["data_quality"], body["market"]["confidence"]) == (0.95, "high")
    assert body["freshness"] == {
        "source": "live", "fetched_at": "2026-01-01T00:00:00Z", "age_seconds": 0.0,
        "degraded": False, "reasons": [],
    }  # fmt: skip
    assert body["history"] is None
    assert body["property"]["name"] == "Willis Tower"
    assert set(body["rules"]) >= {"percent_difference", "indicator", "bucket.last", "trend"}


async def test_freshness_is_in_the_headers_too(house: Served) -> None:
    response = await house.acme.get(PATH)
    assert response.headers["age"] == "0"
    assert response.headers["cache-control"] == "private, max-age=0, must-revalidate"


async def test_metrics_answer_to_all_their_names(house: Served) -> None:
    for name in ("rent_per_sqft", "avg_rent_per_sqft", "current_avg_rent_per_sqft"):
        body = (await house.acme.get(PATH, params={"metrics": name})).json()
        assert [one["metric"] for one in body["metrics"]] == ["rent_per_sqft"]
    both = (await house.acme.get(PATH, params={"metrics": "new_deal_rate,occupancy_rate"})).json()
    assert [one["metric"] for one in both["metrics"]] == ["occupancy_rate"]
    assert [one["metric"] for one in both["context"]] == ["new_deal_rate"]


async def test_unknown_metrics_are_named(house: Served) -> None:
    response = await house.acme.get(PATH, params={"metrics": "rent,occupancy_rate,cap_rate"})
    assert response.status_code == 422
    assert response.json()["type"] == "/problems/unknown-metric"
    assert "'rent', 'cap_rate'" in response.json()["detail"]
    assert response.json()["errors"][0]["parameter"] == "metrics"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("metrics=", "metrics"),
        ("metrics=,", "metrics"),
        ("as_of=2025-02-30", "as_of"),
        ("as_of=2025-09-01T00:00:00Z", "as_of"),
        ("as_of=0001-01-01", "as_of"),
        ("as_of=9999-12-31", "as_of"),
        ("as_of=1756684800", "as_of"),
        ("history=yes", "history"),
        ("interval=day", "interval"),
        ("interval=", "interval"),
        ("history=false&interval=month", "interval"),
        ("start=2025-01-01", "start"),
        ("end=2025-01-01", "end"),
        ("interval=month&start=2025-02-01&end=2025-01-01", "end"),
        ("interval=month&start=2000-01-01&end=2025-01-01", "start"),
        ("interval=month&start=1980-01-01", "start"),
        ("interval=month&start=0001-01-01", "start"),
        ("interval=month&end=9999-12-31", "end"),
        ("interval=month&interval=year", "interval"),
        ("propertyId=1", "propertyId"),
        ("tenant_id=rival", "tenant_id"),
    ],
)
@pytest.mark.parametrize("path", PATHS)
async def test_every_wrong_parameter_is_named(
    house: Served, path: str, query: str, parameter: str
) -> None:
    response = await house.acme.get(f"{path}?{query}")
    assert {name.split("/")[0] for name, _ in flaws(response)} == {parameter}


async def test_history_shows_both_indexed_and_their_trend(house: Served) -> None:
    query = {"history": "true", "start": "2024-10-01", "end": "2025-09-30",
             "metrics": "rent_per_sqft"}  # fmt: skip
    body = strict((await house.acme.get(PATH, params=query)).text)
    history = body["history"]
    assert (history["interval"], history["start"], history["end"]) == (
        "month", "2024-10-01", "2025-10-01",
    )  # fmt: skip
    assert history["complete_until"] == "2025-10-01"
    (rent,) = history["metrics"]
    assert (len(rent["buckets"]), rent["bucket_rule"]) == (12, "last")
    first, last = rent["buckets"][0], rent["buckets"][-1]
    assert (first["property_index"], first["market_index"], first["relative_index"]) == (100,) * 3
    assert (last["property_value"], last["market_value"]) == (42.8, 38.2)
    assert last["property_index"] == pytest.approx(100 * 42.8 / first["property_value"])
    assert last["complete"] is True
    trend = rent["trend"]
    assert (trend["points"], trend["returns"]) == (12, 11)
    assert trend["robust_beta_low"] <= trend["robust_beta"] <= trend["robust_beta_high"]
    assert trend["relative_change_percent"] == pytest.approx(last["relative_index"] - 100)
    assert trend["verdict"] in {"gaining_on_market", "losing_to_market", "no_clear_trend"}


@pytest.mark.parametrize(("interval", "buckets"), [("month", 36), ("quarter", 12), ("year", 4)])
async def test_an_interval_alone_asks_for_a_history(
    house: Served, interval: str, buckets: int
) -> None:
    body = (await house.acme.get(PATH, params={"interval": interval})).json()
    assert {len(one["buckets"]) for one in body["history"]["metrics"]} == {buckets}


async def test_as_of_looks_back(house: Served) -> None:
    body = (await house.acme.get(PATH, params={"as_of": "2025-03-31"})).json()
    assert body["as_of"] == "2025-03-31"
    assert body["market"]["benchmark_date"] == "2025-03-01"
    rent = next(one for one in body["metrics"] if one["metric"] == "rent_per_sqft")
    assert (rent["market_value"], rent["property_month"]) == (34.25, "2025-03-01")


async def test_a_market_that_cannot_be_had_leaves_the_half_of_the_answer(own_house: Served) -> None:
    markets(own_house).available = False
    response = await own_house.acme.get(PATH)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    problem = response.json()
    assert problem["type"] == "/problems/market-unavailable"
    assert problem["property"]["current_avg_rent_per_sqft"] == 42.8
    assert "metrics.rent_per_sqft" in problem["missing"]
    assert problem["reasons"] == ["connection_failed"]


async def test_stale_data_are_marked(own_house: Served) -> None:
    markets(own_house).source, markets(own_house).reasons = Source.SNAPSHOT, ("circuit_open",)
    body = (await own_house.acme.get(PATH)).json()
    assert body["freshness"]["source"] == "snapshot"
    assert body["freshness"]["degraded"] is True
    assert body["freshness"]["reasons"] == ["circuit_open"]


async def test_a_market_that_does_not_exist_leaves_an_answer_without_one(own_house: Served) -> None:
    await own_house.acme.patch("/api/v1/properties/1", json={"market_id": 999})
    response = await own_house.acme.get(PATH)
    assert response.status_code == 200
    assert response.json()["market"] is None
    assert {tuple(one["reasons"]) for one in response.json()["metrics"]} == {("market_not_found",)}
    assert "age" not in response.headers


async def test_a_changed_property_is_seen_at_once(own_house: Served) -> None:
    before = (await own_house.acme.get(PATH)).json()
    await own_house.acme.patch("/api/v1/properties/1", json={"current_avg_rent_per_sqft": 30.0})
    after = (await own_house.acme.get(PATH)).json()
    assert after["as_of_position"] > before["as_of_position"]
    assert after["metrics"][1]["indicator"] == "underperforming"


async def test_the_whole_portfolio_is_compared_page_by_page(house: Served) -> None:
    rows, cursor = [], None
    while True:
        query = {"limit": "50", "metrics": "rent_per_sqft"}
        query |= {"cursor": cursor} if cursor else {}
        page = strict((await house.acme.get(PORTFOLIO, params=query)).text)
        rows += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert [row["id"] for row in rows] == list(range(1, 81))
    assert round(rows[0]["metrics"][0]["percent_difference"], 2) == 12.04
    assert rows[0]["verdict"] == "outperforming"
    assert (await house.rival.get(PORTFOLIO)).json()["items"] == []


async def test_filters_of_the_list_narrow_the_portfolio(house: Served) -> None:
    query = {"market_id": "1", "sort": "-rent"}
    items = (await house.acme.get(PORTFOLIO, params=query)).json()["items"]
    assert items
    assert {one["market_id"] for one in items} == {1}
    unknown = await house.acme.get(PORTFOLIO, params={"metrics": "cap_rate"})
    assert unknown.json()["type"] == "/problems/unknown-metric"


async def test_a_tenant_sets_its_own_thresholds(own_house: Served) -> None:
    before = await own_house.acme.get(POLICY)
    assert set(before.json()["thresholds_percent"].values()) == {5.0}
    wanted = {"thresholds_percent": {"occupancy_rate": 3, "rent_per_sqft": 15}}
    tag = before.headers["etag"]
    put = await own_house.acme.put(POLICY, json=wanted, headers={"If-Match": tag})
    assert put.status_code == 200
    assert put.json()["thresholds_percent"]["occupancy_rate"] == 3.0
    assert put.json()["thresholds_percent"]["renewal_rate"] == 5.0
    assert (
        await own_house.acme.put(POLICY, json=wanted, headers={"If-Match": tag})
    ).status_code == 412
    body = (await own_house.acme.get(PATH)).json()
    indicators = {one["metric"]: one["indicator"] for one in body["metrics"]}
    assert indicators["occupancy_rate"] == "outperforming"
    assert indicators["rent_per_sqft"] == "at_market"
    rivals = (await own_house.rival.get(POLICY)).json()
    assert set(rivals["thresholds_percent"].values()) == {5.0}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/thresholds_percent"),
        ({"thresholds_percent": []}, "#/thresholds_percent"),
        ({"thresholds_percent": {"occupancy_rate": 0}}, "#/thresholds_percent/occupancy_rate"),
        ({"thresholds_percent": {"occupancy_rate": 100.1}}, "#/thresholds_percent/occupancy_rate"),
        ({"thresholds_percent": {"occupancy_rate": "5"}}, "#/thresholds_percent/occupancy_rate"),
        ({"thresholds_percent": {"new_deal_rate": 5}}, "#/thresholds_percent/new_deal_rate"),
        ({"thresholds_percent": {}, "version": 1}, "#/version"),
    ],
)
async def test_every_wrong_part_of_a_policy_is_named(
    house: Served, body: Any, pointer: str
) -> None:
    assert {name for name, _ in flaws(await house.acme.put(POLICY, json=body))} == {pointer}
    assert (await house.acme.get(POLICY)).json()["version"] == 0
