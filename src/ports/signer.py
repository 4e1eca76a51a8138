"""Signatures that anybody can check and only the holder of the key can make."""

from typing import Protocol


class Signer(Protocol):
    """Signs with one key, and checks signatures of any.

    Pure computation: nothing waits.
    """

    @property
    def key_id(self) -> str:
        """Names the key; derived from the public key."""

    @property
    def public_key(self) -> bytes:
        """What others check its signatures with. [32 bytes]"""

    def sign(self, message: bytes) -> bytes:
        """The signature of a message. [64 bytes]"""

    def checks(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether a signature of a message was made with the key to a public key.

        False as well for what can be no key or no signature.
        """
