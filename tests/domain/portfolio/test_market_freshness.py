from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.portfolio.market_freshness import FreshnessPolicy, Rung, age_seconds

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
POLICY = FreshnessPolicy()
ORDER = list(Rung)


def ages() -> st.SearchStrategy[timedelta]:
    """Ages on both sides of every border."""
    borders = [timedelta(minutes=12), POLICY.fresh, POLICY.stale, POLICY.snapshot, timedelta()]
    steps = [timedelta(microseconds=-1), timedelta(), timedelta(microseconds=1), timedelta(hours=1)]
    return st.builds(
        lambda border, step: max(border + step, timedelta()),
        st.sampled_from(borders),
        st.sampled_from(steps),
    )


@given(first=ages(), second=ages())
def test_growing_older_never_steps_up_the_ladder(first: timedelta, second: timedelta) -> None:
    younger, older = sorted((first, second))
    rungs = [POLICY.rung(NOW - age, NOW) for age in (younger, older)]
    assert rungs == sorted(rungs, key=ORDER.index)


@given(age=ages())
def test_a_clock_set_back_makes_nothing_fresher(age: timedelta) -> None:
    assert POLICY.rung(NOW + age, NOW) == POLICY.rung(NOW - age, NOW)
    assert age_seconds(NOW + age, NOW) == 0.0


@pytest.mark.parametrize(
    ("age", "rung"),
    [
        (timedelta(minutes=12), Rung.FRESH),
        (timedelta(minutes=15), Rung.AGEING),
        (timedelta(minutes=16), Rung.STALE),
        (timedelta(hours=24), Rung.STALE),
        (timedelta(hours=25), Rung.SNAPSHOT),
        (timedelta(days=45), Rung.SNAPSHOT),
        (timedelta(days=45, seconds=1), Rung.EXPIRED),
    ],
)
def test_the_policy_figures(age: timedelta, rung: Rung) -> None:
    assert POLICY.rung(NOW - age, NOW) is rung


def test_ages_must_ascend() -> None:
    with pytest.raises(InvalidInput, match="ascend"):
        FreshnessPolicy(stale=timedelta(minutes=1))
    with pytest.raises(InvalidInput, match="refresh_ahead"):
        FreshnessPolicy(refresh_ahead=0)
