import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from attrs import define, evolve

from sightline.adapters.market_api import Fault
from sightline.adapters.memory.market_snapshots import MemoryMarketSnapshotRepository
from sightline.adapters.sample.markets import SampleMarket, sample_markets
from sightline.domain.circuit_breaker import BreakerPolicy
from sightline.domain.errors import MarketNotFound, MarketUnavailable, Unavailable
from sightline.domain.identifiers import MarketId
from sightline.domain.measures import Metric
from sightline.domain.portfolio.benchmarks import MarketBenchmark, MarketSnapshot, Source

from .rig import (
    EVERY,
    LOOP,
    OCCUPANCY,
    PATIENCE_SECONDS,
    RENT,
    Rig,
    Seconds,
    facts,
    rigged,
    undegraded,
    until,
    until_so,
)

PATIENT = BreakerPolicy(minimum_calls=10**9)


def updated(rig: Rig, rent: float) -> SampleMarket:
    """The market API learns a new rent of the last month of market 1."""
    old = rig.stand_in.markets[LOOP]
    values = {**old.months[-1].values, "avg_rent_per_sqft": rent}
    months = (*old.months[:-1], evolve(old.months[-1], values=values))
    changed = evolve(old, months=months, last_updated=old.last_updated + timedelta(days=1))
    rig.stand_in.markets = {**rig.stand_in.markets, LOOP: changed}
    return changed


async def test_the_first_reading_is_live_and_the_next_comes_from_the_cache() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        first = await gateway.read(LOOP, EVERY)
        rig.clock.move(timedelta(minutes=5))
        second = await gateway.read(LOOP, EVERY)
        assert (first.source, first.age_seconds, first.position) == (Source.LIVE, 0.0, 1)
        assert (second.source, second.age_seconds, second.position) == (Source.CACHE, 300.0, 1)
        assert second.benchmark == first.benchmark
        assert rig.calls == 1
        last = first.benchmark.months[-1].values
        assert (last[Metric.RENT_PER_SQFT], last[Metric.OCCUPANCY_RATE]) == (38.20, 89.2)


async def test_a_refresh_reads_anew_what_is_fresh_but_not_so_young() -> None:
    minute = timedelta(minutes=1)
    async with rigged() as rig:
        gateway = rig.gateway()
        first = await gateway.refresh(LOOP, EVERY, minute)
        rig.clock.move(timedelta(seconds=59))
        again = await gateway.refresh(LOOP, EVERY, minute)
        assert (first.source, again.source, rig.calls) == (Source.LIVE, Source.CACHE, 1)
        rig.clock.move(timedelta(seconds=1))
        anew = await gateway.refresh(LOOP, EVERY, minute)
        assert (anew.source, anew.age_seconds, rig.calls) == (Source.LIVE, 0.0, 2)
        rig.clock.move(timedelta(minutes=14))
        assert (await gateway.read(LOOP, EVERY)).source is Source.CACHE


async def test_a_refresh_that_fails_gives_what_is_known_and_says_why() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        with pytest.raises(MarketNotFound):
            await gateway.refresh(MarketId(999), EVERY, timedelta(minutes=1))
        await gateway.read(LOOP, EVERY)
        rig.stand_in.fault = Fault.ERRORS
        rig.clock.move(timedelta(minutes=5))
        kept = await gateway.refresh(LOOP, EVERY, timedelta(minutes=1))
        assert (kept.source, kept.age_seconds) == (Source.STALE, 300.0)
        assert kept.reasons
        assert (await gateway.read(LOOP, EVERY)).source is Source.CACHE


async def test_five_hundred_callers_at_once_cause_one_call() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        readings = await asyncio.gather(*(gateway.read(LOOP, EVERY) for _ in range(500)))
        assert {reading.source for reading in readings} == {Source.LIVE}
        assert rig.calls == 1


async def test_a_whole_portfolio_needs_one_call_per_market_cold_and_none_warm() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        asked = [MarketId(1 + number % 60) for number in range(1200)]
        await asyncio.gather(*(gateway.read(market, EVERY) for market in asked))
        assert rig.calls == 60
        await asyncio.gather(*(gateway.read(market, EVERY) for market in asked))
        assert rig.calls == 60


