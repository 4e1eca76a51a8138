"""L1: as many connections as there may be, all of them asking a cheap thing at once."""

import asyncio

from . import Found, at_most, none_of, skipped
from .load import NO_WRK, Probe, allow_files, loaded, wrk
from .servers import Shape, serving

WHAT = "/api/v1/me"
MOST, SECONDS, BAR_MS = 10_000, 15, 100
#: The control: how many connections a process serves at once.
WEAK = "from sightline.entrypoints import server; server.CONNECTIONS = 200"


async def run(controlled: bool) -> list[Found]:
    """The flood, then whether all is as before."""
    if wrk() is None:
        return [skipped("L1", "flood", NO_WRK)]
    # wrk has the same limit for itself as the server, and some files besides connections.
    connections = min(MOST, allow_files() - 500)
    async with serving(Shape(weakened="" if controlled else WEAK)) as server:
        await Probe(server.port, server.key(), WHAT, 20).run(2)
        late = Probe(server.port, server.key(1), WHAT, 2, patience=10)
        flood, _ = await asyncio.gather(
            loaded(server.port, server.key(), WHAT, connections, SECONDS), _later(late)
        )
        peak = server.peak_mb()
        # What had begun is finished, though nobody waits for it any more.
        await asyncio.sleep(10)
        after = await Probe(server.port, server.key(), WHAT, 20).run(6)
    what = f"{connections:,} connections"
    return [
        none_of("L1", f"{what}, socket errors", flood.socket_errors, f"{flood.answered} answers"),
        none_of("L1", f"{what}, neither 200 nor 429 nor 503", flood.broken, f"{flood.answered}"),
        none_of("L1", f"{what}, refusals without Retry-After", flood.silent, f"{flood.answered}"),
        Found("L1", f"{what}, answers", f"{dict(flood.statuses)}", "some 200", flood.goodput > 0),
        none_of("L1", f"{what}, late comers without any answer for 10 s", late.errors, "6"),
        at_most("L1", f"{what}, peak resident memory", peak, 600, "MB"),
        at_most("L1", "p99 ten seconds after the flood", after.p99_ms, BAR_MS, "ms"),
        none_of("L1", "refused then", after.refused, "120"),
    ]


async def _later(probe: Probe) -> None:
    """Come when the flood is there, early enough that its end does not help."""
    await asyncio.sleep(2)
    await probe.run(3)
