"""Series and cubes: what adds up does, what does not is computed, and nothing vanishes."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.events import Event, Leaf
from sightline.domain.events.matching import Op
from sightline.domain.questions import Grain, History, QuestionRange, WeekStart
from sightline.domain.questions.series import (
    ADDITIVE,
    Aggregate,
    Direction,
    Measure,
    Order,
    RangeRounding,
    SeriesFigures,
    SeriesQuery,
    SeriesRow,
    Totals,
    counted_spans,
)
from sightline.testing.strategies.question_histories import (
    asking_instants,
    question_ranges,
)
from sightline.testing.strategies.questions_series import measures, series_histories, series_queries

LATER = datetime(2030, 1, 1, tzinfo=UTC)
MARCH = QuestionRange("2026-03-01", "2026-03-03")


def event(user: str, at: str, kind: str = "visit", position: int = 1, **properties: Any) -> Event:
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return Event(f"e{position}", user, kind, when, properties, when, None, position)


def whole(query: SeriesQuery, history: History) -> SeriesFigures:
    return evolve(query, limit=10_000, skip=0).reference(history, LATER)


def place(row: SeriesRow) -> tuple[Any, ...]:
    return row.start, *sorted(row.dimensions.items())


SHOP = History(
    (
        event("ann", "2026-03-01T10:00", channel="ads", amount=10),
        event("ann", "2026-03-01T11:00", channel="ads", amount=20.5),
        event("ben", "2026-03-01T12:00", channel="mail", amount="7"),
        event("ann", "2026-03-03T09:00", channel="mail", amount=4),
        event("cem", "2026-03-03T10:00", "pay", amount=100),
    ),
    {"ann": {"role": "admin"}},
)


def test_events_users_and_numbers_by_day() -> None:
    query = SeriesQuery(
        MARCH,
        (
            Measure("events"),
            Measure("users", Aggregate.UNIQUE_USERS),
            Measure("total", Aggregate.SUM, property="amount"),
            Measure("mean", Aggregate.AVG, "visit", "amount"),
            Measure("median", Aggregate.MEDIAN, "visit", "amount"),
            Measure("best", Aggregate.MAX, property="amount"),
        ),
        interval=Grain.DAY,
    )
    assert [row.values for row in whole(query, SHOP).rows] == [
        {"events": 3, "users": 2, "total": 30.5, "mean": 15.25, "median": 15.25, "best": 20.5},
        {"events": 0, "users": 0, "total": 0, "mean": None, "median": None, "best": None},
        {"events": 2, "users": 2, "total": 104, "mean": 4, "median": 4, "best": 100},
    ]


def test_a_cube_tells_every_choice_of_its_axes() -> None:
    query = SeriesQuery(
        MARCH,
        (Measure("users", Aggregate.UNIQUE_USERS),),
        ("properties.channel", "user.role"),
        totals=Totals.CUBE,
    )
    rows = whole(query, SHOP).rows
    found = [(row.level, tuple(row.dimensions.values()), row.values["users"]) for row in rows]
    assert found == [
        (2, (), 3),
        (1, ("",), 2),
        (1, ("admin",), 1),
        (1, ("",), 1),
        (0, ("", ""), 1),
        (1, ("ads",), 1),
        (0, ("ads", "admin"), 1),
        (1, ("mail",), 2),
        (0, ("mail", ""), 1),
        (0, ("mail", "admin"), 1),
    ]


def test_active_users_are_told_on_days_without_events() -> None:
    trailing = Measure("active", Aggregate.ACTIVE_USERS, "visit", trailing=timedelta(days=2))
    query = SeriesQuery(QuestionRange("2026-03-02", "2026-03-05"), (trailing,), (), Grain.DAY)
    assert [row.values["active"] for row in whole(query, SHOP).rows] == [2, 1, 1, 0]


def test_trailing_days_are_those_of_the_local_calendar() -> None:
    history = History((event("u", "2026-03-28T23:30"),))  # 00:30 of the day of the change
    trailing = Measure("active", Aggregate.ACTIVE_USERS, trailing=timedelta(days=1))
    asked = QuestionRange("2026-03-29", "2026-03-30", "Europe/Berlin")
    rows = whole(SeriesQuery(asked, (trailing,), (), Grain.DAY), history).rows
    assert [row.values["active"] for row in rows] == [1, 0]


def test_a_trailing_window_never_begins_earlier_than_the_one_before() -> None:
    history = History((event("u", "2026-03-29T22:15"),))  # 00:15 of the day after the change
    trailing = Measure("active", Aggregate.ACTIVE_USERS, trailing=timedelta(days=1))
    asked = QuestionRange("2026-03-29T20:00:00Z", "2026-03-30T21:45:00Z", "Europe/Berlin")
    (row,) = whole(SeriesQuery(asked, (trailing,)), history).rows
    assert row.values["active"] == 1  # 23:45 of a day of 23 hours, so from its end on


def test_a_rounded_range_counts_its_first_interval_whole_and_says_so() -> None:
    asked = QuestionRange("2026-03-01T11:00:00Z", "2026-03-03T09:30:00Z")
    plain = SeriesQuery(asked, (Measure("n"),), (), Grain.DAY)
    widened = evolve(plain, range_rounding=RangeRounding.WIDEN_START_TO_INTERVAL)
    cut, round_ = whole(plain, SHOP), whole(widened, SHOP)
    assert [row.values["n"] for row in cut.rows] == [2, 0, 1]
    assert [row.values["n"] for row in round_.rows] == [3, 0, 1]
    assert [row.start for row in cut.rows] == [row.start for row in round_.rows]
    assert (cut.first_interval_cut, cut.last_interval_cut) == (True, True)
    assert (round_.first_interval_cut, round_.last_interval_cut) == (False, True)
    assert round_.counted_from == datetime(2026, 3, 1, tzinfo=UTC)
    assert widened.rules()["range_rounding"] == "widen_start_to_interval"


def test_an_order_puts_what_has_no_figure_last() -> None:
    query = SeriesQuery(
        MARCH,
        (Measure("mean", Aggregate.AVG, property="amount"),),
        interval=Grain.DAY,
        order=(Order("mean", Direction.DESC),),
    )
    assert [row.values["mean"] for row in whole(query, SHOP).rows] == [52, 15.25, None]
    rising = evolve(query, order=(Order("mean"),))
    assert [row.values["mean"] for row in whole(rising, SHOP).rows] == [15.25, 52, None]


@pytest.mark.parametrize(
    ("range_", "interval", "before"),
    [
        (("2026-03-01", "2026-03-31"), Grain.DAY, ("2026-01-29", "2026-02-28")),
        (("2026-03-01", "2026-03-31"), Grain.MONTH, ("2026-02-01", "2026-02-28")),
        (("2026-03-01", "2026-03-31"), None, ("2026-01-29", "2026-02-28")),
        (("2026-03-02", "2026-03-15"), Grain.WEEK, ("2026-02-16", "2026-03-01")),
        (("2026-03-03", "2026-03-04"), Grain.WEEK, ("2026-03-01", "2026-03-02")),
    ],
)
def test_the_period_before_has_as_many_intervals_or_days(
    range_: tuple[str, str], interval: Grain | None, before: tuple[str, str]
) -> None:
    asked = QuestionRange(*range_, "Europe/Berlin")
    query = SeriesQuery(asked, (Measure("n"),), (), interval, compare_to="previous_period")
    assert query.compared is not None
    assert query.compared.window == QuestionRange(*before, "Europe/Berlin").window


@given(query=series_queries(), history=series_histories(), now=asking_instants())
def test_the_order_of_events_does_not_matter(
    query: SeriesQuery, history: History, now: datetime
) -> None:
    turned = History(tuple(reversed(history.events)), history.users)
    assert query.reference(history, now) == query.reference(turned, now)


@given(query=series_queries(), history=series_histories(), size=st.integers(1, 7))
def test_pages_joined_are_all_rows_and_say_how_many_are_elsewhere(
    query: SeriesQuery, history: History, size: int
) -> None:
    everything = whole(query, history).rows
    assume(len(everything) < 200)
    joined: list[SeriesRow] = []
    while True:
        page = evolve(query, limit=size, skip=len(joined)).reference(history, LATER)
        assert page.rows_before == len(joined)
        joined.extend(page.rows)
        assert page.rows_after == len(everything) - len(joined)
        if not page.rows_after:
            break
    assert [place(row) for row in joined] == [place(row) for row in everything]
    assert [row.values for row in joined] == [row.values for row in everything]


def parents(query: SeriesQuery, rows: Iterable[SeriesRow]) -> list[tuple[SeriesRow, Any]]:
    """Each row that sums up one axis more than others, with those others."""
    listed = list(rows)
    timed = query.interval is not None
    found = []
    for row in listed:
        missing = [one for one in query.dimensions if one not in row.dimensions]
        for axis in missing + (["start"] if timed and row.start is None else []):
            kept = set(row.dimensions) | ({axis} - {"start"})
            below = [
                one
                for one in listed
                if set(one.dimensions) == kept
                and all(one.dimensions[name] == value for name, value in row.dimensions.items())
                and (one.start is not None if axis == "start" else one.start == row.start)
            ]
            found.append((row, below))
    return found


@given(query=series_queries(), history=series_histories())
def test_a_parent_of_what_adds_up_is_the_sum_of_its_children(
    query: SeriesQuery, history: History
) -> None:
    query = evolve(query, totals=Totals.CUBE, cumulative=False, order=())
    adding = [one.name for one in query.measures if one.aggregate in ADDITIVE]
    counting = [o.name for o in query.measures if o.aggregate is Aggregate.UNIQUE_USERS]
    for parent, children in parents(query, whole(query, history).rows):
        for name in adding:
            told = [child.values[name] or 0 for child in children]
            assert parent.values[name] == pytest.approx(sum(told), rel=1e-9, abs=1e-9)
        for name in counting:
            told = [child.values[name] or 0 for child in children]
            assert max(told, default=0) <= (parent.values[name] or 0) <= sum(told)


@given(query=series_queries(), history=series_histories())
def test_what_is_summed_up_is_what_a_question_without_that_axis_says(
    query: SeriesQuery, history: History
) -> None:
    query = evolve(query, totals=Totals.CUBE, cumulative=False, order=())
    coarse = evolve(
        query, dimensions=(), interval=None, totals=Totals.NONE, range_rounding=RangeRounding.NONE
    )
    assume(query.range_rounding is RangeRounding.NONE)
    (alone,) = whole(coarse, history).rows
    (grand,) = [
        row
        for row in whole(query, history).rows
        if not row.dimensions and (row.start is None or query.interval is None)
    ]
    assert grand.values == alone.values


@given(measure=measures(active=False), asked=question_ranges(), history=series_histories())
def test_cumulative_figures_are_those_of_longer_and_longer_ranges(
    measure: Measure, asked: QuestionRange, history: History
) -> None:
    query = SeriesQuery(asked, (measure,), (), Grain.DAY, cumulative=True)
    for row, (_, end) in zip(whole(query, history).rows, query.timeline.spans, strict=True):
        start = asked.window.start.isoformat()
        shorter = QuestionRange(start, end.isoformat(), asked.timezone)
        (alone,) = whole(SeriesQuery(shorter, (measure,)), history).rows
        assert row.values == alone.values


@given(query=series_queries(), history=series_histories())
def test_a_comparison_is_what_the_other_range_says(query: SeriesQuery, history: History) -> None:
    assume(query.compared is not None)
    assert query.compared is not None
    window = query.compared.window
    other = QuestionRange(window.start.isoformat(), window.end.isoformat(), query.range.timezone)
    rows = whole(query, history).rows
    alone = whole(evolve(query, range=other, compare_to=None, order=()), history).rows
    told = {place(row): row for row in alone}
    for row in rows:
        if row.compared is None:
            assert row.start is not None
            continue
        start = row.compared_start if query.interval is None or row.start is not None else None
        partner = told.get((start, *sorted(row.dimensions.items())))
        if partner is not None:
            assert row.compared == partner.values
        else:  # a group that only the range has
            assert {value or 0 for value in row.compared.values()} == {0}


@given(asked=question_ranges(), history=series_histories(), now=asking_instants())
def test_what_is_complete_never_changes_when_later_events_come(
    asked: QuestionRange, history: History, now: datetime
) -> None:
    query = SeriesQuery(asked, (Measure("n"),), (), Grain.DAY)
    past = History(tuple(one for one in history.events if one.timestamp < now), {})
    before, after = query.reference(past, now), query.reference(history, now)
    until = query.complete_until(now)
    for row, later, (_, end) in zip(before.rows, after.rows, query.timeline.spans, strict=True):
        assert row.complete == (end <= now) == (end <= until)
        if row.complete:
            assert row == later


@given(query=series_queries())
def test_its_rules_are_json_and_its_reach_holds_what_it_counts(query: SeriesQuery) -> None:
    assert query.rules()["totals"] == query.totals.value
    reach = query.reach()
    assert reach.start is not None
    assert reach.end is not None
    for measure in query.measures:
        for start, end in (span for spans in counted_spans(query, measure) for span in spans):
            assert reach.start <= start < end <= reach.end


N = Measure("n")
TOKYO = QuestionRange("2025-03-01", "2025-03-03", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"measures": ()}, ("measures",)),
        ({"measures": tuple(Measure(f"m{at}") for at in range(21))}, ("measures",)),
        ({"measures": (N, N)}, ("measures", 1, "name")),
        ({"dimensions": ("channel",)}, ("dimensions", 0)),
        ({"dimensions": ("user.role", "user.role")}, ("dimensions", 1)),
        ({"dimensions": tuple(f"user.{at}" for at in range(6))}, ("dimensions",)),
        ({"interval": Grain.MINUTE}, ("interval",)),
        ({"interval": None, "cumulative": True}, ("cumulative",)),
        (
            {"interval": None, "range_rounding": RangeRounding.WIDEN_START_TO_INTERVAL},
            ("range_rounding",),
        ),
        ({"order": (Order("revenue"),)}, ("order", 0, "by")),
        ({"order": (Order("n"), Order("n"))}, ("order", 1, "by")),
        ({"limit": 0}, ("limit",)),
        ({"skip": -1}, ("skip",)),
        ({"compare_to": "last_year"}, ("compare_to",)),
        ({"compare_to": TOKYO}, ("compare_to", "timezone")),
        (
            {
                "cumulative": True,
                "measures": (Measure("a", Aggregate.ACTIVE_USERS, trailing=timedelta(1)),),
            },
            ("measures", 0, "aggregate"),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(
    wrong: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    asked: dict[str, Any] = {
        "range": QuestionRange("2026-01-01", "2026-12-31"),
        "measures": (N,),
        "interval": Grain.DAY,
        "week_start": WeekStart.MONDAY,
    }
    with pytest.raises(InvalidFields) as refused:
        SeriesQuery(**{**asked, **wrong})
    assert path in [one.path for one in refused.value.flaws]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": "a.b"}, "name"),
        ({"name": "start"}, "name"),
        ({"aggregate": Aggregate.SUM}, "property"),
        ({"property": "amount"}, "property"),
        ({"aggregate": Aggregate.ACTIVE_USERS}, "trailing"),
        ({"aggregate": Aggregate.ACTIVE_USERS, "trailing": timedelta(0)}, "trailing"),
        ({"aggregate": Aggregate.ACTIVE_USERS, "trailing": timedelta(days=367)}, "trailing"),
        ({"trailing": timedelta(days=7)}, "trailing"),
        ({"event_type": ()}, "event_type"),
    ],
)
def test_what_no_measure_can_be_is_refused_by_name(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        Measure(**{"name": "m", **wrong})
    assert [one.path for one in refused.value.flaws] == [(path,)]


def test_more_rows_than_anybody_reads_are_refused() -> None:
    events = tuple(event("u", "2026-03-01", page=f"p{at}", position=at) for at in range(30))
    asked = QuestionRange("2020-01-01", "2029-11-30")
    query = SeriesQuery(asked, (N,), ("properties.page",), Grain.DAY)
    with pytest.raises(InvalidFields, match="more than 100000 rows"):
        query.reference(History(events), LATER)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidFields) as refused:
        SeriesQuery(MARCH, (), ("x",), limit=0, cumulative=True)
    assert {one.path for one in refused.value.flaws} == {
        ("measures",), ("dimensions", 0), ("limit",), ("cumulative",),
    }  # fmt: skip


def test_a_condition_holds_for_every_measure() -> None:
    query = SeriesQuery(MARCH, (N,), filters=Leaf("channel", Op.EQ, "mail"))
    assert whole(query, SHOP).rows[0].values == {"n": 2}
