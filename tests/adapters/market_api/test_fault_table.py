"""Check F3 of the reliability bar: every fault, over a real socket."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.adapters.market_api import Fault, HttpMarketBenchmarkGateway, serve_stand_in
from sightline.adapters.market_api.client import MarketApiClient
from sightline.adapters.memory.clock import FixedClock
from sightline.domain.circuit_breaker import BreakerPolicy
from sightline.domain.errors import MarketUnavailable
from sightline.domain.identifiers import MarketId
from sightline.domain.portfolio.benchmarks import MarketReading, Source
from sightline.domain.portfolio.market_freshness import FreshnessPolicy

from .rig import (
    EVERY,
    LOOP,
    PATIENCE_SECONDS,
    Rig,
    facts,
    recovered,
    rigged,
    truth,
    undegraded,
    until,
)

#: fault -> the reason that an answer gives for not being live
REASONS = {
    Fault.SLOW: "timeout",
    Fault.DRIP: "timeout",
    Fault.BLACKHOLE: "timeout",
    Fault.HALF_BODY: "connection_lost",
    Fault.RESET: "connection_lost",
    Fault.ERRORS: "status_503",
    Fault.ERRORS_80: "status_500",
    Fault.MALFORMED: "malformed",
    Fault.NOT_JSON: "malformed",
    Fault.NAN: "malformed",
    Fault.HUGE: "too_large",
    Fault.WRONG_UNIT: "unit_suspect",
    Fault.STALE: "went_backwards",
}
HANGING = {Fault.SLOW, Fault.DRIP, Fault.BLACKHOLE}
TRUTH = truth()
EVERY_FAULT = pytest.mark.parametrize("fault", [fault for fault in Fault if fault != Fault.NONE])


def switch(rig: Rig, fault: Fault) -> None:
    rig.stand_in.calls.clear()  # errors_80 lets every fifth call through
    rig.stand_in.fault = fault


async def primed(rig: Rig, age: timedelta) -> MarketReading:
    """What a healthy API said so long ago; it is kept, the process is not."""
    reading = await rig.gateway().read(LOOP, EVERY)
    rig.clock.move(age)
    return reading


def impatient(rig: Rig, fault: Fault) -> HttpMarketBenchmarkGateway:
    """A gateway that waits no longer than it must to see the fault."""
    return rig.gateway(deadline_seconds=0.25 if fault in HANGING else PATIENCE_SECONDS)


async def timed(gateway: HttpMarketBenchmarkGateway) -> MarketReading:
    """One reading, which must end although the fault does not."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await gateway.read(LOOP, EVERY)


def test_the_table_names_every_fault() -> None:
    assert REASONS.keys() | {Fault.NONE} == set(Fault)


@EVERY_FAULT
async def test_with_a_snapshot_every_fault_is_answered_from_it_and_marked(fault: Fault) -> None:
    async with rigged() as rig:
        good = await primed(rig, timedelta(days=2))
        gateway = impatient(rig, fault)
        switch(rig, fault)
        reading = await timed(gateway)
        assert (reading.source, reading.degraded) == (Source.SNAPSHOT, True)
        assert reading.reasons == (REASONS[fault],)
        assert reading.age_seconds == timedelta(days=2).total_seconds()
        assert facts(reading) == facts(good) <= TRUTH
        assert reading.position == good.position
        switch(rig, Fault.NONE)
        recovered = await until(gateway, undegraded)
        assert recovered.fetched_at == rig.clock.now()


@EVERY_FAULT
async def test_with_a_stale_cache_every_fault_is_answered_at_once_and_marked(fault: Fault) -> None:
    async with rigged() as rig:
        good = await primed(rig, timedelta(hours=2))
        gateway = impatient(rig, fault)
        switch(rig, fault)
        reading = await timed(gateway)
        assert (reading.source, reading.reasons) == (Source.STALE, ("revalidating",))
        assert facts(reading) == facts(good)
        reading = await until(gateway, lambda found: found.reasons != ("revalidating",))
        assert (reading.source, reading.reasons) == (Source.STALE, (REASONS[fault],))
        assert facts(reading) == facts(good)
        switch(rig, Fault.NONE)
        await until(gateway, undegraded)


