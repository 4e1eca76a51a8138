"""What every repository of tenants must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty repositories.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import TenantExists, TenantNotFound, VersionMismatch
from ...domain.identifiers import TenantId
from ...domain.tenancy import Tenant, TenantQuery, TenantStatus
from ...ports.tenants import TenantRepository
from ..strategies import tenant_ids, tenant_queries, tenants

__all__ = [
    "test_a_change_is_kept_for_the_version_it_was_meant_for_alone",
    "test_a_list_holds_what_its_query_picks",
    "test_a_tenant_comes_back_as_it_was_added",
    "test_a_tenant_that_was_never_added_is_not_found",
    "test_an_id_is_given_once_even_when_asked_for_at_once",
    "test_of_changes_of_one_version_at_once_one_is_kept",
    "test_the_second_tenant_of_an_id_changes_nothing",
    "test_those_that_are_not_active_are_known",
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


@given(kept=tenants(), changed=tenants(), off=st.sampled_from((-1, 0, 1)))
async def test_a_change_is_kept_for_the_version_it_was_meant_for_alone(
    fresh: Fresh, kept: Tenant, changed: Tenant, off: int
) -> None:
    async with fresh() as repository:
        with pytest.raises(TenantNotFound):
            await repository.replace(changed, kept.version)
        await repository.add(kept)
        changed = evolve(changed, id=kept.id, version=kept.version + 1)
        if off == 0:
            await repository.replace(changed, kept.version)
            assert await repository.get(kept.id) == changed
        else:
            with pytest.raises(VersionMismatch) as caught:
                await repository.replace(changed, kept.version + off)
            assert caught.value.actual == kept.version
            assert await repository.get(kept.id) == kept


@given(kept=tenants())
async def test_of_changes_of_one_version_at_once_one_is_kept(fresh: Fresh, kept: Tenant) -> None:
    async with fresh() as repository:
        await repository.add(kept)
        changes = [
            evolve(kept, name=f"Name {number}", version=kept.version + 1) for number in range(4)
        ]
        outcomes = await asyncio.gather(
            *(repository.replace(one, kept.version) for one in changes), return_exceptions=True
        )
        (won,) = [one for one, outcome in zip(changes, outcomes, strict=True) if outcome is None]
        assert await repository.get(kept.id) == won
        assert sum(isinstance(outcome, VersionMismatch) for outcome in outcomes) == 3


@given(
    added=st.lists(tenants(), max_size=3, unique_by=lambda tenant: tenant.id),
    query=tenant_queries(),
)
async def test_a_list_holds_what_its_query_picks(
    fresh: Fresh, added: list[Tenant], query: TenantQuery
) -> None:
    async with fresh() as repository:
        for tenant in added:
            await repository.add(tenant)
        page = await repository.page(query)
        found = query.reference(added)
        assert page.items == found[: query.limit]
        assert page.next == (page.items[-1].id if len(found) > query.limit else None)


@given(added=st.lists(tenants(), max_size=3, unique_by=lambda tenant: tenant.id))
async def test_those_that_are_not_active_are_known(fresh: Fresh, added: list[Tenant]) -> None:
    async with fresh() as repository:
        for tenant in added:
            await repository.add(tenant)
        stopped = {one.id for one in added if one.status is not TenantStatus.ACTIVE}
        assert await repository.inactive() == stopped
