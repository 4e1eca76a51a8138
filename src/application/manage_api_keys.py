"""A tenant's keys: see them, change them for others, end them."""

from collections.abc import Sequence
from datetime import timedelta

from attrs import field, frozen

from ..domain.errors import ApiKeyNotFound
from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import (
    ALPHABET,
    ApiKey,
    IssuedKey,
    KeyKind,
    Scopes,
    granted,
    key_digest,
    render_key,
    rotated,
)
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock
from ..ports.random_text import RandomText


@frozen
class ListApiKeys:
    """Use case: every key of a tenant, expired ones too."""

    api_keys: ApiKeyRepository

    async def __call__(self, tenant: TenantId) -> Sequence[ApiKey]:
        """List keys, oldest first."""
        return await self.api_keys.of(tenant)


@frozen
class ShowApiKey:
    """Use case: one key of a tenant."""

    api_keys: ApiKeyRepository

    async def __call__(self, tenant: TenantId, key: KeyId) -> ApiKey:
        """Show a key.

        Raises:
            ApiKeyNotFound: If the tenant has no such key.
        """
        found = await self.api_keys.get(tenant, key)
        if found is None:
            raise ApiKeyNotFound(key)
        return found


@frozen
class RevokeApiKey:
    """Use case: a key, and every token made with it, ends now."""

    api_keys: ApiKeyRepository

    async def __call__(self, tenant: TenantId, key: KeyId) -> None:
        """Revoke a key.

        Raises:
            ApiKeyNotFound: If the tenant has no such key.
        """
        await self.api_keys.remove(tenant, key)


@frozen
class RotateApiKey:
    """Use case: a key gets a successor that may do the same, and ends after a while."""

    api_keys: ApiKeyRepository
    clock: Clock
    random_text: RandomText
    server_secret: bytes = field(repr=False)

    async def __call__(
        self, tenant: TenantId, key: KeyId, overlap: timedelta, kind: KeyKind, held: Scopes
    ) -> IssuedKey:
        """Rotate a key.

        Args:
            tenant: Whose key it is.
            key: Which key.
            overlap: How long both work; at most 7 days.
            kind: What the successor is for.
            held: What whoever asks may do: they see the successor's text, so they may
                not gain by it.

        Raises:
            ApiKeyNotFound: If the tenant has no such key.
            ApiKeyEnded: If it has expired or has a successor already.
            InvalidInput: If the overlap is too long.
            ScopesNotHeld: If the key may do what the asker may not.
        """
        old = await self.api_keys.get(tenant, key)
        if old is None:
            raise ApiKeyNotFound(key)
        granted(old.scopes, held, tenant)
        identifier = self.random_text.draw(ALPHABET, 12)
        text = render_key(identifier, self.random_text.draw(ALPHABET, 30), kind)
        digest = key_digest(self.server_secret, text)
        ended, new = rotated(old, KeyId(identifier), digest, self.clock.now(), overlap)
        await self.api_keys.replace(ended, new)
        return IssuedKey(new, text)
