"""Keys of issuers that were set by hand."""

from collections.abc import Mapping

from attrs import frozen

from ...domain.errors import Unavailable
from ...domain.tenancy import PublicKey, TrustedIssuer


@frozen
class MemoryIssuerKeys:
    """Knows the key sets it was given, by their address; every other cannot be had.

    Args:
        published: Keys by the address that publishes them.
    """

    published: Mapping[str, tuple[PublicKey, ...]]

    async def find(self, issuer: TrustedIssuer, key_id: str) -> PublicKey | None:
        keys = self.published.get(issuer.jwks_url)
        if keys is None:
            raise Unavailable("the keys of the token's issuer cannot be had now")
        return next((key for key in keys if key.id == key_id), None)
