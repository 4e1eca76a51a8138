"""What the schemas in force say of an event's properties."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from ..errors import Flaw
from .schema_documents import shortened
from .schemas import SchemaMode, SchemaVersion

MOST_FLAWS = 20
"""Flaws that are told of one event."""

PropertiesCheck = Callable[[Mapping[str, Any]], tuple[Flaw, ...]]
"""What is wrong with properties; paths begin at the properties."""


class Consequence(StrEnum):
    """What becomes of an event by its schema.

    `keep` keeps it, `note` keeps it with a note of what is wrong, `quarantine` keeps it apart
    from the others, `refuse` does not keep it.
    """

    KEEP = "keep"
    NOTE = "note"
    QUARANTINE = "quarantine"
    REFUSE = "refuse"


_BY_MODE: Mapping[SchemaMode, Consequence] = {
    SchemaMode.ENFORCE: Consequence.REFUSE,
    SchemaMode.QUARANTINE: Consequence.QUARANTINE,
    SchemaMode.OBSERVE: Consequence.NOTE,
}


@frozen
class SchemaVerdict:
    """What a schema says of one event's properties.

    Args:
        version: The version that said it.
        mode: The mode that the schema is in.
        flaws: What is wrong, at most 20; paths begin with "properties".
    """

    version: SchemaVersion
    mode: SchemaMode
    flaws: tuple[Flaw, ...]

    @property
    def consequence(self) -> Consequence:
        """What becomes of the event."""
        return _BY_MODE[self.mode] if self.flaws else Consequence.KEEP


@frozen
class CheckedType:
    """The schema in force of one event type, ready to judge."""

    version: SchemaVersion
    mode: SchemaMode
    check: PropertiesCheck

    def verdict(self, properties: Mapping[str, Any]) -> SchemaVerdict:
        """What it says of properties; nothing waits."""
        flaws = self.check(properties)[:MOST_FLAWS]
        told = tuple(within("properties", flaw) for flaw in flaws)
        return SchemaVerdict(self.version, self.mode, told)


def within(member: str, flaw: Flaw) -> Flaw:
    """A flaw of what is one member of an input, as the input's own."""
    return evolve(flaw, path=(member, *shortened(flaw.path)))


@frozen
class SchemaChecks:
    """The schemas in force of one tenant, by event type."""

    types: Mapping[str, CheckedType]

    def verdict(self, event_type: str, properties: Mapping[str, Any]) -> SchemaVerdict | None:
        """What the type's schema says of an event; None for a type without one in force.

        Nothing waits and nothing is asked of anybody. The properties must be readable JSON:
        strings are valid Unicode, numbers finite.
        """
        known = self.types.get(event_type)
        return None if known is None else known.verdict(properties)
