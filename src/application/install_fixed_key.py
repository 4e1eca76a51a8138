"""Let a key chosen by the operator open a tenant."""

from attrs import evolve, field, frozen

from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import ROLES, ApiKey, Role, Scopes, fixed_key, granted, holdable, key_digest
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock


@frozen
class InstallFixedKey:
    """Use case: a tenant's key under a known id has this text from now on."""

    api_keys: ApiKeyRepository
    clock: Clock
    server_secret: bytes = field(repr=False)

    async def __call__(
        self,
        tenant: TenantId,
        key: KeyId,
        name: str,
        text: str,
        scopes: Scopes = ROLES[Role.ADMIN],
    ) -> None:
        """Install the key; the text that it had before stops working.

        Raises:
            InvalidInput: If the text is not fit to be a key.
            ScopesNotHeld: If no key of the tenant can have the scopes.
            ApiKeyExists: If another key has this text.
            TenantNotFound: If there is no such tenant.
        """
        digest = key_digest(self.server_secret, fixed_key(text))
        allowed = granted(scopes, holdable(tenant), tenant)
        wanted = ApiKey(key, tenant, name, digest, self.clock.now(), allowed)
        held = {held.id: held for held in await self.api_keys.of(tenant)}.get(key)
        if held is not None:
            wanted = evolve(wanted, signing=held.signing)  # as operators set it meanwhile
            known = evolve(wanted, created_at=held.created_at, last_used_at=held.last_used_at)
            if held == known:
                return
            await self.api_keys.remove(tenant, key)
        await self.api_keys.add(wanted)
