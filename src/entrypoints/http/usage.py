"""What was used: a tenant's own, and every tenant's for the platform."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from datetime import date

from attrs import frozen
from litestar import Controller, get
from litestar.params import FromPath

from ...domain.errors import TenantNotFound
from ...domain.tenancy import Permission, UsageReport
from .inputs import Call, described
from .tenants import found


@frozen
class UsageParameters:
    """Which days, in UTC; at most 92."""

    start: date | None = described(
        "First day; the first of the month of the last day if left out.",
        default=None,
        example="2026-01-01",
    )
    end: date | None = described(
        "The day after the last; tomorrow if left out.", default=None, example="2026-02-01"
    )


class UsageController(Controller):
    """What was used."""

    tags = ("Usage",)

    @get("/api/v1/usage", operation_id="getUsage", needs="usage:read", asks=UsageParameters)
    async def own(self, request: Call) -> UsageReport:
        """What you used, by day, operation and key: the numbers that bill."""
        asked = request.parameters(UsageParameters)
        return await request.cases.report_usage(request.tenant, asked.start, asked.end)

    @get(
        "/api/v2/admin/tenants/{tenant_id:str}/usage",
        operation_id="getTenantUsage",
        needs="usage:read",
        asks=UsageParameters,
    )
    async def of_tenant(self, request: Call, tenant_id: FromPath[str]) -> UsageReport:
        """What a tenant used, by day, operation and key: the numbers that bill.

        Yourself, always; another tenant needs the scope `tenants:admin` as well, without which
        there is no other tenant.
        """
        asked = request.parameters(UsageParameters)
        own = tenant_id == request.tenant
        if not own and not request.principal.may(Permission.TENANTS_ADMIN):
            raise TenantNotFound(tenant_id)
        tenant = await found(request, tenant_id)
        return await request.cases.report_usage(tenant.id, asked.start, asked.end)
