"""Tokens that were revoked before their end."""

from collections.abc import Set
from datetime import datetime
from typing import Protocol


class Revocations(Protocol):
    """Ids of tokens and of families of tokens, remembered until the tokens have ended anyway."""

    async def add(self, identifier: str, until: datetime) -> None:
        """Revoke; again is harmless, and the later end counts."""

    async def any_of(self, identifiers: Set[str]) -> bool:
        """Whether one of these was revoked."""

    async def prune(self, now: datetime) -> int:
        """Forget what has ended; how many they were."""
