"""Keys of other issuers."""

from typing import Protocol

from ..domain.tenancy import PublicKey, TrustedIssuer


class IssuerKeys(Protocol):
    """Reads the key sets of trusted issuers, and remembers them for a while."""

    async def find(self, issuer: TrustedIssuer, key_id: str) -> PublicKey | None:
        """An issuer's key; None if it has no such key, as far as is known.

        Raises:
            Unavailable: If its keys are not known, or for too long, and cannot be had now.
        """
