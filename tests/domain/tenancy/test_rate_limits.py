from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.tenancy import MICROSECONDS, UNTOUCHED, RatePolicy
from sightline.domain.tenancy.rate_limits import peek, spend
from sightline.testing.strategies import rate_policies

NOON = 1_767_268_800 * MICROSECONDS
TEN_A_MINUTE = RatePolicy("read", 10, 60, 3)

#: Units and pauses around the time that one takes to come back. [µs]
PAUSES = st.sampled_from((0, 1, 99_999, 100_000, 333_334, 1_000_000, 6_000_000, 60_000_000))


@st.composite
def walks(draw: st.DrawFn) -> tuple[RatePolicy, list[tuple[int, int]]]:
    """A policy, and requests as (instant, cost)."""
    policy = draw(rate_policies())
    now, requests = NOON, []
    for pause, cost in draw(
        st.lists(st.tuples(PAUSES, st.integers(1, policy.burst)), min_size=1, max_size=25)
    ):
        now += pause
        requests.append((now, cost))
    return policy, requests


@st.composite
def states(draw: st.DrawFn) -> tuple[RatePolicy, int, int]:
    """A policy, a state that it can be in, and an instant at which it is looked at."""
    policy, requests = draw(walks())
    arrival, now = UNTOUCHED, NOON
    for now, cost in requests:
        arrival, _ = spend(policy, arrival, cost, now)
    return policy, arrival, now + draw(PAUSES)


@given(walk=walks())
def test_no_interval_gives_more_than_the_burst_and_what_came_back(
    walk: tuple[RatePolicy, list[tuple[int, int]]],
) -> None:
    policy, requests = walk
    arrival, spent = UNTOUCHED, []
    for now, cost in requests:
        arrival, verdict = spend(policy, arrival, cost, now)
        if verdict.allowed:
            spent.append((now, cost))
    for first, (since, _) in enumerate(spent):
        units = 0
        for until, cost in spent[first:]:
            units += cost
            came_back = Fraction(policy.quota * (until - since), policy.window_seconds * 10**6)
            assert units <= policy.burst + came_back


@given(walk=walks())
def test_it_agrees_with_a_bucket_that_is_filled_drop_by_drop(
    walk: tuple[RatePolicy, list[tuple[int, int]]],
) -> None:
    policy, requests = walk
    arrival, last, level = UNTOUCHED, NOON, Fraction(policy.burst)
    for now, cost in requests:
        level = min(level + Fraction(now - last, policy.interval), Fraction(policy.burst))
        last = now
        arrival, verdict = spend(policy, arrival, cost, now)
        assert verdict.allowed == (level >= cost)
        level -= cost if verdict.allowed else 0
        assert verdict.remaining == level // 1
        assert verdict.reset == (policy.burst - level) * policy.interval


@given(state=states(), data=st.data())
def test_a_refusal_spends_nothing_and_tells_when_it_would_pass(
    state: tuple[RatePolicy, int, int], data: st.DataObject
) -> None:
    policy, arrival, now = state
    cost = data.draw(st.integers(1, policy.burst))
    after, verdict = spend(policy, arrival, cost, now)
    if verdict.allowed:
        assert verdict.wait == 0
        assert after > arrival
        return
    assert after == arrival
    assert verdict.remaining < cost
    assert not spend(policy, arrival, cost, now + verdict.wait - 1)[1].allowed
    assert spend(policy, arrival, cost, now + verdict.wait)[1].allowed


@given(state=states())
def test_what_remains_can_be_spent_and_no_unit_more(state: tuple[RatePolicy, int, int]) -> None:
    policy, arrival, now = state
    seen = peek(policy, arrival, 1, now)
    assert seen.allowed == (seen.remaining >= 1)
    if seen.remaining:
        assert spend(policy, arrival, seen.remaining, now)[1].allowed
    if seen.remaining < policy.burst:
        assert not spend(policy, arrival, seen.remaining + 1, now)[1].allowed
        assert not spend(policy, arrival, policy.burst, now + seen.reset - 1)[1].allowed
    assert spend(policy, arrival, policy.burst, now + seen.reset)[1].allowed


