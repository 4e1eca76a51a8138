from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.columns import columns_of, retention
from sightline.adapters.columns.intervals import intervals_of
from sightline.adapters.columns.user_bits import blocks
from sightline.domain.events import Event, microseconds
from sightline.domain.questions import (
    Axis,
    Calendar,
    EventPattern,
    Grain,
    History,
    QuestionRange,
    WeekStart,
)
from sightline.domain.questions.retention import RetentionQuery
from sightline.domain.windows import TimeWindow
from sightline.testing.strategies import zones
from sightline.testing.strategies.questions_retention import question_grains, week_starts

FIRST = datetime(2026, 3, 27, tzinfo=UTC)


@given(zones(), question_grains(), week_starts(), st.lists(st.integers(-40, 200), min_size=1))
def test_intervals_are_those_of_the_axis(
    zone: ZoneInfo, grain: Grain, week_start: WeekStart, hours: list[int]
) -> None:
    axis = Calendar(grain, zone, week_start).axis(TimeWindow(FIRST, FIRST + timedelta(days=5)))
    assert_same(axis, [FIRST + timedelta(hours=at) for at in hours])


def test_bounds_without_a_common_step_are_searched_for() -> None:
    # Monrovia was 44 minutes and 30 seconds behind until 1972; no minute is common to all days.
    window = QuestionRange("1971-01-01", "1973-12-31", "Africa/Monrovia")
    axis = RetentionQuery(window, Grain.DAY, EventPattern(), EventPattern(), columns=1).axis
    steps = {bound.second for bound in axis.bounds}
    assert len(steps) > 1
    assert_same(axis, [*axis.bounds, *(one - timedelta(microseconds=1) for one in axis.bounds)])


def assert_same(axis: Axis, instants: list[datetime]) -> None:
    found = intervals_of(np.array([microseconds(at) for at in instants]), axis.bounds).tolist()
    for at, place in zip(instants, found, strict=True):
        outside = -1 if at < axis.bounds[0] else len(axis)
        expected = axis.index(at)
        assert place == (outside if expected is None else expected)


@pytest.mark.parametrize(("users", "intervals"), [(0, 1), (1, 1), (64, 7), (300_000, 366)])
def test_blocks_hold_every_user_once(users: int, intervals: int) -> None:
    stretches = list(blocks(users, intervals))
    assert sum(size for _, size in stretches) >= users
    assert all(size % 64 == 0 for _, size in stretches)
    assert [first for first, _ in stretches] == [
        sum(size for _, size in stretches[:at]) for at in range(len(stretches))
    ]
    assert max((size * intervals for _, size in stretches), default=0) <= 16_000_000


def test_users_of_several_blocks_are_counted_together() -> None:
    users, days = 3_500, QuestionRange("2026-03-27T00:00:00Z", "2026-03-30T10:00:00Z")
    query = RetentionQuery(days, Grain.MINUTE, EventPattern(), EventPattern(), columns=2)
    assert len(list(blocks(users, len(query.axis)))) > 1
    events = [
        Event("e", f"u{user:04}", "visit", at, {}, at, None, 1)
        for user in range(users)
        for at in (FIRST + timedelta(minutes=user % 9), FIRST + timedelta(minutes=user % 7))
    ]
    columns = columns_of(History(tuple(events)), retention.wanted(query))
    found = retention.answer(query, columns, FIRST).cohorts
    minutes = [(user % 9, user % 7) for user in range(users)]
    for start in range(10):
        began = [one for one in minutes if start in one]
        assert found[start].size == len(began)
        assert found[start].values[1] == sum(start + 1 in one for one in began)
