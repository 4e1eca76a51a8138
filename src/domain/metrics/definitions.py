"""What a metric is and how its days add up.

References:
    Additivity: Kimball & Ross, *The Data Warehouse Toolkit*, 3rd ed., ch. 3.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from attrs import frozen

from ..errors import Flaw, InvalidFields, MetricBuiltIn, MetricInUse, VersionMismatch
from ..events.event import text_flaws

MOST_DEFINITIONS = 500
"""Most metrics that a tenant declares."""

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}", re.ASCII)


class OverDays(StrEnum):
    """What one figure for several days is, given the days."""

    SUM = "sum"
    LAST = "last"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    RATIO = "ratio"
    DISTINCT = "distinct"
    NONE = "none"


@frozen
class MetricDeclaration:
    """What a tenant says of a metric.

    Args:
        over_days: How its days add up: `sum` for amounts, `last` for levels, `mean`, `min`,
            `max`; `ratio` for the quotient of two others; `distinct` and `none` for what
            cannot be told from the figures of single days.
        unit: What its values count, 1 to 40 characters; null for a bare number.
        description: What it is, 1 to 400 characters; null for nothing.
        numerator: The metric above the line of a ratio.
        denominator: The metric below the line of a ratio.

    Raises:
        InvalidFields: If a text breaks a rule, or a ratio lacks a part or another has one.
    """

    over_days: OverDays
    unit: str | None = None
    description: str | None = None
    numerator: str | None = None
    denominator: str | None = None

    def __attrs_post_init__(self) -> None:
        flaws = [
            *self._text_flaws("unit", 40),
            *self._text_flaws("description", 400),
            *self._part_flaws(),
        ]
        if flaws:
            raise InvalidFields(flaws)

    def _text_flaws(self, name: str, longest: int) -> list[Flaw]:
        given = getattr(self, name)
        return [] if given is None else text_flaws(name, given, longest)

    def _part_flaws(self) -> Iterator[Flaw]:
        for name in ("numerator", "denominator"):
            given = getattr(self, name)
            if self.over_days is OverDays.RATIO and given is None:
                yield Flaw((name,), "missing", "a ratio needs one")
            if self.over_days is not OverDays.RATIO and given is not None:
                yield Flaw((name,), "not_taken", "only a ratio has one")


@frozen(slots=False)
class MetricDefinition:
    """A metric, and how its days add up.

    Args:
        name: Its name.
        over_days: How its days add up.
        unit: What its values count; null for a bare number.
        description: What it is.
        numerator: The metric above the line of a ratio; null for others.
        denominator: The metric below the line of a ratio; null for others.
        built_in: Whether it is computed from events; then nobody declares it otherwise.
        version: Grows with every declaration of yours; 0 for a built-in one.
        updated_at: When it was last declared; null for a built-in one. [UTC]
    """

    name: str
    over_days: OverDays
    unit: str | None
    description: str | None
    numerator: str | None
    denominator: str | None
    built_in: bool
    version: int
    updated_at: datetime | None

    @property
    def takes_values(self) -> bool:
        """Whether values of it are given, instead of computed."""
        return not self.built_in and self.over_days is not OverDays.RATIO

    def says(self, wanted: MetricDeclaration) -> bool:
        """Whether a declaration would change nothing."""
        return (
            self.over_days is wanted.over_days
            and self.unit == wanted.unit
            and self.description == wanted.description
            and self.numerator == wanted.numerator
            and self.denominator == wanted.denominator
        )


def _built_in(
    name: str, over_days: OverDays, unit: str, description: str
) -> tuple[str, MetricDefinition]:
    made = MetricDefinition(name, over_days, unit, description, None, None, True, 0, None)
    return name, made


BUILT_IN: Mapping[str, MetricDefinition] = MappingProxyType(
    dict(
        (
            _built_in(
                "active_users",
                OverDays.DISTINCT,
                "users",
                "Users with an event; a user of several days counts once in the total.",
            ),
            _built_in("events", OverDays.SUM, "events", "Events."),
        )
    )
)
"""Metrics that are computed from events, by name."""


def declared(
    present: Iterable[MetricDefinition],
    name: str,
    wanted: MetricDeclaration,
    expected: int | None,
    *,
    version: int,
    now: datetime,
) -> MetricDefinition:
    """The definition that a declaration makes; the present one if it says the same.

    Args:
        present: Everything that the tenant declared before.
        name: Of the metric.
        wanted: What is said of it.
        expected: The version that it must have; None for whichever, or none.
        version: What a changed definition gets.
        now: When it happens. [UTC]

    Raises:
        InvalidFields: If the name cannot be, a part of a ratio is no declared sum, or there
            are too many metrics.
        MetricBuiltIn: If the name is that of a built-in metric.
        MetricInUse: If it would no longer be a sum, but a ratio is made of it.
        VersionMismatch: If it has another version than the expected one.
    """
    if name in BUILT_IN:
        raise MetricBuiltIn(name)
    known = {one.name: one for one in present}
    before = known.get(name)
    actual = 0 if before is None else before.version
    if expected not in {None, actual}:
        raise VersionMismatch(expected or 0, actual)
    if before is not None and before.says(wanted):
        return before
    if flaws := list(_declaration_flaws(known, name, wanted)):
        raise InvalidFields(flaws)
    users = sorted(one.name for one in known.values() if name in {one.numerator, one.denominator})
    if users and wanted.over_days is not OverDays.SUM:
        raise MetricInUse(name, users)
    return MetricDefinition(
        name,
        wanted.over_days,
        wanted.unit,
        wanted.description,
        wanted.numerator,
        wanted.denominator,
        False,
        version,
        now,
    )


def can_be_named(name: str) -> bool:
    """Whether a metric can have this name: a lower-case letter, then up to 63 of a-z 0-9 _ . -"""
    return _NAME.fullmatch(name) is not None


def _declaration_flaws(
    known: Mapping[str, MetricDefinition], name: str, wanted: MetricDeclaration
) -> Iterator[Flaw]:
    if not can_be_named(name):
        rule = "must be a lower-case letter and up to 63 of a-z, 0-9, '_', '.' and '-'"
        yield Flaw(("metric_name",), "name", rule)
    if name not in known and len(known) >= MOST_DEFINITIONS:
        yield Flaw((), "too_many", f"at most {MOST_DEFINITIONS} metrics can be declared")
    for part in ("numerator", "denominator"):
        named = getattr(wanted, part)
        found = BUILT_IN.get(named) or known.get(named)
        if named is not None and not (found and (found.built_in or _adds_up(found))):
            rule = f"{named[:64]!r} is no metric that was declared as a sum, nor a built-in one"
            yield Flaw((part,), "not_a_sum", rule)


def _adds_up(found: MetricDefinition) -> bool:
    return found.over_days is OverDays.SUM
