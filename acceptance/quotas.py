"""L4: who may do N of something does N of it, one after the other or fifty at once."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import httpx

from . import Found, skipped
from .servers import REDIS, Server, Shape, serving, two_workers

#: The plan `starter`: 30 units a minute for each key, and 10 for one of these; they come
#: back one in two seconds, so that nothing comes back while this lasts.
WHAT, N = "/api/v1/market-refreshes", 3
CONTROLLED = {"SIGHTLINE_LIMIT_PLAN": "starter"}
TYPE = "https://iana.org/assignments/http-problem-types#quota-exceeded"


async def run(controlled: bool) -> list[Found]:
    """In one process, then in two that share Redis."""
    plan = CONTROLLED if controlled else {"SIGHTLINE_LIMIT_PLAN": "enterprise"}
    async with serving(Shape(plan)) as server:
        found = await _checked(server, "in memory")
    # Without the control, each of the two processes counts for itself.
    shared = {**CONTROLLED, **({"SIGHTLINE_REDIS_URL": REDIS} if controlled else {})}
    what = "in Redis, two processes"
    if not await _redis_answers():
        return [*found, skipped("L4", what, f"no Redis at {REDIS}")]
    async with AsyncExitStack() as stack:
        both = await stack.enter_async_context(two_workers(shared))
        if both is None:
            return [*found, skipped("L4", what, "no PostgreSQL")]
        return [*found, *await _checked(both, what)]


async def _checked(server: Server, where: str) -> list[Found]:
    async with server.client() as client:
        answers = [await client.post(WHAT) for _ in range(N + 1)]
    *before, last = [answer.status_code for answer in answers]
    told = _told_rightly(answers[-1])
    figure = f"{before}, then {last}, fields {'right' if told else 'wrong'}"
    rightly = before == [202] * N and last == 429 and told
    crowd = Counter(await _at_once(server))
    return [
        Found("L4", f"{where}, {N} and one more", figure, f"{N} x 202, then 429", rightly),
        Found(
            "L4",
            f"{where}, 50 at once",
            f"{dict(crowd)}",
            f"{N} x 202, {50 - N} x 429",
            crowd == {202: N, 429: 50 - N},
        ),
    ]


def _told_rightly(answer: httpx.Response) -> bool:
    wait = answer.headers.get("retry-after", "")
    return (
        answer.status_code == 429
        and answer.headers["content-type"] == "application/problem+json"
        and answer.json()["type"] == TYPE
        and answer.json()["violated-policies"] == ["bulk-key"]
        and '"bulk-key";q=30;w=60' in answer.headers["ratelimit-policy"]
        and answer.headers["ratelimit"].startswith('"bulk-key";r=')
        and wait.isdigit()
        and 1 <= int(wait) <= 60
    )


async def _at_once(server: Server) -> list[int]:
    """Fifty clients of the tenant that spent nothing yet, each with a connection of its own."""
    clients = [server.client(server.key(1)) for _ in range(50)]
    try:
        await asyncio.gather(*(client.get("/api/v1/me") for client in clients))  # connected
        answers = await asyncio.gather(*(client.post(WHAT) for client in clients))
    finally:
        await asyncio.gather(*(client.aclose() for client in clients))
    return [answer.status_code for answer in answers]


async def _redis_answers() -> bool:
    from redis.asyncio import Redis  # noqa: PLC0415  not everybody has it
    from redis.exceptions import RedisError  # noqa: PLC0415

    client = Redis.from_url(REDIS, socket_connect_timeout=1)
    try:
        await client.get("sightline:acceptance")
    except (OSError, RedisError):
        return False
    else:
        return True
    finally:
        await client.aclose()
