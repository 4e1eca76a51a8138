"""A property as its owner knows it, and the rules that what is stored keeps."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any

from attrs import NOTHING, evolve, field, fields_dict, frozen

from ..errors import Flaw, InvalidFields, InvalidInput
from ..identifiers import LARGEST_INTEGER, MarketId, PropertyId
from ..measures import CATALOGUE, PROPERTY_METRICS, Metric

MOST_MONTHS = 600
"""Longest history that is kept of one property. [months]"""

FIRST_UNASSIGNED = 2**52
"""Ids from here on are given by callers only, so that one of them cannot use up the rest."""

_LARGEST_AREA = 1e9
_CONTROLS = frozenset({"Cc", "Cs"})
_CLASS = re.compile(r"[A-Z][+-]?", re.ASCII)
_TYPE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


@frozen(slots=False)
class Property:
    """One property.

    Args:
        id: 1 to 2^53 − 1, unique within its tenant.
        name: 1 to 200 characters.
        address: 1 to 400 characters.
        market_id: The market it is compared with.
        property_type: office, retail, …; null where nobody said.
        area_sqft: Rentable area. [sq ft]
        year_built: 1600 to 2200.
        property_class: A, B, C …, perhaps with + or −.
        current_occupancy_rate: Let part of the area. [percent]
        current_avg_rent_per_sqft: Average rent. [USD per sq ft and year]
        renewal_rate_ytd: Leases renewed of those that ended this year. [percent]
        avg_lease_term_months: Average lease term. [months]
        avg_time_to_lease_days: Average time to let a vacant area. [days]
        version: Grows with every change of the property or of its history.
        updated_at: When that was. [UTC]

    Raises:
        InvalidFields: If any rule is broken; it lists every one.
    """

    id: PropertyId
    name: str
    address: str
    market_id: MarketId
    property_type: str | None
    area_sqft: float
    year_built: int
    property_class: str
    current_occupancy_rate: float
    current_avg_rent_per_sqft: float | None
    renewal_rate_ytd: float | None
    avg_lease_term_months: float | None
    avg_time_to_lease_days: float | None
    version: int
    updated_at: datetime

    def __attrs_post_init__(self) -> None:
        _check(self)

    def value(self, metric: Metric) -> float | None:
        """The present value of a metric, in the catalogue's unit; None where there is none."""
        name = CATALOGUE[metric].property_field
        found: float | None = getattr(self, name) if name else None
        return found


def _field(
    lowest: float | None = None,
    highest: float | None = None,
    *,
    longest: int | None = None,
    example: object = None,
    default: Any = NOTHING,
) -> Any:
    """A field that somebody fills in, with the limits that documents name; `_check` keeps them."""
    limits = {"minimum": lowest, "maximum": highest, "max_length": longest, "example": example}
    said = {name: value for name, value in limits.items() if value is not None}
    return field(default=default, metadata=said)


def _metric_field(metric: Metric, example: float, default: Any = None) -> Any:
    about = CATALOGUE[metric]
    return _field(about.lowest, about.highest, example=example, default=default)


