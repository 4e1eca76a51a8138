"""API1:2023 Broken object level authorization.

Control: the tenant comes from the credential alone and is the first argument of every
repository, so that another tenant's thing is as absent as one that never was. Every
operation is replayed so in tests/http/test_isolation.py; here are the ways in that remain.
"""

import json

import pytest

from ..http.seeds import ABSENT, CANARY, PROPERTY, seed
from ..http.served import Served, serving

THINGS = {
    "property": ("/api/v1/properties/{property_id}", {"property_id": "6"}),
    "history": ("/api/v1/properties/{property_id}/history", {"property_id": "6"}),
    "job": ("/api/v1/jobs/{job_id}", {}),
    "key": ("/api/v1/keys/{key_id}", {}),
    "model": ("/api/v1/health-models/{version}", {}),
}


@pytest.mark.parametrize("thing", THINGS)
async def test_a_foreign_id_is_answered_byte_for_byte_like_an_unknown_one(thing: str) -> None:
    async with serving() as served:
        path, fixed = THINGS[thing]
        ids = await seed(served) | fixed
        asked = {"x-request-id": "the-same-for-both"}
        owners = await served.acme.get(path.format_map(ids))
        foreign = await served.rival.get(path.format_map(ids), headers=asked)
        absent = await served.rival.get(path.format_map(ABSENT), headers=asked)
        named = next(name for name in ids if f"{{{name}}}" in path)
        assert owners.status_code == 200
        assert foreign.status_code == absent.status_code == 404
        assert _without(foreign.text, ids[named]) == _without(absent.text, ABSENT[named])
        assert set(foreign.headers) == set(absent.headers)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_changing_by_a_foreign_id_changes_nothing(method: str) -> None:
    async with serving() as served:
        await seed(served)
        before = (await served.acme.get("/api/v1/properties/6")).text
        body = {"renewal_rate_ytd": 1.0} if method == "PATCH" else None
        answer = await served.rival.request(method, "/api/v1/properties/6", json=body)
        assert answer.status_code == 404
        assert (await served.acme.get("/api/v1/properties/6")).text == before


async def test_the_same_id_of_two_tenants_names_two_things() -> None:
    async with serving() as served:
        await seed(served)
        own = {**PROPERTY, "name": "Own", "address": "Own Street"}
        assert (await served.rival.post("/api/v1/properties", json=own)).status_code == 201
        assert (await served.rival.delete("/api/v1/properties/1")).status_code == 204
        assert (await served.acme.get("/api/v1/properties/1")).json()["name"] == CANARY


async def test_a_token_sees_what_its_key_sees_and_no_more() -> None:
    async with serving() as served:
        await seed(served)
        token = await _token(served, "rival")
        headers = {"authorization": f"Bearer {token}"}
        listed = await served.stranger.get("/api/v1/properties", headers=headers)
        assert json.loads(listed.text)["items"] == []
        single = await served.stranger.get("/api/v1/properties/1", headers=headers)
        assert single.status_code == 404


async def _token(served: Served, tenant: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": tenant}
    secret = {"client_secret": f"{tenant}-key-for-tests"}
    answer = await served.stranger.post("/oauth/token", data={**form, **secret})
    token: str = answer.json()["access_token"]
    return token


def _without(text: str, identifier: str) -> str:
    return text.replace(f"'{identifier}'", "…").replace(f" {identifier}", " …")
