"""Who is it that asks?"""

from attrs import field, frozen

from ..domain.errors import Unauthenticated
from ..domain.tenancy import LONGEST_KEY, Principal, checksum_fits, key_digest, looks_like_ours
from ..ports.api_keys import ApiKeyRepository


@frozen
class Authenticate:
    """Use case: the principal that a credential proves."""

    api_keys: ApiKeyRepository
    server_secret: bytes = field(repr=False)

    async def __call__(self, credential: str) -> Principal:
        """Find out who asks.

        A damaged or made-up key is refused by its checksum, without asking the store.

        Raises:
            Unauthenticated: If the credential is not a key in use.
            Unavailable: If the store does not answer.
        """
        if not credential or len(credential) > LONGEST_KEY or not credential.isascii():
            raise Unauthenticated("the credential is not a valid API key")
        if looks_like_ours(credential) and not checksum_fits(credential):
            raise Unauthenticated("the API key is incomplete or mistyped")
        key = await self.api_keys.find(key_digest(self.server_secret, credential))
        if key is None:
            raise Unauthenticated("the credential is not a valid API key")
        return Principal(key.tenant, key.id)
