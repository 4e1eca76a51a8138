"""`sightline audit verify` and `sightline audit export`."""

import os
import sys

from ...bootstrap import production, use_cases
from ...domain.identifiers import TenantId
from ..settings import read_settings


async def verify(*, tenant: str | None = None) -> None:
    """Check audit logs: every hash, no gap, nothing cut off after a signed head.

    Ends with 1 if anything is not as it was written.

    Args:
        tenant: Whose log; every tenant's if left out.
    """
    broken = False
    async with production(read_settings(os.environ)) as adapters:
        check = use_cases(adapters).verify_audit
        tenants = await check.tenants() if tenant is None else (TenantId(tenant),)
        for one in tenants:
            found = await check(one)
            fault, checked = found.verdict.fault, found.verdict.checked
            if fault is None:
                print(f"{one}: OK, {checked} records, {found.heads} signed heads")
            else:
                broken = True
                print(f"{one}: record {fault.sequence}: {fault.reason}")
    if broken:
        sys.exit(1)


async def export(*, tenant: str) -> None:
    """Print a tenant's audit log, oldest first; the last line is a signed head.

    Args:
        tenant: Whose log.
    """
    async with production(read_settings(os.environ)) as adapters:
        async for lines in await use_cases(adapters).export_audit(TenantId(tenant)):
            sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()
