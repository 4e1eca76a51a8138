"""A caller that signs its requests, written from the RFCs and not with our own signing code."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from attrs import define, field

from sightline.adapters.ed25519 import Ed25519Signer
from sightline.domain.tenancy import SignatureAlgorithm, public_key_text
from sightline.entrypoints.http.app import EdgeOptions

from .served import Served, serving

ORIGIN = "https://api.example.com"
ACME = Ed25519Signer(bytes(31) + b"a")
RIVAL = Ed25519Signer(bytes(31) + b"r")


def digest(content: bytes) -> str:
    """Content-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


@define
class Caller:
    """Signs with one key; every parameter and component can be told otherwise."""

    served: Served
    client: httpx.AsyncClient
    key: Mapping[str, Any]
    sign: Callable[[bytes], bytes]
    counter: Any = field(factory=itertools.count)

    def headers(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        components: tuple[str, ...] | None = None,
        **parameters: Any,
    ) -> dict[str, str]:
        """The headers of a signed request; a parameter of None is left out."""
        fields = {"idempotency-key": '"k1"'}
        if content:
            fields["content-digest"] = digest(content)
        values = {"@method": method, "@target-uri": f"{ORIGIN}{path}", **fields}
        covered = tuple(values) if components is None else components
        given = {
            "created": int(self.served.adapters.clock.now().timestamp()),
            "keyid": self.key["id"],
            "nonce": f"n{next(self.counter)}",
            "tag": "sightline-v1",
            **parameters,
        }
        written = "".join(
            f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
            for name, value in given.items()
            if value is not None
        )
        names = " ".join(f'"{name}"' for name in covered)
        listed = f"({names}){written}"
        lines = [f'"{name}": {values[name]}' for name in covered]
        base = "\n".join([*lines, f'"@signature-params": {listed}'])
        signature = base64.b64encode(self.sign(base.encode())).decode()
        return {**fields, "signature-input": f"sig1={listed}", "signature": f"sig1=:{signature}:"}

    async def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a request, rightly signed unless headers are given."""
        content = b"" if body is None else json.dumps(body).encode()
        sent = self.headers(method, path, content) if headers is None else headers
        kind = {"content-type": "application/json"} if content else {}
        return await self.client.request(method, path, content=content, headers={**sent, **kind})


def wanted(algorithm: SignatureAlgorithm, *, required: bool = True) -> dict[str, Any]:
    """What a key is asked for with."""
    body: dict[str, Any] = {"algorithm": algorithm.value, "required": required}
    if algorithm is SignatureAlgorithm.ED25519:
        body["public_key"] = public_key_text(ACME.public_key)
    return body


def signer_of(made: Mapping[str, Any]) -> Callable[[bytes], bytes]:
    """What signs for a key that was just made."""
    if made["signing_secret"] is None:
        return ACME.sign
    secret = made["signing_secret"].encode()
    return lambda base: hmac.digest(secret, base, hashlib.sha256)


@asynccontextmanager
async def caller_with(
    served: Served, algorithm: SignatureAlgorithm, *, required: bool = True
) -> AsyncIterator[Caller]:
    """A caller of acme with a new key that signs."""
    body = {"name": "signer", "role": "admin", "signing": wanted(algorithm, required=required)}
    answer = await served.acme.post("/api/v1/keys", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    transport = httpx.ASGITransport(app=served.app)
    headers = {"authorization": f"Bearer {made['key']}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://x", headers=headers
    ) as client:
        yield Caller(served, client, made, signer_of(made))


@asynccontextmanager
async def calling(algorithm: SignatureAlgorithm, *, required: bool = True) -> AsyncIterator[Caller]:
    """The application and a caller of it whose key signs."""
    async with (
        serving(EdgeOptions(origin=ORIGIN)) as served,
        caller_with(served, algorithm, required=required) as caller,
    ):
        yield caller
