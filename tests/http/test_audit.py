"""Whatever a tenant's principals do leaves one record, and what leaves none is not done."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from attrs import define, evolve

from sightline import bootstrap
from sightline.adapters.ed25519 import Ed25519Signer
from sightline.adapters.memory.audit import MemoryAuditLog
from sightline.adapters.memory.clock import FixedClock
from sightline.domain.errors import Unavailable
from sightline.domain.governance import AuditEntry, AuditQuery, AuditRecord, Head, Tip, verify
from sightline.domain.governance.audit import canonical
from sightline.domain.identifiers import TenantId
from sightline.entrypoints.http.app import EdgeOptions

from .seeds import (
    ABSENT,
    CANARY,
    CHOSEN,
    PROPERTY,
    RIGHT,
    Operation,
    call,
    operations,
    rightful,
    seed,
)
from .served import KEYS, Served, serving
from .test_openapi import DOCUMENT

ACME, RIVAL, PLATFORM = TenantId("acme"), TenantId("rival"), TenantId("platform")
EVERY = list(operations(DOCUMENT))
PRIVATE = [operation for operation in EVERY if operation.document.get("security") != []]
WITH_ID = [
    one for one in PRIVATE if "{" in one.path and not one.platforms and one.name not in CHOSEN
]
#: What is no GET because it has a body, and changes nothing.
READING = {
    "verifyAudit",
    "askWhatIf",
    "compareProperties",
    "checkEventSample",
    "analyzeAttribution",
    "listAttributedConversions",
    "analyzeRetention",
    "listRetentionUsers",
    "analyzeLifecycle",
    "analyzeStickiness",
    "querySeries",
    "analyzeFunnel",
    "listFunnelUsers",
}
CHANGES = [one for one in PRIVATE if one.method != "GET" and one.name not in READING]


def named(operation: Operation) -> str:
    return operation.name


async def records(served: Served, tenant: TenantId = ACME) -> tuple[AuditRecord, ...]:
    """What is on record, without asking over HTTP, which would be on record as well."""
    await served.cases.record_audit.flush()
    return await served.adapters.audit_records.following(tenant, 0, 10_000)


@pytest.fixture
async def seeded() -> AsyncIterator[tuple[Served, Mapping[str, str]]]:
    async with serving() as served:
        yield served, await seed(served)


async def new_records(
    served: Served, before: Sequence[AuditRecord], tenant: TenantId = ACME
) -> tuple[AuditRecord, ...]:
    return (await records(served, tenant))[len(before) :]


@pytest.mark.parametrize("operation", PRIVATE, ids=named)
async def test_every_operation_leaves_exactly_one_record(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    owner = PLATFORM if operation.platforms else ACME
    before = await records(served, owner)
    answer = await call(rightful(served, operation), operation, ids)
    (record,) = await new_records(served, before, owner)
    assert (record.action, record.status) == (operation.name, answer.status_code)
    assert record.outcome == ("succeeded" if answer.is_success else "failed")
    assert record.request_id == answer.headers["x-request-id"]
    assert record.trace_id == answer.headers["traceparent"].split("-")[1]
    assert record.at == served.adapters.clock.now()
    assert record.actor_kind == "api_key"
    assert record.personal is not None
    assert record.personal.actor_id == ("platform" if operation.platforms else "acme")
    sent = answer.request.content
    assert record.body_sha256 == (hashlib.sha256(sent).hexdigest() if sent else None)
    name = operation.path.rpartition("{")[2].partition("}")[0] if "{" in operation.path else None
    expected = (name.removesuffix("_id"), ids[name]) if name else (None, None)
    assert (record.object_kind, record.object_id) == expected
    assert await records(served, RIVAL) == ()


@pytest.mark.parametrize("operation", WITH_ID, ids=named)
async def test_what_is_not_there_for_a_tenant_is_on_its_own_record_only(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    before = await records(served)
    for name in (ids, ABSENT):
        answer = await call(served.rival, operation, name)
        assert answer.status_code == 404
    tried = await records(served, RIVAL)
    assert [(one.action, one.status, one.outcome.value) for one in tried] == [
        (operation.name, 404, "refused")
    ] * 2
    assert tried[0].problem == answer.json()["type"].removeprefix("/problems/")
    assert await new_records(served, before) == ()


@pytest.mark.parametrize("operation", CHANGES, ids=named)
async def test_refused_changes_are_on_record_with_their_problem(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    owner, client = (PLATFORM if operation.platforms else ACME), rightful(served, operation)
    before = await records(served, owner)
    path = operation.path.format_map(ids)
    refused = [await client.request(operation.method, path, params={"nonsense": "1"})]
    refused += [
        await client.request(
            operation.method, path, json=operation.body, headers={"accept": "text/csv"}
        )
    ]
    if operation.body is not None:
        refused += [
            await client.request(operation.method, path, json={"nonsense": 1}),
            await client.request(operation.method, path, content=b"{", headers=JSON),
            await client.request(operation.method, path, content=b"{}"),
        ]
    made = await new_records(served, before, owner)
    assert [(one.action, one.status, one.problem) for one in made] == [
        (operation.name, one.status_code, one.json()["type"].removeprefix("/problems/"))
        for one in refused
    ]
    assert {one.status for one in made} <= {400, 406, 415, 422}


JSON = {"content-type": "application/json"}


async def test_conflicts_and_failed_preconditions_are_on_record(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    before = await records(served)
    await served.acme.post("/api/v1/properties", json=PROPERTY)
    stale = {"if-match": '"v999"'}
    await served.acme.patch("/api/v1/properties/1", json={"name": "x"}, headers=stale)
    assert [(one.status, one.problem) for one in await new_records(served, before)] == [
        (409, "property-exists"),
        (412, "version-mismatch"),
    ]


async def test_strangers_and_public_routes_leave_no_record(served: Served) -> None:
    await served.stranger.get("/api/v1/properties")
    await served.stranger.post("/api/v1/properties", json=PROPERTY)
    for path in ("/health/live", "/health/ready", "/docs", "/problems", "/openapi.json"):
        await served.acme.get(path)
    await served.acme.options("/api/v1/properties")
    assert await records(served) == ()


async def test_what_meets_no_route_is_on_record_as_such(served: Served) -> None:
    await served.acme.get("/api/v1/nowhere")
    await served.acme.delete("/api/v1/jobs")
    await served.acme.head("/api/v1/properties")
    assert [(one.action, one.status) for one in await records(served)] == [
        ("unmatched", 404),
        ("unmatched", 405),
        ("listProperties", 200),
    ]


async def test_nothing_that_was_said_is_in_the_log(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, ids = seeded
    for operation in PRIVATE:
        await call(served.acme, operation, ids)
    kept = repr(await records(served)) + (await served.acme.get("/api/v1/audit/export")).text
    for secret in (CANARY, *KEYS.values(), "testclient", "127.0.0.1"):
        assert secret not in kept


async def test_an_address_is_told_apart_but_not_told(served: Served) -> None:
    peers = []
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        transport = httpx.ASGITransport(app=served.app, client=(address, 7))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            headers = {"x-api-key": KEYS["acme"]}
            await client.get("/api/v1/properties", headers=headers)
    for record in await records(served):
        assert record.personal is not None
        peers.append(record.personal.peer)
    assert peers[0] == peers[1] != peers[2]
    assert all(len(peer) == 16 for peer in peers)


@pytest.mark.parametrize("text", ["a%0Ab", "x" * 900, "%F0%9F%8F%A2", "%00", "%ED%A0%80"])
async def test_an_id_is_made_legible_before_it_is_kept(served: Served, text: str) -> None:
    assert (await served.acme.get(f"/api/v1/properties/{text}")).status_code == 404
    (record,) = await records(served)
    assert record.action == "getProperty"
    assert record.object_id
    assert record.object_id.isprintable()
    assert len(record.object_id) <= 200


@define
class Breakable(MemoryAuditLog):
    """A log that can be told not to answer."""

    broken: bool = False
    refuse_outcomes: bool = False

    async def append(
        self, entries: Sequence[AuditEntry], intents: Sequence[AuditEntry]
    ) -> tuple[int, ...]:
        if self.broken or (self.refuse_outcomes and entries):
            raise Unavailable("the record store does not answer")
        return await MemoryAuditLog.append(self, entries, intents)


@pytest.fixture
async def fragile() -> AsyncIterator[tuple[Served, Breakable]]:
    log = Breakable()
    adapters = evolve(bootstrap.in_memory(), audit_log=log, audit_records=log)
    served = Served(adapters, EdgeOptions())
    await served.prepare()
    yield served, log
    for client in (served.stranger, served.acme, served.rival):
        await client.aclose()


async def test_a_change_that_cannot_be_recorded_is_not_made(
    fragile: tuple[Served, Breakable],
) -> None:
    served, log = fragile
    log.broken = True
    answer = await served.acme.post("/api/v1/properties", json=PROPERTY)
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/audit-unavailable"
    assert "was not made" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
    log.broken = False
    assert (await served.acme.get("/api/v1/properties/1")).status_code == 404
    assert (await served.acme.post("/api/v1/properties", json=PROPERTY)).status_code == 201


async def test_every_change_fails_without_the_log(
    fragile: tuple[Served, Breakable],
) -> None:
    served, log = fragile
    ids = await seed(served)
    log.broken = True
    for operation in CHANGES:
        answer = await call(rightful(served, operation), operation, ids)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/audit-unavailable")


async def test_a_change_whose_outcome_cannot_be_recorded_is_not_called_done(
    fragile: tuple[Served, Breakable],
) -> None:
    served, log = fragile
    log.refuse_outcomes = True
    answer = await served.acme.post("/api/v1/properties", json=PROPERTY)
    assert answer.status_code == 503
    assert "may have been made" in answer.json()["detail"]
    assert "location" not in answer.headers
    log.refuse_outcomes = False
    assert (await served.acme.get("/api/v1/properties/1")).status_code == 200
    # What is left of it becomes a record of its own, once nobody can be working on it.
    later = served.adapters.clock.now().replace(year=2027)
    assert await log.settle(later) == 1
    (unknown,) = [one for one in await records(served) if one.action == "createProperty"]
    assert (unknown.outcome, unknown.status) == ("unknown", 0)


async def test_a_refusal_is_recorded_or_not_told(fragile: tuple[Served, Breakable]) -> None:
    served, log = fragile
    log.refuse_outcomes = True
    answer = await served.acme.post("/api/v1/properties", json={})
    assert answer.json()["type"] == "/problems/audit-unavailable"


async def test_reads_wait_for_the_log_within_limits(fragile: tuple[Served, Breakable]) -> None:
    served, log = fragile
    served.cases.record_audit.most_waiting = 3
    log.broken = True
    statuses = [(await served.acme.get("/api/v1/properties")).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 503, 503]
    # The log itself cannot be shown without what waits.
    log.broken = False
    shown = await served.acme.get("/api/v1/audit")
    assert [one["action"] for one in shown.json()["items"]] == ["listProperties"] * 3


async def test_a_change_whose_caller_left_is_on_record(served: Served) -> None:
    """The body never comes, and the connection is gone before anything was answered."""
    headers = [
        (b"x-api-key", KEYS["acme"].encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/properties",
        "raw_path": b"/api/v1/properties",
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.1", 7),
    }
    asked = asyncio.Event()

    async def receive() -> dict[str, Any]:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: object) -> None:
        raise AssertionError(message)

    app: Any = served.app
    task = asyncio.create_task(app(scope, receive, send))
    await asked.wait()
    task.cancel()
    await asyncio.wait({task})
    (record,) = await records(served)
    assert (record.action, record.outcome, record.status) == ("createProperty", "unknown", 499)


async def test_a_tenant_reads_its_own_log_page_by_page(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    for _ in range(3):
        await served.acme.get("/api/v1/properties/1")
    question = "/api/v1/audit?action=getProperty&object_id=1&object_kind=property&limit=2"
    first = (await served.acme.get(question)).json()
    rest = (await served.acme.get(f"{question}&cursor={first['next_cursor']}")).json()
    shown = first["items"] + rest["items"]
    assert [one["action"] for one in shown] == ["getProperty"] * 3
    assert sorted((one["sequence"] for one in shown), reverse=True) == [
        one["sequence"] for one in shown
    ]
    assert rest["next_cursor"] is None
    other = await served.acme.get(f"/api/v1/audit?limit=2&cursor={first['next_cursor']}")
    assert other.json()["errors"][0]["parameter"] == "cursor"
    last = (await served.acme.get("/api/v1/audit?limit=1")).json()["items"][0]
    assert (last["action"], last["status"], last["problem"]) == ("listAudit", 422, "invalid-input")


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("actor=acme", 4),
        ("actor=rival", 0),
        ("outcome=refused", 1),
        ("outcome=unknown", 0),
        ("since=2026-01-01T00:00:00Z", 4),
        ("until=2026-01-01T00:00:00Z", 0),
        ("since=2025-12-31T23:59:59Z&until=2026-01-01T00:00:01Z&object_kind=property", 2),
    ],
)
async def test_a_log_is_filtered(served: Served, question: str, count: int) -> None:
    await served.acme.post("/api/v1/properties", json=PROPERTY)
    await served.acme.get("/api/v1/properties/1")
    await served.acme.get("/api/v1/properties/2")
    await served.acme.get("/api/v1/jobs")
    found = (await served.acme.get(f"/api/v1/audit?{question}")).json()["items"]
    assert len(found) == count


async def test_an_interval_is_not_reversed(served: Served) -> None:
    question = "since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z"
    answer = await served.acme.get(f"/api/v1/audit?{question}")
    assert answer.json()["errors"][0]["parameter"] == "until"


async def test_heads_can_be_checked_with_the_key_that_is_shown(served: Served) -> None:
    await served.acme.get("/api/v1/properties")
    await served.cases.record_audit.flush()
    await served.cases.sign_audit_heads()
    await served.cases.sign_audit_heads()  # nothing has grown
    answer = (await served.acme.get("/api/v1/audit/heads")).json()
    (shown,) = answer["items"]
    (record,) = (await records(served))[:1]
    assert (shown["sequence"], shown["hash"]) == (1, record.hash.hex())
    head = Head(ACME, 1, record.hash, served.adapters.clock.now(), answer["key_id"])
    checker, key = Ed25519Signer(bytes(32)), base64.b64decode(answer["public_key"])
    assert checker.checks(key, head.message(), bytes.fromhex(shown["signature"]))
    assert (await served.rival.get("/api/v1/audit/heads")).json()["items"] == []


async def test_an_export_is_all_that_is_needed_to_check_it(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    expected = await records(served)
    answer = await served.acme.get("/api/v1/audit/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    *lines, last = answer.text.splitlines()
    before = bytes(32)
    for line, record in zip(lines, expected, strict=True):
        said = json.loads(line)
        extra = {name: said.pop(name) for name in ("hash", "personal", "salt")}
        covered = json.dumps(said, separators=(",", ":")).encode()
        before = hashlib.sha256(b"\x00" + before + covered).digest()
        assert before.hex() == extra["hash"]
        assert extra["personal"]["actor_id"] == "acme"
        assert covered == canonical(record, record.sequence, record.commitment)
    closing = json.loads(last)
    assert closing["head"]["sequence"] == len(lines)
    assert closing["head"]["hash"] == before.hex()
    text = json.dumps(closing["head"], separators=(",", ":")).encode()
    signer = served.adapters.head_signer
    message, signature = b"sightline audit head v1\n" + text, bytes.fromhex(closing["signature"])
    assert signer.checks(signer.public_key, message, signature)
    assert (await served.rival.get("/api/v1/audit/export")).text == ""
    assert CANARY not in answer.text


async def test_checking_finds_what_was_changed_behind_our_back(
    seeded: tuple[Served, Mapping[str, str]],
) -> None:
    served, _ = seeded
    await records(served)
    await served.cases.sign_audit_heads()
    right = (await served.acme.post("/api/v1/audit/verify")).json()
    assert right["valid"]
    assert (right["first_sequence"], right["heads"], right["reason"]) == (1, 1, None)
    log = served.adapters.audit_log
    assert isinstance(log, MemoryAuditLog)
    kept = log._records[ACME]
    kept[1] = evolve(kept[1], action="forged")
    wrong = (await served.acme.post("/api/v1/audit/verify")).json()
    assert (wrong["valid"], wrong["checked"], wrong["first_bad_sequence"]) == (False, 1, 2)
    del kept[1:]
    cut = (await served.acme.post("/api/v1/audit/verify")).json()
    assert not cut["valid"]


async def test_one_page_of_many_tenants_is_one_chain_each(served: Served) -> None:
    await asyncio.gather(
        *(client.get("/api/v1/jobs") for _ in range(30) for client in (served.acme, served.rival))
    )
    for tenant in (ACME, RIVAL):
        kept = await records(served, tenant)
        assert verify(kept, (), Tip(tenant)).checked == 30
        page = await served.adapters.audit_records.page(tenant, AuditQuery())
        assert {one.tenant for one in page.items} == {tenant}


def test_the_operations_that_change_nothing_but_are_not_get_are_these() -> None:
    public = {"issueTokens", "revokeToken"}  # nobody has come in yet
    others = {one.name for one in EVERY if one.method != "GET"} - {one.name for one in CHANGES}
    assert others == READING | public
    assert set(RIGHT) >= READING


async def ask_for_tokens(served: Served, **form: str) -> httpx.Response:
    return await served.stranger.post("/oauth/token", data=form)


async def test_what_becomes_of_tokens_is_on_record_though_nobody_has_come_in() -> None:
    async with serving() as served:
        client = {"client_id": "acme", "client_secret": KEYS["acme"]}
        offline = {"grant_type": "client_credentials", "scope": "energy:read offline_access"}
        told = (await ask_for_tokens(served, **offline, **client)).json()
        again = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
        newer = (await ask_for_tokens(served, **again)).json()
        clock = served.adapters.clock
        assert isinstance(clock, FixedClock)
        clock.move(timedelta(seconds=11))
        assert (await ask_for_tokens(served, **again)).status_code == 400
        plain = (await ask_for_tokens(served, grant_type="client_credentials", **client)).json()
        form = {"token": plain["access_token"]}
        assert (await served.stranger.post("/oauth/revoke", data=form)).status_code == 200
        found = await records(served)
    assert [(one.action, one.outcome.value) for one in found] == [
        ("issueTokens", "succeeded"),
        ("refreshTokens", "succeeded"),
        ("reuseRefreshToken", "refused"),
        ("issueTokens", "succeeded"),
        ("revokeTokens", "succeeded"),
    ]
    families = {one.object_id for one in found if one.object_kind == "refresh_family"}
    assert len(families) == 1
    assert {one.personal.actor_id for one in found if one.personal} == {"acme"}
    assert all(one.request_id for one in found)
    for secret in (told["refresh_token"], newer["refresh_token"], plain["access_token"]):
        assert secret not in str(found)


async def test_no_token_is_given_out_that_is_not_on_record(
    fragile: tuple[Served, Breakable],
) -> None:
    served, log = fragile
    form = {"grant_type": "client_credentials", "client_id": "acme", "client_secret": KEYS["acme"]}
    log.broken = True
    answer = await ask_for_tokens(served, **form)
    assert answer.status_code == 503
    assert "access_token" not in answer.text
    log.broken = False
    assert (await ask_for_tokens(served, **form)).status_code == 200
