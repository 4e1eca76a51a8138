"""Look after the numbers of a tenant's health score."""

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.portfolio.health_calibration import Proposal, proposal
from ..domain.portfolio.health_model import HealthModel
from ..domain.portfolio.portfolio_health import health_line_of
from ..ports.clock import Clock
from ..ports.health_models import HealthModelRepository, KeptHealthModel
from ..ports.health_scores import HealthScoreRepository


@frozen
class ShowHealthModel:
    """Use case: the health model in force."""

    models: HealthModelRepository

    async def __call__(self, tenant: TenantId) -> KeptHealthModel:
        """Show; the built-in one until the tenant sets its own."""
        return await self.models.current(tenant)


@frozen
class ShowHealthModelVersion:
    """Use case: the health model that a score names."""

    models: HealthModelRepository

    async def __call__(self, tenant: TenantId, version: int) -> KeptHealthModel:
        """Show.

        Raises:
            HealthModelNotFound: If the tenant never had this version.
        """
        return await self.models.at(tenant, version)


@frozen
class ListHealthModels:
    """Use case: every version of a tenant's health model."""

    models: HealthModelRepository

    async def __call__(self, tenant: TenantId) -> tuple[KeptHealthModel, ...]:
        """List, the one in force first and the built-in one last."""
        return await self.models.versions(tenant)


@frozen
class SetHealthModel:
    """Use case: other numbers for a tenant's health scores."""

    models: HealthModelRepository
    clock: Clock

    async def __call__(
        self, tenant: TenantId, model: HealthModel, expected_version: int | None
    ) -> KeptHealthModel:
        """Set; earlier versions stay readable.

        Raises:
            VersionMismatch: If another version than the expected one is in force.
        """
        return await self.models.put(tenant, model, expected_version, self.clock.now())


@frozen
class ProposeHealthModel:
    """Use case: typical deviations that take account of the tenant's own portfolio."""

    models: HealthModelRepository
    scores: HealthScoreRepository

    async def __call__(self, tenant: TenantId) -> Proposal:
        """Propose, by the kept scores that the model in force made."""
        model = (await self.models.current(tenant)).model
        kept = await self.scores.everything(tenant)
        made = [one for one in kept if one.inputs.model_version == model.version]
        return proposal(model, [health_line_of(model, one) for one in made])
