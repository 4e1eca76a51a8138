"""Who is it that asks?"""

from attrs import frozen

from ..domain.tenancy import Principal, looks_like_token
from .prove_key import ProveKey
from .verify_token import VerifyToken


@frozen
class Authenticate:
    """Use case: the principal that a credential proves."""

    prove_key: ProveKey
    verify_token: VerifyToken

    async def __call__(self, credential: str) -> Principal:
        """Find out who asks.

        Raises:
            Unauthenticated: If the credential is neither a key in use nor a token in force.
            TenantSuspended: If its tenant is suspended.
            TenantClosed: If its tenant is closed.
            Unavailable: If a store does not answer, or the issuer of a token.
        """
        if looks_like_token(credential):
            return await self.verify_token(credential)
        return (await self.prove_key(credential)).principal
