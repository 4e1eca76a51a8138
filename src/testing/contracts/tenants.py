"""What every repository of tenants must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty repositories.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given

from ...domain.errors import TenantExists, TenantNotFound
from ...domain.identifiers import TenantId
from ...domain.tenancy import Tenant
from ...ports.tenants import TenantRepository
from ..strategies import tenant_ids, tenants

__all__ = [
    "test_a_tenant_comes_back_as_it_was_added",
    "test_a_tenant_that_was_never_added_is_not_found",
    "test_an_id_is_given_once_even_when_asked_for_at_once",
    "test_the_second_tenant_of_an_id_changes_nothing",
]

Fresh = Callable[[], AbstractAsyncContextManager[TenantRepository]]


@given(tenant=tenants())
async def test_a_tenant_comes_back_as_it_was_added(fresh: Fresh, tenant: Tenant) -> None:
    async with fresh() as repository:
        await repository.add(tenant)
        assert await repository.get(tenant.id) == tenant


@given(added=tenants(), asked=tenant_ids())
async def test_a_tenant_that_was_never_added_is_not_found(
    fresh: Fresh, added: Tenant, asked: TenantId
) -> None:
    async with fresh() as repository:
        with pytest.raises(TenantNotFound):
            await repository.get(asked)
        await repository.add(added)
        if asked != added.id:
            with pytest.raises(TenantNotFound):
                await repository.get(asked)


@given(first=tenants(), second=tenants())
async def test_the_second_tenant_of_an_id_changes_nothing(
    fresh: Fresh, first: Tenant, second: Tenant
) -> None:
    async with fresh() as repository:
        await repository.add(first)
        if second.id == first.id:
            with pytest.raises(TenantExists):
                await repository.add(second)
        else:
            await repository.add(second)
            assert await repository.get(second.id) == second
        assert await repository.get(first.id) == first


@given(tenant=tenants())
async def test_an_id_is_given_once_even_when_asked_for_at_once(
    fresh: Fresh, tenant: Tenant
) -> None:
    async with fresh() as repository:
        attempts = (repository.add(tenant) for _ in range(5))
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        refused = [outcome for outcome in outcomes if outcome is not None]
        assert len(refused) == 4
        assert all(isinstance(outcome, TenantExists) for outcome in refused)
