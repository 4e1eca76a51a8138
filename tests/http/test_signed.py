"""Keys that sign: the application refuses what they have not signed, and signs what is asked."""

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from attrs import evolve

from sightline import bootstrap
from sightline.adapters.ed25519 import Ed25519Signer
from sightline.adapters.memory.clock import FixedClock
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.structured_fields import InnerList, dictionary
from sightline.domain.tenancy import KeySigning, SignatureAlgorithm, public_key_text
from sightline.domain.tenancy.signatures import HttpMessage, digest_fits, signature_base
from sightline.entrypoints.http.app import EdgeOptions, create_app

from .seeds import PROPERTY
from .served import Served
from .signing import ORIGIN, RIVAL, Caller, caller_with, calling, digest, signer_of, wanted

PATH = "/api/v1/properties"
HMAC, ED25519 = SignatureAlgorithm.HMAC_SHA256, SignatureAlgorithm.ED25519
BODY = json.dumps(PROPERTY).encode()


@pytest.fixture(params=SignatureAlgorithm, ids=lambda algorithm: str(algorithm.value))
async def caller(request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    async with calling(request.param) as made:
        yield made


async def records(caller: Caller) -> list[tuple[str, int, str | None]]:
    await caller.served.cases.record_audit.flush()
    found = await caller.served.adapters.audit_records.following(TenantId("acme"), 0, 1000)
    return [
        (one.action, one.status, one.problem)
        for one in found
        if one.personal is not None and one.personal.actor_id == caller.key["id"]
    ]


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def _doubled(value: str) -> str:
    return f"{value}, {value.replace('sig1=', 'sig2=')}"


def reading(signing: Any, caller: Caller) -> Caller:
    """The same caller, signing with something else."""
    return evolve(caller, sign=signing)


async def test_what_is_signed_is_done(caller: Caller) -> None:
    assert (await caller.ask("POST", PATH, PROPERTY)).status_code == 201
    assert (await caller.ask("GET", f"{PATH}?limit=1")).status_code == 200
    assert (await caller.ask("HEAD", f"{PATH}/1")).status_code == 200
    assert (await caller.ask("DELETE", f"{PATH}/1")).status_code == 204


async def test_every_change_on_the_way_is_refused_and_nothing_is_done(caller: Caller) -> None:
    other = {**PROPERTY, "name": "other"}
    right = caller.headers("POST", PATH, BODY)
    now = int(caller.served.adapters.clock.now().timestamp())
    algorithm = caller.key["signing"]["algorithm"]
    swapped = HMAC if algorithm == ED25519 else ED25519

    def made(**parameters: Any) -> dict[str, str]:
        return caller.headers("POST", PATH, BODY, **parameters)

    twice = {
        "signature-input": f"{right['signature-input']}, {right['signature-input']}",
        "signature": f"{right['signature']}, {right['signature']}",
    }
    long = "a" * 10_240
    wrong: Mapping[str, tuple[str, str, Any, Mapping[str, str]]] = {
        "method": ("PUT", PATH, PROPERTY, right),
        "query": ("POST", f"{PATH}?x=1", PROPERTY, right),
        "path": ("POST", "/api/v1/keys", PROPERTY, right),
        "no such path": ("POST", "/api/v1/nothing", PROPERTY, right),
        "body": ("POST", PATH, other, right),
        "body and digest": (
            "POST", PATH, other,
            {**right, "content-digest": digest(json.dumps(other).encode())},
        ),
        "digest alone": ("POST", PATH, PROPERTY, {**right, "content-digest": digest(b"")}),
        "header": ("POST", PATH, PROPERTY, {**right, "idempotency-key": '"k2"'}),
        "no digest": ("POST", PATH, PROPERTY, caller.headers("POST", PATH)),
        "too old": ("POST", PATH, PROPERTY, made(created=now - 301)),
        "too new": ("POST", PATH, PROPERTY, made(created=now + 301)),
        "expired": ("POST", PATH, PROPERTY, made(expires=now)),
        "no created": ("POST", PATH, PROPERTY, made(created=None)),
        "no nonce": ("POST", PATH, PROPERTY, made(nonce=None)),
        "other key": ("POST", PATH, PROPERTY, made(keyid="acme")),
        "no key": ("POST", PATH, PROPERTY, made(keyid=None)),
        "other algorithm": ("POST", PATH, PROPERTY, made(alg=swapped.value)),
        "unknown parameter": ("POST", PATH, PROPERTY, made(x="y")),
        "method not covered": (
            "POST", PATH, PROPERTY,
            made(components=("@target-uri", "content-digest", "idempotency-key")),
        ),
        "digest not covered": (
            "POST", PATH, PROPERTY, made(components=("@method", "@target-uri", "idempotency-key")),
        ),
        "repeated": (
            "POST", PATH, PROPERTY,
            made(components=("@method", "@method", "@target-uri", "content-digest")),
        ),
        "repeated label": ("POST", PATH, PROPERTY, {**right, **twice}),
        "two of ours": (
            "POST", PATH, PROPERTY,
            {
                name: _doubled(value) if "signature" in name else value
                for name, value in right.items()
            },
        ),
        "long input": ("POST", PATH, PROPERTY, {**right, "signature-input": f"sig1={long}"}),
        "long signature": ("POST", PATH, PROPERTY, {**right, "signature": f"sig1=:{long}:"}),
        "one header": (
            "POST", PATH, PROPERTY,
            {name: value for name, value in right.items() if name != "signature"},
        ),
    }  # fmt: skip
    answers = {name: await caller.ask(*sent) for name, sent in wrong.items()}
    assert {name: kind(answer) for name, answer in answers.items()} == dict.fromkeys(
        wrong, (401, "signature-invalid")
    )
    assert (await caller.served.acme.get(PATH)).json()["items"] == []
    assert (await caller.ask("POST", PATH, PROPERTY, right)).status_code == 201


async def test_the_other_algorithm_with_the_public_material_is_refused() -> None:
    async with calling(ED25519) as caller:
        public = caller.key["signing"]["public_key"]
        for secret in (public, base64.urlsafe_b64decode(public + "=")):
            forged = reading(signer_of({"signing_secret": _Bytes(secret)}), caller)
            for alg in (None, "hmac-sha256", "ed25519"):
                answer = await caller.ask("GET", PATH, headers=forged.headers("GET", PATH, alg=alg))
                assert kind(answer) == (401, "signature-invalid")


class _Bytes:
    """Text or bytes, as a shared secret."""

    def __init__(self, value: str | bytes) -> None:
        self.value = value

    def encode(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else self.value.encode()


async def test_an_unsigned_request_is_told_what_to_sign(caller: Caller) -> None:
    made = await caller.ask("POST", PATH, PROPERTY, {})
    assert kind(made) == (401, "signature-required")
    assert made.json()["needed_components"] == ["@method", "@target-uri", "content-digest"]
    (asked,) = dictionary(made.headers["accept-signature"]).values()
    assert isinstance(asked, InnerList)
    assert [item.value for item in asked.items] == made.json()["needed_components"]
    assert asked.parameters == {
        "created": True,
        "nonce": True,
        "alg": caller.key["signing"]["algorithm"],
        "keyid": caller.key["id"],
        "tag": "sightline-v1",
    }
    for method, path in (
        ("GET", "/api/v1/me"),
        ("DELETE", f"{PATH}/1"),
        ("GET", "/api/v1/nothing"),
        ("PATCH", "/api/v1/me"),
        ("OPTIONS", PATH),
    ):
        assert kind(await caller.ask(method, path, None, {})) == (401, "signature-required"), path
    assert (await caller.client.get("/health/live")).status_code == 200


async def test_refusals_are_on_record_as_what_was_asked_for(caller: Caller) -> None:
    await caller.ask("POST", PATH, PROPERTY, {})
    await caller.ask("GET", f"{PATH}/1", headers=caller.headers("GET", PATH))
    await caller.ask("POST", PATH, PROPERTY)
    assert await records(caller) == [
        ("createProperty", 401, "signature-required"),
        ("getProperty", 401, "signature-invalid"),
        ("createProperty", 201, None),
    ]


async def test_refusals_are_paid_for_as_what_was_asked_for(caller: Caller) -> None:
    cheap = await caller.ask("GET", PATH, headers={})
    dear = await caller.ask("POST", PATH, PROPERTY, {})
    assert '"read' in cheap.headers["ratelimit"]
    assert '"write' in dear.headers["ratelimit"]


async def test_a_signature_is_good_once_and_a_wrong_one_uses_nothing_up(caller: Caller) -> None:
    right = caller.headers("POST", PATH, BODY)
    spoiled = {**right, "signature": f"sig1={digest(b'').partition('=')[2]}"}
    assert (await caller.ask("POST", PATH, PROPERTY, spoiled)).status_code == 401
    assert (await caller.ask("POST", PATH, PROPERTY, right)).status_code == 201
    again = await caller.ask("POST", PATH, PROPERTY, right)
    assert kind(again) == (401, "signature-invalid")
    assert "nonce" in again.json()["detail"]


async def test_a_signature_is_good_once_in_all_processes(caller: Caller) -> None:
    adapters = caller.served.adapters
    other: Any = create_app(
        bootstrap.use_cases(adapters),
        adapters.telemetry,
        adapters.server_secret,
        EdgeOptions(origin=ORIGIN),
    )
    right = caller.headers("GET", PATH)
    assert (await caller.ask("GET", PATH, headers=right)).status_code == 200
    headers = {**caller.client.headers, **right}
    transport = httpx.ASGITransport(app=other)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        assert kind(await client.get(PATH, headers=headers)) == (401, "signature-invalid")
        fresh = {**caller.client.headers, **caller.headers("GET", PATH)}
        assert (await client.get(PATH, headers=fresh)).status_code == 200


async def test_a_signature_ends_after_its_time_in_either_direction(caller: Caller) -> None:
    clock = caller.served.adapters.clock
    assert isinstance(clock, FixedClock)
    soon, late = (caller.headers("GET", PATH) for _ in range(2))
    clock.move(timedelta(seconds=300))
    assert (await caller.ask("GET", PATH, headers=soon)).status_code == 200
    clock.move(timedelta(seconds=1))
    assert (await caller.ask("GET", PATH, headers=late)).status_code == 401


async def test_a_key_that_need_not_sign_is_let_in_without_and_held_to_what_it_signs() -> None:
    async with calling(HMAC, required=False) as caller:
        assert (await caller.ask("GET", PATH, headers={})).status_code == 200
        assert (await caller.ask("GET", PATH)).status_code == 200
        wrong = caller.headers("GET", f"{PATH}?limit=1")
        assert kind(await caller.ask("GET", PATH, headers=wrong)) == (401, "signature-invalid")
        unreadable = {"signature-input": "sig1=(", "signature": "sig1=::"}
        assert (await caller.ask("GET", PATH, headers=unreadable)).status_code == 401
        anothers = {"signature-input": 'proxy=("@method");tag="x"', "signature": "proxy=:AA==:"}
        assert (await caller.ask("GET", PATH, headers=anothers)).status_code == 200


async def test_a_key_without_signing_is_not_looked_at(caller: Caller) -> None:
    for headers in ({}, {"signature-input": "sig1=(", "signature": "nonsense"}):
        answer = await caller.served.rival.get(PATH, headers=headers)
        assert answer.status_code == 200


async def test_a_signed_body_has_a_largest_size(caller: Caller) -> None:
    large = {"name": "x" * (256 * 1024)}
    assert kind(await caller.ask("POST", PATH, large)) == (413, "body-too-large")


async def test_a_shared_secret_is_shown_once_and_lies_nowhere() -> None:
    async with calling(HMAC) as caller:
        secret, identifier = caller.key["signing_secret"], caller.key["id"]
        assert secret.startswith("sl_sign_")
        await caller.ask("POST", PATH, PROPERTY)
        for path in ("/api/v1/keys", f"/api/v1/keys/{identifier}", "/api/v1/me"):
            assert secret not in (await caller.ask("GET", path)).text
        held = await caller.served.adapters.api_keys.get(TenantId("acme"), identifier)
        assert held is not None
        assert held.signing is not None
        for part in (held.signing.material, base64.b64encode(held.signing.material)):
            assert secret.encode() not in part
            assert base64.urlsafe_b64decode(secret[8:] + "=") not in part
        assert held.signing.material.decode() not in repr(held)


async def test_what_a_key_signed_with_before_is_of_no_use_after(caller: Caller) -> None:
    path = f"/api/v1/keys/{caller.key['id']}/signing"
    body = wanted(HMAC)
    changed = await caller.ask("PUT", path, body)
    assert changed.status_code == 200
    assert changed.headers["cache-control"] == "no-store"
    assert kind(await caller.ask("GET", PATH)) == (401, "signature-invalid")
    new = reading(signer_of(changed.json()), caller)
    assert (await new.ask("GET", PATH)).status_code == 200
    assert (await new.ask("DELETE", path)).status_code == 204
    assert (await caller.client.get(PATH)).status_code == 200


async def test_a_rotated_key_signs_on_and_both_work_for_the_overlap(caller: Caller) -> None:
    answer = await caller.ask("POST", f"/api/v1/keys/{caller.key['id']}/rotate", {})
    made = answer.json()
    assert made["signing"] == caller.key["signing"]
    assert made["signing_secret"] is None or made["signing_secret"] != caller.key["signing_secret"]
    assert (await caller.ask("GET", PATH)).status_code == 200
    transport = httpx.ASGITransport(app=caller.served.app)
    headers = {"authorization": f"Bearer {made['key']}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://x", headers=headers
    ) as client:
        new = Caller(caller.served, client, made, signer_of(made))
        assert (await new.ask("GET", PATH)).status_code == 200
        assert kind(await new.ask("GET", PATH, headers={})) == (401, "signature-required")
        old = new.headers("GET", PATH, keyid=caller.key["id"])
        assert kind(await new.ask("GET", PATH, headers=old)) == (401, "signature-invalid")


async def test_a_token_signs_as_the_key_that_it_was_made_with(caller: Caller) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": caller.key["id"],
        "client_secret": caller.key["key"],
    }
    request = httpx.Request("POST", "http://x/oauth/token", data=form)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=caller.served.app), base_url="http://x"
    ) as client:
        refused = await client.post("/oauth/token", content=request.content, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        signed = caller.headers("POST", "/oauth/token", request.content)
        told = await client.post(
            "/oauth/token", content=request.content, headers={**headers, **signed}
        )
        assert told.status_code == 200, told.text
        again = await client.post(
            "/oauth/token", content=request.content, headers={**headers, **signed}
        )
        assert again.status_code == 401
        bearer = {"authorization": f"Bearer {told.json()['access_token']}"}
        assert kind(await client.get(PATH, headers=bearer)) == (401, "signature-required")
        ours = {**bearer, **caller.headers("GET", PATH)}
        assert (await client.get(PATH, headers=ours)).status_code == 200
        # What the key is told from now on holds for tokens that it made before.
        path = f"/api/v1/keys/{caller.key['id']}/signing"
        assert (await caller.ask("DELETE", path)).status_code == 204
        assert (await client.get(PATH, headers=bearer)).status_code == 200
        assert (await caller.served.acme.put(path, json=wanted(HMAC))).status_code == 200
        assert kind(await client.get(PATH, headers=bearer)) == (401, "signature-required")


async def test_a_signature_of_one_tenant_is_of_no_use_to_another(caller: Caller) -> None:
    algorithm = SignatureAlgorithm(caller.key["signing"]["algorithm"])
    body: dict[str, Any] = {"algorithm": algorithm.value}
    if algorithm is ED25519:
        body["public_key"] = public_key_text(RIVAL.public_key)
    path = "/api/v1/keys/rival/signing"
    assert (await caller.served.rival.put(path, json=body)).status_code == 200
    for keyid in (caller.key["id"], "rival"):
        theirs = caller.headers("GET", PATH, keyid=keyid)
        answer = await caller.served.rival.get(PATH, headers=theirs)
        assert kind(answer) == (401, "signature-invalid")
    foreign = await caller.served.acme.put(path, json=body)
    absent = await caller.served.acme.put("/api/v1/keys/none/signing", json=body)
    assert foreign.status_code == absent.status_code == 404


async def test_a_shared_secret_belongs_to_one_key_of_one_tenant_and_one_deployment() -> None:
    kept = KeySigning(HMAC, True, b"0123456789ABCDEFGHIJKL")
    other = evolve(kept, material=b"0123456789ABCDEFGHIJKM")
    acme, rival = TenantId("acme"), TenantId("rival")
    one, two = KeyId("A1"), KeyId("A2")
    secrets = {
        kept.secret(bytes(32), acme, one),
        kept.secret(bytes(32), acme, two),
        kept.secret(bytes(32), rival, one),
        kept.secret(bytes(31) + b"x", acme, one),
        other.secret(bytes(32), acme, one),
    }
    assert len(secrets) == 5
    assert all(secret and re.fullmatch(r"sl_sign_[0-9A-Za-z_-]{43}", secret) for secret in secrets)


async def test_nobody_lifts_a_signature_off_a_key_that_may_do_more(caller: Caller) -> None:
    narrow = await caller.served.acme.post(
        "/api/v1/keys", json={"name": "narrow", "scopes": ["keys:write"]}
    )
    headers = {"authorization": f"Bearer {narrow.json()['key']}"}
    path = f"/api/v1/keys/{caller.key['id']}/signing"
    stranger = caller.served.stranger
    for answer in (
        await stranger.delete(path, headers=headers),
        await stranger.put(path, headers=headers, json=wanted(HMAC)),
    ):
        assert kind(answer) == (403, "scopes-not-held")
    assert (await caller.ask("GET", PATH)).status_code == 200
    assert (await caller.ask("GET", PATH, headers={})).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"algorithm": "none"},
        {"algorithm": "rsa-v1_5-sha256"},
        {"algorithm": "ed25519"},
        {"algorithm": "ed25519", "public_key": ""},
        {"algorithm": "ed25519", "public_key": "A" * 42},
        {"algorithm": "ed25519", "public_key": "A" * 44},
        {"algorithm": "ed25519", "public_key": "A" * 42 + "B"},
        {"algorithm": "ed25519", "public_key": "A" * 42 + "/"},
        {"algorithm": "hmac-sha256", "public_key": public_key_text(RIVAL.public_key)},
        {"algorithm": "hmac-sha256", "required": "yes"},
        {"algorithm": "hmac-sha256", "secret": "mine"},
    ],
    ids=json.dumps,
)
async def test_a_way_to_sign_that_cannot_be_is_refused_in_words(
    served: Served, body: dict[str, Any]
) -> None:
    wanted_key = {"name": "x", "role": "viewer", "signing": body}
    for answer in (
        await served.acme.put("/api/v1/keys/acme/signing", json=body),
        await served.acme.post("/api/v1/keys", json=wanted_key),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"]
    assert len((await served.acme.get("/api/v1/keys")).json()["items"]) == 1


async def test_an_answer_is_signed_for_whoever_asks(caller: Caller) -> None:
    published = (await caller.client.get("/.well-known/answer-keys.json")).json()
    (key,) = published["keys"]
    public = base64.urlsafe_b64decode(key["x"] + "=")
    checks = Ed25519Signer(bytes(32)).checks
    path = f"{PATH}/1"
    for ask in ({"accept-signature": 'sig1=("@status")'}, {}):
        answer = await caller.ask("GET", path, headers={**caller.headers("GET", path), **ask})
        assert answer.status_code == 404
        if not ask:
            assert "signature" not in answer.headers
            continue
        said_digest = answer.headers["content-digest"]
        assert digest_fits(said_digest, answer.content)
        covered = dictionary(answer.headers["signature-input"])["sig1"]
        assert isinstance(covered, InnerList)
        assert covered.parameters["keyid"] == key["kid"]
        asked = HttpMessage("GET", f"{ORIGIN}{path}", ())
        said = HttpMessage("GET", asked.target_uri, (("content-digest", said_digest),), 404, asked)
        value: Any = dictionary(answer.headers["signature"])["sig1"]
        assert checks(public, signature_base(said, covered), value.value)
        other = signature_base(evolve(said, status=200), covered)
        assert not checks(public, other, value.value)


async def test_the_refusal_of_a_signature_is_signed_too(caller: Caller) -> None:
    answer = await caller.ask("GET", PATH, headers={"accept-signature": 'sig1=("@status")'})
    assert answer.status_code == 401
    assert "signature" in answer.headers


async def test_an_answer_in_pieces_is_not_signed_but_whole(caller: Caller) -> None:
    await caller.ask("GET", PATH)
    path = "/api/v1/audit/export"
    asked = {**caller.headers("GET", path), "accept-signature": 'sig1=("@status")'}
    answer = await caller.ask("GET", path, headers=asked)
    assert "signature" not in answer.headers
    assert len(answer.text.splitlines()) > 1


async def test_two_callers_of_one_tenant_do_not_get_in_each_others_way(caller: Caller) -> None:
    async with caller_with(caller.served, HMAC) as other:
        for one in (caller, other):  # the same nonces, counted from 0
            assert (await one.ask("GET", PATH)).status_code == 200
