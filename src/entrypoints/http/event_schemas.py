"""Event schemas: what the properties of your events look like, version by version."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import frozen
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath

from ...application.manage_event_schemas import SchemaWish
from ...domain.errors import EventSchemaNotFound
from ...domain.events.schema_changes import SchemaChange
from ...domain.events.schema_listing import LARGEST_PAGE, SchemaQuery
from ...domain.events.schema_verdicts import Consequence
from ...domain.events.schemas import (
    EventSchema,
    SchemaMode,
    SchemaRegistration,
    SchemaStep,
    is_event_type,
    read_version,
)
from .inputs import Call, described
from .problems import FieldProblem, pointer


@frozen
class EventSchemaRequest:
    """A schema that is wanted for an event type."""

    schema: Mapping[str, Any] = described(
        'The JSON Schema (2020-12) of the properties; an object schema (`"type": "object"`), at '
        "most 64 KiB, that refers to itself by `#/…` alone.",
        example={"type": "object", "properties": {"plan": {"type": "string"}}},
    )
    mode: SchemaMode | None = described(
        "What becomes of events that it does not take; null keeps the mode that holds, and is "
        "`enforce` for a new event type.",
        default=None,
    )
    expected: Literal["minor"] | None = described(
        "`minor` refuses the change with 409 if it would be a major one: a guard for pipelines.",
        default=None,
    )

    def wish(self) -> SchemaWish:
        """What the inside is asked for."""
        most = None if self.expected is None else SchemaStep(self.expected)
        return SchemaWish(self.schema, self.mode, most)


@frozen
class EventSchemaParameters:
    """Whether to do it."""

    dry_run: bool = described("Only tell what would become of it; keep nothing.", default=False)


@frozen
class EventSchemaListParameters:
    """Which event types, how many."""

    mode: SchemaMode | None = described(
        "Only schemas in this mode.", default=None, example="enforce"
    )
    retired: bool | None = described(
        "Only those that are retired, or only those in force.", default=None, example=False
    )
    limit: int = described("Length of the page.", default=50, minimum=1, maximum=LARGEST_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters.", default=None, max_length=2000
    )


@frozen
class EventSample:
    """An event's properties, to try."""

    properties: Mapping[str, Any] = described(
        "What an event might carry.", example={"plan": "standard"}
    )


@frozen(slots=False)
class SchemaChangeReport:
    """One thing that changed from one version to the next.

    Args:
        pointer: Where, in the schema with its references put in place.
        breaking: Whether it may refuse what was valid, or cannot be proven not to.
        detail: What it is.
    """

    pointer: str
    breaking: bool
    detail: str


@frozen(slots=False)
class EventSchemaOutcome:
    """What became of a registration, or would become of it.

    Args:
        event_type: Whose schema it is.
        version: The version that events are held to.
        step: How far it goes from the version before.
        changes: What changed, the breaking parts first; a hundred and a rest at most.
        mode: What becomes of events that the schema does not take.
        kept: Whether it was kept; false for a dry run.
    """

    event_type: str
    version: str
    step: SchemaStep
    changes: tuple[SchemaChangeReport, ...]
    mode: SchemaMode
    kept: bool


@frozen(slots=False)
class EventSchemaItem:
    """What is registered for an event type.

    Args:
        event_type: Whose schema it is.
        version: The version that events are held to.
        mode: What becomes of events that the schema does not take.
        mode_since: When the mode was set. [UTC]
        created_at: When this version was registered. [UTC]
        retired_at: When it was retired; null while events are held to it. [UTC]
    """

    event_type: str
    version: str
    mode: SchemaMode
    mode_since: datetime
    created_at: datetime
    retired_at: datetime | None


@frozen(slots=False)
class EventSchemaList:
    """A page of event types with schemas.

    Args:
        items: By event type, in the order of code points.
        next_cursor: For the next page; null on the last.
    """

    items: tuple[EventSchemaItem, ...]
    next_cursor: str | None


@frozen(slots=False)
class EventSchemaVersionItem:
    """One version, without the schema itself.

    Args:
        version: Which one.
        created_at: When it was registered. [UTC]
        changes: What makes it another than the version before; empty for the first.
    """

    version: str
    created_at: datetime
    changes: tuple[SchemaChangeReport, ...]


@frozen(slots=False)
class SchemaModeItem:
    """From when on which mode held.

    Args:
        mode: The mode.
        since: When it was set. [UTC]
    """

    mode: SchemaMode
    since: datetime


@frozen(slots=False)
class EventSchemaReport(EventSchemaItem):
    """The schema of an event type, with its history.

    Args:
        schema: The JSON Schema of the version that events are held to.
        versions: The newest hundred versions, newest first.
        modes: The latest hundred modes, oldest first.
    """

    schema: Mapping[str, Any]
    versions: tuple[EventSchemaVersionItem, ...]
    modes: tuple[SchemaModeItem, ...]


@frozen(slots=False)
class EventSchemaVersionReport(EventSchemaVersionItem):
    """One version of a schema; it never changes.

    Args:
        event_type: Whose schema it is.
        schema: The JSON Schema of the properties.
    """

    event_type: str
    schema: Mapping[str, Any]


