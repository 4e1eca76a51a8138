from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import islice
from uuid import UUID

from sightline.adapters.sample.energy import (
    MOST_SAMPLE_WATTS,
    SAMPLE_END,
    SAMPLE_START,
    SILENT_AT_THE_END,
    SILENT_FOR_A_DAY,
    sample_readings,
    sample_sites,
)
from sightline.domain.energy import AddressedReading, Level, scope_of

BRAND = UUID("11111111-1111-1111-1111-111111111111")
WEEK = 7 * 24 * 60


@cache
def _weeks() -> tuple[Sequence[AddressedReading], ...]:
    return tuple(sample_readings())


def _days(circuit: UUID) -> set[int]:
    (index,) = (at for at, one in enumerate(sample_sites().circuits) if one.id == circuit)
    return {(one.reading.at - SAMPLE_START).days for one in _weeks()[index]}


def test_the_tree_is_that_of_the_reference_data_set() -> None:
    sites = sample_sites()
    brand = scope_of(sites, Level.BRAND, BRAND)
    assert [len(some) for some in (sites.organizations, sites.locations)] == [3, 6]
    assert [len(some) for some in (sites.electric_sensors, sites.circuits)] == [12, 36]
    assert len(brand.circuits) == 36
    assert {one.circuit_number for one in sites.circuits} == {1, 2, 3}
    duids = {one.duid: (one.name, str(one.id)) for one in sites.electric_sensors}
    assert duids["5A09555751350906"] == ("Panel-2", "1f223a7e-cde6-4bf2-9cdb-281423841e7e")


def test_the_week_is_complete_but_for_gaps() -> None:
    counts = [len(week) for week in _weeks()]
    assert len(counts) == 36
    assert 0.9 * 36 * WEEK < sum(counts) < 36 * WEEK
    for week in _weeks():
        instants = [one.reading.at for one in week]
        assert instants[0] >= SAMPLE_START
        assert instants[-1] < SAMPLE_END
        assert len(set(instants)) == len(instants) < WEEK
        assert all(at.second == at.microsecond == 0 for at in instants)


def test_powers_follow_a_daily_rhythm_in_range() -> None:
    for week in _weeks():
        powers = [one.reading.watts for one in week]
        assert min(powers) >= 0
        assert max(powers) <= MOST_SAMPLE_WATTS
        hours: dict[int, list[int]] = {}
        for one in week:
            hours.setdefault(one.reading.at.hour, []).append(one.reading.watts)
        means = sorted(sum(some) / len(some) for some in hours.values())
        assert means[-1] > 1.2 * means[0]


def test_two_circuits_fall_silent() -> None:
    assert _days(SILENT_FOR_A_DAY) == {0, 1, 3, 4, 5, 6}
    assert _days(SILENT_AT_THE_END) == {0, 1, 2, 3, 4}
    last = SAMPLE_END - timedelta(days=2)
    assert any(one.reading.at >= last for one in _weeks()[0])


def test_the_same_seed_gives_the_same_readings() -> None:
    assert list(islice(sample_readings(5), 2)) == list(islice(sample_readings(5), 2))
    assert next(sample_readings(5)) != next(sample_readings(6))
