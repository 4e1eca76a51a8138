"""The numbers of each tenant's health score, every version of them."""

from datetime import datetime
from typing import Protocol

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.portfolio.health_model import HealthModel


@frozen
class KeptHealthModel:
    """One version of a tenant's model, as it is kept.

    Args:
        model: The numbers; their version is the portfolio's position at which they were set.
        set_at: When that was; None for the built-in model. [UTC]
    """

    model: HealthModel
    set_at: datetime | None


BUILT_IN = KeptHealthModel(HealthModel(), None)
"""What every tenant has without setting anything: version 0."""


class HealthModelRepository(Protocol):
    """The health models of every tenant, seen by one tenant at a time.

    Setting one moves the position of the tenant's portfolio, as every change of
    what scores are made of does. Every method may raise Unavailable if the store
    does not answer.
    """

    async def current(self, tenant: TenantId) -> KeptHealthModel:
        """The model in force: the built-in one, version 0, until the tenant sets its own."""

    async def at(self, tenant: TenantId, version: int) -> KeptHealthModel:
        """The model of a version; version 0 is the built-in one for every tenant.

        Raises:
            HealthModelNotFound: If the tenant never had this version.
        """

    async def versions(self, tenant: TenantId) -> tuple[KeptHealthModel, ...]:
        """Every version the tenant ever had, newest first; the built-in one is the last."""

    async def put(
        self, tenant: TenantId, model: HealthModel, expected: int | None, now: datetime
    ) -> KeptHealthModel:
        """Put a model in force; it comes back with its version.

        Args:
            tenant: Whose model.
            model: The numbers; their own version does not count.
            expected: The version that must be in force; None for whatever is.
            now: When it happens. [UTC]

        Raises:
            VersionMismatch: If a version is expected and another is in force.
        """
