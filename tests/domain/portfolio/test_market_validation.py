import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.identifiers import MarketId
from sightline.domain.measures import CATALOGUE, Kind, Metric
from sightline.domain.portfolio.benchmarks import Confidence, MarketBenchmark, MonthlyBenchmark
from sightline.domain.portfolio.market_validation import believed, objection
from sightline.domain.windows import add_months

TODAY = date(2025, 9, 20)
RENT, OCCUPANCY = Metric.RENT_PER_SQFT, Metric.OCCUPANCY_RATE
TERM = Metric.LEASE_TERM_MONTHS

#: Figures of every kind of wrong, and right ones; few, so that series often agree.
FIGURES = (-1.0, 0.0, 0.5, 0.9, 3.0, 38.0, 40.0, 95.0, 1e5, math.nan, math.inf, -math.inf)


def benchmark(
    series: Mapping[Metric, list[float]], first: date = date(2025, 1, 1)
) -> MarketBenchmark:
    """A benchmark with these figures from a month on."""
    length = max((len(values) for values in series.values()), default=0)
    months = [
        MonthlyBenchmark(
            add_months(first, step),
            {metric: values[step] for metric, values in series.items() if step < len(values)},
        )
        for step in range(length)
    ]
    return MarketBenchmark(
        market=MarketId(1),
        name="Chicago Loop Office",
        city="Chicago",
        state="Illinois",
        market_type="office",
        metrics=frozenset(series),
        months=tuple(months),
        sample_size=87,
        data_quality=0.95,
        confidence=Confidence.HIGH,
        last_updated=datetime(2025, 9, 3, 14, 30, tzinfo=UTC),
    )


def told() -> st.SearchStrategy[MarketBenchmark]:
    """Answers with all kinds of figures; some months lie in the future."""
    figures = st.lists(st.sampled_from(FIGURES), max_size=5)
    series = st.dictionaries(st.sampled_from(list(CATALOGUE)), figures, min_size=1)
    first = st.sampled_from([date(2025, 1, 1), date(2025, 8, 1)])
    return st.builds(benchmark, series, first)


def figures(found: MarketBenchmark) -> set[tuple[Metric, date, float]]:
    return {(m, row.month, value) for row in found.months for m, value in row.values.items()}


def reasons(found: MarketBenchmark) -> set[tuple[Metric, date | None, str]]:
    return {(value.metric, value.month, value.reason) for value in found.quarantined}


@given(answer=told(), kept=st.none() | told().map(lambda found: believed(found, TODAY)))
def test_what_is_believed_can_be_true(
    answer: MarketBenchmark, kept: MarketBenchmark | None
) -> None:
    for metric, month, value in figures(believed(answer, TODAY, kept)):
        assert CATALOGUE[metric].lowest <= value <= CATALOGUE[metric].highest
        assert month <= TODAY + timedelta(days=1)


@given(answer=told(), kept=st.none() | told().map(lambda found: believed(found, TODAY)))
def test_every_figure_is_either_believed_or_listed(
    answer: MarketBenchmark, kept: MarketBenchmark | None
) -> None:
    found = believed(answer, TODAY, kept)
    listed = {(value.metric, value.month) for value in found.quarantined}
    for row in answer.months:
        left = found.months[answer.months.index(row)].values
        for metric, value in row.values.items():
            aside = (metric, row.month) in listed or (metric, None) in listed
            assert (metric in left) != aside
            assert metric not in left or left[metric] == value


@given(answer=told())
def test_what_was_believed_is_believed_again_beside_itself(answer: MarketBenchmark) -> None:
    found = believed(answer, TODAY)
    again = believed(evolve(found, quarantined=()), TODAY, found)
    magnitudes = {m for m in found.metrics if CATALOGUE[m].kind is Kind.MAGNITUDE}
    shifted = {m for m, month, _ in reasons(again) if month is None}
    assert not magnitudes & shifted


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (math.nan, "not_finite"),
        (math.inf, "not_finite"),
        (-0.1, "negative"),
        (100.1, "out_of_range"),
    ],
)
def test_one_impossible_figure_is_set_aside_and_the_rest_is_used(value: float, reason: str) -> None:
    found = believed(benchmark({OCCUPANCY: [89.2, value, 100.0, 0.0]}), TODAY)
    assert reasons(found) == {(OCCUPANCY, date(2025, 2, 1), reason)}
    assert [row.values.get(OCCUPANCY) for row in found.months] == [89.2, None, 100.0, 0.0]


