"""What every repository of API keys must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of an empty repository of tenants and one of keys beside it.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import ApiKeyExists, ApiKeyNotFound, TenantNotFound
from ...domain.identifiers import TenantId
from ...domain.tenancy import ApiKey, Tenant
from ...ports.api_keys import ApiKeyRepository
from ...ports.tenants import TenantRepository
from ..strategies import api_keys, key_digests

__all__ = [
    "test_a_key_is_found_by_its_digest_and_by_no_other",
    "test_a_key_needs_a_tenant",
    "test_a_revoked_key_is_gone_and_its_place_is_free",
    "test_a_tenant_cannot_revoke_the_key_of_another",
    "test_keys_that_collide_are_refused_and_the_rest_are_kept",
]

Fresh = Callable[[], AbstractAsyncContextManager[tuple[TenantRepository, ApiKeyRepository]]]


async def _set_up(tenants: TenantRepository, keys: Sequence[ApiKey]) -> None:
    for tenant in sorted({key.tenant for key in keys}):
        await tenants.add(Tenant(tenant, "Someone", datetime(2024, 1, 1, tzinfo=UTC)))


@given(key=api_keys(), asked=key_digests())
async def test_a_key_is_found_by_its_digest_and_by_no_other(
    fresh: Fresh, key: ApiKey, asked: bytes
) -> None:
    async with fresh() as (tenants, keys):
        await _set_up(tenants, [key])
        assert await keys.find(asked) is None
        await keys.add(key)
        assert await keys.find(asked) == (key if asked == key.digest else None)


@given(key=api_keys())
async def test_a_key_needs_a_tenant(fresh: Fresh, key: ApiKey) -> None:
    async with fresh() as (_, keys):
        with pytest.raises(TenantNotFound):
            await keys.add(key)
        assert await keys.of(key.tenant) == ()
        assert await keys.find(key.digest) is None


@given(wanted=st.lists(api_keys(), max_size=8))
async def test_keys_that_collide_are_refused_and_the_rest_are_kept(
    fresh: Fresh, wanted: list[ApiKey]
) -> None:
    model: list[ApiKey] = []
    async with fresh() as (tenants, keys):
        await _set_up(tenants, wanted)
        for key in wanted:
            place = (key.tenant, key.id)
            if any((held.tenant, held.id) == place or held.digest == key.digest for held in model):
                with pytest.raises(ApiKeyExists):
                    await keys.add(key)
            else:
                await keys.add(key)
                model.append(key)
        for tenant in ("acme", "demo", "rival_2"):
            theirs = [key for key in model if key.tenant == tenant]
            oldest_first = tuple(sorted(theirs, key=lambda key: (key.created_at, key.id)))
            assert await keys.of(TenantId(tenant)) == oldest_first


@given(key=api_keys())
async def test_a_revoked_key_is_gone_and_its_place_is_free(fresh: Fresh, key: ApiKey) -> None:
    async with fresh() as (tenants, keys):
        await _set_up(tenants, [key])
        await keys.add(key)
        assert await keys.find(key.digest) == key
        await keys.remove(key.tenant, key.id)
        assert await keys.find(key.digest) is None
        with pytest.raises(ApiKeyNotFound):
            await keys.remove(key.tenant, key.id)
        await keys.add(key)
        assert await keys.of(key.tenant) == (key,)


@given(key=api_keys(), other=api_keys())
async def test_a_tenant_cannot_revoke_the_key_of_another(
    fresh: Fresh, key: ApiKey, other: ApiKey
) -> None:
    async with fresh() as (tenants, keys):
        await _set_up(tenants, [key, other])
        await keys.add(key)
        if other.tenant != key.tenant:
            with pytest.raises(ApiKeyNotFound) as caught:
                await keys.remove(other.tenant, key.id)
            assert str(caught.value) == str(ApiKeyNotFound(key.id))
        assert await keys.find(key.digest) == key
