"""Let a key chosen by the operator open a tenant."""

from attrs import field, frozen

from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import ApiKey, fixed_key, key_digest
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock


@frozen
class InstallFixedKey:
    """Use case: a tenant's key under a known id has this text from now on."""

    api_keys: ApiKeyRepository
    clock: Clock
    server_secret: bytes = field(repr=False)

    async def __call__(self, tenant: TenantId, key: KeyId, name: str, text: str) -> None:
        """Install the key; the text that it had before stops working.

        Raises:
            InvalidInput: If the text is not fit to be a key.
            ApiKeyExists: If another key has this text.
            TenantNotFound: If there is no such tenant.
        """
        digest = key_digest(self.server_secret, fixed_key(text))
        held = {held.id: held.digest for held in await self.api_keys.of(tenant)}
        if held.get(key) == digest:
            return
        if key in held:
            await self.api_keys.remove(tenant, key)
        await self.api_keys.add(ApiKey(key, tenant, name, digest, self.clock.now()))
