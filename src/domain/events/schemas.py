"""Event schemas: what the properties of an event type look like, version by version.

A compatible change is the next minor version, any other the next major one. Old versions
and old events stay; a schema judges events when they arrive and never again (ADR 30).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen

from ..errors import InvalidInput, SchemaBreaks
from .schema_changes import SchemaChange, schema_changes
from .schema_documents import canonical

LONGEST_EVENT_TYPE = 100
MOST_EVENT_TYPES = 500
"""Event types of a tenant that have a schema in force."""
MOST_MODES = 100
"""Changes of mode that are remembered of one event type."""

#: Anything that an address can hold as one step of its path.
_EVENT_TYPE = re.compile(
    r"(?!\.{1,2}$)[^\x00-\x20/\x7f-\xa0]([^\x00-\x1f/\x7f-\x9f]*[^\x00-\x20/\x7f-\xa0])?"
)
_VERSION = re.compile(r"([1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)


class SchemaMode(StrEnum):
    """What becomes of an event that its schema does not take.

    `enforce` refuses it, `quarantine` keeps it apart from the others, `observe` keeps it
    like any other and only notes what is wrong with it.
    """

    ENFORCE = "enforce"
    QUARANTINE = "quarantine"
    OBSERVE = "observe"


class SchemaStep(StrEnum):
    """What a registration makes of an event type: how far it goes from the version before.

    `first` is version 1.0, `unchanged` makes no version, `minor` takes all that was valid,
    `major` may refuse some of it.
    """

    FIRST = "first"
    UNCHANGED = "unchanged"
    MINOR = "minor"
    MAJOR = "major"


@frozen(order=True)
class SchemaVersion:
    """A version of a schema, in order of age.

    >>> str(SchemaVersion(2, 1))
    '2.1'
    """

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    def after(self, step: SchemaStep) -> "SchemaVersion":
        """The version that a step leads to."""
        if step is SchemaStep.MAJOR:
            return SchemaVersion(self.major + 1, 0)
        return SchemaVersion(self.major, self.minor + (step is SchemaStep.MINOR))


FIRST_VERSION = SchemaVersion(1, 0)


def read_version(text: str) -> SchemaVersion | None:
    """The version that a text such as `2.1` names; None if it names none."""
    found = _VERSION.fullmatch(text)
    return SchemaVersion(int(found[1]), int(found[2])) if found else None


def is_event_type(text: str) -> bool:
    """Whether a text can name an event type that has a schema."""
    return len(text) <= LONGEST_EVENT_TYPE and _EVENT_TYPE.fullmatch(text) is not None


def event_type_with_schema(text: str) -> str:
    """A name of an event type.

    Raises:
        InvalidInput: If it cannot have a schema.
    """
    if not is_event_type(text):
        message = (
            f"must be 1 to {LONGEST_EVENT_TYPE} characters without a slash or a control "
            "character, and without a space at its ends"
        )
        raise InvalidInput(message, path=("event_type",), code="event_type")
    return text


@frozen
class EventSchema:
    """One version of the schema of an event type; it never changes.

    Args:
        event_type: Whose properties it describes.
        version: Which version it is.
        document: The JSON Schema (2020-12) of the properties.
        changes: What makes it another than the version before; empty for the first.
        created_at: When it was registered. [UTC]
    """

    event_type: str
    version: SchemaVersion
    document: Mapping[str, Any] = field(repr=False)
    changes: tuple[SchemaChange, ...]
    created_at: datetime


@frozen
class ModeChange:
    """From when on which mode holds.

    Args:
        mode: The mode.
        since: When it was set. [UTC]
    """

    mode: SchemaMode
    since: datetime


@frozen
class SchemaRegistration:
    """What is registered for an event type, as it stands.

    Args:
        current: The version that events are held to.
        modes: The modes that held and hold, oldest first; at least one.
        retired_at: When it was retired; None while events are held to it. [UTC]
        position: Position of the tenant's registry at which it last changed.
    """

    current: EventSchema
    modes: tuple[ModeChange, ...]
    retired_at: datetime | None = None
    position: int = 0

    @property
    def event_type(self) -> str:
        """Whose schema it is."""
        return self.current.event_type

    @property
    def mode(self) -> SchemaMode:
        """What becomes of events that the schema does not take."""
        return self.modes[-1].mode

    def retired(self, now: datetime) -> "SchemaRegistration":
        """The same, out of force; one that is so already stays as it is."""
        return self if self.retired_at else evolve(self, retired_at=now)


@frozen
class SchemaProposal:
    """What registering a document makes of an event type.

    Args:
        step: How far it goes.
        registration: As it would stand then; its position is still the old one.
        registered: As it stands now; None if nothing ever was registered.
    """

    step: SchemaStep
    registration: SchemaRegistration
    registered: SchemaRegistration | None

    @property
    def changes(self) -> tuple[SchemaChange, ...]:
        """What changes, the breaking parts first."""
        unchanged = self.step is SchemaStep.UNCHANGED
        return () if unchanged else self.registration.current.changes

    def expected(self, most: SchemaStep | None) -> "SchemaProposal":
        """The same, if it goes no further than is expected.

        Raises:
            SchemaBreaks: If a minor step was expected and it is a major one.
        """
        if most is SchemaStep.MINOR and self.step is SchemaStep.MAJOR:
            current = self.registration.current
            raise SchemaBreaks(current.event_type, str(current.version), self.changes)
        return self


def first_registration(
    event_type: str, document: Mapping[str, Any], mode: SchemaMode, now: datetime
) -> SchemaProposal:
    """The registration of an event type that never had a schema."""
    made = EventSchema(event_type, FIRST_VERSION, document, (), now)
    wanted = SchemaRegistration(made, (ModeChange(mode, now),))
    return SchemaProposal(SchemaStep.FIRST, wanted, None)


def next_registration(
    registered: SchemaRegistration, document: Mapping[str, Any], mode: SchemaMode, now: datetime
) -> SchemaProposal:
    """The registration after one; one that was retired is in force again.

    Args:
        registered: What is registered now.
        document: The schema that is wanted; without flaws.
        mode: The mode that is wanted; another one makes no version.
        now: When it happens. [UTC]
    """
    old = registered.current
    changes = schema_changes(old.document, document)
    step = _step(old.document, document, changes)
    current = old
    if step is not SchemaStep.UNCHANGED:
        current = EventSchema(old.event_type, old.version.after(step), document, changes, now)
    modes = registered.modes
    if mode is not registered.mode:
        modes = (*modes, ModeChange(mode, now))[-MOST_MODES:]
    wanted = evolve(registered, current=current, modes=modes, retired_at=None)
    return SchemaProposal(step, wanted, registered)


def _step(
    old: Mapping[str, Any], new: Mapping[str, Any], changes: tuple[SchemaChange, ...]
) -> SchemaStep:
    if canonical(old) == canonical(new):
        return SchemaStep.UNCHANGED
    breaks = any(change.breaking for change in changes)
    return SchemaStep.MAJOR if breaks else SchemaStep.MINOR
