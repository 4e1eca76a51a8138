import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from sightline.domain.attributes import Json
from sightline.domain.errors import InvalidFields
from sightline.domain.events import Event, Leaf, Op
from sightline.domain.questions import EventPattern, Grain, History
from sightline.domain.questions.cohorts import (
    CohortDefinition,
    CohortMembersQuery,
    CohortQuery,
    Did,
    Every,
    Except,
    FirstDid,
    Some,
    StoppedDoing,
    UserIs,
    cohort_definition,
    fits_idle,
    members_at,
)
from sightline.testing.strategies.question_histories import question_histories, question_instants
from sightline.testing.strategies.questions_cohorts import (
    cohort_definitions,
    cohort_members_queries,
    cohort_queries,
)

NOW = datetime(2026, 3, 30, tzinfo=UTC)
PAY = EventPattern("pay")
ADMIN = {"user": {"property": "role", "op": "eq", "value": "admin"}}


def event(user: str, days_ago: float, kind: str = "pay") -> Event:
    at = NOW - timedelta(days=days_ago)
    return Event("e", user, kind, at, {}, at, None, 1)


HISTORY = History(
    (
        *(event("ann", ago) for ago in (0.5, 3, 6.9, 20)),
        *(event("bob", ago) for ago in (7, 7.1)),
        event("cat", 1, "visit"),
    ),
    {"cat": {"role": "admin"}, "dan": {"role": "admin"}},
)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({"did": {"event_type": "pay"}}, {"ann", "bob"}),
        # Seven days of 24 hours: the instant that they begin with belongs to them.
        ({"did": {"event_type": "pay"}, "within_days": 7}, {"ann", "bob"}),
        ({"did": {"event_type": "pay"}, "at_least": 2, "within_days": 7}, {"ann"}),
        ({"first_did": {"event_type": "pay"}, "within_days": 8}, {"bob"}),
        ({"stopped_doing": {"event_type": "pay"}, "for_days": 5}, {"bob"}),
        # Dan never did anything, so there is nobody to count.
        (ADMIN, {"cat"}),
        ({"not": {"did": {"event_type": "pay"}}}, {"cat"}),
        ({"and": [{"did": {"event_type": None}}, {"not": ADMIN}]}, {"ann", "bob"}),
        ({"or": [ADMIN, {"did": {"event_type": ["pay"]}, "at_least": 3}]}, {"ann", "cat"}),
    ],
)
def test_members_are_who_one_would_count_by_hand(definition: Json, expected: set[str]) -> None:
    assert members_at(cohort_definition(definition), HISTORY, NOW) == expected


def test_membership_at_a_past_instant_sees_nothing_later() -> None:
    definition = cohort_definition({"did": {"event_type": "pay"}, "at_least": 2})
    assert members_at(definition, HISTORY, NOW - timedelta(days=4)) == {"ann", "bob"}
    assert members_at(definition, HISTORY, NOW - timedelta(days=7)) == set()
    admin = cohort_definition(ADMIN)
    assert members_at(admin, HISTORY, NOW - timedelta(days=1)) == set()


def test_figures_tell_the_size_now_and_over_time_and_who_comes_back() -> None:
    query = CohortQuery(
        cohort_definition({"did": {"event_type": "pay"}}),
        NOW,
        Grain.DAY,
        intervals=7,
        retention=Grain.DAY,
    )
    figures = query.reference(HISTORY, NOW)
    assert figures.size == 2
    assert [(one.at.day, one.size) for one in figures.sizes] == [
        (23, 2), (24, 2), (25, 2), (26, 2), (27, 2), (28, 2), (29, 2),
    ]  # fmt: skip
    assert figures.retention is not None
    assert len(figures.retention) == 12
    # The first twelve days: Bob twice in the night of the 22nd to the 23rd, Ann from the 23rd.
    by_day = {one.start.day: one.values for one in figures.retention}
    assert by_day[22][:3] == (1, 1, 0)
    assert by_day[23][:5] == (2, 0, 0, 0, 1)


