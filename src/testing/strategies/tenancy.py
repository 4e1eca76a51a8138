"""Tenants and their keys."""

from hypothesis import strategies as st

from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ApiKey, Tenant
from .time import instants

#: Order by code point differs here from order by any language's rules.
_KEY_IDS = ("A1", "Z9", "a1", "demo", "é")


def tenant_ids() -> st.SearchStrategy[TenantId]:
    """Three tenants, so that two often are the same."""
    return st.sampled_from(("acme", "demo", "rival_2")).map(TenantId)


def tenants() -> st.SearchStrategy[Tenant]:
    """Tenants with names in any script."""
    names = st.sampled_from(("Acme", "Zoë & Söhne 🏢", "x" * 100))
    return st.builds(Tenant, tenant_ids(), names, instants())


def key_digests() -> st.SearchStrategy[bytes]:
    """Six digests, null bytes and all."""
    return st.integers(0, 5).map(lambda number: bytes(31) + bytes([number]))


def api_keys() -> st.SearchStrategy[ApiKey]:
    """Keys whose ids, digests and instants often collide."""
    ids = st.sampled_from(_KEY_IDS).map(KeyId)
    names = st.sampled_from(("laptop", "CI – night"))
    return st.builds(ApiKey, ids, tenant_ids(), names, key_digests(), instants())
