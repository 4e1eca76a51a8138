import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx
import pytest

from sightline.adapters.market_api import Fault, MarketStandIn, serve_stand_in
from sightline.adapters.sample.markets import sample_markets

DATA = "/external-api/v1/markets/1/data"


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[MarketStandIn, httpx.AsyncClient]]:
    stand_in = await serve_stand_in("127.0.0.1", 0)
    async with httpx.AsyncClient(base_url=stand_in.url, trust_env=False, timeout=2) as client:
        try:
            yield stand_in, client
        finally:
            await stand_in.aclose()


async def test_it_answers_the_example_of_the_contract() -> None:
    query = {
        "metrics": "avg_rent_per_sqft,avg_occupancy_rate",
        "start_date": "2025-01-01",
        "end_date": "2025-03-01",
    }
    async with talking() as (_, client):
        answer = await client.get(DATA, params=query)
    assert answer.json() == {
        "market_id": 1,
        "market_name": "Chicago Loop Office",
        "city": "Chicago",
        "state": "Illinois",
        "market_type": "office",
        "sample_size": 87,
        "data_quality_score": 0.95,
        "confidence_level": "high",
        "last_updated": "2025-09-03T14:30:00Z",
        "performance": [
            {"date": "2025-01-01", "avg_rent_per_sqft": 32.50, "avg_occupancy_rate": 82.3},
            {"date": "2025-02-01", "avg_rent_per_sqft": 33.10, "avg_occupancy_rate": 83.1},
            {"date": "2025-03-01", "avg_rent_per_sqft": 34.25, "avg_occupancy_rate": 84.7},
        ],
    }


async def test_every_market_answers_with_all_it_has() -> None:
    async with talking() as (_, client):
        for number, market in sample_markets().items():
            answer = (await client.get(f"/external-api/v1/markets/{number}/data")).json()
            assert answer["market_name"] == market.name
            assert len(answer["performance"]) == len(market.months)


async def test_it_lists_the_metrics_that_a_market_has() -> None:
    async with talking() as (_, client):
        offered = (await client.get("/external-api/v1/markets/41/metrics")).json()
    assert offered["market_id"] == 41
    named = {metric["name"]: metric["unit"] for metric in offered["available_metrics"]}
    assert named == {
        "avg_occupancy_rate": "percentage",
        "avg_rent_per_sqft": "USD per square foot and year",
    }


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/external-api/v1/markets/61/data", 404),
        ("GET", "/external-api/v1/markets/x/data", 404),
        ("GET", "/external-api/v1/markets/1/else", 404),
        ("GET", "/elsewhere", 404),
        ("POST", DATA, 405),
        ("GET", f"{DATA}?metrics=avg_rent_per_sqft,mood", 400),
        ("GET", f"{DATA}?start_date=2025-02-30", 400),
        ("GET", f"{DATA}?start_date=2025-02-01&end_date=2025-01-01", 400),
        ("GET", f"{DATA}?metrics=renewal_rate&metrics=renewal_rate", 400),
        ("GET", f"{DATA}?limit=1", 400),
        ("PUT", "/faults", 400),
        ("POST", "/calls", 405),
    ],
)
async def test_what_it_does_not_understand_it_says_so(
    method: str, target: str, status: int
) -> None:
    async with talking() as (_, client):
        answer = await client.request(method, target)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_faults_are_switched_for_all_or_for_one_market_and_back() -> None:
    async with talking() as (_, client):
        await client.put("/faults", json={"fault": "errors"})
        await client.put("/faults", json={"fault": "none", "market_id": 2})
        statuses = [
            (await client.get(f"/external-api/v1/markets/{number}/data")).status_code
            for number in (1, 2)
        ]
        shown = (await client.get("/faults")).json()
        after = (await client.delete("/faults")).json()
        assert (await client.get(DATA)).status_code == HTTPStatus.OK
    assert statuses == [503, 200]
    assert (shown["fault"], shown["markets"]) == ("errors", {"2": "none"})
    assert (after["fault"], after["markets"]) == ("none", {})


async def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    async with talking() as (_, client):
        answer = await client.put("/faults", json={"fault": "tired"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert all(fault in answer.json()["error"] for fault in Fault)


async def test_calls_are_counted_by_market() -> None:
    async with talking() as (_, client):
        for number in (1, 1, 2):
            await client.get(f"/external-api/v1/markets/{number}/data")
        assert (await client.get("/calls")).json() == {"total": 3, "markets": {"1": 2, "2": 1}}
        assert (await client.delete("/calls")).json()["total"] == 0


async def test_four_of_five_calls_fail_when_so_switched() -> None:
    async with talking() as (stand_in, client):
        stand_in.fault = Fault.ERRORS_80
        statuses = [(await client.get(DATA)).status_code for _ in range(20)]
    assert (statuses.count(500), statuses.count(200)) == (16, 4)


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.RESET, httpx.ReadError), (Fault.HALF_BODY, httpx.RemoteProtocolError)],
)
async def test_a_connection_that_is_to_be_cut_is_really_cut(
    fault: Fault, error: type[Exception]
) -> None:
    async with talking() as (stand_in, client):
        stand_in.fault = fault
        with pytest.raises(error):
            await client.get(DATA)


async def test_what_is_not_json_any_more_is_still_the_answer_to_the_question() -> None:
    async with talking() as (stand_in, client):
        stand_in.fault = Fault.NAN
        text = (await client.get(DATA)).text
    assert "NaN" in text
    assert json.loads(text)["market_id"] == 1


async def test_garbage_on_the_wire_harms_nobody_else() -> None:
    async with talking() as (stand_in, client):
        port = int(stand_in.url.rpartition(":")[2])
        for line in (b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"x" * 100_000):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(line)
            await writer.drain()
            writer.close()
        assert (await client.get(DATA)).status_code == HTTPStatus.OK
