"""Metrics over HTTP: declared, sent, and summed up by what they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
import pytest
from attrs import evolve

from sightline.adapters.memory.daily_figures import MemoryDailyFigures
from sightline.bootstrap import in_memory
from sightline.domain.identifiers import TenantId

from .served import Served, serving

PATH = "/api/v1/metrics"
SUMMARY = f"{PATH}/summary"
DEFINITIONS = "/api/v1/metric-definitions"
DAYS = {"start_date": "2026-03-01", "end_date": "2026-03-03"}
DONE = {date(2026, 3, 1): ["ada", "ada", "bob"], date(2026, 3, 3): ["ada"]}


async def declare(served: Served, name: str, over_days: str, **said: Any) -> httpx.Response:
    answer = await served.acme.put(f"{DEFINITIONS}/{name}", json={"over_days": over_days, **said})
    assert answer.status_code == 200, answer.text
    return answer


async def send(served: Served, *values: tuple[str, str, float]) -> httpx.Response:
    entries = [{"date": day, "metric_name": name, "value": value} for name, day, value in values]
    return await served.acme.post(PATH, json={"metrics": entries})


async def summary(served: Served, **query: Any) -> dict[str, Any]:
    answer = await served.acme.get(SUMMARY, params={**DAYS, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def flaws(response: httpx.Response) -> set[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return {
        (flaw["pointer"] or flaw["parameter"], flaw["code"]) for flaw in response.json()["errors"]
    }


@asynccontextmanager
async def furnished() -> AsyncIterator[Served]:
    adapters = evolve(in_memory(), daily_figures=MemoryDailyFigures({TenantId("acme"): DONE}))
    async with serving(adapters=adapters) as served:
        await declare(served, "revenue", "sum", unit="USD")
        await declare(served, "orders", "sum")
        await declare(served, "level", "last")
        await declare(served, "order_value", "ratio", numerator="revenue", denominator="orders")
        await declare(served, "per_user", "ratio", numerator="events", denominator="active_users")
        sent = await send(
            served,
            ("revenue", "2026-03-01", 100.1),
            ("revenue", "2026-03-03", 10.2),
            ("orders", "2026-03-01", 10),
            ("orders", "2026-03-03", 5),
            ("level", "2026-03-02", 7),
        )
        assert {one["outcome"] for one in sent.json()["items"]} == {"created"}
        yield served


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[Served]:
    """For tests that change nothing."""
    async with furnished() as served:
        yield served


async def test_a_metric_has_a_row_per_day_and_a_total_that_says_how(house: Served) -> None:
    found = await summary(house, metrics="revenue", org_id="acme")
    assert found == {
        "org_id": "acme",
        "start_date": "2026-03-01",
        "end_date": "2026-03-03",
        "as_of_position": None,
        "pending_events": None,
        "metrics": [
            {
                "metric_name": "revenue",
                "unit": "USD",
                "over_days": "sum",
                "days": [
                    {"date": "2026-03-01", "value": 100.1, "missing": False},
                    {"date": "2026-03-02", "value": None, "missing": True},
                    {"date": "2026-03-03", "value": 10.2, "missing": False},
                ],
                "total": {
                    "value": 110.3,
                    "how": "sum of 2 days",
                    "reason": None,
                    "days_with_value": 2,
                    "days": 3,
                },
            }
        ],
    }


async def test_a_ratio_is_the_ratio_of_totals_and_built_in_metrics_keep_theirs(
    house: Served,
) -> None:
    found = await summary(house, metrics="order_value,active_users,events,level,per_user")
    totals = {one["metric_name"]: one["total"] for one in found["metrics"]}
    assert totals["order_value"]["value"] == pytest.approx(110.3 / 15, rel=1e-15)
    assert totals["active_users"]["value"] == 2
    assert totals["active_users"]["how"] == "distinct users of 3 days"
    assert totals["events"]["value"] == 4
    assert totals["per_user"]["value"] == 2
    assert totals["level"]["how"] == "value of 2026-03-02, the last day that has one"


@pytest.mark.parametrize(
    "query",
    [
        "metrics=revenue&metrics=orders",
        "metrics=revenue,orders",
        "metrics=revenue%2Corders",
        "metrics[]=revenue&metrics[]=orders",
        "metrics%5B%5D=revenue&metrics=orders",
        "metrics=revenue,orders&metrics=revenue",
    ],
)
async def test_names_may_be_repeated_or_have_commas_between(house: Served, query: str) -> None:
    days = "start_date=2026-03-01&end_date=2026-03-03"
    answer = await house.acme.get(f"{SUMMARY}?{days}&{query}")
    named = [one["metric_name"] for one in answer.json()["metrics"]]
    assert named == ["revenue", "orders"]


async def test_other_parameters_may_not_be_repeated(house: Served) -> None:
    days = "start_date=2026-03-01&end_date=2026-03-03"
    twice = await house.acme.get(f"{SUMMARY}?{days}&start_date=2026-03-02&metrics=revenue")
    assert flaws(twice) == {("start_date", "repeated")}
    listed = await house.acme.get(f"{SUMMARY}?{days}&org_id[]=acme")
    assert flaws(listed) == {("org_id[]", "unknown_parameter")}


async def test_without_names_every_metric_is_summed_up(house: Served) -> None:
    named = [one["metric_name"] for one in (await summary(house))["metrics"]]
    listed = (await house.acme.get(DEFINITIONS)).json()["items"]
    assert named == [one["name"] for one in listed]
    assert named == sorted(["active_users", "events", "level", "order_value", "orders", "per_user", "revenue"])  # fmt: skip  # noqa: E501


async def test_unknown_metrics_are_named(house: Served) -> None:
    answer = await house.acme.get(SUMMARY, params={**DAYS, "metrics": "revenue,nope"})
    assert flaws(answer) == {("metrics", "unknown_metric")}
    assert answer.json()["type"] == "/problems/unknown-metric"
    assert "'nope'" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("start", "end", "named"),
    [
        ("2026-03-03", "2026-03-01", ("end_date", "reversed")),
        ("2026-01-01", "2027-02-05", ("end_date", "too_long")),
        ("0001-01-01", "2026-03-01", ("start_date", "out_of_range")),
        ("2026-03-01", "9999-12-31", ("end_date", "out_of_range")),
        ("2026-03-01T00:00:00", "2026-03-01", ("start_date", "date")),
        ("2026-03-01", "2026-02-30", ("end_date", "date")),
    ],
)
async def test_days_that_cannot_be_meant_are_named(
    house: Served, start: str, end: str, named: tuple[str, str]
) -> None:
    query = {"start_date": start, "end_date": end, "metrics": "revenue"}
    assert flaws(await house.acme.get(SUMMARY, params=query)) == {named}


async def test_another_organization_is_refused_not_replaced(house: Served) -> None:
    query = {**DAYS, "metrics": "revenue", "org_id": "rival"}
    entry = {"date": "2026-03-01", "metric_name": "revenue", "value": 1}
    answers = [
        await house.acme.get(SUMMARY, params=query),
        await house.acme.post(PATH, json={"metrics": [entry], "org_id": "rival"}),
        await house.acme.post(PATH, json={"metrics": [{**entry, "org_id": "rival"}]}),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/other-tenant"
    found = await summary(house, metrics="revenue")
    assert found["metrics"][0]["days"][0]["value"] == 100.1


async def test_the_last_value_of_a_day_counts_and_the_same_changes_nothing() -> None:
    async with furnished() as served:
        sent = await send(
            served,
            ("revenue", "2026-03-01", 100.1),
            ("revenue", "2026-03-02", 1),
            ("revenue", "2026-03-02", 2),
            ("revenue", "2026-03-02", 2.0),
        )
        outcomes = [one["outcome"] for one in sent.json()["items"]]
        assert outcomes == ["unchanged", "created", "changed", "unchanged"]
        found = await summary(served, metrics="revenue")
        assert [one["value"] for one in found["metrics"][0]["days"]] == [100.1, 2, 10.2]


async def test_a_batch_with_a_flaw_keeps_nothing_and_names_every_flaw() -> None:
    good = {"date": "2026-03-02", "metric_name": "revenue", "value": 1}
    bad = [
        {**good, "metric_name": "nope"},
        {**good, "metric_name": "order_value"},
        {**good, "metric_name": "events"},
    ]
    worse = [
        {**good, "date": "0001-01-01"},
        {**good, "value": 1e19},
        {**good, "value": "1"},
        {**good, "date": "2026-03-02T00:00:00Z"},
        {**good, "extra": 1},
    ]
    async with furnished() as served:
        answer = await served.acme.post(PATH, json={"metrics": [good, *bad]})
        assert flaws(answer) == {
            ("#/metrics/1/metric_name", "undeclared_metric"),
            ("#/metrics/2/metric_name", "computed_metric"),
            ("#/metrics/3/metric_name", "computed_metric"),
        }
        assert "PUT /api/v1/metric-definitions/" in answer.text
        answer = await served.acme.post(PATH, json={"metrics": [good, *worse]})
        assert flaws(answer) == {
            ("#/metrics/1/date", "out_of_range"),
            ("#/metrics/2/value", "out_of_range"),
            ("#/metrics/3/value", "type"),
            ("#/metrics/4/date", "date"),
            ("#/metrics/5/extra", "unknown_field"),
        }
        found = await summary(served, metrics="revenue")
        assert found["metrics"][0]["total"]["days_with_value"] == 2


@pytest.mark.parametrize("count", [0, 1001])
async def test_none_and_too_many_values_are_refused(house: Served, count: int) -> None:
    answer = await send(house, *[("revenue", "2026-03-01", 1.0)] * count)
    assert flaws(answer) == {("#/metrics", "length")}


async def test_a_metric_is_declared_shown_and_guarded(served: Served) -> None:
    made = await declare(served, "revenue", "sum", unit="USD", description="What was sold.")
    shown = await served.acme.get(f"{DEFINITIONS}/revenue")
    assert (shown.json(), shown.headers["etag"]) == (made.json(), made.headers["etag"])
    again = await declare(served, "revenue", "sum", unit="USD", description="What was sold.")
    assert again.headers["etag"] == made.headers["etag"]
    tag = {"If-Match": made.headers["etag"]}
    where, body = f"{DEFINITIONS}/revenue", {"over_days": "mean"}
    assert (await served.acme.put(where, json=body, headers=tag)).status_code == 200
    assert (await served.acme.put(where, json=body, headers=tag)).status_code == 412
    assert (await served.acme.get(f"{DEFINITIONS}/nope")).status_code == 404
    built_in = await served.acme.get(f"{DEFINITIONS}/active_users")
    assert built_in.json()["built_in"] is True


@pytest.mark.parametrize("name", ["events", "active_users"])
async def test_a_built_in_metric_is_not_declared_otherwise(house: Served, name: str) -> None:
    answer = await house.acme.put(f"{DEFINITIONS}/{name}", json={"over_days": "none"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/metric-built-in"


async def test_a_part_of_a_ratio_stays_a_sum(house: Served) -> None:
    answer = await house.acme.put(f"{DEFINITIONS}/orders", json={"over_days": "max"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/metric-in-use"
    assert "order_value" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "body", "named"),
    [
        ("Revenue", {"over_days": "sum"}, ("#/metric_name", "name")),
        ("x", {"over_days": "add"}, ("#/over_days", "unknown_value")),
        ("x", {}, ("#/over_days", "missing")),
        ("x", {"over_days": "sum", "unit": ""}, ("#/unit", "length")),
        ("x", {"over_days": "sum", "numerator": "orders"}, ("#/numerator", "not_taken")),
        (
            "x",
            {"over_days": "ratio", "numerator": "orders", "denominator": "level"},
            ("#/denominator", "not_a_sum"),
        ),
    ],
)
async def test_a_declaration_that_cannot_be_is_named(
    house: Served, name: str, body: dict[str, Any], named: tuple[str, str]
) -> None:
    assert flaws(await house.acme.put(f"{DEFINITIONS}/{name}", json=body)) == {named}


async def test_the_built_in_metrics_count_events_that_were_sent(served: Served) -> None:
    before = await summary(served, metrics="events,active_users")
    assert [one["total"]["value"] for one in before["metrics"]] == [0, 0]
    assert (before["as_of_position"], before["pending_events"]) == (0, 0)
    events = [
        {"event_id": f"e{number}", "user_id": user, "event_type": "visit", "timestamp": at}
        for number, (user, at) in enumerate(
            [("ada", "2025-12-30T23:59:59Z"), ("ada", "2025-12-31T00:00:00Z")]
        )
    ]
    sent = await served.acme.post("/api/v1/events", json={"events": events})
    assert sent.status_code < 300, sent.text
    days = {"start_date": "2025-12-30", "end_date": "2025-12-31"}
    waiting = await summary(served, **days, metrics="events")
    assert waiting["metrics"][0]["total"]["value"] == 0
    assert (waiting["as_of_position"], waiting["pending_events"]) == (0, 2)
    await served.cases.load_events.once()
    found = await summary(served, **days, metrics="events,active_users")
    assert (found["as_of_position"], found["pending_events"]) == (2, 0)
    values = [[one["value"] for one in each["days"]] for each in found["metrics"]]
    assert values == [[1, 1], [1, 1]]
    assert [one["total"]["value"] for one in found["metrics"]] == [2, 1]
