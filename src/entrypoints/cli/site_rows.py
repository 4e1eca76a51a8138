"""Sites as a file tells them: one document, or one circuit a row."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from attrs import frozen

from ...domain.energy import Brand, Circuit, Location, Organization, Sensor, Sites, circuit_id
from ...domain.errors import InvalidFields, InvalidInput
from ...domain.identifiers import BrandId, CircuitId, LocationId, OrganizationId, SensorId
from ..structuring import from_json
from .rows import BadRow, BadRows, Parsed

Record = Brand | Organization | Location | Sensor | Circuit
R = TypeVar("R", Brand, Organization, Location, Sensor, Circuit)

#: Records by kind and id, each with the line that told of it first.
_Found = dict[tuple[type, UUID], tuple[int, Record]]


@frozen
class SiteRow:
    """One circuit with everything above it."""

    brand_id: UUID
    brand_name: str
    organization_id: UUID
    organization_name: str
    location_id: UUID
    location_name: str
    sensor_id: UUID
    sensor_duid: str
    sensor_name: str
    circuit_number: int
    circuit_name: str | None = None
    circuit_id: UUID | None = None


def site_document(path: Path, text: str, rows: Callable[[], Sequence[Parsed[SiteRow]]]) -> Sites:
    """The sites that a file tells of.

    Args:
        path: The file.
        text: What is in it.
        rows: Reads it as rows.

    Raises:
        BadRows: If anything is wrong.
        UnreadableFile: If it is CSV and its header does not fit.
    """
    document = _document(path, text)
    if document is None:
        return _assembled(rows())
    try:
        return from_json(document, Sites)
    except InvalidFields as error:
        raise BadRows(
            BadRow(1, f"{'.'.join(map(str, flaw.path))}: {flaw.message}") for flaw in error.flaws
        ) from None


def _document(path: Path, text: str) -> object | None:
    """The whole file, if it is one JSON object that holds lists of brands and so on."""
    if path.suffix.lower() in {".ndjson", ".jsonl"} or not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if "brands" in document else None


def _assembled(rows: Sequence[Parsed[SiteRow]]) -> Sites:
    found: _Found = {}
    bad: list[BadRow] = []
    for row in rows:
        try:
            for record in _records(row.value):
                line, earlier = found.setdefault((type(record), record.id), (row.line, record))
                if earlier != record or (isinstance(record, Circuit) and line != row.line):
                    what = type(record).__name__.lower()
                    said = f"the {what} {record.id} is told otherwise on line {line}"
                    bad.append(BadRow(row.line, said))
        except InvalidInput as error:
            bad += [BadRow(row.line, flaw.message) for flaw in error.flaws]
    if bad:
        raise BadRows(bad)
    try:
        return Sites(
            _of(found, Brand),
            _of(found, Organization),
            _of(found, Location),
            _of(found, Sensor),
            _of(found, Circuit),
        )
    except InvalidFields as error:
        kinds = dict(zip(_LISTS, (Brand, Organization, Location, Sensor, Circuit), strict=True))
        raise BadRows(
            BadRow(_line(found, kinds[str(flaw.path[0])], int(flaw.path[1])), flaw.message)
            for flaw in error.flaws
        ) from None


_LISTS = ("brands", "organizations", "locations", "electric_sensors", "circuits")


def _of(found: _Found, kind: type[R]) -> tuple[R, ...]:
    return tuple(record for _, record in found.values() if isinstance(record, kind))


def _line(found: _Found, kind: type, index: int) -> int:
    return [line for line, record in found.values() if isinstance(record, kind)][index]


def _records(row: SiteRow) -> Iterator[Record]:
    brand, organization = BrandId(row.brand_id), OrganizationId(row.organization_id)
    location, sensor = LocationId(row.location_id), SensorId(row.sensor_id)
    circuit = CircuitId(row.circuit_id) if row.circuit_id else None
    number = row.circuit_number
    yield Brand(brand, row.brand_name)
    yield Organization(organization, brand, row.organization_name)
    yield Location(location, organization, row.location_name)
    yield Sensor(sensor, row.sensor_duid, row.sensor_name, location)
    yield Circuit(
        circuit or circuit_id(sensor, number),
        sensor,
        row.circuit_name or f"Circuit {number}",
        number,
    )
