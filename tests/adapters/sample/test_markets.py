from datetime import UTC, date, datetime

from sightline.adapters.sample.markets import (
    IMPERFECTIONS,
    LAST_MONTH,
    sample_benchmarks,
    sample_markets,
)
from sightline.domain.identifiers import MarketId

LOOP = sample_markets()[MarketId(1)]


def test_there_are_sixty_markets_with_names_of_their_own() -> None:
    markets = sample_markets()
    assert list(markets) == list(range(1, 61))
    assert len({market.name for market in markets.values()}) == 60


def test_market_one_is_the_one_of_the_contract() -> None:
    assert (LOOP.name, LOOP.city, LOOP.state) == ("Chicago Loop Office", "Chicago", "Illinois")
    assert (LOOP.sample_size, LOOP.data_quality, LOOP.confidence) == (87, 0.95, "high")
    assert LOOP.last_updated == datetime(2025, 9, 3, 14, 30, tzinfo=UTC)
    by_month = {row.month: row.values for row in LOOP.months}
    first = [by_month[date(2025, month, 1)] for month in (1, 2, 3)]
    assert [row["avg_rent_per_sqft"] for row in first] == [32.50, 33.10, 34.25]
    assert [row["avg_occupancy_rate"] for row in first] == [82.3, 83.1, 84.7]
    assert by_month[LAST_MONTH] == {
        "avg_rent_per_sqft": 38.20,
        "avg_occupancy_rate": 89.2,
        "renewal_rate": 75.2,
        "new_deal_rate": 24.8,
        "avg_lease_term_months": 92.0,
        "avg_time_to_lease_days": 108.0,
    }


def test_a_market_that_is_not_imperfect_has_sixty_whole_months() -> None:
    for number, market in sample_markets().items():
        if number not in IMPERFECTIONS:
            assert len(market.months) == 60
            assert market.months[-1].month == LAST_MONTH
            assert all(len(row.values) == 6 for row in market.months)


def test_months_ascend_without_repeats() -> None:
    for market in sample_markets().values():
        months = [row.month for row in market.months]
        assert months == sorted(set(months))


def test_what_is_impossible_is_set_aside_and_nothing_else() -> None:
    found = {
        benchmark.market: [value.reason for value in benchmark.quarantined]
        for benchmark in sample_benchmarks()
        if benchmark.quarantined
    }
    assert found == {29: ["negative"], 31: ["out_of_range"], 47: ["unit_suspect"]}
