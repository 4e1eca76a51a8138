from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sightline.domain.circuit_breaker import (
    Breaker,
    BreakerPolicy,
    Closed,
    HalfOpen,
    Open,
    Outcome,
    Pass,
    ask,
    report,
    wait_seconds,
)

POLICY = BreakerPolicy(window_seconds=10, minimum_calls=4, open_seconds=5, longest_open_seconds=60)


def after(
    outcomes: Iterable[Outcome], policy: BreakerPolicy = POLICY, breaker: Breaker | None = None
) -> Breaker:
    """The state after so many calls at instant 0, one after the other."""
    state: Breaker = breaker or Closed()
    for outcome in outcomes:
        state, leave = ask(state, 0.0, policy)
        if leave:
            state = report(state, leave, outcome, 0.0, policy, jitter=0.0)
    return state


class Model(RuleBasedStateMachine):
    """The obvious breaker: a list of what happened, looked through at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Breaker = Closed()
        self.now = 0
        self.mode = "closed"
        self.happened: list[tuple[int, Outcome]] = []
        self.until = 0.0
        self.times = 0
        self.epoch = 0
        self.passes: list[tuple[Pass, int]] = []

    @rule(seconds=st.sampled_from([1, 2, 3, 9, 10, 11, 70]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def begin(self) -> None:
        if self.mode == "open" and self.now >= self.until:
            self._enter("half")
        allowed = self.mode in {"closed", "half"}
        self.state, leave = ask(self.state, self.now, POLICY)
        assert (leave is not None) == allowed
        if leave:
            assert leave.probe == (self.mode != "closed")
            self.passes.append((leave, self.epoch))
            if self.mode == "half":
                self.mode = "probing"

    @precondition(lambda self: self.passes)
    @rule(
        which=st.integers(0, 10**6),
        outcome=st.sampled_from(Outcome),
        jitter=st.sampled_from([0.0, 1.0]),
        asked=st.sampled_from([0.0, 0.0, 30.0, 3600.0]),
    )
    def end(self, which: int, outcome: Outcome, jitter: float, asked: float) -> None:
        leave, epoch = self.passes.pop(which % len(self.passes))
        self.state = report(
            self.state, leave, outcome, self.now, POLICY, jitter=jitter, retry_after=asked
        )
        if epoch != self.epoch:
            return
        if self.mode == "closed":
            self._count(outcome)
            if self._too_bad():
                self._open(1, jitter, asked)
        elif outcome is Outcome.NEUTRAL:
            self.mode = "half"
        elif outcome is Outcome.SUCCESS:
            self.happened.clear()
            self._enter("closed")
        else:
            self._open(self.times + 1, jitter, asked)

    @invariant()
    def both_are_in_the_same_mode(self) -> None:
        match self.state:
            case Closed():
                assert self.mode == "closed"
            case Open(until=until):
                assert self.mode == "open"
                assert until == self.until
            case HalfOpen(probing=probing):
                assert self.mode == ("probing" if probing else "half")

    def _count(self, outcome: Outcome) -> None:
        if outcome is not Outcome.NEUTRAL:
            self.happened.append((self.now, outcome))

    def _too_bad(self) -> bool:
        recent = [outcome for at, outcome in self.happened if at > self.now - 10]
        if len(recent) < 4:
            return False
        failed = recent.count(Outcome.FAILURE) / len(recent)
        bad = 1 - recent.count(Outcome.SUCCESS) / len(recent)
        return failed >= 0.5 or bad >= 0.8

    def _open(self, times: int, jitter: float, asked: float) -> None:
        self.times = times
        seconds = min(5.0 * 2 ** (times - 1), 60.0) * (1 - 0.2 * jitter)
        self.until = self.now + max(seconds, min(asked, 60.0))
        self._enter("open")

    def _enter(self, mode: str) -> None:
        self.mode = mode
        self.epoch += 1


TestTheBreakerAgreesWithTheObviousOne = Model.TestCase
TestTheBreakerAgreesWithTheObviousOne.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None
)


@given(outcomes=st.lists(st.sampled_from([Outcome.SUCCESS, Outcome.NEUTRAL]), max_size=60))
def test_only_bad_outcomes_open_it(outcomes: list[Outcome]) -> None:
    assert isinstance(after(outcomes), Closed)


def test_it_opens_at_half_of_twenty_calls_and_not_a_call_earlier() -> None:
    mixed = [Outcome.FAILURE, Outcome.SUCCESS] * 10
    assert isinstance(after(mixed[:-1], BreakerPolicy()), Closed)
    assert isinstance(after(mixed, BreakerPolicy()), Open)


def test_a_dependency_that_fails_four_times_of_five_opens_it() -> None:
    outcomes = ([Outcome.FAILURE] * 4 + [Outcome.SUCCESS]) * 4
    assert isinstance(after(outcomes, BreakerPolicy()), Open)


def test_slow_calls_open_it_as_well() -> None:
    outcomes = [Outcome.SLOW] * 16 + [Outcome.SUCCESS] * 4
    assert isinstance(after(reversed(outcomes), BreakerPolicy()), Open)
    assert isinstance(after([Outcome.SUCCESS, *reversed(outcomes)], BreakerPolicy()), Closed)


def test_a_thousand_cancelled_calls_leave_it_closed_and_empty() -> None:
    assert after([Outcome.NEUTRAL] * 1000) == Closed()


def test_of_two_hundred_callers_one_probes() -> None:
    state = after([Outcome.FAILURE] * 4)
    passes = []
    for _ in range(200):
        state, leave = ask(state, 5.0, POLICY)
        passes.append(leave)
    assert [leave.probe for leave in passes if leave] == [True]


def test_a_cancelled_probe_leaves_it_half_open_for_the_next() -> None:
    state, leave = ask(after([Outcome.FAILURE] * 4), 5.0, POLICY)
    assert leave is not None
    state = report(state, leave, Outcome.NEUTRAL, 5.0, POLICY, jitter=0.0)
    assert isinstance(state, HalfOpen)
    _, leave = ask(state, 5.0, POLICY)
    assert leave is not None
    assert leave.probe


@given(times=st.integers(1, 2000))
def test_it_stays_open_longer_each_time_but_never_longer_than_the_longest(times: int) -> None:
    probing = HalfOpen(generation=7, times=times, probing=True)
    leave = Pass(7, probe=True)
    opened = report(probing, leave, Outcome.FAILURE, 100.0, POLICY, jitter=0.0)
    assert wait_seconds(opened, 100.0) == min(5.0 * 2 ** min(times, 10), 60.0)


def test_a_call_from_before_it_opened_cannot_close_it() -> None:
    state, old = ask(Closed(), 0.0, POLICY)
    assert old is not None
    state, probe = ask(after([Outcome.FAILURE] * 4, breaker=state), 5.0, POLICY)
    assert probe is not None
    assert report(state, old, Outcome.SUCCESS, 5.0, POLICY, jitter=0.0) == state
