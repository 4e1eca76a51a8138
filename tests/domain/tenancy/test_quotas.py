from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.tenancy import MICROSECONDS, Period, Quota
from sightline.domain.tenancy.quotas import peek, period_left, period_start, spend
from sightline.testing.strategies import instants, quotas


def micros(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * MICROSECONDS


@given(quota=quotas(), costs=st.lists(st.integers(1, 10), max_size=20), at=instants())
def test_a_period_gives_its_quota_and_no_unit_more(
    quota: Quota, costs: list[int], at: datetime
) -> None:
    now, used, given_out = int(at.timestamp()) * MICROSECONDS, 0, 0
    for cost in costs:
        if cost > quota.quota:
            with pytest.raises(InvalidInput, match="can never pass"):
                spend(quota, used, cost, now)
            continue
        after, verdict = spend(quota, used, cost, now)
        assert verdict.allowed == (given_out + cost <= quota.quota)
        if verdict.allowed:
            given_out += cost
        else:
            assert after == used
            assert verdict.wait == verdict.reset == period_left(quota.period, now)
        used = after
        assert verdict.remaining == quota.quota - given_out == peek(quota, used, 1, now).remaining
    assert given_out <= quota.quota


@given(period=st.sampled_from(Period), now=st.integers(0, micros("2200-01-01")))
def test_a_period_ends_when_the_next_one_begins(period: Period, now: int) -> None:
    left = period_left(period, now)
    assert left > 0
    assert period_start(period, now + left - 1) == period_start(period, now)
    assert period_start(period, now + left) > period_start(period, now)


@pytest.mark.parametrize(
    ("period", "at", "start", "hours"),
    [
        (Period.DAY, "2026-03-29T01:00:00", "2026-03-29", 23),
        (Period.DAY, "2026-12-31T23:00:00", "2026-12-31", 1),
        (Period.MONTH, "2026-12-31T23:00:00", "2026-12-01", 1),
        (Period.MONTH, "2028-02-01T00:00:00", "2028-02-01", 29 * 24),
        (Period.MONTH, "2026-01-31T00:00:00", "2026-01-01", 24),
    ],
)
def test_days_and_months_are_those_of_the_calendar_in_utc(
    period: Period, at: str, start: str, hours: int
) -> None:
    assert period_start(period, micros(at)) == start
    assert period_left(period, micros(at)) == hours * 3600 * MICROSECONDS


def test_a_quota_that_was_lowered_below_what_is_used_leaves_nothing() -> None:
    quota = Quota("month", 5, Period.MONTH)
    used, verdict = spend(quota, 8, 1, micros("2026-01-01"))
    assert (used, verdict.allowed, verdict.remaining) == (8, False, 0)
