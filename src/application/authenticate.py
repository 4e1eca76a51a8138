"""Who is it that asks?"""

from attrs import frozen

from ..domain.tenancy import Principal, PrincipalKind, holdable
from .prove_key import ProveKey


@frozen
class Authenticate:
    """Use case: the principal that a credential proves."""

    prove_key: ProveKey

    async def __call__(self, credential: str) -> Principal:
        """Find out who asks.

        Raises:
            Unauthenticated: If the credential is not a key in use.
            Unavailable: If the store does not answer.
        """
        key = await self.prove_key(credential)
        scopes = key.scopes & holdable(key.tenant)
        return Principal(
            key.tenant, PrincipalKind.API_KEY, key.id, key.name, scopes, key.expires_at
        )
