"""Signs and checks tokens with joserfc; private keys rest encrypted."""

import base64
import binascii
import json
import secrets
import warnings
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from ...domain.errors import Unauthenticated
from ...domain.tenancy import (
    LONGEST_HEADER,
    LONGEST_TOKEN,
    PublicKey,
    SigningKey,
    public_key,
)

#: ES256 is what most libraries check, and checks faster here than Ed25519 does.
ALGORITHM = "ES256"
_NONCE_BYTES = 12
Key = ECKey | OKPKey | RSAKey


def _registry(*algorithms: str) -> jws.JWSRegistry:
    # Issuers put fields of their own into headers; dangerous ones are refused by the domain.
    return jws.JWSRegistry(algorithms=list(algorithms), strict_check_header=False)


def _sealing_key(server_secret: bytes) -> AESGCM:
    derived = HKDF(SHA256(), 32, salt=None, info=b"sightline signing keys").derive(server_secret)
    return AESGCM(derived)


@frozen
class JoseSignatures:
    """Tokens of ours are ES256; those of others are checked with what their key says.

    Args:
        server_secret: Seals private keys, by AES-256-GCM under a key derived from it.
    """

    server_secret: bytes = field(repr=False)

    def new_key(self, number: int, at: datetime) -> SigningKey:
        made = ECKey.generate_key("P-256", private=True)
        key_id = made.thumbprint()
        public = public_key({**made.as_dict(private=False), "kid": key_id})
        assert public is not None
        nonce = secrets.token_bytes(_NONCE_BYTES)
        text = json.dumps(made.as_dict(private=True)).encode()
        sealed = nonce + _sealing_key(self.server_secret).encrypt(nonce, text, key_id.encode())
        return SigningKey(number, public, sealed, at)

    def opens(self, key: SigningKey) -> bool:
        try:
            _opened(self.server_secret, key.public.id, key.sealed)
        except ValueError:
            return False
        return True

    def sign(self, key: SigningKey, claims: Mapping[str, object]) -> str:
        private = _opened(self.server_secret, key.public.id, key.sealed)
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": key.public.id}
        body = json.dumps(claims, separators=(",", ":")).encode()
        return jws.serialize_compact(header, body, private, registry=_registry(ALGORITHM))

    def header(self, text: str) -> Mapping[str, object]:
        head, _, rest = text.partition(".")
        if len(text) > LONGEST_TOKEN or len(head) > LONGEST_HEADER or rest.count(".") != 1:
            raise Unauthenticated("the token is not readable")
        return _object(_decoded(head))

    def unproved(self, text: str) -> Mapping[str, object]:
        _, _, rest = text.partition(".")
        return _object(_decoded(rest.partition(".")[0]))

    def verified(self, text: str, key: PublicKey) -> Mapping[str, object]:
        try:
            with warnings.catch_warnings():
                # EdDSA has a newer name (RFC 9864); issuers still use the older one.
                warnings.simplefilter("ignore", SecurityWarning)
                found = jws.deserialize_compact(
                    text, _imported(key), registry=_registry(*key.algorithms)
                )
        except (JoseError, ValueError, TypeError):
            raise Unauthenticated("the token's signature is not valid") from None
        return _object(found.payload)


@lru_cache(maxsize=64)
def _opened(server_secret: bytes, key_id: str, sealed: bytes) -> ECKey:
    """The private key.

    Raises:
        ValueError: If the secret does not open it.
    """
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        opened = _sealing_key(server_secret).decrypt(nonce, text, key_id.encode())
    except InvalidTag:
        message = f"the server's secret does not open the signing key {key_id}"
        raise ValueError(message) from None
    return ECKey.import_key(json.loads(opened))


@lru_cache(maxsize=256)
def _imported(key: PublicKey) -> Any:
    return import_key(dict(key.parts))


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unauthenticated("the token is not readable") from None


def _object(text: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Unauthenticated("the token is not readable") from None
    if not isinstance(found, dict):
        raise Unauthenticated("the token is not readable")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object without repeated names: two readers must not see two different claims."""
    made = dict(pairs)
    if len(made) != len(pairs):
        message = "a name is repeated"
        raise ValueError(message)
    return made