@EVERY_FAULT
async def test_without_a_snapshot_every_fault_is_told_or_harmless(fault: Fault) -> None:
    async with rigged() as rig:
        gateway = impatient(rig, fault)
        switch(rig, fault)
        if fault is Fault.STALE:
            # Nothing newer is known: old data is told as what it is.
            reading = await timed(gateway)
            assert reading.benchmark.last_updated == datetime(2024, 9, 3, 14, 30, tzinfo=UTC)
            assert facts(reading) < TRUTH
            return
        with pytest.raises(MarketUnavailable) as caught:
            await timed(gateway)
        assert caught.value.reasons == (REASONS[fault],)
        assert caught.value.retry_after_seconds >= 1
        assert caught.value.since is None
        switch(rig, Fault.NONE)
        reading = await recovered(gateway)
        assert (reading.source, facts(reading) <= TRUTH) == (Source.LIVE, True)


@pytest.mark.parametrize("age", [timedelta(hours=2), timedelta(days=2), None])
async def test_an_api_that_is_down_is_answered_likewise(age: timedelta | None) -> None:
    async with rigged() as rig:
        good = await primed(rig, age) if age else None
        gateway = rig.gateway()
        host, _, port = rig.stand_in.url.removeprefix("http://").rpartition(":")
        await rig.stand_in.aclose()
        if good is None:
            with pytest.raises(MarketUnavailable) as caught:
                await timed(gateway)
            assert caught.value.reasons == ("connection_failed",)
            return
        reading = await timed(gateway)
        assert reading.degraded
        assert facts(reading) == facts(good)
        rig.stand_in = await serve_stand_in(host, int(port))
        await until(gateway, undegraded)


@pytest.mark.parametrize("fault", [Fault.BLACKHOLE, Fault.DRIP])
async def test_with_the_figures_it_ships_with_every_caller_is_answered_in_time(
    fault: Fault,
) -> None:
    async with rigged() as rig:
        await primed(rig, timedelta(days=2))
        gateway = rig.gateway(
            deadline_seconds=1.0, freshness=FreshnessPolicy(), breaker=BreakerPolicy()
        )
        switch(rig, fault)
        readings = await asyncio.gather(*(timed(gateway) for _ in range(50)))
        assert {reading.source for reading in readings} == {Source.SNAPSHOT}
        assert rig.calls == 1
        again = await timed(gateway)
        assert (again.source, again.reasons) == (Source.SNAPSHOT, ("timeout",))
        assert rig.calls == 1  # left alone for two seconds after the failure


async def test_without_the_total_deadline_a_dripping_body_would_hold_a_caller() -> None:
    async with rigged() as rig:
        client = MarketApiClient(
            rig.stand_in.url,
            clock=FixedClock(rig.clock.now()),
            timeout_seconds=0.2,
            connections=1,
            headers=dict,
        )
        switch(rig, Fault.DRIP)
        with pytest.raises(TimeoutError):  # ours: the client's own time-outs do not see it
            await asyncio.wait_for(client.data(LOOP, ["renewal_rate"]), 1.0)
        await client.aclose()


async def test_without_a_snapshot_to_compare_monthly_rent_alone_would_be_believed() -> None:
    async with rigged() as rig:
        rent = [metric for metric in EVERY if metric == "rent_per_sqft"]
        switch(rig, Fault.WRONG_UNIT)
        reading = await rig.gateway().read(LOOP, set(rent))
        assert not facts(reading) <= TRUTH


Step = Callable[[Rig], None]


def steps() -> st.SearchStrategy[Step]:
    """Switch a fault on or off, or let time pass."""
    cheap = [fault for fault in REASONS if fault not in HANGING]
    faults = st.sampled_from([Fault.NONE, Fault.NONE, *cheap])
    moves = st.sampled_from([timedelta(minutes=13), timedelta(hours=1), timedelta(days=30)])
    return st.one_of(
        faults.map(lambda fault: lambda rig: setattr(rig.stand_in, "fault", fault)),
        moves.map(lambda move: lambda rig: rig.clock.move(move)),
    )


@settings(max_examples=40)
@given(course=st.lists(steps(), max_size=12), market=st.sampled_from([1, 7, 29, 31, 37, 47]))
async def test_whatever_happens_in_whatever_order_no_wrong_number_comes_out(
    course: list[Step], market: int
) -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        for step in course:
            step(rig)
            with suppress(MarketUnavailable):
                reading = await gateway.read(MarketId(market), EVERY)
                fresh = reading.age_seconds <= timedelta(minutes=15).total_seconds()
                assert facts(reading) <= TRUTH
                # A call may have ended before this step moved the clock.
                assert reading.source is Source.LIVE or reading.degraded == (not fresh)
                assert reading.degraded == bool(reading.reasons)
                assert reading.age_seconds <= timedelta(days=45).total_seconds()
