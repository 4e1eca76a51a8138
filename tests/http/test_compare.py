"""Properties side by side over HTTP."""

from collections.abc import AsyncIterator
from itertools import combinations
from statistics import NormalDist
from typing import Any

import httpx
import pytest

from .served import Served
from .test_market_performance import furnished, markets
from .test_properties import flaws

COMPARE = "/api/v1/portfolio/compare"


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[Served]:
    """For tests that change nothing."""
    async with furnished() as served:
        yield served


@pytest.fixture
async def own_house() -> AsyncIterator[Served]:
    """For tests that change something."""
    async with furnished() as served:
        yield served


async def compared(served: Served, *ids: int, **more: Any) -> httpx.Response:
    return await served.acme.post(COMPARE, json={"property_ids": ids, **more})


async def test_each_column_says_what_the_single_answer_says(house: Served) -> None:
    answer = await compared(house, 3, 1, 22)
    assert answer.status_code == 200
    told = answer.json()
    assert [column["id"] for column in told["properties"]] == [3, 1, 22]
    for at, column in enumerate(told["properties"]):
        single = (await house.acme.get(f"/api/v1/properties/{column['id']}/health")).json()
        for name in ("score", "grade", "low", "high", "confidence", "coverage", "status"):
            assert column[name] == single["health"][name]
        assert column["insight"] == single["insights"][0]["sentence"]
        assert column["freshness"] == single["freshness"]
        assert column["name"] == single["property"]["name"]
        for row, alone in zip(told["metrics"], single["health"]["metrics"], strict=True):
            cell = row["cells"][at]
            assert (row["metric"], cell["property_id"]) == (alone["metric"], column["id"])
            assert cell["contribution"] == alone["contribution"]
            assert cell["market_value"] == alone["market_value"]
    assert told["model"] == "SH1"
    assert told["as_of"] is None
    best = max(told["properties"], key=lambda column: column["score"])
    assert told["best"] == best["id"]


async def test_every_two_are_told_apart_and_the_parts_sum_up(house: Served) -> None:
    told = (await compared(house, *range(1, 21))).json()
    scores = {column["id"]: column["score"] for column in told["properties"]}
    pairs = [(pair["first"], pair["second"]) for pair in told["pairs"]]
    assert pairs == list(combinations(range(1, 21), 2))
    known = [pair for pair in told["pairs"] if pair["difference"] is not None]
    assert len(known) > 100
    for pair in known:
        assert pair["difference"] == scores[pair["first"]] - scores[pair["second"]]
        assert sum(pair["contributions"].values()) == pytest.approx(pair["difference"], abs=1e-9)
        chance = NormalDist(0, pair["standard_error"]).cdf(pair["difference"])
        assert pair["probability_first_higher"] == pytest.approx(chance)
        assert pair["distinguishable"] == (not 0.05 <= chance <= 0.95)


async def test_a_past_date_sees_only_what_was_known_then(house: Served) -> None:
    told = (await compared(house, 1, 2, as_of="2024-06-30")).json()
    single = (await house.acme.get("/api/v1/properties/1/health?as_of=2024-06-30")).json()
    assert told["as_of"] == "2024-06-30"
    assert told["properties"][0]["score"] == single["health"]["score"]


async def test_each_market_is_read_once(own_house: Served) -> None:
    of_market_1 = (await own_house.acme.get("/api/v1/properties?market_id=1")).json()["items"]
    ids = [one["id"] for one in of_market_1][:3]
    assert len(ids) == 3
    markets(own_house).reads.clear()
    assert (await compared(own_house, *ids)).status_code == 200
    assert markets(own_house).reads == [1]


async def test_an_unknown_market_leaves_a_column_with_the_reason(own_house: Served) -> None:
    await own_house.acme.patch("/api/v1/properties/2", json={"market_id": 999})
    told = (await compared(own_house, 1, 2)).json()
    known, lost = told["properties"]
    assert known["score"] is not None
    assert (lost["score"], lost["market_name"], lost["freshness"]) == (None, None, None)
    assert lost["reasons"] == ["market_not_found"]
    assert told["best"] is None
    assert told["pairs"][0]["distinguishable"] is None
    assert {tuple(row["cells"][1]["reasons"]) for row in told["metrics"]} == {("market_not_found",)}


async def test_without_any_market_there_is_a_503(own_house: Served) -> None:
    markets(own_house).available = False
    answer = await compared(own_house, 1, 2)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["type"] == "/problems/market-unavailable"
    assert answer.json()["reasons"] == ["connection_failed"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("#/property_ids", "missing")}),
        ({"property_ids": []}, {("#/property_ids", "too_few")}),
        ({"property_ids": [1]}, {("#/property_ids", "too_few")}),
        ({"property_ids": list(range(1, 22))}, {("#/property_ids", "too_many")}),
        (
            {"property_ids": [1, 2, 1, 2]},
            {("#/property_ids/2", "repeated"), ("#/property_ids/3", "repeated")},
        ),
        ({"property_ids": [1, "2"]}, {("#/property_ids/1", "type")}),
        ({"property_ids": [1, 2.0]}, {("#/property_ids/1", "type")}),
        ({"property_ids": [1, True]}, {("#/property_ids/1", "type")}),
        ({"property_ids": [1, 2**53]}, {("#/property_ids/1", "out_of_range")}),
        ({"property_ids": {"1": 2}}, {("#/property_ids", "type")}),
        ({"property_ids": [1, 2], "as_of": "2025-02-30"}, {("#/as_of", "date")}),
        ({"property_ids": [1, 2], "as_of": "1969-12-31"}, {("#/as_of", "out_of_range")}),
        ({"property_ids": [1, 2], "model": 1}, {("#/model", "unknown_field")}),
    ],
)
async def test_every_wrong_part_of_the_question_is_named(
    house: Served, body: Any, expected: set[tuple[str, str]]
) -> None:
    assert flaws(await house.acme.post(COMPARE, json=body)) == expected


@pytest.mark.parametrize(
    ("ids", "first"),
    [([1, 5001, 2, 5002], 5001), ([5002, 5001, 1], 5002), ([1, 0], 0), ([1, -1], -1)],
)
async def test_the_first_unknown_property_is_named(
    house: Served, ids: list[int], first: int
) -> None:
    answer = await compared(house, *ids)
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/property-not-found"
    assert answer.json()["detail"] == f"there is no property '{first}'"


async def test_nobody_compares_the_properties_of_another(house: Served) -> None:
    answer = await house.rival.post(COMPARE, json={"property_ids": [1, 2]})
    assert answer.status_code == 404
    assert "Willis" not in answer.text
    assert (await house.stranger.post(COMPARE, json={"property_ids": [1, 2]})).status_code == 401
