"""Nobody spends more than they may, and nobody spends what is another's."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Any

import attrs
import httpx
import pytest

from sightline import bootstrap
from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.limit_plans import MemoryLimitPlans
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import (
    PLANS,
    ClassLimit,
    CostClass,
    LimitPlan,
    Period,
    PlanName,
    Quota,
    RatePolicy,
)
from sightline.entrypoints.http.app import EdgeOptions, framework
from sightline.entrypoints.http.openapi import operations
from sightline.entrypoints.http.peers import address

from .seeds import PROPERTY
from .seeds import operations as operations_of
from .served import Served
from .test_openapi import DOCUMENT

ACME, RIVAL = TenantId("acme"), TenantId("rival")
PATH = "/api/v1/properties"
TYPE = "https://iana.org/assignments/http-problem-types#quota-exceeded"

#: A list of strings with integer parameters (RFC 9651), and nothing else.
_MEMBER = re.compile(r'"([a-z0-9-]+)"((?:;[a-z]+=[0-9]+)+)')


def fields(text: str) -> dict[str, dict[str, int]]:
    """A RateLimit or RateLimit-Policy field."""
    found = {}
    for member in text.split(", "):
        match = _MEMBER.fullmatch(member)
        assert match, member
        pairs = (pair.split("=") for pair in match[2].removeprefix(";").split(";"))
        found[match[1]] = {name: int(value) for name, value in pairs}
    return found


def plan(tenant: int = 5, key: int = 3, cost: int = 1, quota: Quota | None = None) -> LimitPlan:
    """The same small limits for every class, a minute long."""
    return LimitPlan(
        "small",
        1,
        {
            one: ClassLimit(
                cost, RatePolicy(f"{one}", tenant, 60), RatePolicy(f"{one}-key", key, 60)
            )
            for one in CostClass
        },
        question_events=1_000,
        quota=quota,
    )


@asynccontextmanager
async def serving(small: LimitPlan, options: EdgeOptions | None = None) -> AsyncIterator[Served]:
    """The tenant acme has small limits, the tenant rival the usual ones."""
    adapters = bootstrap.in_memory()
    limits = MemoryLimitPlans(PLANS[PlanName.ENTERPRISE], {ACME: small})
    served = Served(attrs.evolve(adapters, limit_plans=limits), options or EdgeOptions())
    await served.prepare()
    yield served
    for client in (served.stranger, served.acme, served.rival, served.platform):
        await client.aclose()


def later(served: Served, seconds: float) -> None:
    clock = served.adapters.clock
    assert isinstance(clock, FixedClock)
    clock.move(timedelta(seconds=seconds))


def peer(served: Served, host: str, **headers: str) -> httpx.AsyncClient:
    """Somebody at another address."""
    app: Any = served.app
    transport = httpx.ASGITransport(app=app, client=(host, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://sightline", headers=headers)


async def statuses(client: httpx.AsyncClient, path: str, times: int) -> list[int]:
    answers = await asyncio.gather(*(client.get(path) for _ in range(times)))
    return [answer.status_code for answer in answers]


async def test_a_quota_of_three_is_spent_and_the_fourth_request_is_told_when_to_come() -> None:
    async with serving(plan()) as served:
        for left in (2, 1, 0):
            answer = await served.acme.get(PATH)
            assert answer.status_code == 200
            assert fields(answer.headers["ratelimit-policy"]) == {
                "read": {"q": 5, "w": 60},
                "read-key": {"q": 3, "w": 60},
            }
            told = fields(answer.headers["ratelimit"])
            assert (told["read"]["r"], told["read-key"]["r"]) == (left + 2, left)
            assert told["read-key"]["t"] == 20 * (3 - left)
        refused = await served.acme.get(PATH)
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        problem = refused.json()
        assert (problem["type"], problem["violated-policies"]) == (TYPE, ["read-key"])
        assert problem["request_id"] == refused.headers["x-request-id"]
        assert fields(refused.headers["ratelimit"]) == {"read-key": {"r": 0, "t": 20}}
        assert 20 <= int(refused.headers["retry-after"]) <= 26
        later(served, 19.9)
        assert (await served.acme.get(PATH)).status_code == 429
        later(served, 0.1)
        assert (await served.acme.get(PATH)).status_code == 200


async def test_fifty_at_once_never_overspend() -> None:
    async with serving(plan(tenant=20, key=7)) as served:
        assert sorted(await statuses(served.acme, PATH, 50)) == [200] * 7 + [429] * 43


async def test_the_keys_of_a_tenant_share_what_is_the_tenants() -> None:
    async with serving(plan(tenant=5, key=3)) as served:
        await served.cases.install_fixed_key(ACME, KeyId("second"), "second", "second-key-of-acme")
        second = peer(served, "127.0.0.1", authorization="Bearer second-key-of-acme")
        assert await statuses(served.acme, PATH, 4) == [200, 200, 200, 429]
        assert await statuses(second, PATH, 3) == [200, 200, 429]
        refused = await second.get(PATH)
        assert refused.json()["violated-policies"] == ["read"]
        assert await statuses(served.rival, PATH, 20) == [200] * 20


async def test_a_refused_request_does_nothing_and_costs_nothing() -> None:
    async with serving(plan()) as served:
        for number in range(3):
            answer = await served.acme.post(PATH, json={**PROPERTY, "id": number + 1})
            assert answer.status_code == 201
        for number in range(3, 9):
            answer = await served.acme.post(PATH, json={**PROPERTY, "id": number + 1})
            assert answer.status_code == 429
        assert len((await served.acme.get(PATH)).json()["items"]) == 3
        later(served, 20)
        assert (await served.acme.post(PATH, json={**PROPERTY, "id": 9})).status_code == 201
        assert telemetry(served)["limits.refused", (("cost_class", "write"),)] == 6


async def test_each_cost_class_has_buckets_of_its_own() -> None:
    async with serving(plan()) as served:
        assert await statuses(served.acme, PATH, 4) == [200, 200, 200, 429]
        assert (await served.acme.get("/metrics")).status_code == 200
        assert (await served.acme.post("/api/v1/market-refreshes")).status_code == 202
        heavy = await served.acme.get("/api/v1/portfolio/market-performance")
        assert set(fields(heavy.headers["ratelimit"])) == {"heavy", "heavy-key"}


async def test_a_request_pays_what_its_class_costs() -> None:
    async with serving(plan(tenant=10, key=10, cost=4)) as served:
        assert await statuses(served.acme, PATH, 3) == [200, 200, 429]
        refused = await served.acme.get(PATH)
        assert fields(refused.headers["ratelimit"])["read"] == {"r": 2, "t": 12}


async def test_a_monthly_quota_comes_back_with_the_month() -> None:
    month = Quota("month", 4, Period.MONTH)
    async with serving(plan(tenant=50, key=30, quota=month)) as served:
        answer = await served.acme.get(PATH)
        assert fields(answer.headers["ratelimit"])["month"] == {"r": 3, "t": 31 * 86_400}
        assert (await served.acme.get("/metrics")).status_code == 200  # of all classes together
        assert await statuses(served.acme, PATH, 3) == [200, 200, 429]
        refused = await served.acme.get(PATH)
        assert refused.json()["violated-policies"] == ["month"]
        assert int(refused.headers["retry-after"]) >= 31 * 86_400
        later(served, 31 * 86_400)
        assert (await served.acme.get(PATH)).status_code == 200


async def test_what_no_route_answers_is_paid_for_as_well() -> None:
    async with serving(plan()) as served:
        assert await statuses(served.acme, "/nowhere", 4) == [404, 404, 404, 429]
        refused = await served.acme.put(PATH)
        assert refused.status_code == 429
        assert refused.json()["type"] == TYPE
        assert refused.headers["retry-after"]
        assert fields(refused.headers["ratelimit"])["read-key"]["r"] == 0
        assert int(refused.headers["content-length"]) == len(refused.content)


async def test_guessed_keys_cost_the_guessers_address_and_no_tenant_anything() -> None:
    async with serving(plan()) as served:
        seen = []
        for number in range(1_000):
            headers = {"authorization": f"Bearer acme-key-for-test-{number}"}
            seen.append((await served.stranger.get(PATH, headers=headers)).status_code)
        assert seen == [401] * 600 + [429] * 400
        refused = await served.stranger.get(PATH)
        assert refused.json()["violated-policies"] == ["anonymous"]
        assert fields(refused.headers["ratelimit"]) == {"anonymous": {"r": 0, "t": 1}}
        other = peer(served, "203.0.113.7", authorization="Bearer acme-key-for-tests")
        answer = await other.get(PATH)
        assert answer.status_code == 200
        assert fields(answer.headers["ratelimit"])["read"]["r"] == 4


async def test_an_address_without_units_refuses_strangers_but_not_those_who_are_known() -> None:
    async with serving(plan(50, 40)) as served:
        assert (await served.acme.get(PATH)).status_code == 200
        assert set(await statuses(served.stranger, PATH, 700)) == {401, 429}
        assert (await served.acme.get(PATH)).status_code == 200
        assert (await served.rival.get(PATH)).status_code == 429  # first seen after that
        assert (await served.stranger.get("/problems")).status_code == 429
        assert (await served.stranger.get("/health/live")).status_code == 200
        later(served, 1)
        assert (await served.rival.get(PATH)).status_code == 200


async def test_a_revoked_key_is_a_strangers() -> None:
    async with serving(plan(50, 40)) as served:
        assert (await served.acme.get(PATH)).status_code == 200
        await served.adapters.api_keys.remove(ACME, KeyId("acme"))
        assert set(await statuses(served.acme, PATH, 700)) == {401, 429}


async def test_a_refused_stranger_is_not_even_looked_at() -> None:
    async with serving(plan()) as served:
        await statuses(served.stranger, "/problems", 600)

        async def unexpected(credential: str) -> None:
            raise AssertionError(credential)

        object.__setattr__(served.cases, "authenticate", unexpected)
        headers = {"authorization": "Bearer whatever"}
        assert (await served.stranger.get(PATH, headers=headers)).status_code == 429


async def test_forwarded_addresses_are_believed_of_trusted_proxies_only() -> None:
    options = EdgeOptions(trusted_proxies=(ip_network("10.0.0.0/8"),))
    async with serving(plan(), options) as served:
        for number in range(600):  # an address each, but nobody believes it
            headers = {"x-forwarded-for": f"198.51.100.{number % 256}"}
            await served.stranger.get("/problems", headers=headers)
        headers = {"x-forwarded-for": "192.0.2.1"}
        assert (await served.stranger.get("/problems", headers=headers)).status_code == 429
        behind = peer(served, "10.0.0.1")
        forged = {"x-forwarded-for": "127.0.0.1, 192.0.2.1"}
        assert (await behind.get("/problems", headers=forged)).status_code == 200


@pytest.mark.parametrize(
    ("host", "forwarded", "found"),
    [
        ("192.0.2.1", ("198.51.100.1",), "192.0.2.1"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("unknown",), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1, garbage",), "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("2001:db8:0:1:2:3:4:5", (), "2001:db8:0:1::/64"),
        ("10.0.0.1", ("2001:db8:0:1::9",), "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.1", (), "192.0.2.1"),
        ("fd00::1%eth0", (), "fd00::/64"),
        ("a-name", (), "local"),
        (None, (), "local"),
    ],
)
def test_an_address_is_that_of_the_nearest_hop_that_is_not_ours(
    host: str | None, forwarded: Sequence[str], found: str
) -> None:
    scope = {
        "client": (host, 1) if host else None,
        "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
    }
    assert address(scope, (ip_network("10.0.0.0/8"),)) == found


async def test_what_was_let_through_is_counted_by_key_operation_and_day() -> None:
    async with serving(plan(tenant=8, key=8, cost=2)) as served:
        assert await statuses(served.acme, PATH, 5) == [200] * 4 + [429]
        await served.acme.get("/nowhere")
        assert (await served.acme.get("/metrics")).status_code == 200
        later(served, 86_400)
        await served.acme.get("/api/v1/properties/77")
        await served.cases.meter_usage()
        await served.cases.meter_usage()
        days = date(2026, 1, 1), date(2026, 1, 31)
        found = await served.cases.read_usage(ACME, *days)
        assert [
            (one.day.day, one.operation, one.key, one.requests, one.units) for one in found
        ] == [
            (1, "getMetrics", "acme", 1, 2),
            (1, "listProperties", "acme", 4, 8),
            (2, "getProperty", "acme", 1, 2),
        ]
        assert list(await served.cases.read_usage(RIVAL, *days)) == []


def test_every_operation_has_a_cost_class_by_its_method_or_by_name() -> None:
    declared = {
        handler.operation_id: handler.opt["cost_class"]
        for _, method, handler in operations(framework(RecordingTelemetry()))
        if handler.opt["cost_class"] != (CostClass.READ if method == "GET" else CostClass.WRITE)
    }
    administration = {one.name for one in operations_of(DOCUMENT) if one.platforms}
    assert administration
    assert declared == {
        **dict.fromkeys(administration, CostClass.ADMIN),
        "analyzeAttribution": CostClass.HEAVY,
        "analyzeLifecycle": CostClass.HEAVY,
        "analyzeRetention": CostClass.HEAVY,
        "analyzeStickiness": CostClass.HEAVY,
        "analyzeFunnel": CostClass.HEAVY,
        "askWhatIf": CostClass.HEAVY,
        "compareProperties": CostClass.HEAVY,
        "describeUsers": CostClass.BULK,
        "getBrandPower": CostClass.HEAVY,
        "getCohort": CostClass.HEAVY,
        "getMetrics": CostClass.ADMIN,
        "getMetricsSummary": CostClass.HEAVY,
        "getOrganizationPower": CostClass.HEAVY,
        "getPortfolioMarketPerformance": CostClass.HEAVY,
        "listAttributedConversions": CostClass.HEAVY,
        "listCohortUsers": CostClass.HEAVY,
        "listFunnelUsers": CostClass.HEAVY,
        "listPortfolioHealth": CostClass.HEAVY,
        "listRetentionUsers": CostClass.HEAVY,
        "querySeries": CostClass.HEAVY,
        "readRealtimeMetrics": CostClass.HEAVY,
        "recordMetrics": CostClass.BULK,
        "replacePropertyHistory": CostClass.BULK,
        "requestMarketRefresh": CostClass.BULK,
        "sendEventsInBulk": CostClass.BULK,
    }


def telemetry(served: Served) -> dict[tuple[str, tuple[tuple[str, str], ...]], int]:
    found = served.adapters.telemetry
    assert isinstance(found, RecordingTelemetry)
    return found.counts
