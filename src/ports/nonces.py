"""Which nonces were used lately."""

from datetime import datetime
from typing import Protocol

from ..domain.identifiers import KeyId, TenantId


class NonceMemory(Protocol):
    """Remembers nonces of keys for a while, for all processes that share it."""

    async def first_use(
        self, tenant: TenantId, key: KeyId, nonce: str, now: datetime, until: datetime
    ) -> bool:
        """Remember a nonce until an instant, unless it is remembered already.

        Of several that ask at once for one nonce, one is told that it is the first.

        Returns:
            Whether it was not.

        Raises:
            Unavailable: If it cannot be remembered; then it must not be accepted.
        """

    async def prune(self, now: datetime) -> None:
        """Drop what need not be remembered any more.

        Raises:
            Unavailable: If the store does not answer.
        """
