"""A tenant's keys: see them, change them for others, end them."""

from collections.abc import Sequence
from datetime import timedelta

from attrs import field, frozen

from ..domain.errors import ApiKeyNotFound
from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import (
    ALPHABET,
    SALT_LENGTH,
    ApiKey,
    IssuedKey,
    KeyKind,
    KeySigning,
    Scopes,
    SigningDraft,
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
        salt = self.random_text.draw(ALPHABET, SALT_LENGTH)
        ended, new = rotated(old, KeyId(identifier), digest, self.clock.now(), overlap, salt=salt)
        await self.api_keys.replace(ended, new)
        secret = None
        if new.signing is not None:
            secret = new.signing.secret(self.server_secret, tenant, new.id)
        return IssuedKey(new, text, secret)


@frozen
class SetKeySigning:
    """Use case: from now on a key signs its requests so, or need not."""

    api_keys: ApiKeyRepository
    random_text: RandomText
    server_secret: bytes = field(repr=False)

    async def __call__(
        self, tenant: TenantId, key: KeyId, draft: SigningDraft | None, held: Scopes
    ) -> tuple[KeySigning | None, str | None]:
        """Set how a key signs; what it signed with before is of no use at once.

        Args:
            tenant: Whose key it is.
            key: Which key.
            draft: How it shall sign; None if it need not.
            held: What whoever asks may do: who has only the text of a key must not
                be able to lift its signature off with a lesser one.

        Returns:
            What is kept, and a new shared secret, shown this once.

        Raises:
            ApiKeyNotFound: If the tenant has no such key.
            ScopesNotHeld: If the key may do what the asker may not.
        """
        old = await self.api_keys.get(tenant, key)
        if old is None:
            raise ApiKeyNotFound(key)
        granted(old.scopes, held, tenant)
        if draft is None:
            await self.api_keys.set_signing(tenant, key, None)
            return None, None
        made = draft.made(self.random_text.draw(ALPHABET, SALT_LENGTH))
        await self.api_keys.set_signing(tenant, key, made)
        return made, made.secret(self.server_secret, tenant, key)
