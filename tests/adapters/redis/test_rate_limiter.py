"""What the contract cannot say: whose clock, whose keys, and what happens without Redis."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from attrs import define, field
from redis.asyncio import Redis

from sightline.adapters.memory.rate_limiter import MemoryRateLimiter
from sightline.adapters.redis.rate_limiter import RedisRateLimiter, connected
from sightline.domain.tenancy import Budget, Decision, Period, Quota, RatePolicy

from ...contracts.redis_server import redis_keys

BUDGETS = (
    Budget("read", RatePolicy("read", 10, 60)),
    Budget("all", Quota("month", 100, Period.MONTH)),
)


@define
class Deciding:
    """Remembers that it was asked."""

    asked: list[str] = field(factory=list)
    memory: MemoryRateLimiter = field(factory=lambda: MemoryRateLimiter(lambda: 0))

    async def spend(self, owner: str, budgets: Sequence[Budget], cost: int) -> Decision:
        self.asked.append(owner)
        return await self.memory.spend(owner, budgets, cost)


@define
class Time:
    """A clock that is set by hand. [s]"""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


def limiter(client: Redis, prefix: str = "sightline-test-none") -> RedisRateLimiter:
    return RedisRateLimiter(client, Deciding(), deadline_seconds=5, prefix=prefix)


async def test_two_processes_share_the_buckets_by_the_servers_clock() -> None:
    async with redis_keys() as (client, prefix):
        first, second = limiter(client, prefix), limiter(client, prefix)
        assert (await first.spend("tenant:acme", BUDGETS, 6)).allowed
        refused = await second.spend("tenant:acme", BUDGETS, 6)
        assert refused.violated == ("read",)
        assert refused.verdicts[1].remaining == 94


async def test_every_key_names_its_tenant_and_passes_away() -> None:
    async with redis_keys() as (client, prefix):
        await limiter(client, prefix).spend("tenant:acme", BUDGETS, 1)
        keys = [key.decode() async for key in client.scan_iter(match=f"{prefix}:*", count=1000)]
        assert len(keys) == 2
        for key in keys:
            assert key.startswith(f"{prefix}:{{tenant:acme}}:")
            assert 0 < await client.ttl(key) <= 32 * 86_400


async def test_a_redis_that_forgot_its_scripts_is_told_again() -> None:
    async with redis_keys() as (client, prefix):
        shared = limiter(client, prefix)
        await shared.spend("tenant:acme", BUDGETS, 1)
        await client.script_flush()
        decisions = await asyncio.gather(
            *(shared.spend("tenant:acme", BUDGETS, 1) for _ in range(5))
        )
        assert [one.verdicts[0].remaining for one in decisions] == [8, 7, 6, 5, 4]


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """Takes connections and says nothing."""

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_without_an_answer_each_process_decides_by_itself_for_a_while() -> None:
    own, time, fallbacks = Deciding(), Time(), []
    async with silent_server() as url, connected(url, seconds=0.02) as client:
        shared = RedisRateLimiter(
            client,
            own,
            deadline_seconds=0.05,
            pause_seconds=1.0,
            on_fallback=lambda: fallbacks.append(time.at),
            monotonic=time,
        )
        for now in (0.0, 0.5, 0.9, 1.1):
            time.at = now
            assert (await shared.spend("tenant:acme", BUDGETS, 1)).allowed
    assert len(own.asked) == 4
    assert fallbacks == [0.0, 1.1]


async def test_a_redis_that_is_not_there_refuses_nobody_and_still_limits() -> None:
    async with connected("redis://127.0.0.1:1", seconds=0.02) as client:
        shared = limiter(client)
        decisions = await asyncio.gather(
            *(shared.spend("tenant:acme", BUDGETS, 1) for _ in range(50))
        )
    assert sum(decision.allowed for decision in decisions) == 10


async def test_a_redis_that_came_back_is_used_again() -> None:
    own, time = Deciding(), Time()
    async with redis_keys() as (client, prefix):
        shared = RedisRateLimiter(client, own, deadline_seconds=5, monotonic=time, prefix=prefix)
        shared._away_until = 1.0
        await shared.spend("tenant:acme", BUDGETS, 1)
        assert len(own.asked) == 1
        time.at = 1.0
        assert (await shared.spend("tenant:acme", BUDGETS, 1)).verdicts[0].remaining == 9
        assert len(own.asked) == 1
