"""Two tenants never see each other: every operation of the document, replayed by the other one."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from sightline.bootstrap import production
from sightline.entrypoints.http.app import EdgeOptions
from sightline.entrypoints.settings import Settings

from ..contracts.stores import (
    bare_postgres_database,
    grant_rows,
    plain_postgres_url,
    postgres_url,
)
from .seeds import ABSENT, CANARY, CHOSEN, RIGHT, Operation, call, operations, rightful, seed
from .served import Served, serving
from .test_openapi import DOCUMENT

EVERY = list(operations(DOCUMENT))
OWN = [operation for operation in EVERY if operation.tenants_own]
MADE = [operation for operation in OWN if operation.name in CHOSEN]
WITH_ID = [one for one in OWN if "{" in one.path and one not in MADE]
PLATFORMS = [operation for operation in EVERY if operation.platforms]
WITHOUT_ID = [operation for operation in OWN if "{" not in operation.path]


def named(operation: Operation) -> str:
    return operation.name


@pytest.fixture
async def seeded() -> AsyncIterator[tuple[Served, Mapping[str, str]]]:
    async with serving() as served:
        yield served, await seed(served)


async def state(client: httpx.AsyncClient, ids: Mapping[str, str]) -> dict[str, str]:
    """Everything that a tenant can read, but for the audit log, which holds every look at it."""
    readable = [
        operation
        for operation in OWN
        if operation.method == "GET" and "Audit" not in operation.document["tags"]
    ]
    return {operation.name: (await call(client, operation, ids)).text for operation in readable}


def blurred(answer: httpx.Response, ids: Mapping[str, str]) -> tuple[int, str, set[str]]:
    """An answer without what must differ: the ids that were asked for and the request's own."""
    text = re.sub(r'"request_id":"[^"]*"', "", answer.text)
    for identifier in ids.values():
        text = text.replace(f"'{identifier}'", "'…'")
    return answer.status_code, text, set(answer.headers)


def test_every_operation_is_replayed() -> None:
    assert {operation.name for operation in EVERY} == set(RIGHT)
    assert len(WITH_ID) >= 14


