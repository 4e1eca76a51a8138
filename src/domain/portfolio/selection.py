"""Which properties a list shows, in which order, and where its next page begins.

The functions here are the meaning; stores answer the same in their own language.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from attrs import frozen

from ..errors import Flaw, InvalidFields
from ..identifiers import LARGEST_INTEGER, MarketId, PropertyId
from .property import Property, check_text, folded

LARGEST_PAGE = 1_000
"""Most properties of one page."""


class PropertyOrder(StrEnum):
    """What a list of properties is sorted by."""

    ID = "id"
    NAME = "name"
    AREA_SQFT = "area_sqft"
    YEAR_BUILT = "year_built"
    OCCUPANCY = "occupancy"
    RENT = "rent"


@frozen
class PropertyFilter:
    """Which properties are meant; every condition that is given must hold.

    Args:
        market_id: In this market.
        property_class: Of this class.
        property_type: Of this type; properties without a type never fit.
        minimum_area_sqft: At least so large. [sq ft]
        maximum_area_sqft: At most so large. [sq ft]
        text: Contained in the name or the address, whatever the case.

    Raises:
        InvalidFields: If a bound is negative or not finite, the bounds are
            reversed, or the text is empty, over 200 characters or not plain text.
    """

    market_id: MarketId | None = None
    property_class: str | None = None
    property_type: str | None = None
    minimum_area_sqft: float | None = None
    maximum_area_sqft: float | None = None
    text: str | None = None

    def __attrs_post_init__(self) -> None:
        flaws = [
            Flaw((name,), "out_of_range", "must be at least 0")
            for name in ("minimum_area_sqft", "maximum_area_sqft")
            if (bound := getattr(self, name)) is not None and not 0 <= bound < float("inf")
        ]
        if self.market_id is not None and not 1 <= self.market_id <= LARGEST_INTEGER:
            message = f"must lie in 1 to {LARGEST_INTEGER}"
            flaws.append(Flaw(("market_id",), "out_of_range", message))
        for name in ("property_class", "property_type", "text"):
            if (said := getattr(self, name)) is not None:
                flaws += check_text(name, said, 200)
        if not flaws and self._reversed():
            message = "must not be under minimum_area_sqft"
            flaws.append(Flaw(("maximum_area_sqft",), "reversed", message))
        if flaws:
            raise InvalidFields(flaws)

    def _reversed(self) -> bool:
        low, high = self.minimum_area_sqft, self.maximum_area_sqft
        return low is not None and high is not None and high < low

    def fits(self, subject: Property) -> bool:
        """Whether a property is meant."""
        return (
            self.market_id in {None, subject.market_id}
            and self.property_class in {None, subject.property_class}
            and self.property_type in {None, subject.property_type}
            and (self.minimum_area_sqft is None or subject.area_sqft >= self.minimum_area_sqft)
            and (self.maximum_area_sqft is None or subject.area_sqft <= self.maximum_area_sqft)
            and (self.text is None or folded(self.text) in search_text(subject))
        )


def search_text(subject: Property) -> str:
    """The text that a search looks through; no needle spans name and address."""
    return f"{folded(subject.name)}\n{folded(subject.address)}"


SortValue = float | str | None


@frozen
class PageKey:
    """The last property of a page: where the next one begins.

    Args:
        value: Its value in the order of the list; None where it has none.
        id: Its id.
    """

    value: SortValue
    id: PropertyId


@frozen
class PropertyQuery:
    """A page of properties.

    Properties without a value in the order come last, in both directions; equal
    ones follow one another by id.

    Args:
        where: Which properties.
        order: What they are sorted by.
        descending: Largest first.
        limit: Length of the page, 1 to 1,000; None for all.
        after: The last property of the page before.

    Raises:
        InvalidFields: If the limit is out of range.
    """

    where: PropertyFilter = PropertyFilter()
    order: PropertyOrder = PropertyOrder.ID
    descending: bool = False
    limit: int | None = None
    after: PageKey | None = None

    def __attrs_post_init__(self) -> None:
        if self.limit is not None and not 1 <= self.limit <= LARGEST_PAGE:
            message = f"must lie in 1 to {LARGEST_PAGE}"
            raise InvalidFields([Flaw(("limit",), "out_of_range", message)])

    def reference(self, properties: Iterable[Property]) -> tuple[Property, ...]:
        """What the query means, over all properties of a tenant."""
        fitting = (subject for subject in properties if self.where.fits(subject))
        rows = [Row(sort_value(subject, self.order), subject.id, subject) for subject in fitting]
        return sorted_page(rows, self.after, self.limit, descending=self.descending)


_Thing = TypeVar("_Thing")


class Row(NamedTuple, Generic[_Thing]):
    """Something that is listed.

    Args:
        value: Its value in the order of the list; None where it has none.
        id: Its id, by which equal ones follow one another.
        thing: What it is.
    """

    value: SortValue
    id: PropertyId
    thing: _Thing


def sorted_page(
    rows: Iterable[Row[_Thing]], after: PageKey | None, limit: int | None, *, descending: bool
) -> tuple[_Thing, ...]:
    """A page of a list: those without a value last in both directions, equal ones by id.

    Args:
        rows: The whole list, in any order.
        after: The last one of the page before.
        limit: Length of the page; None for all.
        descending: Largest first.
    """
    by_id = sorted(rows, key=lambda row: row.id)
    valued = [row for row in by_id if row.value is not None]
    # Sorting is stable both ways, so equal ones stay in the order of their ids. The values of one
    # list are of one kind, all numbers or all text, which the type of a row cannot say.
    valued.sort(key=lambda row: row.value, reverse=descending)  # type: ignore[arg-type,return-value]
    whole = valued + [row for row in by_id if row.value is None]
    rest = [row.thing for row in whole if _follows(row, after, descending=descending)]
    return tuple(rest[:limit])


def _follows(row: Row[_Thing], after: PageKey | None, *, descending: bool) -> bool:
    if after is None:
        return True
    value, last = row.value, after.value
    if value is None or last is None or value == last:
        same = value == last
        return row.id > after.id if same else value is None
    return (value < last) if descending else (value > last)  # type: ignore[operator]


@frozen
class PropertyPage:
    """A page of properties.

    Args:
        items: In the order of the query.
        next: Where the next page begins; None where there is none.
        position: Position of the tenant's portfolio that was seen.
    """

    items: tuple[Property, ...]
    next: PageKey | None
    position: int


def page(query: PropertyQuery, found: tuple[Property, ...], position: int) -> PropertyPage:
    """A page, given its properties and, if there is one, the first of the next page."""
    if query.limit is None or len(found) <= query.limit:
        return PropertyPage(found, None, position)
    items = found[: query.limit]
    return PropertyPage(items, PageKey(sort_value(items[-1], query.order), items[-1].id), position)


def sort_value(subject: Property, order: PropertyOrder) -> SortValue:
    """A property's value in an order; names without case."""
    match order:
        case PropertyOrder.ID:
            return subject.id
        case PropertyOrder.NAME:
            return folded(subject.name)
        case PropertyOrder.AREA_SQFT:
            return subject.area_sqft
        case PropertyOrder.YEAR_BUILT:
            return subject.year_built
        case PropertyOrder.OCCUPANCY:
            return subject.current_occupancy_rate
        case PropertyOrder.RENT:
            return subject.current_avg_rent_per_sqft
