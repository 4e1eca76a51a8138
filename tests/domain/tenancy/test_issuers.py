"""Whom another issuer may speak for, and what it may grant."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput, Unauthenticated
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import (
    PLATFORM_TENANT,
    ROLES,
    Claims,
    Demands,
    Permission,
    PrincipalKind,
    Role,
    TrustedIssuer,
    holdable,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
ISSUER = TrustedIssuer(
    "okta",
    Demands("https://id.example.com", "sightline"),
    "https://id.example.com/keys",
    tenants={"org_1": TenantId("acme"), "org_2": TenantId("demo")},
    role_claim="groups",
    roles={"Analysts": Role.ANALYST, "Root": Role.PLATFORM},
)


def claims(tenant: str, **more: Any) -> Claims:
    return Claims("zoe", tenant, AT, AT, more)


@given(value=st.sampled_from(("org_1", "org_2", "org_3", "acme", "platform", "")))
def test_an_issuer_speaks_for_its_tenants_alone(value: str) -> None:
    if value in {"org_1", "org_2"}:
        principal = ISSUER.principal(claims(value))
        assert principal.tenant == {"org_1": "acme", "org_2": "demo"}[value]
        assert (principal.kind, principal.id) == (PrincipalKind.USER, "okta:zoe")
    else:
        with pytest.raises(Unauthenticated):
            ISSUER.principal(claims(value))


def test_an_issuer_for_all_customers_does_not_speak_for_the_platform() -> None:
    every = evolve(ISSUER, tenants=None)
    assert every.principal(claims("acme")).tenant == "acme"
    with pytest.raises(Unauthenticated):
        every.principal(claims(PLATFORM_TENANT))


@given(
    scopes=st.frozensets(st.sampled_from([*Permission, "openid", "root"])),
    groups=st.lists(st.sampled_from(("Analysts", "Root", "Others")), max_size=3),
    listed=st.booleans(),
)
def test_scopes_and_roles_add_up_within_what_the_tenant_can_hold(
    scopes: frozenset[str], groups: list[str], listed: bool
) -> None:
    scope: Any = sorted(scopes) if listed else " ".join(sorted(scopes))
    held = ISSUER.principal(claims("org_1", scope=scope, groups=groups)).scopes
    named = {scope for scope in Permission if scope in scopes}
    for group in groups:
        named |= ROLES[ISSUER.roles[group]] if group in ISSUER.roles else set()
    assert held == named & holdable(TenantId("acme"))
    assert Permission.TENANTS_ADMIN not in held


@pytest.mark.parametrize("odd", [None, 7, {"a": 1}, [["Root"]], [7, None]])
def test_claims_of_another_form_grant_nothing(odd: Any) -> None:
    principal = ISSUER.principal(claims("org_1", scope=odd, groups=odd, name=odd))
    assert principal.scopes == frozenset()
    assert principal.name == "zoe"


def test_a_name_is_told_if_people_can_read_it() -> None:
    assert ISSUER.principal(claims("org_1", name="Zoë")).name == "Zoë"
    assert ISSUER.principal(claims("org_1", name="a\nb")).name == "zoe"


@pytest.mark.parametrize(
    "changes", [{"name": "Okta!"}, {"jwks_url": ""}, {"name": "x" * 33}], ids=str
)
def test_an_issuer_needs_a_name_and_keys(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        evolve(ISSUER, **changes)
