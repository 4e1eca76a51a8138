"""Nonces in Redis, for every process that shares it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ...domain.errors import Unavailable
from ...domain.identifiers import KeyId, TenantId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Redis drops a nonce by its own clock, so it keeps each longer than ours asks for. [ms]
_LONGER_MS = 60_000

#: Takes the nonce unless it is taken beyond now. ARGV: now and until in µs, life in ms.
SCRIPT = """
local known = redis.call('GET', KEYS[1])
if known and tonumber(known) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


@frozen
class RedisNonces:
    """Keeps a key per nonce, which Redis drops by itself.

    Fails closed: what Redis does not confirm is not accepted. Its `maxmemory-policy` must
    not evict keys before their time, or a nonce could be used again.

    Args:
        client: Where they are.
        deadline_seconds: Longest wait for Redis. [s]
        prefix: What every key begins with.
    """

    client: Redis
    deadline_seconds: float = 0.5
    prefix: str = "sightline:nonce"

    async def first_use(
        self, tenant: TenantId, key: KeyId, nonce: str, now: datetime, until: datetime
    ) -> bool:
        # Ids and nonces hold no null bytes, so no two places make one name.
        place = f"{self.prefix}:{tenant}\x00{key}\x00{nonce}"
        life = max(1, (until - now) // timedelta(milliseconds=1)) + _LONGER_MS
        arguments = ((now - _EPOCH) // _MICROSECOND, (until - _EPOCH) // _MICROSECOND, life)
        try:
            async with asyncio.timeout(self.deadline_seconds):
                asked: Any = self.client.eval(SCRIPT, 1, place, *map(str, arguments))
                return bool(await asked)
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            raise Unavailable("nonces cannot be remembered: Redis does not answer") from error

    async def prune(self, now: datetime) -> None:
        """Redis does it."""
