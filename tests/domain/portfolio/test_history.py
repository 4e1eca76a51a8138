"""Buckets of a property and its market: what they hold, what they leave empty."""

from datetime import UTC, date, datetime
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput, InvalidWindow
from sightline.domain.identifiers import MarketId
from sightline.domain.measures import CATALOGUE, PROPERTY_METRICS, Metric, OverTime
from sightline.domain.portfolio.benchmarks import (
    Confidence,
    MarketBenchmark,
    MonthlyBenchmark,
)
from sightline.domain.portfolio.history import (
    BUCKETS_PER_YEAR,
    HistoryRequest,
    MarketHistory,
    bucket_value,
    market_history,
    unusual_months,
)
from sightline.domain.portfolio.property import MonthlyRecord
from sightline.domain.windows import Interval, add_months
from sightline.testing.strategies import histories, market_benchmarks

LONG_AFTER = date(2030, 1, 1)
intervals = st.sampled_from(list(BUCKETS_PER_YEAR))
days = st.dates(date(2024, 6, 1), date(2026, 6, 1))


def history(
    interval: Interval,
    records: tuple[MonthlyRecord, ...],
    benchmark: MarketBenchmark | None,
    as_of: date = LONG_AFTER,
) -> MarketHistory:
    return market_history(HistoryRequest(interval), PROPERTY_METRICS, records, benchmark, as_of)


def market(values: dict[date, dict[Metric, float]]) -> MarketBenchmark:
    return MarketBenchmark(
        MarketId(1), "Chicago Loop Office", "Chicago", "Illinois", "office",
        frozenset(CATALOGUE),
        tuple(MonthlyBenchmark(month, inner) for month, inner in sorted(values.items())),
        87, 0.95, Confidence.HIGH, datetime(2025, 9, 3, tzinfo=UTC),
    )  # fmt: skip


@given(interval=intervals, start=days, end=days)
def test_buckets_cover_the_window_without_holes_and_no_more(
    interval: Interval, start: date, end: date
) -> None:
    start, end = min(start, end), max(start, end)
    request = HistoryRequest(interval, start, end)
    found = market_history(request, PROPERTY_METRICS, (), None, LONG_AFTER)
    buckets = found.metrics[0].buckets
    length = 12 // BUCKETS_PER_YEAR[interval]
    assert buckets[0].start <= start < buckets[0].end
    assert buckets[-1].start <= end < buckets[-1].end
    assert [bucket.end for bucket in buckets[:-1]] == [bucket.start for bucket in buckets[1:]]
    assert all(bucket.end == add_months(bucket.start, length) for bucket in buckets)
    assert (found.start, found.end) == (buckets[0].start, buckets[-1].end)


@given(interval=intervals, records=histories(), benchmark=market_benchmarks())
def test_every_month_is_in_one_bucket_and_nothing_is_invented(
    interval: Interval, records: tuple[MonthlyRecord, ...], benchmark: MarketBenchmark
) -> None:
    for shown in history(interval, records, benchmark).metrics:
        metric = shown.metric
        for bucket in shown.buckets:
            own = [
                value
                for record in records
                if bucket.start <= record.month < bucket.end
                and (value := record.value(metric)) is not None
            ]
            theirs = [
                row.values[metric]
                for row in benchmark.months
                if bucket.start <= row.month < bucket.end and metric in row.values
            ]
            assert (bucket.property_months, bucket.market_months) == (len(own), len(theirs))
            rule = CATALOGUE[metric].over_time
            for values, said in ((own, bucket.property_value), (theirs, bucket.market_value)):
                if not values:
                    assert said is None
                elif rule is OverTime.MEAN:
                    assert said == fmean(values)
                else:
                    assert said == values[-1]


@given(records=histories(), benchmark=market_benchmarks(), month=st.integers(1, 11))
def test_nothing_after_the_date_is_seen(
    records: tuple[MonthlyRecord, ...], benchmark: MarketBenchmark, month: int
) -> None:
    as_of = date(2025, month, 20)
    past = tuple(record for record in records if record.month <= as_of)
    seen = market({row.month: dict(row.values) for row in benchmark.months if row.month <= as_of})
    request = HistoryRequest(Interval.MONTH, date(2025, 1, 1), date(2025, 12, 1))
    whole = market_history(request, PROPERTY_METRICS, records, benchmark, as_of)
    assert whole == market_history(request, PROPERTY_METRICS, past, seen, as_of)


@given(records=histories(), benchmark=market_benchmarks(), interval=intervals)
def test_a_bucket_is_complete_when_the_data_of_both_reach_its_end(
    records: tuple[MonthlyRecord, ...], benchmark: MarketBenchmark, interval: Interval
) -> None:
    found = history(interval, records, benchmark)
    if not records or not benchmark.months:
        assert found.complete_until is None
    for bucket in found.metrics[0].buckets:
        reached = found.complete_until is not None and bucket.end <= found.complete_until
        assert bucket.complete == reached


