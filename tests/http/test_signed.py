"""Keys that sign: the real application refuses what they have not signed."""

import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from attrs import define, evolve, field

from sightline.adapters.ed25519 import Ed25519Signer
from sightline.adapters.memory.nonces import MemoryNonces
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.structured_fields import InnerList, dictionary
from sightline.domain.tenancy import Principal
from sightline.domain.tenancy.signatures import (
    TAG,
    HttpMessage,
    SignatureAlgorithm,
    VerificationKey,
    content_digest,
    covered_by,
    digest_fits,
    signature_base,
    signed,
)
from sightline.entrypoints.http.app import EdgeOptions, framework, guarded
from sightline.entrypoints.http.signed import Signed

from .seeds import PROPERTY
from .served import KEYS, Served, serving

SECRET = b"a secret that only acme and we know"
SERVER = Ed25519Signer(bytes(31) + b"s")
ACME = Ed25519Signer(bytes(31) + b"a")
MATERIAL = {
    SignatureAlgorithm.HMAC_SHA256: SECRET,
    SignatureAlgorithm.ED25519: ACME.public_key,
}


@define
class Caller:
    """Signs as acme does."""

    served: Served
    client: httpx.AsyncClient
    algorithm: SignatureAlgorithm = SignatureAlgorithm.ED25519
    counter: Any = field(factory=itertools.count)

    def sign(self, base: bytes) -> bytes:
        if self.algorithm is SignatureAlgorithm.HMAC_SHA256:
            return hmac.digest(SECRET, base, hashlib.sha256)
        return ACME.sign(base)

    def headers(
        self, method: str, path: str, content: bytes = b"", **parameters: Any
    ) -> dict[str, str]:
        fields: tuple[tuple[str, str], ...] = (("idempotency-key", '"k1"'),)
        components: tuple[str, ...] = ("@method", "@target-uri", "idempotency-key")
        if content:
            fields += (("content-digest", content_digest(content)),)
            components += ("content-digest",)
        created = int(self.served.adapters.clock.now().timestamp())
        given = {
            "created": created,
            "keyid": "acme",
            "nonce": f"n{next(self.counter)}",
            "tag": TAG,
            **parameters,
        }
        message = HttpMessage(method, f"https://api.example.com{path}", fields)
        headers = signed(message, covered_by(components, given), self.sign)
        return dict((*fields, *headers))

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        content = b"" if body is None else json.dumps(body).encode()
        signed_headers = self.headers(method, path, content) if headers is None else headers
        kind = {"content-type": "application/json"} if content else {}
        return await self.client.request(
            method, path, content=content, headers={**signed_headers, **kind}
        )


@asynccontextmanager
async def calling(algorithm: SignatureAlgorithm) -> AsyncIterator[Caller]:
    async with serving() as served:

        async def keys(principal: Principal) -> VerificationKey | None:
            if principal.tenant != "acme":
                return None
            return VerificationKey(KeyId("acme"), algorithm, MATERIAL[algorithm])

        adapters = served.adapters
        inner = Signed(
            framework(adapters.telemetry),
            keys,
            MemoryNonces(),
            SERVER,
            adapters.clock,
            largest_body=1000,
            origin="https://api.example.com",
        )
        app: Any = guarded(inner, served.cases, adapters.telemetry, bytes(32), EdgeOptions())
        transport = httpx.ASGITransport(app=app)
        headers = {"authorization": f"Bearer {KEYS['acme']}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://x", headers=headers
        ) as client:
            yield Caller(served, client, algorithm)


