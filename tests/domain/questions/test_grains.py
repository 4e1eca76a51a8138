"""Intervals of questions: whole, in order, by the local clock, whatever clocks do."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.questions import MOST_INTERVALS, Calendar, Grain, QuestionRange, WeekStart
from sightline.domain.windows import TimeWindow
from sightline.testing.strategies import zones

CASES = json.loads((Path(__file__).parents[2] / "data" / "time_buckets.json").read_text())
AXES = [case for case in CASES if "start" in case["inputs"]]
FLOORS = [case for case in CASES if "floors" in case["expected"]]

#: Days around which clocks or calendars jump.
JUMPS = ("2011-12-29", "2018-11-03", "2025-04-05", "2024-03-30", "2025-03-08", "2025-10-25")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def named(case: Any) -> str:
    return str(case["case"])


@pytest.mark.parametrize("case", AXES, ids=named)
def test_intervals_are_those_of_the_reference(case: Any) -> None:
    asked = case["inputs"]
    zone = ZoneInfo(asked["timezone"])
    last = datetime.fromisoformat(asked["end"]).date() - timedelta(days=1)
    window = QuestionRange(asked["start"], last.isoformat(), asked["timezone"]).window
    axis = Calendar(Grain(asked["unit"]), zone).axis(window)
    told = case["expected"]["buckets"]
    assert axis.starts == tuple(at(one["start"]) for one in told)
    assert [one.astimezone(zone).isoformat() for one in axis.starts] == [x["local"] for x in told]
    lengths = [(end - start) / timedelta(hours=1) for start, end in pairwise(axis.bounds)]
    assert lengths == [one["hours"] for one in told]


@pytest.mark.parametrize("case", FLOORS, ids=named)
def test_floors_are_those_of_the_reference(case: Any) -> None:
    zone = ZoneInfo(case["inputs"]["timezone"])
    for text, told in zip(case["inputs"]["instants"], case["expected"]["floors"], strict=True):
        assert Calendar(Grain.DAY, zone).floor(at(text)) == at(told["day"])
        assert Calendar(Grain.MONTH, zone).floor(at(text)) == at(told["month"])
        week = Calendar(Grain.WEEK, zone).floor(at(text)).astimezone(zone).isocalendar()
        assert f"{week.year}-W{week.week:02}" == told["iso_week"]
        assert week.weekday == 1
        hour = Calendar(Grain.HOUR, zone).floor(at(text)).astimezone(zone)
        assert (hour.hour, hour.minute) == (told["local_hour"], 0)


def test_a_day_without_a_midnight_begins_with_its_first_instant() -> None:
    (case,) = [one for one in CASES if one["case"].startswith("floor_day_no_midnight")]
    days = Calendar(Grain.DAY, ZoneInfo(case["inputs"]["timezone"]))
    assert [days.floor(at(one)) for one in case["inputs"]["instants"]] == [
        at(one) for one in case["expected"]["day"]
    ]


def test_an_instant_between_two_intervals_belongs_to_the_second() -> None:
    (case,) = [one for one in CASES if one["case"] == "half_open"]
    hours = Calendar(Grain(case["inputs"]["unit"]), ZoneInfo("UTC"))
    instant = at(case["inputs"]["instant"])
    assert hours.floor(instant) == at(case["expected"]["bucket_start"])
    axis = hours.axis(TimeWindow(instant - timedelta(hours=1), instant + timedelta(hours=1)))
    assert [axis.index(instant - timedelta(microseconds=1)), axis.index(instant)] == [0, 1]


def test_a_day_that_was_skipped_has_no_interval() -> None:
    apia = QuestionRange("2011-12-28", "2012-01-01", "Pacific/Apia")
    axis = Calendar(Grain.DAY, apia.zone).axis(apia.window)
    days = [one.astimezone(apia.zone).date().isoformat() for one in axis.starts]
    assert days == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]
    assert axis.bounds[-1] - axis.bounds[0] == timedelta(days=4)


def test_a_week_may_begin_on_sunday() -> None:
    window = TimeWindow(at("2026-03-04T00:00:00Z"), at("2026-03-09T00:00:00Z"))
    sunday = Calendar(Grain.WEEK, ZoneInfo("UTC"), WeekStart.SUNDAY).axis(window)
    monday = Calendar(Grain.WEEK, ZoneInfo("UTC")).axis(window)
    assert [one.date().isoformat() for one in sunday.bounds] == [
        "2026-03-01", "2026-03-08", "2026-03-15",
    ]  # fmt: skip
    assert [one.date().isoformat() for one in monday.bounds] == ["2026-03-02", "2026-03-09"]


@given(
    zone=zones(),
    day=st.sampled_from(JUMPS),
    minutes=st.integers(0, 5_000),
    grain=st.sampled_from(Grain),
    week_start=st.sampled_from(WeekStart),
)
@example(ZoneInfo("Australia/Lord_Howe"), "2025-04-05", 1_500, Grain.HOUR, WeekStart.MONDAY)
@example(ZoneInfo("Pacific/Apia"), "2011-12-29", 1_000, Grain.WEEK, WeekStart.SUNDAY)
def test_intervals_follow_one_another_and_hold_their_instants(
    zone: ZoneInfo, day: str, minutes: int, grain: Grain, week_start: WeekStart
) -> None:
    calendar = Calendar(grain, zone, week_start)
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    window = TimeWindow(start, start + timedelta(hours=30))
    axis = calendar.axis(window)
    assert list(axis.bounds) == sorted(set(axis.bounds))
    assert axis.bounds[0] <= window.start < axis.bounds[1]
    assert axis.bounds[-2] < window.end <= axis.bounds[-1]
    for begin, end in pairwise(axis.bounds):
        inside = (begin, begin + (end - begin) / 2, end - timedelta(microseconds=1))
        assert {calendar.floor(one) for one in inside} == {begin}
        assert calendar.following(begin) == end
    assert axis.index(window.start) == 0
    assert axis.index(axis.bounds[-1]) is None


@pytest.mark.parametrize("grain", Grain)
def test_more_intervals_than_anybody_reads_are_refused(grain: Grain) -> None:
    century = TimeWindow(at("1970-01-01T00:00:00Z"), at("2199-12-31T00:00:00Z"))
    if grain in {Grain.MONTH, Grain.QUARTER, Grain.YEAR}:
        assert len(Calendar(grain, ZoneInfo("UTC")).axis(century)) <= MOST_INTERVALS
        return
    with pytest.raises(InvalidFields, match=f"more than {MOST_INTERVALS} intervals"):
        Calendar(grain, ZoneInfo("UTC")).axis(century)
