"""How a key signs its requests, and the secrets that it signs with (ADR 25).

A shared secret is computed, not kept: from the server's secret, the key it belongs to and a
random text, which alone is in the store. Whoever has read the store can sign nothing, and no
key's secret is good for another key, of whichever tenant.
"""

import base64
import binascii
import hashlib
import hmac

from attrs import field, frozen

from ..errors import InvalidInput
from ..identifiers import KeyId, TenantId
from .signatures import SignatureAlgorithm, VerificationKey

#: Characters of the random text that a shared secret is made with.
SALT_LENGTH = 22
_PUBLIC_BYTES = 32
_PUBLIC_CHARACTERS = 43


@frozen
class SigningDraft:
    """How the requests of a key shall be signed.

    Args:
        algorithm: How it signs.
        required: Whether every request must be signed; else only what is signed is checked.
        public_key: What Ed25519 is checked with; None for a shared secret. [32 bytes]

    Raises:
        InvalidInput: If the algorithm wants a public key and there is none, or the reverse.
    """

    algorithm: SignatureAlgorithm
    required: bool = True
    public_key: bytes | None = None

    def __attrs_post_init__(self) -> None:
        wanted = self.algorithm is SignatureAlgorithm.ED25519
        if wanted is (self.public_key is None):
            message = "is required for ed25519" if wanted else "is for ed25519 only"
            raise InvalidInput(message, path=("public_key",), code="public_key")

    def made(self, salt: str) -> "KeySigning":
        """What a key keeps of it.

        Args:
            salt: A fresh random text; not used for Ed25519.
        """
        material = salt.encode() if self.public_key is None else self.public_key
        return KeySigning(self.algorithm, self.required, material)


@frozen
class KeySigning:
    """How a key signs, as it is kept.

    Args:
        algorithm: How it signs.
        required: Whether every request must be signed.
        material: The public key, or what the shared secret is computed from. [bytes]
    """

    algorithm: SignatureAlgorithm
    required: bool
    material: bytes = field(repr=False)

    @property
    def public_key(self) -> str | None:
        """The public key as others read it; None for a shared secret. [base64url]"""
        if self.algorithm is SignatureAlgorithm.ED25519:
            return public_key_text(self.material)
        return None

    def secret(self, server_secret: bytes, tenant: TenantId, key: KeyId) -> str | None:
        """The text whose bytes are the shared secret of a key; None for a public key."""
        if self.algorithm is SignatureAlgorithm.ED25519:
            return None
        # Ids hold no null bytes, so no two keys make one message.
        parts = (b"request signing", tenant.encode(), key.encode(), self.material)
        code = hmac.digest(server_secret, b"\x00".join(parts), hashlib.sha256)
        return f"sl_sign_{_text(code)}"

    def verification_key(
        self, server_secret: bytes, tenant: TenantId, key: KeyId
    ) -> VerificationKey:
        """What signatures of a key are checked with."""
        secret = self.secret(server_secret, tenant, key)
        material = self.material if secret is None else secret.encode()
        return VerificationKey(key, self.algorithm, material)


def read_public_key(text: str) -> bytes:
    """An Ed25519 public key from its text, the `x` of a JSON Web Key. [32 bytes]

    Raises:
        InvalidInput: If it is not 32 bytes in base64url without padding.
    """
    try:
        found = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != _PUBLIC_BYTES or _text(found) != text:
        message = f"must be 32 bytes in base64url, {_PUBLIC_CHARACTERS} characters without padding"
        raise InvalidInput(message, path=("public_key",), code="public_key")
    return found


def public_key_text(key: bytes) -> str:
    """An Ed25519 public key as others read it. [base64url]"""
    return _text(key)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
