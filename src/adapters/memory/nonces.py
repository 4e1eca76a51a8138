"""Nonces in a dictionary, for one process."""

from collections import OrderedDict
from datetime import datetime

from attrs import define, field

from ...domain.errors import Unavailable
from ...domain.identifiers import KeyId, TenantId


@define
class MemoryNonces:
    """Remembers so many at most; more are refused rather than others forgotten too early.

    Args:
        most: How many.
    """

    most: int = 200_000
    _until: OrderedDict[tuple[TenantId, KeyId, str], datetime] = field(
        factory=OrderedDict, init=False
    )

    async def first_use(
        self, tenant: TenantId, key: KeyId, nonce: str, now: datetime, until: datetime
    ) -> bool:
        await self.prune(now)
        known, place = self._until, (tenant, key, nonce)
        if known.get(place, now) > now:
            return False
        if len(known) >= self.most:
            raise Unavailable("too many signed requests at once")
        known[place] = until
        known.move_to_end(place)
        return True

    async def prune(self, now: datetime) -> None:
        known = self._until
        while known and next(iter(known.values())) <= now:
            known.popitem(last=False)
