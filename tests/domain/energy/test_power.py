import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.energy import (
    HOLD,
    QUARTER_HOUR_MS,
    HoldRule,
    PowerReading,
    PowerSeries,
    PowerSummary,
    coincidence,
    instant,
    merged,
    milliseconds,
    quarter_hours,
    summary,
    trapezoid,
    whole_quarter_hours,
)
from sightline.domain.errors import InvalidInput
from sightline.domain.windows import TimeWindow
from sightline.testing.strategies import power_readings, power_series, power_windows

CASES = {
    case["case"]: case
    for case in json.loads((Path(__file__).parents[2] / "data" / "power.json").read_text())
}
SINGLE = [name for name, case in CASES.items() if "readings" in case["inputs"]]
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def _minutes(watts: Sequence[float], start: datetime = NOON) -> PowerSeries:
    return PowerSeries.of(
        PowerReading(start + timedelta(minutes=index), int(one)) for index, one in enumerate(watts)
    )


def _window(minutes: float, start: datetime = NOON) -> TimeWindow:
    return TimeWindow(start, start + timedelta(minutes=minutes))


def _shifted(series: PowerSeries, by_ms: int) -> PowerSeries:
    return PowerSeries(tuple(at + by_ms for at in series.at_ms), series.watts)


def _walk(series: PowerSeries, window: TimeWindow, rule: HoldRule = HOLD) -> list[int | None]:
    """The power held at every millisecond: slow and obviously right."""
    start, end = milliseconds(window.start), milliseconds(window.end)
    powers: list[int | None] = []
    for now in range(start, end):
        before = [at for at in series.at_ms if at <= now]
        after = [at for at in series.at_ms if at > now]
        power = None
        if before:
            last = before[-1]
            bridged = bool(after) and after[0] - last <= rule.max_gap_ms
            if bridged or now < last + rule.nominal_ms:
                power = series.watts[series.at_ms.index(last)]
        powers.append(power)
    return powers


@pytest.mark.parametrize("name", SINGLE)
def test_reference_cases_of_one_circuit_hold(name: str) -> None:
    inputs, expected = CASES[name]["inputs"], CASES[name]["expected"]
    assert all(float(watts).is_integer() for _, watts in inputs["readings"])
    series = PowerSeries.of(
        PowerReading(datetime.fromisoformat(at), int(watts)) for at, watts in inputs["readings"]
    )
    window = TimeWindow(
        datetime.fromisoformat(inputs["window_start"]), datetime.fromisoformat(inputs["window_end"])
    )
    rule = HoldRule(inputs["nominal_interval_s"] * 1000, inputs["max_gap_s"] * 1000)
    told = summary(series, window, rule)
    energy, covered = trapezoid(series, window, rule)
    assert told.readings == expected["readings"]
    assert told.sum_of_readings_w == expected["sum_of_readings"]
    assert told.peak_w == expected["peak_w"]
    assert {
        "mean_of_readings": told.sum_of_readings_w / told.readings,
        "energy_wh_hold": told.energy_watt_ms / 3_600_000,
        "covered_s_hold": told.covered_ms / 1000,
        "mean_power_hold": told.energy_watt_ms / told.covered_ms,
        "energy_wh_trapezoid": float(energy / 3_600_000),
        "covered_s_trapezoid": covered / 1000,
        "mean_power_trapezoid": float(energy / covered),
        "coverage": told.covered_ms / 1000 / window.seconds,
        "load_factor": told.energy_watt_ms / told.covered_ms / (told.peak_w or 0),
    } == pytest.approx(
        {
            name: expected[name]
            for name in (
                "mean_of_readings",
                "energy_wh_hold",
                "covered_s_hold",
                "mean_power_hold",
                "energy_wh_trapezoid",
                "covered_s_trapezoid",
                "mean_power_trapezoid",
                "coverage",
                "load_factor",
            )
        },
        rel=CASES[name]["tolerance"],
    )


def test_every_reference_case_is_used() -> None:
    assert set(CASES) - set(SINGLE) == {"coincident_peak_and_factors", "demand_15_minute"}


def test_the_coincident_peak_of_the_reference_holds() -> None:
    case: Any = CASES["coincident_peak_and_factors"]
    circuits = [_minutes(watts) for watts in case["inputs"]["circuits"].values()]
    told = coincidence(circuits, _window(6))
    assert told.peak_w == case["expected"]["coincident_peak"]
    assert told.covered_ms == 6 * 60_000
    peaks = [summary(one, _window(6)).peak_w or 0 for one in circuits]
    assert sum(peaks) == case["expected"]["non_coincident_peak_sum"]


