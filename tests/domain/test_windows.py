import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidWindow, UnknownTimezone
from sightline.domain.windows import (
    EARLIEST,
    LATEST,
    Interval,
    TimeWindow,
    add_months,
    buckets,
    calendar_next,
    calendar_start,
    floor,
    timezone,
)
from sightline.testing.strategies import intervals, zones

CASES = json.loads((Path(__file__).parents[1] / "data" / "time_buckets.json").read_text())
DAYS = [case for case in CASES if "start" in case["inputs"]]
FLOORS = [case for case in CASES if "floors" in case["expected"]]
CALENDAR = (Interval.DAY, Interval.WEEK, Interval.MONTH, Interval.QUARTER, Interval.YEAR)

#: Clock changes that break naive code: instants within a day of one of them are tried most.
CHANGES = {
    "America/New_York": "2025-03-09T07:00:00Z",
    "America/Sao_Paulo": "2018-11-04T03:00:00Z",
    "America/St_Johns": "2010-11-07T02:31:00Z",
    "America/Toronto": "1970-10-25T06:00:00Z",
    "America/Havana": "2024-11-03T05:00:00Z",
    "Africa/Monrovia": "1972-01-07T00:44:30Z",
    "Australia/Lord_Howe": "2025-04-05T15:00:00Z",
    "Asia/Kathmandu": "1985-12-31T18:30:00Z",
    "Pacific/Apia": "2011-12-30T10:00:00Z",
    "Pacific/Kwajalein": "1993-08-21T12:00:00Z",
    "Antarctica/Troll": "2024-03-31T01:00:00Z",
    "Europe/Dublin": "2024-10-27T01:00:00Z",
}


def moments() -> st.SearchStrategy[tuple[ZoneInfo, datetime]]:
    """A zone and an instant, mostly near one of its awkward clock changes."""
    near = st.builds(
        lambda name, minutes, seconds: (
            ZoneInfo(name),
            datetime.fromisoformat(CHANGES[name]) + timedelta(minutes=minutes, seconds=seconds),
        ),
        st.sampled_from(sorted(CHANGES)),
        st.integers(-130, 130).map(lambda quarters: 15 * quarters),
        st.sampled_from((-1, 0, 0, 1, 1800)),
    )
    anywhere = st.tuples(zones(), st.integers(0, int(LATEST.timestamp()) - 3 * 86_400)).map(
        lambda pair: (pair[0], datetime.fromtimestamp(pair[1], UTC))
    )
    return near | near | anywhere


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("case", DAYS, ids=lambda case: case["case"])
def test_buckets_of_the_reference_hold(case: Any) -> None:
    zone, inputs = timezone(case["inputs"]["timezone"]), case["inputs"]
    start = datetime.fromisoformat(inputs["start"]).replace(tzinfo=zone)
    end = datetime.fromisoformat(inputs["end"]).replace(tzinfo=zone)
    told = buckets(TimeWindow(start, end), Interval(inputs["unit"]), zone)
    assert [(one.start, one.local_start.isoformat(), one.hours) for one in told] == [
        (_instant(one["start"]), one["local"], one["hours"]) for one in case["expected"]["buckets"]
    ]


@pytest.mark.parametrize("case", FLOORS, ids=lambda case: case["case"])
def test_floors_of_the_reference_hold(case: Any) -> None:
    zone = timezone(case["inputs"]["timezone"])
    for text, expected in zip(case["inputs"]["instants"], case["expected"]["floors"], strict=True):
        at = _instant(text)
        assert floor(at, Interval.DAY, zone) == _instant(expected["day"])
        assert floor(at, Interval.MONTH, zone) == _instant(expected["month"])
        year, week, weekday = floor(at, Interval.WEEK, zone).astimezone(zone).isocalendar()
        assert (f"{year}-W{week:02}", weekday) == (expected["iso_week"], 1)
        hour = floor(at, Interval.HOUR, zone).astimezone(zone)
        assert hour.hour == expected["local_hour"]
        offset = hour.utcoffset()
        assert offset is not None
        assert offset.total_seconds() == expected["utc_offset_s"]


def test_the_other_cases_of_the_reference_hold() -> None:
    rest = {case["case"]: case for case in CASES if case not in DAYS and case not in FLOORS}
    half_open = rest.pop("half_open")
    at = _instant(half_open["inputs"]["instant"])
    assert floor(at, Interval.HOUR, ZoneInfo("UTC")) == _instant(
        half_open["expected"]["bucket_start"]
    )
    case = rest.pop("floor_day_no_midnight_America/Sao_Paulo")
    zone = timezone(case["inputs"]["timezone"])
    for text, day in zip(case["inputs"]["instants"], case["expected"]["day"], strict=True):
        assert floor(_instant(text), Interval.DAY, zone) == _instant(day)
    assert not rest


