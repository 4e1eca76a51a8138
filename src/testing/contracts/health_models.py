"""What every store of health models must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty stores.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import HealthModelNotFound, VersionMismatch
from ...domain.identifiers import LARGEST_INTEGER, TenantId
from ...domain.portfolio.comparison import ComparisonPolicy
from ...domain.portfolio.health_model import HealthModel
from ...ports.health_models import BUILT_IN, HealthModelRepository, KeptHealthModel
from ...ports.properties import ComparisonPolicyRepository
from ..strategies import health_models

__all__ = [
    "test_a_change_based_on_an_old_version_is_refused",
    "test_a_tenant_never_sees_another",
    "test_a_version_stays_what_it_was",
    "test_concurrent_changes_all_arrive",
    "test_no_other_change_of_the_portfolio_makes_a_version",
    "test_of_concurrent_changes_to_one_version_one_wins",
    "test_the_model_in_force_is_the_built_in_one_until_another_is_set",
    "test_the_position_moves_with_every_change_and_only_then",
    "test_what_was_put_comes_back_with_its_version",
]


@frozen
class Store:
    """Health models, and the portfolios whose positions they share."""

    models: HealthModelRepository
    policies: ComparisonPolicyRepository

    async def position(self, tenant: TenantId) -> int:
        """Where a tenant's portfolio stands."""
        return (await self.policies.comparison_policy(tenant))[1]


Fresh = Callable[[], AbstractAsyncContextManager[Store]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2025, 9, 15, 12, 0, 0, 123456, tzinfo=UTC)
PLAIN = HealthModel()


async def test_the_model_in_force_is_the_built_in_one_until_another_is_set(fresh: Fresh) -> None:
    async with fresh() as store:
        assert await store.models.current(ACME) == BUILT_IN
        assert await store.models.at(ACME, 0) == BUILT_IN
        assert await store.models.versions(ACME) == (BUILT_IN,)
        assert BUILT_IN.model.version == 0
        for never in (-1, 1, LARGEST_INTEGER):
            with pytest.raises(HealthModelNotFound):
                await store.models.at(ACME, never)


@given(model=health_models())
async def test_what_was_put_comes_back_with_its_version(fresh: Fresh, model: HealthModel) -> None:
    assert model.plan  # a model that was scored by is kept no differently
    async with fresh() as store:
        kept = await store.models.put(ACME, model, None, NOON)
        position = await store.position(ACME)
        assert kept == KeptHealthModel(evolve(model, version=position), NOON)
        assert await store.models.current(ACME) == kept
        assert await store.models.at(ACME, position) == kept
        assert await store.models.at(ACME, 0) == BUILT_IN
        assert list(kept.model.metrics) == list((await store.models.current(ACME)).model.metrics)


@given(models=st.lists(health_models(), min_size=1, max_size=4))
async def test_a_version_stays_what_it_was(fresh: Fresh, models: list[HealthModel]) -> None:
    async with fresh() as store:
        kept = [
            await store.models.put(ACME, model, None, NOON + timedelta(days=day))
            for day, model in enumerate(models)
        ]
        assert await store.models.current(ACME) == kept[-1]
        assert await store.models.versions(ACME) == (*reversed(kept), BUILT_IN)
        for one in kept:
            assert await store.models.at(ACME, one.model.version) == one


@given(model=health_models())
async def test_a_change_based_on_an_old_version_is_refused(
    fresh: Fresh, model: HealthModel
) -> None:
    async with fresh() as store:
        first = await store.models.put(ACME, model, 0, NOON)
        second = await store.models.put(ACME, PLAIN, first.model.version, NOON)
        position = await store.position(ACME)
        for old in (0, first.model.version):
            with pytest.raises(VersionMismatch) as mismatch:
                await store.models.put(ACME, model, old, NOON)
            told = mismatch.value.expected, mismatch.value.actual
            assert told == (old, second.model.version)
        assert await store.models.versions(ACME) == (second, first, BUILT_IN)
        assert await store.position(ACME) == position


async def test_the_position_moves_with_every_change_and_only_then(fresh: Fresh) -> None:
    async with fresh() as store:
        assert await store.position(ACME) == 0
        kept = [await store.models.put(ACME, PLAIN, None, NOON) for _ in range(3)]
        versions = [one.model.version for one in kept]
        assert versions == sorted(set(versions))
        await store.models.current(ACME)
        await store.models.at(ACME, versions[0])
        await store.models.versions(ACME)
        assert await store.position(ACME) == versions[-1]


async def test_no_other_change_of_the_portfolio_makes_a_version(fresh: Fresh) -> None:
    async with fresh() as store:
        first = await store.models.put(ACME, PLAIN, None, NOON)
        policy = await store.policies.set_comparison_policy(ACME, ComparisonPolicy(), 0)
        assert policy.version > first.model.version
        assert await store.models.current(ACME) == first
        with pytest.raises(HealthModelNotFound):
            await store.models.at(ACME, policy.version)
        second = await store.models.put(ACME, PLAIN, first.model.version, NOON)
        assert second.model.version > policy.version
        assert (await store.policies.comparison_policy(ACME))[0] == policy


@given(model=health_models(), other=health_models())
async def test_a_tenant_never_sees_another(
    fresh: Fresh, model: HealthModel, other: HealthModel
) -> None:
    async with fresh() as store:
        for _ in range(2):
            ours = await store.models.put(ACME, model, None, NOON)
        before = await store.models.versions(ACME)
        assert await store.models.current(RIVAL) == BUILT_IN
        assert await store.models.versions(RIVAL) == (BUILT_IN,)
        with pytest.raises(HealthModelNotFound):
            await store.models.at(RIVAL, ours.model.version)
        assert await store.position(RIVAL) == 0
        theirs = await store.models.put(RIVAL, other, 0, NOON)
        assert await store.models.current(RIVAL) == theirs
        assert await store.models.versions(ACME) == before
        assert await store.position(ACME) == ours.model.version


async def test_of_concurrent_changes_to_one_version_one_wins(fresh: Fresh) -> None:
    async with fresh() as store:
        changes = (store.models.put(ACME, PLAIN, 0, NOON) for _ in range(8))
        results = await asyncio.gather(*changes, return_exceptions=True)
        won = [one for one in results if isinstance(one, KeptHealthModel)]
        assert len(won) == 1
        assert sum(isinstance(one, VersionMismatch) for one in results) == 7
        assert await store.models.versions(ACME) == (won[0], BUILT_IN)


async def test_concurrent_changes_all_arrive(fresh: Fresh) -> None:
    async with fresh() as store:
        changes = (store.models.put(ACME, PLAIN, None, NOON) for _ in range(8))
        kept = await asyncio.gather(*changes)
        newest_first = sorted(kept, key=lambda one: -one.model.version)
        assert len({one.model.version for one in kept}) == 8
        assert await store.models.versions(ACME) == (*newest_first, BUILT_IN)
