"""No secret is ever written down: not in lines, figures or audit records, whatever goes wrong."""

import base64
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import evolve, frozen

from sightline import bootstrap
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.domain.identifiers import PropertyId, TenantId
from sightline.domain.portfolio.property import Property

from .served import KEYS, Served
from .watching import Watched, watching

WRONG_KEY = "sl_live_000000000000_" + "9" * 36
WRONG_TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQtc3ViamVjdCJ9.c2lnbmF0dXJl"
WRONG_SECRET = "hunter2-the-wrong-secret"
#: Of each secret so much is enough to find it by; shorter parts turn up by chance.
ENOUGH = 12


class BrokenProperties(MemoryPropertyRepository):
    """Fails in a way that nobody foresaw."""

    async def get(self, tenant: TenantId, identifier: PropertyId) -> Property:
        raise RuntimeError("the repository is broken")


@frozen
class Told:
    """What was written down while secrets went through.

    Args:
        secrets: All of them, by what they are.
        written: Lines, figures and audit records.
    """

    secrets: dict[str, str]
    written: dict[str, str]


def bearer(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


async def keys(served: Served, secrets: dict[str, str]) -> None:
    made = (await served.acme.post("/api/v1/keys", json={"name": "x", "role": "admin"})).json()
    path = f"/api/v1/keys/{made['id']}"
    turned = await served.acme.post(f"{path}/rotate", json={"overlap_seconds": 60})
    assert turned.status_code == 201, turned.text
    secrets |= {"new key": made["key"][-36:], "rotated key": turned.json()["key"][-36:]}
    for credential in (made["key"], turned.json()["key"], WRONG_KEY, WRONG_SECRET, WRONG_TOKEN):
        for headers in (bearer(credential), {"x-api-key": credential}):
            await served.stranger.get("/api/v1/me", headers=headers)
            await served.stranger.get(f"/api/v1/me?token={credential}", headers=headers)
            await served.stranger.get(f"/nowhere/{credential}", headers=headers)
    assert (await served.acme.delete(path)).status_code == 204
    await served.stranger.get("/api/v1/me", headers=bearer(made["key"]))


async def tokens(served: Served, secrets: dict[str, str]) -> None:
    async def ask(**form: str) -> dict[str, Any]:
        answer = await served.stranger.post("/oauth/token", data=form)
        told: dict[str, Any] = answer.json()
        return told

    client = {"client_id": "acme", "client_secret": KEYS["acme"]}
    offline = "properties:read offline_access"
    first = await ask(grant_type="client_credentials", scope=offline, **client)
    assert "refresh_token" in first, first
    second = await ask(grant_type="refresh_token", refresh_token=first["refresh_token"])
    third = await ask(grant_type="refresh_token", refresh_token=second["refresh_token"])
    await ask(grant_type="refresh_token", refresh_token=first["refresh_token"])  # used again
    await ask(grant_type="refresh_token", refresh_token=WRONG_SECRET)
    await ask(grant_type="client_credentials", client_id="acme", client_secret=WRONG_SECRET)
    pair = base64.b64encode(f"acme:{KEYS['acme']}".encode()).decode()
    basic = {"authorization": f"Basic {pair}"}
    form = {"grant_type": "client_credentials"}
    await served.stranger.post("/oauth/token", data=form, headers=basic)
    secrets["basic"] = pair
    for number, told in enumerate((first, second, third)):
        for kind in ("access_token", "refresh_token"):
            secrets[f"{kind} {number}"] = told[kind]
        await served.stranger.get("/api/v1/properties", headers=bearer(told["access_token"]))
        await served.stranger.get("/api/v1/properties/1", headers=bearer(told["access_token"]))
        for kind in ("access_token", "refresh_token"):
            await served.stranger.post("/oauth/revoke", data={"token": told[kind], **client})
        await served.stranger.get("/api/v1/properties", headers=bearer(told["access_token"]))
    key_set = (await served.stranger.get("/.well-known/jwks.json")).json()
    assert all("d" not in key for key in key_set["keys"])


async def bad_bodies(served: Served, secrets: dict[str, str]) -> None:
    for secret in (KEYS["acme"], WRONG_KEY, WRONG_TOKEN):
        for body in (
            {"name": secret, "role": secret},
            {secret: secret},
            {"name": "x", "role": "viewer", "password": secret},
            {"name": secret * 100, "role": "viewer"},
            [secret],
        ):
            answer = await served.acme.post("/api/v1/keys", json=body)
            assert answer.status_code == 422, answer.text
        await served.acme.post("/api/v1/keys", content=f'{{"name": "{secret}'.encode())
        await served.acme.post("/api/v1/properties", content=secret.encode())
        await served.acme.post("/api/v1/properties", headers={"cookie": f"session={secret}"})
        await served.stranger.post("/oauth/token", json={"client_secret": secret})
        await served.acme.get("/api/v1/properties", headers={"if-match": secret})
        await served.acme.get("/api/v1/properties", params={"cursor": secret})
    broken = await served.acme.get("/api/v1/properties/1")
    assert broken.status_code == 500
    broken = await served.stranger.get("/api/v1/properties/1", headers={"x-api-key": KEYS["rival"]})
    assert broken.status_code == 500


@pytest.fixture
async def told(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Told]:
    adapters = evolve(
        bootstrap.in_memory(),
        properties=BrokenProperties(),
        server_secret=b"server-secret-for-the-test",
    )
    async with watching(capsys, caplog, adapters) as watched:
        served = watched.served
        secrets = {
            **{f"fixed key of {name}": key for name, key in KEYS.items()},
            "wrong key": WRONG_KEY,
            "wrong token": WRONG_TOKEN,
            "wrong secret": WRONG_SECRET,
            "server secret": served.adapters.server_secret.decode(),
        }
        for part in (keys, tokens, bad_bodies):
            await part(served, secrets)
        yield Told(secrets, await written(watched))


async def written(watched: Watched) -> dict[str, str]:
    adapters = watched.served.adapters
    await watched.served.cases.record_audit.flush()
    records = [
        record
        for name in KEYS
        for record in await adapters.audit_records.following(TenantId(name), 0, 10_000)
    ]
    return {
        "lines": watched.lines(),
        "figures": watched.figures(),
        "audit records": "\n".join(map(repr, records)),
    }


def parts(secret: str) -> list[str]:
    """The secret in pieces: whoever finds one of them half knows it."""
    pieces = [one for one in re.split(r"[._]", secret) if len(one) >= ENOUGH]
    # The first part of a token of ours says only how it is signed; it is the same for all.
    pieces = pieces[1:] if secret.startswith("eyJ") else pieces
    return [piece[:ENOUGH] for piece in pieces or [secret]]


async def test_nothing_that_is_written_down_holds_a_secret(told: Told) -> None:
    assert len(told.secrets) >= 15
    assert len(told.written["lines"].splitlines()) > 80
    assert "the repository is broken" in told.written["lines"]
    assert told.written["audit records"].count("AuditRecord(") > 20
    for place, text in told.written.items():
        for name, secret in told.secrets.items():
            for form in (secret, *parts(secret), json.dumps(secret)[1:-1]):
                assert form not in text, (name, place)
        assert not re.search(r"bearer |basic [0-9a-z+/]{8}|authorization", text, re.I), place
