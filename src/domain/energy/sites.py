"""The site tree: brand, organization, location, electric sensor, circuit."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar
from uuid import UUID, uuid5

from attrs import Attribute, field, frozen

from ..errors import (
    BrandNotFound,
    CircuitNotFound,
    Conflict,
    Flaw,
    InvalidFields,
    InvalidInput,
    LocationNotFound,
    NotFound,
    OrganizationNotFound,
    SensorNotFound,
)
from ..identifiers import BrandId, CircuitId, LocationId, OrganizationId, SensorId

LONGEST_NAME = 200
LARGEST_CIRCUIT_NUMBER = 100_000
_DUID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}", re.ASCII)
_CIRCUITS = UUID("5f1e2c8a-7c53-5f0b-9a43-0d1f8a6f2b90")


class Level(StrEnum):
    """A level of the site tree, from the top."""

    BRAND = "brand"
    ORGANIZATION = "organization"
    LOCATION = "location"
    SENSOR = "electric_sensor"
    CIRCUIT = "circuit"

    def missing(self, identifier: object) -> NotFound:
        """The error that says that there is no such thing on this level."""
        return _MISSING[self](identifier)


_MISSING: Mapping[Level, Callable[[object], NotFound]] = {
    Level.BRAND: BrandNotFound,
    Level.ORGANIZATION: OrganizationNotFound,
    Level.LOCATION: LocationNotFound,
    Level.SENSOR: SensorNotFound,
    Level.CIRCUIT: CircuitNotFound,
}


def circuit_id(sensor: SensorId, number: int) -> CircuitId:
    """The stable id of a circuit that was given none: UUID version 5 of ``sensor:number``.

    >>> circuit_id(SensorId(UUID("785097c8-2b34-410a-a8ea-bcaf10791c45")), 1)
    UUID('62050da7-f4c9-542c-84cd-a7959326de1c')
    """
    return CircuitId(uuid5(_CIRCUITS, f"{sensor}:{number}"))


def _is_name(_owner: object, attribute: "Attribute[str]", name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise InvalidInput(
            f"{attribute.name} must be 1 to {LONGEST_NAME} printable characters, "
            "without space at either end",
            path=(attribute.name,),
            code="name",
        )


def _is_duid(_owner: object, attribute: "Attribute[str]", duid: str) -> None:
    if not _DUID.fullmatch(duid):
        raise InvalidInput(
            f"{attribute.name} must be 1 to 64 letters, digits, '_' or '-'",
            path=(attribute.name,),
            code="duid",
        )


def _is_number(_owner: object, attribute: "Attribute[int]", number: int) -> None:
    if type(number) is not int or not 1 <= number <= LARGEST_CIRCUIT_NUMBER:
        raise InvalidInput(
            f"{attribute.name} must be a whole number from 1 to {LARGEST_CIRCUIT_NUMBER}",
            path=(attribute.name,),
            code="circuit_number",
        )


@frozen
class Brand:
    """The top of a tree.

    Raises:
        InvalidInput: If the name is empty, too long or not printable; so in every record.
    """

    id: BrandId
    name: str = field(validator=_is_name)


@frozen
class Organization:
    """One business of a brand, such as a franchise."""

    id: OrganizationId
    brand_id: BrandId
    name: str = field(validator=_is_name)


@frozen
class Location:
    """One site of an organization."""

    id: LocationId
    organization_id: OrganizationId
    name: str = field(validator=_is_name)


@frozen
class Sensor:
    """An electric sensor, usually one panel, known to its maker by a device id (DUID)."""

    id: SensorId
    duid: str = field(validator=_is_duid)
    name: str = field(validator=_is_name)
    location_id: LocationId


@frozen
class Circuit:
    """One measured circuit of a sensor."""

    id: CircuitId
    sensor_id: SensorId
    name: str = field(validator=_is_name)
    circuit_number: int = field(validator=_is_number)


_Parent = Brand | Organization | Location | Sensor


@frozen
class Sites:
    """Site trees of one tenant, flat.

    Every parent is there, ids are unique on their level, so are device ids, and
    circuit numbers on their sensor.

    Raises:
        InvalidFields: If not; it names every record at fault.
    """

    brands: tuple[Brand, ...]
    organizations: tuple[Organization, ...]
    locations: tuple[Location, ...]
    electric_sensors: tuple[Sensor, ...]
    circuits: tuple[Circuit, ...]

    def __attrs_post_init__(self) -> None:
        flaws = [*self._repeats(), *self._orphans()]
        if flaws:
            raise InvalidFields(flaws)

    def _repeats(self) -> Iterator[Flaw]:
        sensors, circuits = self.electric_sensors, self.circuits
        yield from _repeated("brands", "id", [one.id for one in self.brands])
        yield from _repeated("organizations", "id", [one.id for one in self.organizations])
        yield from _repeated("locations", "id", [one.id for one in self.locations])
        yield from _repeated("electric_sensors", "id", [one.id for one in sensors])
        yield from _repeated("electric_sensors", "duid", [one.duid for one in sensors])
        yield from _repeated("circuits", "id", [one.id for one in circuits])
        addresses = [f"{one.sensor_id}:{one.circuit_number}" for one in circuits]
        yield from _repeated("circuits", "circuit_number", addresses)

    def _orphans(self) -> Iterator[Flaw]:
        parents = [one.brand_id for one in self.organizations]
        yield from _orphaned("organizations", "brand_id", parents, self.brands)
        above = [one.organization_id for one in self.locations]
        yield from _orphaned("locations", "organization_id", above, self.organizations)
        places = [one.location_id for one in self.electric_sensors]
        yield from _orphaned("electric_sensors", "location_id", places, self.locations)
        panels = [one.sensor_id for one in self.circuits]
        yield from _orphaned("circuits", "sensor_id", panels, self.electric_sensors)

    def in_order(self) -> "Sites":
        """The same by name, circuits by sensor and number: an order of its own."""
        return Sites(
            tuple(sorted(self.brands, key=_by_name)),
            tuple(sorted(self.organizations, key=_by_name)),
            tuple(sorted(self.locations, key=_by_name)),
            tuple(sorted(self.electric_sensors, key=_by_name)),
            tuple(sorted(self.circuits, key=lambda one: (one.sensor_id, one.circuit_number))),
        )

    def merged(self, newer: "Sites") -> "Sites":
        """Both together; where both have a record of the same id, the newer one.

        Raises:
            Conflict: If a device id or a circuit number of the newer document is
                taken by a record that it does not replace.
        """
        try:
            return Sites(
                _replaced(self.brands, newer.brands),
                _replaced(self.organizations, newer.organizations),
                _replaced(self.locations, newer.locations),
                _replaced(self.electric_sensors, newer.electric_sensors),
                _replaced(self.circuits, newer.circuits),
            )
        except InvalidFields as error:
            raise Conflict(error.flaws[0].message) from error

    def around(self, level: Level, identifier: UUID) -> "Sites":
        """One thing with everything above and below it.

        Raises:
            NotFound: If it is not there; the class says on which level.
        """
        parents: dict[Level, dict[UUID, UUID | None]] = {
            Level.BRAND: {one.id: None for one in self.brands},
            Level.ORGANIZATION: {one.id: one.brand_id for one in self.organizations},
            Level.LOCATION: {one.id: one.organization_id for one in self.locations},
            Level.SENSOR: {one.id: one.location_id for one in self.electric_sensors},
            Level.CIRCUIT: {one.id: one.sensor_id for one in self.circuits},
        }
        if identifier not in parents[level]:
            raise level.missing(identifier)
        levels = list(Level)
        place = levels.index(level)
        kept: dict[Level, set[UUID | None]] = {level: {identifier}}
        for lower, upper in pairwise(reversed(levels[: place + 1])):
            kept[upper] = {up for down, up in parents[lower].items() if down in kept[lower]}
        for upper, lower in pairwise(levels[place:]):
            kept[lower] = {down for down, up in parents[lower].items() if up in kept[upper]}
        return Sites(
            tuple(one for one in self.brands if one.id in kept[Level.BRAND]),
            tuple(one for one in self.organizations if one.id in kept[Level.ORGANIZATION]),
            tuple(one for one in self.locations if one.id in kept[Level.LOCATION]),
            tuple(one for one in self.electric_sensors if one.id in kept[Level.SENSOR]),
            tuple(one for one in self.circuits if one.id in kept[Level.CIRCUIT]),
        )


_Record = TypeVar("_Record", Brand, Organization, Location, Sensor, Circuit)


def _by_name(record: Brand | Organization | Location | Sensor) -> tuple[str, UUID]:
    return (record.name, record.id)


def _replaced(old: tuple[_Record, ...], new: tuple[_Record, ...]) -> tuple[_Record, ...]:
    return tuple(({one.id: one for one in old} | {one.id: one for one in new}).values())


def _repeated(kind: str, name: str, values: Sequence[object]) -> Iterator[Flaw]:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield Flaw((kind, index, name), "repeated", f"{name} {value} of {kind} is taken")
        seen.add(value)


def _orphaned(
    kind: str, name: str, parents: Sequence[UUID], there: Sequence[_Parent]
) -> Iterator[Flaw]:
    known = {one.id for one in there}
    for index, parent in enumerate(parents):
        if parent not in known:
            message = f"{name} {parent} of {kind} is not in the document"
            yield Flaw((kind, index, name), "no_parent", message)


NO_SITES = Sites((), (), (), (), ())
"""A tenant that has none yet."""
