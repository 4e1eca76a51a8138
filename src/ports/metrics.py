"""Metrics that tenants declare, and their values by the day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.metrics import MetricDeclaration, MetricDefinition, MetricValue
from ..domain.outcomes import Outcome


class MetricDefinitionRepository(Protocol):
    """What each tenant declared; every method may raise Unavailable."""

    async def definitions(self, tenant: TenantId) -> tuple[MetricDefinition, ...]:
        """Everything that the tenant declared, by name, by code point."""

    async def declare(
        self,
        tenant: TenantId,
        name: str,
        wanted: MetricDeclaration,
        expected: int | None,
        now: datetime,
    ) -> MetricDefinition:
        """Keep what `domain.metrics.declared` makes of a declaration.

        Raises:
            InvalidFields: If it cannot be declared so.
            MetricBuiltIn: If the name is that of a built-in metric.
            MetricInUse: If it would no longer be a sum, but a ratio is made of it.
            VersionMismatch: If it has another version than the expected one.
        """


class MetricValueRepository(Protocol):
    """The values of each tenant, one per metric and day; every method may raise Unavailable."""

    async def record(self, tenant: TenantId, values: Sequence[MetricValue]) -> tuple[Outcome, ...]:
        """Keep values, in order, as `domain.metrics.recorded` says: all of them or none."""

    async def values(
        self, tenant: TenantId, names: Sequence[str], first: date, last: date
    ) -> Mapping[str, Mapping[date, float]]:
        """The values of some metrics from one day through another; without those that have none."""
