"""Rate limits that all processes share, kept in Redis (ADR 18)."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from ...domain.tenancy import Budget, Decision, RatePolicy, bucket_at, spend_all
from ...domain.tenancy.quotas import period_left
from ...domain.tenancy.rate_limits import check_cost
from ...ports.rate_limiter import RateLimiter

_LONGER_MS = 60_000
#: Most questions in one message to Redis, which does nothing else meanwhile.
_TOGETHER = 100

#: Reads every bucket, and writes them all if all of them let the cost through. What a
#: decision says beside yes or no is computed by the domain, from the states as they were.
#: ARGV: time in µs or -1 for the server's, cost, then per bucket interval in µs (0 for a
#: quota), the most that fits, life in ms.
SCRIPT = """
local now = tonumber(ARGV[1])
if now < 0 then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000000 + tonumber(t[2])
end
local cost, answer, after = tonumber(ARGV[2]), {now}, {}
local allowed = true
for i, key in ipairs(KEYS) do
  local interval, most = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local state = tonumber(redis.call('GET', key) or '0')
  answer[i + 1] = state
  if interval > 0 then
    local room = most * interval
    after[i] = math.min(math.max(state, now), now + room) + cost * interval
    allowed = allowed and after[i] - now <= room
  else
    after[i] = state + cost
    allowed = allowed and after[i] <= most
  end
end
for i, key in ipairs(KEYS) do
  -- A state beyond an empty bucket comes of a clock that stepped back, or of a lowered limit.
  if not allowed then
    local room = tonumber(ARGV[3 * i]) * tonumber(ARGV[3 * i + 1])
    after[i] = room > 0 and answer[i + 1] > now + room and now + room
  end
  if after[i] then
    redis.call('SET', key, string.format('%.0f', after[i]), 'PX', ARGV[3 * i + 2])
  end
end
return answer
"""
_DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

#: Keys, further arguments, and where the answer goes.
_Question = tuple[list[str], list[int], asyncio.Future[list[int]]]


@define
class RedisRateLimiter:
    """Keeps buckets in Redis, by Redis' own clock, so that processes need not agree on one.

    If Redis does not answer in time, this process decides by itself with
    `fallback` and leaves Redis alone for `pause_seconds`: nobody is refused
    because Redis is away, and a tenant gets at most its limits once per process.

    Questions that come up while Redis is answering go to it together, in one
    message, so that many at once cost little more than one.

    Args:
        client: Where the buckets are.
        fallback: Who decides while Redis is away.
        deadline_seconds: Longest wait for Redis. [s]
        pause_seconds: How long Redis is left alone after it did not answer. [s]
        microseconds: Tells the time instead of Redis. [µs since 1970]
        on_fallback: Told of each time that Redis did not answer.
        monotonic: A clock that never goes back. [s]
        prefix: What every key begins with.
    """

    client: Redis
    fallback: RateLimiter
    deadline_seconds: float = 0.1
    pause_seconds: float = 1.0
    microseconds: Callable[[], int] | None = None
    on_fallback: Callable[[], None] = lambda: None
    monotonic: Callable[[], float] = time.monotonic
    prefix: str = "sightline:limit"
    _away_until: float = field(default=float("-inf"), init=False)
    _questions: list[_Question] = field(factory=list, init=False)
    _sending: asyncio.Task[None] | None = field(default=None, init=False)

    async def spend(self, owner: str, budgets: Sequence[Budget], cost: int) -> Decision:
        for _, allowance in budgets:
            check_cost(cost, allowance.most, allowance.name)
        if self.monotonic() < self._away_until:
            return await self.fallback.spend(owner, budgets, cost)
        try:
            async with asyncio.timeout(self.deadline_seconds):
                now, *states = await self._asked(owner, budgets, cost)
        except (RedisError, OSError):  # a TimeoutError is an OSError
            self._away_until = self.monotonic() + self.pause_seconds
            self.on_fallback()
            return await self.fallback.spend(owner, budgets, cost)
        return spend_all(budgets, states, cost, now)[1]

    async def _asked(self, owner: str, budgets: Sequence[Budget], cost: int) -> list[int]:
        answer: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._questions.append((*self._question(owner, budgets, cost), answer))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        return await answer

    def _question(
        self, owner: str, budgets: Sequence[Budget], cost: int
    ) -> tuple[list[str], list[int]]:
        given = -1 if self.microseconds is None else self.microseconds()
        # The name of a quota's period is by this process's clock: at midnight, machines
        # whose clocks differ may count a moment's requests to different days.
        today = time.time_ns() // 1000 if given < 0 else given
        # The braces keep an owner's buckets on one node of a cluster.
        keys = [f"{self.prefix}:{{{owner}}}:{bucket_at(budget, today)}" for budget in budgets]
        arguments = [given, cost]
        for _, allowance in budgets:
            if isinstance(allowance, RatePolicy):
                arguments += [allowance.interval, allowance.burst, allowance.room // 1000]
            else:
                left = period_left(allowance.period, today)
                arguments += [0, allowance.quota, left // 1000]
            arguments[-1] += _LONGER_MS  # so that no clock makes a bucket full too early
        return keys, arguments

    async def _send(self) -> None:
        while self._questions:
            batch, self._questions = self._questions[:_TOGETHER], self._questions[_TOGETHER:]
            try:
                answers = await self._answers(batch)
            except (RedisError, OSError) as error:
                answers = [error] * len(batch)
            for (_, _, waiting), answer in zip(batch, answers, strict=True):
                if waiting.done():  # it did not wait so long
                    continue
                if isinstance(answer, Exception):
                    waiting.set_exception(answer)
                else:
                    waiting.set_result(answer)

    async def _answers(self, batch: Sequence[_Question]) -> list[Any]:
        async with self.client.pipeline(transaction=False) as pipe:
            for place, (keys, arguments, _) in enumerate(batch):
                # The first brings the script along, so that Redis knows it whatever happened.
                if place == 0:
                    pipe.eval(SCRIPT, len(keys), *keys, *arguments)
                else:
                    pipe.evalsha(_DIGEST, len(keys), *keys, *arguments)
            answers: list[Any] = await pipe.execute(raise_on_error=False)
        return answers


@asynccontextmanager
async def connected(url: str, seconds: float = 0.1) -> AsyncIterator[Redis]:
    """A client of a Redis server that never waits long; it connects when it is first used."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=4,
        timeout=seconds,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 1),  # a connection that the server closed while it was idle
    )
    client = Redis(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.aclose()
