"""Answers as rows: every figure of an answer is in one cell, and rows can be told apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.events import Event
from sightline.domain.questions import (
    Cell,
    EventPattern,
    Grain,
    History,
    LifecycleQuery,
    Question,
    QuestionRange,
    StickinessQuery,
)
from sightline.domain.questions.attribution import (
    AttributionModel,
    AttributionQuery,
    Conversion,
    ConversionsQuery,
    Touchpoint,
)
from sightline.domain.questions.cohorts import CohortMembersQuery, CohortQuery, Did
from sightline.domain.questions.funnel import (
    FunnelBreakdown,
    FunnelQuery,
    FunnelState,
    FunnelStep,
    FunnelUsers,
)
from sightline.domain.questions.retention import (
    RetentionBreakdown,
    RetentionQuery,
    RetentionUsersQuery,
)
from sightline.domain.questions.series import Aggregate, Measure, SeriesQuery, Totals
from sightline.testing.strategies.question_histories import asking_instants, question_histories
from sightline.testing.strategies.questions_attribution import (
    attribution_queries,
    conversions_queries,
)
from sightline.testing.strategies.questions_cohorts import cohort_members_queries, cohort_queries
from sightline.testing.strategies.questions_funnel import funnel_queries, funnel_user_lists
from sightline.testing.strategies.questions_retention import (
    lifecycle_queries,
    retention_queries,
    retention_users_queries,
    stickiness_queries,
)
from sightline.testing.strategies.questions_series import series_queries

LATER = datetime(2030, 1, 1, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = QuestionRange("2026-03-02", "2026-03-03")
MONDAY, TUESDAY = FIRST, FIRST + timedelta(days=1)
VISIT, PAY = EventPattern("visit"), EventPattern("pay")

#: Per question: its strategy, and by which columns its rows are told apart.
QUESTIONS: dict[str, tuple[Callable[[], st.SearchStrategy[Any]], tuple[str, ...]]] = {
    "funnel": (funnel_queries, ("value", "other", "step")),
    "funnel users": (funnel_user_lists, ("user_id", "entered_at")),
    "retention": (retention_queries, ("value", "start", "column")),
    "retention users": (retention_users_queries, ("user_id",)),
    "lifecycle": (lifecycle_queries, ("start",)),
    "stickiness": (stickiness_queries, ("interval_count",)),
    "attribution": (attribution_queries, ("model", "value", "touched")),
    "conversions": (
        conversions_queries,
        ("at", "position", "model", "credits.value", "credits.touched"),
    ),
    "series": (series_queries, ("start", "dimensions.", "level")),
    "cohort": (cohort_queries, ("at", "start", "column")),
    "members": (cohort_members_queries, ("user_id",)),
}


def rows_of(question: Question, history: History, now: datetime = LATER) -> list[dict[str, Cell]]:
    sheet = question.sheet(question.reference(history, now))
    return [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]


def event(user: str, kind: str, day: float, position: int, **properties: Any) -> Event:
    at = FIRST + timedelta(days=day)
    return Event(f"e{position}", user, kind, at, properties, at, None, position)


HISTORY = History(
    (
        event("ann", "visit", 0, 1, channel="ads"),
        event("ann", "pay", 1, 2, channel="ads", amount=2.5),
        event("bob", "visit", 0.5, 3),
    )
)


@pytest.mark.parametrize("name", QUESTIONS)
@given(data=st.data(), history=question_histories(), now=asking_instants())
def test_rows_have_a_cell_per_column_and_are_told_apart(
    name: str, data: st.DataObject, history: History, now: datetime
) -> None:
    strategy, keys = QUESTIONS[name]
    question = data.draw(strategy())
    sheet = question.sheet(question.reference(history, now))
    rows = list(sheet.rows)
    assert len(set(sheet.columns)) == len(sheet.columns)
    assert all(len(row) == len(sheet.columns) for row in rows)
    places = [at for at, one in enumerate(sheet.columns) if one.startswith(keys)]
    assert places
    if name != "series" or question.totals is not Totals.CUBE:
        told = [tuple(map(repr, (row[at] for at in places))) for row in rows]
        assert len(set(told)) == len(told)


def test_a_funnel_has_a_row_per_step_of_the_whole_and_of_each_value() -> None:
    steps = (FunnelStep("visit"), FunnelStep(("pay", "invoice")))
    query = FunnelQuery(DAYS, steps, timedelta(days=2), breakdown=FunnelBreakdown("channel"))
    rows = rows_of(query, HISTORY)
    assert [(one["value"], one["other"], one["step"], one["count"]) for one in rows] == [
        (None, False, 1, 2), (None, False, 2, 1),
        ("", False, 1, 1), ("", False, 2, 0),
        ("ads", False, 1, 1), ("ads", False, 2, 1),
    ]  # fmt: skip
    assert rows[1]["event_type"] == ("pay", "invoice")
    assert (rows[1]["conversion_from_first"], rows[1]["median_seconds"]) == (0.5, 86_400.0)
    (listed,) = rows_of(FunnelUsers(query, 2, FunnelState.DROPPED), HISTORY)
    at = MONDAY + timedelta(hours=12)
    assert listed == {"user_id": "bob", "entered_at": at, "steps.1": at, "steps.2": None}


def test_open_cells_of_a_retention_table_are_marked() -> None:
    query = RetentionQuery(DAYS, Grain.DAY, VISIT, PAY, breakdown=RetentionBreakdown("channel"))
    rows = rows_of(query, HISTORY, TUESDAY)
    assert [tuple(one.values()) for one in rows[:3]] == [
        (None, MONDAY, 2, 0, 2, True),
        (None, MONDAY, 2, 1, 1, False),
        (None, TUESDAY, 0, 0, 0, False),
    ]
    assert [*rows[0]] == ["value", "start", "size", "column", "values", "complete"]
    assert [one["values"] for one in rows if one["value"] == "ads"] == [1, 1, 0]
    (listed,) = rows_of(RetentionUsersQuery(query, MONDAY, 1), HISTORY)
    assert listed == {"user_id": "ann", "began_at": MONDAY, "returned_at": TUESDAY, "returns": 1}


def test_lifecycle_and_stickiness_have_a_row_per_interval() -> None:
    first, second = rows_of(LifecycleQuery(DAYS, Grain.DAY, EventPattern()), HISTORY)
    assert first == {
        "start": MONDAY, "new": 2, "returning": 0, "resurrecting": 0, "dormant": 0,
        "complete": True,
    }  # fmt: skip
    assert (second["returning"], second["dormant"]) == (1, -1)
    assert rows_of(StickinessQuery(DAYS, Grain.DAY, EventPattern()), HISTORY) == [
        {"interval_count": 1, "users": 1},
        {"interval_count": 2, "users": 1},
    ]


def test_sums_of_a_series_have_no_cell_where_the_missing_have_the_empty_text() -> None:
    query = SeriesQuery(
        DAYS,
        (Measure("n"), Measure("amount", Aggregate.AVG, property="amount")),
        ("properties.channel",),
        totals=Totals.ROLLUP,
        compare_to=QuestionRange("2026-03-01", "2026-03-01"),
    )
    rows = rows_of(query, HISTORY)
    assert [one["dimensions.properties.channel"] for one in rows] == [None, "", "ads"]
    assert [one["level"] for one in rows] == [1, 0, 0]
    assert [one["values.n"] for one in rows] == [3, 1, 2]
    assert [one["values.amount"] for one in rows] == [2.5, None, 2.5]
    assert [one["compared.n"] for one in rows] == [0, 0, 0]
    assert rows[0]["compared_start"] == FIRST - timedelta(days=1)


def test_a_series_without_rows_still_has_its_columns() -> None:
    query = SeriesQuery(DAYS, (Measure("n"),), ("event_type",))
    sheet = query.sheet(query.reference(History(()), LATER))
    assert sheet.columns == ("start", "dimensions.event_type", "values.n", "level", "complete")
    assert list(sheet.rows) == []


def test_attribution_has_a_row_per_model_and_value() -> None:
    query = AttributionQuery(
        DAYS,
        Conversion("pay", value_property="amount"),
        Touchpoint("visit", property="channel"),
        timedelta(days=7),
        (AttributionModel.LINEAR, AttributionModel.MARKOV),
    )
    rows = rows_of(query, HISTORY)
    assert [(one["model"], one["value"], one["credit"]) for one in rows] == [
        ("linear", "ads", 2.5), ("markov", "ads", 2.5), ("markov", "", 0.0),
    ]  # fmt: skip
    assert [one["conversion_rate"] for one in rows] == [None, 0.5, 0.5]
    by_conversion = rows_of(ConversionsQuery(query), HISTORY)
    assert [(one["value"], one["model"], one["credits.credit"]) for one in by_conversion] == [
        (2.5, "linear", 2.5), (2.5, "markov", None),
    ]  # fmt: skip


def test_a_cohort_has_a_row_per_size_or_per_cell_of_its_retention() -> None:
    payers = Did(PAY)
    wednesday = FIRST + timedelta(days=2)
    query = CohortQuery(payers, wednesday, Grain.DAY, 2)
    assert rows_of(query, HISTORY) == [
        {"at": MONDAY, "size": 0},
        {"at": TUESDAY, "size": 0},
        {"at": wednesday, "size": 1},
    ]
    asked = CohortQuery(payers, wednesday, Grain.DAY, 2, retention=Grain.DAY)
    cells = [(one["start"], one["values"]) for one in rows_of(asked, HISTORY)]
    assert cells[-3:] == [(MONDAY, 1), (MONDAY, 1), (TUESDAY, 1)]
    assert rows_of(CohortMembersQuery(payers, wednesday), HISTORY) == [{"user_id": "ann"}]
