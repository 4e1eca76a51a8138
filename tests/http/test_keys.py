"""API keys over HTTP: shown once, rotated with an overlap, revoked at once."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sightline.adapters.memory.clock import FixedClock
from sightline.domain.tenancy import checksum_fits

from .served import Served

PATTERN = r"sl_(live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{36}"


async def created(served: Served, **wanted: Any) -> dict[str, Any]:
    answer = await served.acme.post("/api/v1/keys", json={"name": "laptop", **wanted})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def status_with(served: Served, key: str, path: str = "/api/v1/me") -> int:
    answer = await served.stranger.get(path, headers={"authorization": f"Bearer {key}"})
    return answer.status_code


def move(served: Served, **by: float) -> None:
    assert isinstance(served.adapters.clock, FixedClock)
    served.adapters.clock.move(timedelta(**by))


@pytest.mark.parametrize("kind", ["live", "test"])
async def test_a_new_key_has_the_form_and_is_shown_this_once(served: Served, kind: str) -> None:
    answer = await served.acme.post(
        "/api/v1/keys", json={"name": "laptop", "role": "viewer", "kind": kind}
    )
    made = answer.json()
    assert re.fullmatch(PATTERN, made["key"])
    assert made["key"].startswith(f"sl_{kind}_{made['id']}_")
    assert checksum_fits(made["key"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"/api/v1/keys/{made['id']}"
    shown = await served.acme.get(answer.headers["location"])
    assert shown.json() == {
        name: value for name, value in made.items() if name not in {"key", "signing_secret"}
    }
    secret = made["key"][-36:]
    for path in ("/api/v1/keys", f"/api/v1/keys/{made['id']}", "/api/v1/me"):
        told = await served.acme.get(path)
        assert secret not in told.text + str(told.headers)


async def test_a_key_may_do_what_was_asked_for_and_says_who_it_is(served: Served) -> None:
    made = await created(served, scopes=["energy:read", "properties:read"])
    assert made["scopes"] == ["energy:read", "properties:read"]
    headers = {"x-api-key": made["key"]}
    told = (await served.stranger.get("/api/v1/me", headers=headers)).json()
    assert told == {
        "tenant": "acme",
        "kind": "api_key",
        "id": made["id"],
        "name": "laptop",
        "scopes": ["energy:read", "properties:read"],
        "expires_at": None,
    }
    assert await status_with(served, made["key"], "/api/v1/properties") == 200
    assert await status_with(served, made["key"], "/api/v1/jobs") == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": "x", "role": "viewer", "scopes": ["energy:read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["energy:wipe"]},
        {"name": "x", "role": "root"},
        {"name": " ", "role": "viewer"},
        {"name": "x", "role": "viewer", "expires_at": "2025-01-01T00:00:00Z"},
        {"name": "x", "role": "viewer", "expires_at": "2027-01-01T00:00:00"},
        {"name": "x", "role": "viewer", "kind": "demo"},
        {"name": "x", "role": "viewer", "id": "mine", "tenant": "rival"},
    ],
    ids=json.dumps,
)
async def test_a_key_that_cannot_be_is_refused_in_words(
    served: Served, body: dict[str, Any]
) -> None:
    answer = await served.acme.post("/api/v1/keys", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert len((await served.acme.get("/api/v1/keys")).json()["items"]) == 1


async def test_nobody_makes_a_key_that_may_do_more(served: Served) -> None:
    narrow = await created(served, scopes=["keys:read", "keys:write", "energy:read"])
    client = {"authorization": f"Bearer {narrow['key']}"}
    for wanted in ({"role": "viewer"}, {"scopes": ["metrics:read"]}):
        body = {"name": "more", **wanted}
        answer = await served.stranger.post("/api/v1/keys", json=body, headers=client)
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/scopes-not-held"
    same = {"name": "same", "scopes": ["energy:read"]}
    answer = await served.stranger.post("/api/v1/keys", json=same, headers=client)
    assert answer.status_code == 201
    for wanted in ({"role": "platform"}, {"scopes": ["tenants:admin"]}):
        body = {"name": "more", **wanted}
        assert (await served.acme.post("/api/v1/keys", json=body)).status_code == 403


async def test_nobody_gains_by_rotating_a_key_that_may_do_more(served: Served) -> None:
    narrow = await created(served, scopes=["keys:write"])
    client = {"authorization": f"Bearer {narrow['key']}"}
    answer = await served.stranger.post("/api/v1/keys/acme/rotate", json={}, headers=client)
    assert answer.status_code == 403
    assert "key" not in answer.json()
    assert (await served.acme.get("/api/v1/keys/acme")).json()["replaced_by"] is None


async def test_a_key_ends_at_its_instant(served: Served) -> None:
    made = await created(served, role="viewer", expires_at="2026-01-01T01:00:00Z")
    move(served, seconds=3599)
    assert await status_with(served, made["key"]) == 200
    move(served, seconds=1)
    assert await status_with(served, made["key"]) == 401
    assert (await served.acme.get(f"/api/v1/keys/{made['id']}")).status_code == 200


async def test_both_keys_work_within_the_overlap_and_only_the_new_one_after(
    served: Served,
) -> None:
    old = await created(served, role="analyst", expires_at="2026-01-11T00:00:00Z")
    move(served, days=2)
    answer = await served.acme.post(
        f"/api/v1/keys/{old['id']}/rotate", json={"overlap_seconds": 3600}
    )
    assert answer.status_code == 201
    new = answer.json()
    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
    assert new["expires_at"] == "2026-01-13T00:00:00Z"  # ten days, as the old one was to live
    ended = (await served.acme.get(f"/api/v1/keys/{old['id']}")).json()
    assert (ended["expires_at"], ended["replaced_by"]) == ("2026-01-03T01:00:00Z", new["id"])
    move(served, seconds=3599)
    assert [await status_with(served, key["key"]) for key in (old, new)] == [200, 200]
    move(served, seconds=1)
    assert [await status_with(served, key["key"]) for key in (old, new)] == [401, 200]


async def test_a_key_has_one_successor_and_the_overlap_an_end(served: Served) -> None:
    old = await created(served, role="viewer")
    path = f"/api/v1/keys/{old['id']}/rotate"
    for overlap in (-1, 7 * 86_400 + 1, 0.5):
        answer = await served.acme.post(path, json={"overlap_seconds": overlap})
        assert answer.status_code == 422
    assert (await served.acme.post(path, json={"overlap_seconds": 0})).status_code == 201
    assert await status_with(served, old["key"]) == 401
    again = await served.acme.post(path, json={})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/api-key-ended")


async def test_a_revoked_key_is_refused_from_then_on(served: Served) -> None:
    made = await created(served, role="viewer")
    assert await status_with(served, made["key"]) == 200
    assert (await served.acme.delete(f"/api/v1/keys/{made['id']}")).status_code == 204
    assert await status_with(served, made["key"]) == 401
    assert (await served.acme.get(f"/api/v1/keys/{made['id']}")).status_code == 404
    assert (await served.acme.delete(f"/api/v1/keys/{made['id']}")).status_code == 404


async def test_the_last_use_is_written_aside_once_a_minute(served: Served) -> None:
    made = await created(served, role="viewer")
    path = f"/api/v1/keys/{made['id']}"
    move(served, minutes=5)
    await status_with(served, made["key"])
    assert (await served.acme.get(path)).json()["last_used_at"] is None
    await served.cases.note_key_uses()
    assert (await served.acme.get(path)).json()["last_used_at"] == "2026-01-01T00:05:00Z"
    move(served, seconds=59)
    await status_with(served, made["key"])
    await served.cases.note_key_uses()
    assert (await served.acme.get(path)).json()["last_used_at"] == "2026-01-01T00:05:00Z"
    move(served, seconds=1)
    await status_with(served, made["key"])
    assert await served.cases.note_key_uses() == 1
    assert await served.cases.note_key_uses() == 0
    assert (await served.acme.get(path)).json()["last_used_at"] == "2026-01-01T00:06:00Z"


@pytest.mark.parametrize("identifier", ["nothing", "%00", "a" * 65, "..", "x%27--"])
async def test_ids_that_cannot_be_are_not_found(served: Served, identifier: str) -> None:
    answer: httpx.Response = await served.acme.get(f"/api/v1/keys/{identifier}")
    assert answer.status_code == 404
