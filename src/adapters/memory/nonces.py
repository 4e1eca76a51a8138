"""Nonces in a dictionary, for one process."""

from collections import OrderedDict
from datetime import datetime

from attrs import define, field

from ...domain.errors import Unavailable
from ...domain.identifiers import KeyId


@define
class MemoryNonces:
    """Remembers so many at most; more are refused rather than others forgotten too early.

    Args:
        most: How many.
    """

    most: int = 200_000
    _until: OrderedDict[tuple[KeyId, str], datetime] = field(factory=OrderedDict, init=False)

    async def first_use(self, key: KeyId, nonce: str, now: datetime, until: datetime) -> bool:
        known = self._until
        while known and next(iter(known.values())) <= now:
            known.popitem(last=False)
        if known.get((key, nonce), now) > now:
            return False
        if len(known) >= self.most:
            raise Unavailable("too many signed requests at once")
        known[key, nonce] = until
        known.move_to_end((key, nonce))
        return True
