"""What a series is broken down by."""

from collections.abc import Mapping

from ...attributes import LONGEST_NAME
from ...events import Scope
from ..patterns import Field

EVENT_TYPE = "event_type"
"""The dimension of event types."""

SCOPES: Mapping[str, Scope] = {"properties.": Scope.EVENT, "user.": Scope.USER}
"""How a dimension begins that reads an attribute, and whose it is."""


def dimension_field(dimension: str) -> Field | None:
    """What a dimension reads; None for the event type.

    >>> dimension_field("user.role")
    Field(property='role', scope=<Scope.USER: 'user'>)
    """
    for prefix, scope in SCOPES.items():
        if dimension.startswith(prefix):
            return Field(dimension.removeprefix(prefix), scope)
    return None


def readable(dimension: str) -> bool:
    """Whether there is such a dimension."""
    found = dimension_field(dimension)
    if found is None:
        return dimension == EVENT_TYPE
    return 0 < len(found.property) <= LONGEST_NAME and "\x00" not in found.property
