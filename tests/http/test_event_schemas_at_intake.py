"""What a schema says of events as they are sent."""

from typing import Any

import httpx
import pytest

from .served import Served
from .test_events import event, ids, send

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "maximum": 5}},
    "required": ["n"],
}


async def register(client: httpx.AsyncClient, mode: str, **more: Any) -> None:
    body = {"schema": {**SCHEMA, **more}, "mode": mode}
    answer = await client.put("/api/v1/event-schemas/visit", json=body)
    assert answer.status_code in {200, 201}, answer.text


async def test_an_enforced_schema_refuses_with_the_pointer_and_nothing_is_kept(
    served: Served,
) -> None:
    await register(served.acme, "enforce")
    answer = await send(served.acme, event(1), event(7), event(8))
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["#/events/1/properties/n"]
    assert await ids(served.acme) == []
    lenient = await send(served.acme, event(1), event(7), prefer="handling=lenient")
    assert (lenient.json()["accepted"], lenient.json()["refused"]) == (1, 1)
    kept = (await served.acme.get("/api/v1/events/e1")).json()["event"]
    assert kept["schema_version"] == "1.0"


async def test_quarantined_events_are_kept_apart_from_lists_and_figures(served: Served) -> None:
    await register(served.acme, "quarantine")
    answer = await send(served.acme, event(1), event(7), event(9, properties={}))
    assert answer.status_code == 200
    assert answer.json()["quarantined"] == 2
    assert answer.json()["results"][1]["errors"][0]["pointer"] == "#/properties/n"
    for _ in range(2):
        assert await ids(served.acme) == ["e1"]
        await served.cases.load_events.once()
    listed = (await served.acme.get("/api/v1/events/quarantine", params={"limit": 1})).json()
    assert [one["event"]["event_id"] for one in listed["items"]] == ["e9"]
    rest = {"limit": 1, "cursor": listed["next_cursor"]}
    more = (await served.acme.get("/api/v1/events/quarantine", params=rest)).json()
    assert [one["event"]["event_id"] for one in more["items"]] == ["e7"]
    assert more["next_cursor"] is None
    assert more["items"][0]["errors"][0]["pointer"] == "#/properties/n"
    assert (await served.rival.get("/api/v1/events/quarantine")).json()["items"] == []
    trace = (await served.acme.get("/api/v1/events/e7/trace")).json()
    assert trace["quarantined"]
    assert trace["visible_in"] == []
    summary = await served.acme.get(
        "/api/v1/metrics/summary",
        params={"start_date": "2025-12-01", "end_date": "2025-12-01", "metrics": "events"},
    )
    assert summary.json()["metrics"][0]["total"]["value"] == 1


async def test_an_observed_schema_notes_what_is_wrong_and_keeps_the_event(served: Served) -> None:
    await register(served.acme, "observe")
    told = (await send(served.acme, event(7))).json()["results"][0]
    assert told["status"] == "accepted"
    assert told["errors"][0]["pointer"] == "#/properties/n"
    assert await ids(served.acme) == ["e7"]


async def test_old_events_stay_and_say_which_version_they_were_checked_against(
    served: Served,
) -> None:
    await send(served.acme, event(9))
    await register(served.acme, "enforce")
    await send(served.acme, event(1))
    await register(served.acme, "enforce", properties={"n": {"type": "integer", "maximum": 3}})
    await send(served.acme, event(3))
    found = (await served.acme.get("/api/v1/events")).json()["items"]
    assert [(one["event_id"], one["schema_version"]) for one in found] == [
        ("e9", None), ("e3", "2.0"), ("e1", "1.0"),
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["enforce", "quarantine", "observe"])
async def test_a_schema_is_of_its_tenant_and_its_type_alone(served: Served, mode: str) -> None:
    await register(served.rival, mode)
    await register(served.acme, mode)
    for client, sent in ((served.acme, event(8)), (served.rival, event(6))):
        answer = await send(client, sent)  # another type
        assert answer.json()["results"][0]["errors"] == []
    stranger = await send(served.platform, event(7))
    assert stranger.json()["results"][0]["errors"] == []