@given(data=st.data(), spent=st.integers(0, 8), since=st.sampled_from((0, 1, 2_999_999)))
def test_two_requests_at_once_pay_what_one_of_both_would(
    data: st.DataObject, spent: int, since: int
) -> None:
    policy, now = RatePolicy("read", 10, 30), NOON + since
    arrival = NOON + spent * policy.interval
    left = peek(policy, arrival, 1, now).remaining
    first = data.draw(st.integers(1, left - 1))
    second = data.draw(st.integers(1, left - first))
    half, _ = spend(policy, arrival, first, now)
    assert spend(policy, half, second, now) == spend(policy, arrival, first + second, now)


@given(state=states(), back=st.sampled_from((1, 10**6, 3600 * 10**6, NOON // 2)))
def test_a_clock_that_steps_back_gives_nothing_and_locks_nobody_out(
    state: tuple[RatePolicy, int, int], back: int
) -> None:
    policy, arrival, now = state
    before, seen = peek(policy, arrival, 1, now), peek(policy, arrival, 1, now - back)
    assert seen.remaining <= before.remaining
    assert seen.reset <= policy.room <= policy.window_seconds * MICROSECONDS + policy.burst
    mended, verdict = spend(policy, arrival, policy.burst, now - back)
    if not verdict.allowed:
        assert verdict.wait <= policy.room
        assert spend(policy, mended, policy.burst, now - back + policy.room)[1].allowed


@given(walk=walks(), times=st.sampled_from((2, 10)))
def test_a_window_so_much_longer_is_the_same_in_slow_motion(
    walk: tuple[RatePolicy, list[tuple[int, int]]], times: int
) -> None:
    policy, requests = walk
    assume(policy.window_seconds * MICROSECONDS % policy.quota == 0)
    slow = evolve(policy, window_seconds=policy.window_seconds * times)
    arrival = arrival_slow = UNTOUCHED
    for now, cost in requests:
        arrival, verdict = spend(policy, arrival, cost, now)
        arrival_slow, same = spend(slow, arrival_slow, cost, now * times)
        assert (same.allowed, same.remaining) == (verdict.allowed, verdict.remaining)
        assert (same.reset, same.wait) == (verdict.reset * times, verdict.wait * times)


def test_a_lower_limit_holds_for_what_was_spent_under_a_higher_one() -> None:
    arrival, _ = spend(RatePolicy("read", 60, 60), UNTOUCHED, 60, NOON)
    lower = RatePolicy("read", 60, 60, 5)
    arrival, verdict = spend(lower, arrival, 1, NOON)
    assert not verdict.allowed
    assert spend(lower, arrival, 5, NOON + lower.room)[1].allowed


def test_ten_a_minute_three_at_once() -> None:
    """A unit comes back every six seconds."""
    arrival, verdict = spend(TEN_A_MINUTE, UNTOUCHED, 2, NOON)
    assert verdict == ("read", True, 1, 12_000_000, 0)
    arrival, verdict = spend(TEN_A_MINUTE, arrival, 1, NOON)
    assert verdict == ("read", True, 0, 18_000_000, 0)
    arrival, verdict = spend(TEN_A_MINUTE, arrival, 2, NOON + 5_000_000)
    assert verdict == ("read", False, 0, 13_000_000, 7_000_000)
    arrival, verdict = spend(TEN_A_MINUTE, arrival, 2, NOON + 12_000_000)
    assert verdict == ("read", True, 0, 18_000_000, 0)


@pytest.mark.parametrize("cost", [0, -1, 4])
def test_a_cost_that_can_never_pass_is_refused_in_words(cost: int) -> None:
    with pytest.raises(InvalidInput, match="can never pass: read allows 1 to 3 at once"):
        spend(TEN_A_MINUTE, UNTOUCHED, cost, NOON)


@pytest.mark.parametrize(
    ("name", "quota", "window", "burst"),
    [
        ("", 1, 1, 1),
        ("Read", 1, 1, 1),
        ('a"', 1, 1, 1),
        ("a" * 33, 1, 1, 1),
        ("a", 0, 1, 1),
        ("a", 10**9 + 1, 60 * 60, 1),
        ("a", 10**6 + 1, 1, 1),
        ("a", 1, 0, 1),
        ("a", 1, 32 * 86_400, 1),
        ("a", 5, 1, 6),
        ("a", 5, 1, 0),
    ],
)
def test_a_policy_that_cannot_be_kept_cannot_be_made(
    name: str, quota: int, window: int, burst: int
) -> None:
    with pytest.raises(InvalidInput):
        RatePolicy(name, quota, window, burst)


def test_without_a_burst_the_whole_quota_may_be_spent_at_once() -> None:
    assert RatePolicy("a", 5, 60).burst == 5
