"""Attribution over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sightline.application.record_events import EventRequest
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import TenantId

from .served import Served, serving

PATH = "/api/v2/analytics/attribution"
ACME = TenantId("acme")
FIRST = datetime(2025, 12, 20, tzinfo=UTC)
QUESTION: dict[str, Any] = {
    "range": {"start": "2025-12-20", "end": "2025-12-23"},
    "conversion": {"event_type": "pay", "value_property": "amount"},
    "touchpoint": {"event_type": "visit", "property": "channel"},
    "lookback": "P2D",
    "models": ["first_touch", "linear", "markov"],
}


def event(user: str, kind: str, day: float, **properties: Any) -> EventDraft:
    at = FIRST + timedelta(days=day)
    return EventDraft(user, kind, f"{user}-{kind}-{day}", at, properties)


TOLD = [
    event("ann", "visit", 0, channel="ads"),
    event("ann", "visit", 1, channel="mail"),
    event("ann", "pay", 1.5, amount=30),
    event("bob", "visit", 1, channel="mail"),
    event("bob", "pay", 2, amount=10),
    event("cat", "pay", 2.5, amount=5),
    event("dan", "visit", 2, channel="ads"),
]


@pytest.fixture
async def touched() -> AsyncIterator[Served]:
    async with serving() as served:
        await served.cases.record_events(ACME, EventRequest(dict(enumerate(TOLD))))
        await served.cases.load_events.once()
        yield served


async def test_models_stand_side_by_side_with_the_rules_and_the_position(touched: Served) -> None:
    answer = await touched.acme.post(f"{PATH}/model", json={**QUESTION, "explain": True})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["conversions"], told["value"], told["untouched"]) == (3, 45.0, 1)
    assert (told["unconverted"], told["unconverted_open"]) == (1, 1)
    first, linear, markov = told["models"]
    assert [(one["value"], one["credit"]) for one in first["credits"]] == [
        ("ads", 30.0),
        ("mail", 10.0),
        ("(none)", 5.0),
    ]
    assert {one["value"]: one["share"] for one in linear["credits"]} == {
        "mail": 25 / 45,
        "ads": 15 / 45,
        "(none)": 5 / 45,
    }
    assert {one["value"]: one["effect"] for one in markov["credits"]} == {
        "mail": 1.0,
        "ads": 0.5,
        "(none)": None,
    }
    assert markov["conversion_rate"] == pytest.approx(2 / 3)
    assert told["rules"]["lookback"] == "P2D"
    assert told["rules"]["conversion"]["event_type"] == "pay"
    assert told["as_of"] == len(TOLD)
    assert told["complete_until"] == "2025-12-24T00:00:00Z"
    assert told["explain"]["events_read"] > 0


async def test_conversions_are_listed_page_by_page_as_of_one_position(touched: Served) -> None:
    body: dict[str, Any] = {"query": QUESTION, "limit": 2}
    first = (await touched.acme.post(f"{PATH}/conversions", json=body)).json()
    assert [one["user_id"] for one in first["items"]] == ["ann", "bob"]
    ann = first["items"][0]
    assert (ann["value"], ann["touches"]) == (30.0, 2)
    assert ann["models"][1] == {
        "model": "linear",
        "credits": [
            {"value": "ads", "touched": True, "credit": 15.0},
            {"value": "mail", "touched": True, "credit": 15.0},
        ],
    }
    assert ann["models"][2] == {"model": "markov", "credits": None}
    late = EventRequest({0: event("eve", "pay", 3, amount=1)})
    await touched.cases.record_events(ACME, late)
    await touched.cases.load_events.once()
    following = {**body, "cursor": first["next_cursor"]}
    second = (await touched.acme.post(f"{PATH}/conversions", json=following)).json()
    assert [one["user_id"] for one in second["items"]] == ["cat"]
    assert (second["next_cursor"], second["as_of"]) == (None, first["as_of"])


async def test_a_cursor_is_of_use_to_its_question_alone(touched: Served) -> None:
    body: dict[str, Any] = {"query": QUESTION, "limit": 1}
    cursor = (await touched.acme.post(f"{PATH}/conversions", json=body)).json()["next_cursor"]
    other = {**QUESTION, "conversion": {"event_type": "signup"}}
    answer = await touched.acme.post(
        f"{PATH}/conversions", json={"query": other, "limit": 1, "cursor": cursor}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"lookback": "PT0S"}, "#/lookback"),
        ({"lookback": "P1M"}, "#/lookback"),
        ({"half_life": "P9999D"}, "#/half_life"),
        ({"models": []}, "#/models"),
        ({"models": ["linear", "linear"]}, "#/models"),
        ({"models": ["magic"]}, "#/models/0"),
        ({"weights": {"first": 0.8, "last": 0.8}}, "#/weights"),
        ({"touchpoint": {"event_type": "visit", "property": ""}}, "#/touchpoint/property"),
        ({"touchpoint": {"event_type": "visit"}}, "#/touchpoint/property"),
        ({"conversion": {"event_type": []}}, "#/conversion/event_type"),
        ({"range": {"start": "1870-01-01", "end": "2199-01-01"}}, "#/range/start"),
        ({"counting": "everything"}, "#/counting"),
        ({"lookbak": "P1D"}, "#/lookbak"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    touched: Served, wrong: dict[str, Any], pointer: str
) -> None:
    answer = await touched.acme.post(f"{PATH}/model", json={**QUESTION, **wrong})
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


async def test_a_tenant_never_credits_another_ones_events(touched: Served) -> None:
    told = (await touched.rival.post(f"{PATH}/model", json=QUESTION)).json()
    assert (told["conversions"], told["as_of"]) == (0, 0)


async def test_a_job_answers_what_the_route_would(touched: Served) -> None:
    asked = await touched.acme.post(
        f"{PATH}/model", json=QUESTION, headers={"Prefer": "respond-async"}
    )
    assert asked.status_code == 202, asked.text
