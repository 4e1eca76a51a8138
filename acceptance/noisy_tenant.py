"""L3: one tenant asks heavy things over 64 connections; another one must not notice."""

import asyncio

from . import Found, at_most, none_of, skipped
from .load import NO_WRK, Probe, loaded, wrk
from .overload import HEAVY, OPEN
from .servers import Shape, serving

LIGHT = "/api/v1/properties"
RATE, SECONDS = 5, 40
#: Alone and beside the noise in turn, because a shared machine is not always equally quick;
#: the percentiles are those of all requests of all rounds.
ROUNDS = 3


async def run(controlled: bool) -> list[Found]:
    """The quiet tenant alone and beside the noisy one, in turn."""
    if wrk() is None:
        return [skipped("L3", "noisy tenant", NO_WRK)]
    rounds, goodput = ROUNDS if controlled else 1, 0.0
    async with serving(Shape({} if controlled else OPEN, readings=True)) as server:
        one = Probe(server.port, server.key(), HEAVY, 4)
        alone = Probe(server.port, server.key(1), LIGHT, RATE)
        beside = Probe(server.port, server.key(1), LIGHT, RATE)
        for _ in range(rounds):
            await one.run(4)
            await alone.run(SECONDS)
            noise, _ = await asyncio.gather(
                loaded(server.port, server.key(), HEAVY, 64, SECONDS), beside.run(SECONDS)
            )
            goodput += noise.goodput / rounds
    bar = 2 * alone.p99_ms + one.mean_ms
    what = f"quiet tenant's p99 (alone {alone.p99_ms:.1f} ms, a heavy request {one.mean_ms:.0f} ms)"
    return [
        at_most("L3", what, beside.p99_ms, bar, "ms"),
        none_of("L3", "quiet tenant's refusals", beside.refused, f"{RATE * SECONDS * rounds}"),
        Found("L3", "noisy tenant's requests", f"{goodput:.0f}/s", "some", goodput > 0),
    ]
