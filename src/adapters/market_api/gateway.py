"""The market API as the inside sees it: never a wrong number, never a wait without end."""

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Set
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import define, field

from ...domain.circuit_breaker import Breaker, BreakerPolicy
from ...domain.errors import MarketNotFound, MarketUnavailable, Unavailable
from ...domain.identifiers import MarketId
from ...domain.measures import CATALOGUE, Metric
from ...domain.portfolio.benchmarks import MarketBenchmark, MarketReading, MarketSnapshot, Source
from ...domain.portfolio.market_freshness import FreshnessPolicy, Rung, age_seconds
from ...domain.portfolio.market_validation import believed, objection
from ...ports.clock import Clock
from ...ports.market_snapshots import MarketSnapshotRepository
from .calls import Failure, MarketApiCalls, OnEvent
from .client import MarketApiClient

#: The store answers in milliseconds, or is waited for no longer than this. [s]
_LOAD_SECONDS = 0.3
_KEEP_SECONDS = 0.1
_LAST_KEEP_SECONDS = 2.0
#: A caller outlasts the call's own deadline by this much, so that its reason is known. [s]
_GRACE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 60.0
_EVERYTHING = frozenset(CATALOGUE)

_T = TypeVar("_T")


@define(eq=False)
class _Market:
    """All that this process knows of one market.

    A refresh asks for every metric that anybody has asked for, so there is one
    benchmark per market and a wider one serves every narrower question.
    """

    market: MarketId
    snapshot: MarketSnapshot | None = None
    loaded: bool = False
    loading: asyncio.Task[None] | None = None
    flights: dict[frozenset[Metric], asyncio.Task[MarketSnapshot | None]] = field(factory=dict)
    failures: tuple[str, ...] = ()
    paused_until: float = -math.inf


