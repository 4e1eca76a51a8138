"""Event schemas in memory, and the checks of them that a process has at hand."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve, field

from ...domain.errors import EventSchemaNotFound, Flaw, VersionMismatch
from ...domain.events.schema_listing import SchemaPage, SchemaQuery, schema_page
from ...domain.events.schema_verdicts import CheckedType, PropertiesCheck, SchemaChecks
from ...domain.events.schemas import EventSchema, SchemaRegistration, SchemaVersion
from ...domain.identifiers import TenantId
from ...ports.event_schemas import EventSchemaRepository
from ...ports.schema_checker import SchemaChecker
from .recent_answers import RecentAnswers

_MOST_VERSIONS = 100
_TENANTS_REMEMBERED = 1000


@define
class _Registry:
    position: int = 0
    registered: dict[str, SchemaRegistration] = field(factory=dict)
    versions: dict[str, dict[SchemaVersion, EventSchema]] = field(factory=dict)


@define
class MemoryEventSchemaRepository:
    """Keeps a registry for every tenant."""

    _registries: dict[TenantId, _Registry] = field(factory=dict, init=False)

    async def get(self, tenant: TenantId, event_type: str) -> SchemaRegistration | None:
        return self._of(tenant).registered.get(event_type)

    async def page(self, tenant: TenantId, query: SchemaQuery) -> SchemaPage:
        return schema_page(query, query.reference(self._of(tenant).registered.values()))

    async def version(
        self, tenant: TenantId, event_type: str, version: SchemaVersion
    ) -> EventSchema:
        try:
            return self._of(tenant).versions[event_type][version]
        except KeyError:
            raise EventSchemaNotFound(version) from None

    async def versions(self, tenant: TenantId, event_type: str) -> tuple[EventSchema, ...]:
        kept = self._of(tenant).versions.get(event_type, {})
        return tuple(kept[one] for one in sorted(kept, reverse=True)[:_MOST_VERSIONS])

    async def changed_since(
        self, tenant: TenantId, position: int
    ) -> tuple[SchemaRegistration, ...]:
        registered = self._of(tenant).registered.values()
        changed = (one for one in registered if one.position > position)
        return tuple(sorted(changed, key=lambda one: one.position))

    async def in_force(self, tenant: TenantId) -> int:
        return sum(one.retired_at is None for one in self._of(tenant).registered.values())

    async def keep(
        self, tenant: TenantId, changed: SchemaRegistration, replaces: int | None
    ) -> SchemaRegistration:
        registry = self._registries.setdefault(tenant, _Registry())
        present = registry.registered.get(changed.event_type)
        position = None if present is None else present.position
        if position != replaces:
            raise VersionMismatch(replaces or 0, position or 0)
        registry.position += 1
        kept = evolve(changed, position=registry.position)
        registry.registered[kept.event_type] = kept
        versions = registry.versions.setdefault(kept.event_type, {})
        versions.setdefault(kept.current.version, kept.current)
        return kept

    def _of(self, tenant: TenantId) -> _Registry:
        return self._registries.get(tenant, _Registry())


@define
class RecentSchemaChecks:
    """Holds the checks of each tenant and asks once a second whether any schema changed.

    What another process changed counts here at most `seconds` later, what this one
    changed at once. Only what changed is read; a schema is compiled when its first
    event comes.
    """

    store: EventSchemaRepository
    checker: SchemaChecker
    seconds: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _held: dict[TenantId, tuple[int, SchemaChecks]] = field(factory=dict, init=False)
    _recent: RecentAnswers[TenantId, SchemaChecks] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._recent = RecentAnswers(self._read, self.seconds, self.monotonic)

    async def current(self, tenant: TenantId) -> SchemaChecks:
        return await self._recent(tenant)

    def changed(self, tenant: TenantId) -> None:
        self._recent.forget(tenant)

    async def _read(self, tenant: TenantId) -> SchemaChecks:
        position, checks = self._held.get(tenant, (0, SchemaChecks({})))
        changed = await self.store.changed_since(tenant, position)
        # Another reading may have ended in the meantime, further on than this one.
        if changed and self._held.get(tenant, (0, checks))[0] < changed[-1].position:
            if len(self._held) >= _TENANTS_REMEMBERED:
                del self._held[next(iter(self._held))]
            self._held[tenant] = changed[-1].position, self._with(checks, changed)
        return self._held.get(tenant, (0, checks))[1]

    def _with(self, checks: SchemaChecks, changed: tuple[SchemaRegistration, ...]) -> SchemaChecks:
        types = dict(checks.types)
        for one in changed:
            known = types.pop(one.event_type, None)
            if one.retired_at is not None:
                continue
            if known is None or known.version != one.current.version:
                check: PropertiesCheck = _OnFirstUse(self.checker, one.current.document)
            else:
                check = known.check
            types[one.event_type] = CheckedType(one.current.version, one.mode, check)
        return SchemaChecks(types)


@define
class _OnFirstUse:
    """Compiles a schema when it is first needed."""

    checker: SchemaChecker
    _document: Mapping[str, Any] | None
    _check: PropertiesCheck | None = field(default=None, init=False)

    def __call__(self, properties: Mapping[str, Any]) -> tuple[Flaw, ...]:
        check = self._check
        if check is None:
            assert self._document is not None
            check = self._check = self.checker.compiled(self._document)
            self._document = None
        return check(properties)
