import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.events import Event, condition
from sightline.domain.questions import EventPattern, Grain, History, QuestionRange
from sightline.domain.questions.retention import (
    CohortRule,
    RetentionBreakdown,
    RetentionFigures,
    RetentionQuery,
    RetentionState,
    RetentionUsersQuery,
    ReturnRule,
)
from sightline.testing.strategies.question_histories import asking_instants, question_histories
from sightline.testing.strategies.questions_retention import (
    retention_queries,
    retention_users_queries,
)

CASES = {
    one["case"]: one
    for one in json.loads(
        (Path(__file__).parents[2] / "data" / "retention-lifecycle.json").read_text()
    )
}
LATER = datetime(2030, 1, 1, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
ANY = EventPattern()
ONE_DAY = QuestionRange("2026-03-02", "2026-03-02")
ONE_YEAR = QuestionRange("2025-01-01", "2025-12-31")
MARCH = QuestionRange("2026-03-02", "2026-03-08")


def event(
    user: str, day: float, kind: str = "visit", position: int = 1, **properties: Any
) -> Event:
    at = FIRST + timedelta(days=day)
    return Event(f"e{position}", user, kind, at, properties, at, None, position)


def days_of(query: RetentionQuery, *events: Event, now: datetime = LATER) -> list[list[int]]:
    return table(query.reference(History(events), now))


def table(figures: RetentionFigures) -> list[list[int]]:
    return [list(one.values) for one in figures.cohorts]


def test_retention_is_that_of_pandas_and_clickhouse() -> None:
    case = CASES["daily_retention_first_time"]
    events = [event(f"u{user:02}", day) for user, day in case["inputs"]["events_user_day"]]
    span = QuestionRange("2026-03-02", "2026-03-29")
    query = RetentionQuery(span, Grain.DAY, ANY, ANY, CohortRule.FIRST_TIME, columns=8)
    expected = case["expected"]
    found = days_of(query, *events)
    later = days_of(evolve(query, return_rule=ReturnRule.IN_INTERVAL_OR_LATER), *events)
    for cohort, size in expected["cohort_size"].items():
        assert found[int(cohort)][0] == size
        assert found[int(cohort)] == expected["bounded"][cohort]
        assert later[int(cohort)] == expected["on_or_after"][cohort]
    shown = [int(cohort) for cohort in expected["cohort_size"]]
    assert _overall(found, shown) == expected["overall_bounded"]
    assert _overall(later, shown) == expected["overall_on_or_after"]


def _overall(rows: Sequence[Sequence[int]], shown: Sequence[int]) -> list[int]:
    return [sum(rows[cohort][column] for cohort in shown) for column in range(8)]


def test_intervals_are_those_of_the_calendar_and_not_of_the_users_clock() -> None:
    case = CASES["calendar_versus_rolling_24h"]
    events = [
        Event(f"e{at}", user, "visit", when, {}, when, None, at)
        for at, (user, when) in enumerate(
            (user, datetime.fromisoformat(when)) for user, when in case["inputs"]["events"]
        )
    ]
    span = QuestionRange("2025-01-01", "2025-01-03")
    query = RetentionQuery(span, Grain.DAY, ANY, ANY, CohortRule.FIRST_TIME)
    for user, offsets in case["expected"]["calendar_offsets"].items():
        row = days_of(query, *(one for one in events if one.user_id == user))[0]
        assert [column for column, count in enumerate(row) if count] == offsets


def test_first_time_looks_for_the_first_that_fits_and_first_ever_at_the_first_alone() -> None:
    events = [
        event("ann", -9, position=1, plan="free"),
        event("ann", 1, position=2, plan="pro"),
        event("bob", 0, position=3, plan="pro"),
        event("bob", 1, position=4, plan="pro"),
    ]
    span = QuestionRange("2026-03-02", "2026-03-03")
    pro = EventPattern("visit", condition({"property": "plan", "op": "eq", "value": "pro"}))
    query = RetentionQuery(span, Grain.DAY, pro, ANY, CohortRule.FIRST_TIME)
    assert days_of(query, *events) == [[1, 1], [1]]
    assert days_of(evolve(query, cohort_rule=CohortRule.FIRST_EVER), *events) == [[1, 1], [0]]
    assert days_of(evolve(query, cohort_rule=CohortRule.RECURRING), *events) == [[1, 1], [2]]


def test_so_many_occurrences_make_a_return_in_the_interval_or_from_then_on() -> None:
    events = [event("ann", 0), event("ann", 1), event("ann", 2), event("ann", 2.5)]
    span = QuestionRange("2026-03-02", "2026-03-04")
    query = RetentionQuery(span, Grain.DAY, ANY, ANY, minimum_occurrences=2)
    assert days_of(query, *events)[0] == [1, 0, 1]
    later = evolve(query, return_rule=ReturnRule.IN_INTERVAL_OR_LATER)
    assert days_of(later, *events)[0] == [1, 1, 1]
    assert days_of(evolve(later, minimum_occurrences=3), *events)[0] == [1, 1, 0]


def test_a_cell_whose_interval_is_not_over_is_marked() -> None:
    query = RetentionQuery(QuestionRange("2026-03-02", "2026-03-04"), Grain.DAY, ANY, ANY)
    noon = FIRST + timedelta(days=1, hours=12)
    marks = [list(one.complete) for one in query.reference(History(()), noon).cohorts]
    assert marks == [[True, False, False], [False, False], [False]]
    assert query.complete_until(noon) == FIRST + timedelta(days=1)
    done = query.reference(History(()), LATER)
    assert all(all(one.complete) for one in done.cohorts)
    assert query.complete_until(LATER) == query.range.window.end


def test_who_may_return_later_is_not_lost_before_the_range_is_over() -> None:
    query = RetentionQuery(
        QuestionRange("2026-03-02", "2026-03-04"),
        Grain.DAY,
        ANY,
        ANY,
        return_rule=ReturnRule.IN_INTERVAL_OR_LATER,
    )
    evening = FIRST + timedelta(days=2, hours=20)
    first = query.reference(History(()), evening).cohorts[0]
    assert first.complete == (True, False, False)


def test_an_interval_that_the_end_of_the_range_cuts_is_marked() -> None:
    query = RetentionQuery(QuestionRange("2026-03-02", "2026-03-10"), Grain.WEEK, ANY, ANY)
    assert query.reference(History(()), LATER).cohorts[0].complete == (True, False)


def test_the_rest_of_a_breakdown_is_shown_as_other() -> None:
    events = [
        event("ann", 0, channel="ads"),
        event("bob", 0, channel="ads"),
        event("cat", 0, channel="mail"),
        event("dan", 0),
    ]
    query = RetentionQuery(
        QuestionRange("2026-03-02", "2026-03-02"),
        Grain.DAY,
        ANY,
        ANY,
        breakdown=RetentionBreakdown("channel", limit=2),
    )
    figures = query.reference(History(tuple(events)), LATER)
    assert [(one.value, one.cohorts[0].size) for one in figures.breakdowns] == [
        ("ads", 2),
        ("", 1),
        ("Other", 1),
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"minimum_occurrences": 0}, ("minimum_occurrences",)),
        ({"minimum_occurrences": 1_001}, ("minimum_occurrences",)),
        ({"columns": 0}, ("columns",)),
        (
            {"interval": Grain.MINUTE, "range": QuestionRange("2026-03-02", "2026-03-03")},
            ("columns",),
        ),
        (
            {"interval": Grain.HOUR, "range": QuestionRange("2025-01-01", "2026-01-01")},
            ("interval",),
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    change: dict[str, Any], path: tuple[str, ...]
) -> None:
    query = RetentionQuery(MARCH, Grain.DAY, ANY, ANY)
    with pytest.raises(InvalidFields) as told:
        evolve(query, **change)
    assert [flaw.path for flaw in told.value.flaws] == [path]


