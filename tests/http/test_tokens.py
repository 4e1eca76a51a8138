"""The token endpoint: what a client gets, keeps, loses."""

import asyncio
import base64
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import ROLES, Role, scope_text

from .served import KEYS, Served, serving

FORM = "application/x-www-form-urlencoded"
ACME = {"client_id": "acme", "client_secret": KEYS["acme"]}
OFFLINE = {"grant_type": "client_credentials", "scope": "energy:read jobs:read offline_access"}


def move(served: Served, **by: float) -> None:
    assert isinstance(served.adapters.clock, FixedClock)
    served.adapters.clock.move(timedelta(**by))


async def ask(served: Served, **form: str) -> httpx.Response:
    return await served.stranger.post("/oauth/token", data=form)


async def given(served: Served, **form: str) -> dict[str, Any]:
    answer = await ask(served, **form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refresh(served: Served, token: str, **form: str) -> httpx.Response:
    return await ask(served, grant_type="refresh_token", refresh_token=token, **form)


async def me(served: Served, token: str) -> httpx.Response:
    return await served.stranger.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})


def part(token: str, number: int) -> dict[str, Any]:
    text = token.split(".")[number]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


async def test_a_key_gets_a_token_that_may_do_what_the_key_may(served: Served) -> None:
    answer = await ask(served, grant_type="client_credentials", **ACME)
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    scope = scope_text(ROLES[Role.ADMIN])
    assert told.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 600, scope)
    head, claims = part(told["access_token"], 0), part(told["access_token"], 1)
    assert (head["alg"], head["typ"]) == ("ES256", "at+jwt")
    assert claims.pop("jti")
    assert claims == {
        "iss": "http://sightline",
        "sub": "acme",
        "aud": "http://sightline",
        "client_id": "acme",
        "org_id": "acme",
        "scope": scope,
        "iat": 1767225600,
        "exp": 1767226200,
    }
    who = (await me(served, told["access_token"])).json()
    assert (who["tenant"], who["kind"], who["id"]) == ("acme", "oauth_client", "acme")
    assert who["expires_at"] == "2026-01-01T00:10:00Z"


async def test_a_token_ends_after_ten_minutes_and_the_leeway(served: Served) -> None:
    told = await given(served, grant_type="client_credentials", **ACME)
    for seconds, status in ((0, 200), (629, 200), (1, 401)):
        move(served, seconds=seconds)
        assert (await me(served, told["access_token"])).status_code == status


async def test_the_client_may_authenticate_by_basic(served: Served) -> None:
    secret = "a+b%c:d"
    made = await served.acme.post("/api/v1/keys", json={"name": "x", "role": "viewer"})
    await served.cases.install_fixed_key(TenantId("acme"), KeyId("odd"), "odd", secret)
    for name, text in (("odd", secret), (made.json()["id"], made.json()["key"])):
        pair = f"{quote(name, safe='')}:{quote(text, safe='')}"
        headers = {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        form = {"grant_type": "client_credentials"}
        answer = await served.stranger.post("/oauth/token", data=form, headers=headers)
        assert answer.status_code == 200, answer.text
        assert part(answer.json()["access_token"], 1)["client_id"] == name
        again = {**form, "client_secret": text}
        answer = await served.stranger.post("/oauth/token", data=again, headers=headers)
        assert refusal(answer) == (400, "invalid_request")
        other = {**form, "client_id": "another"}
        answer = await served.stranger.post("/oauth/token", data=other, headers=headers)
        assert refusal(answer) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        (ACME, 400, "invalid_request"),
        ({"grant_type": "password", **ACME}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", **ACME}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "acme"}, 401, "invalid_client"),
        (
            {"grant_type": "client_credentials", **ACME, "client_id": "rival"},
            401,
            "invalid_client",
        ),
        (
            {"grant_type": "client_credentials", **ACME, "client_secret": "wrong"},
            401,
            "invalid_client",
        ),
        (
            {"grant_type": "client_credentials", "client_secret": KEYS["acme"]},
            401,
            "invalid_client",
        ),
        ({"grant_type": "client_credentials", **ACME, "scope": "root"}, 400, "invalid_scope"),
        (
            {"grant_type": "client_credentials", **ACME, "scope": "tenants:admin"},
            400,
            "invalid_scope",
        ),
        (
            {"grant_type": "client_credentials", **ACME, "scope": "energy:read  jobs:read"},
            400,
            "invalid_scope",
        ),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, 400, "invalid_request"),
    ],
    ids=str,
)
async def test_a_wrong_question_is_refused_in_the_words_of_the_standard(
    served: Served, form: dict[str, str], status: int, error: str
) -> None:
    answer = await ask(served, **form)
    assert refusal(answer) == (status, error)
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert KEYS["acme"] not in answer.text


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b'{"grant_type": "client_credentials"}', {"content-type": "application/json"}),
        (b"grant_type=client_credentials", {}),
        (b"grant_type=a&grant_type=b", {"content-type": FORM}),
        (b"grant_type=%ff", {"content-type": FORM}),
        (b"\xff", {"content-type": FORM}),
        (b"&".join(b"a%d=1" % n for n in range(60)), {"content-type": FORM}),
    ],
)
async def test_what_is_no_form_is_refused(
    served: Served, content: bytes, headers: dict[str, str]
) -> None:
    answer = await served.stranger.post("/oauth/token", content=content, headers=headers)
    assert refusal(answer) == (400, "invalid_request")


