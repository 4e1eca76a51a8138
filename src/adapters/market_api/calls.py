"""Calls to the market API that always end: deadline, breaker, bounded fan-out, few retries."""

import asyncio
from collections.abc import Callable, Mapping, Set

import stamina
from attrs import define, frozen

from ...domain.circuit_breaker import (
    Breaker,
    BreakerPolicy,
    Closed,
    Open,
    Outcome,
    Pass,
    ask,
    report,
    wait_seconds,
)
from ...domain.identifiers import MarketId
from ...domain.measures import CATALOGUE, Metric
from ...domain.portfolio.benchmarks import MarketBenchmark
from ...ports.clock import Clock
from .client import CallFailed, MarketApiClient
from .decoding import MalformedAnswer, told

OnEvent = Callable[[str, Mapping[str, str]], None]
"""Told what happened: a dotted name and fields of few values, to be counted."""

_ATTEMPTS = 3


@frozen
class Failure:
    """Why there is no answer.

    Args:
        reason: Stable name.
        retry_after: How long the API asked to be left alone. [s]
    """

    reason: str
    retry_after: float = 0.0


@define
class RetryBudget:
    """At most one retry for every ten calls, and never more than one saved up.

    A dependency that is down then gets 1.1 times the calls, not three times.
    """

    _tenths: int = 0

    def earn(self) -> None:
        """A call is made."""
        self._tenths = min(self._tenths + 1, 10)

    def spend(self) -> bool:
        """Whether one retry may be made; if so it is paid for."""
        if self._tenths < 10:
            return False
        self._tenths -= 10
        return True


class MarketApiCalls:
    """The market API behind one breaker; keyed by dependency, for all markets.

    Args:
        client: Makes the calls.
        clock: Dates the answers.
        deadline_seconds: Longest time from asking to an answer, waiting for a
            free connection and retries included.
        concurrent: Calls under way at the same time.
        policy: When the breaker opens and for how long.
        monotonic: A clock that never goes back. [s]
        random: In [0, 1), for jitter.
        on_event: Told of calls, retries and changes of the breaker.
    """

    def __init__(
        self,
        client: MarketApiClient,
        *,
        clock: Clock,
        deadline_seconds: float,
        concurrent: int,
        policy: BreakerPolicy,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        on_event: OnEvent,
    ) -> None:
        self._client = client
        self._clock = clock
        self._deadline = deadline_seconds
        self._slots = asyncio.Semaphore(concurrent)
        self._policy = policy
        self._monotonic = monotonic
        self._random = random
        self._on_event = on_event
        self._budget = RetryBudget()
        self.breaker: Breaker = Closed()

    async def ask(self, market: MarketId, metrics: Set[Metric]) -> MarketBenchmark | Failure:
        """What the API tells of a market, or why nothing."""
        deadline = asyncio.get_running_loop().time() + self._deadline
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError:
            return Failure("busy")
        try:
            return await self._guarded(market, metrics, deadline)
        finally:
            self._slots.release()

    def blocked(self) -> bool:
        """Whether a call now would be turned away by the breaker."""
        _, leave = ask(self.breaker, self._monotonic(), self._policy)
        return leave is None

    def wait_seconds(self) -> float:
        """How long the breaker will turn calls away. [s]"""
        return wait_seconds(self.breaker, self._monotonic())

    async def _guarded(
        self, market: MarketId, metrics: Set[Metric], deadline: float
    ) -> MarketBenchmark | Failure:
        started = self._monotonic()
        breaker, leave = ask(self.breaker, started, self._policy)
        self._become(breaker)
        if leave is None:
            return Failure("circuit_open")
        # Whatever happens, also a cancellation, the pass is given back: a probe that
        # never reports would keep everybody out.
        outcome, retry_after = Outcome.NEUTRAL, 0.0
        failure = Failure("cancelled")
        try:
            async with asyncio.timeout_at(deadline):
                body = await self._patient(market, metrics, deadline)
            outcome = self._speed(started)
            answer = told(body, market, metrics, self._clock.now())
        except TimeoutError:
            outcome, failure = self._late(started), Failure("timeout")
        except CallFailed as error:
            outcome, retry_after = error.outcome, error.retry_after
            failure = Failure(error.reason, retry_after)
        except MalformedAnswer:
            outcome, failure = Outcome.FAILURE, Failure("malformed")
        else:
            return answer
        finally:
            self._report(leave, outcome, retry_after)
        return failure

    async def _patient(self, market: MarketId, metrics: Set[Metric], deadline: float) -> bytes:
        """The body, after retries that fit into the deadline and the budget."""
        loop = asyncio.get_running_loop()
        series = [CATALOGUE[metric].market_series for metric in CATALOGUE if metric in metrics]
        attempts = 0

        def again(error: Exception) -> bool | float:
            if not isinstance(error, CallFailed) or not error.retryable or attempts == _ATTEMPTS:
                return False
            if loop.time() + error.retry_after >= deadline or not self._budget.spend():
                return False
            self._on_event("market.retries", {})
            return error.retry_after or True

        self._budget.earn()
        async for attempt in stamina.retry_context(
            on=again,
            attempts=_ATTEMPTS,
            timeout=self._deadline,
            wait_initial=0.02,
            wait_max=0.2,
            wait_jitter=0.05,
        ):
            with attempt:
                attempts += 1
                return await self._client.data(market, series)
        raise AssertionError  # the last attempt returns or raises

    def _speed(self, started: float) -> Outcome:
        slow = self._monotonic() - started >= self._policy.slow_seconds
        return Outcome.SLOW if slow else Outcome.SUCCESS

    def _late(self, started: float) -> Outcome:
        """A call that got less than half the deadline, because it had to queue, proves nothing."""
        fair = self._monotonic() - started >= self._deadline / 2
        return Outcome.FAILURE if fair else Outcome.NEUTRAL

    def _report(self, leave: Pass, outcome: Outcome, retry_after: float) -> None:
        self._on_event("market.calls", {"outcome": outcome.value})
        now = self._monotonic()
        jitter = self._random()
        self._become(
            report(
                self.breaker,
                leave,
                outcome,
                now,
                self._policy,
                jitter=jitter,
                retry_after=retry_after,
            )
        )

    def _become(self, breaker: Breaker) -> None:
        changed = type(breaker) is not type(self.breaker)
        self.breaker = breaker
        if changed:
            self._on_event("market.breaker", {"state": _state(breaker)})


def _state(breaker: Breaker) -> str:
    if isinstance(breaker, Closed):
        return "closed"
    return "open" if isinstance(breaker, Open) else "half_open"
