"""What one tenant wrote turns up nowhere near another: bodies, headers, lines, figures."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from attrs import frozen

from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import ROLES, Role

from .seeds import ABSENT, CANARY, CHOSEN, PROPERTY, Form, Operation, call, operations, seed
from .served import Served, serving
from .test_openapi import DOCUMENT
from .test_permissions import RULES
from .watching import Watched, watching

EVERY = list(operations(DOCUMENT))
OWN = [operation for operation in EVERY if operation.tenants_own]
LOOKS = [operation for operation in OWN if operation.method == "GET"]
CHANGES = [operation for operation in OWN if operation.method not in {"GET", "DELETE"}]
#: What a tenant's bodies say where they may say anything.
TAINTED: Mapping[str, Any] = {
    "createProperty": {**PROPERTY, "id": 77},
    "updateProperty": {"name": f"{CANARY} renamed", "address": CANARY},
    "describeUsers": {"users": [{"user_id": CANARY, "attributes": {CANARY: [CANARY]}}]},
    "replaceUser": {"attributes": {"plan": "pro", "name": CANARY}},
    "updateUser": {"attributes": {"name": CANARY}},
    "replaceMetricDefinition": {"over_days": "sum", "unit": CANARY, "description": CANARY},
    "createKey": {"name": f"{CANARY} key", "role": "viewer"},
}
HEADERS = {"x-request-id": "canary-1", "user-agent": CANARY, "idempotency-key": CANARY}
TRACE = re.compile("canary", re.IGNORECASE)
#: How many of a tenant's operations show what it wrote; otherwise the search finds nothing anyway.
SHOWING = 8


def named(operation: Operation) -> str:
    return operation.name


def harmless(operation: Operation) -> Operation:
    """The same call without the words that are searched for."""
    query = {name: TRACE.sub("plain", value) for name, value in operation.query.items()}
    body = operation.body
    if body is not None and not isinstance(body, Form):
        body = json.loads(TRACE.sub("plain", json.dumps(body)))
    return operation._replace(query=query, body=body)


@frozen
class Scene:
    """A tenant that wrote canaries everywhere, and what it was given for it.

    Args:
        watched: The application.
        ids: Of the tenant's things.
        cursors: Per operation, where its next page begins.
        etags: Per operation, of its last answer.
    """

    watched: Watched
    ids: Mapping[str, str]
    cursors: Mapping[str, str]
    etags: Mapping[str, str]

    @property
    def served(self) -> Served:
        return self.watched.served


@pytest.fixture
async def scene(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Scene]:
    async with watching(capsys, caplog) as watched:
        served = watched.served
        served.acme.headers.update(HEADERS)
        ids = await seed(served)
        for operation in CHANGES:
            body = TAINTED.get(operation.name, operation.body)
            answer = await call(served.acme, operation._replace(body=body), ids)
            assert answer.status_code < 300, (operation.name, answer.text)
        shown, etags, cursors = set(), {}, {}
        for operation in LOOKS * 2:  # the second time every cache is warm
            answer = await call(served.acme, operation, ids)
            if CANARY in answer.text:
                shown.add(operation.name)
            if "etag" in answer.headers:
                etags[operation.name] = answer.headers["etag"]
            parameters = {one["name"] for one in operation.document.get("parameters", ())}
            if "cursor" in parameters:
                page = await served.acme.get(operation.path, params={"limit": "1"})
                if page.status_code == 200 and page.json().get("next_cursor"):
                    cursors[operation.name] = page.json()["next_cursor"]
        assert len(shown) >= SHOWING, shown
        assert cursors.keys() >= {"listProperties", "listAudit"}
        yield Scene(watched, ids, cursors, etags)


def clean(answer: httpx.Response, said: object) -> None:
    assert not TRACE.search(answer.text), (said, answer.text)
    assert not TRACE.search(str(answer.headers)), (said, answer.headers)


def _order(operation: Operation) -> tuple[bool, bool]:
    return operation.name in CHOSEN, operation.method != "GET"


async def test_neither_answers_nor_lines_nor_figures_of_another_show_it(scene: Scene) -> None:
    rival = scene.served.rival
    scene.watched.lines()
    # Looks come first: later some numbers, such as those of versions, are its own as well;
    # what makes a thing of a chosen name comes last, for then the name is its own too.
    for operation in map(harmless, sorted(EVERY, key=_order)):
        for ids in (ABSENT, scene.ids):
            clean(await call(rival, operation, ids), operation.name)
        tag = scene.etags.get(operation.name, '"v1"')
        for header in ("if-none-match", "if-match"):
            rival.headers[header] = tag
            answer = await call(rival, operation, scene.ids)
            del rival.headers[header]
            clean(answer, (operation.name, header))
            absent = "{" in operation.path and operation.name not in CHOSEN
            if absent and operation.tenants_own:
                assert answer.status_code == 404, operation.name
    for operation in LOOKS:
        if operation.name in scene.cursors:
            query = {"limit": "1", "cursor": scene.cursors[operation.name]}
            answer = await rival.get(operation.path, params=query)
            assert answer.status_code == 422, operation.name
            clean(answer, operation.name)
    lines = scene.watched.lines()
    assert len(lines.splitlines()) > 100
    assert not TRACE.search(lines)
    figures = scene.watched.figures()
    assert "http_route" in figures
    assert not TRACE.search(figures)
    assert not re.search(r"acme|rival", figures)


async def test_wrong_calls_of_another_do_not_show_it_either(scene: Scene) -> None:
    rival = scene.served.rival
    for operation in map(harmless, OWN):
        path = operation.path.format_map(scene.ids)
        for wrong in (
            await rival.request(operation.method, path, params={"no_such": "1"}),
            await rival.request(operation.method, path, content=b"{"),
            await rival.request(operation.method, path, json={"name": 1, "id": 77}),
            await rival.put(f"{path}/nowhere"),
        ):
            clean(wrong, operation.name)


async def test_lines_of_its_own_calls_hold_no_payload(scene: Scene) -> None:
    lines = scene.watched.lines().replace(HEADERS["x-request-id"], "")
    assert len(lines.splitlines()) > 50
    assert not TRACE.search(lines)


def blurred(answer: httpx.Response) -> tuple[int, str, str | None]:
    text = re.sub(r'"request_id":"[^"]*"', "", answer.text)
    return answer.status_code, text, answer.headers.get("etag")


async def test_a_tenant_gets_the_answers_it_would_get_alone(scene: Scene) -> None:
    own = {**PROPERTY, "name": "Own", "address": "Own Street"}
    async with serving() as alone:
        # Audit records hold ids and times of requests; key and job ids are drawn at random.
        for operation in map(harmless, LOOKS):
            if {"Audit", "Keys", "Jobs"} & set(operation.document["tags"]):
                continue
            answers = []
            for served in (scene.served, alone):
                await served.rival.post("/api/v1/properties", json=own)
                await call(served.acme, operation, scene.ids)  # warms what may be warmed
                answer = await call(served.rival, operation, {**ABSENT, "property_id": "1"})
                cached = answer.headers["cache-control"]
                assert cached == "no-store" or cached.startswith("private"), operation.name
                answers.append(blurred(answer))
            assert answers[0] == answers[1], operation.name


async def test_one_address_two_tenants_two_answers_with_every_cache_warm(scene: Scene) -> None:
    same = {"getMe"}
    for operation in LOOKS:
        if "{" in operation.path or not scene.etags.keys() & {operation.name}:
            continue
        same.add(operation.name)
        ours = await call(scene.served.acme, operation, scene.ids)
        theirs = await call(scene.served.rival, operation, scene.ids)
        assert ours.headers["etag"] != theirs.headers["etag"], operation.name
        assert ours.text != theirs.text
    assert len(same) > 1


async def test_a_narrow_role_is_refused_what_a_wide_one_has_just_seen(scene: Scene) -> None:
    text = "a-viewers-key-for-tests"
    install = scene.served.cases.install_fixed_key
    await install(TenantId("acme"), KeyId("narrow"), "narrow", text, ROLES[Role.VIEWER])
    refused = 0
    for operation in LOOKS:
        wide = await call(scene.served.acme, operation, scene.ids)
        headers = {"authorization": f"Bearer {text}"}
        scene.served.stranger.headers.update(headers)
        narrow = await call(scene.served.stranger, operation, scene.ids)
        if RULES[operation.name].allows(Role.VIEWER):
            assert narrow.status_code == wide.status_code, operation.name
        else:
            refused += 1
            assert narrow.status_code == 403, operation.name
            clean(narrow, operation.name)
    assert refused >= 3
