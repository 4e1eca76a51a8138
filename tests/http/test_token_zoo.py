"""Every known way to cheat with a token, one test each; all of them are 401."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from sightline import bootstrap
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import Demands, TrustedIssuer, public_key
from sightline.entrypoints.http.app import EdgeOptions

from .forging import Forge, encoded
from .served import Served

AT = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
FORGE, OTHER = Forge.new(), Forge.new()
KEYS = tuple(key for key in map(public_key, FORGE.keys()) if key is not None)
ISSUER = TrustedIssuer(
    "idp",
    Demands("https://id.example.com", "https://api.example.com"),
    keys=KEYS,
    tenants={"org_acme": TenantId("acme")},
)
RIGHT: dict[str, Any] = {
    "iss": "https://id.example.com",
    "aud": "https://api.example.com",
    "sub": "zoe",
    "org_id": "org_acme",
    "scope": "properties:read energy:read",
    "iat": AT,
    "exp": AT + 600,
}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    adapters = attrs.evolve(bootstrap.in_memory(), trusted_issuers=(ISSUER,))
    made = Served(adapters, EdgeOptions())
    await made.prepare()
    yield made
    for client in (made.stranger, made.acme, made.rival):
        await client.aclose()


async def status(served: Served, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    answer = await served.stranger.get("/api/v1/me", headers=headers)
    if answer.status_code == 401:
        assert answer.json()["type"] == "/problems/unauthenticated"
        assert token not in answer.text
        assert len(answer.json()["detail"]) < 80
    return answer.status_code


def claims(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**RIGHT, **changed}.items() if value is not None}


@pytest.mark.parametrize(
    ("key", "algorithm"), [("ec", "ES256"), ("rsa", "RS256"), ("ed", "EdDSA"), ("ed", "Ed25519")]
)
async def test_a_right_token_of_every_kind_of_key_is_believed(
    served: Served, key: str, algorithm: str
) -> None:
    token = FORGE.token(claims(name="Zoë"), kid=key, alg=algorithm)
    headers = {"authorization": f"Bearer {token}"}
    told = (await served.stranger.get("/api/v1/me", headers=headers)).json()
    assert told == {
        "tenant": "acme",
        "kind": "user",
        "id": "idp:zoe",
        "name": "Zoë",
        "scopes": ["energy:read", "properties:read"],
        "expires_at": "2026-01-01T00:10:00Z",
    }
    assert (await served.stranger.get("/api/v1/properties", headers=headers)).status_code == 200
    assert (await served.stranger.get("/api/v1/jobs", headers=headers)).status_code == 403


ZOO: dict[str, Callable[[], str]] = {
    "alg none": lambda: FORGE.token(claims(), alg="none"),
    "alg none without a signature": lambda: (
        f"{encoded(json.dumps({'alg': 'none', 'typ': 'at+jwt', 'kid': 'ec'}).encode())}."
        f"{encoded(json.dumps(claims()).encode())}."
    ),
    "alg NONE": lambda: FORGE.token(claims(), alg="NoNe"),
    "HS256 with the RSA public key": lambda: FORGE.confused(claims(), "rsa"),
    "HS256 with the EC public key": lambda: FORGE.confused(claims(), "ec"),
    "RS256 for an EC key": lambda: FORGE.token(claims(), kid="ec", alg="RS256"),
    "ES256 for an RSA key": lambda: FORGE.token(claims(), kid="rsa", alg="ES256"),
    "no alg": lambda: FORGE.token(claims(), alg=None),
    "alg is a list": lambda: FORGE.token(claims(), alg=["ES256"]),
    "own key in jwk": lambda: OTHER.token(claims(), jwk=OTHER.keys()[0]),
    "own keys by jku": lambda: OTHER.token(claims(), jku="https://evil.example.com/keys"),
    "own certificate by x5u": lambda: OTHER.token(claims(), x5u="https://evil.example.com/c"),
    "own certificate in x5c": lambda: OTHER.token(claims(), x5c=["MIIB"]),
    "right signature, jwk all the same": lambda: FORGE.token(claims(), jwk=FORGE.keys()[0]),
    "kid is a path": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "../../../../dev/null"},
        json.dumps(claims()).encode(),
    ),
    "kid is SQL": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "x' UNION SELECT 'key' --"},
        json.dumps(claims()).encode(),
    ),
    "kid of 10 KB": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "k" * 10_240}, json.dumps(claims()).encode()
    ),
    "kid of 500 characters": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "k" * 500}, json.dumps(claims()).encode()
    ),
    "kid is null": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256"}, json.dumps(claims()).encode()
    ),
    "kid unknown": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "other"}, json.dumps(claims()).encode()
    ),
    "another's signature": lambda: OTHER.token(claims()),
    "another's signature with Ed25519": lambda: OTHER.token(claims(), kid="ed", alg="EdDSA"),
    "another's signature with RSA": lambda: OTHER.token(claims(), kid="rsa", alg="RS256"),
    "without exp": lambda: FORGE.token(claims(exp=None)),
    "without iat": lambda: FORGE.token(claims(iat=None)),
    "without aud": lambda: FORGE.token(claims(aud=None)),
    "without iss": lambda: FORGE.token(claims(iss=None)),
    "without sub": lambda: FORGE.token(claims(sub=None)),
    "without a tenant": lambda: FORGE.token(claims(org_id=None)),
    "wrong aud": lambda: FORGE.token(claims(aud="https://other.example.com")),
    "wrong iss": lambda: FORGE.token(claims(iss="https://evil.example.com")),
    "iss with a slash more": lambda: FORGE.token(claims(iss="https://id.example.com/")),
    "iss is ours": lambda: FORGE.token(claims(iss="http://sightline", aud="http://sightline")),
    "a tenant of others": lambda: FORGE.token(claims(org_id="org_rival")),
    "a tenant by its id": lambda: FORGE.token(claims(org_id="rival")),
    "typ JWT": lambda: FORGE.token(claims(), typ="JWT"),
    "typ of an id token": lambda: FORGE.token(claims(), typ="id_token+jwt"),
    "without typ": lambda: FORGE.token(claims(), typ=None),
    "good for two hours": lambda: FORGE.token(claims(exp=AT + 7200)),
    "good until the year 9999": lambda: FORGE.token(claims(exp=253_402_300_799)),
    "good for ever": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "ec"},
        json.dumps(claims()).replace(str(AT + 600), "1e999").encode(),
    ),
    "issued ten minutes ahead": lambda: FORGE.token(claims(iat=AT + 600, exp=AT + 900)),
    "not valid yet": lambda: FORGE.token(claims(nbf=AT + 60)),
    "expired for 61 seconds": lambda: FORGE.token(claims(iat=AT - 600, exp=AT - 61)),
    "exp as a text": lambda: FORGE.token(claims(exp=str(AT + 600))),
    "unknown crit": lambda: FORGE.token(claims(), crit=["exotic"], exotic=True),
    "crit b64": lambda: FORGE.token(claims(), crit=["b64"], b64=False),
    "a claim twice": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "ec"},
        json.dumps(claims()).replace("{", '{"org_id": "org_rival", ', 1).encode(),
    ),
    "claims are a list": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "ec"}, b"[]"
    ),
    "claims are not JSON": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "ec"}, b"\xff\x00"
    ),
    "claims nested for ever": lambda: FORGE.signed(
        {"typ": "at+jwt", "alg": "ES256", "kid": "ec"}, b"[" * 5000
    ),
    "a changed body": lambda: _swapped(FORGE.token(claims()), FORGE.token(claims(sub="max"))),
    "a signature of zeros": lambda: (
        FORGE.token(claims()).rpartition(".")[0] + "." + encoded(bytes(64))
    ),
    "a signature cut short": lambda: FORGE.token(claims())[:-3],
    "20 KB": lambda: FORGE.token(claims(padding="x" * 20_000)),
    "an encrypted token": lambda: FORGE.token(claims()) + ".e.e",
    "empty parts": lambda: "eyJ..",
    "only dots": lambda: "eyJhbGciOiJFUzI1NiJ9.e30.",
}


def _swapped(signed: str, body: str) -> str:
    head, _, signature = signed.split(".")
    return f"{head}.{body.split('.')[1]}.{signature}"


@pytest.mark.parametrize("make", ZOO.values(), ids=ZOO)
async def test_a_cheating_token_opens_nothing(served: Served, make: Callable[[], str]) -> None:
    assert await status(served, FORGE.token(claims())) == 200  # the cage is open for the right one
    assert await status(served, make()) == 401


async def test_29_seconds_late_is_accepted(served: Served) -> None:
    assert await status(served, FORGE.token(claims(iat=AT - 571, exp=AT - 29))) == 200


async def test_a_tenant_that_is_not_ours_is_refused() -> None:
    issuer = attrs.evolve(ISSUER, tenants=None)
    adapters = attrs.evolve(bootstrap.in_memory(), trusted_issuers=(issuer,))
    served = Served(adapters, EdgeOptions())
    await served.prepare()
    assert await status(served, FORGE.token(claims(org_id="acme"))) == 200
    assert await status(served, FORGE.token(claims(org_id="nobody"))) == 401
    assert await status(served, FORGE.token(claims(org_id="platform"))) == 401


async def test_a_scope_of_the_platform_is_not_granted_to_a_customer(served: Served) -> None:
    token = FORGE.token(claims(scope="tenants:admin energy:read openid"))
    headers = {"authorization": f"Bearer {token}"}
    told = (await served.stranger.get("/api/v1/me", headers=headers)).json()
    assert told["scopes"] == ["energy:read"]


async def test_a_believed_token_ends_at_its_end(served: Served) -> None:
    token = FORGE.token(claims())
    clock: Any = served.adapters.clock
    for seconds, expected in ((0, 200), (600, 200), (629, 200), (630, 401)):
        clock.at = datetime.fromtimestamp(AT + seconds, UTC)
        assert await status(served, token) == expected
