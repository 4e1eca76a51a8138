"""Ed25519 signatures (RFC 8032) by `cryptography`."""

import hashlib
import hmac

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@frozen
class Ed25519Signer:
    """Signs with a key made from a seed.

    Args:
        seed: The private key. [32 bytes]
    """

    seed: bytes = field(repr=False)
    _key: Ed25519PrivateKey = field(init=False, repr=False)
    public_key: bytes = field(init=False)
    key_id: str = field(init=False)

    @classmethod
    def derived(cls, secret: bytes, purpose: str) -> "Ed25519Signer":
        """The signer of a deployment for one purpose; other purposes get other keys."""
        label = f"sightline ed25519 {purpose}".encode()
        return cls(hmac.digest(secret, label, hashlib.sha256))

    @_key.default
    def _from_seed(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @public_key.default
    def _public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @key_id.default
    def _named(self) -> str:
        return hashlib.sha256(self.public_key).hexdigest()[:16]

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def checks(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True
