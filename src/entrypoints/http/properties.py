"""Properties and their histories: list, add, show, change, remove."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

import re
from enum import Enum
from typing import Any, Literal

from attrs import field, fields, frozen
from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import FromPath

from ...domain.errors import PropertyNotFound
from ...domain.identifiers import LARGEST_INTEGER, MarketId, PropertyId
from ...domain.portfolio.property import (
    MonthlyRecord,
    Property,
    PropertyDraft,
    PropertyHistory,
)
from ...domain.portfolio.selection import (
    LARGEST_PAGE,
    PageKey,
    PropertyFilter,
    PropertyOrder,
    PropertyQuery,
)
from ...domain.tenancy import CostClass
from .conditional import expected_version, versioned
from .inputs import Call, described

_ID = re.compile(r"[1-9]\d{0,15}", re.ASCII)

IF_MATCH = {"If-Match": 'Change only this version: the ETag of the last answer, such as "v3".'}
ETAG = {"ETag": "The version, to be sent back as If-Match or If-None-Match."}

Sort = Literal[
    "id", "-id", "name", "-name", "area_sqft", "-area_sqft", "year_built", "-year_built",
    "occupancy", "-occupancy", "rent", "-rent",
]  # fmt: skip


def property_id(text: str) -> PropertyId:
    """The id in a path.

    Raises:
        PropertyNotFound: If no property can have it.
    """
    if not _ID.fullmatch(text) or int(text) > LARGEST_INTEGER:
        raise PropertyNotFound(text)
    return PropertyId(int(text))


@frozen
class PropertyListParameters:
    """Which properties, in which order, how many."""

    market_id: int | None = described(
        "Only properties of this market.", default=None, example=1, minimum=1
    )
    property_class: str | None = described(
        "Only properties of this class.", default=None, example="A", max_length=2
    )
    property_type: str | None = described(
        "Only properties of this type.", default=None, example="office", max_length=40
    )
    minimum_area_sqft: float | None = described(
        "Only properties at least so large.", default=None, unit="sq ft", minimum=0
    )
    maximum_area_sqft: float | None = described(
        "Only properties at most so large.", default=None, unit="sq ft", minimum=0
    )
    text: str | None = described(
        "Only properties whose name or address contains this, whatever the case.",
        default=None,
        example="tower",
        max_length=200,
    )
    sort: Sort = described(
        "Order; a minus turns it round. Properties without a value come last, equal ones by id.",
        default="id",
        example="-rent",
    )
    limit: int = described("Length of the page.", default=50, minimum=1, maximum=LARGEST_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters and order.",
        default=None,
        max_length=2000,
    )


def property_query(call: Call, asked: PropertyListParameters) -> PropertyQuery:
    """The page that is asked for.

    Raises:
        InvalidFields: If a filter cannot be meant.
        InvalidInput: If the cursor belongs to another list.
    """
    where = PropertyFilter(
        None if asked.market_id is None else MarketId(asked.market_id),
        asked.property_class,
        asked.property_type,
        asked.minimum_area_sqft,
        asked.maximum_area_sqft,
        asked.text,
    )
    after = None
    if asked.cursor is not None:
        value, last = call.cursors.open(call.tenant, _question(asked), asked.cursor)
        after = PageKey(value, PropertyId(last))
    order = PropertyOrder(asked.sort.removeprefix("-"))
    return PropertyQuery(where, order, asked.sort.startswith("-"), asked.limit, after)


def next_cursor(call: Call, asked: PropertyListParameters, following: PageKey | None) -> str | None:
    """Where the next page begins, sealed for this tenant and this list."""
    if following is None:
        return None
    return call.cursors.seal(call.tenant, _question(asked), [following.value, following.id])


def _question(asked: PropertyListParameters) -> list[Any]:
    return [
        "properties",
        asked.market_id,
        asked.property_class,
        asked.property_type,
        asked.minimum_area_sqft,
        asked.maximum_area_sqft,
        asked.text,
        asked.sort,
    ]


@frozen(slots=False)
class PropertyList:
    """A page of properties.

    Args:
        items: In the order asked for.
        next_cursor: For the next page; null on the last.
        as_of_position: Position of your portfolio that was seen; it grows with every change.
    """

    items: tuple[Property, ...]
    next_cursor: str | None
    as_of_position: int


class _Unchanged(Enum):
    """Stands for a field that a patch leaves out, where null would clear it."""

    FIELD = None


def _patched(description: str, **said: Any) -> Any:
    # The domain checks the whole property afterwards; here is nothing to check yet.
    return field(default=_Unchanged.FIELD, metadata={"description": description, **said})


@frozen
class PropertyChanges:
    """New values of some fields; what is left out stays, null clears."""

    name: str | None = _patched("1 to 200 characters.", max_length=200)
    address: str | None = _patched("1 to 400 characters.", max_length=400)
    market_id: int | None = _patched("The market it is compared with.")
    area_sqft: float | None = _patched("Rentable area, over 0.", unit="sq ft")
    year_built: int | None = _patched("1600 to 2200.")
    property_class: str | None = _patched("A, B, C …, perhaps with + or −.")
    current_occupancy_rate: float | None = _patched("0 to 100.", unit="percent", example=91.0)
    property_type: str | None = _patched("office, retail, …; null for unknown.")
    current_avg_rent_per_sqft: float | None = _patched(
        "0 to 2000; null for unknown.", unit="USD per sq ft and year"
    )
    renewal_rate_ytd: float | None = _patched("0 to 100; null for unknown.", unit="percent")
    avg_lease_term_months: float | None = _patched("0 to 1200; null for unknown.", unit="months")
    avg_time_to_lease_days: float | None = _patched("0 to 3650; null for unknown.", unit="days")

    def given(self) -> dict[str, Any]:
        """The fields that are to change."""
        values = {about.name: getattr(self, about.name) for about in fields(PropertyChanges)}
        return {name: value for name, value in values.items() if value is not _Unchanged.FIELD}


@frozen
class MonthlyHistory:
    """All months of a property, in the place of those it has.

    Args:
        records: At most 600 months, each once, in any order.
    """

    records: tuple[MonthlyRecord, ...]


class PropertyController(Controller):
    """Your properties."""

    path = "/api/v1/properties"
    tags = ("Properties",)

    @get("/", operation_id="listProperties", needs="properties:read", asks=PropertyListParameters)
    async def list_properties(self, request: Call) -> PropertyList:
        """List properties, page by page.

        A walk over the pages sees every property that was there all the while exactly once,
        whatever comes and goes meanwhile.
        """
        asked = request.parameters(PropertyListParameters)
        found = await request.cases.list_properties(request.tenant, property_query(request, asked))
        return PropertyList(found.items, next_cursor(request, asked, found.next), found.position)

    @post(
        "/",
        operation_id="createProperty",
        needs="properties:write",
        takes=PropertyDraft,
        may_fail=(409,),
        answer_headers={"Location": "The property's address.", **ETAG},
    )
    async def add(self, request: Call) -> Response[Property]:
        """Add a property.

        Without an `id` it gets the next one, which was never given out before.
        """
        draft = await request.payload(PropertyDraft)
        added = await request.cases.add_property(request.tenant, draft)
        where = f"{PropertyController.path}/{added.id}"
        return versioned(request, added, added.version, location=where)

    @get(
        "/{property_id:str}",
        operation_id="getProperty",
        needs="properties:read",
        answer_headers=ETAG,
        cacheable=True,
    )
    async def show(self, request: Call, property_id: FromPath[str]) -> Response[Property]:
        """One property."""
        found = await request.cases.show_property(request.tenant, _id(property_id))
        return versioned(request, found, found.version)

    @patch(
        "/{property_id:str}",
        operation_id="updateProperty",
        needs="properties:write",
        answer_headers=ETAG,
        takes=PropertyChanges,
        may_fail=(412,),
        request_headers=IF_MATCH,
    )
    async def change(self, request: Call, property_id: FromPath[str]) -> Response[Property]:
        """Change some fields of a property.

        Fields that are left out stay as they are; `null` clears a field that may be empty.
        """
        identifier, expected = _id(property_id), expected_version(request)
        changes = await request.payload(PropertyChanges)
        found = await request.cases.change_property(
            request.tenant, identifier, changes.given(), expected
        )
        return versioned(request, found, found.version)

    @delete(
        "/{property_id:str}",
        operation_id="deleteProperty",
        needs="properties:write",
        may_fail=(412,),
        request_headers=IF_MATCH,
    )
    async def remove(self, request: Call, property_id: FromPath[str]) -> None:
        """Remove a property and its history."""
        await request.cases.remove_property(
            request.tenant, _id(property_id), expected_version(request)
        )

    @get(
        "/{property_id:str}/history",
        operation_id="getPropertyHistory",
        needs="properties:read",
        answer_headers=ETAG,
        cacheable=True,
    )
    async def history(self, request: Call, property_id: FromPath[str]) -> Response[PropertyHistory]:
        """The monthly history of a property."""
        found = await request.cases.show_property_history(request.tenant, _id(property_id))
        return versioned(request, found, found.version)

    @put(
        "/{property_id:str}/history",
        operation_id="replacePropertyHistory",
        cost_class=CostClass.BULK,
        needs="properties:write",
        answer_headers=ETAG,
        takes=MonthlyHistory,
        may_fail=(412,),
        request_headers=IF_MATCH,
    )
    async def replace_history(
        self, request: Call, property_id: FromPath[str]
    ) -> Response[PropertyHistory]:
        """Put another monthly history in the place of a property's."""
        identifier, expected = _id(property_id), expected_version(request)
        body = await request.payload(MonthlyHistory)
        found = await request.cases.replace_property_history(
            request.tenant, identifier, body.records, expected
        )
        return versioned(request, found, found.version)


_id = property_id  # the handlers' own parameter has the same name