@given(moment=moments(), interval=intervals())
@example(moment=(ZoneInfo("Pacific/Apia"), _instant("2011-12-30T10:00:00Z")), interval=Interval.DAY)
def test_every_instant_lies_in_the_one_bucket_that_its_floor_begins(
    moment: tuple[ZoneInfo, datetime], interval: Interval
) -> None:
    zone, at = moment
    start = floor(at, interval, zone)
    assert start <= at
    assert floor(start, interval, zone) == start
    (bucket,) = buckets(TimeWindow(at, at + timedelta(microseconds=1)), interval, zone)
    assert bucket.start == start
    assert bucket.start <= at < bucket.end
    assert bucket.hours == (bucket.end - bucket.start) / timedelta(hours=1)
    assert bucket.local_start.astimezone(UTC) == start  # == is never true in a repeated hour
    last = bucket.end - timedelta(microseconds=1)
    assert floor(last, interval, zone) == start
    assert floor(bucket.end, interval, zone) == bucket.end


@given(moment=moments(), interval=intervals(), hours=st.integers(1, 60))
def test_buckets_follow_each_other_and_cover_the_window(
    moment: tuple[ZoneInfo, datetime], interval: Interval, hours: int
) -> None:
    zone, start = moment
    window = TimeWindow(start, start + timedelta(hours=hours))
    told = buckets(window, interval, zone)
    assert told[0].start <= window.start < told[0].end
    assert told[-1].start < window.end <= told[-1].end
    assert all(one.end == then.start for one, then in pairwise(told))
    assert all(one.hours > 0 for one in told)
    length = sum((one.end - one.start for one in told), timedelta())
    assert length == told[-1].end - told[0].start


@given(moment=moments(), interval=st.sampled_from(CALENDAR))
def test_a_calendar_bucket_begins_its_local_period(
    moment: tuple[ZoneInfo, datetime], interval: Interval
) -> None:
    zone, at = moment
    start = floor(at, interval, zone).astimezone(zone)
    before = (start.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone)
    label = calendar_start(start.date(), interval)
    assert calendar_start(before.date(), interval) < label or before.date() > start.date()
    assert label <= at.astimezone(zone).date() or _set_back_over_midnight(zone, at, start)


def _set_back_over_midnight(zone: ZoneInfo, at: datetime, start: datetime) -> bool:
    """Whether the clock showed yesterday again after today had begun."""
    return at - start < timedelta(hours=2) and at.astimezone(zone).date() < start.date()


@given(moment=moments(), interval=intervals())
def test_days_roll_up_into_longer_buckets_of_the_same_zone(
    moment: tuple[ZoneInfo, datetime], interval: Interval
) -> None:
    zone, at = moment
    if interval in {Interval.HOUR, Interval.QUARTER_HOUR}:
        return
    day = floor(at, Interval.DAY, zone)
    assert floor(day, interval, zone) == floor(at, interval, zone)


@given(seconds=st.integers(0, int(LATEST.timestamp()) - 1), interval=intervals())
def test_utc_has_no_clock_changes(seconds: int, interval: Interval) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    (bucket,) = buckets(TimeWindow(at, at + timedelta(microseconds=1)), interval, ZoneInfo("UTC"))
    hours = {"quarter_hour": 0.25, "hour": 1.0, "day": 24.0, "week": 168.0}
    if interval in hours:
        assert bucket.hours == hours[interval]
    assert bucket.hours % 24 == 0 or interval in {"quarter_hour", "hour"}


@given(moment=moments())
def test_quarter_hours_lie_within_hours_and_hours_within_days(
    moment: tuple[ZoneInfo, datetime],
) -> None:
    zone, at = moment
    quarter, hour = floor(at, Interval.QUARTER_HOUR, zone), floor(at, Interval.HOUR, zone)
    assert floor(at, Interval.DAY, zone) <= hour <= quarter <= at
    assert at - quarter < timedelta(minutes=15)
    assert at - hour < timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2025-03-09", 23.0),
        ("America/New_York", "2025-11-02", 25.0),
        ("Australia/Lord_Howe", "2025-04-06", 24.5),
        ("Australia/Lord_Howe", "2025-10-05", 23.5),
        ("America/Sao_Paulo", "2018-11-04", 23.0),
        ("America/St_Johns", "2010-11-06", 24.0),
        ("America/St_Johns", "2010-11-07", 25.0),
        ("America/Toronto", "1970-10-25", 25.0),
        ("Pacific/Apia", "2011-12-29", 24.0),
        ("Pacific/Apia", "2011-12-31", 24.0),
        ("Asia/Kathmandu", "2025-01-01", 24.0),
    ],
)
def test_days_with_a_clock_change_have_their_own_length(zone: str, day: str, hours: float) -> None:
    noon = datetime.fromisoformat(day + "T12:00").replace(tzinfo=ZoneInfo(zone))
    (bucket,) = buckets(TimeWindow(noon, noon + timedelta(minutes=1)), Interval.DAY, ZoneInfo(zone))
    assert bucket.hours == hours
    assert bucket.local_start.date() == date.fromisoformat(day)