@pytest.mark.parametrize("stated", ["Bearer x", "Basic", "Basic !!!", "Basic YWJj", "Digest x"])
async def test_a_header_that_proves_no_client_is_refused(served: Served, stated: str) -> None:
    form = {"grant_type": "client_credentials"}
    headers = {"authorization": stated}
    answer = await served.stranger.post("/oauth/token", data=form, headers=headers)
    assert refusal(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_form_too_large_is_refused(served: Served) -> None:
    answer = await ask(served, grant_type="x" * 20_000)
    assert answer.status_code == 413


async def test_fields_that_nobody_knows_are_passed_over(served: Served) -> None:
    await given(served, grant_type="client_credentials", **ACME, audience="x", resource="y")


async def test_a_token_never_may_more_than_was_asked_for(served: Served) -> None:
    told = await given(
        served, grant_type="client_credentials", **ACME, scope="energy:read keys:write"
    )
    assert told["scope"] == "energy:read keys:write"
    client = {"authorization": f"Bearer {told['access_token']}"}
    assert (await served.stranger.get("/api/v1/properties", headers=client)).status_code == 403
    more = {"name": "more", "role": "viewer"}
    answer = await served.stranger.post("/api/v1/keys", json=more, headers=client)
    assert answer.status_code == 403
    same = {"name": "same", "scopes": ["energy:read"]}
    answer = await served.stranger.post("/api/v1/keys", json=same, headers=client)
    assert answer.status_code == 201


async def test_a_narrow_key_gets_narrow_tokens(served: Served) -> None:
    body = {"name": "narrow", "scopes": ["energy:read"]}
    key = (await served.acme.post("/api/v1/keys", json=body)).json()
    client = {"client_id": key["id"], "client_secret": key["key"]}
    told = await given(served, grant_type="client_credentials", **client)
    assert told["scope"] == "energy:read"
    wide = {"grant_type": "client_credentials", "scope": "energy:read jobs:read", **client}
    assert refusal(await ask(served, **wide)) == (400, "invalid_scope")


async def test_a_refresh_token_is_replaced_by_every_use(served: Served) -> None:
    told = await given(served, **OFFLINE, **ACME)
    seen = {told["refresh_token"]}
    for _ in range(5):
        move(served, minutes=10)
        told = (await refresh(served, told["refresh_token"])).json()
        assert told["scope"] == "energy:read jobs:read"
        assert told["refresh_token"] not in seen
        seen.add(told["refresh_token"])
        assert (await me(served, told["access_token"])).status_code == 200
        assert re.fullmatch(r"sl_rt_[0-9A-Za-z]{22}_\d+_[\w-]{43}", told["refresh_token"])


async def test_refreshing_narrows_one_token_and_never_widens(served: Served) -> None:
    told = await given(served, **OFFLINE, **ACME)
    narrow = (await refresh(served, told["refresh_token"], scope="jobs:read")).json()
    assert narrow["scope"] == "jobs:read"
    wide = await refresh(served, narrow["refresh_token"], scope="jobs:read keys:write")
    assert refusal(wide) == (400, "invalid_scope")
    whole = (await refresh(served, narrow["refresh_token"])).json()
    assert whole["scope"] == "energy:read jobs:read"


async def test_a_token_that_comes_back_ends_the_family_and_its_access_tokens(
    served: Served,
) -> None:
    first = await given(served, **OFFLINE, **ACME)
    second = (await refresh(served, first["refresh_token"])).json()
    apart = await given(served, **OFFLINE, **ACME)
    move(served, seconds=11)
    assert refusal(await refresh(served, first["refresh_token"])) == (400, "invalid_grant")
    assert refusal(await refresh(served, second["refresh_token"])) == (400, "invalid_grant")
    for told in (first, second):
        assert (await me(served, told["access_token"])).status_code == 401
    assert (await me(served, apart["access_token"])).status_code == 200
    assert (await refresh(served, apart["refresh_token"])).status_code == 200
    telemetry = served.adapters.telemetry
    assert isinstance(telemetry, RecordingTelemetry)
    assert telemetry.counts["tokens.reused", ()] == 1


async def test_ten_who_refresh_at_once_get_the_same_successor(served: Served) -> None:
    told = await given(served, **OFFLINE, **ACME)
    answers = await asyncio.gather(*(refresh(served, told["refresh_token"]) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    move(served, seconds=10)
    late = (await refresh(served, told["refresh_token"])).json()
    assert late["refresh_token"] == successor
    assert (await refresh(served, successor)).status_code == 200


async def test_a_family_ends_idle_after_14_days_and_in_any_case_after_30(served: Served) -> None:
    idle = await given(served, **OFFLINE, **ACME)
    busy = await given(served, **OFFLINE, **ACME)
    for day in range(1, 31):
        move(served, days=1)
        answer = await refresh(served, busy["refresh_token"])
        assert answer.status_code == (200 if day < 30 else 400)
        busy = answer.json() if day < 30 else busy
        if day == 14:
            assert refusal(await refresh(served, idle["refresh_token"])) == (400, "invalid_grant")


async def test_a_refresh_token_is_of_no_use_to_another_client(served: Served) -> None:
    told = await given(served, **OFFLINE, **ACME)
    rival = {"client_id": "rival", "client_secret": KEYS["rival"]}
    assert refusal(await refresh(served, told["refresh_token"], **rival)) == (
        400,
        "invalid_grant",
    )
    wrong = {"client_id": "acme", "client_secret": "wrong"}
    assert refusal(await refresh(served, told["refresh_token"], **wrong)) == (
        401,
        "invalid_client",
    )
    assert (await refresh(served, told["refresh_token"], **ACME)).status_code == 200


async def test_a_refresh_token_opens_nothing_itself(served: Served) -> None:
    told = await given(served, **OFFLINE, **ACME)
    assert (await me(served, told["refresh_token"])).status_code == 401


async def test_tokens_end_with_their_key(served: Served) -> None:
    key = (await served.acme.post("/api/v1/keys", json={"name": "x", "role": "analyst"})).json()
    client = {"client_id": key["id"], "client_secret": key["key"]}
    told = await given(served, **OFFLINE, **client)
    assert (await me(served, told["access_token"])).status_code == 200
    await served.acme.delete(f"/api/v1/keys/{key['id']}")
    assert (await me(served, told["access_token"])).status_code == 401
    assert refusal(await refresh(served, told["refresh_token"])) == (400, "invalid_grant")


async def test_tokens_of_a_rotated_key_end_with_the_overlap(served: Served) -> None:
    key = (await served.acme.post("/api/v1/keys", json={"name": "x", "role": "analyst"})).json()
    client = {"client_id": key["id"], "client_secret": key["key"]}
    told = await given(served, **OFFLINE, **client)
    rotation = {"overlap_seconds": 60}
    await served.acme.post(f"/api/v1/keys/{key['id']}/rotate", json=rotation)
    for seconds, status in ((59, 200), (1, 401)):
        move(served, seconds=seconds)
        assert (await me(served, told["access_token"])).status_code == status


async def test_tokens_do_not_come_to_life_again_with_a_key_of_the_same_id(
    served: Served,
) -> None:
    told = await given(served, **OFFLINE, **ACME)
    move(served, seconds=2)
    await served.cases.install_fixed_key(TenantId("acme"), KeyId("acme"), "test", "another-text")
    assert (await me(served, told["access_token"])).status_code == 401
    assert refusal(await refresh(served, told["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("credentials", [{}, ACME], ids=["bare", "authenticated"])
async def test_a_revoked_access_token_is_refused_from_then_on(
    served: Served, credentials: dict[str, str]
) -> None:
    told, other = [await given(served, **OFFLINE, **ACME) for _ in range(2)]
    assert (await me(served, told["access_token"])).status_code == 200
    answer = await served.stranger.post(
        "/oauth/revoke", data={"token": told["access_token"], **credentials}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await me(served, told["access_token"])).status_code == 401
    assert (await me(served, other["access_token"])).status_code == 200
    assert (await refresh(served, told["refresh_token"])).status_code == 200


async def test_a_revoked_refresh_token_ends_all_that_descends_from_it(served: Served) -> None:
    told = await given(served, **OFFLINE, **ACME)
    newer = (await refresh(served, told["refresh_token"])).json()
    form = {"token": told["refresh_token"], "token_type_hint": "access_token"}
    assert (await served.stranger.post("/oauth/revoke", data=form)).status_code == 200
    assert refusal(await refresh(served, newer["refresh_token"])) == (400, "invalid_grant")
    for token in (told["access_token"], newer["access_token"]):
        assert (await me(served, token)).status_code == 401


async def test_another_client_revokes_nothing_and_learns_nothing(served: Served) -> None:
    told = await given(served, **OFFLINE, **ACME)
    rival = {"client_id": "rival", "client_secret": KEYS["rival"]}
    answers = [
        await served.stranger.post("/oauth/revoke", data={"token": token, **rival})
        for token in (told["access_token"], told["refresh_token"], "made-up", "eyJ.a.b")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"")}
    assert (await me(served, told["access_token"])).status_code == 200
    assert (await refresh(served, told["refresh_token"])).status_code == 200


async def test_revoking_needs_a_token_and_a_right_client(served: Served) -> None:
    assert refusal(await served.stranger.post("/oauth/revoke", data=ACME)) == (
        400,
        "invalid_request",
    )
    wrong = {"token": "x", "client_id": "acme", "client_secret": "wrong"}
    assert refusal(await served.stranger.post("/oauth/revoke", data=wrong)) == (
        401,
        "invalid_client",
    )


async def test_the_key_set_holds_what_checks_the_tokens_and_nothing_secret(
    served: Served,
) -> None:
    told = await given(served, grant_type="client_credentials", **ACME)
    answer = await served.stranger.get("/.well-known/jwks.json")
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert key["kid"] == part(told["access_token"], 0)["kid"]
    assert "max-age" in answer.headers["cache-control"]


async def test_keys_hand_over_and_no_token_is_lost(served: Served) -> None:
    async def kids() -> list[str]:
        answer = await served.stranger.get("/.well-known/jwks.json")
        return [key["kid"] for key in answer.json()["keys"]]

    async def signer() -> tuple[str, str]:
        told = await given(served, grant_type="client_credentials", **ACME)
        return told["access_token"], part(told["access_token"], 0)["kid"]

    (first,) = await kids()
    move(served, days=30)
    token, kid = await signer()
    both = await kids()
    assert (kid, len(both), both[1]) == (first, 2, first)
    move(served, minutes=59)
    last, kid = await signer()
    assert kid == first
    move(served, minutes=1)
    _, kid = await signer()
    assert kid == both[0]
    assert (await me(served, last)).status_code == 200
    move(served, minutes=61)
    assert await kids() == [both[0]]
    assert (await me(served, token)).status_code == 401  # expired long ago


async def test_the_metadata_leads_to_what_there_is(served: Served) -> None:
    told = (await served.stranger.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == "http://sightline"
    for name in ("token_endpoint", "revocation_endpoint"):
        path = told[name].removeprefix(told["issuer"])
        assert (await served.stranger.post(path)).status_code == 400
    path = told["jwks_uri"].removeprefix(told["issuer"])
    assert (await served.stranger.get(path)).status_code == 200


async def test_a_token_of_another_deployment_is_worth_nothing(served: Served) -> None:
    async with serving() as other:
        told = await given(other, grant_type="client_credentials", **ACME)
    assert (await me(served, told["access_token"])).status_code == 401
