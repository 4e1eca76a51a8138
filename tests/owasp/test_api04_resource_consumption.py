"""API4:2023 Unrestricted resource consumption.

Control: largest sizes of bodies, depths, pages, windows and query strings, limits per
tenant and key, and places for so many requests at once. Figures under load: `make acceptance`.
"""

import json

import pytest

from sightline.entrypoints.http.app import EdgeOptions
from sightline.entrypoints.http.inputs import MAX_BODY_BYTES, MAX_DEPTH

from ..http.seeds import PROPERTY, operations, rightful
from ..http.served import serving
from ..http.test_limits import plan, statuses
from ..http.test_limits import serving as limited
from ..http.test_openapi import DOCUMENT

PATH = "/api/v1/properties"
JSON = {"content-type": "application/json"}


async def test_a_body_has_a_largest_size_and_depth() -> None:
    async with serving() as served:
        large = json.dumps({**PROPERTY, "name": "x" * MAX_BODY_BYTES}).encode()
        deep = b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)
        for body, status in ((large, 413), (deep, 400)):
            answer = await served.acme.post(PATH, content=body, headers=JSON)
            assert answer.status_code == status
        assert (await served.acme.get(PATH)).json()["items"] == []


async def test_every_list_has_a_largest_page() -> None:
    lists = [
        one
        for one in operations(DOCUMENT)
        if "limit" in {parameter["name"] for parameter in one.document.get("parameters", ())}
    ]
    assert len(lists) >= 5
    async with serving() as served:
        for operation in lists:
            (asked,) = (p for p in operation.document["parameters"] if p["name"] == "limit")
            most = asked["schema"]["maximum"]
            assert most <= 1_000
            query = {**operation.query, "limit": str(most + 1)}
            client = rightful(served, operation)
            answer = await client.get(operation.path, params=query)
            assert answer.status_code == 422, operation.name
            assert answer.json()["errors"][0]["parameter"] == "limit"


async def test_a_window_of_time_has_a_longest_length() -> None:
    async with serving() as served:
        window = {"start": "1970-01-01T00:00:00Z", "end": "2170-01-01T00:00:00Z"}
        organization = "/api/v1/organizations/955c3c4d-3a03-4d79-9655-3871f5ad999d/power"
        answer = await served.acme.get(organization, params={**window, "interval": "15min"})
        assert answer.status_code in {404, 422}


async def test_a_key_spends_its_share_and_is_told_when_to_come_again() -> None:
    async with limited(plan(tenant=5, key=2)) as served:
        assert await statuses(served.acme, PATH, 3) == [200, 200, 429]
        refused = await served.acme.get(PATH)
        assert int(refused.headers["retry-after"]) > 0
        assert await statuses(served.rival, PATH, 3) == [200, 200, 200]


@pytest.mark.parametrize("credential", [False, True])
async def test_nobody_asks_without_end_not_even_for_nothing(credential: bool) -> None:
    async with limited(plan(tenant=5, key=2), EdgeOptions()) as served:
        client = served.acme if credential else served.stranger
        seen = [(await client.get("/nowhere")).status_code for _ in range(602)]
        assert seen[-1] == 429