def test_the_demand_of_the_reference_holds() -> None:
    case: Any = CASES["demand_15_minute"]
    series = _minutes(case["inputs"]["minute_totals"])
    told = quarter_hours(series, milliseconds(NOON) // QUARTER_HOUR_MS, 4)
    demand = [energy / QUARTER_HOUR_MS for energy in told.energies]
    assert demand == pytest.approx(case["expected"]["demand_w"], rel=1e-9)


@given(
    series=st.lists(st.integers(0, 12), max_size=6, unique=True),
    watts=st.lists(st.integers(0, 9), min_size=6, max_size=6),
    bounds=st.lists(st.integers(0, 14), min_size=2, max_size=2, unique=True),
)
def test_the_summary_agrees_with_a_walk_over_every_instant(
    series: list[int], watts: list[int], bounds: list[int]
) -> None:
    rule = HoldRule(nominal_ms=2, max_gap_ms=4)
    start = milliseconds(NOON)
    held = PowerSeries.of(
        PowerReading(instant(start + at), one) for at, one in zip(series, watts, strict=False)
    )
    window = TimeWindow(instant(start + min(bounds)), instant(start + max(bounds)))
    powers = _walk(held, window, rule)
    known = [power for power in powers if power is not None]
    told = summary(held, window, rule)
    assert told.energy_watt_ms == sum(known)
    assert told.covered_ms == len(known)
    assert told.peak_w == max(known, default=None)
    both = coincidence([held, held], window, rule)
    assert both.peak_w == (None if not known else 2 * max(known))
    assert both.covered_ms == len(known)


@given(series=power_series(), window=power_windows(), cut=st.floats(0, 1))
def test_splitting_a_window_adds_up(series: PowerSeries, window: TimeWindow, cut: float) -> None:
    start, end = milliseconds(window.start), milliseconds(window.end)
    middle = start + round((end - start) * cut)
    assume(start < middle < end)
    first = summary(series, TimeWindow(window.start, instant(middle)))
    second = summary(series, TimeWindow(instant(middle), window.end))
    assert first.merged(second) == summary(series, window)
    energy, covered = trapezoid(series, window)
    apart = [
        trapezoid(series, TimeWindow(window.start, instant(middle))),
        trapezoid(series, TimeWindow(instant(middle), window.end)),
    ]
    assert energy == sum(one for one, _ in apart)
    assert covered == sum(one for _, one in apart)


@given(series=power_series(), window=power_windows())
def test_mean_lies_between_the_extremes_and_coverage_inside_the_window(
    series: PowerSeries, window: TimeWindow
) -> None:
    told = summary(series, window)
    assert 0 <= told.covered_ms <= milliseconds(window.end) - milliseconds(window.start)
    assert (told.peak_w is None) == (told.covered_ms == 0)
    if told.peak_w is not None:
        assert min(series.watts) * told.covered_ms <= told.energy_watt_ms
        assert told.energy_watt_ms <= told.peak_w * told.covered_ms
    assert (told.readings > 0) <= (told.covered_ms > 0)


@given(series=power_series(), window=power_windows(), factor=st.integers(0, 9))
def test_energy_scales_with_power(series: PowerSeries, window: TimeWindow, factor: int) -> None:
    scaled = PowerSeries(series.at_ms, tuple(factor * watts for watts in series.watts))
    before, after = summary(series, window), summary(scaled, window)
    assert after.energy_watt_ms == factor * before.energy_watt_ms
    assert after.covered_ms == before.covered_ms


@given(series=power_series(), window=power_windows(), hours=st.integers(-500, 500))
def test_shifting_time_changes_nothing(series: PowerSeries, window: TimeWindow, hours: int) -> None:
    by = timedelta(hours=hours, milliseconds=1)
    moved = TimeWindow(window.start + by, window.end + by)
    shifted = _shifted(series, hours * 3_600_000 + 1)
    assert summary(shifted, moved) == summary(series, window)


@given(readings=st.lists(power_readings()), data=st.data())
def test_order_and_repeats_do_not_matter(readings: list[PowerReading], data: st.DataObject) -> None:
    latest = {one.at: one for one in readings}
    shuffled = data.draw(st.permutations(list(latest.values())))
    assert PowerSeries.of(readings) == PowerSeries.of(shuffled)
    assert PowerSeries.of(shuffled).updated(shuffled) == PowerSeries.of(shuffled)
    at = PowerSeries.of(readings).at_ms
    assert all(earlier < later for earlier, later in pairwise(at))


@given(series=power_series(), window=power_windows(), data=st.data())
def test_a_reading_equal_to_the_held_value_changes_no_energy(
    series: PowerSeries, window: TimeWindow, data: st.DataObject
) -> None:
    bridged = [
        (at, then, watts)
        for (at, then), watts in zip(pairwise(series.at_ms), series.watts, strict=False)
        if 1 < then - at <= HOLD.max_gap_ms
    ]
    assume(bridged)
    at, then, watts = data.draw(st.sampled_from(bridged))
    more = series.joined({data.draw(st.integers(at + 1, then - 1)): watts})
    before, after = summary(series, window), summary(more, window)
    assert (after.energy_watt_ms, after.covered_ms) == (before.energy_watt_ms, before.covered_ms)


@given(
    parts=st.lists(st.builds(PowerSummary, *[st.integers(0, 9)] * 4, st.none() | st.integers(0, 9)))
)
def test_merging_is_a_sum_in_any_order(parts: list[PowerSummary]) -> None:
    total = merged([])
    for part in parts:
        total = part.merged(total)
    assert total == merged(parts) == merged([merged([]), *reversed(parts)])


@given(series=power_series(), window=power_windows())
def test_quarter_hours_are_the_summaries_of_their_windows(
    series: PowerSeries, window: TimeWindow
) -> None:
    numbers = whole_quarter_hours(window)
    told = quarter_hours(series, numbers.start, len(numbers))
    for place, number in enumerate(numbers):
        start = instant(number * QUARTER_HOUR_MS)
        quarter = TimeWindow(start, start + timedelta(minutes=15))
        assert told.summary(place, place + 1) == summary(series, quarter)
        assert window.start <= quarter.start
        assert quarter.end <= window.end


@given(series=st.lists(power_series(), max_size=3), window=power_windows())
def test_the_coincident_peak_is_at_most_the_sum_of_the_peaks(
    series: list[PowerSeries], window: TimeWindow
) -> None:
    told = coincidence(series, window)
    apart = [summary(one, window) for one in series]
    assert (told.peak_w or 0) <= sum(one.peak_w or 0 for one in apart)
    assert (told.peak_w or 0) >= max((one.peak_w or 0 for one in apart), default=0)
    assert told.covered_ms <= sum(one.covered_ms for one in apart)
    assert told.covered_ms >= max((one.covered_ms for one in apart), default=0)
    energy = sum(one.energy_watt_ms for one in apart)
    assert energy <= (told.peak_w or 0) * told.covered_ms


def test_a_reading_before_the_window_is_carried_in() -> None:
    series = _minutes([600])
    told = summary(series, _window(10, NOON + timedelta(seconds=30)))
    assert told == PowerSummary(600 * 30_000, 30_000, 0, 0, 600)


def test_a_gap_as_long_as_the_limit_is_bridged_and_a_longer_one_is_not() -> None:
    at_limit = PowerSeries((0, 180_000), (100, 0))
    beyond = PowerSeries((0, 180_001), (100, 0))
    window = TimeWindow(instant(0), instant(180_000))
    assert summary(at_limit, window).covered_ms == 180_000
    assert summary(beyond, window).covered_ms == 60_000


def test_the_trapezoid_rule_cuts_a_line_at_the_bounds_of_the_window() -> None:
    series = PowerSeries((0, 60_000), (0, 600))
    window = TimeWindow(instant(15_000), instant(45_000))
    assert trapezoid(series, window) == (Fraction(300 * 30_000), 30_000)


@pytest.mark.parametrize("watts", [-1, 100_000_001, 1.0, True, None, "5", 10**30])
def test_a_reading_has_whole_watts_in_range(watts: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        PowerReading(NOON, watts)
    assert caught.value.flaws[0].path == ("watts",)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2025, 3, 1), "naive"),  # noqa: DTZ001
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "out_of_range"),
        (datetime(2200, 1, 1, tzinfo=UTC), "out_of_range"),
        (datetime.max.replace(tzinfo=UTC), "out_of_range"),
    ],
)
def test_a_reading_has_an_instant_that_can_be(at: datetime, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        PowerReading(at, 1)
    assert caught.value.flaws[0].code == code


def test_an_instant_is_kept_in_utc_to_the_millisecond() -> None:
    berlin = datetime.fromisoformat("2025-03-01T13:00:00.123999+01:00")
    assert PowerReading(berlin, 1).at == datetime(2025, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    assert evolve(PowerReading(berlin, 1), watts=2).at.tzinfo is UTC


@pytest.mark.parametrize(("nominal", "gap"), [(0, 1), (-1, 1), (2, 1)])
def test_a_hold_rule_bridges_at_least_a_nominal_interval(nominal: int, gap: int) -> None:
    with pytest.raises(InvalidInput):
        HoldRule(nominal, gap)