@frozen
class PropertyDraft:
    """What somebody says about a property that is to be kept.

    Args:
        name: 1 to 200 characters.
        address: 1 to 400 characters.
        market_id: The market it is compared with.
        area_sqft: Rentable area, over 0. [sq ft]
        year_built: 1600 to 2200.
        property_class: A, B, C …, perhaps with + or −.
        current_occupancy_rate: Let part of the area. [percent]
        property_type: office, retail, …
        current_avg_rent_per_sqft: Average rent. [USD per sq ft and year]
        renewal_rate_ytd: Leases renewed of those that ended this year. [percent]
        avg_lease_term_months: Average lease term. [months]
        avg_time_to_lease_days: Average time to let a vacant area. [days]
        id: Its id; without one the next free one is given.

    Raises:
        InvalidFields: If any rule is broken; it lists every one.
    """

    name: str = _field(longest=200, example="Willis Tower")
    address: str = _field(longest=400, example="233 S Wacker Dr, Chicago, IL")
    market_id: MarketId = _field(1, LARGEST_INTEGER, example=1)  # noqa: RUF009
    area_sqft: float = _field(0, _LARGEST_AREA, example=4_200_000)
    year_built: int = _field(1600, 2200, example=1973)
    property_class: str = _field(longest=2, example="A")
    current_occupancy_rate: float = _metric_field(Metric.OCCUPANCY_RATE, 92.5, NOTHING)
    property_type: str | None = _field(longest=40, example="office", default=None)
    current_avg_rent_per_sqft: float | None = _metric_field(Metric.RENT_PER_SQFT, 42.8)
    renewal_rate_ytd: float | None = _metric_field(Metric.RENEWAL_RATE, 78.5)
    avg_lease_term_months: float | None = _metric_field(Metric.LEASE_TERM_MONTHS, 96)
    avg_time_to_lease_days: float | None = _metric_field(Metric.TIME_TO_LEASE_DAYS, 85)
    id: PropertyId | None = _field(1, LARGEST_INTEGER, default=None)  # noqa: RUF009

    def __attrs_post_init__(self) -> None:
        _check(self)

    def kept(self, identifier: PropertyId, version: int, now: datetime) -> Property:
        """The property that comes of the draft."""
        said = {name: getattr(self, name) for name in fields_dict(PropertyDraft)}
        return Property(**{**said, "id": identifier}, version=version, updated_at=now)


@frozen(slots=False)
class MonthlyRecord:
    """What was known of a property at the end of a month, or over it.

    Args:
        month: The first of the month.
        occupancy_rate: At its end. [percent]
        rent_per_sqft: At its end. [USD per sq ft and year]
        renewal_rate: Since the year began. [percent]
        lease_term_months: Average. [months]
        time_to_lease_days: Average. [days]

    Raises:
        InvalidFields: If the date is not a first of a month or a value cannot be true.
    """

    month: date = _field(example="2025-09-01")  # noqa: RUF009
    occupancy_rate: float | None = _metric_field(Metric.OCCUPANCY_RATE, 92.5)
    rent_per_sqft: float | None = _metric_field(Metric.RENT_PER_SQFT, 42.8)
    renewal_rate: float | None = _metric_field(Metric.RENEWAL_RATE, 78.5)
    lease_term_months: float | None = _metric_field(Metric.LEASE_TERM_MONTHS, 96)
    time_to_lease_days: float | None = _metric_field(Metric.TIME_TO_LEASE_DAYS, 85)

    def __attrs_post_init__(self) -> None:
        flaws = [] if self.month.day == 1 else [_flaw("month", "month", "must be the first day")]
        flaws += [
            flaw
            for metric in PROPERTY_METRICS
            for flaw in _metric_flaws(metric.value, metric, self.value(metric), optional=True)
        ]
        if flaws:
            raise InvalidFields(flaws)

    def value(self, metric: Metric) -> float | None:
        """The month's value of a metric; None where there is none."""
        found: float | None = getattr(self, metric.value, None)
        return found


@frozen(slots=False)
class PropertyHistory:
    """The months of one property.

    Args:
        property_id: Which property.
        version: The property's version.
        records: By month, ascending, without repeats.
    """

    property_id: PropertyId
    version: int
    records: tuple[MonthlyRecord, ...]


def ordered_records(records: tuple[MonthlyRecord, ...]) -> tuple[MonthlyRecord, ...]:
    """A history in order of months.

    Raises:
        InvalidFields: If a month comes twice or there are more than 600 of them.
    """
    if len(records) > MOST_MONTHS:
        message = f"{len(records)} months are more than the {MOST_MONTHS} that are kept"
        raise InvalidInput(message, path=("records",), code="too_long")
    flaws = []
    seen: set[date] = set()
    for index, record in enumerate(records):
        if record.month in seen:
            message = f"the month {record.month.isoformat()} comes twice"
            flaws.append(Flaw(("records", index, "month"), "repeated_month", message))
        seen.add(record.month)
    if flaws:
        raise InvalidFields(flaws)
    return tuple(sorted(records, key=lambda record: record.month))


def identified(drafts: Iterable[PropertyDraft]) -> Mapping[PropertyId, PropertyDraft]:
    """Drafts by id; of several with one id the last counts.

    Raises:
        InvalidInput: If a draft has no id.
    """
    found = {}
    for index, draft in enumerate(drafts):
        if draft.id is None:
            raise InvalidInput("an id is required here", path=(index, "id"), code="missing")
        found[draft.id] = draft
    return found


