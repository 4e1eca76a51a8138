"""L3: one tenant asks heavy things over 64 connections; another one must not notice."""

import asyncio

from . import Found, at_most, none_of, skipped
from .load import NO_WRK, Probe, loaded, wrk
from .overload import HEAVY, OPEN
from .servers import Shape, serving

LIGHT = "/api/v1/properties"
RATE, SECONDS = 5, 12


async def run(controlled: bool) -> list[Found]:
    """The quiet tenant alone, then beside the noisy one."""
    if wrk() is None:
        return [skipped("L3", "noisy tenant", NO_WRK)]
    async with serving(Shape({} if controlled else OPEN, readings=True)) as server:
        one = await Probe(server.port, server.key(), HEAVY, 4).run(4)
        alone = await Probe(server.port, server.key(1), LIGHT, RATE).run(SECONDS)
        noise, beside = await asyncio.gather(
            loaded(server.port, server.key(), HEAVY, 64, SECONDS),
            Probe(server.port, server.key(1), LIGHT, RATE).run(SECONDS),
        )
    bar = 2 * alone.p99_ms + one.mean_ms
    what = f"quiet tenant's p99 (alone {alone.p99_ms:.1f} ms, a heavy request {one.mean_ms:.0f} ms)"
    return [
        at_most("L3", what, beside.p99_ms, bar, "ms"),
        none_of("L3", "quiet tenant's refusals", beside.refused, f"{RATE * SECONDS}"),
        Found("L3", "noisy tenant's requests", f"{noise.goodput:.0f}/s", "some", noise.goodput > 0),
    ]
