"""Properties, histories and comparison policies in memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from attrs import define, evolve, field

from ...domain.errors import (
    Conflict,
    PropertyExists,
    PropertyNotFound,
    VersionMismatch,
)
from ...domain.identifiers import MarketId, PropertyId, TenantId
from ...domain.portfolio.comparison import ComparisonPolicy
from ...domain.portfolio.market_side import MonthlyValues, monthly_values
from ...domain.portfolio.property import (
    FIRST_UNASSIGNED,
    MonthlyRecord,
    Property,
    PropertyDraft,
    PropertyHistory,
    identified,
)
from ...domain.portfolio.selection import PropertyPage, PropertyQuery, page


@define
class _Portfolio:
    position: int = 0
    next_id: int = 1
    policy: ComparisonPolicy = field(factory=ComparisonPolicy)
    properties: dict[PropertyId, Property] = field(factory=dict)
    histories: dict[PropertyId, tuple[MonthlyRecord, ...]] = field(factory=dict)

    def moved(self) -> int:
        self.position += 1
        return self.position

    def found(self, identifier: PropertyId, expected: int | None = None) -> Property:
        if identifier not in self.properties:
            raise PropertyNotFound(identifier)
        kept = self.properties[identifier]
        if expected not in {None, kept.version}:
            raise VersionMismatch(expected, kept.version)
        return kept

    def taken(self, identifier: PropertyId) -> None:
        if identifier < FIRST_UNASSIGNED:
            self.next_id = max(self.next_id, identifier + 1)


class MemoryPropertyRepository:
    """Keeps three ports at once, because they share positions and versions, and a fourth reads."""

    def __init__(self) -> None:
        self._portfolios: dict[TenantId, _Portfolio] = {}
        #: What goes with a property is forgotten by these.
        self.on_remove: list[Callable[[TenantId, PropertyId], None]] = []

    async def get(self, tenant: TenantId, identifier: PropertyId) -> Property:
        return self._of(tenant).found(identifier)

    async def some(
        self, tenant: TenantId, identifiers: Sequence[PropertyId]
    ) -> tuple[Property, ...]:
        kept = self._of(tenant).properties
        return tuple(kept[one] for one in sorted(set(identifiers)) if one in kept)

    async def page(self, tenant: TenantId, query: PropertyQuery) -> PropertyPage:
        portfolio = self._of(tenant)
        found = evolve(query, limit=None).reference(portfolio.properties.values())
        return page(query, found, portfolio.position)

    async def add(self, tenant: TenantId, draft: PropertyDraft, now: datetime) -> Property:
        portfolio = self._kept(tenant)
        identifier = draft.id or PropertyId(portfolio.next_id)
        if identifier in portfolio.properties:
            raise PropertyExists(identifier)
        if draft.id is None and identifier >= FIRST_UNASSIGNED:
            raise Conflict("every id has been given out; name one")
        kept = draft.kept(identifier, portfolio.moved(), now)
        portfolio.properties[identifier] = kept
        portfolio.taken(identifier)
        return kept

    async def replace(self, tenant: TenantId, changed: Property, expected: int) -> Property:
        portfolio = self._of(tenant)
        portfolio.found(changed.id, expected)
        kept = evolve(changed, version=portfolio.moved())
        portfolio.properties[changed.id] = kept
        return kept

    async def remove(self, tenant: TenantId, identifier: PropertyId, expected: int | None) -> None:
        portfolio = self._of(tenant)
        portfolio.found(identifier, expected)
        portfolio.moved()
        del portfolio.properties[identifier]
        portfolio.histories.pop(identifier, None)
        for forget in self.on_remove:
            forget(tenant, identifier)

    async def put_all(
        self, tenant: TenantId, drafts: Sequence[PropertyDraft], now: datetime
    ) -> None:
        identifiers = identified(drafts)
        portfolio = self._kept(tenant)
        if not drafts:
            return
        position = portfolio.moved()
        for identifier, draft in identifiers.items():
            portfolio.properties[identifier] = draft.kept(identifier, position, now)
            portfolio.taken(identifier)

    async def history(self, tenant: TenantId, identifier: PropertyId) -> PropertyHistory:
        portfolio = self._of(tenant)
        kept = portfolio.found(identifier)
        return PropertyHistory(identifier, kept.version, portfolio.histories.get(identifier, ()))

    async def months(
        self, tenant: TenantId, identifiers: Sequence[PropertyId]
    ) -> Mapping[PropertyId, tuple[MonthlyValues, ...]]:
        kept = self._of(tenant)
        return {
            one: tuple(map(monthly_values, kept.histories.get(one, ())))
            for one in identifiers
            if one in kept.properties
        }

    async def replace_histories(
        self,
        tenant: TenantId,
        histories: Mapping[PropertyId, Sequence[MonthlyRecord]],
        expected: Mapping[PropertyId, int],
        now: datetime,
    ) -> None:
        portfolio = self._of(tenant)
        kept = [portfolio.found(one, expected.get(one)) for one in sorted(histories)]
        if not kept:
            return
        position = portfolio.moved()
        for subject in kept:
            portfolio.properties[subject.id] = evolve(subject, version=position, updated_at=now)
            portfolio.histories[subject.id] = tuple(histories[subject.id])

    async def comparison_policy(self, tenant: TenantId) -> tuple[ComparisonPolicy, int]:
        portfolio = self._of(tenant)
        return portfolio.policy, portfolio.position

    async def set_comparison_policy(
        self, tenant: TenantId, policy: ComparisonPolicy, expected: int | None
    ) -> ComparisonPolicy:
        portfolio = self._kept(tenant)
        if expected not in {None, portfolio.policy.version}:
            raise VersionMismatch(expected, portfolio.policy.version)
        portfolio.policy = evolve(policy, version=portfolio.moved())
        return portfolio.policy

    async def tenants(self) -> tuple[TenantId, ...]:
        return tuple(sorted(one for one, kept in self._portfolios.items() if kept.properties))

    async def markets(self, tenant: TenantId) -> tuple[MarketId, ...]:
        return tuple(sorted({one.market_id for one in self._of(tenant).properties.values()}))

    def moved(self, tenant: TenantId) -> int:
        """The next position of a tenant's portfolio, for what else its answers are made of."""
        return self._kept(tenant).moved()

    def _of(self, tenant: TenantId) -> _Portfolio:
        return self._portfolios.get(tenant, _Portfolio())

    def _kept(self, tenant: TenantId) -> _Portfolio:
        return self._portfolios.setdefault(tenant, _Portfolio())
