"""Signing and checking tokens (JSON Web Signature)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from ..domain.tenancy import PublicKey, SigningKey


class TokenSignatures(Protocol):
    """Makes signing keys, signs with them, and reads what others signed. Nothing here waits."""

    def new_key(self, number: int, at: datetime) -> SigningKey:
        """A new key, its private half sealed under the server's secret."""

    def opens(self, key: SigningKey) -> bool:
        """Whether this server's secret opens the private half of a key."""

    def sign(self, key: SigningKey, claims: Mapping[str, object]) -> str:
        """An access token with these claims.

        Raises:
            ValueError: If the secret does not open the key.
        """

    def header(self, text: str) -> Mapping[str, object]:
        """The header of a token, which nobody has vouched for.

        Raises:
            Unauthenticated: If the text is not a token, or too long.
        """

    def unproved(self, text: str) -> Mapping[str, object]:
        """The claims of a token, which nobody has vouched for: only good to choose a key.

        Raises:
            Unauthenticated: If the text is not a token.
        """

    def verified(self, text: str, key: PublicKey) -> Mapping[str, object]:
        """The claims of a token, if it was signed with this key by an algorithm of this key.

        Raises:
            Unauthenticated: If it was not, or its content is not an object.
        """
