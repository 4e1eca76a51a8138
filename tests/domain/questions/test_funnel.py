"""Funnels over a list of events."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.events import Leaf, Op, Scope
from sightline.domain.questions import Grain, History, QuestionRange
from sightline.domain.questions.funnel import (
    EntryRule,
    Exclusion,
    ExclusionEffect,
    FunnelBreakdown,
    FunnelQuery,
    FunnelStep,
    FunnelTrend,
    StepOrder,
    StepTouch,
    TimeToConvert,
    Touch,
    complete_until,
    funnel_rules,
)
from sightline.testing.strategies import asking_instants, question_histories
from sightline.testing.strategies.questions_funnel import funnel_queries

from .funnels import DAY, LATER, MIDNIGHT, SECOND, counts, funnel, history, of_users

BEST = EntryRule.BEST_OF_ALL_ATTEMPTS
VOID, KEEP = ExclusionEffect.VOID_ATTEMPT, ExclusionEffect.KEEP_REACHED
PLAIN: dict[str, Any] = {"exclusions": (), "entry": BEST, "grace": timedelta(0), "filters": None}


def required(query: FunnelQuery, told: History, now: datetime = LATER) -> list[int]:
    """Users of each step that is not optional."""
    pairs = zip(query.steps, counts(query, told, now), strict=True)
    return [count for step, count in pairs if not step.optional]


@given(funnel_queries(), question_histories(), asking_instants())
def test_no_step_has_more_users_than_the_one_before(
    query: FunnelQuery, told: History, now: datetime
) -> None:
    figures = query.reference(told, now)
    reached = required(query, told, now)
    assert reached == sorted(reached, reverse=True)
    for step in figures.steps:
        assert 0 <= step.still_open <= step.count
        assert 0 <= step.undecided <= step.count
        assert step.count <= figures.steps[query.before(step.step) - 1].count


@given(funnel_queries(), question_histories(), asking_instants(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_listed_changes_nothing(
    query: FunnelQuery, told: History, now: datetime, random: Random
) -> None:
    shuffled = list(told.events)
    random.shuffle(shuffled)
    assert query.reference(evolve(told, events=tuple(shuffled)), now) == query.reference(told, now)


@given(funnel_queries(), question_histories(), asking_instants())
def test_which_event_of_an_instant_was_acknowledged_first_changes_no_count(
    query: FunnelQuery, told: History, now: datetime
) -> None:
    query = evolve(query, breakdown=None, sensitivity=False)
    if query.entry is EntryRule.RE_ENTER or query.grace or any(s.optional for s in query.steps):
        return
    turned = tuple(evolve(one, position=-one.position) for one in told.events)
    assert query.reference(evolve(told, events=turned), now) == query.reference(told, now)


@given(funnel_queries(StepOrder.ORDERED, **PLAIN) | funnel_queries(StepOrder.UNORDERED, **PLAIN),
       question_histories())  # fmt: skip
def test_further_events_never_lower_a_count(query: FunnelQuery, told: History) -> None:
    fewer = evolve(told, events=told.events[: len(told.events) // 2])
    before, after = required(query, fewer), required(query, told)
    assert all(one <= other for one, other in zip(before, after, strict=True))


@given(funnel_queries(**PLAIN), question_histories())
def test_a_longer_window_never_lowers_a_count(query: FunnelQuery, told: History) -> None:
    longer = evolve(query, window=query.window + timedelta(hours=12))
    pairs = zip(required(query, told), required(longer, told), strict=True)
    assert all(one <= other for one, other in pairs)


@given(funnel_queries(**PLAIN), question_histories())
def test_a_shorter_funnel_counts_the_same_on_its_steps(query: FunnelQuery, told: History) -> None:
    if query.order is StepOrder.UNORDERED or any(step.optional for step in query.steps):
        return
    shorter = FunnelQuery(query.range, query.steps[:1], query.window, query.order,
                          steps_after_range=query.steps_after_range)  # fmt: skip
    assert counts(shorter, told) == counts(query, told)[:1]
    for length in range(2, len(query.steps)):
        shorter = evolve(shorter, steps=query.steps[:length])
        assert counts(shorter, told) == counts(query, told)[:length]


@given(funnel_queries(), question_histories(), asking_instants())
def test_values_of_a_breakdown_by_users_add_up_to_the_whole(
    query: FunnelQuery, told: History, now: datetime
) -> None:
    figures = query.reference(told, now)
    if query.breakdown is None or query.by_event_value:
        return
    touch, scope = query.breakdown.attribution, query.breakdown.scope
    since = touch.step - 1 if isinstance(touch, StepTouch) and scope is Scope.EVENT else 0
    assert figures.breakdowns is not None
    assert len([one for one in figures.breakdowns if not one.other]) <= query.breakdown.limit
    for at in range(since, len(query.steps)):
        if since and query.steps[since].optional and at != since:
            continue
        parts = sum(one.steps[at].count for one in figures.breakdowns)
        assert parts == figures.steps[at].count


@given(funnel_queries(), question_histories(), asking_instants())
def test_bins_of_times_hold_all_who_converted(
    query: FunnelQuery, told: History, now: datetime
) -> None:
    figures = query.reference(told, now)
    if (times := figures.time_to_convert) is not None:
        assert sum(one.count for one in times.bins) == times.count
        assert len(times.bins) in {0, query.time_to_convert and query.time_to_convert.bins}


@given(funnel_queries(), question_histories(), asking_instants())
def test_nothing_is_open_before_the_instant_up_to_which_it_is_complete(
    query: FunnelQuery, told: History, now: datetime
) -> None:
    until = complete_until(query, now)
    assert query.range.window.start <= until <= query.range.window.end
    for point in query.reference(told, now).trend or ():
        assert point.complete or point.start >= until - timedelta(days=32)
    if until > query.range.window.start:
        early = QuestionRange(query.range.window.start.isoformat(), until.isoformat())
        closed = evolve(query, range=early, trend=None, breakdown=None, sensitivity=False)
        if query.steps_after_range:
            assert all(step.still_open == 0 for step in closed.reference(told, now).steps)


def test_the_end_of_the_window_belongs_to_it() -> None:
    query = funnel("a", "b", window=10)
    assert counts(query, history((0, "a"), (10, "b"))) == [1, 1]
    assert counts(query, history((0, "a"), (10.000001, "b"))) == [1, 0]


def test_two_equal_steps_need_two_events() -> None:
    assert counts(funnel("a", "a"), history((0, "a"))) == [1, 0]
    assert counts(funnel("a", "a"), history((0, "a"), (0, "a"))) == [1, 1]


def test_strict_steps_allow_nothing_between() -> None:
    told = history((0, "a"), (1, "x"), (2, "b"))
    assert counts(funnel("a", "b"), told) == [1, 1]
    assert counts(funnel("a", "b", order=StepOrder.STRICT), told) == [1, 0]
    only = Leaf("bot", Op.IS_NOT_SET)
    unseen = history((0, "a"), (1, "x", {"bot": True}), (2, "b"))
    assert counts(funnel("a", "b", order=StepOrder.STRICT, filters=only), unseen) == [1, 1]


def test_unordered_steps_count_how_many_different_ones_there_are() -> None:
    told = of_users(u=[(0, "c"), (1, "a"), (2, "a")], v=[(0, "b"), (20, "a")])
    query = funnel("a", "b", "c", order=StepOrder.UNORDERED)
    assert counts(query, told) == [2, 1, 0]
    assert query.reference(told, LATER).steps[0].event_type is None


def test_the_first_entry_alone_opens_an_attempt_where_it_is_asked_so() -> None:
    told = history((0, "a"), (20, "a"), (25, "b"))
    assert counts(funnel("a", "b"), told) == [1, 1]
    assert counts(funnel("a", "b", entry=EntryRule.FIRST_ENTRY), told) == [1, 0]


def test_who_enters_again_is_counted_again() -> None:
    query = funnel("a", "b", entry=EntryRule.RE_ENTER)
    told = history((0, "a"), (1, "a"), (2, "b"), (3, "a"), (14, "a"), (15, "b"))
    assert counts(query, told) == [3, 2]
    told = history((0, "a"), (10, "a"), (11, "a"))
    assert counts(query, told) == [2, 0]


def test_an_excluding_event_lets_enter_again() -> None:
    query = funnel("a", "b", entry=EntryRule.RE_ENTER, exclusions=(Exclusion("x"),))
    told = history((0, "a"), (1, "x"), (2, "a"), (3, "b"))
    assert counts(query, told) == [1, 1]
    keep = (Exclusion("x", effect=KEEP),)
    assert counts(evolve(query, exclusions=keep), told) == [2, 1]


def test_an_excluding_event_voids_the_attempt_or_ends_it() -> None:
    told = history((0, "a"), (1, "b"), (2, "x"), (3, "c"))
    excluding = Exclusion("x", from_step=2, to_step=3)
    query = funnel("a", "b", "c", exclusions=(excluding,))
    assert counts(query, told) == [0, 0, 0]
    assert counts(evolve(query, exclusions=(evolve(excluding, effect=KEEP),)), told) == [1, 1, 0]
    assert counts(evolve(query, exclusions=(Exclusion("x"),)), told) == [1, 1, 1]


@pytest.mark.parametrize(("at", "reached"), [(0, [1, 1]), (0.5, [0, 0]), (1, [1, 1])])
def test_an_exclusion_lies_strictly_between_its_steps(at: float, reached: list[int]) -> None:
    query = funnel("a", "b", exclusions=(Exclusion("x"),))
    assert counts(query, history((0, "a"), (1, "b"), (at, "x"))) == reached


def test_an_exclusion_counts_to_the_end_of_the_window_where_its_step_is_not_reached() -> None:
    query = funnel("a", "b", exclusions=(Exclusion("x"),))
    assert counts(query, history((0, "a"), (9, "x"))) == [0, 0]
    assert counts(query, history((0, "a"), (10, "x"))) == [1, 0]


def test_an_excluded_user_may_have_a_better_attempt() -> None:
    query = funnel("a", "b", exclusions=(Exclusion("x"),))
    assert counts(query, history((0, "a"), (1, "x"), (2, "a"), (3, "b"))) == [1, 1]


def test_exclusions_take_filters() -> None:
    late = Exclusion("x", Leaf("kind", Op.EQ, "late"))
    query = funnel("a", "b", exclusions=(late,))
    assert counts(query, history((0, "a"), (1, "x", {"kind": "soon"}), (2, "b"))) == [1, 1]
    assert counts(query, history((0, "a"), (1, "x", {"kind": "late"}), (2, "b"))) == [0, 0]


def test_an_optional_step_is_counted_and_stops_nobody() -> None:
    query = funnel("a", FunnelStep("tour", optional=True), "b")
    told = of_users(
        u=[(0, "a"), (1, "b")],
        v=[(0, "a"), (1, "tour"), (3, "b")],
        w=[(0, "a"), (1, "b"), (2, "tour")],
    )
    steps = query.reference(told, LATER).steps
    assert [step.count for step in steps] == [3, 1, 3]
    assert steps[2].conversion_from_previous == 1.0
    assert steps[2].average_seconds == pytest.approx(5 / 3)


def test_grace_lets_neighbours_change_places() -> None:
    told = history((5, "b"), (6, "a"), (7, "c"))
    assert counts(funnel("a", "b", "c"), told) == [1, 0, 0]
    assert counts(funnel("a", "b", "c", grace=SECOND), told) == [1, 1, 1]
    assert counts(funnel("a", "b", "c", grace=SECOND / 2), told) == [1, 0, 0]


def test_steps_may_lie_after_the_range_where_it_is_asked_so() -> None:
    day = 86_400
    told = history((-1, "a"), (day - 1, "a"), (day + 1, "b"))
    assert counts(funnel("a", "b"), told) == [1, 1]
    assert counts(funnel("a", "b", steps_after_range=False), told) == [1, 0]
    assert counts(funnel("a", "b"), history((-1, "a"), (1, "b"))) == [0, 0]


def test_the_first_of_the_best_attempts_is_told() -> None:
    told = history((0, "a"), (3, "a"), (4, "b"), (20, "a"), (21, "b"))
    steps = funnel("a", "b").reference(told, LATER).steps
    assert steps[1].median_seconds == 4.0


def test_a_median_interpolates() -> None:
    told = of_users(u=[(0, "a"), (1, "b")], v=[(0, "a"), (4, "b")])
    step = funnel("a", "b").reference(told, LATER).steps[1]
    assert (step.median_seconds, step.average_seconds) == (2.5, 2.5)


def test_what_is_still_open_is_told() -> None:
    told = of_users(u=[(0, "a")], v=[(5, "a"), (6, "b")], w=[(5, "a")])
    steps = funnel("a", "b").reference(told, MIDNIGHT + 11 * SECOND).steps
    assert [step.still_open for step in steps] == [2, 1]
    assert [step.undecided for step in steps] == [1, 0]
    steps = funnel("a", "b").reference(told, MIDNIGHT + 15 * SECOND).steps
    assert steps[0].still_open == 2, "the end of the window belongs to it"


TOUCHED = history(
    (0, "a", {"channel": "ads"}), (1, "b", {"channel": "mail"}), (2, "c"),
    users={"u": {"role": "admin"}},
)  # fmt: skip


@pytest.mark.parametrize(
    ("breakdown", "expected"),
    [
        (FunnelBreakdown("channel"), {"ads": [1, 1, 1]}),
        (FunnelBreakdown("channel", attribution=Touch.LAST_TOUCH), {"mail": [1, 1, 1]}),
        (FunnelBreakdown("channel", attribution=StepTouch(3)), {"": [1, 1, 1]}),
        (FunnelBreakdown("channel", attribution=StepTouch(2)), {"mail": [1, 1, 1]}),
        (FunnelBreakdown("channel", attribution=Touch.ALL_EVENTS), {"ads": [1, 0, 0]}),
        (FunnelBreakdown("role", Scope.USER), {"admin": [1, 1, 1]}),
        (FunnelBreakdown("nothing"), {"": [1, 1, 1]}),
    ],
)
def test_a_breakdown_takes_the_value_that_it_is_asked_to(
    breakdown: FunnelBreakdown, expected: dict[str, list[int]]
) -> None:
    told = funnel("a", "b", "c", breakdown=breakdown).reference(TOUCHED, LATER).breakdowns
    assert told is not None
    assert {one.value: [step.count for step in one.steps] for one in told} == expected


@pytest.mark.parametrize("touch", [Touch.FIRST_TOUCH, Touch.ALL_EVENTS])
def test_what_is_beyond_the_limit_is_other(touch: Touch) -> None:
    events = [("u", "x"), ("v", "x"), ("w", "z"), ("y", "y"), ("z", "Other")]
    told = tuple(
        evolve(history((0, "a", {"p": value})).events[0], user_id=user, position=at)
        for at, (user, value) in enumerate(events, 1)
    )
    asked = funnel("a", breakdown=FunnelBreakdown("p", attribution=touch, limit=2))
    found = asked.reference(History(told), LATER).breakdowns
    assert found is not None
    assert [(one.value, one.other, one.steps[0].count) for one in found] == [
        ("x", False, 2), ("Other", False, 1), ("Other", True, 2),
    ]  # fmt: skip


def test_a_trend_counts_a_user_once_in_every_interval_of_an_attempt() -> None:
    hour = 3600
    told = history((0, "a"), (1, "a"), (2, "b"), (hour, "a"), (2 * hour, "a"), (2 * hour + 1, "b"))
    asked = funnel("a", "b", trend=FunnelTrend(Grain.HOUR))
    trend = asked.reference(told, LATER).trend
    assert trend is not None
    assert [(one.entered, one.converted, one.rate) for one in trend[:4]] == [
        (1, 1, 1.0), (1, 0, 0.0), (1, 1, 1.0), (0, 0, None),
    ]  # fmt: skip
    assert len(trend) == 24
    early = asked.reference(told, MIDNIGHT + timedelta(hours=1, seconds=9)).trend
    assert early is not None
    assert not early[0].complete, "its last second is open for nine more seconds"
    later = asked.reference(told, MIDNIGHT + timedelta(hours=1, seconds=10)).trend
    assert later is not None
    assert [one.complete for one in later[:2]] == [True, False]


def test_times_to_convert_fall_into_equal_bins() -> None:
    told = of_users(
        u=[(0, "a"), (1, "b")], v=[(0, "a"), (2, "b")], w=[(0, "a"), (9, "b")], x=[(0, "a")]
    )
    times = funnel("a", "b", time_to_convert=TimeToConvert(bins=4)).reference(told, LATER)
    assert times.time_to_convert is not None
    bins = [(b.start_seconds, b.end_seconds, b.count) for b in times.time_to_convert.bins]
    assert bins == [(1, 3, 2), (3, 5, 0), (5, 7, 0), (7, 9, 1)]
    alone = of_users(u=[(0, "a"), (1, "b")])
    asked = funnel("a", "b", time_to_convert=TimeToConvert(bins=1)).reference(alone, LATER)
    assert asked.time_to_convert is not None
    assert [b.end_seconds for b in asked.time_to_convert.bins] == [61]


def test_sensitivity_tells_the_counts_under_every_other_rule() -> None:
    told = history((0, "a"), (1, "x"), (2, "b"), (12, "a"), (13, "b"))
    asked = funnel("a", "b", exclusions=(Exclusion("x"),), sensitivity=True)
    found = asked.reference(told, LATER).sensitivity
    assert found is not None
    assert {(one.entry.value, one.effect): one.counts for one in found} == {
        ("best_of_all_attempts", KEEP): (1, 1),
        ("first_entry", VOID): (0, 0),
        ("first_entry", KEEP): (1, 0),
        ("re_enter", VOID): (1, 1),
        ("re_enter", KEEP): (2, 1),
    }


def test_the_rules_are_spelled_out() -> None:
    rules = funnel_rules(funnel("a", "b", breakdown=FunnelBreakdown("channel")))
    assert rules["entry"] == "best_of_all_attempts"
    assert rules["window"] == "PT10S"
    assert rules["breakdown"] == {
        "property": "channel", "scope": "event", "attribution": "first_touch", "limit": 25,
        "missing": "", "most_frequent_by": "the first step",
    }  # fmt: skip


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidFields) as raised:
        FunnelQuery(
            DAY, (FunnelStep("a", optional=True), FunnelStep("b")), timedelta(0),
            StepOrder.STRICT, grace=-SECOND, exclusions=(Exclusion("x", to_step=3),),
            breakdown=FunnelBreakdown("p", attribution=StepTouch(9)),
            trend=FunnelTrend(Grain.DAY, 2), time_to_convert=TimeToConvert(1, 5),
        )  # fmt: skip
    assert {flaw.path for flaw in raised.value.flaws} == {
        ("steps", 0, "optional"), ("window",), ("grace",), ("exclusions", 0, "to_step"),
        ("breakdown", "attribution", "step"), ("trend", "from_step"),
        ("time_to_convert", "to_step"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "path"),
    [((), ("steps",)), (tuple(FunnelStep("a") for _ in range(50)), ("steps",))],
    ids=["none", "fifty"],
)
def test_a_funnel_has_one_to_twenty_steps(
    steps: tuple[FunnelStep, ...], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidFields) as raised:
        FunnelQuery(DAY, steps, SECOND)
    assert raised.value.flaws[0].path == path


@pytest.mark.parametrize("pair", [(0, 2), (2, 2), (3, 1)])
def test_steps_of_a_stretch_are_in_order(pair: tuple[int, int]) -> None:
    for made in (Exclusion, lambda **two: FunnelTrend(Grain.DAY, **two), TimeToConvert):
        with pytest.raises(InvalidFields):
            made(from_step=pair[0], to_step=pair[1])


def test_a_trend_of_too_many_intervals_is_refused() -> None:
    years = QuestionRange("2016-03-01", "2026-02-28")
    with pytest.raises(InvalidFields) as raised:
        FunnelQuery(years, (FunnelStep("a"), FunnelStep("b")), SECOND,
                    trend=FunnelTrend(Grain.MINUTE))  # fmt: skip
    assert raised.value.flaws[0].path == ("trend", "interval")


def test_it_names_the_attributes_of_users_that_it_looks_at() -> None:
    pro = Leaf("plan", Op.EQ, "pro", Scope.USER)
    asked = funnel(FunnelStep("a", pro), breakdown=FunnelBreakdown("role", Scope.USER))
    assert asked.attributes() == {"plan", "role"}
