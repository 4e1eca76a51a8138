"""The figures of days answer a series as its events do, or say that they cannot."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given

from sightline.domain.events import day_figures
from sightline.domain.questions import Grain, History, QuestionRange
from sightline.domain.questions.series import (
    MOST_DAY_QUESTIONS,
    Aggregate,
    Measure,
    SeriesQuery,
    day_questions,
    series_of_days,
)
from sightline.testing.strategies.question_histories import asking_instants
from sightline.testing.strategies.questions_series import (
    day_series,
    series_histories,
    series_queries,
)

USERS = Measure("u", Aggregate.UNIQUE_USERS)
MARCH = QuestionRange("2026-03-01", "2026-03-31")


def check(query: SeriesQuery, history: History, now: datetime) -> bool:
    """Whether days answer a series; then they say the same."""
    asked = day_questions(query)
    if asked is None:
        return False
    days = {one: day_figures(one, history.events, 99) for one in asked}
    assert series_of_days(query, days, now) == query.reference(history, now)
    return True


@given(query=day_series(), history=series_histories(), now=asking_instants())
def test_days_say_what_events_say(query: SeriesQuery, history: History, now: datetime) -> None:
    known = check(query, history, now)
    trails = any(one.trailing and one.trailing % timedelta(days=1) for one in query.measures)
    plain = query.range.timezone == "UTC" and query.interval is not Grain.HOUR and not trails
    assert known <= plain


@given(query=series_queries(), history=series_histories(), now=asking_instants())
def test_days_never_say_anything_else(query: SeriesQuery, history: History, now: datetime) -> None:
    check(query, history, now)


@pytest.mark.parametrize(
    "query",
    [
        SeriesQuery(MARCH, (USERS, Measure("n", event_type="pay")), (), Grain.DAY),
        SeriesQuery(MARCH, (Measure("n"),), (), Grain.MONTH, cumulative=True),
        SeriesQuery(MARCH, (USERS,), (), Grain.WEEK, compare_to=None),
        SeriesQuery(MARCH, (USERS,), compare_to="previous_period"),
    ],
)
def test_questions_about_whole_days_are_read_from_days(query: SeriesQuery) -> None:
    assert day_questions(query) is not None


@pytest.mark.parametrize(
    "query",
    [
        SeriesQuery(MARCH, (USERS,), ("event_type",), Grain.DAY),
        SeriesQuery(MARCH, (Measure("n"),), (), Grain.HOUR),
        SeriesQuery(MARCH, (Measure("s", Aggregate.SUM, property="x"),), (), Grain.DAY),
        SeriesQuery(MARCH, (Measure("n", event_type=("a", "b")),), (), Grain.DAY),
        SeriesQuery(QuestionRange("2026-03-01", "2026-03-31", "Asia/Tokyo"), (USERS,)),
        SeriesQuery(QuestionRange("2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z"), (USERS,)),
    ],
)
def test_questions_that_days_cannot_answer_are_not_read_from_them(query: SeriesQuery) -> None:
    assert day_questions(query) is None


def test_users_of_many_long_stretches_are_read_from_events() -> None:
    trailing = Measure("w", Aggregate.ACTIVE_USERS, trailing=timedelta(days=7))
    few = QuestionRange("2026-03-01", f"2026-03-0{MOST_DAY_QUESTIONS - 1}")
    assert day_questions(SeriesQuery(few, (trailing,), (), Grain.DAY)) is not None
    assert day_questions(SeriesQuery(MARCH, (trailing,), (), Grain.DAY)) is None
