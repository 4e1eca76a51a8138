"""Families of refresh tokens in a dictionary."""

from datetime import datetime

from attrs import define, evolve, field

from ...domain.identifiers import FamilyId
from ...domain.tenancy import RefreshFamily


@define
class MemoryRefreshFamilyRepository:
    """Keeps families by id."""

    _families: dict[FamilyId, RefreshFamily] = field(factory=dict, init=False)

    async def add(self, family: RefreshFamily) -> None:
        self._families[family.id] = family

    async def find(self, family: FamilyId) -> RefreshFamily | None:
        return self._families.get(family)

    async def advance(self, family: RefreshFamily) -> bool:
        held = self._families.get(family.id)
        if held is None or held.ended_at is not None or held.generation != family.generation - 1:
            return False
        self._families[family.id] = evolve(
            held, generation=family.generation, rotated_at=family.rotated_at
        )
        return True

    async def end(self, family: FamilyId, at: datetime) -> None:
        held = self._families.get(family)
        if held is not None and held.ended_at is None:
            self._families[family] = evolve(held, ended_at=at)

    async def prune(self, created_before: datetime) -> int:
        old = [one.id for one in self._families.values() if one.created_at < created_before]
        for identifier in old:
            del self._families[identifier]
        return len(old)
