"""Metrics in memory."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from attrs import define, field

from ...domain.identifiers import TenantId
from ...domain.metrics import MetricDeclaration, MetricDefinition, MetricValue, declared, recorded
from ...domain.outcomes import Outcome


@define
class _Metrics:
    position: int = 0
    definitions: dict[str, MetricDefinition] = field(factory=dict)
    values: dict[tuple[str, date], float] = field(factory=dict)


class MemoryMetricRepository:
    """Keeps definitions and values: two ports."""

    def __init__(self) -> None:
        self._tenants: dict[TenantId, _Metrics] = {}

    async def definitions(self, tenant: TenantId) -> tuple[MetricDefinition, ...]:
        kept = self._of(tenant).definitions
        return tuple(kept[name] for name in sorted(kept))

    async def declare(
        self,
        tenant: TenantId,
        name: str,
        wanted: MetricDeclaration,
        expected: int | None,
        now: datetime,
    ) -> MetricDefinition:
        kept = self._of(tenant)
        present = kept.definitions
        version = kept.position + 1
        made = declared(present.values(), name, wanted, expected, version=version, now=now)
        if made is not present.get(name):
            kept.position = version
            present[name] = made
            self._tenants[tenant] = kept
        return made

    async def record(self, tenant: TenantId, values: Sequence[MetricValue]) -> tuple[Outcome, ...]:
        kept = self._tenants.setdefault(tenant, _Metrics())
        return recorded(kept.values, values)

    async def values(
        self, tenant: TenantId, names: Sequence[str], first: date, last: date
    ) -> Mapping[str, Mapping[date, float]]:
        found: dict[str, dict[date, float]] = {}
        for (name, day), value in self._of(tenant).values.items():
            if name in names and first <= day <= last:
                found.setdefault(name, {})[day] = value
        return found

    def _of(self, tenant: TenantId) -> _Metrics:
        return self._tenants.get(tenant) or _Metrics()
