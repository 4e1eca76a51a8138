"""Look after properties and their histories."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ..domain.errors import VersionMismatch
from ..domain.identifiers import PropertyId, TenantId
from ..domain.portfolio.comparison import ComparisonPolicy
from ..domain.portfolio.property import (
    MonthlyRecord,
    Property,
    PropertyDraft,
    PropertyHistory,
    changed,
    ordered_records,
)
from ..domain.portfolio.selection import PropertyPage, PropertyQuery
from ..ports.clock import Clock
from ..ports.properties import (
    ComparisonPolicyRepository,
    PropertyHistoryRepository,
    PropertyRepository,
)

_ATTEMPTS = 5


@frozen
class ListProperties:
    """Use case: a page of the tenant's properties."""

    properties: PropertyRepository

    async def __call__(self, tenant: TenantId, query: PropertyQuery) -> PropertyPage:
        """List."""
        return await self.properties.page(tenant, query)


@frozen
class ShowProperty:
    """Use case: one property."""

    properties: PropertyRepository

    async def __call__(self, tenant: TenantId, identifier: PropertyId) -> Property:
        """Show.

        Raises:
            PropertyNotFound: If the tenant has no such property.
        """
        return await self.properties.get(tenant, identifier)


@frozen
class AddProperty:
    """Use case: a new property."""

    properties: PropertyRepository
    clock: Clock

    async def __call__(self, tenant: TenantId, draft: PropertyDraft) -> Property:
        """Add.

        Raises:
            PropertyExists: If the tenant has one of this id.
        """
        return await self.properties.add(tenant, draft, self.clock.now())


@frozen
class ChangeProperty:
    """Use case: other values for some fields of a property."""

    properties: PropertyRepository
    clock: Clock

    async def __call__(
        self,
        tenant: TenantId,
        identifier: PropertyId,
        changes: Mapping[str, Any],
        expected_version: int | None,
    ) -> Property:
        """Change; without an expected version, on top of whatever is there.

        Raises:
            PropertyNotFound: If the tenant has no such property.
            VersionMismatch: If it has another version than the expected one.
            InvalidFields: If a field cannot be changed or a new value breaks a rule.
        """
        for attempt in range(_ATTEMPTS):
            present = await self.properties.get(tenant, identifier)
            if expected_version is not None and expected_version != present.version:
                raise VersionMismatch(expected_version, present.version)
            wanted = changed(present, changes, present.version, self.clock.now())
            try:
                return await self.properties.replace(tenant, wanted, present.version)
            except VersionMismatch:
                # Somebody was quicker; where the caller named no version, start over.
                if expected_version is not None or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError


@frozen
class RemoveProperty:
    """Use case: a property that is no longer wanted, and its history."""

    properties: PropertyRepository

    async def __call__(
        self, tenant: TenantId, identifier: PropertyId, expected_version: int | None
    ) -> None:
        """Remove.

        Raises:
            PropertyNotFound: If the tenant has no such property.
            VersionMismatch: If it has another version than the expected one.
        """
        await self.properties.remove(tenant, identifier, expected_version)


@frozen
class ShowHistory:
    """Use case: the monthly history of a property."""

    histories: PropertyHistoryRepository

    async def __call__(self, tenant: TenantId, identifier: PropertyId) -> PropertyHistory:
        """Show.

        Raises:
            PropertyNotFound: If the tenant has no such property.
        """
        return await self.histories.history(tenant, identifier)


@frozen
class ReplaceHistory:
    """Use case: another monthly history for a property."""

    histories: PropertyHistoryRepository
    clock: Clock

    async def __call__(
        self,
        tenant: TenantId,
        identifier: PropertyId,
        records: tuple[MonthlyRecord, ...],
        expected_version: int | None,
    ) -> PropertyHistory:
        """Replace.

        Raises:
            InvalidFields: If a month comes twice.
            PropertyNotFound: If the tenant has no such property.
            VersionMismatch: If it has another version than the expected one.
        """
        ordered = ordered_records(records)
        expected = {} if expected_version is None else {identifier: expected_version}
        await self.histories.replace_histories(
            tenant, {identifier: ordered}, expected, self.clock.now()
        )
        return await self.histories.history(tenant, identifier)


@frozen
class ShowComparisonPolicy:
    """Use case: the thresholds of a tenant's comparisons."""

    policies: ComparisonPolicyRepository

    async def __call__(self, tenant: TenantId) -> ComparisonPolicy:
        """Show; the default until the tenant sets its own."""
        policy, _ = await self.policies.comparison_policy(tenant)
        return policy


@frozen
class SetComparisonPolicy:
    """Use case: other thresholds for a tenant's comparisons."""

    policies: ComparisonPolicyRepository

    async def __call__(
        self, tenant: TenantId, policy: ComparisonPolicy, expected_version: int | None
    ) -> ComparisonPolicy:
        """Set; metrics that the policy leaves out go back to the default.

        Raises:
            VersionMismatch: If the policy has another version than the expected one.
        """
        return await self.policies.set_comparison_policy(tenant, policy, expected_version)
