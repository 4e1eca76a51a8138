"""Properties, their histories and what a tenant wants of comparisons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ..domain.identifiers import PropertyId, TenantId
from ..domain.portfolio.comparison import ComparisonPolicy
from ..domain.portfolio.market_side import MonthlyValues
from ..domain.portfolio.property import MonthlyRecord, Property, PropertyDraft, PropertyHistory
from ..domain.portfolio.selection import PropertyPage, PropertyQuery


class PropertyRepository(Protocol):
    """The properties of every tenant, seen by one tenant at a time.

    Every change gives the tenant's portfolio a new position; what was changed takes
    it as its version, so no version of an id ever comes twice, even after the
    property was removed and another was given its id. Every method may raise
    Unavailable if the store does not answer.
    """

    async def get(self, tenant: TenantId, identifier: PropertyId) -> Property:
        """One property.

        Raises:
            PropertyNotFound: If the tenant has none of this id.
        """

    async def some(
        self, tenant: TenantId, identifiers: Sequence[PropertyId]
    ) -> tuple[Property, ...]:
        """Those of some properties that are there, in the order of ids."""

    async def page(self, tenant: TenantId, query: PropertyQuery) -> PropertyPage:
        """The properties that `query.reference` picks, and the position they were seen at."""

    async def add(self, tenant: TenantId, draft: PropertyDraft, now: datetime) -> Property:
        """Keep a new property; without an id it gets one that was never given before.

        Ids from 2^52 on are left to callers and never given out.

        Raises:
            PropertyExists: If the tenant has one of this id.
        """

    async def replace(self, tenant: TenantId, changed: Property, expected: int) -> Property:
        """Put a changed property in the place of the version it was made from.

        The version of `changed` does not count; the property comes back with the one
        that it was given.

        Raises:
            PropertyNotFound: If the tenant has none of this id.
            VersionMismatch: If its version is not the expected one.
        """

    async def remove(self, tenant: TenantId, identifier: PropertyId, expected: int | None) -> None:
        """Forget a property and its history.

        Raises:
            PropertyNotFound: If the tenant has none of this id.
            VersionMismatch: If a version is expected and it is another.
        """

    async def put_all(
        self, tenant: TenantId, drafts: Sequence[PropertyDraft], now: datetime
    ) -> None:
        """Keep properties, each in the place of one of the same id: all of them or none.

        Raises:
            InvalidInput: If a draft has no id.
        """


class PropertyHistoryRepository(Protocol):
    """The monthly histories of properties."""

    async def history(self, tenant: TenantId, identifier: PropertyId) -> PropertyHistory:
        """The months of one property, ascending; none if nobody gave any.

        Raises:
            PropertyNotFound: If the tenant has none of this id.
            Unavailable: If the store does not answer.
        """

    async def months(
        self, tenant: TenantId, identifiers: Sequence[PropertyId]
    ) -> Mapping[PropertyId, tuple[MonthlyValues, ...]]:
        """The months of some properties, ascending, as scores of many need them.

        A property that is not there is absent; one without a history has none.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def replace_histories(
        self,
        tenant: TenantId,
        histories: Mapping[PropertyId, Sequence[MonthlyRecord]],
        expected: Mapping[PropertyId, int],
        now: datetime,
    ) -> None:
        """Put histories in the place of those that were there: all of them or none.

        Args:
            tenant: Whose properties.
            histories: Per property its months, ascending, without repeats.
            expected: The versions that some of the properties must have.
            now: When it happens. [UTC]

        Raises:
            PropertyNotFound: If the tenant lacks one of the properties.
            VersionMismatch: If a property has another version than the expected one.
            Unavailable: If the store does not answer.
        """


class ComparisonPolicyRepository(Protocol):
    """What each tenant wants of comparisons, and where its portfolio stands."""

    async def comparison_policy(self, tenant: TenantId) -> tuple[ComparisonPolicy, int]:
        """The tenant's policy (the default until it set one) and its portfolio's position.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def set_comparison_policy(
        self, tenant: TenantId, policy: ComparisonPolicy, expected: int | None
    ) -> ComparisonPolicy:
        """Put a policy in the place of the tenant's; it comes back with its version.

        Raises:
            VersionMismatch: If a version is expected and the policy has another.
            Unavailable: If the store does not answer.
        """