@pytest.mark.parametrize("operation", EVERY, ids=named)
async def test_its_owner_may_call_it(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    answer = await call(rightful(served, operation), operation, ids)
    assert answer.status_code in {200, 201, 202, 204, 503}, answer.text
    if answer.status_code == 503:  # no market in memory: the property's own figures are told
        assert answer.json()["type"] == "/problems/comparison-incomplete"


@pytest.mark.parametrize("operation", WITH_ID, ids=named)
async def test_another_tenants_thing_is_as_absent_as_one_that_never_was(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    before = await state(served.acme, ids)
    foreign = await call(served.rival, operation, ids)
    absent = await call(served.rival, operation, ABSENT)
    assert foreign.status_code == 404
    assert blurred(foreign, ids) == blurred(absent, ABSENT)
    assert CANARY not in foreign.text
    assert await state(served.acme, ids) == before


@pytest.mark.parametrize("operation", MADE, ids=named)
async def test_a_name_of_the_callers_choosing_tells_nothing_of_whom_else_has_it(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    before = await state(served.acme, ids)
    foreign = await call(served.rival, operation, ids)
    nobodys = await call(served.rival, operation, dict.fromkeys(ids, "nobody_s"))
    assert foreign.status_code == nobodys.status_code < 300
    assert CANARY not in foreign.text
    assert set(foreign.json()) == set(nobodys.json())
    assert await state(served.acme, ids) == before


@pytest.mark.parametrize("operation", WITHOUT_ID, ids=named)
async def test_lists_and_sums_hold_nothing_of_another_tenant(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    before = await state(served.acme, ids)
    answer = await call(served.rival, operation, ids)
    own = operation.body is not None and CANARY in str(operation.body)
    assert own or CANARY not in answer.text + str(answer.headers)
    after = await state(served.acme, ids)
    assert after == before


@pytest.mark.parametrize("operation", PLATFORMS, ids=named)
async def test_administration_tells_tenants_nothing_not_even_whom_there_is(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    before = await state(served.acme, ids)
    tenants = (await served.platform.get("/api/v2/admin/tenants")).json()
    answers = [
        await call(served.rival, operation, {**ids, "tenant_id": other})
        for other in ("acme", "rival", "platform", ABSENT["tenant_id"])
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({blurred(answer, {})[1] for answer in answers}) == 1
    assert answers[0].json()["needed_scope"] == "tenants:admin"
    assert await state(served.acme, ids) == before
    assert (await served.platform.get("/api/v2/admin/tenants")).json() == tenants


async def test_behind_row_level_security_all_is_as_without(tmp_path: Path) -> None:
    name = bare_postgres_database()
    grant_rows(name)
    settings = Settings(
        data_dir=str(tmp_path),
        database_url=plain_postgres_url(name),
        migration_database_url=postgres_url(name),
        market_api_url="http://127.0.0.1:9",  # where nobody listens
    )
    async with production(settings) as adapters, AsyncExitStack() as stack:
        served = Served(adapters, EdgeOptions())
        for client in (served.stranger, served.acme, served.rival):
            stack.push_async_callback(client.aclose)
        await served.prepare()
        ids = await seed(served)
        before = (await served.acme.get("/api/v1/properties")).text
        for operation in WITH_ID:
            answer = await call(served.rival, operation, ids)
            assert answer.status_code == 404, (operation.name, answer.text)
        for operation in [*WITHOUT_ID, *MADE]:
            answer = await call(served.rival, operation, ids)
            assert operation.body is not None or CANARY not in answer.text
        assert (await served.acme.get("/api/v1/properties")).text == before
        own = [one for one in EVERY if not one.platforms]
        # What is removed comes last, and its parts before the whole.
        for operation in sorted(own, key=lambda one: (one.method == "DELETE", -len(one.path))):
            answer = await call(served.acme, operation, ids)
            assert answer.status_code in {200, 201, 202, 204, 503}, (operation.name, answer.text)
        await served.cases.record_audit.flush()
        assert len(await adapters.audit_records.tips()) == 2


async def test_one_address_two_tenants_two_answers(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    for _ in range(2):  # the second time every cache is warm
        ours = await served.acme.get("/api/v1/properties")
        theirs = await served.rival.get("/api/v1/properties")
        assert [item["id"] for item in ours.json()["items"]] == [1, 6]
        assert theirs.json()["items"] == []
        assert ours.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["tenant_id", "org_id", "tenant"])
async def test_naming_another_tenant_in_the_address_is_refused(
    seeded: tuple[Served, Mapping[str, str]], name: str
) -> None:
    served, _ = seeded
    assert (await served.rival.get(f"/api/v1/properties?{name}=acme")).status_code == 422
    headers = {"x-tenant-id": "acme", "x-org-id": "acme"}
    answer = await served.rival.get("/api/v1/properties", headers=headers)
    assert answer.json()["items"] == []


async def test_naming_another_tenant_in_a_body_is_refused(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, ids = seeded
    for operation in (operation for operation in OWN if operation.body is not None):
        for extra in ({"tenant_id": "acme"}, {"tenant": "acme"}, {"role": "admin"}):
            if extra.keys() <= operation.body.keys():
                continue  # a key has a role; tests/http/test_keys.py says who may give which
            answer = await served.rival.request(
                operation.method,
                operation.path.format_map(ids),
                json={**operation.body, **extra},
            )
            assert answer.status_code == 422, operation.name
            assert answer.json()["errors"][0]["code"] == "unknown_field"


async def test_a_cursor_of_one_tenant_is_of_no_use_to_another(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    for number in (2, 3):
        body = {**RIGHT["createProperty"][1], "id": number}
        assert (await served.acme.post("/api/v1/properties", json=body)).status_code == 201
    page = (await served.acme.get("/api/v1/properties?limit=1")).json()
    again = await served.acme.get(f"/api/v1/properties?limit=1&cursor={page['next_cursor']}")
    assert [item["id"] for item in again.json()["items"]] == [2]
    stolen = await served.rival.get(f"/api/v1/properties?limit=1&cursor={page['next_cursor']}")
    assert stolen.status_code == 422
    assert stolen.json()["errors"][0]["parameter"] == "cursor"


async def test_ids_of_another_tenant_in_a_body_are_as_absent_as_any(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, ids = seeded
    own = {**RIGHT["createProperty"][1], "id": 1, "name": "Own", "address": "Own Street"}
    assert (await served.rival.post("/api/v1/properties", json=own)).status_code == 201
    before = await state(served.acme, ids)
    for asked in ([1, 6], [6, 1]):
        # 6 is the other tenant's, 7 is nobody's; 1 is everybody's own.
        foreign, absent = [
            await served.rival.post(
                "/api/v1/portfolio/compare",
                json={"property_ids": [other if one == 6 else one for one in asked]},
            )
            for other in (6, 7)
        ]
        assert foreign.status_code == 404
        assert blurred(foreign, {"property_id": "6"}) == blurred(absent, {"property_id": "7"})
        assert "'6'" in foreign.json()["detail"]
        assert CANARY not in foreign.text
    assert await state(served.acme, ids) == before
