from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import (
    InvalidInput,
    PlatformTenantFixed,
    TenantClosed,
    TenantEnded,
    TenantSuspended,
)
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import (
    NOTHING_AGREED,
    PLATFORM_TENANT,
    AgreedLimits,
    ApiKey,
    PlanName,
    ScaleTier,
    Tenant,
    TenantQuery,
    TenantStatus,
)
from sightline.testing.strategies import tenant_queries, tenants

AT = datetime(2026, 1, 1, tzinfo=UTC)
ACTIVE, SUSPENDED, CLOSED = TenantStatus

CHANGES: dict[str, Callable[[Tenant], Tenant]] = {
    "describe": lambda tenant: tenant.described("Another", PlanName.STARTER),
    "limit": lambda tenant: tenant.limited(AgreedLimits(weight=77)),
    "scale": lambda tenant: tenant.scaled(ScaleTier.LARGE),
    "suspend": Tenant.suspended,
    "resume": Tenant.resumed,
    "close": Tenant.closed,
}
#: What becomes of a status; whatever is not named here is refused.
LEGAL = {
    **{(status, name): status for status in (ACTIVE, SUSPENDED) for name in list(CHANGES)[:3]},
    **{(status, "suspend"): SUSPENDED for status in (ACTIVE, SUSPENDED)},
    **{(status, "resume"): ACTIVE for status in (ACTIVE, SUSPENDED)},
    **{(status, "close"): CLOSED for status in TenantStatus},
}


@given(tenant=tenants())
def test_a_tenants_id_is_never_empty_and_lower_case(tenant: Tenant) -> None:
    assert tenant.id
    assert tenant.id == tenant.id.lower()


@pytest.mark.parametrize("wrong", ["", "Acme", "a b", "-a", "_a", "a" * 64, "ä", "a\n", "a/b"])
def test_an_id_that_people_could_mistake_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Tenant(TenantId(wrong), "Acme", AT)
    assert caught.value.flaws[0].path == ("id",)


@pytest.mark.parametrize("wrong", ["", "   ", "a\nb", "a\x00", "x" * 101])
def test_a_name_that_people_could_not_read_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput) as of_tenant:
        Tenant(TenantId("acme"), wrong, AT)
    with pytest.raises(InvalidInput) as of_key:
        ApiKey(KeyId("k"), TenantId("acme"), wrong, bytes(32), AT, frozenset())
    assert of_tenant.value.flaws == of_key.value.flaws


def test_showing_a_key_does_not_show_its_digest() -> None:
    assert "digest" not in repr(
        ApiKey(KeyId("k"), TenantId("acme"), "n", b"d" * 32, AT, frozenset())
    )


@given(tenant=tenants(), name=st.sampled_from(list(CHANGES)))
def test_the_legal_changes_are_these_and_each_counts_once(tenant: Tenant, name: str) -> None:
    change, end = CHANGES[name], LEGAL.get((tenant.status, name))
    if end is None:
        with pytest.raises(TenantEnded):
            change(tenant)
        return
    changed = change(tenant)
    assert changed.status is end
    assert (changed.id, changed.created_at) == (tenant.id, tenant.created_at)
    assert changed.version == tenant.version + (changed != tenant)
    assert change(changed) == changed


@given(tenant=tenants())
def test_a_suspended_tenant_comes_back_as_it_was(tenant: Tenant) -> None:
    if tenant.status is ACTIVE:
        back = tenant.suspended().resumed()
        assert evolve(back, version=tenant.version) == tenant
        assert back.version == tenant.version + 2


@given(tenant=tenants(), tier=st.sampled_from(ScaleTier))
def test_scaling_back_restores_every_limit(tenant: Tenant, tier: ScaleTier) -> None:
    if tenant.status is not CLOSED:
        assert tenant.scaled(tier).scaled(tenant.tier).limits == tenant.limits


@given(tenant=tenants())
def test_only_the_active_are_let_in(tenant: Tenant) -> None:
    refused = {SUSPENDED: TenantSuspended, CLOSED: TenantClosed}.get(tenant.status)
    if refused is None:
        tenant.check_active()
    else:
        with pytest.raises(refused):
            tenant.check_active()


@pytest.mark.parametrize("name", ["limit", "suspend", "close"])
def test_the_platforms_own_tenant_cannot_be_locked_out(name: str) -> None:
    platform = Tenant(PLATFORM_TENANT, "Platform", AT)
    with pytest.raises(PlatformTenantFixed):
        CHANGES[name](platform)


def test_a_new_tenant_is_active_and_has_agreed_to_nothing() -> None:
    new = Tenant(TenantId("acme"), "Acme", AT)
    assert (new.status, new.agreed, new.version) == (ACTIVE, NOTHING_AGREED, 1)


@given(every=st.lists(tenants(), unique_by=lambda tenant: tenant.id), query=tenant_queries())
def test_walking_over_the_pages_sees_every_tenant_that_fits_once(
    every: list[Tenant], query: TenantQuery
) -> None:
    walked: list[Tenant] = []
    step = evolve(query, after=None)
    while found := step.reference(every):
        walked += found[: step.limit]
        step = evolve(step, after=walked[-1].id)
    fits = [
        one
        for one in every
        if query.status in {None, one.status} and query.plan in {None, one.plan}
    ]
    assert walked == sorted(fits, key=lambda tenant: tenant.id)
