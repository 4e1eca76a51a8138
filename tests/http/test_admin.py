"""The operator's side: tenants, their limits, their tiers, their ends, and what they used."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest

from sightline import bootstrap
from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.platform import RecordedPlatform
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import SCALES, Scale, ScaleTier

from .served import Served, serving

PATH = "/api/v2/admin/tenants"
ACME, RIVAL, PLATFORM = TenantId("acme"), TenantId("rival"), TenantId("platform")


async def told(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def move(served: Served, **by: float) -> None:
    assert isinstance(served.adapters.clock, FixedClock)
    served.adapters.clock.move(timedelta(**by))


async def test_a_tenant_is_set_up_listed_shown_and_changed(served: Served) -> None:
    body = {"id": "newcomer", "name": "Newcomer", "plan": "starter"}
    made = await served.platform.post(PATH, json=body)
    expected = {
        **body,
        "status": "active",
        "tier": "small",
        "created_at": "2026-01-01T00:00:00Z",
        "version": 1,
    }
    assert await told(made, 201) == expected
    assert (made.headers["location"], made.headers["etag"]) == (f"{PATH}/newcomer", '"v1"')
    assert await told(await served.platform.get(made.headers["location"])) == expected
    tag = {"if-none-match": '"v1"'}
    again = await served.platform.get(made.headers["location"], headers=tag)
    assert again.status_code == 304
    changed = await served.platform.patch(
        f"{PATH}/newcomer", json={"plan": "standard"}, headers={"if-match": '"v1"'}
    )
    assert await told(changed) == {**expected, "plan": "standard", "version": 2}
    assert problem(await served.platform.post(PATH, json=body)) == (409, "tenant-exists")
    standard = await told(await served.platform.get(f"{PATH}?plan=standard"))
    assert [one["id"] for one in standard["items"]] == ["newcomer"]


async def test_a_tenant_without_a_plan_gets_the_deployments(served: Served) -> None:
    made = await served.platform.post(PATH, json={"id": "x", "name": "X"})
    assert (await told(made, 201))["plan"] == served.adapters.default_plan == "enterprise"


async def test_a_change_meant_for_an_older_version_is_refused(served: Served) -> None:
    stale = {"if-match": '"v7"'}
    for method, path, body in (
        ("PATCH", "", {"name": "Other"}),
        ("PUT", "/limits", {"weight": 3}),
        ("POST", "/scale", {"tier": "large"}),
        ("POST", "/suspend", None),
        ("POST", "/resume", None),
        ("POST", "/close", None),
    ):
        answer = await served.platform.request(
            method, f"{PATH}/acme{path}", json=body, headers=stale
        )
        assert problem(answer) == (412, "version-mismatch"), path
    assert (await told(await served.platform.get(f"{PATH}/acme")))["version"] == 1


async def test_the_pages_of_tenants_hold_each_once(served: Served) -> None:
    for name in ("b", "a_", "a-", "a0"):
        await served.platform.post(PATH, json={"id": name, "name": name})
    seen: list[str] = []
    cursor = ""
    while True:
        page = await told(await served.platform.get(f"{PATH}?limit=2{cursor}"))
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["a-", "a0", "a_", "acme", "b", "platform", "rival"]
    other = await served.platform.get(f"{PATH}?limit=2&status=active{cursor}")
    assert other.status_code == 422


@pytest.mark.parametrize("identifier", ["nobody", "No-Body", "%00", "x" * 64, "-"])
async def test_a_tenant_that_is_not_there_is_not_found(served: Served, identifier: str) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {}),
        ("GET", "/limits", None),
        ("PUT", "/limits", {}),
        ("GET", "/usage", None),
        ("POST", "/scale", {"tier": "large"}),
        ("POST", "/suspend", None),
        ("POST", "/resume", None),
        ("POST", "/close", None),
    ):
        answer = await served.platform.request(method, f"{PATH}/{identifier}{path}", json=body)
        assert problem(answer) == (404, "tenant-not-found"), (method, path)


async def test_a_tenants_own_admin_is_not_let_in(served: Served) -> None:
    for tenant in ("acme", "rival", "nobody"):
        answer = await served.acme.get(f"{PATH}/{tenant}")
        assert problem(answer) == (403, "permission-missing")
        answer = await served.acme.put(f"{PATH}/{tenant}/limits", json={"weight": 100})
        assert problem(answer) == (403, "permission-missing")


async def test_the_next_request_obeys_the_limits_that_were_agreed(served: Served) -> None:
    assert (await served.acme.get("/api/v1/properties")).status_code == 200
    # One request for the tenant, one for its key, and a month that ends at once.
    agreed = {"read": {"quota": 2, "window_seconds": 60}, "monthly_quota": 1000, "weight": 9}
    limits = await told(await served.platform.put(f"{PATH}/acme/limits", json=agreed))
    read = next(one for one in limits["classes"] if one["cost_class"] == "read")
    assert read == {
        "cost_class": "read",
        "cost": 1,
        "quota": 2,
        "window_seconds": 60,
        "burst": 2,
        "key_quota": 1,
        "key_burst": 1,
        "source": "agreed",
    }
    assert (limits["monthly_quota"], limits["monthly_quota_source"]) == (1000, "agreed")
    assert (limits["weight"], limits["weight_source"]) == (9, "agreed")
    assert {one["source"] for one in limits["classes"]} == {"agreed", "plan"}
    move(served, minutes=2)
    first = await served.acme.get("/api/v1/properties")
    assert first.headers["ratelimit-policy"] == (
        '"read";q=2;w=60, "read-key";q=1;w=60, "month";q=1000;w=2678400'
    )
    assert problem(await served.acme.get("/api/v1/properties"))[0] == 429
    assert (await served.rival.get("/api/v1/properties")).status_code == 200
    assert await told(await served.platform.get(f"{PATH}/acme/limits")) == limits
    back = await told(
        await served.platform.put(f"{PATH}/acme/limits", json={"read": None, "weight": None})
    )
    assert {one["source"] for one in back["classes"]} == {"plan"}
    assert (back["monthly_quota"], back["weight"], back["version"]) == (None, 4, 3)
    move(served, seconds=1)  # the bucket was empty, and stays so until units come back
    assert (await served.acme.get("/api/v1/properties")).status_code == 200


async def test_the_next_request_obeys_another_plan(served: Served) -> None:
    await told(await served.platform.patch(f"{PATH}/acme", json={"plan": "starter"}))
    answer = await served.acme.get("/api/v1/properties")
    assert '"read";q=600;w=60' in answer.headers["ratelimit-policy"]
    assert '"month";q=1000000' in answer.headers["ratelimit-policy"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"heavy": {"quota": 9}}, "#/heavy/burst"),
        ({"read": {"quota": 5, "window_seconds": 3601}}, "#/read/window_seconds"),
        ({"read": {"quota": 5, "bursts": 2}}, "#/read/bursts"),
        ({"monthly_quota": 0}, "#/monthly_quota"),
        ({"weight": 101}, "#/weight"),
        ({"reed": None}, "#/reed"),
    ],
    ids=str,
)
async def test_limits_that_cannot_be_kept_are_refused_where_they_stand(
    served: Served, body: Mapping[str, Any], pointer: str
) -> None:
    answer = await served.platform.put(f"{PATH}/acme/limits", json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert (await told(await served.platform.get(f"{PATH}/acme")))["version"] == 1


async def test_usage_is_what_was_counted_and_the_same_for_both_sides(served: Served) -> None:
    for _ in range(3):
        await served.acme.get("/api/v1/properties")
    move(served, days=1)
    await served.acme.get("/api/v1/jobs")
    await served.acme.post("/api/v1/market-refreshes")
    await served.rival.get("/api/v1/properties")
    await served.cases.meter_usage()
    own = await told(await served.acme.get("/api/v1/usage"))
    assert (own["start"], own["end"]) == ("2026-01-01", "2026-01-03")
    assert own["items"] == [
        {"day": day, "operation": name, "key": "acme", "requests": requests, "units": units}
        for day, name, requests, units in (
            ("2026-01-01", "listProperties", 3, 3),
            ("2026-01-02", "listJobs", 1, 1),
            ("2026-01-02", "requestMarketRefresh", 1, 10),
        )
    ]
    assert (own["requests"], own["units"]) == (5, 14)
    assert own["by_key"] == [{"name": "acme", "requests": 5, "units": 14}]
    days = "?start=2026-01-01&end=2026-01-03"
    for client in (served.acme, served.platform):
        assert await told(await client.get(f"{PATH}/acme/usage{days}")) == own
    first = await told(await served.platform.get(f"{PATH}/acme/usage?end=2026-01-02"))
    assert (first["requests"], [one["name"] for one in first["by_day"]]) == (3, ["2026-01-01"])
    billed = await served.cases.read_usage(
        ACME, *(served.adapters.clock.now().date().replace(day=day) for day in (1, 2))
    )
    assert sum(one.units for one in billed) == own["units"]


async def test_somebody_elses_usage_looks_like_nobodys(served: Served) -> None:
    answers = [await served.acme.get(f"{PATH}/{one}/usage") for one in ("rival", "nobody")]
    texts = []
    for answer, name in zip(answers, ("rival", "nobody"), strict=True):
        assert problem(answer) == (404, "tenant-not-found")
        texts.append(answer.json()["detail"].replace(name, "…"))
    assert texts[0] == texts[1]
    assert answers[0].headers.keys() == answers[1].headers.keys()


@pytest.mark.parametrize(
    "days", ["start=2026-01-02&end=2026-01-02", "start=2025-01-01", "end=0001-01-01", "start=now"]
)
async def test_days_that_cannot_be_meant_are_refused(served: Served, days: str) -> None:
    assert (await served.acme.get(f"/api/v1/usage?{days}")).status_code == 422


async def token_of(served: Served) -> dict[str, str]:
    key = await told(
        await served.acme.post("/api/v1/keys", json={"name": "x", "role": "viewer"}), 201
    )
    form = {"grant_type": "client_credentials"}
    answer = await served.stranger.post("/oauth/token", data=form, auth=(key["id"], key["key"]))
    return {"authorization": f"Bearer {(await told(answer))['access_token']}"}


async def test_a_suspended_tenant_is_locked_out_and_comes_back_with_everything(
    served: Served,
) -> None:
    token = await token_of(served)
    key = await told(
        await served.acme.post("/api/v1/keys", json={"name": "y", "role": "viewer"}), 201
    )
    assert (await served.stranger.get("/api/v1/me", headers=token)).status_code == 200
    suspended = await told(await served.platform.post(f"{PATH}/acme/suspend"))
    assert (suspended["status"], suspended["version"]) == ("suspended", 2)
    locked_out = [
        await served.acme.get("/api/v1/me"),
        await served.acme.post("/api/v1/market-refreshes"),
        await served.stranger.get("/api/v1/me", headers=token),
    ]
    assert [problem(answer) for answer in locked_out] == [(403, "tenant-suspended")] * 3
    form = {"grant_type": "client_credentials"}
    refused = await served.stranger.post("/oauth/token", data=form, auth=(key["id"], key["key"]))
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    assert (await served.rival.get("/api/v1/me")).status_code == 200
    again = await told(await served.platform.post(f"{PATH}/acme/suspend"))
    assert again == suspended
    assert (await told(await served.platform.post(f"{PATH}/acme/resume")))["status"] == "active"
    assert (await served.acme.get("/api/v1/me")).status_code == 200
    assert (await served.stranger.get("/api/v1/me", headers=token)).status_code == 200


async def test_the_jobs_of_a_suspended_tenant_are_those_that_are_not_begun(
    served: Served,
) -> None:
    runner = bootstrap.job_runner(served.adapters)
    await told(await served.platform.post(f"{PATH}/acme/suspend"))
    assert await runner.without() == {ACME}
    await told(await served.platform.post(f"{PATH}/acme/resume"))
    assert await runner.without() == frozenset()


async def test_closing_is_final_and_revokes_every_key(served: Served) -> None:
    token = await token_of(served)
    closed = await told(await served.platform.post(f"{PATH}/acme/close"))
    assert closed["status"] == "closed"
    assert list(await served.adapters.api_keys.of(ACME)) == []
    assert (await served.acme.get("/api/v1/me")).status_code == 401
    assert (await served.stranger.get("/api/v1/me", headers=token)).status_code == 401
    for path, body in (("suspend", None), ("resume", None), ("scale", {"tier": "large"})):
        answer = await served.platform.post(f"{PATH}/acme/{path}", json=body)
        assert problem(answer) == (409, "tenant-ended"), path
    answer = await served.platform.patch(f"{PATH}/acme", json={"name": "Phoenix"})
    assert problem(answer) == (409, "tenant-ended")
    assert problem(await served.platform.post(PATH, json={"id": "acme", "name": "A"}))[0] == 409
    assert await told(await served.platform.post(f"{PATH}/acme/close")) == closed


async def test_a_key_that_outlived_its_tenant_is_refused_all_the_same(served: Served) -> None:
    await told(await served.platform.post(f"{PATH}/acme/close"))
    await served.cases.install_fixed_key(ACME, KeyId("late"), "late", "a-key-made-too-late")
    answer = await served.stranger.get("/api/v1/me", headers={"x-api-key": "a-key-made-too-late"})
    assert problem(answer) == (403, "tenant-closed")


@pytest.mark.parametrize("path", ["suspend", "close"])
async def test_the_platforms_own_tenant_stays(served: Served, path: str) -> None:
    answer = await served.platform.post(f"{PATH}/platform/{path}")
    assert problem(answer) == (409, "platform-tenant-fixed")
    answer = await served.platform.put(f"{PATH}/platform/limits", json={"admin": {"quota": 1}})
    assert problem(answer) == (409, "platform-tenant-fixed")
    assert (await served.platform.get(PATH)).status_code == 200


def platform_of(served: Served) -> RecordedPlatform:
    found = served.adapters.platform
    assert isinstance(found, RecordedPlatform)
    return found


async def test_a_dry_run_tells_what_would_change_and_changes_nothing(served: Served) -> None:
    await told(await served.platform.patch(f"{PATH}/acme", json={"plan": "starter"}))
    body = {"tier": "medium", "dry_run": True}
    report = await told(await served.platform.post(f"{PATH}/acme/scale", json=body))
    assert (report["dry_run"], report["tier_before"], report["version"]) == (True, "small", 2)
    names = ("tier", "fewest_replicas", "most_replicas", "cache_share_percent", "weight")
    assert [report["before"][name] for name in names] == ["small", 1, 2, 5, 1]
    assert [report["after"][name] for name in names] == ["medium", 2, 6, 15, 2]
    assert [report[side]["monthly_quota"] for side in ("before", "after")] == [
        1_000_000,
        2_000_000,
    ]
    reads = [report[side]["classes"][0]["quota"] for side in ("before", "after")]
    assert reads == [600, 1200]
    assert platform_of(served).told == {}
    assert (await told(await served.platform.get(f"{PATH}/acme")))["tier"] == "small"


async def test_scaling_is_done_is_obeyed_and_can_be_undone(served: Served) -> None:
    before = await told(await served.platform.get(f"{PATH}/acme/limits"))
    report = await told(await served.platform.post(f"{PATH}/acme/scale", json={"tier": "large"}))
    assert platform_of(served).told == {ACME: SCALES[ScaleTier.LARGE]}
    assert (report["version"], report["tier_before"]) == (2, "small")
    answer = await served.acme.get("/api/v1/properties")
    assert '"read";q=1200000;w=60' in answer.headers["ratelimit-policy"]
    body = {"tier": report["tier_before"]}
    back = await told(await served.platform.post(f"{PATH}/acme/scale", json=body))
    assert back["after"] == report["before"]
    assert platform_of(served).told == {ACME: SCALES[ScaleTier.SMALL]}
    after = await told(await served.platform.get(f"{PATH}/acme/limits"))
    assert {**after, "version": 1} == before


async def actions(served: Served, tenant: TenantId) -> list[tuple[str, int, str | None]]:
    await served.cases.record_audit.flush()
    kept = await served.adapters.audit_records.following(tenant, 0, 1000)
    return [(one.action, one.status, one.object_id) for one in kept]


async def test_what_the_platform_does_is_on_record_with_both_and_nobody_else(
    served: Served,
) -> None:
    await served.platform.post(PATH, json={"id": "newcomer", "name": "Newcomer"})
    await served.platform.put(f"{PATH}/acme/limits", json={"weight": 3})
    await served.platform.post(f"{PATH}/acme/resume", headers={"if-match": '"v1"'})
    await served.platform.get(f"{PATH}/acme/usage")
    await served.platform.get(f"{PATH}/nobody")
    concerning = [
        ("replaceTenantLimits", 200, "acme"),
        ("resumeTenant", 412, "acme"),
        ("getTenantUsage", 200, "acme"),
    ]
    assert await actions(served, ACME) == concerning
    assert await actions(served, TenantId("newcomer")) == [("createTenant", 201, None)]
    assert await actions(served, RIVAL) == []
    assert await actions(served, PLATFORM) == [
        ("createTenant", 201, None),
        *concerning,
        ("getTenant", 404, "nobody"),
    ]
    shown = await told(await served.acme.get("/api/v1/audit?action=replaceTenantLimits"))
    assert [one["actor_id"] for one in shown["items"]] == ["platform"]
    checked = await told(await served.acme.post("/api/v1/audit/verify"))
    assert checked["valid"] is True


class NoPlatform:
    """A platform that does not answer."""

    async def scale(self, tenant: TenantId, scale: Scale) -> None:
        message = "the platform does not answer"
        raise Unavailable(message)


async def test_a_platform_that_fails_leaves_the_record_as_it_was() -> None:
    adapters = attrs.evolve(bootstrap.in_memory(), platform=NoPlatform())
    async with serving(adapters=adapters) as served:
        answer = await served.platform.post(f"{PATH}/acme/scale", json={"tier": "large"})
        assert problem(answer) == (503, "unavailable")
        kept = await told(await served.platform.get(f"{PATH}/acme"))
        assert (kept["tier"], kept["version"]) == ("small", 1)
        body = {"tier": "large", "dry_run": True}
        dry = await served.platform.post(f"{PATH}/acme/scale", json=body)
        assert dry.status_code == 200