def test_the_day_that_apia_skipped_has_no_bucket() -> None:
    zone = ZoneInfo("Pacific/Apia")
    window = TimeWindow(_instant("2011-12-28T10:00:00Z"), _instant("2012-01-01T09:59:00Z"))
    labels = [one.local_start.date().isoformat() for one in buckets(window, Interval.DAY, zone)]
    assert labels == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]


def test_hours_of_lord_howe_are_cut_where_the_clock_changes_by_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    start = _instant("2025-04-05T14:00:00Z")
    told = buckets(TimeWindow(start, start + timedelta(hours=3)), Interval.HOUR, zone)
    assert [(one.local_start.isoformat()[11:], one.hours) for one in told] == [
        ("01:00:00+11:00", 1.0),
        ("01:30:00+10:30", 0.5),
        ("02:00:00+10:30", 1.0),
        ("03:00:00+10:30", 1.0),
    ]


def test_at_st_johns_a_minute_after_midnight_the_day_before_does_not_come_back() -> None:
    zone = ZoneInfo("America/St_Johns")
    again = _instant("2010-11-07T02:45:00Z")  # the clock shows 2010-11-06 23:15 once more
    assert again.astimezone(zone).date() == date(2010, 11, 6)
    assert floor(again, Interval.DAY, zone) == _instant("2010-11-07T02:30:00Z")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "UTC\x00", "x" * 300, "/"])
def test_a_zone_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(UnknownTimezone):
        timezone(name)


@pytest.mark.parametrize(
    ("start", "end", "path", "code"),
    [
        (datetime(2025, 1, 1), EARLIEST, "start", "naive"),  # noqa: DTZ001
        (EARLIEST, datetime(2025, 1, 1), "end", "naive"),  # noqa: DTZ001
        (EARLIEST, EARLIEST, "end", "reversed"),
        (LATEST, EARLIEST, "end", "reversed"),
        (EARLIEST - timedelta(seconds=1), LATEST, "start", "out_of_range"),
        (EARLIEST, LATEST + timedelta(seconds=1), "end", "out_of_range"),
        (datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo")), LATEST, "start", "out_of_range"),
        (EARLIEST, datetime.max.replace(tzinfo=ZoneInfo("America/Adak")), "end", "out_of_range"),
    ],
)
def test_a_window_that_cannot_be_is_refused(
    start: datetime, end: datetime, path: str, code: str
) -> None:
    with pytest.raises(InvalidWindow) as caught:
        TimeWindow(start, end)
    assert [(flaw.path, flaw.code) for flaw in caught.value.flaws] == [((path,), code)]


@given(moment=moments())
def test_a_window_holds_its_start_and_not_its_end(moment: tuple[ZoneInfo, datetime]) -> None:
    _, start = moment
    window = TimeWindow(start, start + timedelta(seconds=1))
    assert start in window
    assert window.end not in window
    assert window.seconds == 1


@given(day=st.dates(date(1970, 1, 1), date(2199, 12, 31)), months=st.integers(-12, 400))
def test_adding_months_is_counting_them(day: date, months: int) -> None:
    first = day.replace(day=1)
    later = add_months(first, months)
    assert (later.year * 12 + later.month) - (first.year * 12 + first.month) == months
    assert later.day == 1


@given(day=st.dates(date(1970, 1, 1), date(2199, 12, 31)), interval=st.sampled_from(CALENDAR))
def test_calendar_periods_hold_each_day_once(day: date, interval: Interval) -> None:
    start = calendar_start(day, interval)
    assert start <= day < calendar_next(start, interval)
    assert calendar_start(calendar_next(start, interval), interval) == calendar_next(
        start, interval
    )


def test_buckets_at_the_ends_of_the_range_are_found() -> None:
    for name in CHANGES:
        zone = ZoneInfo(name)
        for at in (EARLIEST, LATEST - timedelta(microseconds=1)):
            for interval in Interval:
                (bucket,) = buckets(TimeWindow(at, at + timedelta(microseconds=1)), interval, zone)
                assert bucket.start <= at < bucket.end
