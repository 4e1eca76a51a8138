"""Families of refresh tokens."""

from datetime import datetime
from typing import Protocol

from ..domain.identifiers import FamilyId
from ..domain.tenancy import RefreshFamily


class RefreshFamilyRepository(Protocol):
    """Families by id alone: whoever presents a genuine token has proved which one is theirs."""

    async def add(self, family: RefreshFamily) -> None:
        """Keep a new family."""

    async def find(self, family: FamilyId) -> RefreshFamily | None:
        """A family; None if there is none."""

    async def advance(self, family: RefreshFamily) -> bool:
        """Keep the next generation of a family.

        False, and nothing is changed, if it has ended, is gone, or stands elsewhere than
        at the generation before: of many who advance it at once one succeeds.
        """

    async def end(self, family: FamilyId, at: datetime) -> None:
        """End a family, unless it has ended already."""

    async def prune(self, created_before: datetime) -> int:
        """Forget families that began before an instant; how many they were."""