@frozen(slots=False)
class SampleVerdict:
    """What the schema of a type says of an event.

    Args:
        valid: Whether the schema takes it.
        version: The version that says so.
        mode: The mode that the schema is in.
        consequence: What would become of the event while the schema is in force.
        errors: Everything wrong with it, at most 20.
    """

    valid: bool
    version: str
    mode: SchemaMode
    consequence: Consequence
    errors: tuple[FieldProblem, ...]


class EventSchemaController(Controller):
    """The schemas of your event types."""

    path = "/api/v1/event-schemas"
    tags = ("Event schemas",)

    @get(
        "/",
        operation_id="listEventSchemas",
        needs="events:read",
        asks=EventSchemaListParameters,
    )
    async def list_schemas(self, request: Call) -> EventSchemaList:
        """Event types with schemas, page by page, those that were retired too."""
        asked = request.parameters(EventSchemaListParameters)
        question = ["event schemas", asked.mode, asked.retired]
        after = None
        if asked.cursor is not None:
            after = request.cursors.open(request.tenant, question, asked.cursor)
        query = SchemaQuery(asked.mode, asked.retired, asked.limit, after)
        found = await request.cases.list_event_schemas(request.tenant, query)
        following = None
        if found.next is not None:
            following = request.cursors.seal(request.tenant, question, found.next)
        return EventSchemaList(
            tuple(EventSchemaItem(*_item(one)) for one in found.items), following
        )

    @put(
        "/{event_type:str}",
        operation_id="registerEventSchema",
        needs="event-schemas:write",
        takes=EventSchemaRequest,
        asks=EventSchemaParameters,
        may_fail=(409, 412),
    )
    async def register(self, request: Call, event_type: FromPath[str]) -> EventSchemaOutcome:
        """Say what the properties of an event type must look like.

        What it becomes is decided by comparing it with the version before: the next minor
        version if every event that was valid provably still is, else the next major one; the
        answer says why. The same schema again makes no version. Events that were stored stay
        as they are, whatever the versions after say.
        """
        asked = request.parameters(EventSchemaParameters)
        wish = (await request.payload(EventSchemaRequest)).wish()
        cases = request.cases
        act = cases.propose_event_schema if asked.dry_run else cases.register_event_schema
        done = await act(request.tenant, event_type, wish)
        current = done.registration
        return EventSchemaOutcome(
            event_type,
            str(current.current.version),
            done.step,
            _changes(done.changes),
            current.mode,
            not asked.dry_run,
        )

    @get("/{event_type:str}", operation_id="getEventSchema", needs="events:read")
    async def show(self, request: Call, event_type: FromPath[str]) -> EventSchemaReport:
        """The schema of an event type, its versions and its modes."""
        found, versions = await request.cases.show_event_schema(request.tenant, _known(event_type))
        return EventSchemaReport(
            *_item(found),
            found.current.document,
            tuple(EventSchemaVersionItem(*_version(one)) for one in versions),
            tuple(SchemaModeItem(one.mode, one.since) for one in found.modes),
        )

    @get(
        "/{event_type:str}/versions/{schema_version:str}",
        operation_id="getEventSchemaVersion",
        needs="events:read",
    )
    async def show_version(
        self, request: Call, event_type: FromPath[str], schema_version: FromPath[str]
    ) -> EventSchemaVersionReport:
        """One version of a schema, such as `1.2`."""
        version = read_version(schema_version)
        if version is None:
            raise EventSchemaNotFound(schema_version)
        found = await request.cases.show_event_schema_version(
            request.tenant, _known(event_type), version
        )
        return EventSchemaVersionReport(*_version(found), event_type, found.document)

    @post(
        "/{event_type:str}/check",
        operation_id="checkEventSample",
        needs="events:read",
        takes=EventSample,
        status_code=200,
        audit="read",
    )
    async def check(self, request: Call, event_type: FromPath[str]) -> SampleVerdict:
        """What the schema of an event type says of properties; nothing is kept."""
        asked = await request.payload(EventSample)
        said = await request.cases.check_event_sample(
            request.tenant, _known(event_type), asked.properties
        )
        errors = tuple(
            FieldProblem(pointer(flaw.path), None, flaw.code, flaw.message) for flaw in said.flaws
        )
        return SampleVerdict(not errors, str(said.version), said.mode, said.consequence, errors)

    @delete(
        "/{event_type:str}",
        operation_id="retireEventSchema",
        needs="event-schemas:write",
        may_fail=(412,),
    )
    async def retire(self, request: Call, event_type: FromPath[str]) -> None:
        """Hold the events of a type to no schema any more.

        Events and versions stay. Registering a schema again goes on from the last version.
        """
        await request.cases.retire_event_schema(request.tenant, _known(event_type))


def _item(
    one: SchemaRegistration,
) -> tuple[str, str, SchemaMode, datetime, datetime, datetime | None]:
    current, mode = one.current, one.modes[-1]
    version = str(current.version)
    return one.event_type, version, mode.mode, mode.since, current.created_at, one.retired_at


def _version(one: EventSchema) -> tuple[str, datetime, tuple[SchemaChangeReport, ...]]:
    return str(one.version), one.created_at, _changes(one.changes)


def _changes(changes: tuple[SchemaChange, ...]) -> tuple[SchemaChangeReport, ...]:
    return tuple(
        SchemaChangeReport(pointer(one.path), one.breaking, one.message) for one in changes
    )


def _known(event_type: str) -> str:
    if not is_event_type(event_type):
        raise EventSchemaNotFound(event_type)
    return event_type
