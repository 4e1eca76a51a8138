"""The event schemas of every tenant, every version of them."""

from typing import Protocol

from ..domain.events.schema_listing import SchemaPage, SchemaQuery
from ..domain.events.schema_verdicts import SchemaChecks
from ..domain.events.schemas import EventSchema, SchemaRegistration, SchemaVersion
from ..domain.identifiers import TenantId


class EventSchemaRepository(Protocol):
    """What tenants registered, seen by one tenant at a time.

    Each tenant's registry has a position, which every change moves. Every method may
    raise Unavailable if the store does not answer.
    """

    async def get(self, tenant: TenantId, event_type: str) -> SchemaRegistration | None:
        """What is registered for an event type, retired or not; None if nothing ever was."""

    async def page(self, tenant: TenantId, query: SchemaQuery) -> SchemaPage:
        """The registrations that `query.reference` picks."""

    async def version(
        self, tenant: TenantId, event_type: str, version: SchemaVersion
    ) -> EventSchema:
        """One version of a schema.

        Raises:
            EventSchemaNotFound: If the tenant never had it.
        """

    async def versions(self, tenant: TenantId, event_type: str) -> tuple[EventSchema, ...]:
        """The newest hundred versions of a schema, newest first."""

    async def changed_since(
        self, tenant: TenantId, position: int
    ) -> tuple[SchemaRegistration, ...]:
        """The registrations that changed after a position, in the order of their changes."""

    async def in_force(self, tenant: TenantId) -> int:
        """How many event types have a schema that is not retired."""

    async def keep(
        self, tenant: TenantId, changed: SchemaRegistration, replaces: int | None
    ) -> SchemaRegistration:
        """Put a registration in the place of the one it was made from; its version with it.

        Args:
            tenant: Whose it is.
            changed: What shall be registered; its own position does not count.
            replaces: Position of the one that it was made from; None if there was none.

        Returns:
            The same, at its position.

        Raises:
            VersionMismatch: If another one is registered by now.
        """


class EventSchemaChecks(Protocol):
    """The schemas in force, ready to judge events."""

    async def current(self, tenant: TenantId) -> SchemaChecks:
        """The checks of a tenant: what this process changed counts at once, the rest soon.

        Raises:
            Unavailable: If the store does not answer.
        """

    def changed(self, tenant: TenantId) -> None:
        """Told that this process changed a tenant's schemas."""
