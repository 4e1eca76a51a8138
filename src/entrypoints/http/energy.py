"""Power of circuits, locations, organizations and brands; the site tree."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from attrs import fields, frozen
from litestar import Controller, get
from litestar.params import FromPath

from ...domain.energy import (
    LARGEST_BRAND_PAGE,
    BrandKey,
    BrandMetadata,
    BrandQuery,
    BrandSummary,
    Level,
    LocationCircuits,
    PowerReport,
    PowerRequest,
    ScopeRecord,
    SensorRecord,
    Statistic,
    statistics_named,
)
from ...domain.errors import BrandNotFound, LocationNotFound, NotFound
from ...domain.identifiers import BrandId, LocationId, SensorId
from ...domain.tenancy import CostClass
from ...domain.windows import Interval, TimeWindow, timezone
from .inputs import Call, described

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_BRANDS = ["brands"]
_PATHS = {
    Level.BRAND: "/api/v1/brands/{}/power",
    Level.ORGANIZATION: "/api/v1/organizations/{}/power",
    Level.LOCATION: "/api/v1/locations/{}/power",
    Level.SENSOR: "/v1/electric_sensors/{}",
    Level.CIRCUIT: "/api/v1/circuits/{}/power",
}


@frozen
class PowerParameters:
    """When, in which buckets, and which figures."""

    start: datetime = described("First instant of the window.", example="2024-04-01T00:00:00Z")
    end: datetime = described(
        "First instant after the window. It may be 400 days after the start with buckets of "
        "an hour or less, else ten years.",
        example="2024-04-02T00:00:00Z",
    )
    interval: Interval | None = described(
        "Length of the buckets, by the local clock and calendar; at most 10,000 of them. "
        "No buckets without it.",
        default=None,
        example="hour",
    )
    timezone: str = described(
        "IANA name of the time zone whose clock and calendar the buckets follow.",
        default="UTC",
        example="America/New_York",
        max_length=64,
    )
    statistics: tuple[str, ...] | None = described(
        "Figures to tell, separated by commas; the others are null. Left out: all that need "
        "no single readings. `coincident_peak_w`, `coincidence_factor`, `diversity_factor`, and "
        "of several circuits `peak_w` and `load_factor`, are told on request only, for at most "
        "31 days and 1,200 circuit-days. Known are "
        f"{', '.join(f'`{statistic}`' for statistic in Statistic)}.",
        default=None,
        example="energy_kwh,peak_demand_w",
    )


@frozen
class BrandListParameters:
    """How many brands, from where."""

    limit: int = described("Length of the page.", default=50, minimum=1, maximum=LARGEST_BRAND_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before.", default=None, max_length=2000
    )


@frozen(slots=False)
class BrandList:
    """A page of brands.

    Args:
        items: By name.
        next_cursor: For the next page; null on the last.
    """

    items: tuple[BrandSummary, ...]
    next_cursor: str | None


@frozen(slots=False)
class PowerLinks:
    """Where to read on.

    Args:
        scope: The same scope.
        parent: The scope that it belongs to, or null for a brand.
        electric_sensor: The sensor of a circuit, else null.
        children: The scopes of the next level, in the order of `children`.
    """

    scope: str
    parent: str | None
    electric_sensor: str | None
    children: tuple[str, ...]


@frozen(slots=False)
class LinkedPowerReport(PowerReport):
    """What a scope did in a window, and where to read on.

    Args:
        links: Where to read on.
    """

    links: PowerLinks


class EnergyController(Controller):
    """Energy."""

    tags = ("Energy",)

    @get(
        "/api/v1/circuits/{circuit_id:str}/power",
        operation_id="getCircuitPower",
        needs="energy:read",
        asks=PowerParameters,
    )
    async def circuit(self, circuit_id: FromPath[str], request: Call) -> LinkedPowerReport:
        """Power of a circuit.

        Mean power, energy, peak, load factor and coverage of one circuit in a window, with
        its metadata record. A circuit without readings has coverage 0 and nulls.
        """
        return await _report(request, Level.CIRCUIT, circuit_id)

    @get(
        "/api/v1/locations/{location_id:str}/power",
        operation_id="getLocationPower",
        needs="energy:read",
        asks=PowerParameters,
    )
    async def location(self, location_id: FromPath[str], request: Call) -> LinkedPowerReport:
        """Power of a location.

        The figures of all its circuits together, and of each of them.
        """
        return await _report(request, Level.LOCATION, location_id)

    @get(
        "/api/v1/organizations/{organization_id:str}/power",
        operation_id="getOrganizationPower",
        cost_class=CostClass.HEAVY,
        needs="energy:read",
        asks=PowerParameters,
    )
    async def organization(
        self, organization_id: FromPath[str], request: Call
    ) -> LinkedPowerReport:
        """Power of an organization.

        Total watts, average watts per circuit, energy and peaks of all its circuits
        together, and the same for each of its locations.
        """
        return await _report(request, Level.ORGANIZATION, organization_id)

    @get(
        "/api/v1/brands/{brand_id:str}/power",
        operation_id="getBrandPower",
        cost_class=CostClass.HEAVY,
        needs="energy:read",
        asks=PowerParameters,
    )
    async def brand(self, brand_id: FromPath[str], request: Call) -> LinkedPowerReport:
        """Power of a brand.

        The figures of all its circuits together, and of each of its organizations.
        """
        return await _report(request, Level.BRAND, brand_id)

    @get(
        "/api/v1/brands",
        operation_id="listBrands",
        needs="energy:read",
        asks=BrandListParameters,
    )
    async def brands(self, request: Call) -> BrandList:
        """List brands by name, with how much lies below each, page by page.

        A walk over the pages sees every brand that was there all the while under one name
        exactly once.
        """
        asked = request.parameters(BrandListParameters)
        found = await request.cases.list_brands(request.tenant, _brand_query(request, asked))
        cursor = None
        if found.next is not None:
            place = [found.next.name, found.next.id]
            cursor = request.cursors.seal(request.tenant, _BRANDS, place)
        return BrandList(found.items, cursor)

    @get(
        "/v1/electric_sensors/{sensor_id:str}",
        operation_id="getElectricSensor",
        needs="energy:read",
    )
    async def sensor(self, sensor_id: FromPath[str], request: Call) -> SensorRecord:
        """An electric sensor.

        Its device id, its circuits, and the location, organization and brand it belongs to.
        It answers to its id and to its device id.
        """
        if _UUID.fullmatch(sensor_id):
            return await request.cases.read_sensor(request.tenant, SensorId(UUID(sensor_id)))
        return await request.cases.read_sensor(request.tenant, sensor_id)

    @get(
        "/v1/locations/{location_id:str}/circuit-summary",
        operation_id="getLocationCircuitSummary",
        needs="energy:read",
    )
    async def circuit_summary(self, location_id: FromPath[str], request: Call) -> LocationCircuits:
        """The sensors and circuits of a location."""
        identifier = LocationId(_uuid(location_id, LocationNotFound))
        return await request.cases.read_circuit_summary(request.tenant, identifier)

    @get("/v1/brands/{brand_id:str}/metadata", operation_id="getBrandMetadata", needs="energy:read")
    async def brand_metadata(self, brand_id: FromPath[str], request: Call) -> BrandMetadata:
        """A brand with its organizations, locations, sensors and circuits."""
        identifier = BrandId(_uuid(brand_id, BrandNotFound))
        return await request.cases.read_brand_metadata(request.tenant, identifier)


def _brand_query(call: Call, asked: BrandListParameters) -> BrandQuery:
    after = None
    if asked.cursor is not None:
        name, last = call.cursors.open(call.tenant, _BRANDS, asked.cursor)
        after = BrandKey(name, UUID(last))
    return BrandQuery(asked.limit, after)


async def _report(request: Call, level: Level, text: str) -> LinkedPowerReport:
    identifier = _uuid(text, level.missing)
    asked = request.parameters(PowerParameters)
    wanted = PowerRequest(
        level,
        identifier,
        TimeWindow(asked.start, asked.end),
        asked.interval,
        timezone(asked.timezone),
        None if asked.statistics is None else statistics_named(asked.statistics),
    )
    report = await request.cases.report_power(request.tenant, wanted)
    told = {field.name: getattr(report, field.name) for field in fields(PowerReport)}
    return LinkedPowerReport(**told, links=_links(report))


def _uuid(text: str, missing: Callable[[object], NotFound]) -> UUID:
    """The id in a path; what cannot be one is not there."""
    if not _UUID.fullmatch(text):
        raise missing(text)
    return UUID(text)


def _links(report: PowerReport) -> PowerLinks:
    scope = report.scope
    powers = [one for one in scope.above if one.level is not Level.SENSOR]
    sensors = [one for one in scope.above if one.level is Level.SENSOR]
    return PowerLinks(
        _path(scope),
        _PATHS[powers[-1].level].format(powers[-1].id) if powers else None,
        _PATHS[Level.SENSOR].format(sensors[0].id) if sensors else None,
        tuple(_path(child.scope) for child in report.children),
    )


def _path(scope: ScopeRecord) -> str:
    return _PATHS[scope.level].format(scope.id)
