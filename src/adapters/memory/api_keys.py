"""API keys in a dictionary."""

from collections.abc import Sequence

from attrs import define, field

from ...domain.errors import ApiKeyExists, ApiKeyNotFound
from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ApiKey
from ...ports.tenants import TenantRepository


@define
class MemoryApiKeyRepository:
    """Keeps keys by digest, as the look-up of every request wants them."""

    tenants: TenantRepository
    _by_digest: dict[bytes, ApiKey] = field(factory=dict, init=False)

    async def add(self, key: ApiKey) -> None:
        await self.tenants.get(key.tenant)
        if key.digest in self._by_digest or self._held(key.tenant, key.id):
            raise ApiKeyExists(key.id)
        self._by_digest[key.digest] = key

    async def find(self, digest: bytes) -> ApiKey | None:
        return self._by_digest.get(digest)

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        theirs = (key for key in self._by_digest.values() if key.tenant == tenant)
        return tuple(sorted(theirs, key=lambda key: (key.created_at, key.id)))

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        held = self._held(tenant, key)
        if held is None:
            raise ApiKeyNotFound(key)
        del self._by_digest[held.digest]

    def _held(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        keys = self._by_digest.values()
        return next((held for held in keys if (held.tenant, held.id) == (tenant, key)), None)