async def test_a_wider_benchmark_serves_narrower_questions() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        await gateway.read(LOOP, RENT)
        wider = await gateway.read(LOOP, OCCUPANCY)
        assert wider.benchmark.metrics == RENT | OCCUPANCY
        for metrics in (RENT, OCCUPANCY, RENT | OCCUPANCY):
            assert (await gateway.read(LOOP, metrics)).source is Source.CACHE
        assert rig.calls == 2


async def test_a_metric_that_was_never_kept_is_named_as_missing_when_the_api_fails() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        await gateway.read(LOOP, RENT)
        rig.stand_in.fault = Fault.MALFORMED
        partial = await gateway.read(LOOP, RENT | OCCUPANCY)
        assert (partial.source, partial.reasons) == (
            Source.STALE,
            ("malformed", "metrics_not_kept"),
        )
        assert partial.benchmark.metrics == RENT
        with pytest.raises(MarketUnavailable):
            await gateway.read(LOOP, OCCUPANCY)


async def test_it_is_refreshed_ahead_of_expiry_without_a_caller_noticing() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        await gateway.read(LOOP, EVERY)
        rig.clock.move(timedelta(minutes=13))
        ageing = await gateway.read(LOOP, EVERY)
        assert (ageing.source, ageing.age_seconds, ageing.reasons) == (Source.CACHE, 780.0, ())
        renewed = await until(gateway, lambda found: found.age_seconds == 0.0)
        assert (renewed.source, renewed.position, rig.calls) == (Source.CACHE, 1, 2)


async def test_a_stale_benchmark_is_given_out_at_once_while_one_call_renews_it() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        await gateway.read(LOOP, EVERY)
        rig.clock.move(timedelta(hours=3))
        readings = await asyncio.gather(*(gateway.read(LOOP, EVERY) for _ in range(100)))
        assert {reading.source for reading in readings} == {Source.STALE}
        assert {reading.reasons for reading in readings} == {("revalidating",)}
        renewed = await until(gateway, undegraded)
        assert (renewed.source, renewed.reasons, rig.calls) == (Source.CACHE, (), 2)


async def test_its_position_grows_with_its_content_and_only_then() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        positions = []
        for rent in (38.20, 38.20, 38.75, 38.75):
            if rent != rig.stand_in.markets[LOOP].months[-1].values["avg_rent_per_sqft"]:
                updated(rig, rent)
            rig.clock.move(timedelta(days=2))
            reading = await gateway.read(LOOP, EVERY)
            assert reading.source is Source.LIVE
            assert reading.benchmark.months[-1].values[Metric.RENT_PER_SQFT] == rent
            positions.append(reading.position)
        assert positions == [1, 1, 2, 2]


async def test_after_a_restart_what_was_kept_is_known_again() -> None:
    async with rigged() as rig:
        first = await rig.gateway().read(LOOP, EVERY)
        rig.clock.move(timedelta(minutes=5))
        second = await rig.gateway().read(LOOP, EVERY)
        assert second == evolve(first, source=Source.CACHE, age_seconds=300.0)
        assert rig.calls == 1


async def test_what_is_older_than_the_longest_age_is_never_given_out() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        first = await gateway.read(LOOP, EVERY)
        rig.clock.move(timedelta(days=45, seconds=1))
        rig.stand_in.fault = Fault.NOT_JSON
        with pytest.raises(MarketUnavailable) as caught:
            await gateway.read(LOOP, EVERY)
        assert (caught.value.reasons, caught.value.since) == (("malformed",), first.fetched_at)


async def test_a_lasting_change_of_level_is_believed_once_nothing_kept_vouches_against_it() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        good = await gateway.read(LOOP, EVERY)
        old = rig.stand_in.markets[LOOP]
        rows = tuple(
            evolve(row, values={**row.values, "avg_rent_per_sqft": 240.0}) for row in old.months
        )
        rig.stand_in.markets = {LOOP: evolve(old, months=rows)}
        rig.clock.move(timedelta(days=45))
        kept = await gateway.read(LOOP, EVERY)
        assert (kept.source, kept.reasons) == (Source.SNAPSHOT, ("unit_suspect",))
        assert facts(kept) == facts(good)
        rig.clock.move(timedelta(days=1))
        await asyncio.sleep(0.03)  # as long as a market is left alone after a failure
        changed = await gateway.read(LOOP, EVERY)
        assert (changed.source, changed.position) == (Source.LIVE, 2)
        assert changed.benchmark.months[-1].values[Metric.RENT_PER_SQFT] == 240.0


