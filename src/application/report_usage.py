"""What a tenant used in some days, with totals."""

from datetime import date, timedelta

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.tenancy import UsageReport, usage_days, usage_report
from ..ports.clock import Clock
from ..ports.tenants import TenantRepository
from .meter_usage import ReadUsage


@frozen
class ReportUsage:
    """Use case: the counts that bill, and what they come to."""

    tenants: TenantRepository
    read_usage: ReadUsage
    clock: Clock

    async def __call__(
        self, tenant: TenantId, start: date | None = None, end: date | None = None
    ) -> UsageReport:
        """The report of some days in UTC, half-open; of this month if nothing is said.

        Raises:
            TenantNotFound: If there is no such tenant.
            InvalidWindow: If there is no day in it, or more than 92.
        """
        await self.tenants.get(tenant)
        first, last = usage_days(start, end, self.clock.now().date())
        counts = await self.read_usage(tenant, first, last - timedelta(days=1))
        return usage_report(tenant, first, last, counts)
