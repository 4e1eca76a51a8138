"""Questions about who comes back, over HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sightline.application.record_events import EventRequest
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import TenantId
from sightline.entrypoints.http.questions import LONGEST_REMEMBERED, read_before

from .served import Served, serving

PATH = "/api/v2/analytics"
ACME = TenantId("acme")
FIRST = datetime(2025, 12, 20, tzinfo=UTC)
DAYS = {"start": "2025-12-20", "end": "2025-12-22"}
VISITS = {"event_type": "visit"}
NO_VALUES = {"property": "plan", "limit": 0}
NO_OP = {"event_type": "visit", "filters": {"property": "x", "op": "?"}}
RETENTION: dict[str, Any] = {
    "range": DAYS,
    "interval": "day",
    "target": VISITS,
    "returning": VISITS,
}


def visit(user: str, day: float, **properties: Any) -> EventDraft:
    at = FIRST + timedelta(days=day)
    return EventDraft(user, "visit", f"{user}-{day}", at, properties)


VISITED = [
    visit("ann", 0, plan="pro"),
    visit("ann", 1),
    visit("ann", 2),
    visit("bob", 0.5, plan="free"),
    visit("bob", 2.25),
    visit("cat", 1, plan="free"),
]


@pytest.fixture
async def visited() -> AsyncIterator[Served]:
    async with serving() as served:
        request = EventRequest(dict(enumerate(VISITED)))
        await served.cases.record_events(ACME, request)
        await served.cases.load_events.once()
        yield served


async def ask(client: httpx.AsyncClient, subject: str, question: Any) -> Any:
    answer = await client.post(f"{PATH}/{subject}", json=question)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def flaws(served: Served, subject: str, question: Any) -> list[tuple[str, str]]:
    answer = await served.acme.post(f"{PATH}/{subject}", json=question)
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


async def test_retention_answers_with_its_rules_and_what_it_saw(visited: Served) -> None:
    told = await ask(visited.acme, "retention/analyze", {**RETENTION, "explain": True})
    assert told["cohorts"] == [
        {
            "start": "2025-12-20T00:00:00Z",
            "size": 2,
            "values": [2, 1, 2],
            "complete": [True, True, True],
        },
        {
            "start": "2025-12-21T00:00:00Z",
            "size": 2,
            "values": [2, 1],
            "complete": [True, True],
        },
        {"start": "2025-12-22T00:00:00Z", "size": 2, "values": [2], "complete": [True]},
    ]
    assert told["breakdowns"] == []
    assert told["as_of"] == len(VISITED)
    assert told["complete_until"] == "2025-12-23T00:00:00Z"
    assert told["rules"]["cohort_rule"] == "recurring"
    assert told["rules"]["range"] == {**DAYS, "timezone": "UTC"}
    assert told["explain"]["events_read"] == len(VISITED)


async def test_a_body_is_read_once_and_answered_anew(visited: Served) -> None:
    """Of what was read before nothing is known but the question, and that to its tenant alone."""
    question = {**RETENTION, "columns": 1}
    read_before.cache_clear()
    assert (await ask(visited.acme, "retention/analyze", question))["as_of"] == len(VISITED)
    late = EventRequest({0: visit("dan", 0.1)})
    await visited.cases.record_events(ACME, late)
    await visited.cases.load_events.once()
    again = await ask(visited.acme, "retention/analyze", question)
    assert (again["as_of"], again["cohorts"][0]["size"]) == (len(VISITED) + 1, 3)
    assert read_before.cache_info()[:2] == (1, 1)
    of_rival = await ask(visited.rival, "retention/analyze", question)
    assert (of_rival["as_of"], of_rival["cohorts"][0]["size"]) == (0, 0)
    assert read_before.cache_info()[:2] == (1, 2)


async def test_long_bodies_are_not_remembered(visited: Served) -> None:
    read_before.cache_clear()
    for length, remembered in ((LONGEST_REMEMBERED, 1), (LONGEST_REMEMBERED + 1, 1)):
        body = json.dumps(RETENTION).ljust(length)
        headers = {"content-type": "application/json"}
        answer = await visited.acme.post(f"{PATH}/retention/analyze", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert read_before.cache_info().currsize == remembered


async def test_the_rules_of_an_answer_ask_for_it_again(visited: Served) -> None:
    first = await ask(visited.acme, "retention/analyze", {**RETENTION, "columns": 2})
    kept = {
        name: value
        for name, value in first["rules"].items()
        if name not in {"count_by", "first_column", "counted_events", "user_attributes"}
    }
    again = await ask(visited.acme, "retention/analyze", kept)
    assert again == first


async def test_what_is_missing_from_an_open_cell_is_no_loss(visited: Served) -> None:
    days = {"start": "2025-12-22", "end": "2026-01-02"}
    told = await ask(visited.acme, "retention/analyze", {**RETENTION, "range": days})
    # It is midnight of January 1st: that day and the next have only begun, or not yet.
    assert told["cohorts"][0]["complete"] == [True] * 10 + [False] * 2
    assert told["complete_until"] == "2026-01-01T00:00:00Z"


async def test_a_breakdown_partitions_the_table(visited: Served) -> None:
    question = {
        **RETENTION,
        "cohort_rule": "first_time",
        "breakdown": {"property": "plan", "limit": 1},
    }
    told = await ask(visited.acme, "retention/analyze", question)
    assert [(one["value"], one["cohorts"][0]["values"]) for one in told["breakdowns"]] == [
        ("free", [1, 0, 1]),
        ("Other", [1, 1, 1]),
    ]
    assert told["cohorts"][0]["values"] == [2, 1, 2]


async def test_the_users_behind_a_cell_come_page_by_page(visited: Served) -> None:
    cell = {"query": RETENTION, "cohort": "2025-12-20T00:00:00Z", "column": 2, "limit": 1}
    first = await ask(visited.acme, "retention/users", cell)
    assert first["items"] == [
        {
            "user_id": "ann",
            "began_at": "2025-12-20T00:00:00Z",
            "returned_at": "2025-12-22T00:00:00Z",
            "returns": 1,
        }
    ]
    assert (first["total"], first["as_of"]) == (2, len(VISITED))
    # Whoever comes between two pages is not seen by the second.
    late = EventRequest({0: visit("abe", 0.1), 1: visit("abe", 2.2)})
    await visited.cases.record_events(ACME, late)
    await visited.cases.load_events.once()
    second = await ask(visited.acme, "retention/users", {**cell, "cursor": first["next_cursor"]})
    assert [one["user_id"] for one in second["items"]] == ["bob"]
    assert (second["total"], second["next_cursor"]) == (2, None)
    lost = await ask(visited.acme, "retention/users", {**cell, "column": 1, "state": "lost"})
    assert [one["user_id"] for one in lost["items"]] == ["abe"]
    assert lost["items"][0]["returned_at"] is None


async def test_a_cursor_is_of_use_for_its_own_cell_alone(visited: Served) -> None:
    cell = {"query": RETENTION, "cohort": "2025-12-20T00:00:00Z", "column": 2, "limit": 1}
    first = await ask(visited.acme, "retention/users", cell)
    other = {**cell, "column": 1, "cursor": first["next_cursor"]}
    assert await flaws(visited, "retention/users", other) == [("#/cursor", "cursor")]


async def test_lifecycle_tells_the_new_from_those_who_return(visited: Served) -> None:
    question = {"range": DAYS, "interval": "day", "event": VISITS}
    told = await ask(visited.acme, "lifecycle/analyze", question)
    assert [tuple(one.values())[1:5] for one in told["intervals"]] == [
        (2, 0, 0, 0),
        (1, 1, 0, -1),
        (0, 1, 1, -1),
    ]
    assert told["rules"]["new_when"] == "first_event"


async def test_an_attribute_says_who_is_new(visited: Served) -> None:
    said = {"attributes": {"first_seen": "2025-12-21"}}
    (await visited.acme.put("/api/v1/users/ann", json=said)).raise_for_status()
    question = {
        "range": DAYS,
        "interval": "day",
        "event": VISITS,
        "new_when": {"user_attribute": "first_seen"},
    }
    told = await ask(visited.acme, "lifecycle/analyze", question)
    assert [one["new"] for one in told["intervals"]] == [1, 2, 0]
    assert told["rules"]["new_when"] == {"user_attribute": "first_seen"}


async def test_stickiness_counts_users_by_their_days(visited: Served) -> None:
    question = {"range": DAYS, "interval": "day", "event": VISITS}
    told = await ask(visited.acme, "stickiness/analyze", question)
    assert told["users_by_interval_count"] == [1, 1, 1]


async def test_another_tenant_has_nobody(visited: Served) -> None:
    told = await ask(visited.rival, "retention/analyze", RETENTION)
    assert [one["size"] for one in told["cohorts"]] == [0, 0, 0]
    assert told["as_of"] == 0


@pytest.mark.parametrize(
    ("subject", "change", "pointer", "code"),
    [
        ("retention", {"range": {"start": "2025-13-01", "end": "x"}}, "#/range/start", "bound"),
        ("retention", {"range": {**DAYS, "timezone": "X"}}, "#/range/timezone", "timezone"),
        ("retention", {"interval": "fortnight"}, "#/interval", "unknown_value"),
        ("retention", {"minimum_occurrences": 0}, "#/minimum_occurrences", "out_of_range"),
        ("retention", {"cohort_rule": "always"}, "#/cohort_rule", "unknown_value"),
        ("retention", {"columns": 0}, "#/columns", "out_of_range"),
        ("retention", {"interval": "minute"}, "#/columns", "too_many"),
        ("retention", {"breakdown": NO_VALUES}, "#/breakdown/limit", "out_of_range"),
        ("retention", {"target": {"event_type": []}}, "#/target/event_type", "types"),
        ("retention", {"target": NO_OP}, "#/target/filters/op", "unknown_value"),
        ("retention", {"axis": []}, "#/axis", "unknown_field"),
        ("retention", {"filters": {"and": []}}, "#/filters/and", "type"),
        ("lifecycle", {"new_when": "sometimes"}, "#/new_when", "unknown_value"),
        ("lifecycle", {"new_when": {"user_attribute": ""}}, "#/new_when/user_attribute", "length"),
        ("lifecycle", {"new_when": 7}, "#/new_when", "unknown_value"),
        ("stickiness", {"event": None}, "#/event", "type"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused_with_its_place(
    served: Served, subject: str, change: dict[str, Any], pointer: str, code: str
) -> None:
    event = {"range": DAYS, "interval": "day", "event": VISITS}
    question = {**(RETENTION if subject == "retention" else event), **change}
    assert (pointer, code) in await flaws(served, f"{subject}/analyze", question)


async def test_a_cell_that_is_not_there_is_refused_with_its_place(served: Served) -> None:
    cell = {"query": RETENTION, "cohort": "2025-12-20T01:00:00Z", "column": 9}
    assert await flaws(served, "retention/users", cell) == [
        ("#/cohort", "unknown_cohort"),
        ("#/column", "out_of_range"),
    ]
    wrong = {**cell, "query": {**RETENTION, "columns": 0}}
    assert await flaws(served, "retention/users", wrong) == [("#/query/columns", "out_of_range")]
