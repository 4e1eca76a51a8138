"""Give a tenant a key."""

from attrs import field, frozen

from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import ALPHABET, ApiKey, IssuedKey, key_digest, render_key
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock
from ..ports.random_text import RandomText


@frozen
class IssueApiKey:
    """Use case: a new key, whose text is shown this once."""

    api_keys: ApiKeyRepository
    clock: Clock
    random_text: RandomText
    server_secret: bytes = field(repr=False)

    async def __call__(self, tenant: TenantId, name: str) -> IssuedKey:
        """Issue a key.

        Raises:
            TenantNotFound: If there is no such tenant.
            InvalidInput: If the name is empty or longer than 100 characters.
        """
        identifier = self.random_text.draw(ALPHABET, 12)
        text = render_key(identifier, self.random_text.draw(ALPHABET, 30))
        digest = key_digest(self.server_secret, text)
        key = ApiKey(KeyId(identifier), tenant, name, digest, self.clock.now())
        await self.api_keys.add(key)
        return IssuedKey(key, text)
