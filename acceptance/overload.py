"""L2: twice and ten times as much as can be done; what can be done must still be done."""

import asyncio

from . import Found, at_most, none_of, skipped
from .load import NO_WRK, Load, Probe, loaded, wrk
from .servers import Server, Shape, serving

BRAND = "11111111-1111-1111-1111-111111111111"
_POWER = f"/api/v1/brands/{BRAND}/power?start=2024-04-01T00:00:00Z&interval=hour"
#: Heavy reads, a week and a day of every circuit of a brand, by the hour.
HEAVY = f"{_POWER}&end=2024-04-08T00:00:00Z"
LESS_HEAVY = f"{_POWER}&end=2024-04-02T00:00:00Z"
SECONDS, BAR_MS = 10, 300
#: Pause of a connection between an answer and its next request; with the answer, a second.
PAUSE_MS = 750
MOST_CONNECTIONS = 8_000
#: No gate to speak of: everything is let in and waits inside.
OPEN = {
    "SIGHTLINE_CONCURRENT_REQUESTS": "100000",
    "SIGHTLINE_CONCURRENT_HEAVY_REQUESTS": "100000",
    "SIGHTLINE_WAITING_REQUESTS": "100000",
    "SIGHTLINE_ADMISSION_WAIT_SECONDS": "60",
}


async def run(controlled: bool) -> list[Found]:
    """Capacity first, then more of it."""
    if wrk() is None:
        return [skipped("L2", "overload", NO_WRK)]
    async with serving(Shape({} if controlled else OPEN, readings=True)) as server:
        capacity = (await loaded(server.port, server.key(), LESS_HEAVY, 8, 6)).goodput
        shown = f"{capacity:.0f}/s of a heavy read"
        found = [Found("L2", "capacity with 8 connections", shown, "some", capacity > 0)]
        for times, share in ((2, 0.9), (10, 0.5)):
            found += await _offered(server, capacity, times, share)
            await asyncio.sleep(2)
    return found


async def _offered(server: Server, capacity: float, times: int, share: float) -> list[Found]:
    connections = min(int(capacity * times), MOST_CONNECTIONS)
    probe = Probe(server.port, server.key(1), LESS_HEAVY, 10)
    load: Load
    load, seen = await asyncio.gather(
        loaded(server.port, server.key(), LESS_HEAVY, connections, SECONDS, PAUSE_MS),
        probe.run(SECONDS),
    )
    what = f"{times}x offered ({load.offered / capacity:.1f}x met)"
    goodput = load.goodput + seen.statuses[200] / SECONDS
    kept = goodput / capacity
    figure = f"{kept:.2f} of capacity ({goodput:.0f}/s)"
    return [
        Found("L2", f"{what}, goodput", figure, f">= {share}", kept >= share),
        at_most("L2", f"{what}, the probe's admitted p99", seen.p99_ms, BAR_MS, "ms"),
        none_of("L2", f"{what}, neither 200 nor 429 nor 503", load.broken, f"{load.answered}"),
        none_of("L2", f"{what}, socket errors", load.socket_errors, f"{load.answered}"),
    ]