@pytest.fixture(params=SignatureAlgorithm, ids=lambda algorithm: str(algorithm.value))
async def caller(request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    async with calling(request.param) as made:
        yield made


async def test_what_was_signed_is_done(caller: Caller) -> None:
    made = await caller.ask("POST", "/api/v1/properties", PROPERTY)
    assert made.status_code == 201, made.text
    assert (await caller.ask("GET", "/api/v1/properties?limit=1&sort=id")).status_code == 200
    assert (await caller.ask("HEAD", "/api/v1/properties/1")).status_code == 200
    assert (await caller.ask("GET", "/api/v1/properties/2")).status_code == 404


async def test_what_was_not_signed_is_not_done(caller: Caller) -> None:
    path = "/api/v1/properties"
    content = json.dumps(PROPERTY).encode()
    right = caller.headers("POST", path, content)
    other = json.dumps({**PROPERTY, "name": "other"}).encode()
    wrong = [
        await caller.ask("POST", path, PROPERTY, {}),
        await caller.ask("POST", path, {**PROPERTY, "name": "other"}, right),
        await caller.ask(
            "POST", path, {**PROPERTY, "name": "other"},
            {**right, "content-digest": content_digest(other)},
        ),
        await caller.ask("POST", f"{path}?x=1", PROPERTY, right),
        await caller.ask("PUT", path, PROPERTY, right),
        await caller.ask("POST", path, PROPERTY, {**right, "idempotency-key": '"k2"'}),
        await caller.ask("POST", path, PROPERTY, caller.headers("POST", path)),
        await caller.ask("POST", path, PROPERTY, caller.headers("POST", path, content, keyid="b")),
        await caller.ask("POST", path, PROPERTY, caller.headers("POST", path, content, created=1)),
    ]  # fmt: skip
    assert [answer.status_code for answer in wrong] == [401] * len(wrong)
    assert {answer.json()["type"] for answer in wrong} == {"/problems/unauthenticated"}
    assert (await caller.ask("GET", "/api/v1/properties")).json()["items"] == []


async def test_a_signature_is_good_once_and_a_wrong_one_uses_nothing_up(caller: Caller) -> None:
    path = "/api/v1/properties"
    content = json.dumps(PROPERTY).encode()
    right = caller.headers("POST", path, content)
    spoiled = {**right, "signature": f"sig1={content_digest(b'').partition('=')[2]}"}
    assert (await caller.ask("POST", path, PROPERTY, spoiled)).status_code == 401
    assert (await caller.ask("POST", path, PROPERTY, right)).status_code == 201
    again = await caller.ask("POST", path, PROPERTY, right)
    assert again.status_code == 401
    assert "nonce" in again.json()["detail"]


async def test_a_key_that_need_not_sign_need_not(caller: Caller) -> None:
    headers = {"authorization": f"Bearer {KEYS['rival']}"}
    assert (await caller.client.get("/api/v1/properties", headers=headers)).status_code == 200
    assert (await caller.client.get("/health/live")).status_code == 200


async def test_a_signed_body_has_a_largest_size_and_must_come_whole(caller: Caller) -> None:
    large = {"name": "x" * 1000}
    assert (await caller.ask("POST", "/api/v1/properties", large)).status_code == 413


async def test_refusals_of_signatures_are_on_record(caller: Caller) -> None:
    await caller.ask("GET", "/api/v1/properties", headers={})
    await caller.served.cases.record_audit.flush()
    (record,) = await caller.served.adapters.audit_records.following(TenantId("acme"), 0, 10)
    assert (record.status, record.problem) == (401, "unauthenticated")


async def test_an_answer_is_signed_for_whoever_asks(caller: Caller) -> None:
    path = "/api/v1/properties/1"
    for ask in ({"accept-signature": 'sig1=("@status")'}, {}):
        answer = await caller.ask("GET", path, headers={**caller.headers("GET", path), **ask})
        assert answer.status_code == 404
        if not ask:
            assert "signature" not in answer.headers
            continue
        digest = answer.headers["content-digest"]
        assert digest_fits(digest, answer.content)
        covered = dictionary(answer.headers["signature-input"])["sig1"]
        assert isinstance(covered, InnerList)
        assert covered.parameters["keyid"] == SERVER.key_id
        asked = HttpMessage("GET", f"https://api.example.com{path}", ())
        said = HttpMessage("GET", asked.target_uri, (("content-digest", digest),), 404, asked)
        value: Any = dictionary(answer.headers["signature"])["sig1"]
        base = signature_base(said, covered)
        assert SERVER.checks(SERVER.public_key, base, value.value)
        other = signature_base(evolve(said, status=200), covered)
        assert not SERVER.checks(SERVER.public_key, other, value.value)


async def test_an_answer_in_pieces_is_not_signed_but_whole(caller: Caller) -> None:
    await caller.ask("GET", "/api/v1/properties")
    path = "/api/v1/audit/export"
    asked = {**caller.headers("GET", path), "accept-signature": 'sig1=("@status")'}
    answer = await caller.ask("GET", path, headers=asked)
    assert "signature" not in answer.headers
    assert len(answer.text.splitlines()) > 1
