import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from sightline.domain.errors import InvalidFields
from sightline.domain.events import Event
from sightline.domain.questions import (
    EventPattern,
    Grain,
    History,
    LifecycleQuery,
    NewByAttribute,
    QuestionRange,
    StickinessQuery,
)
from sightline.testing.strategies.question_histories import question_histories
from sightline.testing.strategies.questions_retention import lifecycle_queries, stickiness_queries

CASES = {
    one["case"]: one
    for one in json.loads(
        (Path(__file__).parents[2] / "data" / "retention-lifecycle.json").read_text()
    )
}
LATER = datetime(2030, 1, 1, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
ANY = EventPattern()


def event(user: str, day: float) -> Event:
    at = FIRST + timedelta(days=day)
    return Event("e", user, "visit", at, {}, at, None, 1)


def states(query: LifecycleQuery, history: History) -> list[tuple[int, int, int, int]]:
    return [
        (one.new, one.returning, one.resurrecting, one.dormant)
        for one in query.reference(history, LATER).intervals
    ]


def test_lifecycle_is_that_of_sets_in_pandas() -> None:
    rows = CASES["daily_retention_first_time"]["inputs"]["events_user_day"]
    history = History(tuple(event(f"u{user}", day) for user, day in rows))
    query = LifecycleQuery(QuestionRange("2026-03-02", "2026-03-29"), Grain.WEEK, ANY)
    expected = CASES["lifecycle_weekly"]["expected"]["periods"]
    assert states(query, history) == [
        (one["new"], one["returning"], one["resurrecting"], -one["dormant"]) for one in expected
    ]


def test_activity_before_the_range_counts() -> None:
    history = History((event("ann", -1), event("ann", 0), event("bob", -5), event("bob", 0)))
    query = LifecycleQuery(QuestionRange("2026-03-02", "2026-03-03"), Grain.DAY, ANY)
    assert states(query, history) == [(0, 1, 1, 0), (0, 0, 0, -2)]


def test_the_first_interval_counts_whole_where_the_range_cuts_it() -> None:
    history = History((event("ann", 0), event("ann", 7)))
    query = LifecycleQuery(QuestionRange("2026-03-04", "2026-03-15"), Grain.WEEK, ANY)
    assert states(query, history) == [(1, 0, 0, 0), (0, 1, 0, 0)]
    assert query.rules()["first_interval"] == "whole"


def test_an_attribute_says_when_a_user_is_new() -> None:
    events = tuple(event(user, day) for user in ("ann", "bob", "cat") for day in (1, 2))
    history = History(
        events,
        {
            "ann": {"first_seen": "2026-03-04"},
            "bob": {"first_seen": "2025-01-01T00:00:00Z"},
            "cat": {"first_seen": "long ago"},
        },
    )
    span = QuestionRange("2026-03-03", "2026-03-04")
    named = NewByAttribute("first_seen")
    query = LifecycleQuery(span, Grain.DAY, ANY, named)
    # Ann on the second day, as said; Bob never; of Cat nothing readable is said.
    assert states(query, history) == [(1, 0, 2, 0), (1, 2, 0, 0)]
    assert states(evolve(query, new_when="first_event"), history) == [(3, 0, 0, 0), (0, 3, 0, 0)]
    assert query.attributes() == {"first_seen"}


def test_a_date_is_a_day_of_the_range_s_zone() -> None:
    span = QuestionRange("2026-03-03", "2026-03-04", "Asia/Kathmandu")
    query = LifecycleQuery(span, Grain.DAY, ANY, NewByAttribute("first_seen"))
    assert query.interval_new("2026-03-04") == 1
    assert query.interval_new("2026-03-03T23:00:00Z") == 1
    assert query.interval_new("2026-03-05") == -1
    assert query.interval_new("2026-03-04T00:00:00") is None


@given(question_histories(), lifecycle_queries())
def test_the_active_are_new_returning_or_resurrecting(
    history: History, query: LifecycleQuery
) -> None:
    # Of the first interval, what lies before the range counts as well.
    seen = [e for e in history.events if e.timestamp < query.range.window.end]
    for at, told in enumerate(query.reference(history, LATER).intervals):
        active = {
            e.user_id
            for e in seen
            if query.axis.index(e.timestamp) == at and history.fits(query.pattern, e)
        }
        assert len(active) == told.new + told.returning + told.resurrecting


@given(question_histories(), lifecycle_queries())
def test_whoever_was_active_returns_or_is_dormant(history: History, query: LifecycleQuery) -> None:
    by_event = evolve(query, new_when="first_event")
    for before, told in pairwise(by_event.reference(history, LATER).intervals):
        active = before.new + before.returning + before.resurrecting
        assert -told.dormant == active - told.returning
        assert told.dormant <= 0


@given(question_histories(), lifecycle_queries())
def test_every_user_is_new_once_at_most(history: History, query: LifecycleQuery) -> None:
    new = [one.new for one in query.reference(history, LATER).intervals]
    assert sum(new) <= len({one.user_id for one in history.events})


@given(question_histories(), stickiness_queries())
def test_every_active_user_is_counted_by_its_intervals(
    history: History, query: StickinessQuery
) -> None:
    users = query.reference(history, LATER).users_by_interval_count
    pairs = {
        (e.user_id, query.axis.index(e.timestamp))
        for e in history.events
        if e.timestamp in query.range.window and history.fits(query.pattern, e)
    }
    assert len(users) == len(query.axis)
    assert sum(users) == len({user for user, _ in pairs})
    assert sum(count * times for times, count in enumerate(users, 1)) == len(pairs)


def test_stickiness_counts_days_and_not_events() -> None:
    history = History((event("ann", 0), event("ann", 0.5), event("bob", 0), event("bob", 2)))
    query = StickinessQuery(QuestionRange("2026-03-02", "2026-03-04"), Grain.DAY, ANY)
    assert query.reference(history, LATER).users_by_interval_count == (1, 1, 0)
    assert query.rules()["intervals"] == 3


def test_open_intervals_are_told() -> None:
    span = QuestionRange("2026-03-02", "2026-03-04")
    noon = FIRST + timedelta(hours=36)
    lifecycle = LifecycleQuery(span, Grain.DAY, ANY)
    told = lifecycle.reference(History(()), noon).intervals
    assert [one.complete for one in told] == [True, False, False]
    assert lifecycle.complete_until(noon) == FIRST + timedelta(days=1)
    stickiness = StickinessQuery(span, Grain.DAY, ANY)
    assert stickiness.complete_until(noon) == FIRST + timedelta(days=1)
    assert stickiness.complete_until(FIRST) == FIRST


@pytest.mark.parametrize("rule", ["first_seen", ""])
def test_a_rule_of_the_new_that_does_not_exist_is_refused(rule: Any) -> None:
    with pytest.raises(InvalidFields) as told:
        LifecycleQuery(QuestionRange("2026-03-02", "2026-03-04"), Grain.DAY, ANY, rule)
    assert told.value.flaws[0].path == ("new_when",)


def test_an_attribute_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidFields) as told:
        NewByAttribute("")
    assert told.value.flaws[0].path == ("user_attribute",)


def test_rules_are_json() -> None:
    rule: Any = NewByAttribute("first_seen")
    query = LifecycleQuery(QuestionRange("2026-03-02", "2026-03-04"), Grain.DAY, ANY, rule)
    rules = query.rules()
    assert json.loads(json.dumps(rules)) == rules
    assert rules["without_the_attribute"] == "first_event"