def test_quarters_hold_the_last_the_mean_or_the_year_to_date() -> None:
    records = tuple(
        MonthlyRecord(
            date(2025, month, 1),
            occupancy_rate=90.0 + month,
            rent_per_sqft=None if month == 3 else 40.0 + month,
            renewal_rate=70.0 + month,
            lease_term_months=90.0 + month,
        )
        for month in (1, 2, 3, 4)
    )
    benchmark = market(
        {date(2025, month, 1): {Metric.OCCUPANCY_RATE: 80.0 + month} for month in range(1, 5)}
    )
    found = history(Interval.QUARTER, records, benchmark)
    first = {shown.metric: shown.buckets[-2] for shown in found.metrics}
    assert first[Metric.OCCUPANCY_RATE].property_value == 93.0
    assert first[Metric.OCCUPANCY_RATE].market_value == 83.0
    assert first[Metric.RENT_PER_SQFT].property_value == 42.0  # March has none
    assert first[Metric.RENT_PER_SQFT].property_months == 2
    assert first[Metric.RENEWAL_RATE].property_value == 73.0
    assert first[Metric.LEASE_TERM_MONTHS].property_value == 92.0
    assert first[Metric.TIME_TO_LEASE_DAYS].property_value is None
    complete = [bucket.complete for bucket in found.metrics[0].buckets[-2:]]
    assert complete == [True, False]
    assert found.complete_until == date(2025, 5, 1)


def test_a_year_to_date_rate_is_the_last_of_its_year_in_every_cut() -> None:
    records = tuple(
        MonthlyRecord(add_months(date(2024, 11, 1), at), renewal_rate=60.0 + at) for at in range(4)
    )
    found = market_history(
        HistoryRequest(Interval.YEAR, date(2024, 1, 1), date(2025, 12, 31)),
        [Metric.RENEWAL_RATE], records, None, LONG_AFTER,
    )  # fmt: skip
    assert [bucket.property_value for bucket in found.metrics[0].buckets] == [61.0, 63.0]


def test_incomplete_buckets_have_values_but_no_say_in_the_trend() -> None:
    months = [add_months(date(2024, 1, 1), at) for at in range(19)]
    records = tuple(MonthlyRecord(month, rent_per_sqft=40.0) for month in months)
    benchmark = market({month: {Metric.RENT_PER_SQFT: 38.0} for month in months})
    found = market_history(
        HistoryRequest(Interval.QUARTER, months[0]), [Metric.RENT_PER_SQFT],
        records, benchmark, LONG_AFTER,
    )  # fmt: skip
    shown = found.metrics[0]
    assert (len(shown.buckets), shown.trend.points) == (7, 6)
    assert shown.buckets[-1].property_value == 40.0


def test_an_impossible_market_month_is_a_gap() -> None:
    month = date(2025, 4, 1)
    benchmark = market({month: {Metric.OCCUPANCY_RATE: 187.4}})
    found = history(Interval.MONTH, (MonthlyRecord(month, occupancy_rate=90.0),), benchmark)
    assert found.metrics[0].buckets[-1].market_value is None


def test_without_a_start_the_last_three_years_are_shown() -> None:
    records = (MonthlyRecord(date(2025, 9, 1), occupancy_rate=90.0),)
    found = history(Interval.MONTH, records, None)
    assert (found.start, found.end) == (date(2022, 10, 1), date(2025, 10, 1))
    assert len(found.metrics[0].buckets) == 36


def test_a_start_after_all_data_shows_its_own_empty_bucket() -> None:
    request = HistoryRequest(Interval.YEAR, start=date(2027, 5, 1))
    found = market_history(request, PROPERTY_METRICS, (), None, date(2025, 9, 15))
    (bucket,) = found.metrics[0].buckets
    assert (bucket.start, bucket.property_value, bucket.complete) == (date(2027, 1, 1), None, False)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (date(2025, 2, 1), date(2025, 1, 31), "reversed"),
        (date(1969, 12, 31), date(1970, 1, 1), "out_of_range"),
        (date(2025, 1, 1), date(9999, 12, 31), "out_of_range"),
        (date(2015, 1, 1), date(2025, 1, 1), "too_long"),
    ],
)
def test_a_window_that_cannot_be_answered_is_refused(start: date, end: date, code: str) -> None:
    with pytest.raises(InvalidWindow) as refused:
        HistoryRequest(Interval.MONTH, start, end)
    assert refused.value.flaws[0].code == code


def test_an_open_window_that_grows_too_long_is_refused_too() -> None:
    with pytest.raises(InvalidWindow):
        market_history(HistoryRequest(Interval.MONTH, date(1990, 1, 1)), [], (), None, LONG_AFTER)


def test_days_are_no_interval_of_a_history() -> None:
    with pytest.raises(InvalidInput, match="month, quarter or year"):
        HistoryRequest(Interval.DAY)


def test_an_unusual_month_is_named_and_an_even_slope_has_none() -> None:
    even = {add_months(date(2024, 1, 1), at): 40.0 + 0.1 * at for at in range(12)}
    assert unusual_months(even) == ()
    odd = {**even, date(2024, 7, 1): 1900.0}
    assert unusual_months(odd) == (date(2024, 7, 1),)
    assert unusual_months(dict(list(odd.items())[3:8])) == ()


@given(values=st.lists(st.sampled_from([1.0, 2.0, 5.0]), max_size=4))
def test_a_bucket_holds_nothing_that_is_outside_its_months(values: list[float]) -> None:
    for rule in OverTime:
        found = bucket_value(values, rule)
        assert (found is None) == (not values)
        if found is not None:
            assert min(values) <= found <= max(values)
