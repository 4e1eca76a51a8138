"""Check F4 of the reliability bar: the breaker as the gateway uses it."""

import asyncio
import time

from sightline.adapters.market_api import Fault, HttpMarketBenchmarkGateway
from sightline.adapters.market_api.calls import Failure, MarketApiCalls
from sightline.adapters.market_api.client import MarketApiClient
from sightline.adapters.sample.markets import sample_markets
from sightline.domain.circuit_breaker import BreakerPolicy, Closed, HalfOpen, Open
from sightline.domain.errors import MarketUnavailable
from sightline.domain.identifiers import MarketId
from sightline.domain.portfolio.benchmarks import MarketReading, Source

from .rig import EVERY, LOOP, Rig, Seconds, rigged, until_so

POLICY = BreakerPolicy(slow_seconds=30.0)  # a busy machine makes every call slow


async def all_markets(
    gateway: HttpMarketBenchmarkGateway, count: int
) -> list[MarketReading | BaseException]:
    """Read so many markets at once, in turn."""
    asked = (MarketId(1 + number % 60) for number in range(count))
    return await asyncio.gather(
        *(gateway.read(market, EVERY) for market in asked), return_exceptions=True
    )


async def opened(rig: Rig, seconds: Seconds) -> HttpMarketBenchmarkGateway:
    """A gateway whose breaker has just opened."""
    gateway = rig.gateway(breaker=POLICY, monotonic=seconds)
    rig.stand_in.fault = Fault.RESET
    await all_markets(gateway, 60)
    assert isinstance(gateway.breaker, Open)
    rig.stand_in.calls.clear()
    return gateway


async def test_nineteen_failures_leave_it_closed_and_the_twentieth_opens_it() -> None:
    async with rigged() as rig:
        gateway = rig.gateway(breaker=POLICY)
        rig.stand_in.fault = Fault.ERRORS_80
        rig.stand_in.calls.clear()
        await all_markets(gateway, 19)
        assert isinstance(gateway.breaker, Closed)
        await gateway.read(MarketId(20), EVERY)  # a success: still 16 of 20 failed
        assert isinstance(gateway.breaker, Open)


async def test_while_it_is_open_nobody_waits_and_nobody_calls() -> None:
    async with rigged() as rig:
        gateway = await opened(rig, Seconds())
        rig.stand_in.fault = Fault.BLACKHOLE
        started = time.perf_counter()
        answers = await all_markets(gateway, 200)
        assert time.perf_counter() - started < 4  # one call would take five
        assert rig.calls == 0
        for answer in answers:
            assert isinstance(answer, MarketUnavailable)
            assert answer.reasons[0] == "circuit_open"
            assert answer.retry_after_seconds == 5


async def test_half_open_two_hundred_callers_make_one_call() -> None:
    async with rigged() as rig:
        seconds = Seconds()
        gateway = await opened(rig, seconds)
        seconds.at += 5.0
        rig.stand_in.fault = Fault.SLOW
        rig.stand_in.slow_seconds = 0.1
        answers = await all_markets(gateway, 200)
        assert rig.calls == 1
        live = [answer for answer in answers if isinstance(answer, MarketReading)]
        assert {reading.source for reading in live} == {Source.LIVE}
        assert {reading.benchmark.market for reading in live} == {LOOP}
        assert isinstance(gateway.breaker, Closed)


async def test_a_failed_probe_opens_it_for_twice_as_long() -> None:
    async with rigged() as rig:
        seconds = Seconds()
        gateway = await opened(rig, seconds)
        seconds.at += 5.0
        await all_markets(gateway, 60)
        assert rig.calls == 1
        seconds.at += 9.9
        await all_markets(gateway, 60)
        assert rig.calls == 1
        seconds.at += 0.1
        await all_markets(gateway, 60)
        assert rig.calls == 2


async def test_a_thousand_callers_who_go_away_leave_it_closed_and_the_cache_filled() -> None:
    async with rigged() as rig:
        gateway = rig.gateway(breaker=POLICY)
        rig.stand_in.fault = Fault.SLOW
        rig.stand_in.slow_seconds = 0.1
        asked = [MarketId(1 + number % 60) for number in range(1000)]
        callers = [asyncio.create_task(gateway.read(market, EVERY)) for market in asked]
        await until_so(lambda: rig.calls)
        for caller in callers:
            caller.cancel()
        gone = await asyncio.gather(*callers, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in gone)
        answers = await all_markets(gateway, 60)
        assert all(isinstance(answer, MarketReading) for answer in answers)
        assert isinstance(gateway.breaker, Closed)
        assert rig.calls == 60  # the calls went on without their callers


async def test_unknown_markets_do_not_open_it() -> None:
    async with rigged() as rig:
        rig.stand_in.markets = {}
        gateway = rig.gateway(breaker=POLICY)
        await all_markets(gateway, 60)
        assert gateway.breaker == Closed()


async def test_one_bad_market_does_not_open_it_for_the_others() -> None:
    async with rigged() as rig:
        gateway = HttpMarketBenchmarkGateway(  # with the pause that it ships with
            rig.stand_in.url, snapshots=rig.snapshots, clock=rig.clock
        )
        rig.gateways.append(gateway)
        rig.stand_in.market_faults[LOOP] = Fault.MALFORMED
        for _ in range(100):
            await asyncio.gather(gateway.read(LOOP, EVERY), return_exceptions=True)
        assert isinstance(gateway.breaker, Closed)
        assert rig.calls == 1


async def test_slow_answers_open_it_too() -> None:
    async with rigged() as rig:
        policy = BreakerPolicy(slow_seconds=0.05)
        gateway = rig.gateway(breaker=policy)
        rig.stand_in.fault = Fault.SLOW
        rig.stand_in.slow_seconds = 0.06
        await all_markets(gateway, 60)
        assert isinstance(gateway.breaker, Open)


async def test_a_cancelled_probe_leaves_it_half_open_for_the_next_call() -> None:
    async with rigged() as rig:
        seconds = Seconds()
        client = MarketApiClient(
            rig.stand_in.url, clock=rig.clock, timeout_seconds=5, connections=4, headers=dict
        )
        calls = MarketApiCalls(
            client,
            clock=rig.clock,
            deadline_seconds=5.0,
            concurrent=4,
            policy=BreakerPolicy(minimum_calls=1),
            monotonic=seconds,
            random=lambda: 0.0,
            on_event=lambda _name, _fields: None,
        )
        rig.stand_in.fault = Fault.RESET
        assert await calls.ask(LOOP, EVERY) == Failure("connection_lost")
        seconds.at += 5.0
        rig.stand_in.calls.clear()
        rig.stand_in.fault = Fault.BLACKHOLE
        probe = asyncio.create_task(calls.ask(LOOP, EVERY))
        await until_so(lambda: rig.calls)
        assert await calls.ask(LOOP, EVERY) == Failure("circuit_open")
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert isinstance(calls.breaker, HalfOpen)
        rig.stand_in.fault = Fault.NONE
        assert not isinstance(await calls.ask(LOOP, EVERY), Failure)
        assert isinstance(calls.breaker, Closed)
        await client.aclose()


async def test_changes_of_the_breaker_are_told() -> None:
    async with rigged() as rig:
        seconds = Seconds()
        gateway = await opened(rig, seconds)
        seconds.at += 5.0
        rig.stand_in.fault = Fault.NONE
        await gateway.read(MarketId(len(sample_markets())), EVERY)
        told = [fields["state"] for name, fields in rig.events if name == "market.breaker"]
        assert told == ["open", "half_open", "closed"]
