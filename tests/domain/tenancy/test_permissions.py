"""Who may give what to whom."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput, ScopesNotHeld
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import (
    MEANINGS,
    PLATFORM_ONLY,
    PLATFORM_TENANT,
    ROLES,
    Permission,
    Role,
    Scopes,
    granted,
    holdable,
    known_scopes,
    scope_text,
)
from sightline.testing.strategies import scope_sets, tenant_ids

TENANTS = tenant_ids() | st.just(PLATFORM_TENANT)


@given(wanted=scope_sets(), held=st.frozensets(st.sampled_from(Permission)), tenant=TENANTS)
def test_nobody_gives_away_what_they_do_not_hold(
    wanted: Scopes, held: Scopes, tenant: TenantId
) -> None:
    if wanted <= held and (tenant == PLATFORM_TENANT or not wanted & PLATFORM_ONLY):
        assert granted(wanted, held, tenant) == wanted
    else:
        with pytest.raises(ScopesNotHeld) as caught:
            granted(wanted, held, tenant)
        assert set(caught.value.scopes) == {
            scope for scope in wanted if scope not in held & holdable(tenant)
        }


@given(tenant=tenant_ids())
def test_the_platforms_scope_is_for_the_platforms_tenant_alone(tenant: TenantId) -> None:
    every = frozenset(Permission)
    assert Permission.TENANTS_ADMIN not in holdable(tenant)
    with pytest.raises(ScopesNotHeld):
        granted(every, every, tenant)
    assert granted(every, every, PLATFORM_TENANT) == every


def test_a_credential_without_any_scope_is_not_made() -> None:
    with pytest.raises(InvalidInput):
        granted(frozenset(), frozenset(Permission), PLATFORM_TENANT)


@given(scopes=scope_sets(), noise=st.lists(st.sampled_from(("openid", "a:b", "PROPERTIES:READ"))))
def test_scopes_survive_being_written_and_names_of_others_say_nothing(
    scopes: Scopes, noise: list[str]
) -> None:
    assert known_scopes(" ".join([*noise, scope_text(scopes), *noise])) == scopes


def test_every_role_holds_what_the_one_before_holds() -> None:
    sets = [ROLES[role] for role in Role]
    assert all(less < more for less, more in pairwise(sets))
    assert sets[-1] == frozenset(Permission) == frozenset(MEANINGS)
    assert not ROLES[Role.ADMIN] & PLATFORM_ONLY
    assert all(scope.endswith(":read") for scope in ROLES[Role.VIEWER])
