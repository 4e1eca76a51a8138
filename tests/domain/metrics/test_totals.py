"""What days come to: parts add up to the whole, and what does not add up is not added."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import (
    InvalidFields,
    InvalidInput,
    InvalidWindow,
    MetricBuiltIn,
    MetricInUse,
    UnknownMetric,
    VersionMismatch,
)
from sightline.domain.metrics import (
    BUILT_IN,
    ComputedFigures,
    DailySeries,
    MetricDeclaration,
    MetricDefinition,
    MetricSeries,
    MetricValue,
    OverDays,
    SummaryQuestion,
    declared,
    recorded,
    total,
    undeclared_flaws,
)
from sightline.domain.outcomes import Outcome
from sightline.testing.strategies import daily_values, metric_days, metric_values

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST = date(2026, 2, 26)
WEEK = SummaryQuestion(FIRST, FIRST + timedelta(days=6))
Days = Mapping[date, float]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def metric(name: str, over_days: OverDays, *parts: str) -> MetricDefinition:
    above, below = parts or (None, None)
    return MetricDefinition(name, over_days, None, None, above, below, False, 1, NOON)


def parted(values: Days, cut: date) -> tuple[Days, Days]:
    before = {one: value for one, value in values.items() if one < cut}
    return before, {one: value for one, value in values.items() if one >= cut}


def series(
    question: SummaryQuestion,
    wanted: MetricDefinition,
    stored: Mapping[str, Days],
    computed: Mapping[str, DailySeries] | None = None,
    others: tuple[MetricDefinition, ...] = (),
) -> MetricSeries:
    known = {one.name: one for one in (wanted, *others)}
    plan = evolve(question, names=(wanted.name,)).plan(known)
    assert set(stored) <= set(plan.stored)
    assert set(computed or {}) <= set(plan.computed)
    return plan.summary("acme", stored, ComputedFigures(computed or {}, 0)).metrics[0]


@given(values=daily_values(), cut=metric_days())
def test_the_sum_of_a_range_is_the_sum_of_its_parts_to_the_last_digit(
    values: Days, cut: date
) -> None:
    whole = total(OverDays.SUM, values)
    if whole is None:
        assert not values
        return
    parts = [total(OverDays.SUM, part) or Decimal(0) for part in parted(values, cut)]
    assert Fraction(whole) == sum(map(Fraction, parts))
    assert Fraction(whole) == sum(Fraction(repr(value)) for value in values.values())


@given(values=daily_values(), cut=metric_days())
def test_extremes_and_levels_of_a_range_are_those_of_its_parts(values: Days, cut: date) -> None:
    for over_days, choose in ((OverDays.MIN, min), (OverDays.MAX, max)):
        parts = [total(over_days, part) for part in parted(values, cut)]
        there = [part for part in parts if part is not None]
        assert total(over_days, values) == (choose(there) if there else None)
    before, after = parted(values, cut)
    later = total(OverDays.LAST, after)
    assert total(OverDays.LAST, values) == (
        later if later is not None else total(OverDays.LAST, before)
    )


@given(values=daily_values(), cut=metric_days())
def test_the_mean_of_a_range_weighs_its_parts_by_their_days(values: Days, cut: date) -> None:
    whole = total(OverDays.MEAN, values)
    if whole is not None:
        parts = [part for part in parted(values, cut) if part]
        weighed = sum((total(OverDays.MEAN, part) or 0) * len(part) for part in parts)
        assert float(weighed / len(values)) == pytest.approx(float(whole), rel=1e-15)


@given(values=daily_values())
def test_what_does_not_add_up_has_no_total_but_a_reason(values: Days) -> None:
    for over_days in (OverDays.DISTINCT, OverDays.NONE):
        found = series(WEEK, metric("level", over_days), {"level": values}).total
        assert (found.value, found.how) == (None, None)
        assert found.reason
        assert found.days_with_value == len(values)


@given(
    values=daily_values(), over_days=st.sampled_from([one for one in OverDays if one != "ratio"])
)
def test_every_day_has_a_row_and_gaps_say_so(values: Days, over_days: OverDays) -> None:
    found = series(WEEK, metric("revenue", over_days), {"revenue": values})
    assert [one.date for one in found.days] == [day(number) for number in range(7)]
    for one in found.days:
        assert one.value == values.get(one.date)
        assert one.missing is (one.date not in values)
    assert (found.total.days_with_value, found.total.days) == (len(values), 7)
    assert (found.total.value is None) is (found.total.reason is not None)
    assert (found.total.value is None) is (found.total.how is None)


RATIO = metric("order_value", OverDays.RATIO, "revenue", "orders")
PARTS = (metric("revenue", OverDays.SUM), metric("orders", OverDays.SUM))


def test_the_total_of_a_ratio_is_not_the_mean_of_ratios() -> None:
    stored = {"revenue": {day(0): 100.0, day(1): 10.0}, "orders": {day(0): 10.0, day(1): 5.0}}
    found = series(WEEK, RATIO, stored, others=PARTS)
    assert [one.value for one in found.days[:3]] == [10.0, 2.0, None]
    assert found.total.value == pytest.approx(110 / 15, rel=1e-15)
    assert found.total.how == "sum(revenue) / sum(orders) over 2 days"


def test_a_ratio_takes_only_days_that_both_parts_know() -> None:
    stored = {"revenue": {day(0): 100.0, day(1): 900.0}, "orders": {day(0): 10.0, day(2): 90.0}}
    found = series(WEEK, RATIO, stored, others=PARTS)
    assert (found.total.value, found.total.days_with_value) == (10.0, 1)
    assert [one.missing for one in found.days[:3]] == [False, True, True]


def test_a_day_over_zero_has_no_ratio_but_counts_in_the_total() -> None:
    stored = {"revenue": {day(0): 5.0, day(1): 10.0}, "orders": {day(0): 0.0, day(1): 5.0}}
    found = series(WEEK, RATIO, stored, others=PARTS)
    assert [(one.value, one.missing) for one in found.days[:2]] == [(None, False), (2.0, False)]
    assert found.total.value == 3.0
    nothing = series(WEEK, RATIO, {**stored, "orders": {day(0): 0.0}}, others=PARTS).total
    assert (nothing.value, nothing.reason) == (None, "sum(orders) is 0")


@given(above=daily_values(), below=daily_values(), cut=metric_days())
def test_the_ratio_of_a_range_is_that_of_the_sums_of_its_parts(
    above: Days, below: Days, cut: date
) -> None:
    both = {one: value for one, value in above.items() if one in below}
    below = {one: value for one, value in below.items() if one in above}
    found = series(WEEK, RATIO, {"revenue": both, "orders": below}, others=PARTS).total
    sums = [
        sum(total(OverDays.SUM, part) or Decimal(0) for part in parted(values, cut))
        for values in (both, below)
    ]
    if sums[1] and abs(sums[0] / sums[1]) < Decimal("1e300"):
        assert found.value == pytest.approx(float(sums[0] / sums[1]), rel=1e-9, abs=1e-300)
    else:
        assert found.value is None


ARPU = metric("revenue_per_user", OverDays.RATIO, "revenue", "active_users")


def test_a_ratio_over_distinct_users_takes_the_users_of_the_whole_range() -> None:
    question = SummaryQuestion(day(0), day(1))
    users = {"active_users": DailySeries({day(0): 2.0, day(1): 2.0}, 3.0)}
    revenue = {"revenue": {day(0): 30.0, day(1): 60.0}}
    found = series(question, ARPU, revenue, users, PARTS).total
    assert (found.value, found.how) == (30.0, "sum(revenue) / distinct(active_users) over 2 days")


def test_a_ratio_over_distinct_users_of_more_days_than_its_other_part_is_refused() -> None:
    question = SummaryQuestion(day(0), day(1))
    users = {"active_users": DailySeries({day(0): 2.0, day(1): 2.0}, 3.0)}
    found = series(question, ARPU, {"revenue": {day(0): 30.0}}, users, PARTS).total
    assert found.value is None
    assert found.reason is not None
    assert "distinct(active_users)" in found.reason
    without = {"active_users": DailySeries({day(0): 2.0}, None)}
    assert series(question, ARPU, {"revenue": {day(0): 30.0}}, without, PARTS).total.value is None


def test_a_ratio_whose_part_is_no_sum_any_more_says_so() -> None:
    changed = (metric("revenue", OverDays.SUM), metric("orders", OverDays.MEAN))
    stored = {"revenue": {day(0): 1.0}, "orders": {day(0): 2.0}}
    found = series(WEEK, RATIO, stored, others=changed).total
    assert (found.value, found.reason) == (None, "'orders' is no longer a sum")


def test_built_in_metrics_keep_their_own_totals() -> None:
    question = SummaryQuestion(day(0), day(1))
    users = DailySeries({day(0): 2.0, day(1): 2.0}, 3.0)
    found = series(question, BUILT_IN["active_users"], {}, {"active_users": users})
    assert (found.total.value, found.total.how) == (3.0, "distinct users of 2 days")
    events = DailySeries({day(0): 2.0, day(1): 5.0}, 7.0)
    found = series(question, BUILT_IN["events"], {}, {"events": events})
    assert (found.total.value, found.total.how) == (7.0, "sum of 2 days")
    nothing = series(question, BUILT_IN["events"], {})
    assert [one.missing for one in nothing.days] == [True, True]
    assert nothing.total.reason == "nothing is computed for these days"


@pytest.mark.parametrize(
    ("over_days", "value", "how"),
    [
        (OverDays.SUM, 0.6, "sum of 3 days"),
        (OverDays.MEAN, 0.2, "mean of 3 days"),
        (OverDays.MIN, 0.1, "smallest of 3 days"),
        (OverDays.MAX, 0.3, "largest of 3 days"),
        (OverDays.LAST, 0.1, "value of 2026-03-03, the last day that has one"),
    ],
)
def test_three_days_by_hand(over_days: OverDays, value: float, how: str) -> None:
    values = {day(0): 0.3, day(1): 0.2, day(5): 0.1}
    found = series(WEEK, metric("revenue", over_days), {"revenue": values}).total
    assert (found.value, found.how, found.reason) == (value, how, None)


@pytest.mark.parametrize(
    ("first", "last", "name", "code"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "end_date", "reversed"),
        (date(2026, 1, 1), date(2027, 2, 5), "end_date", "too_long"),
        (date(1, 1, 1), date(2026, 1, 1), "start_date", "out_of_range"),
        (date(2026, 1, 1), date(9999, 12, 31), "end_date", "out_of_range"),
    ],
)
def test_days_that_cannot_be_asked_for_are_named(
    first: date, last: date, name: str, code: str
) -> None:
    with pytest.raises(InvalidWindow) as told:
        SummaryQuestion(first, last)
    assert [(flaw.path, flaw.code) for flaw in told.value.flaws] == [((name,), code)]


def test_four_hundred_days_and_twenty_metrics_can_be_asked_for() -> None:
    names = tuple(f"m{number}" for number in range(20))
    assert len(SummaryQuestion(date(2026, 1, 1), date(2027, 2, 4), names * 2).days) == 400
    with pytest.raises(InvalidInput):
        SummaryQuestion(FIRST, FIRST, (*names, "more"))


def test_unknown_names_are_named_and_known_ones_come_once_in_the_order_asked() -> None:
    known = {one.name: one for one in PARTS}
    with pytest.raises(UnknownMetric) as told:
        evolve(WEEK, names=("nope", "orders", "neither")).plan(known)
    assert told.value.names == ("nope", "neither")
    plan = evolve(WEEK, names=("revenue", "orders", "revenue")).plan(known)
    assert [one.name for one in plan.wanted] == ["revenue", "orders"]
    every = [one.name for one in WEEK.plan(known).wanted]
    assert every == ["active_users", "events", "orders", "revenue"]
    many = {f"m{number}": metric(f"m{number}", OverDays.SUM) for number in range(19)}
    with pytest.raises(InvalidInput):
        WEEK.plan(many)


def declare(known: tuple[MetricDefinition, ...], name: str, **said: Any) -> MetricDefinition:
    return declared(known, name, MetricDeclaration(**said), None, version=5, now=NOON)


@pytest.mark.parametrize("name", ["", "Revenue", "1st", "a,b", "a b", "ä", "a" * 65, "a\n", "a/b"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(InvalidFields) as told:
        declare((), name, over_days=OverDays.SUM)
    assert [(flaw.path, flaw.code) for flaw in told.value.flaws] == [(("metric_name",), "name")]


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"over_days": OverDays.RATIO}, {"numerator", "denominator"}),
        ({"over_days": OverDays.SUM, "numerator": "revenue"}, {"numerator"}),
        ({"over_days": OverDays.SUM, "unit": ""}, {"unit"}),
        ({"over_days": OverDays.SUM, "unit": "x" * 41}, {"unit"}),
        ({"over_days": OverDays.SUM, "description": "a\x00b"}, {"description"}),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(
    said: dict[str, Any], named: set[str]
) -> None:
    with pytest.raises(InvalidFields) as told:
        MetricDeclaration(**said)
    assert {flaw.path[0] for flaw in told.value.flaws} == named


@pytest.mark.parametrize("part", ["unheard_of", "rate", "order_value"])
def test_a_ratio_is_made_of_sums_alone(part: str) -> None:
    known = (*PARTS, metric("rate", OverDays.MEAN), RATIO)
    with pytest.raises(InvalidFields) as told:
        declare(known, "new", over_days=OverDays.RATIO, numerator="revenue", denominator=part)
    assert [(flaw.path, flaw.code) for flaw in told.value.flaws] == [
        (("denominator",), "not_a_sum")
    ]
    for name in BUILT_IN:
        declare(known, "new", over_days=OverDays.RATIO, numerator="revenue", denominator=name)


def test_a_part_of_a_ratio_stays_a_sum_and_a_built_in_metric_what_it_is() -> None:
    with pytest.raises(MetricInUse) as told:
        declare((*PARTS, RATIO), "orders", over_days=OverDays.MAX)
    assert told.value.ratios == ("order_value",)
    assert declare((*PARTS, RATIO), "orders", over_days=OverDays.SUM, unit="orders").version == 5
    with pytest.raises(MetricBuiltIn):
        declare((), "active_users", over_days=OverDays.SUM)


def test_saying_the_same_again_changes_nothing() -> None:
    assert declare(PARTS, "orders", over_days=OverDays.SUM) is PARTS[1]
    with pytest.raises(VersionMismatch):
        declared(PARTS, "orders", MetricDeclaration(OverDays.SUM), 9, version=5, now=NOON)


def test_there_is_an_end_to_declarations() -> None:
    known = tuple(metric(f"m{number}", OverDays.SUM) for number in range(500))
    with pytest.raises(InvalidFields):
        declare(known, "one_more", over_days=OverDays.SUM)
    assert declare(known, "m7", over_days=OverDays.MAX).over_days is OverDays.MAX


@given(values=st.lists(metric_values(), max_size=8), cut=st.integers(0, 8))
def test_recording_in_two_goes_is_recording_in_one(values: list[MetricValue], cut: int) -> None:
    once: dict[tuple[str, date], float] = {}
    twice: dict[tuple[str, date], float] = {}
    outcomes = recorded(once, values)
    assert recorded(twice, values[:cut]) + recorded(twice, values[cut:]) == outcomes
    assert once == twice
    again = recorded(once, [MetricValue(day, name, value) for (name, day), value in once.items()])
    assert set(again) <= {Outcome.UNCHANGED}


@pytest.mark.parametrize(
    ("day", "value", "path"),
    [
        (date(1969, 12, 31), 1.0, "date"),
        (date(2200, 1, 1), 1.0, "date"),
        (date(2026, 1, 1), 1.1e18, "value"),
        (date(2026, 1, 1), float("nan"), "value"),
        (date(2026, 1, 1), float("-inf"), "value"),
    ],
)
def test_a_value_that_cannot_be_is_named(day: date, value: float, path: str) -> None:
    with pytest.raises(InvalidFields) as told:
        MetricValue(day, "revenue", value)
    assert [flaw.path for flaw in told.value.flaws] == [(path,)]


def test_values_of_undeclared_and_computed_metrics_are_named() -> None:
    known = {one.name: one for one in (*PARTS, RATIO)}
    names = ["revenue", "nope", "order_value", "events"]
    flaws = undeclared_flaws(known, [MetricValue(FIRST, name, 1.0) for name in names])
    assert [(flaw.path, flaw.code) for flaw in flaws] == [
        (("metrics", 1, "metric_name"), "undeclared_metric"),
        (("metrics", 2, "metric_name"), "computed_metric"),
        (("metrics", 3, "metric_name"), "computed_metric"),
    ]


@given(counted=st.integers(0, 5), acknowledged=st.integers(0, 5))
def test_events_are_counted_or_pending_and_the_summary_says_how_many(
    counted: int, acknowledged: int
) -> None:
    plan = evolve(WEEK, names=("events",)).plan({})
    told = plan.summary("acme", {}, ComputedFigures({}, counted), acknowledged)
    assert told.as_of_position == counted
    assert told.pending_events is not None
    assert counted + told.pending_events == max(counted, acknowledged)
