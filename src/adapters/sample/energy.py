"""Sample sites and readings: 36 circuits, one week by the minute. Not real; from a seed.

The tree and its given ids are those of the reference data set. Every circuit draws
a daily rhythm of its own with noise; some minutes are missing, one circuit is
silent for a day, one never reports in the last two days.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import pi, sin
from random import Random
from uuid import UUID

from ...domain.energy import (
    AddressedReading,
    Brand,
    Circuit,
    Location,
    Organization,
    PowerReading,
    Sensor,
    Sites,
    circuit_id,
)
from ...domain.identifiers import BrandId, CircuitId, LocationId, OrganizationId, SensorId

SAMPLE_START = datetime(2024, 4, 1, tzinfo=UTC)
SAMPLE_END = SAMPLE_START + timedelta(days=7)
MOST_SAMPLE_WATTS = 500_000

_MINUTES = 7 * 24 * 60
_BRAND = BrandId(UUID("11111111-1111-1111-1111-111111111111"))
_ORGANIZATIONS = {
    "East Franchise": "955c3c4d-3a03-4d79-9655-3871f5ad999d",
    "Central Franchise": "719aeacd-dc94-4476-874b-0d178d8c0c48",
    "West Franchise": "eac7fee9-07d9-4882-93f5-14f11d3f7b89",
}
#: organization, location, its id, then device id and id of Panel-1 and of Panel-2
_LOCATIONS = (
    (
        "East Franchise",
        "East-NYC",
        "ea125f67-6b94-4992-8eb9-d832ae026106",
        ("6D12E310B371FCB1", "785097c8-2b34-410a-a8ea-bcaf10791c45"),
        ("3E1C019A462D5B3C", "5e2e1545-e0d0-42a1-b177-983ebd4dce32"),
    ),
    (
        "East Franchise",
        "East-Boston",
        "3b1ae0b8-1886-476c-9147-18b9d0a4d846",
        ("9FD4E31C89A9433A", "ef08037f-e02e-424e-b630-7199c4d1b59d"),
        ("945923DE69EEC392", "908cf0e5-b350-493e-866d-4d4652468ada"),
    ),
    (
        "Central Franchise",
        "Central-Chicago",
        "8b91d138-3376-4ee2-b53e-07a73b5f095d",
        ("2B62D6A4301367AD", "26bfa2d8-b041-4775-9d51-0c22476756f5"),
        ("79EADDE31BF8F3AC", "2c77c21c-7deb-4ad5-a7d9-d501623817b2"),
    ),
    (
        "Central Franchise",
        "Central-Dallas",
        "fb7aa48f-d6c4-44cc-bb68-89529260c886",
        ("27A41104DFE32507", "459842e9-b637-476f-9214-cae25242e33a"),
        ("DD67F2DE418FF162", "86dfaee4-ef2f-4933-a7ba-943b1251acdd"),
    ),
    (
        "West Franchise",
        "West-LA",
        "afe3bacf-9d0d-4acd-b895-9947f58e23cb",
        ("F04504FF5C35B29D", "aabe5861-80bf-4244-b217-d2f67ade6682"),
        ("4C1A606F962FD437", "f5dc198d-25e0-4a02-bb29-06806f2ec0ff"),
    ),
    (
        "West Franchise",
        "West-SF",
        "079f2808-5770-44e6-b2d8-ee44bf76e3de",
        ("B89021ABCCC13085", "bdb8a6e9-045f-43bf-a8e1-cc7b0fde55aa"),
        ("5A09555751350906", "1f223a7e-cde6-4bf2-9cdb-281423841e7e"),
    ),
)

#: Reports nothing on the third day: a circuit of East-Boston.
SILENT_FOR_A_DAY = circuit_id(SensorId(UUID("ef08037f-e02e-424e-b630-7199c4d1b59d")), 2)
#: Reports nothing in the last two days: a circuit of West-SF.
SILENT_AT_THE_END = circuit_id(SensorId(UUID("1f223a7e-cde6-4bf2-9cdb-281423841e7e")), 3)


def sample_sites() -> Sites:
    """The brand with its 3 organizations, 6 locations, 12 sensors and 36 circuits."""
    sensors = tuple(
        Sensor(SensorId(UUID(identifier)), duid, f"Panel-{number}", LocationId(UUID(location)))
        for _, _, location, *panels in _LOCATIONS
        for number, (duid, identifier) in enumerate(panels, 1)
    )
    return Sites(
        (Brand(_BRAND, "DemoBrand"),),
        tuple(
            Organization(OrganizationId(UUID(identifier)), _BRAND, name)
            for name, identifier in _ORGANIZATIONS.items()
        ),
        tuple(
            Location(LocationId(UUID(location)), OrganizationId(UUID(_ORGANIZATIONS[whose])), name)
            for whose, name, location, *_ in _LOCATIONS
        ),
        sensors,
        tuple(
            Circuit(circuit_id(sensor.id, number), sensor.id, f"Circuit {number}", number)
            for sensor in sensors
            for number in (1, 2, 3)
        ),
    )


def sample_readings(seed: int = 2024) -> Iterator[Sequence[AddressedReading]]:
    """The week of readings in batches, one per circuit, made as they are asked for.

    The same seed gives the same readings; no circuit's depend on another's.
    """
    sites = sample_sites()
    duids = {sensor.id: sensor.duid for sensor in sites.electric_sensors}
    for circuit in sites.circuits:
        duid, number = duids[circuit.sensor_id], circuit.circuit_number
        week = _week(circuit.id, Random(f"{seed}:{circuit.id}"))
        yield [AddressedReading(duid, number, reading) for reading in week]


def _week(circuit: CircuitId, random: Random) -> Iterator[PowerReading]:
    base = random.uniform(5_000, 150_000)
    swing = random.uniform(0.2, 0.9) * base
    weekend = random.uniform(0.3, 1.0)
    peak_minute = random.randrange(11 * 60, 19 * 60)
    silent = _silent_minutes(circuit, random)
    load = 0.0
    for minute in range(_MINUTES):
        load = 0.95 * load + random.gauss(0, 0.02)  # a machine runs on for some minutes
        if minute in silent:
            continue
        share = weekend if minute >= 5 * 1440 else 1.0
        wave = sin(2 * pi * (minute - peak_minute) / 1440 + pi / 2)
        watts = round((base + swing * wave) * share * (1 + load))
        yield PowerReading(
            SAMPLE_START + timedelta(minutes=minute), min(max(watts, 0), MOST_SAMPLE_WATTS)
        )


def _silent_minutes(circuit: CircuitId, random: Random) -> set[int]:
    """Single minutes that the hold rule bridges, and a few longer gaps that it does not."""
    silent = {random.randrange(_MINUTES) for _ in range(20)}
    for _ in range(3):
        start = random.randrange(_MINUTES)
        silent.update(range(start, start + random.randrange(5, 90)))
    if circuit == SILENT_FOR_A_DAY:
        silent.update(range(2 * 1440, 3 * 1440))
    if circuit == SILENT_AT_THE_END:
        silent.update(range(5 * 1440, _MINUTES))
    return silent
