"""Tenants and their keys."""

from datetime import date, datetime

from hypothesis import strategies as st

from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import (
    AgreedLimits,
    AgreedRate,
    ApiKey,
    KeySigning,
    Period,
    Permission,
    PlanName,
    Principal,
    PrincipalKind,
    Quota,
    RatePolicy,
    ScaleTier,
    Scopes,
    SignatureAlgorithm,
    Tenant,
    TenantQuery,
    TenantStatus,
    Usage,
)
from .time import instants

_POLICY_NAMES = st.sampled_from(("read", "read-key", "a"))
#: Order by code point differs here from order by any language's rules.
_KEY_IDS = ("A1", "Z9", "a1", "demo", "é")


def tenant_ids() -> st.SearchStrategy[TenantId]:
    """Three tenants, so that two often are the same."""
    return st.sampled_from(("acme", "demo", "rival_2")).map(TenantId)


@st.composite
def agreed_rates(draw: st.DrawFn) -> AgreedRate:
    """Rates that any cost class can have, from the least that there is to the most."""
    quota = draw(st.sampled_from((10, 11, 25, 1_000_000)))
    burst = draw(st.none() | st.sampled_from((10, quota)))
    return AgreedRate(quota, draw(st.sampled_from((1, 60, 3_600))), burst)


def agreed_limits() -> st.SearchStrategy[AgreedLimits]:
    """Nothing agreed, or anything of it."""
    rates = st.none() | agreed_rates()
    months = st.none() | st.sampled_from((10, 5_000, 10**9))
    weights = st.none() | st.sampled_from((1, 7, 100))
    return st.builds(AgreedLimits, rates, rates, rates, rates, rates, months, weights)


def tenants() -> st.SearchStrategy[Tenant]:
    """Tenants with names in any script, of every plan, tier and status."""
    names = st.sampled_from(("Acme", "Zoë & Söhne 🏢", "x" * 100))
    return st.builds(
        Tenant,
        tenant_ids(),
        names,
        instants(),
        st.sampled_from(PlanName),
        agreed_limits(),
        st.sampled_from(ScaleTier),
        st.sampled_from(TenantStatus),
        st.integers(1, 3),
    )


def tenant_queries() -> st.SearchStrategy[TenantQuery]:
    """Lists with any filter, from any place on."""
    return st.builds(
        TenantQuery,
        st.none() | st.sampled_from(TenantStatus),
        st.none() | st.sampled_from(PlanName),
        st.integers(1, 3),
        st.none() | tenant_ids(),
    )


def key_digests() -> st.SearchStrategy[bytes]:
    """Six digests, null bytes and all."""
    return st.integers(0, 5).map(lambda number: bytes(31) + bytes([number]))


def scope_sets() -> st.SearchStrategy[Scopes]:
    """One scope to all of them."""
    return st.frozensets(st.sampled_from(Permission), min_size=1)


def key_signings() -> st.SearchStrategy[KeySigning]:
    """Ways to sign, null bytes in public keys and all."""
    materials = st.sampled_from((bytes(31) + b"k", b"0123456789ABCDEFGHIJKL"))
    return st.builds(KeySigning, st.sampled_from(SignatureAlgorithm), st.booleans(), materials)


def api_keys() -> st.SearchStrategy[ApiKey]:
    """Keys whose ids, digests and instants often collide, some of which end."""
    ids = st.sampled_from(_KEY_IDS).map(KeyId)
    names = st.sampled_from(("laptop", "CI – night"))
    moments = st.lists(instants(), min_size=2, max_size=2).map(sorted)

    def key(pair: list[datetime], scopes: Scopes, ends: bool) -> st.SearchStrategy[ApiKey]:
        created_at, expires_at = pair[0], pair[1] if ends else None
        return st.builds(
            ApiKey,
            ids,
            tenant_ids(),
            names,
            key_digests(),
            st.just(created_at),
            st.just(scopes),
            st.just(expires_at),
            st.none() | instants(),
            signing=st.none() | key_signings(),
        )

    return st.tuples(moments, scope_sets(), st.booleans()).flatmap(lambda parts: key(*parts))


def principals() -> st.SearchStrategy[Principal]:
    """Principals of every kind."""
    kinds = st.sampled_from(PrincipalKind)
    names = st.sampled_from(("laptop", "Zoë"))
    ids = st.sampled_from(_KEY_IDS)
    ends = st.none() | instants()
    return st.builds(Principal, tenant_ids(), kinds, ids, names, scope_sets(), ends)


@st.composite
def rate_policies(draw: st.DrawFn) -> RatePolicy:
    """Small buckets; the time of a unit is often no whole number of microseconds."""
    quota = draw(st.sampled_from((1, 2, 3, 7, 10)))
    window = draw(st.sampled_from((1, 2, 10, 60)))
    return RatePolicy(draw(_POLICY_NAMES), quota, window, draw(st.integers(1, quota)))


def quotas() -> st.SearchStrategy[Quota]:
    """Small quotas of a day or a month."""
    return st.builds(Quota, _POLICY_NAMES, st.integers(1, 10), st.sampled_from(Period))


def usages() -> st.SearchStrategy[Usage]:
    """Counts that often are of the same tenant, day, operation and key."""
    days = st.sampled_from((date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)))
    operations = st.sampled_from(("getProperty", "Zz", "listJobs"))
    keys = st.sampled_from(_KEY_IDS[:3]).map(KeyId)
    counts = st.integers(1, 10**10)
    return st.builds(Usage, tenant_ids(), days, operations, keys, counts, counts)