async def test_a_clock_set_back_makes_the_cache_ask_again() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        await gateway.read(LOOP, EVERY)
        rig.clock.move(timedelta(hours=-1))
        assert (await gateway.read(LOOP, EVERY)).source is Source.STALE
        assert (await until(gateway, undegraded)).fetched_at == rig.clock.now()


async def test_a_market_that_is_not_there_is_not_asked_for_again_for_a_while() -> None:
    async with rigged() as rig:
        seconds = Seconds()
        gateway = rig.gateway(monotonic=seconds)
        for _ in range(3):
            with pytest.raises(MarketNotFound):
                await gateway.read(MarketId(99), EVERY)
        assert rig.calls == 1
        seconds.at += 31
        with pytest.raises(MarketNotFound):
            await gateway.read(MarketId(99), EVERY)
        assert rig.calls == 2


async def test_a_known_market_that_the_api_forgets_is_answered_from_what_is_kept() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        good = await gateway.read(LOOP, EVERY)
        rig.clock.move(timedelta(days=2))
        rig.stand_in.markets = {}
        reading = await gateway.read(LOOP, EVERY)
        assert (reading.source, reading.reasons) == (Source.SNAPSHOT, ("not_found",))
        assert facts(reading) == facts(good)


async def test_newer_data_of_another_process_is_not_written_over() -> None:
    async with rigged() as rig:
        gateway = rig.gateway()
        good = await gateway.read(LOOP, EVERY)
        newer = evolve(
            good.benchmark, sample_size=90, last_updated=good.benchmark.last_updated + timedelta(1)
        )
        rig.clock.move(timedelta(days=2))
        await rig.snapshots.keep(newer, rig.clock.now())
        reading = await gateway.read(LOOP, EVERY)
        assert (reading.source, reading.reasons) == (Source.STALE, ("went_backwards",))
        assert (reading.benchmark, reading.position) == (newer, 2)


async def test_quarantined_values_are_told_and_counted() -> None:
    async with rigged() as rig:
        reading = await rig.gateway().read(MarketId(31), EVERY)
        assert [value.reason for value in reading.benchmark.quarantined] == ["out_of_range"]
        assert rig.count("market.quarantined", reason="out_of_range") == 1


async def test_the_headers_of_the_request_go_out_with_the_call() -> None:
    async with rigged() as rig:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        gateway = rig.gateway(headers=lambda: {"traceparent": trace})
        await gateway.read(LOOP, EVERY)
        assert rig.stand_in.headers["traceparent"] == trace
        assert rig.stand_in.headers["accept-encoding"] == "identity"


async def test_a_retry_heals_a_hiccup() -> None:
    async with rigged() as rig:
        gateway = rig.gateway(breaker=PATIENT)
        for market in range(2, 12):  # ten calls earn one retry
            await gateway.read(MarketId(market), EVERY)
        rig.stand_in.calls.clear()
        rig.stand_in.fault = Fault.ERRORS
        reading = asyncio.create_task(gateway.read(LOOP, EVERY))
        await until_so(lambda: rig.count("market.retries"))
        rig.stand_in.fault = Fault.NONE
        assert (await reading).source is Source.LIVE
        assert rig.calls == 2


