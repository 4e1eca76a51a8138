"""Funnels over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sightline.application.record_events import EventRequest
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import TenantId

from .served import Served, serving

PATH = "/api/v2/analytics/funnel"
ACME = TenantId("acme")
FIRST = datetime(2025, 12, 20, tzinfo=UTC)
QUESTION: dict[str, Any] = {
    "range": {"start": "2025-12-20", "end": "2025-12-23"},
    "steps": [
        {"event_type": "visit"},
        {"event_type": "signup", "filters": {"property": "plan", "op": "eq", "value": "pro"}},
        {"event_type": "tour", "optional": True},
        {"event_type": ["pay", "invoice"]},
    ],
    "window": "P2D",
}


def event(user: str, kind: str, day: float, **properties: Any) -> EventDraft:
    at = FIRST + timedelta(days=day)
    return EventDraft(user, kind, f"{user}-{kind}-{day}", at, properties)


TOLD = [
    event("ann", "visit", 0, channel="ads"),
    event("ann", "signup", 0.5, plan="pro"),
    event("ann", "tour", 0.75),
    event("ann", "pay", 1),
    event("bob", "visit", 1, channel="mail"),
    event("bob", "signup", 1.25, plan="free"),
    event("cat", "visit", 2),
    event("cat", "signup", 2.5, plan="pro"),
    event("cat", "refund", 2.6),
    event("cat", "invoice", 2.75),
]


@pytest.fixture
async def walked() -> AsyncIterator[Served]:
    async with serving() as served:
        await served.cases.record_events(ACME, EventRequest(dict(enumerate(TOLD))))
        await served.cases.load_events.once()
        yield served


async def test_steps_come_with_the_rules_and_the_position(walked: Served) -> None:
    answer = await walked.acme.post(f"{PATH}/analyze", json={**QUESTION, "explain": True})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [one["count"] for one in told["steps"]] == [3, 2, 1, 2]
    assert told["steps"][0]["median_seconds"] is None
    assert told["steps"][3]["event_type"] == ["pay", "invoice"]
    assert told["steps"][3]["conversion_from_previous"] == 1.0
    assert told["steps"][3]["median_seconds"] == (0.5 + 0.25) / 2 * 86_400
    assert told["breakdowns"] is None
    assert told["rules"]["window"] == "P2D"
    assert told["rules"]["entry"] == "best_of_all_attempts"
    assert told["rules"]["steps"][1]["filters"]["value"] == "pro"
    assert told["as_of"] == len(TOLD)
    assert told["complete_until"] == "2025-12-24T00:00:00Z"
    assert told["explain"]["events_read"] > 0


async def test_every_option_is_taken(walked: Served) -> None:
    everything = {
        **QUESTION,
        "order": "ordered",
        "entry": "re_enter",
        "grace": "PT5S",
        "steps_after_range": False,
        "exclusions": [
            {"event_type": "refund", "from_step": 2, "to_step": 4, "effect": "keep_reached"}
        ],
        "breakdown": {"property": "channel", "attribution": {"step": 1}, "limit": 5},
        "filters": {"property": "bot", "op": "is_not_set"},
        "trend": {"interval": "day", "from_step": 1, "to_step": 4},
        "time_to_convert": {"from_step": 1, "to_step": 4, "bins": 3},
        "sensitivity": True,
    }
    answer = await walked.acme.post(f"{PATH}/analyze", json=everything)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [one["count"] for one in told["steps"]] == [3, 2, 1, 1]
    assert [(one["value"], one["steps"][0]["count"]) for one in told["breakdowns"]] == [
        ("", 1), ("ads", 1), ("mail", 1),
    ]  # fmt: skip
    assert [(one["entered"], one["converted"]) for one in told["trend"]] == [
        (1, 1), (1, 0), (1, 0), (0, 0),
    ]  # fmt: skip
    assert told["time_to_convert"]["count"] == 1
    assert len(told["time_to_convert"]["bins"]) == 3
    assert {one["effect"] for one in told["sensitivity"]} == {"void_attempt", "keep_reached"}
    assert told["rules"]["breakdown"]["attribution"] == {"step": 1}
    first = {**QUESTION, "breakdown": {"property": "channel", "attribution": "first_touch"}}
    answer = await walked.acme.post(f"{PATH}/analyze", json=first)
    assert answer.json()["rules"]["breakdown"]["attribution"] == "first_touch"


async def test_users_are_listed_page_by_page_as_of_one_position(walked: Served) -> None:
    body: dict[str, Any] = {"query": QUESTION, "step": 1, "limit": 2}
    first = (await walked.acme.post(f"{PATH}/users", json=body)).json()
    assert [one["user_id"] for one in first["items"]] == ["ann", "bob"]
    assert first["items"][1] == {
        "user_id": "bob",
        "entered_at": "2025-12-21T00:00:00Z",
        "steps": ["2025-12-21T00:00:00Z", None, None, None],
    }
    late = EventRequest({0: event("eve", "visit", 3)})
    await walked.cases.record_events(ACME, late)
    await walked.cases.load_events.once()
    following = {**body, "cursor": first["next_cursor"]}
    second = (await walked.acme.post(f"{PATH}/users", json=following)).json()
    assert [one["user_id"] for one in second["items"]] == ["cat"]
    assert (second["next_cursor"], second["as_of"]) == (None, first["as_of"])


async def test_who_dropped_out_before_a_step_is_listed(walked: Served) -> None:
    body = {"query": QUESTION, "step": 2, "state": "dropped"}
    told = (await walked.acme.post(f"{PATH}/users", json=body)).json()
    assert [one["user_id"] for one in told["items"]] == ["bob"]


async def test_a_cursor_is_of_use_to_its_list_alone(walked: Served) -> None:
    body: dict[str, Any] = {"query": QUESTION, "step": 1, "limit": 1}
    cursor = (await walked.acme.post(f"{PATH}/users", json=body)).json()["next_cursor"]
    other = {**body, "query": {**QUESTION, "window": "P1D"}, "cursor": cursor}
    answer = await walked.acme.post(f"{PATH}/users", json=other)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"window": "PT0S"}, ["#/window"]),
        ({"window": "P2Y"}, ["#/window"]),
        ({"steps": []}, ["#/steps"]),
        ({"steps": [{"event_type": "a"}] * 50}, ["#/steps"]),
        ({"steps": [{"event_type": ""}]}, ["#/steps/0/event_type"]),
        ({"exclusions": [{"event_type": "x", "from_step": 2, "to_step": 1}]},
         ["#/exclusions/0/to_step"]),
        ({"exclusions": [{"event_type": "x", "to_step": 9}], "grace": "P9D"},
         ["#/grace", "#/exclusions/0/to_step"]),
        ({"breakdown": {"property": "p", "attribution": {"step": 9}}},
         ["#/breakdown/attribution/step"]),
        ({"breakdown": {"property": "p", "attribution": "third_touch"}},
         ["#/breakdown/attribution"]),
        ({"breakdown": {"property": "p", "limit": 100_000}}, ["#/breakdown/limit"]),
        ({"trend": {"interval": "fortnight"}}, ["#/trend/interval"]),
        ({"range": {"start": "2016-01-01", "end": "2025-12-23"}, "trend": {"interval": "minute"}},
         ["#/trend/interval"]),
        ({"range": {"start": "1870-01-01", "end": "2199-01-01"}}, ["#/range/start"]),
        ({"filters": {"property": "p", "op": "like", "value": "x"}}, ["#/filters/op"]),
        ({"order": "random"}, ["#/order"]),
        ({"stepz": []}, ["#/stepz"]),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_with_its_place(
    walked: Served, wrong: dict[str, Any], pointers: list[str]
) -> None:
    answer = await walked.acme.post(f"{PATH}/analyze", json={**QUESTION, **wrong})
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == pointers


async def test_a_tenant_never_counts_another_ones_users(walked: Served) -> None:
    told = (await walked.rival.post(f"{PATH}/analyze", json=QUESTION)).json()
    assert ([one["count"] for one in told["steps"]], told["as_of"]) == ([0, 0, 0, 0], 0)
    body = {"query": QUESTION, "step": 1}
    assert (await walked.rival.post(f"{PATH}/users", json=body)).json()["items"] == []


async def test_a_job_answers_what_the_route_would(walked: Served) -> None:
    asked = await walked.acme.post(
        f"{PATH}/analyze", json=QUESTION, headers={"Prefer": "respond-async"}
    )
    assert asked.status_code == 202, asked.text