class HttpMarketBenchmarkGateway:
    """Reads benchmarks over HTTP: cache, stale cache, snapshots, breaker.

    Args:
        base_url: Root of the market API.
        snapshots: Where benchmarks outlive the process.
        clock: Wall time: dates readings and decides their freshness.
        deadline_seconds: Longest time for one call, retries included; every
            caller is answered at most a tenth of a second later.
        freshness: How old a benchmark may be for what.
        breaker: When to leave the API alone.
        concurrent_calls: Under way at the same time.
        markets: So many are held in memory; of the others the snapshot is read again.
        headers: Added to every call, for example `traceparent`.
        on_event: Told of reads, calls, retries, breaker changes, quarantined values.
        monotonic: A clock that never goes back. [s]
        jitter: In [0, 1).
    """

    def __init__(
        self,
        base_url: str,
        *,
        snapshots: MarketSnapshotRepository,
        clock: Clock,
        deadline_seconds: float = 1.0,
        freshness: FreshnessPolicy | None = None,
        breaker: BreakerPolicy | None = None,
        concurrent_calls: int = 32,
        markets: int = 10_000,
        headers: Callable[[], Mapping[str, str]] = dict,
        on_event: OnEvent = lambda _name, _fields: None,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = MarketApiClient(
            base_url,
            clock=clock,
            timeout_seconds=deadline_seconds,
            connections=concurrent_calls,
            headers=headers,
        )
        self._calls = MarketApiCalls(
            self._client,
            clock=clock,
            deadline_seconds=deadline_seconds,
            concurrent=concurrent_calls,
            policy=breaker or BreakerPolicy(),
            monotonic=monotonic,
            random=jitter,
            on_event=on_event,
        )
        self._snapshots = snapshots
        self._clock = clock
        self._patience = deadline_seconds + _GRACE_SECONDS
        self._freshness = freshness or FreshnessPolicy()
        self._most = markets
        self._on_event = on_event
        self._monotonic = monotonic
        self._markets: OrderedDict[MarketId, _Market] = OrderedDict()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._keeping: set[asyncio.Task[bool]] = set()

    @property
    def breaker(self) -> Breaker:
        """The state of the breaker, for readiness and telemetry."""
        return self._calls.breaker

    async def read(self, market: MarketId, metrics: Set[Metric]) -> MarketReading:
        known = self._known(market)
        wanted = frozenset(metrics) or _EVERYTHING
        reading = self._at_once(known, wanted)
        if reading is None:
            reading = await self._read(known, wanted, lambda: self._at_once(known, wanted))
        self._on_event("market.reads", {"source": reading.source.value})
        return reading

    async def position(self) -> int:
        return await self._snapshots.position()

    async def refresh(
        self, market: MarketId, metrics: Set[Metric], younger_than: timedelta
    ) -> MarketReading:
        known = self._known(market)
        wanted = frozenset(metrics) or _EVERYTHING
        reading = await self._read(known, wanted, lambda: self._young(known, wanted, younger_than))
        self._on_event("market.refreshes", {"source": reading.source.value})
        return reading

    async def aclose(self) -> None:
        """Keep what was read, end what is under way, close every connection."""
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=_LAST_KEEP_SECONDS)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def _at_once(self, known: _Market, wanted: frozenset[Metric]) -> MarketReading | None:
        """What memory can answer: fresh, or stale and being read anew."""
        snapshot = known.snapshot
        if snapshot is None or not wanted <= snapshot.benchmark.metrics:
            return None
        now = self._clock.now()
        match self._freshness.rung(snapshot.fetched_at, now):
            case Rung.FRESH:
                return _reading(snapshot, Source.CACHE, now)
            case Rung.AGEING:
                if not self._obstacles(known):
                    self._flight(known, wanted)
                return _reading(snapshot, Source.CACHE, now)
            case Rung.STALE:
                obstacles = self._obstacles(known)
                if not obstacles:
                    self._flight(known, wanted)
                reasons = obstacles or known.failures or ("revalidating",)
                return _reading(snapshot, Source.STALE, now, reasons)
            case _:
                return None

    def _young(
        self, known: _Market, wanted: frozenset[Metric], younger_than: timedelta
    ) -> MarketReading | None:
        """What memory holds, if it was read so lately."""
        snapshot, now = known.snapshot, self._clock.now()
        if snapshot is None or not wanted <= snapshot.benchmark.metrics:
            return None
        if abs(now - snapshot.fetched_at) >= younger_than:
            return None
        return _reading(snapshot, Source.CACHE, now)

    async def _read(
        self,
        known: _Market,
        wanted: frozenset[Metric],
        good_enough: Callable[[], MarketReading | None],
    ) -> MarketReading:
        """Load, ask, or fall back; never longer than the patience."""
        reasons: tuple[str, ...] = ("timeout",)
        try:
            async with asyncio.timeout(self._patience):
                await self._loaded(known)
                if reading := good_enough():
                    return reading
                reasons = self._obstacles(known)
                if not reasons:
                    # Shielded: the call belongs to everybody, its first caller may go away.
                    flight = self._flight(known, wanted)
                    live = await asyncio.shield(flight)
                    if live is not None:
                        return _reading(live, Source.LIVE, self._clock.now())
                    reasons = known.failures
        except TimeoutError:
            reasons = _distinct("timeout", *known.failures)
        return self._fallen_back(known, wanted, reasons)

    def _fallen_back(
        self, known: _Market, wanted: frozenset[Metric], reasons: tuple[str, ...]
    ) -> MarketReading:
        """The best of what is kept, marked; or an error that says why nothing can be said."""
        snapshot, now = known.snapshot, self._clock.now()
        rung = self._freshness.rung(snapshot.fetched_at, now) if snapshot else Rung.EXPIRED
        if snapshot and rung is not Rung.EXPIRED and wanted & snapshot.benchmark.metrics:
            if not wanted <= snapshot.benchmark.metrics:
                reasons = _distinct(*reasons, "metrics_not_kept")
            source = Source.SNAPSHOT if rung is Rung.SNAPSHOT else Source.STALE
            return _reading(snapshot, source, now, reasons)
        if reasons[:1] == ("not_found",):
            raise MarketNotFound(known.market)
        self._on_event("market.reads", {"source": "none"})
        wait = max(self._calls.wait_seconds(), known.paused_until - self._monotonic(), 1.0)
        raise MarketUnavailable(
            known.market,
            reasons,
            since=snapshot.fetched_at if snapshot else None,
            retry_after_seconds=math.ceil(wait),
        )

    def _known(self, market: MarketId) -> _Market:
        known = self._markets.get(market)
        if known is None:
            known = self._markets[market] = _Market(market)
            if len(self._markets) > self._most:
                self._markets.popitem(last=False)
        else:
            self._markets.move_to_end(market)
        return known

    def _obstacles(self, known: _Market) -> tuple[str, ...]:
        """Why the API is not even asked now, or nothing."""
        if self._calls.blocked():
            return _distinct("circuit_open", *known.failures)
        return known.failures if self._monotonic() < known.paused_until else ()

    async def _loaded(self, known: _Market) -> None:
        """Read the last snapshot, once; go on without it if the store is slow."""
        if known.loaded:
            return
        if known.loading is None:
            known.loading = self._spawn(self._load(known))
        await asyncio.wait({known.loading}, timeout=_LOAD_SECONDS)

    async def _load(self, known: _Market) -> None:
        try:
            latest = await self._snapshots.latest(known.market)
        except Unavailable:
            self._on_event("market.snapshots", {"outcome": "not_loaded"})
        else:
            known.snapshot = known.snapshot or latest
            known.loaded = True
        finally:
            known.loading = None

    def _flight(
        self, known: _Market, wanted: frozenset[Metric]
    ) -> asyncio.Task[MarketSnapshot | None]:
        """The call under way that will answer the question, or a new one."""
        for metrics, flight in known.flights.items():
            if wanted <= metrics:
                return flight
        metrics = wanted.union(*known.flights)
        if known.snapshot:
            metrics |= known.snapshot.benchmark.metrics
        flight = self._spawn(self._fly(known, metrics))
        known.flights[metrics] = flight
        flight.add_done_callback(lambda _: known.flights.pop(metrics, None))
        return flight

    async def _fly(self, known: _Market, metrics: frozenset[Metric]) -> MarketSnapshot | None:
        """Ask, judge and keep; None after a failure, which is then noted with the market."""
        answer = await self._calls.ask(known.market, metrics)
        if isinstance(answer, Failure):
            self._failed(known, answer)
            return None
        now = self._clock.now()
        before = known.snapshot
        if before and self._freshness.rung(before.fetched_at, now) is Rung.EXPIRED:
            before = None  # too old to be given out is too old to judge by
        benchmark = believed(answer, now.date(), before.benchmark if before else None)
        for value in benchmark.quarantined:
            self._on_event("market.quarantined", {"reason": value.reason})
        why = objection(benchmark, before.benchmark if before else None)
        if why:
            self._failed(known, Failure(why))
            return None
        return await self._kept(known, benchmark, now)

    def _failed(self, known: _Market, failure: Failure) -> None:
        pause = self._freshness.pause_after_failure.total_seconds()
        if failure.reason == "not_found":
            pause = self._freshness.not_found.total_seconds()
        if failure.reason == "circuit_open":  # the breaker is its own pause
            known.failures = _distinct(failure.reason, *known.failures)
            return
        pause = max(pause, min(failure.retry_after, _LONGEST_PAUSE_SECONDS))
        known.paused_until = self._monotonic() + pause
        known.failures = (failure.reason,)

    async def _kept(
        self, known: _Market, benchmark: MarketBenchmark, now: datetime
    ) -> MarketSnapshot | None:
        """The answer with its position; position 0 while the store does not confirm it."""
        before = known.snapshot
        same = before is not None and before.benchmark == benchmark
        snapshot = MarketSnapshot(benchmark, now, before.position if before and same else 0)
        if before and not before.benchmark.metrics <= benchmark.metrics:
            return snapshot  # a wider answer came first and stays
        known.snapshot, known.failures, known.paused_until = snapshot, (), -math.inf
        await self._loaded(known)
        if not known.loaded:
            return snapshot  # what could not be read is not written over
        keeping = self._spawn(self._keep(known, snapshot))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        await asyncio.wait({keeping}, timeout=_KEEP_SECONDS)
        if keeping.done() and not keeping.result():
            return None
        return known.snapshot

    async def _keep(self, known: _Market, snapshot: MarketSnapshot) -> bool:
        """Give the answer to the store; False if it turns out that newer data is kept."""
        try:
            kept = await self._snapshots.keep(snapshot.benchmark, snapshot.fetched_at)
        except Unavailable:
            self._on_event("market.snapshots", {"outcome": "not_kept"})
            return True
        newest = kept.benchmark == snapshot.benchmark
        if known.snapshot is snapshot:
            known.snapshot = kept
            if not newest:
                self._failed(known, Failure("went_backwards"))
        return newest

    def _spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _reading(
    snapshot: MarketSnapshot, source: Source, now: datetime, reasons: tuple[str, ...] = ()
) -> MarketReading:
    return MarketReading(
        benchmark=snapshot.benchmark,
        source=source,
        fetched_at=snapshot.fetched_at,
        age_seconds=age_seconds(snapshot.fetched_at, now),
        reasons=reasons,
        position=snapshot.position,
    )


def _distinct(*reasons: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))