def test_a_cohort_is_the_same_however_often_it_is_asked_for_at_an_instant() -> None:
    query = CohortQuery(cohort_definition(ADMIN), NOW - timedelta(hours=3), intervals=2)
    later = NOW + timedelta(days=40)
    assert query.reference(HISTORY, NOW) == query.reference(HISTORY, later)
    assert query.complete_until(later) == query.as_of
    assert query.rules() == query.rules()
    assert json.loads(json.dumps(query.rules())) == query.rules()
    assert query.attributes() == {"role"}


@given(question_histories(), cohort_definitions(), cohort_definitions(), question_instants())
def test_definitions_join_as_sets_do(
    history: History, one: CohortDefinition, other: CohortDefinition, at: datetime
) -> None:
    first, second = members_at(one, history, at), members_at(other, history, at)
    assert members_at(Every((one, other)), history, at) == first & second
    assert members_at(Some((one, other)), history, at) == first | second
    everybody = {event.user_id for event in history.events if event.timestamp < at}
    assert members_at(Except(one), history, at) == everybody - first


@given(question_histories(), cohort_definitions(), question_instants())
def test_what_happens_later_makes_nobody_a_member(
    history: History, definition: CohortDefinition, at: datetime
) -> None:
    before = History(tuple(one for one in history.events if one.timestamp < at), history.users)
    assert members_at(definition, history, at) == members_at(definition, before, at)


@given(question_histories(types=("view",)), cohort_definitions(), question_instants())
def test_who_did_nothing_that_is_named_is_a_member_only_where_that_can_be(
    history: History, definition: CohortDefinition, at: datetime
) -> None:
    named = "None" in repr([one for one in _events(definition) if one.event_type is None])
    if not fits_idle(definition) and not named:
        assert members_at(definition, history, at) == set()


def _events(definition: CohortDefinition) -> list[EventPattern]:
    match definition:
        case Every() | Some():
            return [event for one in definition.parts for event in _events(one)]
        case Except():
            return _events(definition.part)
        case UserIs():
            return []
        case _:
            return [definition.event]


@given(question_histories(), cohort_queries())
def test_sizes_over_time_are_those_asked_for_one_by_one(
    history: History, query: CohortQuery
) -> None:
    for one in query.reference(history, NOW).sizes:
        assert one.at < query.as_of
        again = evolve(query, as_of=one.at, intervals=0, retention=None)
        assert again.reference(history, NOW).size == one.size


@given(question_histories(), cohort_members_queries())
def test_pages_of_members_make_the_whole_cohort(
    history: History, query: CohortMembersQuery
) -> None:
    page = evolve(query, after=None).reference(history, NOW)
    walked = list(page.user_ids)
    while page.next is not None:
        page = evolve(query, after=page.next).reference(history, NOW)
        walked += page.user_ids
    assert walked == sorted(members_at(query.definition, history, query.as_of))
    assert page.total == len(walked)


