"""Signing keys in a dictionary."""

from collections.abc import Sequence

from attrs import define, field

from ...domain.tenancy import SigningKey


@define
class MemorySigningKeyRepository:
    """Keeps keys by number."""

    _keys: dict[int, SigningKey] = field(factory=dict, init=False)

    async def add(self, key: SigningKey) -> bool:
        return self._keys.setdefault(key.number, key) is key

    async def all(self) -> Sequence[SigningKey]:
        return tuple(self._keys[number] for number in sorted(self._keys))

    async def remove(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._keys.pop(number, None)
