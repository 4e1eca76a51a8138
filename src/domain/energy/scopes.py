"""A scope of power: one thing of the site tree and the circuits below it.

Every level is treated alike: a scope is a set of circuits, its children are the
scopes of the next level.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from attrs import frozen

from ..identifiers import CircuitId
from .sites import Level, Sites

_LEVELS = tuple(Level)


@frozen(slots=False)
class Reference:
    """A thing of the site tree, by name.

    Args:
        level: Its level: brand, organization, location, electric_sensor or circuit.
        id: Its id.
        name: What people call it.
    """

    level: Level
    id: UUID
    name: str


@frozen(slots=False)
class ScopeRecord:
    """The metadata record of a scope.

    Args:
        level: Its level.
        id: Its id.
        name: What people call it.
        above: What it belongs to, from the brand down.
        duid: Device id of the sensor, of a circuit or a sensor; else null.
        circuit_number: Number on the sensor, of a circuit; else null.
        circuits: Number of circuits in it.
    """

    level: Level
    id: UUID
    name: str
    above: tuple[Reference, ...]
    duid: str | None
    circuit_number: int | None
    circuits: int


@frozen
class Scope:
    """A thing of the site tree as a set of circuits.

    Args:
        record: Its metadata record.
        circuits: Every circuit in it, in the order of the children.
        children: The scopes of the next level; a circuit has none.
    """

    record: ScopeRecord
    circuits: tuple[CircuitId, ...]
    children: tuple["Scope", ...]


@frozen
class _Node:
    reference: Reference
    parent: UUID | None
    duid: str | None = None
    circuit_number: int | None = None


def scope_of(sites: Sites, level: Level, identifier: UUID) -> Scope:
    """A thing as a scope, with its children in the order of their names.

    The circuits of a location are its children, by sensor and number.

    Args:
        sites: At least the thing with everything above and below it.
        level: Its level.
        identifier: Its id.

    Raises:
        NotFound: If it is not there; the class says on which level.
    """
    nodes = {(node.reference.level, node.reference.id): node for node in _nodes(sites)}
    if (level, identifier) not in nodes:
        raise level.missing(identifier)
    below: dict[tuple[Level, UUID | None], list[_Node]] = {}
    for node in nodes.values():
        below.setdefault((node.reference.level, node.parent), []).append(node)
    top = nodes[level, identifier]
    return _scope(below, top, _above(nodes, top))


def _nodes(sites: Sites) -> Iterator[_Node]:
    for brand in sites.brands:
        yield _Node(Reference(Level.BRAND, brand.id, brand.name), None)
    for organization in sites.organizations:
        reference = Reference(Level.ORGANIZATION, organization.id, organization.name)
        yield _Node(reference, organization.brand_id)
    for location in sites.locations:
        reference = Reference(Level.LOCATION, location.id, location.name)
        yield _Node(reference, location.organization_id)
    duids = {}
    for sensor in sites.electric_sensors:
        duids[sensor.id] = sensor.duid
        reference = Reference(Level.SENSOR, sensor.id, sensor.name)
        yield _Node(reference, sensor.location_id, sensor.duid)
    for circuit in sites.circuits:
        reference = Reference(Level.CIRCUIT, circuit.id, circuit.name)
        duid, number = duids[circuit.sensor_id], circuit.circuit_number
        yield _Node(reference, circuit.sensor_id, duid, number)


def _above(nodes: Mapping[tuple[Level, UUID], _Node], node: _Node) -> tuple[Reference, ...]:
    place = _LEVELS.index(node.reference.level)
    if node.parent is None:
        return ()
    parent = nodes[_LEVELS[place - 1], node.parent]
    return (*_above(nodes, parent), parent.reference)


def _scope(
    below: Mapping[tuple[Level, UUID | None], Sequence[_Node]],
    node: _Node,
    above: tuple[Reference, ...],
) -> Scope:
    level, identifier = node.reference.level, node.reference.id
    children: list[Scope] = []
    if level is not Level.CIRCUIT:
        next_level = _LEVELS[_LEVELS.index(level) + 1]
        nodes = sorted(below.get((next_level, identifier), ()), key=_by_name)
        children = [_scope(below, child, (*above, node.reference)) for child in nodes]
    circuits = tuple(circuit for child in children for circuit in child.circuits)
    if level is Level.LOCATION:
        children = [circuit for sensor in children for circuit in sensor.children]
    if level is Level.CIRCUIT:
        circuits = (CircuitId(identifier),)
    record = ScopeRecord(
        level,
        identifier,
        node.reference.name,
        above,
        node.duid,
        node.circuit_number,
        len(circuits),
    )
    return Scope(record, circuits, tuple(children))


def _by_name(node: _Node) -> tuple[int, str, UUID]:
    return (node.circuit_number or 0, node.reference.name, node.reference.id)
