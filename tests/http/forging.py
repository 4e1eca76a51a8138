"""Tokens made by hand, right and wrong, with another library than the product's."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def encoded(data: bytes) -> str:
    """Base 64 as tokens use it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _number(value: int, length: int) -> str:
    return encoded(value.to_bytes(length, "big"))


@frozen
class Forge:
    """An issuer with a key of each kind."""

    elliptic: ec.EllipticCurvePrivateKey
    modular: rsa.RSAPrivateKey
    edwards: ed25519.Ed25519PrivateKey

    @classmethod
    def new(cls) -> "Forge":
        """New keys."""
        return cls(
            ec.generate_private_key(ec.SECP256R1()),
            rsa.generate_private_key(65_537, 2048),
            ed25519.Ed25519PrivateKey.generate(),
        )

    def keys(self) -> list[dict[str, str]]:
        """The key set that it publishes: `ec`, `rsa` and `ed`."""
        point = self.elliptic.public_key().public_numbers()
        modulus = self.modular.public_key().public_numbers()
        raw = self.edwards.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return [
            {
                "kty": "EC",
                "crv": "P-256",
                "kid": "ec",
                "x": _number(point.x, 32),
                "y": _number(point.y, 32),
            },
            {
                "kty": "RSA",
                "kid": "rsa",
                "n": _number(modulus.n, 256),
                "e": _number(modulus.e, 3),
            },
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encoded(raw)},
        ]

    def token(self, claims: Mapping[str, Any], **header: Any) -> str:
        """A token signed with the key of its `kid`, whatever the rest of the header says."""
        head = {"typ": "at+jwt", "alg": "ES256", "kid": "ec", **header}
        return self.signed(head, json.dumps(claims).encode(), str(header.get("kid", "ec")))

    def signed(self, head: Mapping[str, Any], body: bytes, key: str = "ec") -> str:
        """A token of this header and body, signed with a key."""
        named = {name: value for name, value in head.items() if value is not None}
        text = f"{encoded(json.dumps(named).encode())}.{encoded(body)}"
        return f"{text}.{encoded(self._signature(text.encode(), key))}"

    def confused(self, claims: Mapping[str, Any], key: str) -> str:
        """A token whose HMAC is made with a public key as the secret (CVE-2015-9235)."""
        public = (self.modular if key == "rsa" else self.elliptic).public_key()
        secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head = encoded(json.dumps({"typ": "at+jwt", "alg": "HS256", "kid": key}).encode())
        text = f"{head}.{encoded(json.dumps(claims).encode())}"
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    def _signature(self, text: bytes, key: str) -> bytes:
        if key == "rsa":
            return self.modular.sign(text, padding.PKCS1v15(), SHA256())
        if key == "ed":
            return self.edwards.sign(text)
        r, s = decode_dss_signature(self.elliptic.sign(text, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
