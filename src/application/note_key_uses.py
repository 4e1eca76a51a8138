"""Remember when keys were used, without a write on the way of any request."""

from attrs import define, field

from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import ApiKey, KeyUse
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock


@define
class NoteKeyUses:
    """Use case: keys' times of last use, gathered in memory and written together.

    Whoever serves calls it once a minute and once at the end; then no key is
    written more often than once a minute, and a killed process loses a minute.
    """

    api_keys: ApiKeyRepository
    clock: Clock
    _noted: dict[tuple[TenantId, KeyId], KeyUse] = field(factory=dict, init=False)

    def note(self, key: ApiKey) -> None:
        """A key has let somebody in just now."""
        now = self.clock.now()
        if not key.was_seen(now):
            self._noted[key.tenant, key.id] = KeyUse(key.tenant, key.id, now)

    async def __call__(self) -> int:
        """Write down what was noted since the last time; how many keys that were.

        Raises:
            Unavailable: If the store does not answer; these uses are then forgotten.
        """
        uses, self._noted = tuple(self._noted.values()), {}
        if uses:
            await self.api_keys.mark_used(uses)
        return len(uses)
