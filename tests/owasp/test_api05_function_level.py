"""API5:2023 Broken function level authorization.

Control: every route names the scope that it needs or the start stops, and a key never makes
a key that may do more. The matrix of roles and operations is in tests/http/test_permissions.py.
"""

from collections.abc import AsyncIterator, Mapping

import pytest

from sightline.domain.tenancy import ROLES, Permission, Role

from ..http.seeds import call, operations, seed
from ..http.served import Served, serving
from ..http.test_openapi import DOCUMENT
from ..http.test_permissions import RULES, client_of

ADMINS = {Permission.KEYS_READ, Permission.KEYS_WRITE, Permission.AUDIT_READ}
ADMIN_ONLY = [one for one in operations(DOCUMENT) if RULES[one.name].needs in ADMINS]
LOWER = (Role.VIEWER, Role.ANALYST, Role.OPERATOR)


@pytest.fixture
async def seeded() -> AsyncIterator[tuple[Served, Mapping[str, str]]]:
    async with serving() as served:
        yield served, await seed(served)


@pytest.mark.parametrize("role", LOWER)
async def test_functions_of_admins_are_closed_to_every_lower_role(
    seeded: tuple[Served, Mapping[str, str]], role: Role
) -> None:
    served, ids = seeded
    keys = (await served.acme.get("/api/v1/keys")).json()["items"]
    assert len(ADMIN_ONLY) >= 7
    async with await client_of(served, role) as client:
        for operation in ADMIN_ONLY:
            answer = await call(client, operation, ids)
            assert answer.status_code == 403, operation.name
            assert answer.json()["type"] == "/problems/permission-missing"
    after = (await served.acme.get("/api/v1/keys")).json()["items"]
    assert {one["id"] for one in after} == {one["id"] for one in keys} | {role}


async def test_another_method_or_spelling_opens_nothing(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, ids = seeded
    async with await client_of(served, Role.VIEWER) as viewer:
        for method, path in (
            ("HEAD", "/api/v1/keys"),
            ("GET", "/api/v1/keys/"),
            ("GET", "/api/v1//keys"),
            ("GET", "/API/V1/KEYS"),
            ("GET", "/api/v1/properties/../keys"),
            ("GET", f"/api/v1/keys/{ids['key_id']}/"),
        ):
            answer = await viewer.request(method, path)
            assert answer.status_code in {403, 404}, (method, path)
        override = {"x-http-method-override": "DELETE", "x-original-url": "/api/v1/keys"}
        assert (await viewer.get("/api/v1/properties", headers=override)).status_code == 200
    assert (await served.acme.get(f"/api/v1/keys/{ids['key_id']}")).status_code == 200


async def test_nobody_rises_by_making_a_key_or_asking_for_a_token(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    scopes = sorted({*ROLES[Role.VIEWER], Permission.KEYS_WRITE})
    made = await served.acme.post("/api/v1/keys", json={"name": "narrow", "scopes": scopes})
    narrow = made.json()
    headers = {"authorization": f"Bearer {narrow['key']}"}
    more = {"name": "more", "role": "admin"}
    answer = await served.stranger.post("/api/v1/keys", json=more, headers=headers)
    assert answer.status_code == 403
    form = {"grant_type": "client_credentials", "client_id": narrow["id"]}
    wanted = {"client_secret": narrow["key"], "scope": "audit:read"}
    token = await served.stranger.post("/oauth/token", data={**form, **wanted})
    assert (token.status_code, token.json()["error"]) == (400, "invalid_scope")
