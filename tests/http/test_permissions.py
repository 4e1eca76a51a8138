"""Every operation with every role does what the table says, and the table what the routes say."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import get

from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import PLATFORM_TENANT, ROLES, Permission, Role
from sightline.entrypoints.http.app import framework
from sightline.entrypoints.http.permission_matrix import (
    Rule,
    UndeclaredPermission,
    document,
    rules,
)

from .seeds import Operation, call, operations, seed
from .served import Served, serving
from .test_openapi import DOCUMENT

ROOT = Path(__file__).parents[2]
RULES = {rule.operation: rule for rule in rules(framework(RecordingTelemetry()))}
EVERY = list(operations(DOCUMENT))


async def client_of(served: Served, role: Role) -> httpx.AsyncClient:
    """A client whose key has a role."""
    tenant = PLATFORM_TENANT if role is Role.PLATFORM else TenantId("acme")
    text = f"a-key-of-the-role-{role}"
    await served.cases.install_fixed_key(tenant, KeyId(role), role, text, ROLES[role])
    transport = httpx.ASGITransport(app=served.app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {text}"}
    return httpx.AsyncClient(transport=transport, base_url="http://sightline", headers=headers)


def ends_something(operation: Operation) -> bool:
    """Whether what others need may be gone afterwards."""
    return operation.method == "DELETE" or operation.name == "closeTenant"


@pytest.fixture
async def seeded() -> AsyncIterator[tuple[Served, Mapping[str, str]]]:
    async with serving() as served:
        yield served, await seed(served)


@pytest.mark.parametrize("role", Role)
async def test_every_operation_is_open_to_the_roles_of_the_table_alone(
    seeded: tuple[Served, Mapping[str, str]], role: Role
) -> None:
    served, ids = seeded
    async with await client_of(served, role) as client:
        for operation in sorted(EVERY, key=ends_something):
            await _replay(client, operation, ids, RULES[operation.name], role)


async def _replay(
    client: httpx.AsyncClient,
    operation: Operation,
    ids: Mapping[str, str],
    rule: Rule,
    role: Role,
) -> None:
    answer = await call(client, operation, ids)
    said = (operation.name, role, answer.text)
    if rule.allows(role):
        assert answer.status_code not in {401, 403}, said
        return
    assert answer.status_code == 403, said
    assert answer.json()["type"] == "/problems/permission-missing"
    assert answer.json()["needed_scope"] == rule.needs
    assert f'scope="{rule.needs}"' in answer.headers["www-authenticate"]
    assert f"'{rule.needs}'" in answer.json()["detail"]


def test_every_refusal_of_the_table_is_tried_and_every_scope() -> None:
    assert {operation.name for operation in EVERY} == set(RULES)
    tried = {rule.needs for rule in RULES.values()} - {None}
    assert tried == set(Permission)


def test_the_page_of_permissions_is_what_the_routes_say() -> None:
    written = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    assert written == document(framework(RecordingTelemetry())), (
        "write it anew: .venv/bin/sightline permissions > docs/permissions.md"
    )


@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"public": False},
        {"needs": "properties:reed"},
        {"needs": ""},
        {"public": True, "needs": "properties:read"},
        {"public": True, "needs": None},
    ],
    ids=str,
)
def test_a_route_of_which_nobody_said_who_may_call_it_stops_the_start(
    declared: dict[str, Any],
) -> None:
    @get("/thing", operation_id="getThing", **declared)
    async def thing() -> None:
        """A thing."""

    with pytest.raises(UndeclaredPermission, match="GET /thing"):
        framework(RecordingTelemetry(), [thing])


def test_the_document_names_the_scope_of_every_operation() -> None:
    for operation in EVERY:
        rule = RULES[operation.name]
        schemes = operation.document["security"]
        assert (schemes == []) is rule.public
        for scheme in schemes:
            assert list(scheme.values()) == [[rule.needs] if rule.needs else []]
        assert ("403" in operation.document["responses"]) is (rule.needs is not None)


async def test_a_narrow_role_sees_no_more_with_every_cache_warm(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    async with await client_of(served, Role.VIEWER) as viewer:
        for _ in range(2):
            assert (await served.acme.get("/api/v1/keys")).status_code == 200
            assert (await viewer.get("/api/v1/keys")).status_code == 403
            assert (await viewer.options("/api/v1/keys")).status_code == 204
