"""Look after the schemas of event types."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from attrs import evolve, frozen

from ..domain.errors import (
    EventSchemaNotFound,
    InvalidFields,
    TooManySchemas,
    VersionMismatch,
)
from ..domain.events.schema_documents import document_flaws, unreadable_json
from ..domain.events.schema_listing import SchemaPage, SchemaQuery
from ..domain.events.schema_verdicts import CheckedType, SchemaVerdict, within
from ..domain.events.schemas import (
    MOST_EVENT_TYPES,
    EventSchema,
    SchemaMode,
    SchemaProposal,
    SchemaRegistration,
    SchemaStep,
    SchemaVersion,
    event_type_with_schema,
    first_registration,
    next_registration,
)
from ..domain.identifiers import TenantId
from ..ports.clock import Clock
from ..ports.event_schemas import EventSchemaChecks, EventSchemaRepository
from ..ports.schema_checker import SchemaChecker

_TRIES = 10


@frozen
class SchemaWish:
    """A schema that is wanted for an event type.

    Args:
        document: The JSON Schema of the properties.
        mode: What becomes of events that it does not take; None keeps the mode that holds,
            and is `enforce` where none does.
        expected: The furthest step that is all right; None for any.
    """

    document: Mapping[str, Any]
    mode: SchemaMode | None = None
    expected: SchemaStep | None = None


@frozen
class ProposeEventSchema:
    """Use case: what a schema would become, with nothing kept."""

    schemas: EventSchemaRepository
    checker: SchemaChecker
    clock: Clock

    async def __call__(self, tenant: TenantId, event_type: str, wish: SchemaWish) -> SchemaProposal:
        """Propose.

        Raises:
            InvalidInput: If the event type cannot have a schema.
            InvalidFields: If the document is no schema that an event type may have.
            SchemaBreaks: If a minor step was expected and it is a major one.
            TooManySchemas: If the tenant has as many in force as it may have.
        """
        event_type_with_schema(event_type)
        self._check(wish.document)
        registered = await self.schemas.get(tenant, event_type)
        if registered is None or registered.retired_at is not None:
            await self._make_room(tenant)
        return self._proposal(event_type, registered, wish).expected(wish.expected)

    def _check(self, document: Mapping[str, Any]) -> None:
        flaws = document_flaws(document) or self.checker.flaws(document)
        if flaws:
            raise InvalidFields([within("schema", flaw) for flaw in flaws])

    async def _make_room(self, tenant: TenantId) -> None:
        if await self.schemas.in_force(tenant) >= MOST_EVENT_TYPES:
            raise TooManySchemas(MOST_EVENT_TYPES)

    def _proposal(
        self, event_type: str, registered: SchemaRegistration | None, wish: SchemaWish
    ) -> SchemaProposal:
        now = self.clock.now()
        if registered is None:
            mode = wish.mode or SchemaMode.ENFORCE
            return first_registration(event_type, wish.document, mode, now)
        return next_registration(registered, wish.document, wish.mode or registered.mode, now)


@frozen
class RegisterEventSchema:
    """Use case: hold the events of a type to a schema from now on."""

    propose: ProposeEventSchema
    schemas: EventSchemaRepository
    checks: EventSchemaChecks

    async def __call__(self, tenant: TenantId, event_type: str, wish: SchemaWish) -> SchemaProposal:
        """Register; the same again changes nothing.

        Raises:
            InvalidInput: If the event type cannot have a schema.
            InvalidFields: If the document is no schema that an event type may have.
            SchemaBreaks: If a minor step was expected and it is a major one.
            TooManySchemas: If the tenant has as many in force as it may have.
            VersionMismatch: If others keep registering one at the same time.
        """
        for _ in range(_TRIES - 1):
            with suppress(VersionMismatch):
                return await self._once(tenant, event_type, wish)
        return await self._once(tenant, event_type, wish)

    async def _once(self, tenant: TenantId, event_type: str, wish: SchemaWish) -> SchemaProposal:
        proposed = await self.propose(tenant, event_type, wish)
        present = proposed.registered
        if proposed.registration == present:
            return proposed
        replaces = None if present is None else present.position
        try:
            kept = await self.schemas.keep(tenant, proposed.registration, replaces)
        finally:
            self.checks.changed(tenant)
        return evolve(proposed, registration=kept)


@frozen
class ListEventSchemas:
    """Use case: a page of what the tenant registered."""

    schemas: EventSchemaRepository

    async def __call__(self, tenant: TenantId, query: SchemaQuery) -> SchemaPage:
        """List."""
        return await self.schemas.page(tenant, query)


@frozen
class ShowEventSchema:
    """Use case: the schema of an event type, and its versions."""

    schemas: EventSchemaRepository

    async def __call__(
        self, tenant: TenantId, event_type: str
    ) -> tuple[SchemaRegistration, tuple[EventSchema, ...]]:
        """Show what is registered, and its newest hundred versions, newest first.

        Raises:
            EventSchemaNotFound: If nothing was ever registered for this event type.
        """
        registered = await _registered(self.schemas, tenant, event_type)
        return registered, await self.schemas.versions(tenant, event_type)


@frozen
class ShowEventSchemaVersion:
    """Use case: one version of a schema."""

    schemas: EventSchemaRepository

    async def __call__(
        self, tenant: TenantId, event_type: str, version: SchemaVersion
    ) -> EventSchema:
        """Show.

        Raises:
            EventSchemaNotFound: If the tenant never had it.
        """
        return await self.schemas.version(tenant, event_type, version)


@frozen
class CheckEventSample:
    """Use case: what the schema of a type would say of an event."""

    schemas: EventSchemaRepository
    checker: SchemaChecker

    async def __call__(
        self, tenant: TenantId, event_type: str, properties: Mapping[str, Any]
    ) -> SchemaVerdict:
        """Check against the current version, even if it is retired.

        Raises:
            InvalidFields: If the properties are no readable JSON.
            EventSchemaNotFound: If nothing was ever registered for this event type.
        """
        if flaws := unreadable_json(properties):
            raise InvalidFields([within("properties", flaw) for flaw in flaws])
        registered = await _registered(self.schemas, tenant, event_type)
        check = self.checker.compiled(registered.current.document)
        return CheckedType(registered.current.version, registered.mode, check).verdict(properties)


@frozen
class RetireEventSchema:
    """Use case: hold the events of a type to no schema any more."""

    schemas: EventSchemaRepository
    checks: EventSchemaChecks
    clock: Clock

    async def __call__(self, tenant: TenantId, event_type: str) -> None:
        """Retire; events and versions stay. Again is harmless.

        Raises:
            EventSchemaNotFound: If nothing was ever registered for this event type.
            VersionMismatch: If somebody registers another at the same time.
        """
        registered = await _registered(self.schemas, tenant, event_type)
        retired = registered.retired(self.clock.now())
        if retired == registered:
            return
        try:
            await self.schemas.keep(tenant, retired, registered.position)
        finally:
            self.checks.changed(tenant)


async def _registered(
    schemas: EventSchemaRepository, tenant: TenantId, event_type: str
) -> SchemaRegistration:
    found = await schemas.get(tenant, event_type)
    if found is None:
        raise EventSchemaNotFound(event_type)
    return found
