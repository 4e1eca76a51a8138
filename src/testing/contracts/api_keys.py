"""What every repository of API keys must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of an empty repository of tenants and one of keys beside it.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import ApiKeyEnded, ApiKeyExists, ApiKeyNotFound, TenantNotFound
from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ApiKey, KeySigning, KeyUse, Tenant
from ...ports.api_keys import ApiKeyRepository
from ...ports.tenants import TenantRepository
from ..strategies import api_keys, instants, key_digests, key_signings

__all__ = [
    "test_a_key_is_found_by_its_digest_and_by_no_other",
    "test_a_key_needs_a_tenant",
    "test_a_revoked_key_is_gone_and_its_place_is_free",
    "test_a_successor_is_kept_together_with_the_end_of_the_old_key_or_not_at_all",
    "test_a_tenant_cannot_revoke_the_key_of_another",
    "test_how_a_key_signs_is_kept_and_changes_nothing_else",
    "test_keys_that_collide_are_refused_and_the_rest_are_kept",
    "test_of_many_successors_at_once_one_is_kept",
    "test_the_latest_use_is_remembered_in_whatever_order_they_come",
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
        assert await keys.get(key.tenant, key.id) is None
        await keys.add(key)
        assert await keys.get(key.tenant, key.id) == key
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


@given(key=api_keys(), other=api_keys(), signings=st.lists(st.none() | key_signings(), max_size=3))
async def test_how_a_key_signs_is_kept_and_changes_nothing_else(
    fresh: Fresh, key: ApiKey, other: ApiKey, signings: list[KeySigning | None]
) -> None:
    async with fresh() as (tenants, keys):
        await _set_up(tenants, [key, other])
        await keys.add(key)
        for signing in signings:
            assert await keys.find(key.digest) is not None
            await keys.set_signing(key.tenant, key.id, signing)
            if (other.tenant, other.id) != (key.tenant, key.id):
                with pytest.raises(ApiKeyNotFound):
                    await keys.set_signing(other.tenant, other.id, None)
            now = evolve(key, signing=signing)
            assert await keys.find(key.digest) == now
            assert await keys.get(key.tenant, key.id) == now


def _succession(key: ApiKey, digest: bytes) -> tuple[ApiKey, ApiKey]:
    identifier = KeyId("successor")
    new = evolve(key, id=identifier, digest=digest, last_used_at=None)
    return evolve(key, expires_at=key.created_at, replaced_by=identifier), new


@given(key=api_keys(), other=api_keys(), digest=key_digests())
async def test_a_successor_is_kept_together_with_the_end_of_the_old_key_or_not_at_all(
    fresh: Fresh, key: ApiKey, other: ApiKey, digest: bytes
) -> None:
    old, new = _succession(key, digest)
    async with fresh() as (tenants, keys):
        await _set_up(tenants, [key, other])
        with pytest.raises(ApiKeyNotFound):
            await keys.replace(old, new)
        await keys.add(key)
        if (other.tenant, other.id) != (key.tenant, key.id) and other.digest != key.digest:
            await keys.add(other)
        before = await keys.of(key.tenant)
        if await keys.find(digest) is not None:
            with pytest.raises(ApiKeyExists):
                await keys.replace(old, new)
            assert await keys.of(key.tenant) == before
            return
        await keys.replace(old, new)
        assert await keys.find(digest) == new
        assert await keys.find(key.digest) == old
        with pytest.raises(ApiKeyEnded):
            await keys.replace(old, evolve(new, id=KeyId("third"), digest=bytes(30) + b"33"))
        assert await keys.find(bytes(30) + b"33") is None


@given(key=api_keys())
async def test_of_many_successors_at_once_one_is_kept(fresh: Fresh, key: ApiKey) -> None:
    async with fresh() as (tenants, keys):
        await _set_up(tenants, [key])
        await keys.add(key)

        async def replace(number: int) -> bool:
            old, new = _succession(key, bytes(30) + b"x%d" % number)
            try:
                await keys.replace(
                    evolve(old, replaced_by=KeyId(f"s{number}")),
                    evolve(new, id=KeyId(f"s{number}")),
                )
            except ApiKeyEnded:
                return False
            return True

        kept = await asyncio.gather(*map(replace, range(4)))
        assert sorted(kept) == [False, False, False, True]
        winner = KeyId(f"s{kept.index(True)}")
        held = {held.id: held for held in await keys.of(key.tenant)}
        assert held.keys() == {key.id, winner}
        assert held[key.id].replaced_by == winner


@given(key=api_keys(), at=st.lists(instants(), min_size=1, max_size=4))
async def test_the_latest_use_is_remembered_in_whatever_order_they_come(
    fresh: Fresh, key: ApiKey, at: list[datetime]
) -> None:
    async with fresh() as (tenants, keys):
        await _set_up(tenants, [key])
        await keys.add(key)
        assert await keys.find(key.digest) == key
        for one in at:
            gone = KeyUse(key.tenant, KeyId("gone"), one)
            await keys.mark_used([KeyUse(key.tenant, key.id, one), gone])
        known = [key.last_used_at] if key.last_used_at else []
        used = evolve(key, last_used_at=max([*at, *known]))
        assert await keys.find(key.digest) == used
        assert await keys.of(key.tenant) == (used,)
