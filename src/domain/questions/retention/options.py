"""What a retention question lets one choose."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from ...attributes import Json
from ...errors import Flaw, InvalidFields
from ...events import Scope
from ..patterns import Field
from ..told import told_field

MOST_VALUES = 100
"""Most values of a breakdown that are told apart."""

OTHER = "Other"
"""What all further values of a breakdown are called together."""


class CohortRule(StrEnum):
    """Which interval's cohort a user belongs to."""

    RECURRING = "recurring"
    FIRST_TIME = "first_time"
    FIRST_EVER = "first_ever"


class ReturnRule(StrEnum):
    """When a user has returned."""

    IN_INTERVAL = "in_interval"
    IN_INTERVAL_OR_LATER = "in_interval_or_later"


@frozen
class RetentionBreakdown:
    """One table per value of a property or attribute.

    Args:
        property: Of the event that put the user into the cohort, or an attribute of the user.
        scope: Whose it is.
        limit: How many values are told apart, the most frequent ones; the rest is `Other`.

    Raises:
        InvalidFields: If the limit is out of range.
    """

    property: str
    scope: Scope = Scope.EVENT
    limit: int = 25

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.limit <= MOST_VALUES:
            message = f"must lie in 1 to {MOST_VALUES}"
            raise InvalidFields([Flaw(("limit",), "out_of_range", message)])

    def looked_at(self) -> Field:
        """The property or attribute; the empty text stands for none."""
        return Field(self.property, self.scope)

    def told(self) -> dict[str, Json]:
        """It in wire form, and on which event the value is read."""
        told: dict[str, Json] = {**told_field(self.looked_at()), "limit": self.limit}
        return {**told, "attribution": "event_that_began"}

    def labels(self, sizes: Mapping[str, int]) -> Mapping[str, str]:
        """What each value is shown as, in the order of the tables.

        Args:
            sizes: How often a user entered a cohort with a value.
        """
        ranked = sorted(sizes, key=lambda value: (-sizes[value], value))
        kept = ranked[: self.limit]
        return {value: value if at < len(kept) else OTHER for at, value in enumerate(ranked)}
