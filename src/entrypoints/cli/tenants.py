"""`sightline tenants create|list|show|suspend|resume|close`."""

from typing import Annotated

from cyclopts import Parameter

from ...domain.identifiers import TenantId
from ...domain.tenancy import (
    LARGEST_TENANT_PAGE,
    PlanName,
    Tenant,
    TenantQuery,
    TenantStatus,
)
from .access import opened

Identifier = Annotated[str, Parameter(name="id")]


async def create(
    identifier: Identifier, /, *, name: str | None = None, plan: PlanName | None = None
) -> None:
    """Set a customer up.

    Args:
        identifier: Stable id: a-z, 0-9, - and _.
        name: What people call it; the id if left out.
        plan: Its plan; the one of SIGHTLINE_LIMIT_PLAN if left out.
    """
    async with opened() as cases:
        tenant = await cases.create_tenant(TenantId(identifier), name or identifier, plan)
    print(f"Tenant {tenant.id} is set up.")


async def list_all(*, status: TenantStatus | None = None, plan: PlanName | None = None) -> None:
    """List customers.

    Args:
        status: Only those that stand here.
        plan: Only those of this plan.
    """
    after = None
    async with opened() as cases:
        while True:
            page = await cases.list_tenants(TenantQuery(status, plan, LARGEST_TENANT_PAGE, after))
            for tenant in page.items:
                print(_line(tenant))
            after = page.next
            if after is None:
                return


async def show(identifier: Identifier, /) -> None:
    """Show a customer and what it may spend.

    Args:
        identifier: Which.
    """
    async with opened() as cases:
        tenant = await cases.get_tenant(TenantId(identifier))
    print(_line(tenant))
    limits = tenant.limits
    for one, limit in limits.plan.classes.items():
        rate = limit.tenant
        print(f"  {one}: {rate.quota} units in {rate.window_seconds} s ({limits.classes[one]})")
    month = "no limit" if limits.plan.quota is None else f"{limits.plan.quota.quota} units"
    print(f"  month: {month} ({limits.quota}); weight: {limits.plan.weight} ({limits.weight})")


async def suspend(identifier: Identifier, /) -> None:
    """Lock a customer out for now.

    Args:
        identifier: Which.
    """
    async with opened() as cases:
        print(_line(await cases.change_tenant.suspend(TenantId(identifier))))


async def resume(identifier: Identifier, /) -> None:
    """Let a suspended customer in again.

    Args:
        identifier: Which.
    """
    async with opened() as cases:
        print(_line(await cases.change_tenant.resume(TenantId(identifier))))


async def close(identifier: Identifier, /) -> None:
    """Lock a customer out for good and revoke its keys; its data stays.

    Args:
        identifier: Which.
    """
    async with opened() as cases:
        print(_line(await cases.close_tenant(TenantId(identifier))))


def _line(tenant: Tenant) -> str:
    about = f"{tenant.status}, plan {tenant.plan}, tier {tenant.tier}"
    return f"{tenant.id}  {tenant.name}  {about}, since {tenant.created_at:%Y-%m-%d}"
