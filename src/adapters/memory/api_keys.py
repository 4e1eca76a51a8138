"""API keys in a dictionary."""

from collections.abc import Sequence

from attrs import define, evolve, field

from ...domain.errors import ApiKeyEnded, ApiKeyExists, ApiKeyNotFound
from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ApiKey, KeySigning, KeyUse
from ...ports.tenants import TenantRepository


@define
class MemoryApiKeyRepository:
    """Keeps keys by digest, as the look-up of every request wants them."""

    tenants: TenantRepository
    _by_digest: dict[bytes, ApiKey] = field(factory=dict, init=False)

    async def add(self, key: ApiKey) -> None:
        await self.tenants.get(key.tenant)
        self._refuse_taken(key)
        self._by_digest[key.digest] = key

    async def find(self, digest: bytes) -> ApiKey | None:
        return self._by_digest.get(digest)

    async def get(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        return self._held(tenant, key)

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        theirs = (key for key in self._by_digest.values() if key.tenant == tenant)
        return tuple(sorted(theirs, key=lambda key: (key.created_at, key.id)))

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        held = self._held(old.tenant, old.id)
        if held is None:
            raise ApiKeyNotFound(old.id)
        if held.replaced_by is not None:
            raise ApiKeyEnded(old.id)
        self._refuse_taken(new)
        self._by_digest[held.digest] = evolve(
            held, expires_at=old.expires_at, replaced_by=old.replaced_by
        )
        self._by_digest[new.digest] = new

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        held = self._held(tenant, key)
        if held is None:
            raise ApiKeyNotFound(key)
        del self._by_digest[held.digest]

    async def set_signing(self, tenant: TenantId, key: KeyId, signing: KeySigning | None) -> None:
        held = self._held(tenant, key)
        if held is None:
            raise ApiKeyNotFound(key)
        self._by_digest[held.digest] = evolve(held, signing=signing)

    async def mark_used(self, uses: Sequence[KeyUse]) -> None:
        for use in uses:
            held = self._held(use.tenant, use.key)
            if held is not None and (held.last_used_at is None or held.last_used_at < use.at):
                self._by_digest[held.digest] = evolve(held, last_used_at=use.at)

    def _refuse_taken(self, key: ApiKey) -> None:
        if key.digest in self._by_digest or self._held(key.tenant, key.id):
            raise ApiKeyExists(key.id)

    def _held(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        keys = self._by_digest.values()
        return next((held for held in keys if (held.tenant, held.id) == (tenant, key)), None)
