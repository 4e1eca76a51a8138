"""L2: twice and ten times as much as can be done; what can be done must still be done."""

import asyncio
from collections import Counter
from statistics import mean, median

from attrs import define, field

from . import Found, at_most, none_of, skipped
from .load import NO_WRK, Probe, loaded, wrk
from .servers import Server, Shape, serving

BRAND = "11111111-1111-1111-1111-111111111111"
_POWER = f"/api/v1/brands/{BRAND}/power?start=2024-04-01T00:00:00Z&interval=hour"
#: Heavy reads, a week and a day of every circuit of a brand, by the hour.
HEAVY = f"{_POWER}&end=2024-04-08T00:00:00Z"
LESS_HEAVY = f"{_POWER}&end=2024-04-02T00:00:00Z"
BAR_MS, REFUSED_BAR_MS = 300, 150
#: Capacity is measured before and after every overload, because a shared machine is not
#: always equally quick; what counts is the median of the rounds.
ROUNDS, CAPACITY_SECONDS, OVERLOAD_SECONDS = 3, 5, 8
#: Connections for a second's requests: more than are open at once if all wait their longest.
CONNECTIONS, MOST_CONNECTIONS = 0.6, 8_000
#: No gate to speak of: everything is let in and waits inside.
OPEN = {
    "SIGHTLINE_CONCURRENT_REQUESTS": "100000",
    "SIGHTLINE_CONCURRENT_HEAVY_REQUESTS": "100000",
    "SIGHTLINE_WAITING_REQUESTS": "100000",
    "SIGHTLINE_ADMISSION_WAIT_SECONDS": "60",
}


async def run(controlled: bool) -> list[Found]:
    """Capacity, twice as much, capacity, ten times as much, and again."""
    if wrk() is None:
        return [skipped("L2", "overload", NO_WRK)]
    async with serving(Shape({} if controlled else OPEN, readings=True)) as server:
        overloads = _Overload(server, 2, 0.9), _Overload(server, 10, 0.5)
        capacities = [await _capacity(server)]
        for _ in range(ROUNDS if controlled else 1):
            for one in overloads:
                await one.offer(capacities[-1])
                await asyncio.sleep(2)  # what it left behind must not pass for little capacity
                capacities.append(await _capacity(server))
                one.compare(mean(capacities[-2:]))
    shown = f"{median(capacities):.0f}/s of a heavy read ({_listed(capacities, '.0f')})"
    some = Found("L2", "capacity with 8 connections", shown, "some", median(capacities) > 0)
    return [some, *(found for one in overloads for found in one.found())]


async def _capacity(server: Server) -> float:
    """What is done when nobody is refused, with the same probe beside it. [1/s]"""
    probe = Probe(server.port, server.key(1), LESS_HEAVY, 10)
    load, _ = await asyncio.gather(
        loaded(server.port, server.key(), LESS_HEAVY, 8, CAPACITY_SECONDS),
        probe.run(CAPACITY_SECONDS),
    )
    return load.goodput + probe.statuses[200] / CAPACITY_SECONDS


@define
class _Overload:
    """So many times the capacity, and what became of it in all rounds."""

    server: Server
    times: int
    bar: float
    _shares: list[float] = field(factory=list, init=False)
    _met: list[float] = field(factory=list, init=False)
    _done: tuple[float, float] = field(default=(0, 0), init=False)
    _answered: int = field(default=0, init=False)
    _broken: Counter[str] = field(factory=Counter, init=False)
    _socket_errors: int = field(default=0, init=False)
    _quiet: Probe = field(init=False)
    _noisy: Probe = field(init=False)

    def __attrs_post_init__(self) -> None:
        port = self.server.port
        self._quiet = Probe(port, self.server.key(1), LESS_HEAVY, 10)
        self._noisy = Probe(port, self.server.key(), LESS_HEAVY, 10)

    async def offer(self, capacity: float) -> None:
        """One round; both tenants' probes beside it count for what is done."""
        rate, before = capacity * self.times, self._probed()
        connections = max(16, min(int(rate * CONNECTIONS), MOST_CONNECTIONS))
        load, _, _ = await asyncio.gather(
            loaded(
                self.server.port,
                self.server.key(),
                LESS_HEAVY,
                connections,
                OVERLOAD_SECONDS,
                rate,
            ),
            self._quiet.run(OVERLOAD_SECONDS),
            self._noisy.run(OVERLOAD_SECONDS),
        )
        probed = (self._probed() - before) / OVERLOAD_SECONDS
        self._done = load.goodput + probed, load.offered
        self._answered += load.answered
        self._broken.update(load.broken)
        self._socket_errors += load.socket_errors

    def compare(self, capacity: float) -> None:
        """Relate the last round to what could be done about then."""
        goodput, offered = self._done
        self._shares.append(goodput / capacity)
        self._met.append(offered / capacity)

    def found(self) -> list[Found]:
        """What all rounds showed."""
        what = f"{self.times}x offered ({median(self._met):.1f}x met)"
        kept = median(self._shares)
        figure = f"{kept:.2f} of capacity ({_listed(self._shares, '.2f')})"
        answers = f"{self._answered}"
        found = [
            Found("L2", f"{what}, goodput", figure, f">= {self.bar}", kept >= self.bar),
            at_most("L2", f"{what}, the probe's admitted p99", self._quiet.p99_ms, BAR_MS, "ms"),
            none_of("L2", f"{what}, neither 200 nor 429 nor 503", dict(self._broken), answers),
            none_of("L2", f"{what}, socket errors", self._socket_errors, answers),
        ]
        if self._noisy.refusals:
            refused = self._noisy.refused_p99_ms
            found.append(at_most("L2", f"{what}, refusals' p99", refused, REFUSED_BAR_MS, "ms"))
        return found

    def _probed(self) -> int:
        return self._quiet.statuses[200] + self._noisy.statuses[200]


def _listed(figures: list[float], form: str) -> str:
    return ", ".join(format(figure, form) for figure in figures)
