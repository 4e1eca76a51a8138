"""What makes a user a member of a cohort: attributes and behaviour, joined by and, or, not."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias, Union

from attrs import frozen

from ...attributes import Attributes, Json
from ...errors import Flaw, InvalidFields
from ...events import Condition, Event, Scope
from ...events.filters import leaves
from ..patterns import EventPattern
from ..told import told_condition, told_pattern

MOST_DAYS = 3_650
"""Longest stretch of a behaviour. [days of 24 h]"""

MOST_TIMES = 1_000_000
"""Most times that a behaviour can be asked for."""


@frozen
class Person:
    """A user at an instant.

    Args:
        events: What the user did before it, in order.
        attributes: What is known of the user, now.
        at: The instant. [UTC]
    """

    events: Sequence[Event]
    attributes: Attributes
    at: datetime

    def did(self, pattern: EventPattern, days: int | None = None) -> list[Event]:
        """Events of a kind, of the last days of 24 hours before the instant or of all time."""
        since = None if days is None else self.at - timedelta(days=days)
        return [
            one
            for one in self.events
            if (since is None or one.timestamp >= since) and pattern.fits(one, self.attributes)
        ]


@frozen
class UserIs:
    """A condition on the user's attributes, as they are now.

    Args:
        filters: All of its comparisons look at the user.

    Raises:
        InvalidFields: If one looks at events.
    """

    filters: Condition

    def __attrs_post_init__(self) -> None:
        if any(leaf.scope is not Scope.USER for leaf in leaves(self.filters)):
            raise InvalidFields([Flaw(("user",), "scope", "looks at attributes of users only")])

    def holds(self, person: Person) -> bool:
        """Whether it holds for a user at an instant."""
        return self.filters.holds({}, person.attributes)

    def told(self) -> dict[str, Json]:
        """It in wire form."""
        return {"user": told_condition(self.filters)}


@frozen
class Did:
    """Did something so many times.

    Args:
        event: What.
        at_least: How many times, 1 to 1,000,000.
        within_days: In how many days of 24 hours before the instant, up to 3,650; null for ever.

    Raises:
        InvalidFields: If a number is out of range.
    """

    event: EventPattern
    at_least: int = 1
    within_days: int | None = None

    def __attrs_post_init__(self) -> None:
        flaws = [
            *_flaws("at_least", self.at_least, MOST_TIMES),
            *_flaws("within_days", self.within_days, MOST_DAYS),
        ]
        if flaws:
            raise InvalidFields(flaws)

    def holds(self, person: Person) -> bool:
        """Whether it holds for a user at an instant."""
        return len(person.did(self.event, self.within_days)) >= self.at_least

    def told(self) -> dict[str, Json]:
        """It in wire form."""
        told: dict[str, Json] = {"did": told_pattern(self.event), "at_least": self.at_least}
        return {**told, "within_days": self.within_days}


@frozen
class FirstDid:
    """Did something for the first time ever not long ago.

    Args:
        event: What.
        within_days: At most how many days of 24 hours before the instant, 1 to 3,650.

    Raises:
        InvalidFields: If the number is out of range.
    """

    event: EventPattern
    within_days: int

    def __attrs_post_init__(self) -> None:
        if flaws := _flaws("within_days", self.within_days, MOST_DAYS):
            raise InvalidFields(flaws)

    def holds(self, person: Person) -> bool:
        """Whether it holds for a user at an instant."""
        first = person.did(self.event)[:1]
        since = person.at - timedelta(days=self.within_days)
        return bool(first) and first[0].timestamp >= since

    def told(self) -> dict[str, Json]:
        """It in wire form."""
        return {"first_did": told_pattern(self.event), "within_days": self.within_days}


@frozen
class StoppedDoing:
    """Did something once, but not of late.

    Args:
        event: What.
        for_days: Not in how many days of 24 hours before the instant, 1 to 3,650.

    Raises:
        InvalidFields: If the number is out of range.
    """

    event: EventPattern
    for_days: int

    def __attrs_post_init__(self) -> None:
        if flaws := _flaws("for_days", self.for_days, MOST_DAYS):
            raise InvalidFields(flaws)

    def holds(self, person: Person) -> bool:
        """Whether it holds for a user at an instant."""
        return bool(person.did(self.event)) and not person.did(self.event, self.for_days)

    def told(self) -> dict[str, Json]:
        """It in wire form."""
        return {"stopped_doing": told_pattern(self.event), "for_days": self.for_days}


@frozen
class Every:
    """All of them hold."""

    parts: tuple["CohortDefinition", ...]

    def holds(self, person: Person) -> bool:
        """Whether it holds for a user at an instant."""
        return all(one.holds(person) for one in self.parts)

    def told(self) -> dict[str, Json]:
        """It in wire form."""
        return {"and": [one.told() for one in self.parts]}


@frozen
class Some:
    """At least one of them holds."""

    parts: tuple["CohortDefinition", ...]

    def holds(self, person: Person) -> bool:
        """Whether it holds for a user at an instant."""
        return any(one.holds(person) for one in self.parts)

    def told(self) -> dict[str, Json]:
        """It in wire form."""
        return {"or": [one.told() for one in self.parts]}


@frozen
class Except:
    """It does not hold."""

    part: "CohortDefinition"

    def holds(self, person: Person) -> bool:
        """Whether it holds for a user at an instant."""
        return not self.part.holds(person)

    def told(self) -> dict[str, Json]:
        """It in wire form."""
        return {"not": self.part.told()}


Behaviour: TypeAlias = Union[Did, FirstDid, StoppedDoing]  # noqa: UP007
CohortDefinition: TypeAlias = Union[UserIs, Did, FirstDid, StoppedDoing, Every, Some, Except]  # noqa: UP007


def predicates(definition: CohortDefinition) -> Iterator[UserIs | Behaviour]:
    """Everything that a definition asks of a user, in order."""
    match definition:
        case Every() | Some():
            for one in definition.parts:
                yield from predicates(one)
        case Except():
            yield from predicates(definition.part)
        case _:
            yield definition


def fits_idle(definition: CohortDefinition) -> bool:
    """Whether somebody can be a member who never did anything of what the definition names."""
    return True in _outcomes(definition)


def _outcomes(definition: CohortDefinition) -> set[bool]:
    """What a definition can come to for them, whatever their attributes."""
    match definition:
        case UserIs():
            return {True, False}
        case Except():
            return {not one for one in _outcomes(definition.part)}
        case Every():
            parts = [_outcomes(one) for one in definition.parts]
            return ({True} if all(True in one for one in parts) else set()) | (
                {False} if any(False in one for one in parts) else set()
            )
        case Some():
            return {not one for one in _outcomes(Every(tuple(map(Except, definition.parts))))}
        case _:
            return {False}


def _flaws(name: str, number: int | None, most: int) -> list[Flaw]:
    if number is None or 1 <= number <= most:
        return []
    return [Flaw((name,), "out_of_range", f"must lie in 1 to {most:,}")]
