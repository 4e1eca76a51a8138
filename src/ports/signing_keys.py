"""The deployment's keys that sign tokens."""

from collections.abc import Sequence
from typing import Protocol

from ..domain.tenancy import SigningKey


class SigningKeyRepository(Protocol):
    """Signing keys belong to no tenant: every process of a deployment shares them."""

    async def add(self, key: SigningKey) -> bool:
        """Keep a new key; False if another process has kept one of the same number."""

    async def all(self) -> Sequence[SigningKey]:
        """Every key, by number."""

    async def remove(self, numbers: Sequence[int]) -> None:
        """Forget keys; those that are gone already are left."""