@given(cohort_definitions())
def test_a_definition_reads_as_it_is_told(definition: CohortDefinition) -> None:
    told = json.loads(json.dumps(definition.told()))
    assert cohort_definition(told) == definition


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        ("everybody", (), "kind"),
        ({}, (), "kind"),
        ({"did": {}, "user": {}}, (), "kind"),
        ({"and": []}, ("and",), "type"),
        ({"and": [{"or": 1}]}, ("and", 0, "or"), "type"),
        ({"not": {"did": []}}, ("not", "did"), "type"),
        ({"did": {"event_type": 1}}, ("did", "event_type"), "type"),
        ({"did": {"event_type": ""}}, ("did", "event_type"), "length"),
        ({"did": {"type": "pay"}}, ("did", "type"), "unknown_field"),
        ({"did": {"event_type": "pay"}, "at_least": 0}, ("at_least",), "out_of_range"),
        ({"did": {"event_type": "pay"}, "at_least": "3"}, ("at_least",), "type"),
        ({"did": {"event_type": "pay"}, "at_least": True}, ("at_least",), "type"),
        ({"did": {"event_type": "pay"}, "within_days": 3_651}, ("within_days",), "out_of_range"),
        ({"did": {"event_type": "pay"}, "for_days": 3}, ("for_days",), "unknown_field"),
        ({"first_did": {"event_type": "pay"}}, ("within_days",), "missing"),
        ({"stopped_doing": {"event_type": "pay"}}, ("for_days",), "missing"),
        ({"user": {"property": "x", "op": "like"}}, ("user", "op"), "unknown_value"),
        (
            {"did": {"event_type": "pay", "filters": {"and": []}}},
            ("did", "filters", "and"),
            "type",
        ),
        ({"or": [{"did": {"event_type": "pay"}}] * 21}, (), "too_many"),
    ],
)
def test_what_is_no_definition_is_refused_with_its_place(
    definition: Json, path: tuple[str | int, ...], code: str
) -> None:
    with pytest.raises(InvalidFields) as told:
        cohort_definition(definition)
    assert [(flaw.path, flaw.code) for flaw in told.value.flaws] == [(("definition", *path), code)]


def test_definitions_are_nested_eight_levels_deep_at_most() -> None:
    deep: Any = {"did": {"event_type": "pay"}}
    for _ in range(7):
        deep = {"not": deep}
    assert cohort_definition(deep)
    with pytest.raises(InvalidFields) as told:
        cohort_definition({"not": deep})
    assert told.value.flaws[0].code == "too_deep"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = {"and": [{"did": {}, "at_least": 0}, {"stopped_doing": 1}, {"user": {}}]}
    with pytest.raises(InvalidFields) as told:
        cohort_definition(wrong)
    assert {flaw.path[2] for flaw in told.value.flaws} == {0, 1, 2}


def test_attributes_of_users_are_meant_whatever_the_scope_says() -> None:
    leaf = {"property": "role", "op": "eq", "value": "admin", "scope": "event"}
    read = cohort_definition({"user": {"not": {"or": [leaf]}}})
    assert read == cohort_definition({"user": {"not": {"or": [ADMIN["user"]]}}})
    with pytest.raises(InvalidFields):
        UserIs(Leaf("role", Op.EQ, "admin"))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"as_of": datetime(2026, 3, 1)}, ("as_of",)),  # noqa: DTZ001
        ({"as_of": datetime(1970, 1, 1, tzinfo=UTC)}, ("as_of",)),
        ({"interval": Grain.HOUR}, ("interval",)),
        ({"retention": Grain.YEAR}, ("retention",)),
        ({"intervals": 61}, ("intervals",)),
        ({"timezone": "Mars/Olympus"}, ("timezone",)),
    ],
)
def test_what_cannot_be_asked_of_a_cohort_is_refused_by_name(
    change: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidFields) as told:
        evolve(CohortQuery(Did(PAY), NOW), **change)
    assert [flaw.path for flaw in told.value.flaws] == [path]


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_page_of_members_has_1_to_1000(limit: int) -> None:
    with pytest.raises(InvalidFields) as told:
        CohortMembersQuery(Did(PAY), NOW, limit)
    assert told.value.flaws[0].path == ("limit",)


@pytest.mark.parametrize("make", [FirstDid, StoppedDoing])
def test_a_behaviour_lies_at_most_ten_years_back(make: Any) -> None:
    for days in (0, 3_651):
        with pytest.raises(InvalidFields):
            make(PAY, days)


def test_sizes_and_retention_begin_with_1970() -> None:
    early = datetime(1970, 1, 20, tzinfo=UTC)
    query = CohortQuery(Did(PAY), early, Grain.WEEK, retention=Grain.MONTH)
    assert [one.day for one in query.instants] == [5, 12, 19]
    assert query.members is not None
    assert query.members.range.window.start == datetime(1970, 1, 1, tzinfo=UTC)
