"""API6:2023 Unrestricted access to sensitive business flows.

Control: making keys, asking for refreshes and for tokens are limited by cost classes of
their own, dear ones dearly, and a refresh that is under way is not begun again.
"""

from sightline.domain.tenancy import PLANS, CostClass, PlanName
from sightline.entrypoints.http.openapi import operations as routes

from ..http.seeds import operations
from ..http.served import KEYS
from ..http.test_limits import plan, serving, statuses
from ..http.test_openapi import APP, DOCUMENT


async def test_keys_are_made_only_so_often() -> None:
    async with serving(plan(tenant=50, key=4)) as served:
        made = [
            (await served.acme.post("/api/v1/keys", json={"name": f"{n}", "role": "viewer"}))
            for n in range(6)
        ]
        assert [answer.status_code for answer in made] == [201] * 4 + [429] * 2
        assert len((await served.acme.get("/api/v1/keys")).json()["items"]) == 5


async def test_tokens_are_asked_for_only_so_often() -> None:
    async with serving(plan()) as served:
        form = {"grant_type": "client_credentials", "client_id": "acme"}
        secret = {"client_secret": KEYS["acme"]}
        seen = [
            (await served.stranger.post("/oauth/token", data={**form, **secret})).status_code
            for _ in range(601)
        ]
        assert seen[0] == 200
        assert seen[-1] == 429


async def test_a_refresh_that_waits_already_is_not_begun_again() -> None:
    async with serving(plan(tenant=50, key=30)) as served:
        asked = [await served.acme.post("/api/v1/market-refreshes") for _ in range(5)]
        assert {answer.status_code for answer in asked} == {202}
        assert len({answer.json()["id"] for answer in asked}) == 1


async def test_a_new_key_brings_a_tenant_no_new_allowance() -> None:
    async with serving(plan(tenant=4, key=3)) as served:
        made = await served.acme.post("/api/v1/keys", json={"name": "more", "role": "viewer"})
        fresh = {"authorization": f"Bearer {made.json()['key']}"}
        assert await statuses(served.acme, "/api/v1/properties", 3) == [200] * 3
        seen = [
            (await served.stranger.get("/api/v1/properties", headers=fresh)).status_code
            for _ in range(2)
        ]
        assert seen == [200, 429]


def test_what_is_dear_costs_more_in_every_plan() -> None:
    dear = {
        handler.operation_id
        for _, _, handler in routes(APP)
        if handler.opt["cost_class"] in {CostClass.HEAVY, CostClass.BULK}
    }
    assert dear >= {"requestMarketRefresh", "getBrandPower", "getPortfolioMarketPerformance"}
    assert dear <= {one.name for one in operations(DOCUMENT)}
    for name in PlanName:
        classes = PLANS[name].classes
        assert classes[CostClass.HEAVY].cost >= 10 * classes[CostClass.READ].cost
        assert classes[CostClass.BULK].cost >= 10 * classes[CostClass.WRITE].cost
