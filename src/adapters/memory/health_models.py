"""Health models in memory."""

from datetime import datetime

from attrs import define, evolve, field

from ...domain.errors import HealthModelNotFound, VersionMismatch
from ...domain.identifiers import TenantId
from ...domain.portfolio.health_model import HealthModel
from ...ports.health_models import BUILT_IN, KeptHealthModel
from .properties import MemoryPropertyRepository


@define
class MemoryHealthModelRepository:
    """Keeps the models of every tenant, oldest first.

    Args:
        portfolios: Whose positions setting a model moves.
    """

    portfolios: MemoryPropertyRepository
    _models: dict[TenantId, tuple[KeptHealthModel, ...]] = field(factory=dict, init=False)

    async def current(self, tenant: TenantId) -> KeptHealthModel:
        return self._of(tenant)[-1]

    async def at(self, tenant: TenantId, version: int) -> KeptHealthModel:
        for kept in self._of(tenant):
            if kept.model.version == version:
                return kept
        raise HealthModelNotFound(version)

    async def versions(self, tenant: TenantId) -> tuple[KeptHealthModel, ...]:
        return self._of(tenant)[::-1]

    async def put(
        self, tenant: TenantId, model: HealthModel, expected: int | None, now: datetime
    ) -> KeptHealthModel:
        present = self._of(tenant)
        if expected not in {None, present[-1].model.version}:
            raise VersionMismatch(expected, present[-1].model.version)
        kept = KeptHealthModel(evolve(model, version=self.portfolios.moved(tenant)), now)
        self._models[tenant] = (*present, kept)
        return kept

    def _of(self, tenant: TenantId) -> tuple[KeptHealthModel, ...]:
        return self._models.get(tenant, (BUILT_IN,))
