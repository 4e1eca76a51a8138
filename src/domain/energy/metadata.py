"""The site tree as people read it: a sensor, a location's circuits, a whole brand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from attrs import frozen

from ..identifiers import BrandId, LocationId, SensorId
from .scopes import Reference, Scope, scope_of
from .sites import Level, Sites


@frozen(slots=False)
class CircuitRecord:
    """One circuit.

    Args:
        id: Its id.
        name: What people call it.
        circuit_number: Its number on the sensor.
    """

    id: UUID
    name: str
    circuit_number: int


@frozen(slots=False)
class SensorRecord:
    """An electric sensor, what it belongs to and its circuits by number.

    Args:
        id: Its id.
        duid: Its device id.
        name: What people call it.
        location: Where it hangs.
        organization: Whose location that is.
        brand: Whose organization that is.
        circuits: Its circuits.
    """

    id: UUID
    duid: str
    name: str
    location: Reference
    organization: Reference
    brand: Reference
    circuits: tuple[CircuitRecord, ...]


@frozen(slots=False)
class SensorCircuits:
    """An electric sensor and its circuits by number.

    Args:
        id: Its id.
        duid: Its device id.
        name: What people call it.
        circuits: Its circuits.
    """

    id: UUID
    duid: str
    name: str
    circuits: tuple[CircuitRecord, ...]


@frozen(slots=False)
class LocationCircuits:
    """A location with its sensors and circuits.

    Args:
        id: Its id.
        name: What people call it.
        organization: Whose location it is.
        brand: Whose organization that is.
        sensor_count: Number of its sensors.
        circuit_count: Number of their circuits.
        electric_sensors: Its sensors by name.
    """

    id: UUID
    name: str
    organization: Reference
    brand: Reference
    sensor_count: int
    circuit_count: int
    electric_sensors: tuple[SensorCircuits, ...]


@frozen(slots=False)
class LocationMetadata:
    """A location in its brand.

    Args:
        id: Its id.
        name: What people call it.
        electric_sensors: Its sensors by name.
    """

    id: UUID
    name: str
    electric_sensors: tuple[SensorCircuits, ...]


@frozen(slots=False)
class OrganizationMetadata:
    """An organization in its brand.

    Args:
        id: Its id.
        name: What people call it.
        locations: Its locations by name.
    """

    id: UUID
    name: str
    locations: tuple[LocationMetadata, ...]


@frozen(slots=False)
class BrandMetadata:
    """A brand with everything below it.

    Args:
        id: Its id.
        name: What people call it.
        organization_count: Number of its organizations.
        location_count: Number of their locations.
        sensor_count: Number of their sensors.
        circuit_count: Number of their circuits.
        organizations: Its organizations by name.
    """

    id: UUID
    name: str
    organization_count: int
    location_count: int
    sensor_count: int
    circuit_count: int
    organizations: tuple[OrganizationMetadata, ...]


def sensor_record(sites: Sites, identifier: SensorId) -> SensorRecord:
    """A sensor, given at least what is above and below it.

    Raises:
        SensorNotFound: If it is not there.
    """
    brand, organization, location = scope_of(sites, Level.SENSOR, identifier).record.above
    one = next(one for one in sites.electric_sensors if one.id == identifier)
    circuits = _circuits_by_sensor(sites)[identifier]
    return SensorRecord(one.id, one.duid, one.name, location, organization, brand, tuple(circuits))


def location_circuits(sites: Sites, identifier: LocationId) -> LocationCircuits:
    """A location, given at least what is above and below it.

    Raises:
        LocationNotFound: If it is not there.
    """
    record = scope_of(sites, Level.LOCATION, identifier).record
    brand, organization = record.above
    sensors = tuple(_sensors_by_location(sites)[identifier])
    return LocationCircuits(
        identifier, record.name, organization, brand, len(sensors), record.circuits, sensors
    )


def brand_metadata(sites: Sites, identifier: BrandId) -> BrandMetadata:
    """A brand, given at least what is below it.

    Raises:
        BrandNotFound: If it is not there.
    """
    scope = scope_of(sites, Level.BRAND, identifier)
    sensors = _sensors_by_location(sites)
    locations = [place for one in scope.children for place in one.children]
    return BrandMetadata(
        identifier,
        scope.record.name,
        len(scope.children),
        len(locations),
        sum(len(sensors[place.record.id]) for place in locations),
        scope.record.circuits,
        tuple(_organization(one, sensors) for one in scope.children),
    )


_Sensors = Mapping[UUID, Sequence[SensorCircuits]]


def _organization(scope: Scope, sensors: _Sensors) -> OrganizationMetadata:
    places = (place.record for place in scope.children)
    locations = (LocationMetadata(one.id, one.name, tuple(sensors[one.id])) for one in places)
    return OrganizationMetadata(scope.record.id, scope.record.name, tuple(locations))


def _sensors_by_location(sites: Sites) -> _Sensors:
    circuits = _circuits_by_sensor(sites)
    found: defaultdict[UUID, list[SensorCircuits]] = defaultdict(list)
    for one in sites.electric_sensors:
        sensor = SensorCircuits(one.id, one.duid, one.name, tuple(circuits[one.id]))
        found[one.location_id].append(sensor)
    return found


def _circuits_by_sensor(sites: Sites) -> Mapping[UUID, Sequence[CircuitRecord]]:
    found: defaultdict[UUID, list[CircuitRecord]] = defaultdict(list)
    for one in sites.circuits:
        found[one.sensor_id].append(CircuitRecord(one.id, one.name, one.circuit_number))
    return found
