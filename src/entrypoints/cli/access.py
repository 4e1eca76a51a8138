"""`sightline tenants create` and `sightline keys create`."""

import os
from typing import Annotated

from cyclopts import Parameter

from ...bootstrap import production, use_cases
from ...domain.identifiers import TenantId
from ..settings import read_settings


async def create_tenant(
    identifier: Annotated[str, Parameter(name="id")], /, *, name: str | None = None
) -> None:
    """Set a customer up.

    Args:
        identifier: Stable id: a-z, 0-9, - and _.
        name: What people call it; the id if left out.
    """
    async with production(read_settings(os.environ)) as adapters:
        tenant = await use_cases(adapters).create_tenant(TenantId(identifier), name or identifier)
    print(f"Tenant {tenant.id} is set up.")


async def create_key(*, tenant: str, name: str) -> None:
    """Make an API key and print it, this once.

    Args:
        tenant: Whose key it is.
        name: What its owner calls it.
    """
    async with production(read_settings(os.environ)) as adapters:
        issued = await use_cases(adapters).issue_api_key(TenantId(tenant), name)
    print(issued.text)
