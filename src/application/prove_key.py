"""Is it a key in use, and whose?"""

from attrs import field, frozen

from ..domain.errors import Unauthenticated
from ..domain.tenancy import LONGEST_KEY, ApiKey, checksum_fits, key_digest, looks_like_ours
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock
from .check_tenant import CheckTenant
from .note_key_uses import NoteKeyUses


@frozen
class ProveKey:
    """Use case: the API key that a text is."""

    api_keys: ApiKeyRepository
    clock: Clock
    uses: NoteKeyUses
    check_tenant: CheckTenant
    server_secret: bytes = field(repr=False)

    async def __call__(self, text: str) -> ApiKey:
        """Find the key, and note that it was used.

        A damaged or made-up key is refused by its checksum, without asking the store.

        Raises:
            Unauthenticated: If the text is not a key in use.
            TenantSuspended: If its tenant is suspended.
            TenantClosed: If its tenant is closed.
            Unavailable: If the store does not answer.
        """
        if not text or len(text) > LONGEST_KEY or not text.isascii():
            raise Unauthenticated("the credential is not a valid API key")
        if looks_like_ours(text) and not checksum_fits(text):
            raise Unauthenticated("the API key is incomplete or mistyped")
        key = await self.api_keys.find(key_digest(self.server_secret, text))
        if key is None:
            raise Unauthenticated("the credential is not a valid API key")
        if not key.is_valid(self.clock.now()):
            raise Unauthenticated("the API key has expired")
        await self.check_tenant(key.tenant)
        self.uses.note(key)
        return key
