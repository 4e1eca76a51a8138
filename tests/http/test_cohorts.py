"""Saved cohorts over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sightline.application.record_events import EventRequest
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import TenantId
from sightline.domain.questions.cohorts import MOST_COHORTS

from .served import Served, serving

PATH = "/api/v2/analytics/cohorts"
ONE = "/api/v2/analytics/cohort"
ACME = TenantId("acme")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOYAL: dict[str, Any] = {
    "name": "Loyal",
    "definition": {"did": {"event_type": "visit"}, "at_least": 2, "within_days": 7},
    "description": "Twice in a week.",
}
PROS = {
    "name": "Pros",
    "definition": {"user": {"property": "plan", "op": "eq", "value": "pro"}},
}


def visit(user: str, days_ago: float) -> EventDraft:
    return EventDraft(user, "visit", f"{user}-{days_ago}", NOW - timedelta(days=days_ago), {})


@pytest.fixture
async def visited() -> AsyncIterator[Served]:
    async with serving() as served:
        visits = [visit("ann", ago) for ago in (0.5, 3, 9, 10)]
        visits += [visit("bob", ago) for ago in (8, 9)] + [visit("cat", 1)]
        await served.cases.record_events(ACME, EventRequest(dict(enumerate(visits))))
        await served.cases.load_events.once()
        for user in ("cat", "dan"):
            said = {"attributes": {"plan": "pro"}}
            (await served.acme.put(f"/api/v1/users/{user}", json=said)).raise_for_status()
        yield served


async def save(client: httpx.AsyncClient, said: dict[str, Any]) -> Any:
    answer = await client.post(PATH, json=said)
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == f'"v{answer.json()["version"]}"'
    return answer.json()


async def show(client: httpx.AsyncClient, cohort: Any, **query: Any) -> Any:
    answer = await client.get(f"{ONE}/{cohort['cohort_id']}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_cohort_tells_its_size_now_and_over_time(visited: Served) -> None:
    cohort = await save(visited.acme, LOYAL)
    assert cohort["definition"] == {
        "did": {"event_type": "visit", "filters": None},
        "at_least": 2,
        "within_days": 7,
    }
    told = await show(visited.acme, cohort, interval="day", intervals=4)
    assert told["size"] == 1
    assert told["sizes"] == [
        {"at": "2025-12-28T00:00:00Z", "size": 2},
        {"at": "2025-12-29T00:00:00Z", "size": 2},
        {"at": "2025-12-30T00:00:00Z", "size": 2},
        {"at": "2025-12-31T00:00:00Z", "size": 0},
    ]
    assert told["retention"] is None
    assert told["rules"]["as_of"] == "2026-01-01T00:00:00Z"
    assert {name: told[name] for name in cohort} == cohort


async def test_membership_at_a_past_instant_is_what_it_was(visited: Served) -> None:
    cohort = await save(visited.acme, LOYAL)
    then = {"as_of": "2025-12-28T00:00:00Z", "intervals": 0}
    before = await show(visited.acme, cohort, **then)
    assert before["size"] == 2
    await visited.cases.record_events(ACME, EventRequest({0: visit("bob", 0.1)}))
    await visited.cases.load_events.once()
    after = await show(visited.acme, cohort, **then)
    assert (after["size"], after["rules"]) == (before["size"], before["rules"])


async def test_nobody_is_a_member_before_doing_anything(visited: Served) -> None:
    cohort = await save(visited.acme, PROS)
    assert (await show(visited.acme, cohort))["size"] == 1
    users = await visited.acme.get(f"{ONE}/{cohort['cohort_id']}/users")
    assert users.json()["user_ids"] == ["cat"]


async def test_the_members_retention_is_told_on_request(visited: Served) -> None:
    cohort = await save(visited.acme, LOYAL)
    told = await show(visited.acme, cohort, retention="week", explain="true")
    assert len(told["retention"]) == 12
    # Ann alone, in the week of December 22nd and in the one after it.
    assert [(one["size"], one["values"]) for one in told["retention"][-2:]] == [
        (1, [1, 1]),
        (1, [1]),
    ]
    assert told["retention"][-1]["complete"] == [False]
    assert told["rules"]["retention"]["cohort_rule"] == "recurring"
    assert told["explain"]["engine"]


async def test_members_come_page_by_page_as_of_one_moment(visited: Served) -> None:
    anybody = {"name": "Visitors", "definition": {"did": {"event_type": "visit"}}}
    cohort = await save(visited.acme, anybody)
    where = f"{ONE}/{cohort['cohort_id']}/users"
    first = (await visited.acme.get(where, params={"limit": 2})).json()
    assert (first["user_ids"], first["total"]) == (["ann", "bob"], 3)
    await visited.cases.record_events(ACME, EventRequest({0: visit("zoe", 0.1)}))
    await visited.cases.load_events.once()
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = (await visited.acme.get(where, params=query)).json()
    assert (second["user_ids"], second["total"], second["next_cursor"]) == (["cat"], 3, None)
    assert second["at"] == first["at"] == "2026-01-01T00:00:00Z"
    later = await visited.acme.get(where, params={**query, "as_of": "2025-12-31T00:00:00Z"})
    assert later.status_code == 422


async def test_cohorts_are_listed_by_name_and_forgotten(served: Served) -> None:
    made = [await save(served.acme, one) for one in (PROS, LOYAL)]
    listed = (await served.acme.get(PATH)).json()["items"]
    assert [one["name"] for one in listed] == ["Loyal", "Pros"]
    where = f"{ONE}/{made[0]['cohort_id']}"
    assert (await served.acme.delete(where)).status_code == 204
    for answer in (await served.acme.get(where), await served.acme.delete(where)):
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("cohort-not-found")
    assert (await served.rival.get(PATH)).json()["items"] == []


async def test_two_people_do_not_overwrite_each_other(served: Served) -> None:
    cohort = await save(served.acme, LOYAL)
    where, tag = f"{ONE}/{cohort['cohort_id']}", {"if-match": f'"v{cohort["version"]}"'}
    shown = await served.acme.get(where)
    assert shown.headers["etag"] == tag["if-match"]
    same = await served.acme.put(where, json=LOYAL, headers=tag)
    assert same.json() == cohort
    changed = await served.acme.put(where, json={**LOYAL, "name": "Regulars"}, headers=tag)
    assert changed.json()["version"] > cohort["version"]
    for late in (
        await served.acme.put(where, json=LOYAL, headers=tag),
        await served.acme.delete(where, headers=tag),
    ):
        assert late.status_code == 412
    assert (await served.acme.get(where)).json()["name"] == "Regulars"


async def test_everything_that_is_wrong_is_told_at_once(served: Served) -> None:
    wrong = {
        "name": "",
        "definition": {"and": [{"did": {"event_type": "x"}, "at_least": 0}, {"never": 1}]},
        "description": "",
    }
    answer = await served.acme.post(PATH, json=wrong)
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        "#/name",
        "#/description",
        "#/definition/and/0/at_least",
        "#/definition/and/1",
    }


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"as_of": "2026-01-01T00:00:01Z"}, "as_of"),
        ({"as_of": "1970-01-01T00:00:00Z"}, "as_of"),
        ({"interval": "hour"}, "interval"),
        ({"intervals": "61"}, "intervals"),
        ({"retention": "year"}, "retention"),
        ({"timezone": "Nowhere"}, "timezone"),
    ],
)
async def test_what_cannot_be_asked_of_a_cohort_is_refused_by_name(
    served: Served, query: dict[str, str], parameter: str
) -> None:
    cohort = await save(served.acme, LOYAL)
    answer = await served.acme.get(f"{ONE}/{cohort['cohort_id']}", params=query)
    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.json()["errors"]] == [parameter]


async def test_no_more_than_200_are_saved(served: Served) -> None:
    for _ in range(MOST_COHORTS):
        await save(served.acme, PROS)
    answer = await served.acme.post(PATH, json=PROS)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("too-many-cohorts")


async def test_concurrent_saves_are_different_cohorts(served: Served) -> None:
    made = await asyncio.gather(*(save(served.acme, PROS) for _ in range(5)))
    assert len({one["cohort_id"] for one in made}) == 5
    assert len({one["version"] for one in made}) == 5