CHANGEABLE = frozenset(fields_dict(PropertyDraft)) - {"id"}
"""The fields of a property that its owner may change."""

_REQUIRED = frozenset(
    name for name, about in fields_dict(PropertyDraft).items() if about.default is NOTHING
)


def changed(present: Property, changes: Mapping[str, Any], version: int, now: datetime) -> Property:
    """A property with some of its fields replaced.

    Args:
        present: The property as it is.
        changes: New values by field; only fields of `CHANGEABLE`.
        version: The version that the change makes.
        now: When it is made. [UTC]

    Raises:
        InvalidFields: If a field cannot be changed or a new value breaks a rule.
    """
    flaws = [
        _flaw(name, "not_changeable", "cannot be changed")
        for name in sorted(set(changes) - CHANGEABLE)
    ]
    flaws += [
        _flaw(name, "required", "must not be null")
        for name in sorted(_REQUIRED)
        if changes.get(name, ...) is None
    ]
    if flaws:
        raise InvalidFields(flaws)
    return evolve(present, **changes, version=version, updated_at=now)


def folded(text: str) -> str:
    """A text as searches and orders see it: without case, letters composed.

    The stores keep this form beside the text, because their own ideas of case differ.

    >>> folded("MÜNCHEN") == folded("Mu\\u0308nchen")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def check_text(name: str, text: str, longest: int) -> Iterator[Flaw]:
    """What is wrong with a line of text, if anything."""
    if not text.strip():
        yield _flaw(name, "empty", "must not be empty")
    if len(text) > longest:
        yield _flaw(name, "too_long", f"must have at most {longest} characters")
    if not text.isprintable() and any(
        unicodedata.category(character) in {"Cc", "Cs"} for character in text
    ):
        yield _flaw(name, "characters", "must not hold control characters")


def _check(thing: Property | PropertyDraft) -> None:
    flaws = list(_flaws(thing))
    if flaws:
        raise InvalidFields(flaws)


def _flaws(thing: Property | PropertyDraft) -> Iterator[Flaw]:
    if thing.id is not None:
        yield from _range("id", thing.id, 1, LARGEST_INTEGER)
    yield from check_text("name", thing.name, 200)
    yield from check_text("address", thing.address, 400)
    yield from _range("market_id", thing.market_id, 1, LARGEST_INTEGER)
    if thing.property_type is not None and not _TYPE.fullmatch(thing.property_type):
        message = "must be a word of lower-case letters such as 'office'"
        yield _flaw("property_type", "property_type", message)
    if not 0 < thing.area_sqft <= _LARGEST_AREA:
        yield _flaw("area_sqft", "out_of_range", f"must be over 0 and at most {_LARGEST_AREA:g}")
    yield from _range("year_built", thing.year_built, 1600, 2200)
    if not _CLASS.fullmatch(thing.property_class):
        message = "must be a capital letter such as 'A', perhaps with + or -"
        yield _flaw("property_class", "property_class", message)
    for metric in PROPERTY_METRICS:
        name = CATALOGUE[metric].property_field or metric.value
        optional = metric is not Metric.OCCUPANCY_RATE
        yield from _metric_flaws(name, metric, getattr(thing, name), optional=optional)


def _metric_flaws(
    name: str, metric: Metric, value: float | None, *, optional: bool
) -> Iterator[Flaw]:
    if value is None:
        if not optional:
            yield _flaw(name, "required", "is required")
    elif not isfinite(value):
        yield _flaw(name, "not_finite", "must be a finite number")
    else:
        yield from _range(name, value, CATALOGUE[metric].lowest, CATALOGUE[metric].highest)


def _range(name: str, value: float, lowest: float, highest: float) -> Iterator[Flaw]:
    if not lowest <= value <= highest:
        # Large whole numbers are spelled out, others without trailing zeros.
        bounds = f"{lowest:.16g} to {highest:.16g}"
        yield _flaw(name, "out_of_range", f"must lie in {bounds}")


def _flaw(name: str, code: str, rule: str) -> Flaw:
    return Flaw((name,), code, rule)