def test_rules_name_every_default() -> None:
    rules = RetentionQuery(MARCH, Grain.DAY, EventPattern("visit"), ANY).rules()
    assert rules["cohort_rule"] == "recurring"
    assert rules["return_rule"] == "in_interval"
    assert rules["minimum_occurrences"] == 1
    assert rules["columns"] == 7
    assert rules["target"] == {"event_type": "visit", "filters": None}
    assert json.loads(json.dumps(rules)) == rules


@given(question_histories(), retention_queries(), asking_instants())
def test_a_cell_is_part_of_its_cohort(
    history: History, query: RetentionQuery, now: datetime
) -> None:
    for cohort in query.reference(history, now).cohorts:
        assert cohort.values[0] == cohort.size
        assert all(0 <= value <= cohort.size for value in cohort.values)


@given(question_histories(), retention_queries())
def test_returning_later_counts_whoever_returned_then_and_fades(
    history: History, query: RetentionQuery
) -> None:
    bounded = table(evolve(query, return_rule=ReturnRule.IN_INTERVAL).reference(history, LATER))
    later = table(
        evolve(query, return_rule=ReturnRule.IN_INTERVAL_OR_LATER).reference(history, LATER)
    )
    for then, from_then_on in zip(bounded, later, strict=True):
        assert all(one <= other for one, other in zip(then, from_then_on, strict=True))
        assert all(one >= other for one, other in pairwise(from_then_on))


