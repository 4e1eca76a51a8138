"""What an attribution question leaves open: events, models, weights and how is counted."""

import math
from collections.abc import Iterator
from enum import StrEnum

from attrs import field, frozen

from ...attributes import LONGEST_NAME
from ...errors import Flaw, InvalidFields
from ..patterns import EventPattern


class AttributionModel(StrEnum):
    """How the credit of a conversion is shared among the touches before it."""

    FIRST_TOUCH = "first_touch"
    LAST_TOUCH = "last_touch"
    LAST_NON_DIRECT = "last_non_direct"
    LINEAR = "linear"
    POSITION_BASED = "position_based"
    TIME_DECAY = "time_decay"
    PARTICIPATION = "participation"
    SHAPLEY = "shapley"
    MARKOV = "markov"
    SHAPLEY_RATE = "shapley_rate"

    @property
    def of_whole(self) -> bool:
        """Whether it credits all journeys together and says nothing of a single conversion."""
        return self in {AttributionModel.MARKOV, AttributionModel.SHAPLEY_RATE}


class Counting(StrEnum):
    """What is credited."""

    CONVERSIONS = "conversions"
    UNIQUE_USERS = "unique_users"


class QualifyingConversion(StrEnum):
    """Which conversion of a user is credited where users are counted."""

    LAST = "last"
    FIRST = "first"


@frozen
class Conversion(EventPattern):
    """Events that count as a conversion.

    Args:
        event_type: As of any pattern.
        filters: As of any pattern.
        value_property: The property that says what a conversion is worth; null where each is
            worth 1. What is no number within ±(2^53 - 1) is worth nothing.

    Raises:
        InvalidFields: As of any pattern, and if the property has an impossible name.
    """

    value_property: str | None = None

    def __attrs_post_init__(self) -> None:
        EventPattern.__attrs_post_init__(self)
        if self.value_property is not None:
            _check_name("value_property", self.value_property)


@frozen
class Touchpoint(EventPattern):
    """Events that may bring about a conversion.

    Args:
        event_type: As of any pattern.
        filters: As of any pattern.
        property: The property whose values are credited; the empty text where an event has none.

    Raises:
        InvalidFields: As of any pattern, and if the property has an impossible name.
    """

    property: str = field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        EventPattern.__attrs_post_init__(self)
        _check_name("property", self.property)


@frozen
class PositionWeights:
    """What the first and the last touch get of a conversion; those between share the rest.

    Args:
        first: Share of the first touch, 0 to 1. [1]
        last: Share of the last touch, 0 to 1. [1]

    Raises:
        InvalidFields: If one of them is no share, or both are more than the whole.
    """

    first: float = 0.4
    last: float = 0.4

    def __attrs_post_init__(self) -> None:
        if flaws := list(self._flaws()):
            raise InvalidFields(flaws)

    def _flaws(self) -> Iterator[Flaw]:
        for name, share in (("first", self.first), ("last", self.last)):
            if not 0 <= share <= 1 or math.isnan(share):
                yield Flaw((name,), "out_of_range", "must lie between 0 and 1")
        if self.first + self.last > 1:
            yield Flaw((), "too_much", "first and last together must be at most 1")


def _check_name(name: str, value: str) -> None:
    if not 0 < len(value) <= LONGEST_NAME or "\x00" in value:
        message = f"must be a name of 1 to {LONGEST_NAME} characters"
        raise InvalidFields([Flaw((name,), "property", message)])