def test_a_month_that_has_not_begun_is_set_aside() -> None:
    found = believed(benchmark({OCCUPANCY: [89.2, 90.0]}, date(2025, 9, 1)), TODAY)
    assert reasons(found) == {(OCCUPANCY, date(2025, 10, 1), "in_future")}


def test_fractions_in_place_of_percent_are_recognised() -> None:
    found = believed(benchmark({OCCUPANCY: [0.89, 0.9, 1.0]}), TODAY)
    assert reasons(found) == {(OCCUPANCY, None, "unit_suspect")}
    assert not figures(found)


def test_one_impossible_figure_does_not_hide_fractions() -> None:
    found = believed(benchmark({OCCUPANCY: [0.89, 1.874, 0.9]}), TODAY)
    assert not figures(found)


def test_a_market_that_stands_empty_is_not_taken_for_fractions() -> None:
    assert not believed(benchmark({OCCUPANCY: [0.0, 0.0]}), TODAY).quarantined


def test_monthly_rent_is_recognised_by_what_was_kept() -> None:
    kept = benchmark({RENT: [36.0, 37.2, 38.4]})
    found = believed(benchmark({RENT: [3.0, 3.1, 3.2]}), TODAY, kept)
    assert reasons(found) == {(RENT, None, "unit_suspect")}
    assert objection(found, kept) == "unit_suspect"


def test_new_months_alone_are_compared_with_all_that_was_kept() -> None:
    kept = benchmark({RENT: [36.0, 37.2, 38.4]}, date(2024, 1, 1))
    assert not believed(benchmark({RENT: [40.0, 41.0]}), TODAY, kept).quarantined
    assert believed(benchmark({RENT: [3.3, 3.4]}), TODAY, kept).quarantined


def test_one_month_in_another_unit_is_recognised_by_its_neighbours() -> None:
    found = believed(
        benchmark({RENT: [36.0, 37.0, 38.0, 3.2], OCCUPANCY: [88.0, 89.0, 0.9, 90.0]}), TODAY
    )
    assert reasons(found) == {
        (RENT, date(2025, 4, 1), "unit_suspect"),
        (OCCUPANCY, date(2025, 3, 1), "unit_suspect"),
    }


def test_beside_a_series_in_the_wrong_unit_no_other_magnitude_is_believed_unvouched() -> None:
    answer = benchmark({OCCUPANCY: [0.89, 0.9], RENT: [3.1, 3.2], TERM: [90.0, 92.0]})
    kept = benchmark({TERM: [90.0, 91.0]})
    assert {metric for metric, _, _ in figures(believed(answer, TODAY))} == set()
    assert {metric for metric, _, _ in figures(believed(answer, TODAY, kept))} == {TERM}


def test_newer_data_is_progress_and_older_data_is_not() -> None:
    kept = benchmark({RENT: [38.0]})
    newer = evolve(kept, last_updated=kept.last_updated + timedelta(days=1))
    assert objection(newer, kept) is None
    assert objection(kept, kept) is None
    assert objection(kept, newer) == "went_backwards"


def test_an_answer_without_any_figure_does_not_replace_one_that_has_some() -> None:
    kept = benchmark({RENT: [38.0]})
    assert objection(evolve(kept, months=()), kept) == "nothing_usable"
    assert objection(evolve(kept, months=()), None) is None


def test_a_series_lost_to_quarantine_is_an_objection_and_one_no_longer_offered_is_not() -> None:
    kept = benchmark({RENT: [38.0, 38.2], OCCUPANCY: [89.0, 89.2]})
    spoilt = believed(benchmark({RENT: [38.0, 38.2], OCCUPANCY: [8900.0, 8920.0]}), TODAY, kept)
    assert objection(spoilt, kept) == "out_of_range"
    assert reasons(spoilt) == {(OCCUPANCY, None, "out_of_range")}
    fewer = evolve(benchmark({RENT: [38.0, 38.2]}), metrics=kept.metrics)
    assert objection(fewer, kept) is None


def test_an_answer_of_nothing_but_suspects_is_an_objection_even_to_nothing() -> None:
    assert objection(believed(benchmark({OCCUPANCY: [0.89, 0.9]}), TODAY), None) == "unit_suspect"