@given(question_histories(), retention_queries())
def test_values_of_a_breakdown_sum_to_the_whole(history: History, query: RetentionQuery) -> None:
    split = evolve(query, breakdown=RetentionBreakdown("channel", limit=2))
    figures = split.reference(history, LATER)
    assert len(figures.breakdowns) <= 3
    parts = [[list(row.values) for row in one.cohorts] for one in figures.breakdowns] or [
        [[0] * len(row) for row in table(figures)]
    ]
    summed = [
        [sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*parts, strict=True)
    ]
    assert summed == table(figures)
    assert table(figures) == table(evolve(query, breakdown=None).reference(history, LATER))


@given(question_histories(), retention_queries())
def test_a_user_is_new_once(history: History, query: RetentionQuery) -> None:
    first = evolve(query, cohort_rule=CohortRule.FIRST_TIME).reference(history, LATER)
    assert sum(one.size for one in first.cohorts) <= len({e.user_id for e in history.events})
    ever = evolve(query, cohort_rule=CohortRule.FIRST_EVER).reference(history, LATER)
    every = evolve(query, cohort_rule=CohortRule.RECURRING).reference(history, LATER)
    for one, other, more in zip(ever.cohorts, first.cohorts, every.cohorts, strict=True):
        assert one.size <= more.size
        assert other.size <= more.size


@given(question_histories(), retention_queries(), st.integers(1, 3))
def test_more_occurrences_are_never_easier(
    history: History, query: RetentionQuery, more: int
) -> None:
    harder = evolve(query, minimum_occurrences=query.minimum_occurrences + more)
    for one, other in zip(
        table(harder.reference(history, LATER)), table(query.reference(history, LATER)), strict=True
    ):
        assert one[0] == other[0]
        assert all(hard <= easy for hard, easy in zip(one, other, strict=True))


@given(question_histories(), retention_queries(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    history: History, query: RetentionQuery, random: Any
) -> None:
    shuffled = list(history.events)
    random.shuffle(shuffled)
    again = History(tuple(shuffled), history.users)
    assert query.reference(again, LATER) == query.reference(history, LATER)


@given(question_histories(), retention_users_queries())
def test_users_behind_a_cell_are_as_many_as_it_says(
    history: History, question: RetentionUsersQuery
) -> None:
    whole = evolve(question, value=None, limit=1_000, after=None)
    row = question.query.reference(history, LATER).cohorts[question.row]
    back = evolve(whole, state=RetentionState.RETURNED).reference(history, LATER)
    lost = evolve(whole, state=RetentionState.LOST).reference(history, LATER)
    assert back.total == len(back.items) == row.values[question.column]
    assert back.total + lost.total == row.size
    assert not {one.user_id for one in back.items} & {one.user_id for one in lost.items}
    if question.column:
        assert all(one.returns >= question.query.minimum_occurrences for one in back.items)


@given(question_histories(), retention_users_queries())
def test_pages_of_users_make_the_whole_list(
    history: History, question: RetentionUsersQuery
) -> None:
    whole = evolve(question, limit=1_000, after=None).reference(history, LATER)
    page = evolve(question, after=None).reference(history, LATER)
    walked = list(page.items)
    while page.next is not None:
        page = evolve(question, after=page.next).reference(history, LATER)
        walked += page.items
    assert tuple(walked) == whole.items


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"cohort": FIRST + timedelta(hours=1)}, ("cohort",)),
        ({"cohort": datetime(2026, 3, 2)}, ("cohort",)),  # noqa: DTZ001
        ({"column": 7}, ("column",)),
        ({"column": -1}, ("column",)),
        ({"value": "ads"}, ("value",)),
        ({"limit": 1_001}, ("limit",)),
    ],
)
def test_a_cell_that_is_not_there_is_refused_by_name(
    change: dict[str, Any], path: tuple[str, ...]
) -> None:
    cell = RetentionUsersQuery(RetentionQuery(MARCH, Grain.DAY, ANY, ANY), FIRST, 6)
    with pytest.raises(InvalidFields) as told:
        evolve(cell, **change)
    assert [flaw.path for flaw in told.value.flaws] == [path]
