"""Say what a circuit, a location, an organization or a brand drew."""

import asyncio

from attrs import frozen

from ..domain.energy import PowerPlan, PowerReport, PowerRequest, scope_of
from ..domain.identifiers import TenantId
from ..ports.power_readings import PowerReadingRepository
from ..ports.sites import SiteRepository

MANY_CELLS = 2_000
"""Buckets times circuits from which a report is computed beside the event loop. [1]"""


@frozen
class ReportPower:
    """Use case: the power of a scope in a window, its children and its buckets."""

    sites: SiteRepository
    readings: PowerReadingRepository

    async def __call__(self, tenant: TenantId, request: PowerRequest) -> PowerReport:
        """Report power; one way for every level.

        Raises:
            NotFound: If there is no such thing; the class says on which level.
            InvalidWindow: If there are too many buckets for so many circuits, or
                statistics would need too many readings.
        """
        around = await self.sites.around(tenant, request.level, request.id)
        scope = scope_of(around, request.level, request.id)
        plan = PowerPlan.of(request, scope)
        facts = await self.readings.read(tenant, plan.question)
        if len(plan.spans) * len(scope.circuits) < MANY_CELLS and not plan.question.readings_in:
            return plan.report(facts)
        # A year in hours computes for a second: other requests must not wait for it.
        return await asyncio.to_thread(plan.report, facts)
