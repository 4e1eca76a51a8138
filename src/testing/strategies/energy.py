"""Readings, series, site trees and questions about power."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from ...domain.energy import (
    Brand,
    Circuit,
    Demand,
    Location,
    Organization,
    PowerQuestion,
    PowerReading,
    PowerSeries,
    Sensor,
    Sites,
    circuit_id,
)
from ...domain.identifiers import BrandId, CircuitId, LocationId, OrganizationId, SensorId
from ...domain.windows import TimeWindow

#: Five minutes before a UTC midnight: a few steps cross a quarter hour, an hour and a day.
_START = datetime(2024, 3, 31, 23, 55, tzinfo=UTC)
_MIDNIGHT = _START + timedelta(minutes=5)
#: Seconds between points of the grid: below, at and above the nominal interval and the gap.
_STEPS = (30, 60, 90, 180, 181)

CIRCUITS = tuple(CircuitId(UUID(int=number)) for number in (1, 2, 3))
"""The circuits that generated questions are about."""


def power_instants() -> st.SearchStrategy[datetime]:
    """Instants on half minutes of 50 minutes around a midnight, most of them next to it.

    Some lie a millisecond beside the grid.
    """
    half_minutes = st.integers(0, 20) | st.integers(0, 100)
    beside = st.sampled_from((0, 0, 0, -1, 1))
    return st.builds(
        lambda steps, ms: _START + timedelta(seconds=30 * steps, milliseconds=ms),
        half_minutes,
        beside,
    )


def power_readings() -> st.SearchStrategy[PowerReading]:
    """Readings at `power_instants`, of few different powers."""
    watts = st.sampled_from((0, 1, 7, 100, 500_000, 100_000_000))
    return st.builds(PowerReading, power_instants(), watts)


def power_series() -> st.SearchStrategy[PowerSeries]:
    """Series of up to thirty readings whose gaps lie about the limits of the hold rule."""
    gaps = st.lists(st.sampled_from(_STEPS), max_size=30)
    return st.builds(_series, power_instants(), gaps)


def _series(start: datetime, gaps: list[int]) -> PowerSeries:
    readings, at = [], start
    for index, gap in enumerate(gaps):
        readings.append(PowerReading(at, (index * 37) % 11 * 100))
        at += timedelta(seconds=gap)
    return PowerSeries.of(readings)


def power_windows() -> st.SearchStrategy[TimeWindow]:
    """Windows between `power_instants`, of whole quarter hours, and of days around them."""
    bounds = st.lists(power_instants(), min_size=2, max_size=2, unique=True).map(sorted)
    near = bounds.map(lambda pair: TimeWindow(pair[0], pair[1]))
    quarters = st.tuples(st.integers(-3, 3), st.integers(1, 4)).map(
        lambda pair: TimeWindow(
            _MIDNIGHT + timedelta(minutes=15 * pair[0]),
            _MIDNIGHT + timedelta(minutes=15 * sum(pair)),
        )
    )
    days = st.tuples(st.integers(1, 3), st.integers(1, 3)).map(
        lambda days: TimeWindow(_START - timedelta(days=days[0]), _START + timedelta(days=days[1]))
    )
    return near | quarters | days


def power_questions() -> st.SearchStrategy[PowerQuestion]:
    """Questions about `CIRCUITS`: several windows, with and without demand and readings."""
    groups = st.sampled_from(
        ((CIRCUITS,), (CIRCUITS[:1], CIRCUITS[1:]), tuple((one,) for one in CIRCUITS))
    )
    return st.builds(
        PowerQuestion,
        st.just(CIRCUITS),
        st.lists(power_windows(), max_size=4).map(tuple),
        st.none() | st.builds(Demand, power_windows(), groups),
        st.none() | power_windows(),
    )


def sites() -> st.SearchStrategy[Sites]:
    """Site trees of a few records with ids of their own; some things have nothing below."""
    return st.builds(
        _sites,
        st.integers(0, 2),
        st.tuples(
            st.lists(st.integers(0, 1), max_size=3),
            st.lists(st.integers(0, 2), max_size=3),
            st.lists(st.integers(0, 2), max_size=3),
            st.lists(st.integers(0, 2), max_size=5),
        ),
        st.integers(1, 2),
    )


def _sites(
    count: int,
    parents: tuple[list[int], list[int], list[int], list[int]],
    generation: int,
) -> Sites:
    """A tree in which the numbers choose parents; what has none to choose is left out."""
    organizations, locations, sensors, circuits = parents
    brand_ids = [BrandId(UUID(int=100 + index)) for index in range(count)]
    made_organizations = [
        Organization(
            OrganizationId(UUID(int=200 + index)), brand_ids[parent], f"Org {generation}.{index}"
        )
        for index, parent in enumerate(organizations)
        if parent < len(brand_ids)
    ]
    made_locations = [
        Location(
            LocationId(UUID(int=300 + index)), made_organizations[parent].id, f"Loc {index % 2}"
        )
        for index, parent in enumerate(locations)
        if parent < len(made_organizations)
    ]
    made_sensors = [
        Sensor(
            SensorId(UUID(int=400 + index)),
            f"D{(index + generation) % 3}",
            f"Panel {index % 2}",
            made_locations[parent].id,
        )
        for index, parent in enumerate(sensors)
        if parent < len(made_locations)
    ]
    made_circuits = [
        Circuit(
            circuit_id(made_sensors[parent].id, index + 1),
            made_sensors[parent].id,
            f"C{generation}",
            index + 1,
        )
        for index, parent in enumerate(circuits)
        if parent < len(made_sensors)
    ]
    return Sites(
        tuple(Brand(one, f"Brand {generation}") for one in brand_ids),
        tuple(made_organizations),
        tuple(made_locations),
        tuple(made_sensors),
        tuple(made_circuits),
    )
