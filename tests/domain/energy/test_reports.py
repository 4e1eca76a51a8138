import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.energy import (
    Level,
    PowerFigures,
    PowerPlan,
    PowerReading,
    PowerReport,
    PowerRequest,
    PowerSeries,
    Scope,
    ScopeRecord,
    Statistic,
    milliseconds,
    statistics_named,
    summary,
)
from sightline.domain.errors import InvalidWindow, UnknownStatistic
from sightline.domain.identifiers import CircuitId
from sightline.domain.windows import Interval, TimeWindow
from sightline.testing.strategies import intervals, power_series, power_windows, zones

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
EVERY = frozenset(Statistic)
CASES = json.loads((Path(__file__).parents[2] / "data" / "power.json").read_text())


def _circuit(number: int) -> Scope:
    record = ScopeRecord(Level.CIRCUIT, UUID(int=number), f"C{number}", (), "D1", number, 1)
    return Scope(record, (CircuitId(record.id),), ())


def _scope(level: Level, *children: Scope) -> Scope:
    circuits = tuple(circuit for child in children for circuit in child.circuits)
    record = ScopeRecord(level, UUID(int=99), "Somewhere", (), None, None, len(circuits))
    return Scope(record, circuits, children)


def _report(
    scope: Scope,
    series: Mapping[CircuitId, PowerSeries],
    window: TimeWindow,
    interval: Interval | None = None,
    *,
    zone: ZoneInfo = UTC_ZONE,
    statistics: frozenset[Statistic] | None = None,
) -> PowerReport:
    request = PowerRequest(scope.record.level, scope.record.id, window, interval, zone, statistics)
    plan = PowerPlan.of(request, scope)
    return plan.report(plan.question.reference(7, series))


def _minutes(*watts: int) -> PowerSeries:
    return PowerSeries.of(
        PowerReading(NOON + timedelta(minutes=index), one) for index, one in enumerate(watts)
    )


def _window(minutes: float) -> TimeWindow:
    return TimeWindow(NOON, NOON + timedelta(minutes=minutes))


def _three(*series: PowerSeries) -> tuple[Scope, dict[CircuitId, PowerSeries]]:
    circuits = [_circuit(number) for number in range(1, len(series) + 1)]
    readings = {one.circuits[0]: some for one, some in zip(circuits, series, strict=True)}
    return _scope(Level.LOCATION, *circuits), readings


def test_the_factors_of_the_reference_hold() -> None:
    case: Any = next(one for one in CASES if one["case"] == "coincident_peak_and_factors")
    expected = case["expected"]
    scope, series = _three(*(_minutes(*watts) for watts in case["inputs"]["circuits"].values()))
    told = _report(scope, series, _window(6), statistics=EVERY).figures
    assert told.coincident_peak_w == told.peak_w == expected["coincident_peak"]
    assert told.non_coincident_peak_w == expected["non_coincident_peak_sum"]
    assert told.sum_of_readings_w == expected["sum_of_readings"]
    assert told.coincidence_factor == pytest.approx(expected["coincidence_factor"], rel=1e-9)
    assert told.diversity_factor == pytest.approx(expected["diversity_factor"], rel=1e-9)
    assert told.load_factor == pytest.approx(expected["load_factor"], rel=1e-9)
    assert told.total_power_w == pytest.approx(expected["total_mean_power"], rel=1e-9)
    assert told.average_w_per_circuit == pytest.approx(
        expected["average_mean_power_per_circuit"], rel=1e-9
    )
    assert told.energy_kwh == pytest.approx(expected["energy_wh"] / 1000, rel=1e-9)


