"""API keys as the store holds them."""

from collections.abc import Sequence
from typing import Protocol

from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import ApiKey, KeySigning, KeyUse


class ApiKeyRepository(Protocol):
    """The keys of every tenant. `find` alone needs no tenant: it is what proves one."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key.

        Raises:
            ApiKeyExists: If the id or the digest is taken, by whichever tenant.
            TenantNotFound: If there is no such tenant.
        """

    async def find(self, digest: bytes) -> ApiKey | None:
        """The key with this digest, whoever it belongs to; None if there is none."""

    async def get(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        """A tenant's key; None if it has no such key."""

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        """A tenant's keys, oldest first; of two made at once the smaller id first."""

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        """Note the end and the successor of a key, and keep the successor: both or neither.

        Raises:
            ApiKeyNotFound: If the tenant has no such key any more.
            ApiKeyEnded: If it has got another successor meanwhile.
            ApiKeyExists: If the id or the digest of the new key is taken.
        """

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        """Revoke a key: from now on `find` does not know it.

        Raises:
            ApiKeyNotFound: If the tenant has no such key.
        """

    async def set_signing(self, tenant: TenantId, key: KeyId, signing: KeySigning | None) -> None:
        """Say how the requests of a key are signed from now on; None if they are not.

        Raises:
            ApiKeyNotFound: If the tenant has no such key.
        """

    async def mark_used(self, uses: Sequence[KeyUse]) -> None:
        """Note when keys were used, unless a later use is known; keys that are gone are left."""