async def test_an_api_that_is_down_gets_at_most_a_tenth_more_calls() -> None:
    async with rigged() as rig:
        rig.stand_in.fault = Fault.ERRORS
        gateway = rig.gateway(breaker=PATIENT)
        markets = [MarketId(number) for number in range(1, 201)]
        rig.stand_in.markets = dict.fromkeys(markets, sample_markets()[LOOP])
        await asyncio.gather(
            *(gateway.read(market, EVERY) for market in markets), return_exceptions=True
        )
        assert 200 < rig.calls <= 220
        assert rig.count("market.retries") == rig.calls - 200


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers everything with the same bytes and remembers the requests."""
    requests: list[bytes] = []

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(answered, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n", "status_302"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b", "malformed"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "status_204"),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "status_403"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull", "malformed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "connection_lost"),
        (b"", "connection_lost"),
    ],
)
async def test_an_answer_that_is_none_is_no_data(answer: bytes, reason: str) -> None:
    async with rigged() as rig, answering(answer) as (url, requests):
        with pytest.raises(MarketUnavailable) as caught:
            await rig.gateway(url=url).read(LOOP, EVERY)
        assert caught.value.reasons == (reason,)
        assert len(requests) == 1


@pytest.mark.parametrize("asked", ["30", "Sat, 20 Sep 2025 12:00:30 GMT"])
async def test_an_api_that_asks_to_be_left_alone_is_left_alone(asked: str) -> None:
    head = f"HTTP/1.1 429 Slow Down\r\nretry-after: {asked}\r\ncontent-length: 0\r\n\r\n"
    async with rigged() as rig, answering(head.encode()) as (url, requests):
        seconds = Seconds()
        gateway = rig.gateway(url=url, monotonic=seconds)
        for _ in range(3):
            with pytest.raises(MarketUnavailable) as caught:
                await gateway.read(LOOP, EVERY)
            assert caught.value.reasons == ("rate_limited",)
        assert (len(requests), caught.value.retry_after_seconds) == (1, 30)
        seconds.at += 31
        with pytest.raises(MarketUnavailable):
            await gateway.read(LOOP, EVERY)
        assert len(requests) == 2


@define(eq=False)
class TroubledSnapshots:
    """A store that can fail, or hang."""

    kept: MemoryMarketSnapshotRepository
    down: bool = False
    hanging: bool = False
    unreadable: bool = False

    async def _trouble(self) -> None:
        if self.hanging:
            await asyncio.Event().wait()
        if self.down:
            message = "the record store does not answer"
            raise Unavailable(message)

    async def latest(self, market: MarketId) -> MarketSnapshot | None:
        await self._trouble()
        if self.unreadable:
            message = "the record store cannot be read"
            raise Unavailable(message)
        return await self.kept.latest(market)

    async def position(self) -> int:
        await self._trouble()
        return await self.kept.position()

    async def at(self, market: MarketId, position: int) -> MarketSnapshot | None:
        await self._trouble()
        return await self.kept.at(market, position)

    async def keep(self, benchmark: MarketBenchmark, fetched_at: datetime) -> MarketSnapshot:
        await self._trouble()
        return await self.kept.keep(benchmark, fetched_at)


async def test_only_so_many_markets_are_held_in_memory() -> None:
    async with rigged() as rig:
        snapshots = TroubledSnapshots(rig.snapshots)
        gateway = rig.gateway(markets=2, snapshots=snapshots)
        for market in (1, 2, 3):
            await gateway.read(MarketId(market), EVERY)
        assert (await gateway.read(LOOP, EVERY)).source is Source.CACHE  # from its snapshot
        assert rig.calls == 3
        snapshots.down = True
        assert (await gateway.read(MarketId(3), EVERY)).source is Source.CACHE
        assert (await gateway.read(MarketId(2), EVERY)).source is Source.LIVE  # forgotten


@pytest.mark.parametrize("trouble", ["down", "hanging", "unreadable"])
async def test_a_store_in_trouble_costs_the_position_and_not_the_answer(trouble: str) -> None:
    async with rigged() as rig:
        snapshots = TroubledSnapshots(rig.snapshots)
        setattr(snapshots, trouble, True)
        gateway = rig.gateway(snapshots=snapshots)
        async with asyncio.timeout(PATIENCE_SECONDS):
            reading = await gateway.read(LOOP, EVERY)
        assert (reading.source, reading.position) == (Source.LIVE, 0)
        assert await rig.snapshots.latest(LOOP) is None


async def test_once_the_store_is_back_the_next_refresh_is_kept() -> None:
    async with rigged() as rig:
        snapshots = TroubledSnapshots(rig.snapshots, down=True)
        gateway = rig.gateway(snapshots=snapshots)
        await gateway.read(LOOP, EVERY)
        snapshots.down = False
        rig.clock.move(timedelta(days=2))
        reading = await gateway.read(LOOP, EVERY)
        assert (reading.source, reading.position) == (Source.LIVE, 1)
        kept = await rig.snapshots.latest(LOOP)
        assert kept is not None
        assert kept.benchmark == reading.benchmark


async def test_closing_does_not_wait_for_an_api_that_says_nothing() -> None:
    async with rigged() as rig:
        gateway = rig.gateway(deadline_seconds=30.0)
        rig.stand_in.fault = Fault.BLACKHOLE
        reading = asyncio.create_task(gateway.read(LOOP, EVERY))
        await until_so(lambda: rig.calls)
        async with asyncio.timeout(PATIENCE_SECONDS):  # less than the deadline
            await gateway.aclose()
        with pytest.raises(asyncio.CancelledError):
            await reading