def test_the_peak_demand_of_the_reference_holds() -> None:
    case: Any = next(one for one in CASES if one["case"] == "demand_15_minute")
    totals = [int(watts) for watts in case["inputs"]["minute_totals"]]
    halves = [watts // 2 for watts in totals]
    rest = [watts - half for watts, half in zip(totals, halves, strict=True)]
    scope, series = _three(_minutes(*halves), _minutes(*rest))
    told = _report(scope, series, _window(60), Interval.QUARTER_HOUR)
    assert told.figures.peak_demand_w == case["expected"]["peak_demand_w"]
    demands = [bucket.figures.peak_demand_w for bucket in told.buckets]
    assert demands == pytest.approx(case["expected"]["demand_w"], rel=1e-9)
    mean = sum(case["expected"]["demand_w"]) / len(demands)
    assert told.figures.demand_load_factor == pytest.approx(mean / 600.0, rel=1e-9)


def test_averages_are_over_all_circuits_and_over_those_that_report() -> None:
    scope, series = _three(_minutes(100), _minutes(400), _minutes())
    told = _report(scope, series, _window(1)).figures
    assert told.total_power_w == 500
    assert told.average_w_per_circuit == pytest.approx(166.6667, abs=1e-4)
    assert told.average_w_per_reporting_circuit == 250
    assert (told.circuits, told.reporting_circuits) == (3, 2)
    assert told.coverage == pytest.approx(2 / 3)
    assert told.partial


def test_expected_and_missing_readings_are_counted_circuit_by_circuit() -> None:
    scope, series = _three(_minutes(1, 1, 1, 1), _minutes(1), _minutes())
    told = _report(scope, series, _window(3.5)).figures
    assert (told.readings, told.expected_readings, told.missing_readings) == (5, 9, 5)


@pytest.mark.parametrize("make", [lambda: _scope(Level.BRAND), lambda: _circuit(1)])
def test_a_scope_without_readings_has_coverage_zero_and_nulls(make: Callable[[], Scope]) -> None:
    told = _report(make(), {}, _window(30), Interval.QUARTER_HOUR, statistics=EVERY)
    for figures in (told.figures, *(bucket.figures for bucket in told.buckets)):
        assert {getattr(figures, name) for name in Statistic} == {None}
        assert (figures.coverage, figures.partial, figures.readings) == (0.0, True, 0)
    assert not told.complete


def test_zero_power_is_known_and_its_ratios_are_not_defined() -> None:
    told = _report(*_three(_minutes(0), _minutes(0)), _window(1), statistics=EVERY).figures
    assert (told.energy_kwh, told.total_power_w, told.peak_w) == (0.0, 0.0, 0)
    assert told.load_factor is told.coincidence_factor is told.diversity_factor is None


def test_the_demand_is_unknown_where_only_cut_quarter_hours_are_covered() -> None:
    series = {_circuit(1).circuits[0]: _minutes(*[60] * 10)}
    start = NOON + timedelta(minutes=5)
    window = TimeWindow(start, start + timedelta(minutes=40))
    told = _report(_circuit(1), series, window).figures
    assert told.energy_kwh == 0.005
    assert told.peak_demand_w is None


def test_by_default_nothing_is_told_that_needs_every_reading() -> None:
    scope, series = _three(_minutes(1, 2), _minutes(3, 4))
    of_several = _report(scope, series, _window(15))
    assert set(Statistic) - set(of_several.statistics) == {
        "peak_w",
        "load_factor",
        "coincident_peak_w",
        "coincidence_factor",
        "diversity_factor",
    }
    of_one = _report(_circuit(1), series, _window(15))
    assert {"peak_w", "load_factor"} < set(of_one.statistics)
    assert of_one.figures.peak_w == 2
    assert of_one.figures.coincident_peak_w is None
    years = TimeWindow(NOON - timedelta(days=401), NOON)
    assert "peak_demand_w" not in _report(scope, series, years).statistics


@given(wanted=st.frozensets(st.sampled_from(Statistic)))
def test_only_the_statistics_asked_for_are_told(wanted: frozenset[Statistic]) -> None:
    scope, series = _three(_minutes(*[5] * 15), _minutes(*[7] * 15))
    told = _report(scope, series, _window(15), statistics=wanted)
    everything = _report(scope, series, _window(15), statistics=EVERY)
    assert set(told.statistics) == wanted
    for statistic in Statistic:
        expected = getattr(everything.figures, statistic) if statistic in wanted else None
        assert getattr(told.figures, statistic) == expected
    assert told.figures.readings == everything.figures.readings


@given(
    series=st.lists(power_series(), min_size=3, max_size=3),
    window=power_windows(),
    interval=intervals(),
    zone=zones(),
)
def test_buckets_and_children_add_up(
    series: list[PowerSeries], window: TimeWindow, interval: Interval, zone: ZoneInfo
) -> None:
    scope, readings = _three(*series)
    told = _report(scope, readings, window, interval, zone=zone, statistics=EVERY)
    parts = (told.children, told.buckets)
    for names in ("readings", "expected_readings"):
        assert getattr(told.figures, names) == sum(
            getattr(child.figures, names) for child in told.children
        )
    for some in parts:
        energies = [one.figures.energy_kwh or 0.0 for one in some]
        assert math.fsum(energies) == pytest.approx(told.figures.energy_kwh or 0.0, abs=1e-9)
        sums = [one.figures.sum_of_readings_w or 0 for one in some]
        assert sum(sums) == (told.figures.sum_of_readings_w or 0)
    assert sum(bucket.hours for bucket in told.buckets) * 3600 == pytest.approx(window.seconds)
    assert [bucket.start for bucket in told.buckets[1:]] == [b.end for b in told.buckets[:-1]]
    assert told.buckets[0].start == told.start
    assert told.buckets[-1].end == told.end


@given(series=st.lists(power_series(), max_size=3), window=power_windows(), interval=intervals())
def test_every_figure_is_finite_and_every_ratio_in_its_range(
    series: list[PowerSeries], window: TimeWindow, interval: Interval
) -> None:
    told = _report(*_three(*series), window, interval, statistics=EVERY)
    for figures in (
        told.figures,
        *(child.figures for child in told.children),
        *(bucket.figures for bucket in told.buckets),
    ):
        _assert_sound(figures)
    assert told.complete == (told.figures.coverage == 1)
    assert told.as_of == 7


def _assert_sound(told: PowerFigures) -> None:
    numbers = [getattr(told, name) for name in Statistic]
    assert all(number is None or (math.isfinite(number) and number >= 0) for number in numbers)
    assert 0 <= told.coverage <= 1
    assert told.load_factor is None or 0 <= told.load_factor <= 1
    assert told.demand_load_factor is None or 0 <= told.demand_load_factor <= 1
    assert told.coincidence_factor is None or 0 <= told.coincidence_factor <= 1
    assert told.diversity_factor is None or told.diversity_factor >= 1
    if told.peak_w is not None and told.peak_demand_w is not None:
        assert told.peak_demand_w <= (told.non_coincident_peak_w or 0)
    assert told.missing_readings <= told.expected_readings
    assert told.reporting_circuits <= told.circuits


@given(series=st.lists(power_series(), min_size=2, max_size=3), window=power_windows())
def test_the_order_of_the_circuits_does_not_matter(
    series: list[PowerSeries], window: TimeWindow
) -> None:
    told = _report(*_three(*series), window, statistics=EVERY).figures
    turned = _report(*_three(*reversed(series)), window, statistics=EVERY).figures
    assert told == turned


@given(series=power_series(), window=power_windows())
def test_a_circuit_alone_is_a_location_of_one(series: PowerSeries, window: TimeWindow) -> None:
    scope, readings = _three(series)
    alone = _report(_circuit(1), readings, window, statistics=EVERY).figures
    assert _report(scope, readings, window, statistics=EVERY).figures == alone
    told = summary(series, window)
    assert (alone.peak_w, alone.readings) == (told.peak_w, told.readings)


def _request(
    length: timedelta,
    interval: Interval | None = None,
    statistics: frozenset[Statistic] | None = None,
) -> PowerRequest:
    window = TimeWindow(NOON, NOON + length)
    return PowerRequest(Level.BRAND, UUID(int=1), window, interval, UTC_ZONE, statistics)


@pytest.mark.parametrize(
    ("days", "interval", "statistics", "path"),
    [
        (401, Interval.HOUR, None, "end"),
        (401, Interval.QUARTER_HOUR, None, "end"),
        (105, Interval.QUARTER_HOUR, None, "interval"),
        (3_654, None, None, "end"),
        (3_654, Interval.YEAR, None, "end"),
        (401, None, {Statistic.PEAK_DEMAND_W}, "statistics"),
        (32, None, {Statistic.COINCIDENT_PEAK_W}, "statistics"),
        (32, Interval.DAY, {Statistic.DIVERSITY_FACTOR}, "statistics"),
    ],
)
def test_windows_that_are_too_long_are_refused(
    days: int, interval: Interval | None, statistics: set[Statistic] | None, path: str
) -> None:
    wanted = None if statistics is None else frozenset(statistics)
    with pytest.raises(InvalidWindow) as caught:
        _request(timedelta(days=days), interval, wanted).parts()
    assert caught.value.flaws[0].path == (path,)


@pytest.mark.parametrize(
    ("days", "interval", "statistics"),
    [
        (400, Interval.HOUR, None),
        (104, Interval.QUARTER_HOUR, None),
        (3_653, Interval.DAY, None),
        (3_653, None, None),
        (400, None, {Statistic.PEAK_DEMAND_W}),
        (31, None, {Statistic.COINCIDENT_PEAK_W}),
    ],
)
def test_windows_at_the_limit_are_taken(
    days: int, interval: Interval | None, statistics: set[Statistic] | None
) -> None:
    wanted = None if statistics is None else frozenset(statistics)
    assert len(_request(timedelta(days=days), interval, wanted).parts()) <= 10_000


def test_scopes_with_too_many_circuits_for_what_is_asked_are_refused() -> None:
    wide = _scope(Level.BRAND, *(_circuit(number) for number in range(1, 61)))
    with pytest.raises(InvalidWindow, match="circuits times days"):
        PowerPlan.of(_request(timedelta(days=21), None, frozenset({Statistic.PEAK_W})), wide)
    with pytest.raises(InvalidWindow, match="buckets times circuits"):
        PowerPlan.of(_request(timedelta(days=200), Interval.HOUR), wide)


def test_a_window_below_a_millisecond_is_refused() -> None:
    with pytest.raises(InvalidWindow):
        _request(timedelta(microseconds=999))
    assert _request(timedelta(microseconds=1_999)).window.seconds == 0.001


def test_unknown_statistics_are_named() -> None:
    with pytest.raises(UnknownStatistic) as caught:
        statistics_named(["energy_kwh", "watts", "joules"])
    assert caught.value.names == ("watts", "joules")
    assert caught.value.flaws[0].path == ("statistics",)


def test_buckets_carry_the_local_start_and_the_length_of_their_part() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    start = datetime(2025, 4, 5, 13, tzinfo=UTC)
    window = TimeWindow(start + timedelta(hours=1), start + timedelta(days=2))
    first, second = _report(_circuit(1), {}, window, Interval.DAY, zone=zone).buckets[:2]
    assert first.local_start.isoformat() == "2025-04-06T00:00:00+11:00"
    assert (first.start, first.hours) == (window.start, 23.5)
    assert second.local_start.isoformat() == "2025-04-07T00:00:00+10:30"
    assert milliseconds(second.start) == milliseconds(first.end)
