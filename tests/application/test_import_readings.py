from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.memory.power_readings import MemoryPowerReadingRepository
from sightline.adapters.memory.sites import MemorySiteRepository
from sightline.adapters.sample.energy import sample_sites
from sightline.application.check_readings import CheckReadings
from sightline.application.import_readings import ImportReadings
from sightline.application.import_sites import ImportSites
from sightline.application.read_sensor import ReadSensor
from sightline.application.report_power import ReportPower
from sightline.domain.energy import (
    AddressedReading,
    Level,
    PowerReading,
    PowerRequest,
    RefusedReadings,
)
from sightline.domain.errors import CircuitNotFound, SensorNotFound
from sightline.domain.identifiers import TenantId
from sightline.domain.windows import TimeWindow, timezone
from sightline.testing.strategies import power_readings

ACME, RIVAL = TenantId("acme"), TenantId("rival")
SITES = sample_sites()
PANEL = SITES.electric_sensors[0]
CIRCUIT = next(one for one in SITES.circuits if one.sensor_id == PANEL.id)
NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)


class House:
    """The use cases of energy on memory adapters."""

    def __init__(self) -> None:
        sites, readings = MemorySiteRepository(), MemoryPowerReadingRepository()
        self.import_sites = ImportSites(sites)
        self.check_readings = CheckReadings(sites)
        self.import_readings = ImportReadings(sites, readings)
        self.read_sensor = ReadSensor(sites)
        self.report_power = ReportPower(sites, readings)


@asynccontextmanager
async def _house() -> AsyncIterator[House]:
    house = House()
    await house.import_sites(ACME, SITES)
    yield house


def _request(length: timedelta) -> PowerRequest:
    window = TimeWindow(NOON, NOON + length)
    return PowerRequest(Level.CIRCUIT, CIRCUIT.id, window, None, timezone("UTC"), None)


def _addressed(readings: Sequence[PowerReading], duid: str, number: int) -> list[AddressedReading]:
    return [AddressedReading(duid, number, reading) for reading in readings]


async def test_readings_of_unknown_circuits_are_counted_by_reason_and_left_out() -> None:
    some = [PowerReading(NOON + timedelta(minutes=minute), 60) for minute in range(3)]
    batches = [
        [*_addressed(some, PANEL.duid, 1), *_addressed(some[:1], "nobody", 1)],
        [*_addressed(some[:2], PANEL.duid, 9), *_addressed(some[1:], "nobody", 1)],
    ]
    refused = (
        RefusedReadings("unknown_circuit", PANEL.duid, 9, 2),
        RefusedReadings("unknown_sensor", "nobody", 1, 3),
    )
    async with _house() as house:
        assert await house.check_readings(ACME, batches) == refused
        before = await house.report_power(ACME, _request(timedelta(hours=1)))
        assert (before.as_of, before.figures.readings) == (0, 0)
        told = await house.import_readings(ACME, batches)
        assert (told.kept, told.refused) == (3, refused)
        after = await house.report_power(ACME, _request(timedelta(hours=1)))
        assert (after.as_of, after.figures.readings) == (1, 3)


@given(readings=st.lists(power_readings(), max_size=8), cut=st.integers(0, 8))
async def test_an_import_that_broke_off_is_completed_by_repeating_it(
    readings: list[PowerReading], cut: int
) -> None:
    whole = _addressed(readings, PANEL.duid, 1)
    request = _request(timedelta(days=1))
    async with _house() as straight, _house() as broken:
        await straight.import_readings(ACME, [whole])
        await broken.import_readings(ACME, [whole[:cut]])
        await broken.import_readings(ACME, [whole])
        expected = (await straight.report_power(ACME, request)).figures
        assert (await broken.report_power(ACME, request)).figures == expected


async def test_a_tenant_imports_into_its_own_sites_alone() -> None:
    async with _house() as house:
        readings = _addressed([PowerReading(NOON, 5)], PANEL.duid, 1)
        told = await house.import_readings(RIVAL, [readings])
        assert (told.kept, told.refused[0].reason) == (0, "unknown_sensor")
        with pytest.raises(CircuitNotFound):
            await house.report_power(RIVAL, _request(timedelta(hours=1)))
        with pytest.raises(SensorNotFound):
            await house.read_sensor(RIVAL, PANEL.duid)
        assert await house.read_sensor(ACME, PANEL.duid) == await house.read_sensor(ACME, PANEL.id)
