"""Counts of users that are asked apart add up to those of all, and come to the same answer."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.events import Event
from sightline.domain.questions import Additive, EventPattern, Grain, History, QuestionRange
from sightline.domain.questions.attribution import (
    AttributionModel,
    AttributionQuery,
    Conversion,
    Touchpoint,
)
from sightline.domain.questions.funnel import FunnelBreakdown, FunnelQuery, FunnelStep, Touch
from sightline.domain.questions.retention import RetentionBreakdown, RetentionQuery
from sightline.domain.questions.series import Aggregate, Measure, Order, SeriesQuery
from sightline.testing.strategies.question_histories import asking_instants, question_histories
from sightline.testing.strategies.questions_attribution import (
    attribution_histories,
    attribution_queries,
)
from sightline.testing.strategies.questions_cohorts import cohort_queries
from sightline.testing.strategies.questions_funnel import funnel_queries
from sightline.testing.strategies.questions_retention import (
    lifecycle_queries,
    retention_queries,
    stickiness_queries,
)
from sightline.testing.strategies.questions_series import series_histories, series_queries

LATER = datetime(2030, 1, 1, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = QuestionRange("2026-03-02", "2026-03-03")

ADDITIVE: dict[str, tuple[Callable[[], Any], Callable[[], st.SearchStrategy[History]]]] = {
    "funnel": (funnel_queries, question_histories),
    "retention": (retention_queries, question_histories),
    "lifecycle": (lifecycle_queries, question_histories),
    "stickiness": (stickiness_queries, question_histories),
    "series": (series_queries, series_histories),
    "attribution": (attribution_queries, attribution_histories),
    "cohort": (cohort_queries, question_histories),
}


def shards(history: History, *users: str) -> list[History]:
    """The events of each of some users apart, then those of all others."""
    apart = [{one} for one in users]
    rest = {one.user_id for one in history.events} - {*users}
    return [
        evolve(history, events=tuple(e for e in history.events if e.user_id in some))
        for some in (*apart, rest)
    ]


def answer(ask: Callable[[], Any]) -> Any:
    """What is answered or, if it is refused, why."""
    try:
        return ask()
    except InvalidFields as error:
        return error.flaws


@pytest.mark.parametrize("name", ADDITIVE)
@given(data=st.data(), now=asking_instants())
def test_counts_of_users_apart_come_to_the_answer_of_all(
    name: str, data: st.DataObject, now: datetime
) -> None:
    queries, histories = ADDITIVE[name]
    question: Additive = data.draw(queries())
    history = data.draw(histories())
    one, two, rest = (question.counted(part, now) for part in shards(history, "u1", "u2"))
    assert (one + two) + rest == rest + (two + one) == question.counted(history, now)
    assert one + question.counted(History(()), now) == one
    whole = answer(lambda: question.reference(history, now))
    concluded = answer(lambda: question.concluded(one + two + rest, now))
    if not adds_up(question, concluded):
        return
    assert concluded == whole


def adds_up(question: Any, concluded: Any) -> bool:
    """Whether it is not the one thing that is no sum."""
    refused = isinstance(concluded, tuple) and concluded[0].code == "does_not_add_up"
    assert not refused or (isinstance(question, FunnelQuery) and question.by_event_value)
    return not refused


def event(user: str, kind: str, hour: float, **properties: Any) -> Event:
    at = FIRST + timedelta(hours=hour)
    return Event(f"{user}{hour}", user, kind, at, properties, at, None, int(hour * 60))


HISTORY = History(
    (
        event("ann", "visit", 0, channel="ads", n=1),
        event("ann", "pay", 1, channel="ads"),
        event("bob", "visit", 2, channel="mail", n=0.1),
        event("bob", "pay", 5, channel="mail"),
        event("cat", "visit", 6, channel="web", n=0.2),
        event("cat", "pay", 16, channel="web"),
    )
)


def added(question: Additive, history: History = HISTORY, now: datetime = LATER) -> Any:
    parts = shards(history, "ann", "bob")
    return question.concluded(sum((question.counted(one, now) for one in parts), Counter()), now)


def test_a_median_is_that_of_all_times_not_of_medians() -> None:
    query = FunnelQuery(DAYS, (FunnelStep("visit"), FunnelStep("pay")), timedelta(days=1))
    assert added(query).steps[1].median_seconds == 3 * 3_600
    assert added(query) == query.reference(HISTORY, LATER)


def test_those_who_may_go_further_are_counted_where_they_are() -> None:
    steps = (FunnelStep("visit"), FunnelStep("pay"), FunnelStep("pay"))
    query = FunnelQuery(DAYS, steps, timedelta(days=1), breakdown=FunnelBreakdown("channel"))
    soon = FIRST + timedelta(hours=17)
    figures = added(query, now=soon)
    assert [one.undecided for one in figures.steps] == [0, 3, 0]
    assert figures == query.reference(HISTORY, soon)


def test_values_are_ranked_by_those_who_began_with_them() -> None:
    history = History(
        (
            *(event("ann", "visit", hour, channel="b") for hour in (0, 24)),
            *(event(user, "visit", 24, channel="a") for user in ("bob", "cat")),
            event("ann", "visit", 25, channel="a"),
        )
    )
    visit = EventPattern("visit")
    query = RetentionQuery(
        DAYS, Grain.DAY, visit, visit, breakdown=RetentionBreakdown("channel", limit=1)
    )
    assert added(query, history) == query.reference(history, LATER)
    assert [one.value for one in added(query, history).breakdowns] == ["a", "Other"]


def test_two_journeys_that_are_alike_are_two() -> None:
    touches = (event(user, "visit", 0, channel="ads") for user in ("ann", "bob", "cat"))
    history = History((*touches, event("cat", "pay", 1)))
    query = AttributionQuery(
        DAYS,
        Conversion("pay"),
        Touchpoint("visit", property="channel"),
        timedelta(days=1),
        (AttributionModel.MARKOV,),
    )
    figures = added(query, history)
    assert (figures.unconverted, figures.models[0].conversion_rate) == (2, 1 / 3)
    assert figures == query.reference(history, LATER)


def test_averages_and_quantiles_are_those_of_all_numbers() -> None:
    measures = (
        Measure("total", Aggregate.SUM, property="n"),
        Measure("mean", Aggregate.AVG, property="n"),
        Measure("middle", Aggregate.MEDIAN, property="n"),
        Measure("users", Aggregate.UNIQUE_USERS),
    )
    (row,) = added(SeriesQuery(DAYS, measures)).rows
    assert row.values == {"total": 1.3, "mean": 1.3 / 3, "middle": 0.2, "users": 3}


def test_the_most_frequent_values_are_those_of_all() -> None:
    query = SeriesQuery(
        DAYS, (Measure("events"),), ("properties.channel",), order=(Order("events"),), limit=1
    )
    assert added(query) == query.reference(HISTORY, LATER)
    assert added(query).rows_after == 2
    one = RetentionBreakdown("channel", limit=1)
    visit, anything = EventPattern("visit"), EventPattern()
    tables = RetentionQuery(DAYS, Grain.DAY, visit, anything, breakdown=one)
    assert [one.value for one in added(tables).breakdowns] == ["ads", "Other"]
    assert added(tables) == tables.reference(HISTORY, LATER)


def test_what_is_no_sum_is_refused() -> None:
    breakdown = FunnelBreakdown("channel", attribution=Touch.ALL_EVENTS, limit=2)
    steps = (FunnelStep("visit"), FunnelStep("pay"))
    query = FunnelQuery(DAYS, steps, timedelta(days=1), breakdown=breakdown)
    with pytest.raises(InvalidFields, match="no sum"):
        added(query)
    wider = evolve(query, breakdown=evolve(breakdown, limit=3))
    assert added(wider) == wider.reference(HISTORY, LATER)
