"""A circuit breaker as a pure state machine: time goes in, decisions come out.

Closed, it counts outcomes over a sliding window and opens when enough of them
failed or were slow. Open, it lets nobody through until its time is up; then it
is half open and lets exactly one probe through, whose outcome closes it or
opens it again for longer. An outcome that says nothing about the dependency (a
cancelled call, a refusal of this one request) is neutral everywhere.

References:
    Nygard, *Release It!*, 2nd ed., ch. 5, "Circuit Breaker".
"""

from enum import StrEnum

from attrs import evolve, field, frozen, validators

_SLICES = 10


@frozen
class BreakerPolicy:
    """When to open and for how long.

    Args:
        window_seconds: How far back outcomes count, in tenths of it. [s]
        minimum_calls: Fewer outcomes in the window never open it.
        failure_share: Share of failures that opens it. (0..1]
        slow_share: Share of failures and slow calls together that opens it. (0..1]
        slow_seconds: A call that took this long is slow. [s]
        open_seconds: First time it stays open; doubles with every failed probe. [s]
        longest_open_seconds: It never stays open longer. [s]
    """

    window_seconds: float = field(default=10.0, validator=validators.gt(0))
    minimum_calls: int = field(default=20, validator=validators.ge(1))
    failure_share: float = field(default=0.5, validator=[validators.gt(0), validators.le(1)])
    slow_share: float = field(default=0.8, validator=[validators.gt(0), validators.le(1)])
    slow_seconds: float = field(default=0.75, validator=validators.gt(0))
    open_seconds: float = field(default=5.0, validator=validators.gt(0))
    longest_open_seconds: float = field(default=60.0, validator=validators.gt(0))


class Outcome(StrEnum):
    """What one call says about the dependency."""

    SUCCESS = "success"
    SLOW = "slow"
    FAILURE = "failure"
    NEUTRAL = "neutral"


@frozen
class Tally:
    """Outcomes of one slice of the window."""

    slice: int
    calls: int
    failures: int
    slow: int


@frozen
class Closed:
    """Calls pass; the window's outcomes are counted."""

    generation: int = 0
    tallies: tuple[Tally, ...] = ()


@frozen
class Open:
    """No call passes before ``until``; it is the ``times``-th time in a row."""

    generation: int
    until: float
    times: int


@frozen
class HalfOpen:
    """One call at a time passes, to find out."""

    generation: int
    times: int
    probing: bool


Breaker = Closed | Open | HalfOpen


@frozen
class Pass:
    """Leave to make one call; given back with the call's outcome.

    Args:
        generation: Of the state that gave it: outcomes of calls that began
            before the last change of state are ignored.
        probe: Whether the call is the one that decides.
    """

    generation: int
    probe: bool


def ask(breaker: Breaker, now: float, policy: BreakerPolicy) -> tuple[Breaker, Pass | None]:
    """The next state, and leave to make one call or None.

    Every pass must be given back to `report`, whatever became of the call.

    Args:
        now: Of a clock that never goes back. [s]
    """
    match breaker:
        case Closed(generation=generation):
            return breaker, Pass(generation, probe=False)
        case Open(generation=generation, until=until, times=times) if now >= until:
            return HalfOpen(generation + 1, times, probing=True), Pass(generation + 1, probe=True)
        case HalfOpen(generation=generation, probing=False):
            return evolve(breaker, probing=True), Pass(generation, probe=True)
        case _:
            return breaker, None


def report(
    breaker: Breaker,
    leave: Pass,
    outcome: Outcome,
    now: float,
    policy: BreakerPolicy,
    *,
    jitter: float,
    retry_after: float = 0.0,
) -> Breaker:
    """The next state once a call has ended.

    Args:
        leave: What `ask` gave for this call.
        now: Of a clock that never goes back. [s]
        jitter: Shortens the time it stays open by up to a fifth, so that many
            processes do not probe together. [0..1]
        retry_after: How long the dependency itself asked to be left alone. [s]
    """
    if leave.generation != breaker.generation:
        return breaker
    if isinstance(breaker, Closed) and outcome is not Outcome.NEUTRAL:
        breaker = _counted(breaker, outcome, now, policy)
        times = 1 if _bad(breaker, policy) else 0
    elif isinstance(breaker, HalfOpen):
        if outcome is Outcome.NEUTRAL:
            return evolve(breaker, probing=False)
        if outcome is Outcome.SUCCESS:
            return Closed(breaker.generation + 1)
        times = breaker.times + 1
    else:
        times = 0
    if times == 0:
        return breaker
    asked = min(retry_after, policy.longest_open_seconds)
    seconds = max(_open_seconds(times, policy, jitter), asked)
    return Open(breaker.generation + 1, now + seconds, times)


def wait_seconds(breaker: Breaker, now: float) -> float:
    """How long until a call may pass; 0 if one may now or as soon as a probe ends. [s]"""
    return max(breaker.until - now, 0.0) if isinstance(breaker, Open) else 0.0


def _counted(breaker: Closed, outcome: Outcome, now: float, policy: BreakerPolicy) -> Closed:
    present = int(now / policy.window_seconds * _SLICES)
    tallies = [tally for tally in breaker.tallies if tally.slice > present - _SLICES]
    last = tallies.pop() if tallies and tallies[-1].slice == present else Tally(present, 0, 0, 0)
    tallies.append(
        Tally(
            present,
            last.calls + 1,
            last.failures + (outcome is Outcome.FAILURE),
            last.slow + (outcome is Outcome.SLOW),
        )
    )
    return evolve(breaker, tallies=tuple(tallies))


def _bad(breaker: Closed, policy: BreakerPolicy) -> bool:
    calls = sum(tally.calls for tally in breaker.tallies)
    failures = sum(tally.failures for tally in breaker.tallies)
    slow = sum(tally.slow for tally in breaker.tallies)
    return calls >= policy.minimum_calls and (
        failures >= policy.failure_share * calls or failures + slow >= policy.slow_share * calls
    )


def _open_seconds(times: int, policy: BreakerPolicy, jitter: float) -> float:
    # The exponent is bounded before the power is taken: 2.0**1024 overflows.
    doubled = policy.open_seconds * 2.0 ** min(times - 1, 30)
    return min(doubled, policy.longest_open_seconds) * (1.0 - 0.2 * jitter)
